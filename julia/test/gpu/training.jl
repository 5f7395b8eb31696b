using PyFlux: ClipByGlobalNorm, ClipByNorm, ClipByValue, HuberLoss, NormConstraint, RowMajor

include("helpers/jl_device.jl")

onehot = Float32.(Flux.onehotbatch(labels, 1:3))

@testset "training gives what the CPU gives" begin
    test_agreement(dense(), images, labels)
    test_agreement(dense(), images, labels; sample_weights = rand(Xoshiro(1), Float32, 20))
    test_agreement(dense(), images, onehot)
    init = Flux.glorot_uniform(Xoshiro(1))
    yes = Chain(PyFlux.flatten_hwc, Dense(30 => 1, sigmoid; init))
    test_agreement(yes, images, Float32.(labels' .> 1); loss = Flux.logitbinarycrossentropy)
end

quartic(ŷ, y; agg = Flux.mean) = agg(abs2.(abs2.(ŷ .- y)))

@testset "every loss: $loss" for loss in (Flux.mse, Flux.mae, HuberLoss(0.2), quartic)
    targets, rule = rand(Xoshiro(1), Float32, 3, 20), Descent(0.01)
    for sample_weights in (nothing, rand(Xoshiro(2), Float32, 20))
        test_agreement(dense()[1:3], images, targets; loss, rule, sample_weights)
    end
end

adam = Dict("beta_1" => 0.9, "beta_2" => 0.99, "epsilon" => 1e-3)
rmsprop = Dict("rho" => 0.9, "epsilon" => 1e-3, "momentum" => 0.5, "centered" => true)

@testset "every optimiser: $type" for (type, options) in [
    "SGD" => Dict("momentum" => 0.9),
    "Adam" => adam,
    "Adam" => Dict(adam..., "amsgrad" => true),
    "AdamW" => merge(adam, Dict("weight_decay" => 0.1)),
    "FluxAdam" => adam,
    "RMSprop" => rmsprop,
    "Adagrad" => Dict(),
    "Nadam" => adam,
    "Lion" => adam,
]
    rule = PyFlux.rule(Dict("type" => type, options...))
    test_agreement(dense(; σ = tanh), images, labels; rule)
end

@testset "penalties, frozen layers, clipping and constraints" begin
    penalties = [(0.01, 0.02), nothing, (0, 0.1), nothing]
    test_agreement(dense(), images, labels; penalties)
    test_agreement(dense(), images, labels; trainable = [false, false, true, true])
    for clipping in (ClipByNorm(0.1), ClipByGlobalNorm(0.1), ClipByValue(0.01))
        test_agreement(dense(), images, labels; clipping, rule = Descent(0.1))
    end
    constraints = [NormConstraint(0, 0.5, 1, [0]), nothing, PyFlux.NonNegative(), nothing]
    test_agreement(dense(), images, labels; constraints)
end

@testset "layers of our own" begin
    init = Flux.glorot_uniform(Xoshiro(0))
    model = Chain(
        PyFlux.Rescale(1 / 127.5, -1), PyFlux.ChannelDense(1 => 2, tanh; init),
        PyFlux.BatchNormalization(2), PyFlux.LeakyReLU(0.1), PyFlux.ELU(0.5),
        PyFlux.ReLU(; max_value = 6, negative_slope = 0.1), PyFlux.flatten_hwc,
        Dense(60 => 3; init), softmax,
    )
    test_agreement(model, images, labels; rule = Descent(0.01))
end

@testset "weights, gradients and the optimiser's slots, to the CPU and back" begin
    cpu, device = on_both(dense(), images, labels)
    weights(side) = RowMajor.weights(side.state.model)
    @test all(a isa Array && near(a, b) for (a, b) in zip(weights(device), weights(cpu)))
    for (a, b) in zip(map(side -> RowMajor.optimiser_slots(side.state), (device, cpu))...)
        @test all(x isa Array && near(x, y; rtol = 1e-3) for (x, y) in zip(a, b))
    end
    fresh = TrainState(gpu(dense(9)), Adam(0.01); seed = 5)
    RowMajor.set_weights!(fresh.model, weights(cpu))
    slots = RowMajor.optimiser_slots(cpu.state)
    RowMajor.set_optimiser_slots!(fresh, cpu.state.iterations, slots)
    a = train!(fresh, gpu(images), labels; batchsize = 8)
    b = train!(cpu.state, images, labels; batchsize = 8)
    @test a.loss ≈ b.loss rtol = 1e-4
    cwhn = permutedims(images, (3, 1, 2, 4))
    (l1, g1), (l2, g2) = map(((fresh, gpu), (cpu.state, cpu_device()))) do (state, device)
        RowMajor.gradients(state, RowMajor.DeviceData(device, cwhn, labels .- 1))
    end
    @test l1 ≈ l2 rtol = 1e-4
    @test all(a isa Array && near(a, b; rtol = 1e-3) for (a, b) in zip(g1, g2))
    @test near(RowMajor.predict(fresh, cwhn, 4, gpu), predict(cpu.state, images))
    network = PyFlux.Predictor(gpu(dense()))
    @test near(RowMajor.predict(network, cwhn, 4, gpu), predict(dense(), images))
end

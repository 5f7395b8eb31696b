using PyFlux: RowMajor, parameter_paths, set_keys!
using .RowMajor: DeviceData, flux_layout, keras_layout, one_based, to_cwhn, to_whcn

model() = Chain(
    Conv((3, 2), 1 => 2; init = Flux.glorot_uniform(Xoshiro(0))), PyFlux.flatten_hwc,
    Dense(32 => 3; bias = false, init = Flux.glorot_uniform(Xoshiro(1))), softmax,
)

trainables(state) = Flux.trainables(state.model)

@testset "wrap: the same memory, axes reversed" begin
    owner = collect(Float32, 1:24)
    GC.@preserve owner begin
        array = RowMajor.wrap(Float32, Int(pointer(owner)), (2, 3, 4))
        @test size(array) == (4, 3, 2)
        @test pointer(array) == pointer(owner)
    end
end

@testset "images: row-major (N, H, W, C) as (W, H, C, N)" for c in (1, 3)
    nhwc = rand(Xoshiro(1), UInt8, 2, 5, 4, c)
    cwhn = permutedims(nhwc, (4, 3, 2, 1))
    x = to_whcn(cwhn)
    @test x == permutedims(nhwc, (3, 2, 4, 1))
    @test pointer(parent(x)) == pointer(cwhn)  # no copy
    @test to_cwhn(x) == cwhn
    @test to_whcn([1 2; 3 4]) == to_cwhn([1 2; 3 4]) == [1 2; 3 4]
end

@testset "a kernel is a correlation in Keras and a convolution in Flux" begin
    kernel = randn(Xoshiro(1), Float32, 4, 3, 3, 2)  # (out, in, width, height) in memory
    w = flux_layout(kernel, zeros(Float32, 2, 3, 4, 5))
    @test keras_layout(w) == kernel
    x = randn(Xoshiro(2), Float32, 2, 3, 3, 1)
    @test size(w) == (3, 2, 3, 4)
    y = conv(reshape(permutedims(x, (2, 1, 3, 4)), 3, 2, 3, 1), w)
    for o in 1:4
        @test y[o] ≈ sum(kernel[o, c, w, h] * x[h, w, c] for c in 1:3, w in 1:3, h in 1:2)
    end
end

@testset "weights go round, and are copies" begin
    a, b = model(), model()
    RowMajor.set_weights!(b, [2 .* w for w in RowMajor.weights(a)])
    @test Flux.trainables(b) == 2 .* Flux.trainables(a)
    foreach(w -> fill!(w, 7), RowMajor.weights(a))
    @test all(all(!=(7), w) for w in Flux.trainables(a))
    kernel, bias, dense = RowMajor.weights(a)
    @test_throws r"3.*2" RowMajor.set_weights!(a, [kernel, bias])
    @test_throws r"2 .*\(2,\).*\(3,\)" RowMajor.set_weights!(a, [kernel, zeros(3), dense])
end

@testset "gradients are laid out as weights, with penalties" begin
    m = model()
    x, y = rand(Xoshiro(1), Float32, 1, 6, 5, 4), [0, 1, 2, 0]
    data = DeviceData(cpu_device(), x, y)
    penalties = [(0.1, 0.2), nothing, nothing]
    loss, grads = RowMajor.gradients(TrainState(m; penalties), data)
    @test size.(grads) == size.(RowMajor.weights(m))
    f(m) = Flux.logitcrossentropy(m[1:3](to_whcn(x)), Flux.onehotbatch(y, 0:2)) +
        0.1f0 * sum(abs, m[1].weight) + 0.2f0 * sum(abs2, m[1].weight)
    expected, (reference,) = Flux.withgradient(f, m)
    @test loss ≈ expected
    @test grads[1] ≈ keras_layout(reference.layers[1].weight) rtol = 1e-4
    @test grads[3] ≈ reference.layers[3].weight rtol = 1e-4
end

optimizers = [
    Dict("type" => "SGD"),
    Dict("type" => "SGD", "momentum" => 0.9),
    Dict("type" => "Adam", "beta_1" => 0.9, "beta_2" => 0.999, "epsilon" => 1e-7),
    Dict("type" => "RMSprop", "rho" => 0.9, "epsilon" => 1e-7, "momentum" => 0.5),
]

@testset "training goes on from saved slots, bit for bit: $optimizer" for
    optimizer in optimizers

    images = rand(Xoshiro(1), UInt8, 1, 6, 5, 12)
    data = DeviceData(cpu_device(), images, repeat([0, 1, 2], 4))
    settings = Dict{String,Any}(
        "optimizer" => optimizer, "loss" => "categorical", "seed" => "0",
        "trainable" => [true, true, true], "penalties" => [nothing, nothing, nothing],
    )
    step!(state) = RowMajor.train!(state, data, 0:11, 4, fill(0.01, 3))
    a = RowMajor.train_state(model(), settings)
    step!(a)
    b = RowMajor.train_state(deepcopy(a.model), settings)
    RowMajor.set_optimiser_slots!(b, a.iterations, RowMajor.optimiser_slots(a))
    @test step!(a).loss == step!(b).loss
    @test trainables(a) == trainables(b)
    @test a.iterations == b.iterations == 6
end

@testset "train, evaluate and predict are PyFlux's, with indices from 0" begin
    cwhn, y = rand(Xoshiro(1), UInt8, 3, 6, 5, 7), [0, 1, 1, 0, 1, 0, 1]
    init = Flux.ones32
    new() = Chain(Conv((3, 2), 3 => 2; init), PyFlux.flatten_hwc, Dense(32 => 2; init))
    a, b = TrainState(new(), Adam(0.01)), TrainState(new(), Adam(0.01))
    sample_weights = rand(Xoshiro(2), Float32, 7)
    data = DeviceData(cpu_device(), cwhn, y, sample_weights)
    x, order, rates = to_whcn(cwhn), [6, 0, 3, 2], [0.1, 0.2]
    found = RowMajor.train!(a, data, order, 2, rates)
    expected = train!(b, x, y .+ 1, order .+ 1; batchsize = 2, rates, sample_weights)
    @test found.loss == expected.loss
    @test found.outputs == expected.outputs
    evaluated, expected = RowMajor.evaluate(a, data, 3), evaluate(b, x, y .+ 1; sample_weights)
    @test evaluated.loss ≈ expected.loss rtol = 1e-5
    @test RowMajor.predict(a, cwhn, 2) == predict(b, x; batchsize = 2)
    images = Chain(Conv((3, 2), 3 => 2))
    @test RowMajor.predict(PyFlux.Predictor(images), cwhn, 4) ≈
        permutedims(images(x ./ 255.0f0), (3, 1, 2, 4))
end

@testset "settings" begin
    base = Dict{String,Any}(
        "optimizer" => Dict("type" => "SGD", "clipnorm" => 0.5),
        "seed" => "18446744073709551615",
        "trainable" => [true, false, true],
        "penalties" => [Dict("l1" => 0.1, "l2" => 0), nothing, nothing],
        "constraints" => [nothing, nothing, Dict("type" => "NonNeg")],
    )
    state(loss) = RowMajor.train_state(model(), merge(base, Dict("loss" => loss)))
    s = state("categorical")
    @test s.seed == typemax(UInt64)
    @test s.clipping == PyFlux.ClipByNorm(0.5)
    @test length(s.parameters) == 2
    @test [last(p) for p in s.penalties] == [(0.1, 0)]
    @test [last(p) for p in s.constraints] == [PyFlux.NonNegative()]
    losses = [
        "binary" => Flux.logitbinarycrossentropy, "squared" => Flux.mse,
        "absolute" => Flux.mae,
    ]
    for (name, loss) in losses
        @test state(name).loss === state(Dict("type" => name, "name" => "x")).loss === loss
    end
    @test state("huber").loss == PyFlux.HuberLoss(1)
    @test state(Dict("type" => "huber", "delta" => 2)).loss == PyFlux.HuberLoss(2)
    @test_throws r"hinge.*known:.*huber" state("hinge")
end

@test one_based(Int32[0, 9]) == Int32[1, 10]
@test eltype(one_based(Int32[0])) == Int32

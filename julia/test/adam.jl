using Flux: Adam, Optimisers
using PyFlux: DecoupledDecay, step!, slots

# Lengths that fill no vector, and a layer that is not trained.
model() = Chain(Conv((3, 3), 1 => 5, relu; init = Flux.glorot_uniform(Xoshiro(0))), PyFlux.flatten_hwc, Dense(20 => 3; init = Flux.glorot_uniform(Xoshiro(1))))

@testset "the kernel takes arrays of one size, but not one array twice" begin
    layer = Dense(4 => 4; init = Flux.glorot_uniform(Xoshiro(0)))
    @test Learner(Chain(layer, deepcopy(layer))).adam
    @test !Learner(Chain(layer, layer)).adam
end

@testset "the kernel's steps are Optimisers', with $rule" for rule in [
    Adam(0.01), Adam(0.003, (0.8, 0.99), 1e-7), DecoupledDecay(Adam(0.01), 0.1), Momentum(0.1, 0.9)
]
    weights = deepcopy(model())
    trainable = [true, true, false, true]
    ours, theirs = Learner(deepcopy(weights), rule; trainable), Learner(deepcopy(weights), rule; trainable)
    for k in 1:5
        grads = Flux.gradient(m -> sum(abs2, PyFlux.forward(m, ones(Float32, 4, 4, 1, 2))), theirs.trained)[1]
        step!(ours, grads)
        Flux.update!(theirs.state, theirs.trained, grads)
        for (a, b) in zip(Flux.trainables(ours.model), Flux.trainables(theirs.model))
            @test a ≈ b rtol = 1e-5
        end
    end
    @test ours.model[3].weight == weights[3].weight
    @test PyFlux.moments(ours)[1] ≈ PyFlux.moments(theirs)[1]
end

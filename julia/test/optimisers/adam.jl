using Flux.Optimisers: Optimisers
using PyFlux: DecoupledDecay, KerasAMSGrad, KerasAdam, step!

# Lengths that fill no vector, and a layer that is not trained.
init(seed) = Flux.glorot_uniform(Xoshiro(seed))
model() = Chain(
    Conv((3, 3), 1 => 5, relu; init = init(0)), PyFlux.flatten_hwc,
    Dense(20 => 3; init = init(1)),
)
gradients(model) =
    Flux.gradient(m -> sum(abs2, PyFlux.forward(m, ones(Float32, 4, 4, 1, 2))), model)[1]

@testset "one pass over an array gives what Optimisers gives: $rule" for rule in [
    Adam(0.01), Adam(0.003, (0.8, 0.99), 1e-7), KerasAdam(0.01, (0.8, 0.99), 1e-3),
    DecoupledDecay(Adam(0.01), 0.1), DecoupledDecay(KerasAdam(0.01), 0.1),
]
    trainable = [true, true, false, true]
    fused = TrainState(model(), rule; trainable)
    stock = TrainState(model(), rule; trainable, fast = false)
    @test fused.fused_adam && !stock.fused_adam
    for _ in 1:5
        g = gradients(stock.trained)
        step!(fused, g)
        step!(stock, g)
        for (a, b) in zip(Flux.trainables(fused.model), Flux.trainables(stock.model))
            @test a ≈ b rtol = 1e-5
        end
    end
    @test fused.model[3].weight == model()[3].weight
    for ((_, a), (_, b)) in zip(fused.leaves, stock.leaves)
        @test a.state[3] == b.state[3]
        @test all(isapprox.(a.state[1:2], b.state[1:2]; rtol = 1e-5))
    end
end

@testset "arrays of one size, but not one array twice, take one pass" begin
    layer = Dense(4 => 4; init = init(0))
    @test TrainState(Chain(layer, deepcopy(layer))).fused_adam
    @test !TrainState(Chain(layer, layer)).fused_adam
    @test !TrainState(Chain(layer), Momentum()).fused_adam
end

# Keras 3.15, amsgrad=True, beta_2=0.5, learning rate 0.01: v falls after its peak.
@testset "amsgrad keeps the largest v" begin
    w = Float32[0.5, -0.3, 1, -2]
    o = KerasAMSGrad(0.01, (0.9, 0.5), 1e-7)
    state = Optimisers.init(o, w)
    for t in 1:10
        gradient = Float32.([1e-5, 1e-3, 0.05, 1] .* sin(t))
        state, dx = Optimisers.apply!(o, state, w, gradient)
        w .-= dx
    end
    @test w ≈ [0.46602497, -0.33444497, 0.96555024, -2.0344501] atol = 2e-6
    @test all(state[3] .≥ state[2]) && any(state[3] .> state[2])
end

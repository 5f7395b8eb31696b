using PyFlux: DecoupledDecay, moments, remembered, rule
using Flux.Optimisers: Optimisers

sgd = Dict("type" => "SGD", "momentum" => 0.9, "nesterov" => false, "weight_decay" => nothing)
adam = Dict("type" => "Adam", "beta_1" => 0.9, "beta_2" => 0.99, "epsilon" => 1e-7, "weight_decay" => nothing)

@testset "descriptions become rules" begin
    @test rule(sgd) == Momentum(0.001, 0.9)
    @test rule(merge(sgd, Dict("nesterov" => true))) == Nesterov(0.001, 0.9)
    @test rule(adam) == Adam(0.001, (0.9, 0.99), 1e-7)
    @test rule(merge(adam, Dict("weight_decay" => 0.1))) isa DecoupledDecay
    @test_throws "no optimiser Lion" rule(Dict("type" => "Lion"))
end

@testset "decay takes a share of the weight, times the learning rate" begin
    w, g = [1.0, -2.0], [0.5, 0.5]
    step(o) = collect(Optimisers.apply!(o, Optimisers.init(o, w), w, g)[2])
    @test step(DecoupledDecay(Descent(0.1), 0.3)) ≈ step(Descent(0.1)) .+ 0.1 * 0.3 .* w
    faster = Optimisers.adjust(DecoupledDecay(Descent(0.1), 0.3), 0.2)
    @test step(faster) ≈ 0.2 .* g .+ 0.2 * 0.3 .* w
end

@testset "what is remembered goes round: $(nameof(typeof(o)))" for o in
    (Momentum(), Nesterov(), RMSProp(), Adam(), DecoupledDecay(Adam(), 0.1))

    state, w = Optimisers.init(o, [1.0f0, 2.0f0]), [1.0f0, 2.0f0]
    for _ in 1:3
        state, _ = Optimisers.apply!(o, state, w, [0.1f0, -0.2f0])
    end
    @test remembered(o, moments(o, state), 3) == state
end

using Flux.Optimisers: Optimisers
using PyFlux: DecoupledDecay, rule

w, g = [1.0, -2.0], [0.5, 0.5]
take(o) = collect(Optimisers.apply!(o, Optimisers.init(o, w), w, g)[2])

@testset "λ times the learning rate off each weight, besides the step" begin
    @test take(DecoupledDecay(Descent(0.1), 0.3)) ≈ 0.1 .* g .+ 0.1 * 0.3 .* w
    faster = Optimisers.adjust(DecoupledDecay(Descent(0.1), 0.3), 0.2)
    @test take(faster) ≈ 0.2 .* g .+ 0.2 * 0.3 .* w
end

@testset "weight_decay of any description" begin
    sgd(decay) = rule(Dict("type" => "SGD", "momentum" => 0.9, "weight_decay" => decay))
    @test sgd(0.25) == DecoupledDecay(Momentum(0.001, 0.9), 0.25)
    @test sgd(nothing) == sgd(0) == Momentum(0.001, 0.9)
end

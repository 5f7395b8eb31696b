using PyFlux: backpropagate, getparameter

include("helpers/halves.jl")

@testset "loss, outputs and gradients are Flux's: fast = $fast" for fast in (true, false)
    images, labels = halves(6)
    x, y = Float32.(images) ./ 255, Flux.onehotbatch(labels, 1:2)
    penalties = [(0.1, 0.2), nothing, nothing, (0, 0.5)]
    state = TrainState(small(); fast, penalties)
    loss, ŷ, gradients = backpropagate(state, x, labels)
    expected, (grads,) = Flux.withgradient(state.trained) do model
        w, b = model[1].weight, model[4].bias
        Flux.logitcrossentropy(model(x), y) + 0.1f0 * sum(abs, w) + 0.2f0 * sum(abs2, w) +
        0.5f0 * sum(abs2, b)
    end
    @test loss ≈ expected
    @test ŷ ≈ state.trained(x)
    for path in state.parameters
        @test getparameter(gradients, path) ≈ getparameter(grads, path) rtol = 1e-4
    end
end

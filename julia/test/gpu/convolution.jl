include("helpers/jl_device.jl")

@testset "a network of convolutions, on a GPU that has none of its own" begin
    init = Flux.glorot_uniform(Xoshiro(0))
    model = Chain(
        PyFlux.Rescale(1 / 127.5, -1),
        Conv((3, 2), 2 => 4, relu; init, pad = (1, 1, 0, 1)), MaxPool((2, 2)),
        Conv((2, 2), 4 => 4; init, groups = 2, stride = 2, bias = false),
        BatchNorm(4, relu), PyFlux.flatten_hwc, Dense(4 => 3; init), softmax,
    )
    # Not Adam, which makes steps of the rounding errors of a gradient that is 0.
    test_agreement(model, bytes(6, 5, 2, 20), labels; rule = Descent(0.01))
end

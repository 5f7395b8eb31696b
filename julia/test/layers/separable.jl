using PyFlux: keras_name, parameter_paths

@testset "a convolution of each channel, and one of a pixel" begin
    config = Dict(
        "type" => "SeparableConv2D", "filters" => 4, "kernel_size" => Any[3, 2],
        "strides" => Any[2, 1], "depth_multiplier" => 2, "activation" => "relu",
    )
    model = chain([config], (6, 5, 3); rng = Xoshiro(1))
    layer = only(model)
    x = rand(Xoshiro(2), Float32, 6, 5, 3, 2)
    @test model(x) ≈ layer.pointwise(layer.depthwise(x))
    @test size(layer.depthwise.weight) == (2, 3, 1, 6)
    @test keras_name.(parameter_paths(model)) ==
        ["depthwise_kernel", "pointwise_kernel", "bias"]
    found = only(PyFlux.description(model, (6, 5, 3))["layers"])
    @test all(pair -> found[first(pair)] == last(pair), config)
end

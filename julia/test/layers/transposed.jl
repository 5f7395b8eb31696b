using Flux: Zygote

@testset "it is the gradient of a convolution with the same kernel" begin
    config = Dict(
        "type" => "Conv2DTranspose", "filters" => 2, "kernel_size" => [3, 4],
        "strides" => [2, 1], "padding" => "same", "use_bias" => false,
    )
    layer = only(chain([config], (5, 4, 3); rng = Xoshiro(1)))
    x = rand(Xoshiro(2), Float32, 5, 4, 3, 2)
    back = Conv(layer.weight; stride = layer.stride, pad = layer.pad)
    image = rand(Xoshiro(3), Float32, 5, 8, 2, 2)
    @test size(layer(x)) == (5, 8, 2, 2)
    @test only(Zygote.gradient(image -> sum(back(image) .* x), image)) ≈ layer(x)
    @test PyFlux.outputsize(layer, (5, 4, 3)) == (5, 8, 2)
end

@testset "a description comes back" begin
    arguments = Dict(
        "type" => "Conv2DTranspose", "filters" => 2, "kernel_size" => Any[2, 3],
        "strides" => Any[3, 2], "padding" => "valid",
    )
    model = chain([arguments], (5, 4, 3))
    found = only(PyFlux.description(model, (5, 4, 3))["layers"])
    @test all(pair -> found[first(pair)] == last(pair), arguments)
end

using PyFlux: channel_softmax, flatten_hwc

conv(; kw...) = Dict("type" => "Conv2D", "filters" => 4, "kernel_size" => [3, 2], (string(k) => v for (k, v) in kw)...)

@testset "flux_mnist" begin
    model = chain(
        Dict("input_shape" => [28, 28, 1], "layers" => [
            Dict("type" => "Conv2D", "filters" => 16, "kernel_size" => [3, 3], "activation" => "relu"),
            Dict("type" => "MaxPooling2D", "pool_size" => [2, 2], "strides" => nothing),
            Dict("type" => "Conv2D", "filters" => 32, "kernel_size" => [3, 3], "activation" => "relu"),
            Dict("type" => "MaxPooling2D", "pool_size" => [2, 2]),
            Dict("type" => "Flatten"), Dict("type" => "Dense", "units" => 10, "activation" => "softmax"),
        ]);
        rng = Xoshiro(0),
    )
    @test sum(length, Flux.trainables(model)) == 12_810
    y = model(rand(Xoshiro(1), Float32, 28, 28, 1, 2))
    @test size(y) == (10, 2)
    @test sum(y; dims = 1) ≈ ones(1, 2)
end

@testset "kernel (height, width) is (width, height) in Flux" begin
    model = chain([conv()], (9, 7, 3))
    @test size(model[1].weight) == (2, 3, 3, 4)
    @test size(model(zeros(Float32, 9, 7, 3, 1))) == (8, 5, 4, 1)
end

@testset "same padding gives ⌈size / stride⌉" for strides in ([1, 1], [2, 3], [3, 1])
    model = chain([conv(; padding = "same", strides)], (9, 7, 3))
    @test size(model(zeros(Float32, 9, 7, 3, 1)))[1:2] == (cld(9, strides[2]), cld(7, strides[1]))
end

@testset "the seed decides the weights" begin
    weights(seed) = chain([conv()], (9, 7, 3); rng = Xoshiro(seed))[1].weight
    @test weights(1) == weights(1) != weights(2)
end

@testset "flatten_hwc: channels fastest, then columns" begin
    x = [100h + 10w + c for w in 1:2, h in 1:3, c in 1:2, _ in 1:1]
    @test flatten_hwc(x)[:, 1] == [111, 112, 121, 122, 211, 212, 221, 222, 311, 312, 321, 322]
end

@testset "softmax of an image is over its channels" begin
    x = randn(Xoshiro(1), Float32, 4, 3, 5, 2)
    @test sum(channel_softmax(x); dims = 3) ≈ ones(4, 3, 1, 2)
end

@testset "forward is Flux's own" begin
    model = Chain(Conv((3, 3), 2 => 4, tanh), MaxPool((2, 2)), Flux.flatten, Dense(48 => 3))
    x = randn(Xoshiro(1), Float32, 10, 8, 2, 5)
    @test PyFlux.forward(model, x) ≈ model(x)
end

@testset "sizes are those that come out: $(d["type"])" for d in [
    conv(; dilation_rate = [2, 1], groups = 3, filters = 6, padding = "same"),
    conv(; dilation_rate = [2, 3]),
    Dict("type" => "AveragePooling2D", "pool_size" => [2, 3], "strides" => [1, 2], "padding" => "same"),
    Dict("type" => "GlobalMaxPooling2D"),
    Dict("type" => "GlobalAveragePooling2D"),
    Dict("type" => "BatchNormalization"),
    Dict("type" => "Rescaling", "scale" => 2),
    Dict("type" => "RandomFlip"),
    Dict("type" => "Dropout", "rate" => 0.5),
]
    model = chain([d], (9, 7, 3))
    size_after = foldl((s, l) -> PyFlux.size_after(l, s), model; init = (9, 7, 3))
    @test Base.front(size(model(rand(Float32, 9, 7, 3, 2)))) == size_after
end

@testset "activations: $name" for name in keys(PyFlux.ACTIVATIONS)
    model = chain([Dict("type" => "Activation", "activation" => name)], (3,))
    x = Float32[-1; 0.5; 2;;]
    @test model(x) ≈ PyFlux.ACTIVATIONS[name].(x)
end

@test PyFlux.leaky_relu(-1.0f0) == -0.2f0

@testset "what is not known is refused" begin
    @test_throws "no layer Conv3D" chain([Dict("type" => "Conv3D")], (9, 7, 3))
    @test_throws "no activation rellu" chain([conv(; activation = "rellu")], (9, 7, 3))
    @test_throws "no layer Dense" chain([Dict("type" => "Dense", "units" => 2)], (9, 7, 3))
end

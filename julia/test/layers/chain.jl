using PyFlux: outputsize

conv(; options...) = Dict(
    "type" => "Conv2D", "filters" => 4, "kernel_size" => [3, 2],
    (string(key) => value for (key, value) in options)...,
)

@testset "flux_mnist" begin
    square(filters) = conv(; filters, kernel_size = [3, 3], activation = "relu")
    description = Dict("input_shape" => [28, 28, 1], "layers" => [
        square(16),
        Dict("type" => "MaxPooling2D", "pool_size" => [2, 2], "strides" => nothing),
        square(32),
        Dict("type" => "MaxPooling2D", "pool_size" => [2, 2]),
        Dict("type" => "Flatten"),
        Dict("type" => "Dense", "units" => 10, "activation" => "softmax"),
    ])
    model = chain(description; rng = Xoshiro(0))
    @test sum(length, Flux.trainables(model)) == 12_810
    y = model(rand(Xoshiro(1), Float32, 28, 28, 1, 2))
    @test size(y) == (10, 2)
    @test sum(y; dims = 1) ≈ ones(1, 2)
end

@testset "the seed decides the weights" begin
    weights(seed) = chain([conv()], (9, 7, 3); rng = Xoshiro(seed))[1].weight
    @test weights(1) == weights(1) != weights(2)
end

pool = Dict("type" => "AveragePooling2D", "pool_size" => [2, 3])

@testset "sizes are those that come out: $(config["type"])" for config in [
    conv(; dilation_rate = [2, 1], groups = 3, filters = 6, padding = "same"),
    conv(; dilation_rate = [2, 3]),
    pool,
    merge(pool, Dict("strides" => [1, 2], "padding" => "same")),
    Dict("type" => "GlobalMaxPooling2D"),
    Dict("type" => "GlobalAveragePooling2D", "keepdims" => true),
    Dict("type" => "BatchNormalization"),
    Dict("type" => "Dense", "units" => 5),
    Dict("type" => "Flatten"),
    Dict("type" => "ReLU"),
    Dict("type" => "Rescaling", "scale" => 2),
    Dict("type" => "RandomFlip"),
    Dict("type" => "Dropout", "rate" => 0.5),
]
    model = chain([config], (9, 7, 3))
    expected = foldl((size, layer) -> outputsize(layer, size), model; init = (9, 7, 3))
    @test Base.front(size(model(rand(Float32, 9, 7, 3, 2)))) == expected
end

@testset "rows of features are an image of one pixel's height" begin
    dense(units) = Dict("type" => "Dense", "units" => units)
    layers = [dense(5), Dict("type" => "Flatten"), dense(2)]
    model = chain(Dict("input_shape" => [7, 3], "layers" => layers))
    rows = rand(Xoshiro(1), Float32, 3, 7, 4)  # (features, rows, samples)
    y = predict(model, PyFlux.RowMajor.to_whcn(rows))
    features = reshape(model[1].weight * reshape(rows, 3, :), 5, 7, 4)
    @test y ≈ model[3].weight * reshape(features, 35, 4)
end

@testset "what is not known is an error that names it" begin
    @test_throws "Conv3D" chain([Dict("type" => "Conv3D")], (9, 7, 3))
    @test_throws "rellu" chain([conv(; activation = "rellu")], (9, 7, 3))
    @test_throws "full" chain([conv(; padding = "full")], (9, 7, 3))
    @test_throws "(4,)" chain([conv()], (4,))
end

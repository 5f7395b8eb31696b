using PyFlux: description

init = Flux.glorot_uniform(Xoshiro(0))
image, features = (10, 5, 2), (6,)

config(type; options...) =
    Dict{String,Any}("type" => type, (string(k) => v for (k, v) in options)...)

# An entry of every type that `chain` knows, with no argument at its default.
entries = [
    image => config(
        "Conv2D"; filters = 4, kernel_size = [3, 2], strides = [2, 1], padding = "same",
        dilation_rate = [1, 2], groups = 2, activation = "gelu", use_bias = false,
    ),
    image => config(
        "SeparableConv2D"; filters = 4, kernel_size = [3, 2], strides = [2, 2],
        padding = "same", depth_multiplier = 2, dilation_rate = [1, 1],
        activation = "tanh", use_bias = false,
    ),
    image => config(
        "Conv2DTranspose"; filters = 4, kernel_size = [3, 2], strides = [2, 3],
        padding = "same", dilation_rate = [1, 1], activation = "relu", use_bias = false,
    ),
    image => config("Dense"; units = 3, activation = "tanh", use_bias = false),
    features => config("Dense"; units = 3, activation = "tanh", use_bias = true),
    image => config("MaxPooling2D"; pool_size = [3, 2], strides = [1, 2], padding = "same"),
    image => config(
        "AveragePooling2D"; pool_size = [3, 2], strides = [1, 2], padding = "valid"
    ),
    image => config("GlobalMaxPooling2D"; keepdims = true),
    image => config("GlobalMaxPooling2D"; keepdims = false),
    image => config("GlobalAveragePooling2D"; keepdims = false),
    image => config("Flatten"),
    image => config(
        "BatchNormalization"; momentum = 0.75, epsilon = 0.25, center = false,
        scale = true, trainable = false,
    ),
    image => config("LayerNormalization"; epsilon = 0.25, center = false, scale = true),
    image => config(
        "GroupNormalization"; groups = 2, epsilon = 0.25, center = true, scale = false
    ),
    image => config("GaussianNoise"; stddev = 0.25, seed = 3),
    image => config("Dropout"; rate = 0.25),
    image => config("Dropout"; rate = 0.25, seed = 5),
    features => config("Activation"; activation = "mish"),
    image => config("Activation"; activation = "softmax"),
    features => config("Activation"; activation = "log_softmax"),
    image => config("ReLU"; max_value = 6.0, negative_slope = 0.25, threshold = 0.5),
    image => config("ReLU"; max_value = nothing, negative_slope = 0.25, threshold = 0.0),
    image => config("LeakyReLU"; negative_slope = 0.25),
    image => config("ELU"; alpha = 0.5),
    image => config("Rescaling"; scale = 0.25, offset = -1.0),
    image => config("ZeroPadding2D"; padding = [[0, 1], [3, 2]]),
    image => config("Cropping2D"; cropping = [[0, 1], [3, 2]]),
    image => config("UpSampling2D"; size = [2, 3], interpolation = "nearest"),
    image => config("UpSampling2D"; size = [2, 3], interpolation = "bilinear"),
    image => config(
        "Resizing"; height = 7, width = 3, interpolation = "nearest",
        crop_to_aspect_ratio = true,
    ),
    image => config("RandomCrop"; height = 4, width = 3, seed = 2),
    image => config("Reshape"; target_shape = [4, 5, 5]),
    image => config("Reshape"; target_shape = [100]),
    image => config("Permute"; dims = [3, 1, 2]),
    image => config(
        "Normalization"; mean = Float32[0.5, 1], variance = Float32[2, 3]
    ),
    image => config("RandomFlip"; mode = "vertical", seed = 7),
    image => config(
        "RandomTranslation"; height_factor = (-0.25, 0.5), width_factor = (0.0, 0.125),
        fill_mode = "constant", fill_value = 0.5,
    ),
    image => config(
        "RandomRotation"; factor = (-0.25, 0.5), fill_mode = "nearest", fill_value = 0.0
    ),
    image => config(
        "RandomZoom"; height_factor = (-0.25, 0.5), width_factor = nothing,
        fill_mode = "reflect", fill_value = 0.0,
    ),
    image => config("RandomContrast"; factor = (0.25, 0.5), value_range = (0.0, 1.0)),
    image => config("RandomBrightness"; factor = (-0.25, 0.5), value_range = (0.0, 1.0)),
]

# Those that methods of `build` name: Val{:Conv2D} and so on.
known_types() = unique!([
    match[1] for method in methods(PyFlux.build)
    for match in eachmatch(r"Val\{:(\w+)\}", string(method.sig))
])

@testset "every type that is known is tested below, or is another's alias" begin
    tested = [last(entry)["type"] for entry in entries]
    # They are an Activation, a Conv2D with a group for each channel, a Dropout of whole
    # channels, and a Cropping2D.
    aliases = ["Softmax", "DepthwiseConv2D", "SpatialDropout2D", "CenterCrop"]
    @test issetequal(setdiff(known_types(), tested), aliases)
end

@testset "there and back: $(entry["type"])" for (size, entry) in entries

    model = chain([entry], size)
    found = only(description(model, size)["layers"])
    delete!(found, "name")
    @test found == entry
    again = chain(description(model, size))
    @test sprint(show, again) == sprint(show, model)
end

@testset "the layers have Keras's names" begin
    model = Chain(
        Conv((3, 2), 2 => 4, relu; init), MaxPool((2, 2)), PyFlux.flatten_hwc,
        Dense(32 => 5, tanh; init), PyFlux.LeakyReLU(0.1), Dense(5 => 3; init), softmax,
    )
    @test [layer["name"] for layer in description(model, image)["layers"]] == [
        "conv2d", "max_pooling2d", "flatten", "dense", "leaky_re_lu", "dense_1",
        "activation",
    ]
    @test description(model, image)["input_shape"] == [5, 10, 2]
    @test description(model, image)["scale_bytes"]
end

@testset "Flux's own layers" begin
    types(model, size = image) =
        [layer["type"] for layer in description(model, size)["layers"]]
    @test types(Chain(Dropout(0.5))) == ["Dropout"]
    @test types(Chain(BatchNorm(2, relu))) == ["BatchNormalization", "Activation"]
    @test description(Chain(BatchNorm(2)), image)["layers"][1]["momentum"] ≈ 0.9
    @test types(Chain(Conv((3, 3), 2 => 4; pad = SamePad()))) == ["Conv2D"]
    @test types(Chain(Flux.flatten), (10, 5, 1)) == ["Flatten"]
    @test types(Chain(GlobalMeanPool(), Flux.flatten)) == ["GlobalAveragePooling2D"]
    rotation = config("RandomRotation"; factor = (0, 0.5))
    fused = chain([config("RandomFlip"), rotation], image)
    @test types(fused) == ["RandomFlip", "RandomRotation"]
end

@testset "what Keras cannot express is an error: $layer" for (layer, message) in [
    Dropout(0.5; dims = 1) => "dims = 1",
    Dense(2 => 2, cos) => "cos",
    MaxPool((2, 2); pad = 1) => "(1, 1, 1, 1)",
    Conv((3, 3), 2 => 4; pad = (2, 0)) => "(2, 2, 0, 0)",
    Flux.flatten => "flatten_hwc",
    LayerNorm(3) => "LayerNorm",
]
    @test_throws message description(Chain(layer), image)
end

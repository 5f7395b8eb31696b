using PyFlux: BatchNormalization, parameter_paths, getparameter
using JSON3: JSON3
using SafeTensors: SafeTensors

init = Flux.glorot_uniform(Xoshiro(0))
input_size = (10, 5, 2)

# Every layer that has weights, and some that have none.
model() = Chain(
    PyFlux.Rescale(1 / 127.5, -1),
    Conv((3, 2), 2 => 4, relu; init), BatchNormalization(4), MaxPool((2, 2)),
    PyFlux.ChannelDense(4 => 3, tanh; init), Conv((1, 1), 3 => 3; init, bias = false),
    PyFlux.SeededDropout(0.5), PyFlux.flatten_hwc, PyFlux.LeakyReLU(0.1),
    Dense(24 => 5; init), BatchNorm(5, tanh), Dense(5 => 3; init, bias = false), softmax,
)

function randomize!(model)
    for path in parameter_paths(model)
        getparameter(model, path) .= rand(Xoshiro(path.layer), Float32)
    end
    return model
end

saved(model) =
    PyFlux.save(joinpath(mktempdir(), "model.safetensors"), model, input_size)

@testset "a saved model predicts the same, bit for bit" begin
    m = randomize!(model())
    path = saved(m)
    @test readdir(dirname(path)) == ["model.safetensors"]
    x = rand(Xoshiro(1), UInt8, input_size..., 3)
    loaded = PyFlux.load(path)
    @test predict(loaded, x) ≈ predict(m, x)
    @test [getparameter(loaded, p) for p in parameter_paths(loaded)] ==
        [getparameter(m, p) for p in parameter_paths(m)]
end

@testset "tensors have Keras's names and layout" begin
    file = SafeTensors.deserialize(saved(randomize!(model())))
    normalization(name, n) =
        ("$name/$w" => (n,) for w in ("gamma", "beta", "moving_mean", "moving_variance"))
    @test Dict(name => size(file[name]) for name in keys(file)) == Dict(
        "conv2d/kernel" => (2, 3, 2, 4), "conv2d/bias" => (4,),
        normalization("batch_normalization", 4)...,
        "dense/kernel" => (4, 3), "dense/bias" => (3,), "conv2d_1/kernel" => (1, 1, 3, 3),
        "dense_1/kernel" => (24, 5), "dense_1/bias" => (5,),
        normalization("batch_normalization_1", 5)...,
        "dense_2/kernel" => (5, 3),
    )
end

# What Python's pyflux writes: a model within a model, whose layers have names with slashes.
@testset "layers are found by name" begin
    layer(type, name, options...) = Dict("type" => type, "name" => name, options...)
    architecture = Dict("input_shape" => [4, 4, 1], "layers" => [
        layer(
            "Conv2D", "vgg16/block1_conv1",
            "filters" => 2, "kernel_size" => [3, 3], "activation" => "softmax",
        ),
        layer("Flatten", "flatten"),
        layer("Dense", "top", "units" => 2, "use_bias" => false),
    ])
    tensors = Dict(
        "vgg16/block1_conv1/kernel" => rand(Xoshiro(1), Float32, 3, 3, 1, 2),
        "vgg16/block1_conv1/bias" => Float32[1, 2],
        "top/kernel" => rand(Xoshiro(2), Float32, 8, 2),
        "optimizer/m/top/kernel" => zeros(Float32, 8, 2),
    )
    metadata = JSON3.write(Dict("architecture" => architecture))
    path = joinpath(mktempdir(), "python.safetensors")
    SafeTensors.serialize(path, tensors, Dict("pyflux" => metadata))
    loaded = PyFlux.load(path)
    @test loaded[1].bias == [1, 2]
    @test loaded[end].weight == permutedims(tensors["top/kernel"])
    # Correlation in Keras, convolution in Flux: (0, 0) of the kernel is the last here.
    @test loaded[1].weight[3, 3, 1, 2] == tensors["vgg16/block1_conv1/kernel"][1, 1, 1, 2]

    delete!(tensors, "top/kernel")
    SafeTensors.serialize(path, tensors, Dict("pyflux" => metadata))
    @test_throws "top/kernel" PyFlux.load(path)
end

@testset "what is no model is an error that names the file" begin
    path = joinpath(mktempdir(), "a.safetensors")
    @test_throws path PyFlux.load(path)
    SafeTensors.serialize(path, Dict("a" => [1.0f0]))
    @test_throws path PyFlux.load(path)
end

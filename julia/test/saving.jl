using PyFlux: description
using SafeTensors: SafeTensors

init = Flux.glorot_uniform(Xoshiro(0))
model = Chain(
    Conv((3, 2), 1 => 4, relu; init), MaxPool((2, 2)), PyFlux.flatten_hwc, Dense(32 => 5, tanh; init),
    Dense(5 => 3; init, bias = false), softmax,
)
input_size = (10, 5, 1)

@testset "a description makes the model again" begin
    again = chain(description(model, input_size)["layers"], input_size)
    @test sprint(show, again) == sprint(show, model)
    @test [l["name"] for l in description(model, input_size)["layers"]] ==
        ["conv2d", "max_pooling2d", "flatten", "dense", "dense_1", "activation"]
end

@testset "a saved model predicts the same" begin
    path = joinpath(mktempdir(), "model.safetensors")
    PyFlux.save(path, model, input_size)
    @test readdir(dirname(path)) == ["model.safetensors"]
    x = rand(Xoshiro(1), UInt8, input_size..., 3)
    @test predict(PyFlux.load(path), x) == predict(model, x)
end

@testset "what has no description is refused" begin
    @test_throws "no description of the layer" description(Chain(Dropout(0.5)), (3,))
    @test_throws "no name for the activation" description(Chain(Dense(3 => 2, cos)), (3,))
    @test_throws "without padding" description(Chain(MaxPool((2, 2); pad = 1)), (4, 4, 1))
end

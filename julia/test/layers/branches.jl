using Flux: Zygote
using PyFlux: Branches, Concatenation, Merge, Reuse, Segments, mean_of, outputsize
using PyFlux: getparameter, named_layers, parameter_paths, random_layers, tensor_names

entry(type, name, inputs...; options...) = Dict{String,Any}(
    "type" => type, "name" => name, "inputs" => Any[inputs...],
    (string(k) => v for (k, v) in options)...,
)
conv(name, input, filters, size = 3) = entry(
    "Conv2D", name, input; filters, kernel_size = Any[size, size], padding = "same",
)

# A block with a projected shortcut and dropout, a row, and a block that ends in features.
layers = [
    conv("a", "", 4),
    entry("ReLU", "relu", "a"),
    entry("Dropout", "dropout", "relu"; rate = 0.5),
    conv("b", "", 4, 1),
    entry("Add", "add", "dropout", "b"),
    entry("MaxPooling2D", "pool", "add"; pool_size = Any[2, 2]),
    conv("c", "pool", 3),
    entry("Concatenate", "join", "pool", "c"),
    entry("Flatten", "flatten", "join"),
    entry("Dense", "dense", "flatten"; units = 5),
]
model = chain(layers, (6, 4, 2); rng = Xoshiro(1))
x = rand(Xoshiro(2), Float32, 6, 4, 2, 3)

@testset "a value that crosses alone separates the layers of the chain" begin
    @test model[1] isa Branches
    @test length(model[1].nodes) == 3  # a row, a convolution, and where they meet
    @test model[2] isa MaxPool
    @test model[3] isa Branches
    @test last(model.layers) isa Dense
end

@testset "it computes what the same layers give by hand" begin
    (row, shortcut, _), joined = model[1].nodes, model[3].nodes
    y = model[2](row(x) .+ shortcut(x))
    y = cat(y, first(joined)(y); dims = 3)
    @test model(x) ≈ model[5](model[4](y))
    @test size(model(x)) == (5, 3)
end

@testset "functions that join" begin
    a, b = Float32[1 -2; 3 4], Float32[5 6; -7 8]
    @test Merge(+)(a, b, b) == a + 2b
    @test Merge(-)(a, b) == a - b
    @test Merge(max)(a, b) == max.(a, b)
    @test Merge(mean_of)(a, b) ≈ (a + b) / 2
    @test Concatenation(1)(a, b) == [a; b]
    @test outputsize(Merge(*), (4, 3, 2), (1, 1, 2)) == (4, 3, 2)
    @test outputsize(Concatenation(3), (4, 3, 2), (4, 3, 5)) == (4, 3, 7)
    @test outputsize(model[1], (6, 4, 2)) == (6, 4, 4)
end

@testset "arrays and random layers are found within branches" begin
    @test length(parameter_paths(model)) == 8
    @test length(random_layers(model)) == 1
    description = Dict{String,Any}("input_shape" => Any[4, 6, 2], "layers" => layers)
    _, names = named_layers(description, Xoshiro(1))
    @test tensor_names(model, names) == [
        "a/kernel", "a/bias", "b/kernel", "b/bias", "c/kernel", "c/bias",
        "dense/kernel", "dense/bias",
    ]
end

@testset "gradients on the kernels are Zygote's, with $lanes lanes" for lanes in (4, 8, 16)
    y, back = PyFlux.pullback(Segments(model; lanes), x)
    expected, zygote_back = Zygote.pullback(model -> model(x), model)
    @test y ≈ expected
    dy = rand(Xoshiro(3), Float32, size(y)...)
    got, wanted = back(dy), only(zygote_back(dy))
    for path in parameter_paths(model)
        @test getparameter(got, path) ≈ getparameter(wanted, path) rtol = 1e-4
    end
end

@testset "a step changes what is in the branches" begin
    state = TrainState(chain(layers, (6, 4, 2); rng = Xoshiro(1)), Adam(0.01))
    before = deepcopy(state.model)
    train!(state, x, [1, 2, 3]; batchsize = 3)
    for path in parameter_paths(before)
        @test getparameter(state.model, path) != getparameter(before, path)
    end
    @test size(predict(state, x)) == (5, 3)
end

# A layer with a normalization after it, on the input, on its own output, and again.
shared = [
    conv("a", "", 2),
    entry("BatchNormalization", "norm", "a"),
    entry("Conv2D", "a2", "norm"; shares = "a"),
    entry("BatchNormalization", "norm2", "a2"; shares = "norm"),
    entry("Add", "add", "norm2", "norm"),
    entry("Conv2D", "a3", "add"; shares = "a"),
    entry("Flatten", "flatten", "a3"),
]

@testset "a layer that is called again has its arrays once" begin
    model = chain(shared, (6, 4, 2); rng = Xoshiro(1))
    @test length(model) == 2
    @test model[1].nodes[3] === Reuse(1)
    @test length(parameter_paths(model)) == 6
    a, norm = model[1].nodes[1], model[1].nodes[2]
    y = norm(a(x))
    @test model[1](x) ≈ a(norm(a(y)) .+ y)
    dy = rand(Xoshiro(3), Float32, size(model(x))...)
    @testset "its gradient is the sum over its calls, with $lanes lanes" for lanes in (4, 8)
        _, back = PyFlux.pullback(Segments(model; lanes), x)
        _, zygote_back = Zygote.pullback(model -> model(x), model)
        got, wanted = back(dy), only(zygote_back(dy))
        for path in parameter_paths(model)
            path.trainable || continue
            @test getparameter(got, path) ≈ getparameter(wanted, path) rtol = 1e-3
        end
    end
end

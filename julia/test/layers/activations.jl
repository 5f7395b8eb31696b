using PyFlux: ACTIVATIONS, ACTIVATION_ALIASES, ELU, LeakyReLU, ReLU, activation_name

layer(config) = chain([config], (5,))
apply(config, x) = vec(layer(config)(reshape(Float32.(x), :, 1)))
activate(name, x) = apply(Dict("type" => "Activation", "activation" => name), x)

x = [-4, -1, 0, 0.5, 7]

# Of Keras 3.15 (`keras.activations`), by its names.
@testset "values are Keras's: $name" for (name, expected) in [
    "linear" => x,
    "relu" => [0, 0, 0, 0.5, 7],
    "relu6" => [0, 0, 0, 0.5, 6],
    "leaky_relu" => [-0.8, -0.2, 0, 0.5, 7],
    "elu" => [-0.98168436, -0.63212056, 0, 0.5, 7],
    "selu" => [-1.7258986, -1.1113307, 0, 0.52535051, 7.3549072],
    "gelu" => [-0.00012668497, -0.15865526, 0, 0.34573123, 7],
    "silu" => [-0.071944839, -0.26894142, 0, 0.31122967, 6.9936228],
    "swish" => [-0.071944839, -0.26894142, 0, 0.31122967, 6.9936228],
    "mish" => [-0.072591754, -0.30340145, 0, 0.37524524, 6.9999884],
    "sigmoid" => [0.01798621, 0.26894142, 0.5, 0.62245933, 0.99908895],
    "hard_sigmoid" => [0, 1 / 3, 0.5, 3.5 / 6, 1],
    "hard_silu" => [0, -1 / 3, 0, 1.75 / 6, 7],
    "hard_swish" => [0, -1 / 3, 0, 1.75 / 6, 7],
    "tanh" => [-0.9993293, -0.76159416, 0, 0.46211716, 0.99999834],
    "softplus" => [0.018149928, 0.31326169, 0.69314718, 0.97407698, 7.0009115],
    "softsign" => [-0.8, -0.5, 0, 1 / 3, 0.875],
    "exponential" => exp.(x),
]
    @test activate(name, x) ≈ expected rtol = 1e-5
end

@testset "every name is tested above, or is over channels" begin
    @test length(ACTIVATIONS) + length(ACTIVATION_ALIASES) == 18
end

@testset "softmax and log-softmax are over channels" begin
    images = randn(Xoshiro(1), Float32, 4, 3, 5, 2)
    for (name, f) in ("softmax" => identity, "log_softmax" => exp)
        config = Dict("type" => "Activation", "activation" => name)
        y = chain([config], (4, 3, 5))(images)
        @test sum(f, y; dims = 3) ≈ ones(4, 3, 1, 2)
    end
    @test activate("softmax", x) ≈ exp.(x) ./ sum(exp, x) rtol = 1e-5
    @test chain([Dict("type" => "Softmax")], (5,))[1] === softmax
end

@testset "layers with arguments are Keras's" begin
    values(type, options...) = apply(Dict("type" => type, options...), x)
    @test values("ReLU") == [0, 0, 0, 0.5, 7]
    @test values("ReLU", "max_value" => 6) == [0, 0, 0, 0.5, 6]
    @test values("ReLU", "negative_slope" => 0.5) == [-2, -0.5, 0, 0.5, 7]
    @test values("ReLU", "threshold" => 1, "max_value" => 5) == [0, 0, 0, 0, 5]
    @test values("ReLU", "threshold" => 1, "negative_slope" => 0.5) ≈
        [-2.5, -1, -0.5, -0.25, 7]
    @test values("LeakyReLU") ≈ [-1.2, -0.3, 0, 0.5, 7]
    @test values("ELU", "alpha" => 2) ≈ [2expm1(-4), 2expm1(-1), 0, 0.5, 7]
end

@testset "a layer with arguments as the activation of another" begin
    leaky = Dict("type" => "LeakyReLU", "negative_slope" => 0.5)
    model = chain([Dict("type" => "Dense", "units" => 2, "activation" => leaky)], (3,))
    @test model[1].σ === identity
    @test model[2] == LeakyReLU(0.5)
end

@testset "gradients by finite differences: $layer" for layer in
    (ReLU(; max_value = 6, negative_slope = 0.1, threshold = 0.2), LeakyReLU(0.3), ELU(2))

    points = [-3.0, -0.5, 0.3, 2.0, 8.0]
    g = gradient(x -> sum(layer(x)), points)[1]
    h = 1e-5
    @test g ≈ (layer(points .+ h) .- layer(points .- h)) ./ 2h rtol = 1e-3
end

@testset "a name for each function, also for Flux's faster versions" begin
    for (name, σ) in ACTIVATIONS
        @test activation_name(σ) == name
    end
    @test activation_name(Flux.NNlib.tanh_fast) == "tanh"
    @test_throws "cos" activation_name(cos)
end

@testset "an unknown name is an error with those that are known" begin
    @test_throws r"rellu.*known:.*relu" activate("rellu", x)
end

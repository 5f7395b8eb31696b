using PyFlux: getparameter, keras_name, parameter_paths

names(model) =
    [(path.layer, keras_name(path), path.trainable) for path in parameter_paths(model)]

@testset "layer by layer, kernel before bias, without what is not there" begin
    model = Chain(Conv((3, 2), 1 => 2), Flux.flatten, Dense(32 => 3; bias = false))
    @test names(model) == [(1, "kernel", true), (1, "bias", true), (3, "kernel", true)]
    for path in parameter_paths(model)
        field = only(path.keys.keys)
        @test getparameter(model, path) === getproperty(model[path.layer], field)
    end
end

@testset "moving averages are not trainable" begin
    for layer in (BatchNorm(3), PyFlux.BatchNormalization(3))
        @test names(Chain(layer)) == [
            (1, "gamma", true), (1, "beta", true),
            (1, "moving_mean", false), (1, "moving_variance", false),
        ]
    end
end

struct Scaled{A,B}
    factor::A
    steps::B
    name::String
end
Flux.@layer Scaled trainable=(factor,)

@testset "any other layer: all of its float arrays" begin
    block = SkipConnection(Chain(Dense(2 => 2), LayerNorm(2)), +)
    model = Chain(block, Scaled([1.0f0], [2.0f0], "x"))
    @test names(model) == [
        (1, "layers/layers/1/kernel", true), (1, "layers/layers/1/bias", true),
        (1, "layers/layers/2/diag/scale", true), (1, "layers/layers/2/diag/bias", true),
        (2, "factor", true), (2, "steps", false),
    ]
    @test length(filter(path -> path.trainable, parameter_paths(model))) ==
        length(Flux.trainables(model))
end

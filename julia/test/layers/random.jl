using PyFlux: RandomAffine, RandomContrast, RandomLayer, RotationSampler, SeededDropout
using PyFlux: random_key, random_layers, set_keys!

rotation = RandomAffine(RotationSampler((-0.2, 0.2)))
layers = (SeededDropout(0.5), rotation, RandomContrast(0.5, 0.5))

@testset "the key decides: $(nameof(typeof(layer)))" for layer in layers
    x, model = rand(Xoshiro(1), Float32, 6, 5, 2, 3), Chain(layer)
    draw(seed, step) = (set_keys!(random_layers(model), UInt64(seed), step); copy(model(x)))
    @test model(x) == x
    @test draw(7, 1) == draw(7, 1) != x
    @test draw(7, 1) != draw(7, 2)
    @test draw(7, 1) != draw(8, 1)
    @test draw(7, nothing) == x
end

@testset "keys count all that is drawn in a model" begin
    model = Chain(PyFlux.fuse(rotation, rotation), Dense(2 => 2), layers[1])
    set_keys!(random_layers(model), UInt64(7), 3)
    found = [model[1].keys.values; model[3].keys.values]
    @test found == [random_key(UInt64(7), 3, i) for i in 1:3]
end

@testset "a layer's own seed takes the place of the training's" begin
    config(options...) = Dict("type" => "RandomFlip", options...)
    model = chain([config(), config("seed" => 5), config("seed" => -1)], (4, 4, 1))
    set_keys!(random_layers(model), UInt64(7), 3)
    seeds = (UInt64(7), UInt64(5), typemax(UInt64))
    @test only(model).keys.values == [random_key(s, 3, i) for (i, s) in enumerate(seeds)]
end

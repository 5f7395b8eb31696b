using PyFlux: SeededDropout, random_layers, set_keys!

function drop(x, rate; seed = 1)
    model = Chain(SeededDropout(rate))
    set_keys!(random_layers(model), UInt64(seed), 0)
    return model(x)
end

@testset "a rate of values becomes 0, and the mean stays" begin
    y = drop(ones(Float32, 1000, 100), 0.25)
    # Four standard deviations of 100,000 draws: 4 √(0.25 · 0.75 / 100,000) = 0.0055.
    @test sum(iszero, y) / length(y) ≈ 0.25 atol = 0.0055
    @test all(v -> iszero(v) || v ≈ 4 / 3, y)
end

@testset "the same in Keras's order of images and of features" begin
    x = ones(Float32, 2, 3, 4, 5)
    @test PyFlux.flatten_hwc(drop(x, 0.5)) == drop(ones(Float32, 24, 5), 0.5)
end

@testset "the gradient has the mask of the outputs" begin
    model, x = Chain(SeededDropout(0.5)), rand(Xoshiro(1), Float32, 6, 5) .+ 1
    set_keys!(random_layers(model), UInt64(3), 0)
    y, back = Flux.pullback(model, x)
    @test only(back(ones(Float32, 6, 5))) ≈ y ./ x
    ŷ, back = PyFlux.layer_pullback(model[1], x; input_gradient = true)
    @test ŷ == y
    @test back(ones(Float32, 6, 5))[2] ≈ y ./ x
end

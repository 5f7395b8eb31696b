using PyFlux: RandomBrightness, RandomContrast, random_layers, set_keys!

function adjust(layer, x)
    set_keys!(random_layers(Chain(layer)), UInt64(1), 0)
    return layer(x)
end

@testset "away from the mean of each channel, by one factor for an image" begin
    x = 100 .+ 50 .* rand(Xoshiro(1), Float32, 6, 5, 2, 3)
    y = adjust(RandomContrast(0.5, 0.5), x)
    μ = sum(x; dims = (1, 2)) / 30
    for k in 1:3
        factors = (y[:, :, :, k] .- μ[:, :, :, k]) ./ (x[:, :, :, k] .- μ[:, :, :, k])
        @test all(≈(factors[1]; rtol = 1e-3), factors)
        @test 0.5 ≤ factors[1] ≤ 1.5
    end
end

@testset "values are clipped to their range" begin
    x = Float32[0 1; 0 1;;;;]
    doubled(value_range) = adjust(RandomContrast(-1, 1; value_range), x)
    @test extrema(doubled((-9, 9))) == (-0.5f0, 1.5f0)
    @test extrema(doubled((0, 1))) == (0, 1)
    @test extrema(doubled((0, 255))) == (0, 1.5f0)
    config = Dict("type" => "RandomContrast", "factor" => [0.1, 0.2])
    made = only(chain([config], (4, 4, 1)))
    @test made.value_range == (0, 255)  # Keras's default
end

@testset "brightness adds one number to all values of an image" begin
    x = 100 .+ 50 .* rand(Xoshiro(1), Float32, 6, 5, 2, 8)
    added = adjust(RandomBrightness((-0.1, 0.2)), x) .- x
    for k in 1:8
        @test all(≈(added[1, 1, 1, k]; atol = 1e-4), added[:, :, :, k])
        @test -25.5 ≤ added[1, 1, 1, k] ≤ 51
    end
    @test length(unique(round.(added[1, 1, 1, :]; digits = 3))) == 8
    @test adjust(RandomBrightness((1, 1); value_range = (0, 1)), x) == one.(x)
end

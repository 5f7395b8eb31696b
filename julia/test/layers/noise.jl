using PyFlux: GaussianNoise, random_layers, set_keys!

@testset "noise of mean 0 and the standard deviation asked for, in training alone" begin
    x = ones(Float32, 50, 40, 3, 5)
    layer = GaussianNoise(0.3)
    @test layer(x) === x
    set_keys!(random_layers(Chain(layer)), UInt64(1), 0)
    noise = layer(x) .- 1
    n = length(noise)
    μ = sum(noise) / n
    @test abs(μ) < 5 * 0.3 / sqrt(n)
    @test sqrt(sum(abs2, noise .- μ) / n) ≈ 0.3 rtol = 0.02
    @test layer(x) == layer(x)
end

using PyFlux: GroupNormalization, LayerNormalization

x = rand(Xoshiro(1), Float32, 6, 5, 4, 3)

@testset "the channels of each pixel, with a factor and a shift" begin
    layer = LayerNormalization(4; ϵ = 0)
    layer.γ .= 1:4
    layer.β .= 0.5
    pixel = x[2, 3, :, 1]
    normal = (pixel .- sum(pixel) / 4) ./ sqrt(sum(abs2, pixel .- sum(pixel) / 4) / 4)
    @test layer(x)[2, 3, :, 1] ≈ (1:4) .* normal .+ 0.5
end

@testset "of features it is Flux's" begin
    features = rand(Xoshiro(2), Float32, 8, 3)
    ours, flux = LayerNormalization(8; ϵ = 1e-6), LayerNorm(8; eps = 1.0f-3)  # eps²
    @test ours(features) ≈ flux(features) rtol = 1e-4
end

@testset "groups of channels are Flux's" begin
    @test GroupNormalization(4, 2)(x) ≈ GroupNorm(4, 2; eps = 1.0f-3)(x)
    @test GroupNormalization(4, 4)(x) ≈ InstanceNorm(4; eps = 1.0f-3)(x)
end

@testset "a layer without a factor has no array for it" begin
    config = Dict("type" => "GroupNormalization", "groups" => -1, "scale" => false)
    model = chain([config], (6, 5, 4))
    @test only(model).groups == 4
    @test [path.keys.keys for path in PyFlux.parameter_paths(model)] == [(:β,)]
end

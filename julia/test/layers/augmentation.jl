using PyFlux: FlipSampler, RandomAffine, RotationSampler, TranslationSampler, ZoomSampler
using PyFlux: random_layers, set_keys!

image = Float32[10r + c for c in 1:4, r in 1:3]  # (width, height)
rows = permutedims(image)

# What a sampler makes of an image, row by row, for two random numbers.
function transform(sampler, u = 0.5, v = 0.5; from = image, options...)
    layer = RandomAffine((_, _, h, w) -> sampler(u, v, h, w); options...)
    set_keys!(random_layers(Chain(layer)), UInt64(1), 0)
    return permutedims(layer(reshape(from, size(from)..., 1, 1))[:, :, 1, 1])
end

@testset "flips, each with probability one half" begin
    @test transform(FlipSampler(true, false), 0.1, 0.1) == reverse(rows; dims = 2)
    @test transform(FlipSampler(false, true), 0.1, 0.1) == reverse(rows; dims = 1)
    @test transform(FlipSampler(true, true), 0.1, 0.1) == reverse(rows)
    @test transform(FlipSampler(true, true), 0.9, 0.9) == rows
end

@testset "a positive translation moves down and to the right" begin
    down = TranslationSampler((1 / 3, 1 / 3), (0, 0))
    right = TranslationSampler((0, 0), (0.5, 0.5))
    @test transform(down; fill_mode = :constant, fill_value = -1) ≈
        [-1 -1 -1 -1; 11 12 13 14; 21 22 23 24]
    @test transform(down; fill_mode = :nearest) ≈ [11 12 13 14; 11 12 13 14; 21 22 23 24]
    @test transform(right; fill_mode = :reflect)[1, :] ≈ [12, 11, 11, 12]
    @test transform(TranslationSampler((0, 0), (0.125, 0.125)))[1, 2:4] ≈ [11.5, 12.5, 13.5]
    @test transform(TranslationSampler((0, 0), (-0.25, 0.25)), 0, 1) ==
        transform(TranslationSampler((0, 0), (0.25, 0.25)))
end

@testset "a quarter turn is anticlockwise" begin
    square = Float32[10r + c for c in 1:3, r in 1:3]
    turned = transform(RotationSampler((0.25, 0.25)); from = square)
    @test turned ≈ rotl90(permutedims(square)) rtol = 1e-5
end

@testset "a positive zoom makes the content smaller" begin
    zoomed = transform(ZoomSampler((1, 1), nothing); fill_mode = :constant, fill_value = 0)
    @test zoomed[1, :] == zeros(4)
    # Twice as far from the centre (row 2, between columns 2 and 3): columns 1.5 and 3.5.
    @test zoomed[2, 2:3] ≈ [21.5, 23.5]
end

@testset "descriptions" begin
    make(type, options...) =
        only(chain([Dict("type" => type, options...)], (5, 4, 2))).samplers[1]
    @test make("RandomFlip", "mode" => "vertical") == FlipSampler(false, true)
    @test make("RandomRotation", "factor" => [-0.1, 0.2]) == RotationSampler((-0.1, 0.2))
    @test make("RandomZoom", "height_factor" => [0, 1]) == ZoomSampler((0, 1), nothing)
    @test make("RandomTranslation", "height_factor" => [0, 1], "width_factor" => [2, 3]) ==
        TranslationSampler((0, 1), (2, 3))
end

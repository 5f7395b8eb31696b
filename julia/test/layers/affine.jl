using PyFlux: AffineMap, RandomAffine, can_fuse, fuse, random_layers, set_keys!
using PyFlux: FlipSampler, RotationSampler, SeededDropout, TranslationSampler, ZoomSampler

image = Float32[10r + c for c in 1:4, r in 1:3]  # (width, height)
as_batch(images) = reshape(images, size(images)[1:2]..., 1, :)

# What a map makes of an image, row by row.
function transform(map::AffineMap, from = image; options...)
    model = Chain(RandomAffine(Returns(map); options...))
    set_keys!(random_layers(model), UInt64(1), 0)
    return permutedims(model(as_batch(from))[:, :, 1, 1])
end

# Pixel by pixel, straight from the definition.
function reference(t, x, fill_mode, fill_value)
    w, h = size(x)
    reflected(i, n) = (m = mod(i, 2n); m < n ? m : 2n - 1 - m)
    inside(i, n) = fill_mode === :reflect ? reflected(i, n) : clamp(i, 0, n - 1)
    pixel(r, c) = fill_mode === :constant && !(0 ≤ r < h && 0 ≤ c < w) ?
        fill_value : x[inside(c, w) + 1, inside(r, h) + 1]
    return map(Iterators.product(0:(w - 1), 0:(h - 1))) do (column, row)
        r, c = row - (h - 1) / 2, column - (w - 1) / 2
        i = t.a * r + t.b * c + t.row_shift + (h - 1) / 2
        j = t.c * r + t.d * c + t.column_shift + (w - 1) / 2
        δi, δj = i - floor(i), j - floor(j)
        sum(
            (di == 0 ? 1 - δi : δi) * (dj == 0 ? 1 - δj : δj) *
            pixel(floor(Int, i) + di, floor(Int, j) + dj) for di in 0:1, dj in 0:1
        )
    end
end

@testset "every width, every fill mode, however far" begin
    rng = Xoshiro(1)
    widths, modes = (1, 2, 5, 7, 8, 9, 15, 16, 17, 28), (:nearest, :reflect, :constant)
    for w in widths, h in (1, 3, 8), fill_mode in modes, scale in (0.1f0, 1.0f0, 5.0f0)
        x = rand(rng, Float32, w, h)
        coefficients = (1, 0, 0, 1) .+ scale .* Tuple(randn(rng, Float32, 4))
        map = AffineMap(coefficients..., 3scale, -2scale)
        expected = permutedims(reference(map, x, fill_mode, 0.25f0))
        found = transform(map, x; fill_mode, fill_value = 0.25f0)
        @test found ≈ expected atol = 1e-4 * scale * w
    end
end

@testset "positions that are not finite are outside" begin
    for numbers in ((NaN, 0, 0, 1, 0, 0), (Inf, 0, 0, 1, 0, 0), (1, 0, 0, 1, Inf, -Inf))
        map = AffineMap(numbers...)
        @test all(isfinite, transform(map; fill_mode = :reflect))
        @test transform(map; fill_mode = :constant, fill_value = 2)[1] == 2
    end
end

@testset "maps in a row are one" begin
    turn = RandomAffine(RotationSampler((0.25, 0.25)))
    move = RandomAffine(TranslationSampler((1 / 3, 1 / 3), (0, 0)))
    square = as_batch(Float32[10r + c for c in 1:3, r in 1:3])
    one, two = Chain(fuse(turn, move)), Chain(turn, move)
    foreach(model -> set_keys!(random_layers(model), UInt64(1), 0), (one, two))
    @test one(square) ≈ two(square) rtol = 1e-5  # whole pixels: no interpolation
    zoom = RandomAffine(ZoomSampler((-0.1, 0.1), nothing); fill_mode = :constant)
    flip = RandomAffine(FlipSampler(true, true); fill_mode = :any)
    @test can_fuse(turn, move) && can_fuse(flip, zoom) && can_fuse(zoom, flip)
    @test can_fuse(fuse(flip, turn), move)
    @test !can_fuse(turn, zoom) && !can_fuse(fuse(flip, zoom), move)
    @test !can_fuse(turn, SeededDropout(0.5))
    range = (-0.1, 0.1)
    described = [
        Dict("type" => "RandomFlip"),
        Dict("type" => "RandomRotation", "factor" => range),
        Dict("type" => "RandomZoom", "height_factor" => range, "fill_mode" => "constant"),
    ]
    @test [length(layer.samplers) for layer in chain(described, (5, 4, 2))] == [2, 1]
end

@testset "an unknown fill mode is an error with those that are known" begin
    @test_throws r"wrap.*|reflect" RandomAffine(FlipSampler(true, true); fill_mode = :wrap)
end

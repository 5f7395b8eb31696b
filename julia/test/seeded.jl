using PyFlux: Affine, Flip, Rotation, SeededContrast, SeededDropout, SeededWarp, Translation, Zoom
using PyFlux: Seeded, joined, joins

setkeys!(model, seed, step) = PyFlux.setkeys!(Seeded[l for l in model.layers if l isa Seeded], seed, step)

image = Float32[10r + c for c in 1:4, r in 1:3]  # (width, height)
as_drawn(images) = reshape(images, size(images)[1:2]..., 1, :)
rows(x) = permutedims(x[:, :, 1, 1])

# What a warp does to an image; a function that draws says how, whatever the random numbers.
function moved(draw, from = image; fill = :nearest, value = 0.0f0)
    model = Chain(SeededWarp(draw; fill, value))
    setkeys!(model, UInt64(1), 0)
    return rows(model(as_drawn(from)))
end
moved(t::Affine, from = image; options...) = moved(Returns(t), from; options...)

@testset "where pixels come from" begin
    @test moved(Flip(true, false)(0.1, 0.9, 3, 4)) == reverse(permutedims(image); dims = 2)
    @test moved(Flip(false, true)(0.9, 0.1, 3, 4)) == reverse(permutedims(image); dims = 1)
    @test moved(Flip(true, true)(0.9, 0.9, 3, 4)) == permutedims(image)
    down = Translation((1 / 3, 1 / 3), (0, 0))(0.5, 0.5, 3, 4)
    @test moved(down; fill = :constant, value = -1.0f0) ≈ [-1 -1 -1 -1; 11 12 13 14; 21 22 23 24]
    @test moved(down; fill = :nearest) ≈ [11 12 13 14; 11 12 13 14; 21 22 23 24]
    right = Translation((0, 0), (0.5, 0.5))(0.5, 0.5, 3, 4)
    @test moved(right; fill = :reflect)[1, :] ≈ [12, 11, 11, 12]
    @test moved(Translation((0, 0), (0.125, 0.125))(0, 0, 3, 4))[1, 2:4] ≈ [11.5, 12.5, 13.5]
end

@testset "a quarter turn is anticlockwise" begin
    square = Float32[10r + c for c in 1:3, r in 1:3]
    turned = moved(Rotation((0.25, 0.25)), square)
    @test turned ≈ rotl90(permutedims(square)) rtol = 1e-5
end

@testset "a positive zoom makes the content smaller" begin
    zoomed = moved(Zoom((1, 1), nothing)(0, 0, 3, 4); fill = :constant, value = 0.0f0)
    @test zoomed[1, :] == zeros(4)
    @test zoomed[2, 2:3] ≈ [21.5, 23.5] .- 0.0 rtol = 0.1
end

# One pixel after the other, straight from the definition, with the indices of beyond the edge by hand.
function slowly(t, x, fill, value)
    w, h = size(x)
    reflected(i, n) = (m = mod(i, 2n); m < n ? m : 2n - 1 - m)
    inside(i, n) = fill === :reflect ? reflected(i, n) : clamp(i, 0, n - 1)
    at(r, c) = fill === :constant && !(0 ≤ r < h && 0 ≤ c < w) ? value : x[inside(c, w) + 1, inside(r, h) + 1]
    return map(Iterators.product(0:(w - 1), 0:(h - 1))) do (column, row)
        r, c = row - (h - 1) / 2, column - (w - 1) / 2
        i, j = t.a * r + t.b * c + t.down + (h - 1) / 2, t.c * r + t.d * c + t.right + (w - 1) / 2
        δi, δj = i - floor(i), j - floor(j)
        sum(
            (di == 0 ? 1 - δi : δi) * (dj == 0 ? 1 - δj : δj) * at(floor(Int, i) + di, floor(Int, j) + dj) for
            di in 0:1, dj in 0:1
        )
    end
end

@testset "every width, every edge, however far" begin
    rng = Xoshiro(1)
    for w in (1, 2, 5, 7, 8, 9, 15, 16, 17, 28), h in (1, 3, 8), fill in (:nearest, :reflect, :constant)
        x = rand(rng, Float32, w, h)
        for scale in (0.1f0, 1.0f0, 5.0f0)
            t = Affine(((1, 0, 0, 1) .+ scale .* Tuple(randn(rng, Float32, 4)))..., 3scale, -2scale)
            @test moved(t, x; fill, value = 0.25f0) ≈ permutedims(slowly(t, x, fill, 0.25f0)) atol = 1e-4 * scale * w
        end
    end
end

@testset "what is not finite is beyond the edge" begin
    for t in (Affine(NaN, 0, 0, 1, 0, 0), Affine(Inf, 0, 0, 1, 0, 0), Affine(1, 0, 0, 1, Inf, -Inf))
        @test all(isfinite, moved(t; fill = :reflect))
        @test moved(t; fill = :constant, value = 2.0f0)[1] == 2
    end
end

@testset "warps in a row are one" begin
    turn, move = SeededWarp(Rotation((0.25, 0.25))), SeededWarp(Translation((1 / 3, 1 / 3), (0, 0)))
    square = as_drawn(Float32[10r + c for c in 1:3, r in 1:3])
    one, two = Chain(joined(turn, move)), Chain(turn, move)
    foreach(model -> setkeys!(model, UInt64(1), 0), (one, two))
    @test one(square) ≈ two(square) rtol = 1e-5  # whole pixels, which interpolation leaves alone
    other = SeededWarp(Zoom((-0.1, 0.1), nothing); fill = :constant)
    flip = SeededWarp(Flip(true, true); fill = :any)
    @test joins(turn, move) && joins(flip, other) && joins(other, flip) && joins(joined(flip, turn), move)
    @test !joins(turn, other) && !joins(joined(flip, other), move) && !joins(turn, SeededDropout(0.5))
    described = [
        Dict("type" => "RandomFlip"),
        Dict("type" => "RandomRotation", "factor" => (-0.1, 0.1)),
        Dict("type" => "RandomZoom", "height_factor" => (-0.1, 0.1), "fill_mode" => "constant"),
    ]
    model = PyFlux.chain(described, (5, 4, 2))
    @test [length(layer.draws) for layer in model] == [2, 1]
    setkeys!(model, UInt64(7), 3)
    @test reduce(vcat, [layer.keys for layer in model]) == [PyFlux.noise_key(UInt64(7), 3, i) for i in 1:3]
end

@testset "layers do nothing without a key, and the same with the same" begin
    x = rand(Xoshiro(1), Float32, 6, 5, 2, 3)
    for layer in (SeededDropout(0.5), SeededWarp(Rotation((-0.2, 0.2))), SeededContrast(0.5, 0.5))
        model = Chain(layer)
        @test model(x) == x
        once(step) = (setkeys!(model, UInt64(7), step); copy(model(x)))
        @test once(1) == once(1) != x
        @test once(1) != once(2)
        setkeys!(model, UInt64(7), nothing)
        @test model(x) == x
    end
end

@testset "dropout keeps the mean" begin
    layer = SeededDropout(0.25)
    setkeys!(Chain(layer), UInt64(1), 0)
    y = layer(ones(Float32, 1000, 100))
    @test sum(iszero, y) / length(y) ≈ 0.25 atol = 0.01
    @test sum(y) / length(y) ≈ 1 atol = 0.01
end

@testset "contrast keeps the mean of each channel" begin
    x = rand(Xoshiro(1), Float32, 6, 5, 2, 3)
    layer = SeededContrast(0.5, 0.5)
    setkeys!(Chain(layer), UInt64(1), 0)
    @test sum(layer(x); dims = (1, 2)) ≈ sum(x; dims = (1, 2))
end

using PyFlux: Affine, Flip, Rotation, SeededContrast, SeededDropout, SeededWarp, Translation, Zoom, reflect, setkeys!, warp!

image = Float32[10r + c for c in 1:4, r in 1:3, _ in 1:1]  # (width, height, channels)
rows(x) = permutedims(x[:, :, 1])
moved(t; fill = :nearest, value = 0.0f0) = rows(warp!(similar(image), image, t, fill, value))

@testset "where pixels come from" begin
    @test moved(Flip(true, false)(0.1, 0.9, 3, 4)) == reverse(rows(image); dims = 2)
    @test moved(Flip(false, true)(0.9, 0.1, 3, 4)) == reverse(rows(image); dims = 1)
    @test moved(Flip(true, true)(0.9, 0.9, 3, 4)) == rows(image)
    down = Translation((1 / 3, 1 / 3), (0, 0))(0.5, 0.5, 3, 4)
    @test moved(down; fill = :constant, value = -1.0f0) ≈ [-1 -1 -1 -1; 11 12 13 14; 21 22 23 24]
    @test moved(down; fill = :nearest) ≈ [11 12 13 14; 11 12 13 14; 21 22 23 24]
    right = Translation((0, 0), (0.5, 0.5))(0.5, 0.5, 3, 4)
    @test moved(right; fill = :reflect)[1, :] ≈ [12, 11, 11, 12]
    @test moved(Translation((0, 0), (0.125, 0.125))(0, 0, 3, 4))[1, 2:4] ≈ [11.5, 12.5, 13.5]
end

@testset "a quarter turn is anticlockwise" begin
    square = Float32[10r + c for c in 1:3, r in 1:3, _ in 1:1]
    turned = warp!(similar(square), square, Rotation((0.25, 0.25))(0, 0, 3, 3), :nearest, 0.0f0)
    @test rows(turned) ≈ rotl90(rows(square)) rtol = 1e-5
end

@testset "a positive zoom makes the content smaller" begin
    zoomed = moved(Zoom((1, 1), nothing)(0, 0, 3, 4); fill = :constant, value = 0.0f0)
    @test zoomed[1, :] == zeros(4)
    @test zoomed[2, 2:3] ≈ [21.5, 23.5] .- 0.0 rtol = 0.1
end

@test reflect.(-3:6, 3) == [2, 1, 0, 0, 1, 2, 2, 1, 0, 0]

@testset "layers do nothing without a key, and the same with the same" begin
    x = rand(Xoshiro(1), Float32, 6, 5, 2, 3)
    for layer in (SeededDropout(0.5), SeededWarp(Rotation((-0.2, 0.2))), SeededContrast(0.5, 0.5))
        model = Chain(layer)
        @test model(x) == x
        once(step) = (setkeys!(model, UInt64(7), step); model(x))
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

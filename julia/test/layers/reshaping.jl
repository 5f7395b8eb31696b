using PyFlux: outputsize

make(type, size; options...) = only(chain(
    [Dict{String,Any}("type" => type, (string(k) => v for (k, v) in options)...)], size
))

x = rand(Xoshiro(1), Float32, 4, 3, 2, 2)  # 3 rows, 4 columns

@testset "sides are Keras's: top, bottom, left, right" begin
    padded = make("ZeroPadding2D", (4, 3, 2); padding = [[0, 1], [3, 2]])(x)
    @test size(padded) == (9, 4, 2, 2)
    @test padded[4:7, 1:3, :, :] == x
    @test sum(padded) ≈ sum(x)
    cropped = make("Cropping2D", (4, 3, 2); cropping = [[0, 1], [2, 1]])(x)
    @test cropped == x[3:3, 1:2, :, :]
end

@testset "nearest repeats pixels, bilinear has their centres at halves" begin
    pixels = reshape(Float32[0, 1], 2, 1, 1, 1)
    up(interpolation) =
        vec(make("UpSampling2D", (2, 1, 1); size = [1, 2], interpolation)(pixels))
    @test up("nearest") == [0, 0, 1, 1]
    @test up("bilinear") ≈ [0, 0.25, 0.75, 1]
end

@testset "the order of values is Keras's" begin
    row = reshape(Float32.(1:6), 6, 1)
    image = make("Reshape", (6,); target_shape = [1, 2, 3])(row)
    @test image[1, 1, :, 1] == 1:3  # the channels of the first pixel
    @test make("Reshape", (2, 1, 3); target_shape = [-1])(image) == row
    turned = make("Permute", (4, 3, 2); dims = [2, 1, 3])(x)
    @test turned == permutedims(x, (2, 1, 3, 4))
end

@testset "outputsize is the size of what comes out" begin
    for layer in (
        make("ZeroPadding2D", (4, 3, 2); padding = [[0, 1], [3, 2]]),
        make("Cropping2D", (4, 3, 2); cropping = [[0, 1], [2, 1]]),
        make("UpSampling2D", (4, 3, 2); size = [2, 3]),
        make("UpSampling2D", (4, 3, 2); size = [2, 3], interpolation = "bilinear"),
        make("Reshape", (4, 3, 2); target_shape = [2, -1, 4]),
        make("Permute", (4, 3, 2); dims = [3, 1, 2]),
    )
        @test outputsize(layer, (4, 3, 2)) == size(layer(x))[1:3]
    end
end

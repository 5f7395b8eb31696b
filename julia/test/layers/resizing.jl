using PyFlux: RandomCrop, Resize, interpolation_matrix, random_layers, set_keys!

@testset "rows of a matrix are the weights of the pixels" begin
    @test interpolation_matrix(2, 4, :bilinear) ≈ [1 0; 0.75 0.25; 0.25 0.75; 0 1]
    @test interpolation_matrix(4, 2, :nearest) == [0 1 0 0; 0 0 0 1]
    @test all(sum(interpolation_matrix(7, 5, :bilinear); dims = 2) .≈ 1)
end

@testset "twice the size is Flux's upsampling" begin
    x = rand(Xoshiro(1), Float32, 4, 3, 2, 2)
    @test Resize((8, 6), :nearest)(x) == Upsample(:nearest; scale = 2)(x)
    @test Resize((8, 6))(x) ≈ PyFlux.BilinearUpsampling((2, 2))(x)
    @test PyFlux.outputsize(Resize((8, 6)), (4, 3, 2)) == (8, 6, 2)
end

@testset "the middle with the aspect ratio of the result is resized" begin
    x = reshape(Float32.(1:8), 8, 1, 1, 1) .* ones(Float32, 1, 4, 1, 1)
    @test Resize((2, 2); crop = true)(x)[:, 1, 1, 1] ≈ [3.5, 5.5]
end

@testset "a part of each image at a place of its own in training, else the middle" begin
    x = repeat(reshape(Float32.(1:100), 10, 10, 1, 1), 1, 1, 1, 20)
    layer = RandomCrop((4, 3); seed = 1)
    @test layer(x)[:, :, 1, 1] == x[4:7, 4:6, 1, 1]
    set_keys!(random_layers(Chain(layer)), UInt64(1), 0)
    y = layer(x)
    @test size(y) == (4, 3, 1, 20)
    @test length(unique(y[1, 1, 1, :])) > 10
    @test all(k -> y[:, :, 1, k] .- y[1, 1, 1, k] == x[1:4, 1:3, 1, 1] .- x[1], 1:20)
end

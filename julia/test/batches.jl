using PyFlux: Batches

images = reshape(collect(UInt8, 0:59), 3, 2, 2, 5)

@testset "bytes are scaled, in the order asked for" begin
    x = Batches(images)([4, 1, 4])
    @test x ≈ images[:, :, :, [4, 1, 4]] / 255
    @test eltype(x) == Float32
end

@testset "floats are taken as they are" begin
    floats = rand(Xoshiro(1), 3, 2, 2, 5)
    @test Batches(floats)(2:3) == Float32.(floats[:, :, :, 2:3])
end

@testset "batches of one size share a buffer" begin
    batches = Batches(images)
    @test size(batches([1])) == (3, 2, 2, 1)
    @test batches(1:3) === batches(2:4)
end

@testset "any view of images will do" begin
    cwhn = permutedims(images, (3, 1, 2, 4))
    @test Batches(PermutedDimsArray(cwhn, (2, 3, 1, 4)))([5, 2]) == Batches(images)([5, 2])
end

@testset "bytes as they are, where the model scales them" begin
    @test Batches(images; scaled = false)([2, 3]) == Float32.(images[:, :, :, 2:3])
    @test PyFlux.rescales(Chain(PyFlux.Rescale(1 / 255, 0), Flux.flatten))
    @test !PyFlux.rescales(Chain(Flux.flatten))
end

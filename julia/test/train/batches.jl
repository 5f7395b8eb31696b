using PyFlux: BatchBuffer, Batches, batch_view, gather, gather!

images = reshape(collect(UInt8, 0:59), 3, 2, 2, 5)

@testset "bytes are scaled, in the order of the indices" begin
    x = gather!(BatchBuffer(images), [4, 1, 4])
    @test x ≈ images[:, :, :, [4, 1, 4]] / 255
    @test eltype(x) == Float32
    unscaled = BatchBuffer(images; scale_bytes = false)
    @test gather!(unscaled, [2, 3]) == images[:, :, :, [2, 3]]
end

@testset "floats are taken as they are" begin
    floats = rand(Xoshiro(1), 3, 2, 2, 5)
    @test gather!(BatchBuffer(floats), 2:3) == Float32.(floats[:, :, :, 2:3])
end

@testset "batches of one size share a buffer" begin
    buffer = BatchBuffer(images)
    @test size(gather!(buffer, [1])) == (3, 2, 2, 1)
    @test gather!(buffer, 1:3) === gather!(buffer, 2:4)
end

@testset "any view of images will do" begin
    cwhn = permutedims(images, (3, 1, 2, 4))
    view = PermutedDimsArray(cwhn, (2, 3, 1, 4))
    @test gather!(BatchBuffer(view), [5, 2]) == gather!(BatchBuffer(images), [5, 2])
end

@testset "targets and weights" begin
    @test gather([5, 6, 7], [3, 1]) == [7, 5]
    @test gather([1 2 3; 4 5 6], 2:3) == [2 3; 5 6]
    @test gather(nothing, 1:2) === nothing
end

@testset "types are known" begin
    buffer = BatchBuffer(images)
    @test (@inferred gather!(buffer, [1, 2])) isa Array{Float32,4}
    @test (@inferred batch_view(buffer, [1, 2])).scale == 1.0f0 / 255
end

@testset "numbers and indices are checked, by the argument's name" begin
    y, sample_weights = ones(Int, 5), [1, 2]
    @test_throws r"targets.*5.*4" Batches(images, y[1:4])
    @test_throws r"sample_weights.*5.*2" Batches(images, y; sample_weights)
    @test_throws r"targets.*1.*0" Batches(images, [0; y[2:5]])
    @test_throws r"order.*5.*6" Batches(images, y, [1, 6])
    @test_throws r"order.*0" Batches(images, y, [0, 1])
    @test_throws "order" Batches(images, y, Int[])
end

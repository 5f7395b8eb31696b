using CodecZlib: GzipCompressor

idx(type, dims, elements) = [0x00, 0x00, type, UInt8(length(dims)), reinterpret(UInt8, hton.(UInt32.(collect(dims))))..., elements...]
written(bytes; name = "a") = (path = joinpath(mktempdir(), name); mkpath(dirname(path)); write(path, bytes); path)

bytes = idx(0x08, (2, 3), UInt8[1, 2, 3, 4, 5, 6])

@testset "the last axis is the first of the array" begin
    @test read_idx(written(bytes)) == UInt8[1 4; 2 5; 3 6]
    @test read_idx(written(transcode(GzipCompressor, bytes))) == UInt8[1 4; 2 5; 3 6]
end

@testset "damaged files are refused in words" begin
    @test_throws "no IDX file" read_idx(written(UInt8[1, 2, 3, 4, 5]))
    @test_throws "no IDX file" read_idx(written(UInt8[]))
    @test_throws "must have 6 elements" read_idx(written(bytes[1:(end - 1)]))
    @test_throws "must have 6 elements" read_idx(written([bytes; 0x00]))
    @test_throws "cut short in its header" read_idx(written(bytes[1:6]))
    @test_throws "elements of type 0x0d" read_idx(written(idx(0x0d, (1,), zeros(UInt8, 4))))
    @test_throws "damaged gzip" read_idx(written(transcode(GzipCompressor, bytes)[1:(end - 9)]))
end

@testset "MNIST in a folder" begin
    folder = mktempdir()
    @test_throws "Download" load_mnist(folder, :train)
    mkdir(joinpath(folder, "mnist"))
    images = idx(0x08, (2, 3, 4), collect(UInt8, 1:24))
    write(joinpath(folder, "mnist", "train-images-idx3-ubyte.gz"), transcode(GzipCompressor, images))
    write(joinpath(folder, "mnist", "train-labels-idx1-ubyte"), idx(0x08, (2,), UInt8[0, 9]))
    x, y = load_mnist(folder, :train)
    @test size(x) == (4, 3, 1, 2)
    @test x[:, 1, 1, 1] == 1:4
    @test y == [1, 10]
    write(joinpath(folder, "mnist", "train-labels-idx1-ubyte"), idx(0x08, (1,), UInt8[0]))
    @test_throws "2 images and 1 labels" load_mnist(folder, :train)
end

using CodecZlib: GzipCompressor

include("helpers/idx_files.jl")

@testset "images and labels, gzipped or not, directly or in mnist/" begin
    images, labels = collect(UInt8, 1:24), UInt8[0, 9]
    for subfolder in ("mnist", "")
        folder = mktempdir()
        mkpath(joinpath(folder, subfolder))
        path(name) = joinpath(folder, subfolder, name)
        gzipped = transcode(GzipCompressor, idx(0x08, (2, 3, 4), images))
        written(gzipped; path = path("train-images-idx3-ubyte.gz"))
        written(idx(0x08, (2,), labels); path = path("train-labels-idx1-ubyte"))
        x, y = load_mnist(folder, :train)
        @test size(x) == (4, 3, 1, 2)
        @test x[:, 1, 1, 1] == 1:4
        @test y == [1, 10]
        written(idx(0x08, (1,), labels[1:1]); path = path("train-labels-idx1-ubyte"))
        @test_throws r"2.*1" load_mnist(folder, :train)
    end
end

@testset "a missing file is an error that names the folder and where to get it" begin
    folder = mktempdir()
    @test_throws repr(folder) load_mnist(folder, :train)
    @test_throws "https://" load_mnist(folder, :test)
end

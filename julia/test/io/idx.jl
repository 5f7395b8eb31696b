using CodecZlib: GzipCompressor

include("helpers/idx_files.jl")

bytes = idx(0x08, (2, 3), UInt8[1, 2, 3, 4, 5, 6])

@testset "the last axis is the first of the array" begin
    @test read_idx(written(bytes)) == UInt8[1 4; 2 5; 3 6]
    @test read_idx(written(transcode(GzipCompressor, bytes))) == UInt8[1 4; 2 5; 3 6]
end

@testset "damaged files are errors that name the file and what is wrong" begin
    damaged(bytes) = (path = written(bytes); @test_throws path read_idx(path))
    damaged(UInt8[1, 2, 3, 4, 5])
    damaged(UInt8[])
    damaged(bytes[1:6])
    damaged(transcode(GzipCompressor, bytes)[1:(end - 9)])
    @test_throws r"6 .*got 5" read_idx(written(bytes[1:(end - 1)]))
    @test_throws r"6 .*got 7" read_idx(written([bytes; 0x00]))
    @test_throws "0x0d" read_idx(written(idx(0x0d, (1,), zeros(UInt8, 4))))
end

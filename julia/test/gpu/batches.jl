using PyFlux: BatchBuffer, RowMajor, gather, gather!

include("helpers/jl_device.jl")

@testset "reading one element is an error" begin
    @test_throws "scalar" JLArray([1, 2])[1]
end

@testset "a batch is gathered and scaled there" begin
    buffer = BatchBuffer(gpu(images))
    for indices in ([7, 1, 20, 7], [3])
        x = gather!(buffer, indices)
        @test x isa JLArray{Float32}
        @test near(x, Float32.(images[:, :, :, indices]) ./ 255)
    end
    @test gather!(buffer, [1, 2, 3, 4]) === gather!(buffer, [5, 6, 7, 8])
    unscaled = BatchBuffer(gpu(images); scale_bytes = false)
    @test near(gather!(unscaled, [9, 2]), Float32.(images[:, :, :, [9, 2]]))
end

@testset "targets and weights too" begin
    @test Array(gather(gpu([5, 6, 7]), [3, 1])) == [7, 5]
    @test Array(gather(gpu([1 2 3; 4 5 6]), 2:3)) == [2 3; 5 6]
end

@testset "row-major images are moved as bytes, and permuted there" begin
    for channels in (1, 3)
        cwhn = bytes(channels, 6, 5, 4)
        x = RowMajor.device_images(gpu, cwhn)
        @test x isa JLArray{UInt8,4}
        @test Array(x) == RowMajor.to_whcn(cwhn)
        @test RowMajor.device_images(cpu_device(), cwhn) == RowMajor.to_whcn(cwhn)
    end
    rows = bytes(3, 6, 4)
    @test Array(RowMajor.device_images(gpu, rows)) == RowMajor.to_whcn(rows)
end

@testset "indices are checked before a kernel reads past an end" begin
    state = TrainState(gpu(dense()))
    @test_throws r"order.*20.*21" train!(state, gpu(images), labels, [1, 21])
    @test_throws r"targets.*20.*4" train!(state, gpu(images), labels[1:4])
end

using PyFlux.Kernels: BatchView, Segments, forward, pack!

# Images may lie in memory in many ways, and be bytes.
@testset "$channels channels" for channels in (1, 3)
    init = Flux.glorot_uniform(Xoshiro(0))
    model = Chain(Conv((3, 3), channels => 5, relu; init, pad = 1), PyFlux.flatten_hwc)
    segments = Segments(model)
    x = rand(Xoshiro(1), Float32, 6, 7, channels, 5)
    expected = forward(segments, x)
    @test expected ≈ forward(model, x)

    channels_first = permutedims(x, (3, 1, 2, 4))
    @test forward(segments, PermutedDimsArray(channels_first, (2, 3, 1, 4))) == expected
    @test forward(segments, view(x, :, :, :, 1:5)) == expected
    @test forward(segments, BatchView(x, [4, 1], 1.0f0)) == expected[:, [4, 1]]

    bytes = rand(Xoshiro(2), UInt8, 6, 7, channels, 4)
    @test forward(segments, BatchView(bytes, 1:4, 1.0f0 / 255)) ≈
        forward(segments, Float32.(bytes) ./ 255)
end

@testset "features" begin
    segments = Segments(Chain(Dense(6 => 3)))
    x = rand(Xoshiro(1), UInt8, 6, 4)
    halves = forward(segments, BatchView(x, [2, 2], 0.5f0))
    @test halves ≈ forward(segments, x[:, [2, 2]] ./ 2)
    @test_throws "takes 6 features, got 5" forward(segments, rand(Float32, 5, 2))
end

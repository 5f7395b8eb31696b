conv(; options...) = Dict(
    "type" => "Conv2D", "filters" => 4, "kernel_size" => [3, 2],
    (string(key) => value for (key, value) in options)...,
)

@testset "a kernel of (height, width) is (width, height) in Flux" begin
    model = chain([conv()], (9, 7, 3))
    @test size(model[1].weight) == (2, 3, 3, 4)
    @test size(model(zeros(Float32, 9, 7, 3, 1))) == (8, 5, 4, 1)
end

@testset "same padding gives ⌈size / stride⌉" for strides in ([1, 1], [2, 3], [3, 1])
    model = chain([conv(; padding = "same", strides)], (9, 7, 3))
    w, h, _, _ = size(model(zeros(Float32, 9, 7, 3, 1)))
    @test (w, h) == (cld(9, strides[2]), cld(7, strides[1]))
end

@testset "same padding puts the odd pixel to the right and to the bottom" begin
    model = chain([conv(; padding = "same", kernel_size = [2, 4])], (9, 7, 3))
    @test model[1].pad == (1, 2, 0, 1)
end

using PyFlux: ClassScore, RowMajor, input_gradients

include("helpers/jl_device.jl")

@testset "gradients for the input are those of the CPU" begin
    model, x = dense(), permutedims(images, (3, 1, 2, 4))
    for loss in (Flux.logitcrossentropy, ClassScore())
        expected = input_gradients(model, images, labels; loss)
        found = input_gradients(gpu(model), gpu(images), labels; loss, batchsize = 6)
        @test found isa Array
        @test near(found, expected)
    end
    score = Dict("type" => "score")
    rowmajor(model, device) =
        RowMajor.input_gradients(model, x, Int32.(labels .- 1), score, 6, device)
    @test near(rowmajor(gpu(model), gpu), rowmajor(model, cpu_device()))
end

include("helpers/halves.jl")

@testset "the outputs are the model's, whatever the batch size" begin
    images, _ = halves(7)
    model = small()
    expected = model(Float32.(images) ./ 255)
    for network in (model, TrainState(model), PyFlux.Predictor(model))
        for batchsize in (3, 7, 256)
            @test predict(network, images; batchsize) ≈ expected
        end
    end
    @test size(predict(model[1:2], images; batchsize = 3)) == (2, 1, 4, 7)
end

@testset "outputs of one batch are not those of the next" begin
    x = rand(Xoshiro(1), Float32, 3, 8)
    @test predict(Chain(PyFlux.SeededDropout(0.5)), x; batchsize = 2) == x
    @test predict(Chain(PyFlux.flatten_hwc), x; batchsize = 4) == x
end

@testset "nothing to predict is an error that names the argument" begin
    @test_throws ArgumentError predict(small(), zeros(UInt8, 6, 5, 1, 0))
end

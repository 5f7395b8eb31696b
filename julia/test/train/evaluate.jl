include("helpers/halves.jl")

@testset "loss and outputs are the model's, whatever the batch size" begin
    images, labels = halves(7)
    state = TrainState(small())
    x, y = Float32.(images) ./ 255, Flux.onehotbatch(labels, 1:2)
    for batchsize in (2, 7, 256)
        result = evaluate(state, images, labels; batchsize)
        @test result.loss ≈ 7 * Flux.logitcrossentropy(state.model[1:4](x), y)
        @test result.outputs ≈ state.model(x)
        @test result.samples == 7
    end
end

@testset "weights of samples are factors of their losses" begin
    images, labels = halves(6)
    state = TrainState(small())
    a = evaluate(state, images, labels; sample_weights = [0, 3, 0, 0, 0, 0])
    b = evaluate(state, images[:, :, :, 2:2], labels[2:2])
    @test a.loss ≈ 3b.loss
end

@testset "penalties count for each sample" begin
    images, labels = halves(6)
    model = small()
    plain = TrainState(model)
    penalised = TrainState(model; penalties = [(0.1, 0.2), nothing, nothing, nothing])
    w = model[1].weight
    for batchsize in (4, 256)
        difference = evaluate(penalised, images, labels; batchsize).loss -
            evaluate(plain, images, labels; batchsize).loss
        @test difference ≈ 6 * (0.1 * sum(abs, w) + 0.2 * sum(abs2, w)) rtol = 1e-4
    end
end

include("helpers/halves.jl")

@testset "training lowers the loss and finds the classes" begin
    images, labels = halves(200)
    state = TrainState(small(), Adam(0.01))
    before = evaluate(state, images, labels)
    for _ in 1:5
        train!(state, images, labels; batchsize = 32)
    end
    after = evaluate(state, images, labels)
    @test after.loss < before.loss / 2
    @test accuracy(after.outputs, labels) > 0.95
    @test after.samples == 200
    @test state.iterations == 5 * 7
end

@testset "a step is Flux's own" begin
    images, labels = halves(6)
    state, model = TrainState(small(), Adam(0.01)), small()
    train!(state, images, labels; batchsize = 6)
    x, y = Float32.(images) ./ 255, Flux.onehotbatch(labels, 1:2)
    opt_state = Flux.setup(Adam(0.01), model)
    grads = gradient(m -> Flux.logitcrossentropy(m[1:4](x), y), model)
    Flux.update!(opt_state, model, grads[1])
    @test all(isapprox.(trainables(state), Flux.trainables(model); rtol = 1e-5))
end

@testset "the sums are over samples, the last batch being smaller" begin
    images, labels = halves(7)
    state = TrainState(small(), Descent(0.0))  # takes no step: all batches see one model
    result = train!(state, images, labels; batchsize = 3)
    all_at_once = evaluate(state, images, labels; batchsize = 7)
    @test result.loss ≈ all_at_once.loss rtol = 1e-5
    @test result.outputs ≈ all_at_once.outputs
    @test result.samples == 7
end

@testset "the order of samples is kept" begin
    images, labels = halves(8)
    trained(order, i = :) = begin
        state = TrainState(small(), Adam(0.01))
        result = train!(state, images[:, :, :, i], labels[i], order; batchsize = 2)
        trainables(state), result.outputs
    end
    order = [3, 1, 2, 8, 7, 5, 4, 6]
    @test trained(order) == trained(1:8, order) != trained(1:8)
end

@testset "same start, same bits" begin
    images, labels = halves(50)
    function trained()
        state = TrainState(small(), Adam())
        train!(state, images, labels; batchsize = 8)
        return trainables(state)
    end
    @test trained() == trained()
end

@testset "a learning rate for each step" begin
    images, labels = halves(8)
    a, b = TrainState(small(), Descent(1.0)), TrainState(small(), Descent(0.5))
    train!(a, images, labels; batchsize = 4, rates = [0.5, 0.0])
    train!(b, images, labels, 1:4; batchsize = 4)
    @test trainables(a) == trainables(b)
end

@testset "what is not trainable stays, and its outputs can be computed ahead" begin
    images, labels = halves(8)
    trainable = [false, false, true, true]
    a, b = TrainState(small(); trainable), TrainState(small(); trainable)
    features = PyFlux.frozen_features(a, images; batchsize = 3)
    ra = train!(a, images, labels; batchsize = 4)
    rb = train!(b, features, labels; batchsize = 4, from_features = true)
    @test a.model[1].weight == small()[1].weight
    @test a.model[4].weight != small()[4].weight
    @test trainables(a) ≈ trainables(b)
    @test ra.loss ≈ rb.loss
    @test evaluate(a, images, labels).loss ≈
        evaluate(a, features, labels; from_features = true).loss
end

@testset "weights of samples are factors of their losses" begin
    images, labels = halves(6)
    a, b = TrainState(small(), Descent(0.1)), TrainState(small(), Descent(0.1))
    train!(a, images, labels; sample_weights = Float32[2, 2, 0, 0, 0, 0], batchsize = 6)
    train!(b, images, labels, 1:2; batchsize = 2, rates = [0.1 * 2 * 2 / 6])
    @test all(isapprox.(trainables(a), trainables(b); rtol = 1e-4))
end

@testset "dropout drops in training alone, by the seed" begin
    images, labels = halves(6)
    model(rate) = Chain(
        PyFlux.flatten_hwc, PyFlux.SeededDropout(rate), Dense(ones(Float32, 2, 30), false),
    )
    outputs(seed) =
        train!(TrainState(model(0.5), Descent(0.0); seed), images, labels).outputs
    @test outputs(1) == outputs(1) != outputs(2)
    result = evaluate(TrainState(model(0.5)), images, labels)
    @test result.outputs == predict(model(0.0), images)
end

@testset "a training that fails leaves no random layer active" begin
    images, labels = halves(6)
    model = Chain(PyFlux.flatten_hwc, PyFlux.SeededDropout(0.5), Dense(30 => 2))
    state = TrainState(model; loss = (ŷ, y; agg) -> error("on purpose"))
    @test_throws "on purpose" train!(state, images, labels)
    @test predict(model, images) ≈ model[3](PyFlux.flatten_hwc(images ./ 255.0f0))
end

using PyFlux: flatten_hwc, logits, setkeys!
using Flux: logitbinarycrossentropy, logitcrossentropy, mse

# Two classes: the left or the right half is bright.
function halves(n; rng = Xoshiro(1))
    labels = rand(rng, 1:2, n)
    images = [UInt8(150 * ((w > 3) == (y > 1)) + rand(rng, 0:100)) for w in 1:6, h in 1:5, c in 1:1, y in labels]
    return images, labels
end

function small(seed = 0)
    init = Flux.glorot_uniform(Xoshiro(seed))
    return Chain(Conv((3, 3), 1 => 4, relu; init), MaxPool((2, 2)), Flux.flatten, Dense(8 => 2; init), softmax)
end

@testset "training lowers the loss and finds the classes" begin
    images, labels = halves(200)
    learner = Learner(small(), Adam(0.01))
    before = evaluate(learner, images, labels)
    for _ in 1:5
        train!(learner, images, labels; batchsize = 32)
    end
    after = evaluate(learner, images, labels)
    @test after.loss < before.loss / 2
    @test accuracy(after.outputs, labels) > 0.95
    @test after.samples == 200
end

@testset "a step is Flux's own" begin
    images, labels = halves(6)
    learner, model = Learner(small(), Adam(0.01)), small()
    train!(learner, images, labels; batchsize = 6)
    x, y = Float32.(images) ./ 255, Flux.onehotbatch(labels, 1:2)
    state = Flux.setup(Adam(0.01), model)
    grads = gradient(m -> Flux.logitcrossentropy(m[1:4](x), y), model)
    Flux.update!(state, model, grads[1])
    @test all(isapprox(a, b; rtol = 1e-5) for (a, b) in zip(Flux.trainables(learner.model), Flux.trainables(model)))
end

@testset "the sums are over samples, the last batch being smaller" begin
    images, labels = halves(7)
    learner = Learner(small(), Descent(0.0))  # takes no step, so that all batches see one model
    seen = train!(learner, images, labels; batchsize = 3)
    all_at_once = evaluate(learner, images, labels; batchsize = 7)
    @test seen.loss ≈ all_at_once.loss rtol = 1e-5
    @test seen.outputs ≈ all_at_once.outputs
    @test seen.samples == 7
    @test evaluate(learner, images, labels; batchsize = 2).loss ≈ all_at_once.loss rtol = 1e-5
end

@testset "the order of samples is kept" begin
    images, labels = halves(8)
    weights(order, i = :) = begin
        learner = Learner(small(), Adam(0.01))
        train!(learner, images[:, :, :, i], labels[i], order; batchsize = 2)
        Flux.trainables(learner.model)
    end
    order = [3, 1, 2, 8, 7, 5, 4, 6]
    @test weights(order) == weights(1:8, order) != weights(1:8)
end

@testset "same start, same bits" begin
    images, labels = halves(50)
    run() = (l = Learner(small(), Adam()); train!(l, images, labels; batchsize = 8); Flux.trainables(l.model))
    @test run() == run()
end

@testset "predict" begin
    images, _ = halves(7)
    model = small()
    y = predict(model, images; batchsize = 3)
    @test y ≈ model(Float32.(images) ./ 255)
    @test sum(y; dims = 1) ≈ ones(1, 7)
    @test size(predict(model[1:2], images; batchsize = 3)) == (2, 1, 4, 7)
end

@testset "logits share the model's arrays" begin
    model = small()
    body, head = logits(model, logitcrossentropy)
    @test length(body) == 4
    @test head === softmax
    @test body[1].weight === model[1].weight
    @test logits(model[1:4], logitcrossentropy) == (model[1:4], identity)
    @test logits(model, mse) == (model, identity)
    yes = Chain(Dense(3 => 2, sigmoid))
    body, head = logits(yes, logitbinarycrossentropy)
    @test head(body([1, 2, 3])) ≈ yes([1, 2, 3])
    @test body[1].weight === yes[1].weight
end

@testset "a learning rate for each step" begin
    images, labels = halves(8)
    a, b = Learner(small(), Descent(1.0)), Learner(small(), Descent(0.5))
    train!(a, images, labels; batchsize = 4, rates = [0.5, 0.0])
    train!(b, images, labels, 1:4; batchsize = 4)
    @test Flux.trainables(a.model) == Flux.trainables(b.model)
end

@testset "what is not trainable stays, and gets no gradient" begin
    images, labels = halves(8)
    model = small()
    before = deepcopy(model)
    learner = Learner(model, Adam(0.01); trainable = [false, false, true, true])
    @test length(learner.frozen) == 3
    train!(learner, images, labels)
    @test model[1].weight == before[1].weight
    @test model[4].weight != before[4].weight
    features = PyFlux.forward(learner.frozen, Float32.(images) ./ 255)
    a, b = evaluate(learner, images, labels), evaluate(learner, features, labels; features = true)
    @test a.loss ≈ b.loss
end

@testset "weights of samples are factors of their losses" begin
    images, labels = halves(6)
    a, b = Learner(small(), Descent(0.1)), Learner(small(), Descent(0.1))
    train!(a, images, labels; weights = Float32[2, 2, 0, 0, 0, 0], batchsize = 6)
    train!(b, images, labels, 1:2; batchsize = 2, rates = [0.1 * 2 * 2 / 6])
    @test all(isapprox(x, y; rtol = 1e-4) for (x, y) in zip(Flux.trainables(a.model), Flux.trainables(b.model)))
end

@testset "penalties add to the loss and to the gradient" begin
    images, labels = halves(6)
    model = small()
    plain = Learner(model, Descent(0.0))
    penalised = Learner(model, Descent(0.0); penalties = [(0.1, 0.2), nothing, nothing, nothing])
    w = model[1].weight
    difference = evaluate(penalised, images, labels).loss - evaluate(plain, images, labels).loss
    @test difference ≈ 6 * (0.1 * sum(abs, w) + 0.2 * sum(abs2, w)) rtol = 1e-4
    g(l) = PyFlux.gradients(l, images, labels)[2][1]
    @test g(penalised) - g(plain) ≈ PyFlux.to_rowmajor(0.1f0 .* sign.(w) .+ 0.4f0 .* w) rtol = 1e-3
end

@testset "dropout drops in training alone, by the seed" begin
    images, labels = halves(6)
    model(rate) = Chain(flatten_hwc, PyFlux.SeededDropout(rate), Dense(ones(Float32, 2, 30), false))
    outputs(seed) = train!(Learner(model(0.5), Descent(0.0); seed), images, labels).outputs
    @test outputs(1) == outputs(1) != outputs(2)
    learner = Learner(model(0.5))
    @test evaluate(learner, images, labels).outputs == predict(model(0.0), images)
end

@testset "labels and images must be of one number" begin
    images, labels = halves(5)
    @test_throws "4 labels for 5 images" train!(Learner(small()), images, labels[1:4])
    @test_throws "4 labels for 5 images" evaluate(Learner(small()), images, labels[1:4])
end

using PyFlux: loss_and_gradients, logits

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
    @test after.correct / after.samples > 0.95
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
    @test (seen.correct, seen.samples) == (all_at_once.correct, 7)
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
    @test length(logits(model)) == 4
    @test logits(model)[1].weight === model[1].weight
    @test logits(model[1:4]) === model[1:4]
end

@testset "labels and images must be of one number" begin
    images, labels = halves(5)
    @test_throws "4 labels for 5 images" train!(Learner(small()), images, labels[1:4])
    @test_throws "4 labels for 5 images" evaluate(Learner(small()), images, labels[1:4])
end

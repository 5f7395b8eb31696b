# Train, evaluate, predict. Each call returns numbers; what is shown of them, and when, is the caller's affair.

"""
    Learner(model::Chain, rule = Adam(); loss = logitcrossentropy)

A model and the state of its optimiser. A model that ends in `softmax` is trained on what goes into it, as
cross-entropy is exact only there.

# Examples
```jldoctest
julia> learner = Learner(Chain(Flux.flatten, Dense(784 => 10), softmax), Adam(0.001));

julia> images, labels = rand(UInt8, 28, 28, 1, 6), [1, 2, 3, 1, 2, 3];

julia> train!(learner, images, labels; batchsize = 4).samples
6

julia> predict(learner.model, images) |> size
(10, 6)
```
"""
mutable struct Learner{M<:Chain,B<:Chain,S,L}
    const model::M
    const logits::B
    state::S
    const loss::L
end

function Learner(model::Chain, rule = Adam(); loss = logitcrossentropy)
    body = logits(model)
    return Learner(model, body, Flux.setup(rule, body), loss)
end

# The model without its softmax; both share their arrays.
logits(model::Chain) = model[end] in (softmax, channel_softmax) ? model[1:(end - 1)] : model

"""
    train!(learner, images, labels, order = eachindex(labels); batchsize = 64)

Take one step for each batch of the samples that `order` names, in its order. Returns the loss summed over
samples, the number of hits and the number of samples, as seen on the way: each batch before its step.
"""
function train!(learner::Learner, images, labels, order = eachindex(labels); batchsize::Integer = 64)
    check_labels(images, labels)
    batches = Batches(images, min(batchsize, length(order)))
    loss, correct = 0.0, 0
    for indices in Iterators.partition(order, batchsize)
        y = labels[indices]
        value, ŷ, grads = loss_and_gradients(learner, batches(indices), y)
        Flux.update!(learner.state, learner.logits, grads)
        loss += Float64(value) * length(y)
        correct += hits(ŷ, y)
    end
    return (; loss, correct, samples = length(order))
end

# The mean loss of a batch, the logits, and the gradient for everything that can be trained.
function loss_and_gradients(learner::Learner, x, y)
    (loss, ŷ), grads = Flux.withgradient(learner.logits) do model
        ŷ = forward(model, x)
        learner.loss(ŷ, ignore_derivatives(() -> onehot(y, ŷ))), ŷ
    end
    return loss, ŷ, grads[1]
end

onehot(y, ŷ) = onehotbatch(y, 1:size(ŷ, 1))

# How many labels are the class with the largest logit.
hits(ŷ, y) = count(splat(==), zip(onecold(ŷ), y))

"""
    evaluate(learner, images, labels; batchsize = 256)

Return the loss summed over samples, the number of hits and the number of samples.
"""
function evaluate(learner::Learner, images, labels; batchsize::Integer = 256)
    check_labels(images, labels)
    batches = Batches(images, min(batchsize, length(labels)))
    loss, correct = 0.0, 0
    for indices in Iterators.partition(eachindex(labels), batchsize)
        y = labels[indices]
        ŷ = forward(learner.logits, batches(indices))
        loss += Float64(learner.loss(ŷ, onehot(y, ŷ))) * length(y)
        correct += hits(ŷ, y)
    end
    return (; loss, correct, samples = length(labels))
end

"""
    predict(model, images; batchsize = 256)

Return the model's outputs, samples last.
"""
function predict(model::Chain, images; batchsize::Integer = 256)
    n = size(images, ndims(images))
    batches = Batches(images, min(batchsize, n))
    parts = [forward(model, batches(indices)) for indices in Iterators.partition(1:n, batchsize)]
    return length(parts) == 1 ? only(parts) : cat(parts...; dims = ndims(first(parts)))
end

function check_labels(images, labels)
    n = size(images, ndims(images))
    length(labels) == n && return nothing
    throw(DimensionMismatch("got $(length(labels)) labels for $n images"))
end

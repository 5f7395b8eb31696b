# Train, evaluate, predict. Each call returns numbers; what is shown of them, and when, is the caller's affair.

"""
    Learner(model::Chain, rule = Adam(); loss = logitcrossentropy, trainable = true, penalties = nothing, seed = 0,
        fast = true)

A model and the state of its optimiser.

A model that ends in `softmax` is trained with `logitcrossentropy` on what goes into it, as cross-entropy is exact
only there; likewise one that ends in `sigmoid` with `logitbinarycrossentropy`. Another loss is `mse`.

`trainable` has a Bool, and `penalties` a pair of factors (l1, l2) or `nothing`, for each of `slots(model)`. Layers
before the first that is trained get no gradient work. `seed` decides dropout and augmentation. `fast = false` leaves
the kernels of this package aside, for stock Flux.

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
mutable struct Learner
    # Of no particular type, so that what the compiler made for one network does for the next.
    const model::Chain
    const frozen::Chain   # the layers before the first that is trained
    const trained::Chain  # the others, without what the loss does itself
    const head::Any       # what the loss does itself: softmax, sigmoid, or nothing
    const state::Any
    const loss::Any
    const penalties::Vector{Tuple{Slot,NTuple{2,Float32}}}
    const seed::UInt64
    const random::Vector{Seeded}             # the layers of the model that draw random numbers
    const slots::Vector{Slot}                # what of `trained` the optimiser changes
    const places::Vector{Any}                # … these arrays, with what the optimiser keeps of each
    const adam::Bool                         # whether they suit the kernel for Adam
    const pieces::Union{Nothing,Pieces}      # `trained` with this package's kernels, or nothing for stock Flux
    const beforehand::Union{Nothing,Pieces}  # likewise `frozen`
    steps::Int
end

function Learner(
    @nospecialize(model::Chain), rule = Adam();
    loss = logitcrossentropy, trainable = true, penalties = nothing, seed = 0, fast::Bool = true,
)
    found = slots(model)
    learns = trainable isa Bool ? [s.trained && trainable for s in found] : collect(Bool, trainable)
    body, head = logits(model, loss)
    first = minimum((s.layer for (s, yes) in zip(found, learns) if yes); init = length(body) + 1)
    trained = body[first:end]
    state = setup(rule, trained)
    mine = [Slot(s.layer - first + 1, s.field, s.trained) for s in found]
    for (slot, yes) in zip(mine, learns)
        slot.trained && slot.layer ≥ 1 && !yes && Optimisers.freeze!(at(state, slot))
    end
    given = something(penalties, fill(nothing, length(mine)))
    factors = Tuple{Slot,NTuple{2,Float32}}[(slot, Float32.(p)) for (slot, yes, p) in zip(mine, learns, given) if yes && p !== nothing]
    frozen = body[1:(first - 1)]
    changed = [slot for slot in slots(trained) if slot.trained && !at(state, slot).frozen]
    places = Any[(at(trained, slot), at(state, slot)) for slot in changed]
    return Learner(
        model, frozen, trained, head, state, loss, factors, seed % UInt64,
        Seeded[layer for layer in Any[model.layers...] if layer isa Seeded],
        changed, places, fast && suits_adam(places), fast ? Pieces(trained) : nothing, fast ? Pieces(frozen) : nothing, 0,
    )
end

# `Flux.setup`, layer by layer: the compiler has seen most layers before, and most networks not. It would miss an
# array that two layers share.
function setup(rule, @nospecialize(model::Chain))
    layers, found = Any[model.layers...], slots(model)
    own = all(layer -> !isempty(fields(layer)) || isempty(Flux.trainables(layer)), layers)
    own && allunique(UInt[objectid(at(model, slot)) for slot in found]) || return Flux.setup(rule, model)
    beside = zeros(Float32, 1)  # as there is a warning where a layer has no arrays
    return (; layers = Tuple(Any[first(Flux.setup(rule, (layer, beside))) for layer in layers]))
end

# The model without the function at its end that the loss includes, and that function. Both share their arrays.
logits(@nospecialize(model::Chain), loss) = logits(model, last(model.layers), loss)
logits(model, ::Union{typeof(softmax),typeof(channel_softmax)}, ::typeof(logitcrossentropy)) =
    model[1:(end - 1)], model[end]
logits(model, ::Base.Fix1{typeof(broadcast),typeof(sigmoid)}, ::typeof(logitbinarycrossentropy)) =
    model[1:(end - 1)], sigmoid_all
logits(model, last::Dense{typeof(sigmoid)}, ::typeof(logitbinarycrossentropy)) =
    Chain(model[1:(end - 1)]..., Dense(last.weight, last.bias, identity)), sigmoid_all
logits(model, last, loss) = model, identity

sigmoid_all(x) = sigmoid.(x)

"""
    train!(learner, images, targets, order = 1:n; batchsize = 64, rates = nothing, weights = nothing)

Take one step for each batch of the samples that `order` names, in its order. `targets` are class numbers from 1,
or an array with a column for each sample. `rates` has a learning rate for each step, `weights` a factor for each
sample's loss.

Returns the loss summed over samples, the outputs and the number of samples, as seen on the way: each batch before
its step.
"""
function train!(
    learner::Learner, images, targets, order = 1:samples(images);
    batchsize::Integer = 64, rates = nothing, weights = nothing, features::Bool = false,
)
    check_targets(images, targets)
    batches = Batches(images; scaled = !rescales(learner.model))
    pack!(learner.beforehand)
    seen = Seen(length(order))
    each_step(learner, length(order), batchsize, rates) do range
        indices = view(order, range)
        x = inputs(learner, batches, indices, features)
        loss, ŷ, grads = loss_and_gradients(learner, x, part(targets, indices), part(weights, indices))
        step!(learner, grads)
        add!(seen, Float64(loss), learner.head(ŷ))
    end
    return result(seen)
end

# Calls `f` with the places of each batch of `n` samples, with the learning rate and the random numbers of its step.
function each_step(f, learner, n, batchsize, rates)
    for (i, range) in enumerate(Iterators.partition(1:n, batchsize))
        rates === nothing || Optimisers.adjust!(learner.state, rates[i])
        setkeys!(learner.random, learner.seed, learner.steps)
        f(range)
        learner.steps += 1
    end
    setkeys!(learner.random, learner.seed, nothing)
end

# What goes into the layers that are trained, for the samples that `indices` names.
function inputs(learner::Learner, batches, indices, features::Bool = false)
    features || isempty(learner.frozen.layers) || return frozen_outputs(learner, batches, indices)
    return picks(learner.pieces) ? picked(batches, indices) : batches(indices)
end

function frozen_outputs(learner, batches, indices)
    learner.beforehand === nothing && return forward(learner.frozen, batches(indices))
    return forward(learner.beforehand, picks(learner.beforehand) ? picked(batches, indices) : batches(indices))
end

# What the loss is computed from, and `head` makes outputs of.
logits(learner::Learner, x) =
    learner.pieces === nothing ? forward(learner.trained, x) : forward(learner.pieces, x)

# The mean loss of a batch, what the loss was computed from, and the gradient for everything that is trained.
function loss_and_gradients(learner::Learner, x, y, weights = nothing)
    learner.pieces === nothing || return loss_and_gradients(learner.pieces, learner, x, y, weights)
    (loss, ŷ), grads = Flux.withgradient(learner.trained) do model
        ŷ = forward(model, x)
        batch_loss(learner.loss, ŷ, y, weights), ŷ
    end
    return loss + penalty!(grads[1], learner), ŷ, grads[1]
end

function batch_loss(loss, ŷ, y, weights)
    target = ignore_derivatives(() -> encode(y, ŷ))
    weights === nothing && return loss(ŷ, target)
    each = vec(mean(loss(ŷ, target; agg = identity); dims = 1))
    return sum(weights .* each) / length(weights)
end

# Class numbers as columns of zeros and a one; columns as they are.
encode(labels::AbstractVector{<:Integer}, ŷ) = onehotbatch(labels, 1:size(ŷ, 1))
encode(columns::AbstractMatrix, ŷ) = columns

# Adds the regularisers' gradient, and returns their loss.
function penalty!(grads, learner)
    for (slot, (l1, l2)) in learner.penalties
        w, g = at(learner.trained, slot), at(grads, slot)
        g .+= l1 .* sign.(w) .+ 2 .* l2 .* w
    end
    return penalty(learner)
end

penalty(learner) = sum(learner.penalties; init = 0.0f0) do (slot, (l1, l2))
    l1 * sum(abs, at(learner.trained, slot)) + l2 * sum(abs2, at(learner.trained, slot))
end

# What has been seen of some samples: the sum of losses, and the outputs side by side.
mutable struct Seen
    loss::Float64
    samples::Int
    const outputs::Vector{Any}
end

Seen(n) = Seen(0.0, 0, Any[])

function add!(seen::Seen, mean_loss, outputs)
    n = size(outputs, ndims(outputs))
    seen.loss += mean_loss * n
    seen.samples += n
    push!(seen.outputs, outputs)
end

result(seen::Seen) = (; seen.loss, outputs = together(seen.outputs), seen.samples)

function together(parts)
    first = parts[1]
    n = sum(p -> size(p, ndims(p)), parts)
    whole = similar(first, Base.front(size(first))..., n)
    from = 0
    for p in parts
        here = size(p, ndims(p))
        copyto!(selectdim(whole, ndims(whole), (from + 1):(from + here)), p)
        from += here
    end
    return whole
end

"""
    evaluate(learner, images, targets; batchsize = 256, weights = nothing)

Return the loss summed over samples, the outputs and the number of samples.
"""
function evaluate(
    learner::Learner, images, targets; batchsize::Integer = 256, weights = nothing, features::Bool = false
)
    check_targets(images, targets)
    batches = Batches(images; scaled = !rescales(learner.model))
    ready!(learner)
    seen = Seen(samples(images))
    for indices in Iterators.partition(1:samples(images), batchsize)
        ŷ = logits(learner, inputs(learner, batches, indices, features))
        loss = batch_loss(learner.loss, ŷ, part(targets, indices), part(weights, indices)) + penalty(learner)
        add!(seen, Float64(loss), learner.head(ŷ))
    end
    return result(seen)
end

# Takes over the weights for a number of batches.
function ready!(learner::Learner)
    pack!(learner.beforehand)
    pack!(learner.pieces)
end

"""
    predict(model, images; batchsize = 256)
    predict(learner, images; batchsize = 256)

Return the model's outputs, samples last.
"""
function predict(learner::Learner, images; batchsize::Integer = 256)
    ready!(learner)
    return predict(images, batchsize, !rescales(learner.model)) do batches, indices
        learner.head(logits(learner, inputs(learner, batches, indices)))
    end
end

predict(model::Chain, images; batchsize::Integer = 256) = predict(Predictor(model), images; batchsize)

"""
    Predictor(model)

A model with what its kernels need, kept for the next call of `predict`.
"""
struct Predictor
    pieces::Pieces
    scaled::Bool
end

Predictor(model::Chain) = Predictor(Pieces(model), !rescales(model))

function predict((; pieces, scaled)::Predictor, images; batchsize::Integer = 256)
    pack!(pieces)
    return predict(images, batchsize, scaled) do batches, indices
        forward(pieces, picks(pieces) ? picked(batches, indices) : batches(indices))
    end
end

function predict(outputs::Function, images, batchsize, scaled::Bool)
    n = samples(images)
    batches = Batches(images; scaled)
    return together([outputs(batches, indices) for indices in Iterators.partition(1:n, batchsize)])
end

function check_targets(images, targets)
    n, m = samples(images), samples(targets)
    n == m || throw(DimensionMismatch("got $m labels for $n images"))
end

samples(x) = size(x, ndims(x))

part(::Nothing, indices) = nothing
part(x::AbstractVector, indices) = x[indices]
part(x::AbstractMatrix, indices) = x[:, indices]

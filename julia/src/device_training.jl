# The same on a GPU: batches that a kernel gathers there, and losses and outputs that stay there until the end.

# Like `Batches`, where the images are on a device: a kernel gathers and scales, and nothing comes to the host.
mutable struct DeviceBatches{A,B<:AbstractArray{Float32}}
    const images::A  # a column for each sample
    buffer::B        # made when it is first needed
    const scale::Float32
end

function Batches(images::AnyGPUArray; scaled::Bool = true)
    sample = Base.front(size(images))
    scale = eltype(images) === UInt8 && scaled ? 1.0f0 / 255 : 1.0f0
    return DeviceBatches(reshape(images, prod(sample), samples(images)), similar(images, Float32, sample..., 0), scale)
end

function (b::DeviceBatches)(indices)
    places, n = beside(b.images, indices), length(indices)
    n == size(b.buffer, ndims(b.buffer)) || (b.buffer = similar(b.buffer, Base.front(size(b.buffer))..., n))
    x = b.buffer
    reshape(x, :, n) .= scaled_value.(Ref(b.images), axes(b.images, 1), reshape(places, 1, n), b.scale)
    return x
end

@inline scaled_value(images, i, k, scale) = Float32(@inbounds images[i, k]) * scale

part(x::AnyGPUArray{<:Any,1}, indices) = value_at.(Ref(x), beside(x, indices))
part(x::AnyGPUArray{<:Any,2}, indices) =
    value_at.(Ref(x), axes(x, 1), reshape(beside(x, indices), 1, length(indices)))

@inline value_at(x, i...) = @inbounds x[i...]

# What has been seen of some samples, on their device until the end.
struct DeviceSeen{L,P}
    losses::L  # of each sample
    penalty::P # of all steps, times their samples
    outputs::Ref{Any}
end

DeviceSeen(images, n) = DeviceSeen(
    similar(images, Float32, n), fill!(similar(images, Float32, 1), 0), Ref{Any}(nothing)
)

function add!(seen::DeviceSeen, range, losses, outputs)
    if seen.outputs[] === nothing
        seen.outputs[] = similar(outputs, Base.front(size(outputs))..., length(seen.losses))
    end
    copyto!(view(seen.losses, range), losses)
    copyto!(selectdim(seen.outputs[], ndims(outputs), range), outputs)
end

result(seen::DeviceSeen, head) = (;
    loss = Float64(sum(seen.losses)) + Float64(only(Array(seen.penalty))), outputs = Array(head(seen.outputs[])),
    samples = length(seen.losses),
)

function train!(
    learner::Learner, images::AnyGPUArray, targets, order = 1:samples(images);
    batchsize::Integer = 64, rates = nothing, weights = nothing, features::Bool = false,
)
    check_targets(images, targets)
    activate(get_device(images))
    places, targets, weights = places_on(images, order), beside(images, targets), weights_on(images, weights)
    batches = Batches(images; scaled = !rescales(learner.model))
    seen = DeviceSeen(images, length(order))
    each_step(learner, length(order), batchsize, rates) do range
        indices = view(places, range)
        x = batches(indices)
        features || (x = forward(learner.frozen, x))
        losses, ŷ, grads = losses_and_gradients(learner, x, part(targets, indices), part(weights, indices))
        add_penalty!(seen.penalty, grads, learner, length(range))
        Flux.update!(learner.state, learner.trained, grads)
        add!(seen, range, losses, ŷ)
    end
    return result(seen, learner.head)
end

# Kernels read without a check, so that the check is here, once.
function places_on(images, order)
    isempty(order) && throw(ArgumentError("order names no samples"))
    all(in(1:samples(images)), extrema(order)) ||
        throw(BoundsError(images, (ntuple(Returns(:), ndims(images) - 1)..., extrema(order))))
    return beside(images, collect(Int32, order))
end

weights_on(images, ::Nothing) = nothing
weights_on(images, weights) = beside(images, weights)

# The loss of each sample, what it was computed from, and the mean loss's gradient. No number comes to the host.
function losses_and_gradients(learner, x, y, weights)
    ŷ, back = Flux.pullback(model -> forward(model, x), learner.trained)
    losses, errors = losses_and_errors(learner.loss, ŷ, y)
    factors = weights === nothing ? 1.0f0 : reshape(weights, 1, :)
    return vec(losses .* factors), ŷ, back(errors .* factors ./ size(ŷ, 2))[1]
end

function losses_and_errors(::typeof(logitcrossentropy), ŷ, y)
    logs, target = logsoftmax(ŷ), columns_of(y, ŷ)
    return -sum(target .* logs; dims = 1), exp.(logs) .* sum(target; dims = 1) .- target
end

function losses_and_errors(::typeof(logitbinarycrossentropy), ŷ, y)
    target, n = columns_of(y, ŷ), size(ŷ, 1)
    return mean(@.((1 - target) * ŷ - logσ(ŷ)); dims = 1), @.((σ(ŷ) - target) / n)
end

function losses_and_errors(::typeof(mse), ŷ, y)
    target, n = columns_of(y, ŷ), size(ŷ, 1)
    return mean(abs2.(ŷ .- target); dims = 1), @.(2 * (ŷ - target) / n)
end

# Any other loss through Zygote: right, but its value comes to the host in each step.
function losses_and_errors(loss, ŷ, y)
    value, (errors,) = Flux.withgradient(ŷ -> loss(ŷ, columns_of(y, ŷ)), ŷ)
    return fill!(similar(ŷ, 1, size(ŷ, 2)), value), errors .* size(ŷ, 2)
end

columns_of(labels::AbstractVector{<:Integer}, ŷ) =
    ifelse.(axes(ŷ, 1) .== reshape(labels, 1, :), one(eltype(ŷ)), zero(eltype(ŷ)))
columns_of(columns::AbstractMatrix, ŷ) = columns

# The regularisers' gradient, and their loss for so many samples.
function add_penalty!(total, grads, learner, n)
    for (slot, (l1, l2)) in learner.penalties
        w, g = at(learner.trained, slot), at(grads, slot)
        g .+= l1 .* sign.(w) .+ 2 .* l2 .* w
        total .+= n .* vec(sum(l1 .* abs.(w) .+ l2 .* abs2.(w); dims = 1:ndims(w)))
    end
end

function loss_and_gradients(learner::Learner, x::AnyGPUArray, y, weights = nothing)
    losses, ŷ, grads = losses_and_gradients(learner, x, beside(x, y), weights_on(x, weights))
    total = fill!(similar(losses, 1), 0)
    add_penalty!(total, grads, learner, 1)
    return sum(losses) / size(ŷ, 2) + only(Array(total)), ŷ, grads
end

function evaluate(
    learner::Learner, images::AnyGPUArray, targets; batchsize::Integer = 256, weights = nothing, features::Bool = false
)
    check_targets(images, targets)
    activate(get_device(images))
    n = samples(images)
    places, targets, weights = places_on(images, 1:n), beside(images, targets), weights_on(images, weights)
    batches = Batches(images; scaled = !rescales(learner.model))
    seen = DeviceSeen(images, n)
    for range in Iterators.partition(1:n, batchsize)
        indices = view(places, range)
        x = batches(indices)
        features || (x = forward(learner.frozen, x))
        ŷ = forward(learner.trained, x)
        losses, _ = losses_and_errors(learner.loss, ŷ, part(targets, indices))
        w = part(weights, indices)
        add!(seen, range, vec(w === nothing ? losses : losses .* reshape(w, 1, :)), ŷ)
    end
    seen.penalty .= n * penalty(learner)
    return result(seen, learner.head)
end

function predict(learner::Learner, images::AnyGPUArray; batchsize::Integer = 256)
    return outputs_there(x -> forward(learner.trained, forward(learner.frozen, x)), learner.head, !rescales(learner.model), images, batchsize)
end

predict(p::Predictor, images::AnyGPUArray; batchsize::Integer = 256) =
    outputs_there(x -> forward(p.pieces, x), identity, p.scaled, images, batchsize)

function outputs_there(f, head, scaled, images, batchsize)
    activate(get_device(images))
    n = samples(images)
    places = places_on(images, 1:n)
    batches = Batches(images; scaled)
    return Array(head(together([f(batches(view(places, range))) for range in Iterators.partition(1:n, batchsize)])))
end

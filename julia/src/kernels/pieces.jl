# A network cut into pieces: runs of layers that have kernels here, and all others, which stay with Flux. Each piece has
# its own way back; one network may have any number of both.

"A run, with its room for training and for inference, made when images come."
mutable struct Kernels
    const plan::Plan
    const inner::Bool
    training::Union{Nothing,Run}
    inference::Union{Nothing,Run}
end

"A layer that stays with Flux."
struct Stock
    layer::Any
    inner::Bool  # whether what comes in gets a gradient
end

struct Pieces
    list::Vector{Union{Kernels,Stock}}
end

"""
    Pieces(layers)

What a network is cut into: as few pieces as can be.
"""
function Pieces(layers::Vector{Any})
    list, i = Union{Kernels,Stock}[], 1
    while i ≤ length(layers)
        plan = Plan(layers, i)
        push!(list, plan === nothing ? Stock(own(layers[i]), i > 1) : Kernels(plan, i > 1, nothing, nothing))
        i += plan === nothing ? 1 : length(plan.layers)
    end
    return Pieces(list)
end

# What stands for a layer, where this package has something better for the CPU.
own(layer) = layer

Pieces(@nospecialize(model::Chain)) = Pieces(Any[model.layers...])

# Whether a batch need not be gathered for them.
picks(pieces::Pieces) = !isempty(pieces.list) && first(pieces.list) isa Kernels
picks(::Nothing) = false

# The room for these samples: what there is, if it is enough.
function room_for(run, piece, picked, training)
    size, n = Base.front(Base.size(picked.images)), length(picked.indices)
    run !== nothing && fits(run, size, n) && return run
    return Run(piece.plan, size, n; piece.inner, training)
end

pick(x::Picked) = x
pick(x::AbstractArray) = Picked(x)

# ── Without training ─────────────────────────────────────────────────────────────────────────────────────

"Take over the weights of the layers, for any number of batches."
pack!(pieces::Pieces) = foreach(p -> p isa Kernels && p.inference !== nothing && pack!(p.inference), pieces.list)
pack!(::Nothing) = nothing

"The outputs for a batch, after `pack!`."
function forward(pieces::Pieces, x)
    for piece in pieces.list
        x = outputs(piece, x)
    end
    return x
end

outputs(piece::Stock, x) = outputs(piece.layer, x)
outputs(layer, x) = forward(layer, x)

function outputs(piece::Kernels, x)
    picked = pick(x)
    run = room_for(piece.inference, piece, picked, false)
    run === piece.inference || pack!(run)
    piece.inference = run
    return copy(forward!(run, picked))
end

# ── Training ─────────────────────────────────────────────────────────────────────────────────────────────

"The outputs for a batch, and a function from their gradient to those of the layers and of what came in."
function pull(piece::Kernels, x)
    picked = pick(x)
    run = piece.training = room_for(piece.training, piece, picked, true)
    pack!(run)
    return copy(forward!(run, picked)), errors -> back!(run, errors)
end

pull(piece::Stock, x) = pull(piece.layer, x, piece.inner)

function pull(layer, x, inner)
    y, back = inner ? pullback(forward, layer, x) : pullback(layer -> forward(layer, x), layer)
    return y, function (errors)
        found = back(errors)
        return (found[1],), get(found, 2, nothing)
    end
end

# What has a short way back of its own needs no Zygote, and no time to compile it.
function pull(layer::Pooling, x::Array{Float32,4}, inner)
    y, back = ChainRulesCore.rrule(pooler(layer), x, Window(layer, x))
    return y, errors -> ((nothing,), back(errors)[2])
end

function pull(layer::SeededDropout, x::Array{Float32}, inner)
    active(layer) || return x, errors -> ((nothing,), errors)
    mask = dropout_mask(layer, x)
    return x .* mask, errors -> ((nothing,), errors .* mask)
end

function loss_and_gradients(pieces::Pieces, learner, x, y, weights)
    ways_back = Any[]
    for piece in pieces.list
        x, back = pull(piece, x)
        push!(ways_back, back)
    end
    loss, errors = loss_and_error(learner.loss, x, y, weights)
    layers = Any[]
    for back in Iterators.reverse(ways_back)
        found, errors = back(errors)
        prepend!(layers, found)
    end
    grads = (; layers)
    return loss + penalty!(grads, learner), x, grads
end

# Most trainings' loss, by hand; any other through Zygote, for the outputs alone.
function loss_and_error(::typeof(logitcrossentropy), ŷ::Matrix{Float32}, labels::AbstractVector{<:Integer}, ::Nothing)
    loss, errors, n = 0.0f0, similar(ŷ), length(labels)
    for (k, label) in enumerate(labels)
        y, e = view(ŷ, :, k), view(errors, :, k)
        highest = maximum(y)
        e .= exp.(y .- highest)
        total = sum(e)
        loss += log(total) + highest - y[label]
        e .*= 1 / (total * n)
        e[label] -= 1.0f0 / n
    end
    return loss / n, errors
end

function loss_and_error(loss, ŷ, y, weights)
    value, gradients = Flux.withgradient(ŷ -> batch_loss(loss, ŷ, y, weights), ŷ)
    return value, gradients[1]
end

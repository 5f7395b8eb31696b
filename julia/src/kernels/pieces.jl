# A network cut into pieces: runs of layers that have kernels here, and all others, which stay with Flux. Each piece has
# its own way back; one network may have any number of both.

"A run, with its room for training and for inference, made when images come."
mutable struct Kernels
    const plan::Plan
    const inner::Bool
    training::Union{Nothing,Run}
    inference::Union{Nothing,Run}
end

"Layers that stay with Flux."
struct Stock{C<:Chain}
    layers::UnitRange{Int}
    part::C
    inner::Bool
end

struct Pieces
    list::Vector{Union{Kernels,Stock}}
end

"""
    Pieces(model)

The pieces of a model, or `nothing` where no layer has a kernel.
"""
function Pieces(model::Chain)
    list, i = Union{Kernels,Stock}[], 1
    while i ≤ length(model)
        plan = Plan(model, i)
        if plan !== nothing
            push!(list, Kernels(plan, i > 1, nothing, nothing))
            i = last(plan.layers) + 1
        else
            until = something(findnext(suits, model.layers, i), length(model) + 1) - 1
            push!(list, Stock(i:until, model[i:until], i > 1))
            i = until + 1
        end
    end
    return any(piece -> piece isa Kernels, list) ? Pieces(list) : nothing
end

# Whether a batch need not be gathered for them.
picks(::Nothing) = false
picks(pieces::Pieces) = first(pieces.list) isa Kernels

# ── Without training ─────────────────────────────────────────────────────────────────────────────────────

"Take over the weights of the model, for any number of batches."
pack!(::Nothing, model) = nothing
pack!(pieces::Pieces, model) =
    foreach(p -> p isa Kernels && p.inference !== nothing && pack!(p.inference, model), pieces.list)

"The outputs for a batch, after `pack!`."
forward(::Nothing, model::Chain, x) = forward(model, x)
function forward(pieces::Pieces, model::Chain, x)
    for piece in pieces.list
        x = outputs(piece, model, x)
    end
    return x
end

outputs(piece::Stock, _, x) = forward(piece.part, x)

function outputs(piece::Kernels, model, x)
    picked = pick(x)
    size, n = Base.size(picked.images)[1:3], length(picked.indices)
    if piece.inference === nothing || !fits(piece.inference, size, n)
        piece.inference = Run(piece.plan, model, size, n; training = false)
        pack!(piece.inference, model)
    end
    return copy(forward!(piece.inference, model, picked))
end

pick(x::Picked) = x
pick(x::Array{Float32,4}) = Picked(x)
pick(x::AbstractArray{<:Any,4}) = Picked(convert(Array{Float32,4}, x))

# ── Training ─────────────────────────────────────────────────────────────────────────────────────────────

"The outputs for a batch, and a function from their gradient to those of the layers and of what came in."
function pull(piece::Kernels, model, x)
    picked = pick(x)
    size, n = Base.size(picked.images)[1:3], length(picked.indices)
    if piece.training === nothing || !fits(piece.training, size, n)
        piece.training = Run(piece.plan, model, size, n; piece.inner)
    end
    pack!(piece.training, model)
    return copy(forward!(piece.training, model, picked)), errors -> back!(piece.training, model, errors)
end

function pull(piece::Stock, model, x)
    if piece.inner
        y, back = pullback(forward, piece.part, x)
    else
        y, back = pullback(part -> forward(part, x), piece.part)
    end
    return y, function (errors)
        found = back(errors)
        part = found[1]
        layers = part === nothing ? ntuple(Returns(nothing), length(piece.layers)) : part.layers
        return layers, get(found, 2, nothing)
    end
end

function loss_and_gradients(pieces::Pieces, learner, x, y, weights)
    ways_back = Any[]
    for piece in pieces.list
        x, back = pull(piece, learner.trained, x)
        push!(ways_back, back)
    end
    loss, errors = loss_and_error(learner.loss, x, y, weights)
    grads = Any[]
    for back in Iterators.reverse(ways_back)
        found, errors = back(errors)
        prepend!(grads, found)
    end
    tree = (; layers = Tuple(grads))
    return loss + penalty!(tree, learner), x, tree
end

# Most trainings' loss, by hand; any other through Zygote, for the outputs alone.
function loss_and_error(::typeof(logitcrossentropy), ŷ::Matrix{Float32}, labels::AbstractVector{<:Integer}, ::Nothing)
    loss, errors, n = 0.0f0, softmax(ŷ), length(labels)
    for (k, label) in enumerate(labels)
        column = view(ŷ, :, k)
        highest = maximum(column)
        loss += log(sum(v -> exp(v - highest), column)) + highest - column[label]
        errors[label, k] -= 1
    end
    errors ./= n
    return loss / n, errors
end

function loss_and_error(loss, ŷ, y, weights)
    value, gradients = Flux.withgradient(ŷ -> batch_loss(loss, ŷ, y, weights), ŷ)
    return value, gradients[1]
end

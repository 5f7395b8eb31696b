# The loss of a batch and its gradient. Outputs `ŷ` have a column for each sample.
#
# Flux's functions are the names of the losses. Their values and gradients are written out
# here, since they must not wait for a GPU: no number comes to the host.

"""
    HuberLoss(delta)

`Flux.huber_loss` with that `delta`.
"""
struct HuberLoss
    delta::Float32
end

(loss::HuberLoss)(ŷ, y; agg = mean) = huber_loss(ŷ, y; loss.delta, agg)

# Losses that compare each output with its target, averaged over the outputs of a sample,
# and their derivatives.
const PointwiseLoss = Union{
    typeof(logitbinarycrossentropy),typeof(mse),typeof(mae),typeof(huber_loss),HuberLoss
}

pointwise(::typeof(logitbinarycrossentropy), ŷ, y) = (1 - y) * ŷ - logσ(ŷ)
pointwise(::typeof(mse), ŷ, y) = abs2(ŷ - y)
pointwise(::typeof(mae), ŷ, y) = abs(ŷ - y)
pointwise(::typeof(huber_loss), ŷ, y) = pointwise(HuberLoss(1), ŷ, y)
function pointwise((; delta)::HuberLoss, ŷ, y)
    distance = abs(ŷ - y)
    return ifelse(distance < delta, distance^2 / 2, delta * (distance - delta / 2))
end

derivative(::typeof(logitbinarycrossentropy), ŷ, y) = σ(ŷ) - y
derivative(::typeof(mse), ŷ, y) = 2 * (ŷ - y)
derivative(::typeof(mae), ŷ, y) = sign(ŷ - y)
derivative(::typeof(huber_loss), ŷ, y) = derivative(HuberLoss(1), ŷ, y)
derivative((; delta)::HuberLoss, ŷ, y) = clamp(ŷ - y, -delta, delta)

"""
    sample_losses(loss, ŷ, targets)

The loss of each sample, as a row. `loss` is one of Flux's functions, or has their
arguments: `loss(ŷ, y; agg)`.
"""
sample_losses(loss, ŷ, targets) =
    mean(loss(ŷ, encode(targets, ŷ); agg = identity); dims = 1)
sample_losses(loss::PointwiseLoss, ŷ, targets) =
    mean(pointwise.(Ref(loss), ŷ, encode(targets, ŷ)); dims = 1)
sample_losses(::typeof(logitcrossentropy), ŷ, targets) =
    -sum(encode(targets, ŷ) .* logsoftmax(ŷ); dims = 1)

# Likewise, with a function from the factors of the samples to the gradient for `ŷ` of the
# sum of their losses times these factors.
function sample_losses_pullback(loss, ŷ, targets)
    losses, back = Zygote.pullback(ŷ -> sample_losses(loss, ŷ, targets), ŷ)
    return losses, factors -> only(back(factors))
end

function sample_losses_pullback(loss::PointwiseLoss, ŷ, targets)
    y = encode(targets, ŷ)
    losses = mean(pointwise.(Ref(loss), ŷ, y); dims = 1)
    return losses, factors -> derivative.(Ref(loss), ŷ, y) .* (factors ./ size(ŷ, 1))
end

function sample_losses_pullback(::typeof(logitcrossentropy), ŷ, targets)
    y, logs = encode(targets, ŷ), logsoftmax(ŷ)
    losses = -sum(y .* logs; dims = 1)
    return losses, factors -> (exp.(logs) .* sum(y; dims = 1) .- y) .* factors
end

# Class numbers as columns of zeros and a one; columns as they are.
encode(labels::AbstractVector{<:Integer}, ŷ) = onehotbatch(labels, 1:size(ŷ, 1))
encode(columns::AbstractMatrix, ŷ) = columns

"""
    mean_loss(loss, ŷ, targets, sample_weights)

The mean loss of a batch, each sample's times its weight, or `nothing` for no weights. It
is a number, or on a GPU an array of one.
"""
mean_loss(loss, ŷ, targets, sample_weights) =
    weighted_mean(sample_losses(loss, ŷ, targets), sample_weights)

weighted_mean(losses, ::Nothing) = mean_of_row(losses)
weighted_mean(losses, weights) = mean_of_row(losses .* reshape(weights, 1, :))

mean_of_row(losses) = mean(losses)
mean_of_row(losses::AnyGPUArray) = vec(mean(losses; dims = 2))

"""
    loss_and_gradient(loss, ŷ, targets, sample_weights)

The same, and its gradient for `ŷ`.
"""
function loss_and_gradient(loss, ŷ, targets, sample_weights)
    losses, back = sample_losses_pullback(loss, ŷ, targets)
    gradient = back(sample_factors(losses, sample_weights))
    return weighted_mean(losses, sample_weights), gradient
end

sample_factors(losses, ::Nothing) = fill!(similar(losses), 1 / length(losses))
sample_factors(losses, weights) =
    eltype(losses).(reshape(weights, 1, :)) ./ length(losses)

# The usual loss on the CPU, without intermediate arrays.
function loss_and_gradient(
    ::typeof(logitcrossentropy), ŷ::Matrix{Float32}, labels::AbstractVector{<:Integer},
    ::Nothing,
)
    loss, gradient, n = 0.0f0, similar(ŷ), length(labels)
    for (k, label) in enumerate(labels)
        y, g = view(ŷ, :, k), view(gradient, :, k)
        highest = maximum(y)
        g .= exp.(y .- highest)
        total = sum(g)
        loss += log(total) + highest - y[label]
        g .*= 1 / (total * n)
        g[label] -= 1.0f0 / n
    end
    return loss / n, gradient
end

# Weight decay that is no part of the gradient.

"""
    DecoupledDecay(rule, lambda)

The step of another rule, and besides it `lambda` times the learning rate off every weight
(Loshchilov and Hutter, "Decoupled weight decay regularization", 2019): the `weight_decay`
of Keras's optimizers.
"""
struct DecoupledDecay{R<:AbstractRule} <: AbstractRule
    rule::R
    lambda::Float64
end

Optimisers.init(o::DecoupledDecay, x::AbstractArray) = Optimisers.init(o.rule, x)

function Optimisers.apply!(o::DecoupledDecay, state, x::AbstractArray{T}, dx) where {T}
    state, dx = Optimisers.apply!(o.rule, state, x, dx)
    λη = T(o.lambda * o.rule.eta)
    return state, Optimisers.@lazy dx + λη * x
end

Optimisers.adjust(o::DecoupledDecay, eta::Real) =
    DecoupledDecay(Optimisers.adjust(o.rule, eta), o.lambda)

optimiser_slots(o::DecoupledDecay, state) = optimiser_slots(o.rule, state)
restore_state(o::DecoupledDecay, slots, iterations) =
    restore_state(o.rule, slots, iterations)

adam_coefficients(o::DecoupledDecay{<:AnyAdam}, βt) =
    adam_coefficients(o.rule, βt, o.lambda * o.rule.eta)
next_powers(o::DecoupledDecay, βt) = next_powers(o.rule, βt)

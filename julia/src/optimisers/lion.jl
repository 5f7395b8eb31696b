# Lion as Keras computes it. (Optimisers' `Lion` gives β₂ to the new gradient.)

rule(::Val{:Lion}, description) =
    KerasLion(INITIAL_ETA, floats(description, "beta_1", "beta_2"))

"""
    KerasLion(η, β)

Lion (Chen et al., "Symbolic discovery of optimization algorithms", 2023) as Keras computes
it: a step is `η * sign(β₁ * m + (1 - β₁) * dx)`; then `m = β₂ * m + (1 - β₂) * dx`.
"""
struct KerasLion <: AbstractRule
    eta::Float64
    beta::NTuple{2,Float64}
end

Optimisers.init(::KerasLion, x::AbstractArray) = zero(x)

function Optimisers.apply!(rule::KerasLion, m, x::AbstractArray{T}, dx) where {T}
    η, β = T(rule.eta), T.(rule.beta)
    dx′ = @. η * sign(β[1] * m + (1 - β[1]) * dx)
    @. m = β[2] * m + (1 - β[2]) * dx
    return m, dx′
end

optimiser_slots(::KerasLion, m) = (m,)
restore_state(::KerasLion, (m,), iterations) = m

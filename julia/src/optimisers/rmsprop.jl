# RMSprop as Keras computes it: epsilon under the root, momentum after the learning rate.

function rule(::Val{:RMSprop}, description)
    (ρ, ϵ) = floats(description, "rho", "epsilon")
    momentum = float_or(description, "momentum", 0)
    return KerasRMSProp(INITIAL_ETA, ρ, momentum, ϵ, is_true(description, "centered"))
end

"""
    KerasRMSProp(η, ρ, momentum, ϵ, centered)

RMSprop (Hinton, 2012) as Keras computes it. With `v = ρ * v + (1 - ρ) * dx²`, a step is
`η * dx / √(v + ϵ)`; if `centered`, `a²` is subtracted from `v`, where
`a = ρ * a + (1 - ρ) * dx`; with `momentum`, `momentum` times the last step is added.
"""
struct KerasRMSProp <: AbstractRule
    eta::Float64
    rho::Float64
    momentum::Float64
    epsilon::Float64
    centered::Bool
end

# v, then the last step and a where they are needed, in Keras's order of slots.
function Optimisers.init(rule::KerasRMSProp, x::AbstractArray)
    velocity = rule.momentum > 0 ? zero(x) : nothing
    return (zero(x), velocity, rule.centered ? zero(x) : nothing)
end

function Optimisers.apply!(rule::KerasRMSProp, state, x::AbstractArray{T}, dx) where {T}
    v, velocity, average = state
    η, ρ, α, ϵ = T(rule.eta), T(rule.rho), T(1 - rule.rho), T(rule.epsilon)
    @. v = ρ * v + α * abs2(dx)
    variance = v
    if rule.centered
        @. average = ρ * average + α * dx
        variance = Optimisers.@lazy v - abs2(average)
    end
    dx′ = Optimisers.@lazy η * dx / sqrt(variance + ϵ)
    velocity === nothing && return state, dx′
    momentum = T(rule.momentum)
    @. velocity = momentum * velocity + dx′
    return state, velocity
end

optimiser_slots(::KerasRMSProp, state) = filter(!isnothing, state)

function restore_state(rule::KerasRMSProp, (v, others...), iterations)
    velocity = rule.momentum > 0 ? first(others) : nothing
    return (v, velocity, rule.centered ? last(others) : nothing)
end

# Optimisers' own, for a Julia script.
optimiser_slots(::RMSProp, (v, _)) = (v,)
restore_state(::RMSProp, (v,), iterations) = (v, false)

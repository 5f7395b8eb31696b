# Adagrad as Keras computes it: epsilon under the root.

function rule(::Val{:Adagrad}, description)
    start = float_or(description, "initial_accumulator_value", 0.1)
    return KerasAdaGrad(INITIAL_ETA, float_or(description, "epsilon", 1e-7), start)
end

"""
    KerasAdaGrad(η, ϵ, initial_accumulator)

Adagrad (Duchi, Hazan and Singer, 2011) as Keras computes it: `η * dx / √(a + ϵ)`, where
`a` is the sum of `dx²` over all steps and of `initial_accumulator`.
"""
struct KerasAdaGrad <: AbstractRule
    eta::Float64
    epsilon::Float64
    initial_accumulator::Float64
end

Optimisers.init(rule::KerasAdaGrad, x::AbstractArray) =
    fill!(similar(x), rule.initial_accumulator)

function Optimisers.apply!(rule::KerasAdaGrad, a, x::AbstractArray{T}, dx) where {T}
    η, ϵ = T(rule.eta), T(rule.epsilon)
    @. a += abs2(dx)
    return a, Optimisers.@lazy η * dx / sqrt(a + ϵ)
end

optimiser_slots(::KerasAdaGrad, a) = (a,)
restore_state(::KerasAdaGrad, (a,), iterations) = a

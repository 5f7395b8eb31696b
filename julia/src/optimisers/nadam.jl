# Nadam as Keras computes it: Adam with Nesterov's momentum, and a schedule of β₁.

function rule(::Val{:Nadam}, description)
    (β1, β2, ϵ) = floats(description, "beta_1", "beta_2", "epsilon")
    return KerasNAdam(INITIAL_ETA, (β1, β2), ϵ)
end

"""
    KerasNAdam(η, β, ϵ)

Nadam (Dozat, 2015) as Keras computes it. With `m` and `v` as in Adam, and
`uₜ = β₁ * (1 - 0.5 * 0.96ᵗ)`, the step `t` is `η * m̂ / (√(v / (1 - β₂ᵗ)) + ϵ)`, where
`m̂ = uₜ₊₁ * m / (1 - u₁…uₜ₊₁) + (1 - uₜ) * dx / (1 - u₁…uₜ)`.
"""
struct KerasNAdam <: AbstractRule
    eta::Float64
    beta::NTuple{2,Float64}
    epsilon::Float64
end

# m, v, the number of steps, and u₁…uₜ.
Optimisers.init(::KerasNAdam, x::AbstractArray{T}) where {T} = (zero(x), zero(x), 0, one(T))

momentum_schedule(rule::KerasNAdam, t) = rule.beta[1] * (1 - 0.5 * 0.96^t)

function Optimisers.apply!(rule::KerasNAdam, state, x::AbstractArray{T}, dx) where {T}
    m, v, t, product = state
    t += 1
    u, next_u = T(momentum_schedule(rule, t)), T(momentum_schedule(rule, t + 1))
    product *= u
    β, η, ϵ = T.(rule.beta), T(rule.eta), T(rule.epsilon)
    @. m = β[1] * m + (1 - β[1]) * dx
    @. v = β[2] * v + (1 - β[2]) * abs2(dx)
    on_m, on_dx = η * next_u / (1 - product * next_u), η * (1 - u) / (1 - product)
    correction = 1 / (1 - β[2]^t)
    dx′ = Optimisers.@lazy (on_m * m + on_dx * dx) / (sqrt(v * correction) + ϵ)
    return (m, v, t, product), dx′
end

optimiser_slots(::KerasNAdam, (m, v, _, _)) = (m, v)

function restore_state(rule::KerasNAdam, (m, v), iterations)
    T = eltype(m)
    product = one(T)
    for t in 1:iterations
        next = product * T(momentum_schedule(rule, t))
        next == product && break
        product = next
    end
    return m, v, iterations, product
end

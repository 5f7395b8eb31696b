# Adam: Flux's, and Keras's, which adds epsilon before it corrects the second moment.

function rule(::Union{Val{:Adam},Val{:AdamW}}, description)
    (β1, β2, ϵ) = floats(description, "beta_1", "beta_2", "epsilon")
    make = is_true(description, "amsgrad") ? KerasAMSGrad : KerasAdam
    return make(INITIAL_ETA, (β1, β2), ϵ)
end

function rule(::Val{:FluxAdam}, description)
    (β1, β2, ϵ) = floats(description, "beta_1", "beta_2", "epsilon")
    return Adam(INITIAL_ETA, (β1, β2), ϵ)
end

"""
    KerasAdam(η = 0.001, β = (0.9, 0.999), ϵ = 1e-7)

Adam as Keras computes it: with the moving averages `m` of gradients and `v` of their
squares after `t` steps, a step is `η * √(1 - β₂ᵗ) / (1 - β₁ᵗ) * m / (√v + ϵ)`. Optimisers'
`Adam`, as the paper, adds `ϵ` to `√(v / (1 - β₂ᵗ))`.
"""
struct KerasAdam <: AbstractRule
    eta::Float64
    beta::NTuple{2,Float64}
    epsilon::Float64
end

KerasAdam(η = 0.001, β = (0.9, 0.999)) = KerasAdam(η, β, 1e-7)

# The two averages, and the powers of β for the next step.
Optimisers.init(rule::KerasAdam, x::AbstractArray{T}) where {T} =
    (zero(x), zero(x), T.(rule.beta))

function Optimisers.apply!(rule::KerasAdam, state, x::AbstractArray, dx)
    m, v, βt = state
    stepsize, ϵ = update_moments!(rule, m, v, βt, dx)
    return (m, v, next_powers(rule, βt)), Optimisers.@lazy stepsize * m / (sqrt(v) + ϵ)
end

# The averages with a new gradient, and the numbers that a step needs.
function update_moments!(rule, m, v, βt, dx)
    T = eltype(m)
    β, α = T.(rule.beta), T.(1 .- rule.beta)
    @. m = β[1] * m + α[1] * dx
    @. v = β[2] * v + α[2] * abs2(dx)
    return T(rule.eta) * sqrt(1 - βt[2]) / (1 - βt[1]), T(rule.epsilon)
end

next_powers(rule, βt) = βt .* eltype(βt).(rule.beta)

optimiser_slots(::Union{Adam,KerasAdam}, (m, v, _)) = (m, v)
restore_state(rule::Union{Adam,KerasAdam}, (m, v), iterations) =
    m, v, powers(eltype(m).(rule.beta), iterations)

"""
    KerasAMSGrad(η = 0.001, β = (0.9, 0.999), ϵ = 1e-7)

[`KerasAdam`](@ref) with the largest `v` so far in place of `v` (Keras's `amsgrad=True`).
"""
struct KerasAMSGrad <: AbstractRule
    eta::Float64
    beta::NTuple{2,Float64}
    epsilon::Float64
end

KerasAMSGrad(η = 0.001, β = (0.9, 0.999)) = KerasAMSGrad(η, β, 1e-7)

Optimisers.init(rule::KerasAMSGrad, x::AbstractArray{T}) where {T} =
    (zero(x), zero(x), zero(x), T.(rule.beta))

function Optimisers.apply!(rule::KerasAMSGrad, state, x::AbstractArray, dx)
    m, v, v̂, βt = state
    stepsize, ϵ = update_moments!(rule, m, v, βt, dx)
    @. v̂ = max(v̂, v)
    return (m, v, v̂, next_powers(rule, βt)), Optimisers.@lazy stepsize * m / (sqrt(v̂) + ϵ)
end

optimiser_slots(::KerasAMSGrad, (m, v, v̂, _)) = (m, v, v̂)
restore_state(rule::KerasAMSGrad, (m, v, v̂), iterations) =
    m, v, v̂, powers(eltype(m).(rule.beta), iterations)

# ── In one pass over each array ──────────────────────────────────────────────────────────

"The rules that the kernel of kernels/adam.jl computes."
const AnyAdam = Union{Adam,KerasAdam}

# What the kernel needs to know of a step; `decay` is the part that each weight loses.
function adam_coefficients(rule::Adam, βt, decay = 0.0)
    η, (β1, β2) = Float32(rule.eta), Float32.(rule.beta)
    return AdamCoefficients(;
        β1, β2, α1 = 1 - β1, α2 = 1 - β2,
        stepsize = η / (1 - βt[1]), correction = 1 / (1 - βt[2]),
        ϵ = Float32(rule.epsilon), keep = 1 - Float32(decay),
    )
end

function adam_coefficients(rule::KerasAdam, βt, decay = 0.0)
    (β1, β2), (α1, α2) = Float32.(rule.beta), Float32.(1 .- rule.beta)
    return AdamCoefficients(;
        β1, β2, α1, α2,
        stepsize = Float32(rule.eta) * sqrt(1 - βt[2]) / (1 - βt[1]), correction = 1.0f0,
        ϵ = Float32(rule.epsilon), keep = 1 - Float32(decay),
    )
end

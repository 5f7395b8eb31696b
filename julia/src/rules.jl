# A description of an optimiser → its rule. The words are Keras's; to add one, add a method of `rule`.

"""
    rule(description)

Make an optimiser from a dictionary with its `"type"` and Keras's names for its arguments. The learning rate is
the caller's affair: `train!` sets it before each step.

# Examples
```jldoctest
julia> PyFlux.rule(Dict("type" => "RMSprop", "rho" => 0.8, "epsilon" => 1e-7)).rho
0.8
```
"""
function rule(description)
    made = rule(Val(Symbol(description["type"])), description)
    decay = something(get(description, "weight_decay", nothing), 0)
    return decay == 0 ? made : DecoupledDecay(made, Float64(decay))
end

const ETA = 0.001

rule(::Val{:SGD}, d) = d["nesterov"] ? Nesterov(ETA, d["momentum"]) : Momentum(ETA, d["momentum"])
rule(::Union{Val{:Adam},Val{:AdamW}}, d) = Adam(ETA, (d["beta_1"], d["beta_2"]), d["epsilon"])
rule(::Val{:RMSprop}, d) = RMSProp(ETA, d["rho"], d["epsilon"])
rule(::Val{T}, d) where {T} = throw(ArgumentError("there is no optimiser $T"))

"""
    DecoupledDecay(rule, lambda)

The step of another rule, and besides `lambda` times the learning rate off every weight (Loshchilov and Hutter,
2019).
"""
struct DecoupledDecay{R<:AbstractRule} <: AbstractRule
    rule::R
    lambda::Float64
end

Optimisers.init(o::DecoupledDecay, x::AbstractArray) = Optimisers.init(o.rule, x)

function Optimisers.apply!(o::DecoupledDecay, state, x::AbstractArray{T}, dx) where {T}
    state, step = Optimisers.apply!(o.rule, state, x, dx)
    λη = T(o.lambda * o.rule.eta)
    return state, Optimisers.@lazy step + λη * x
end

Optimisers.adjust(o::DecoupledDecay, eta::Real) = DecoupledDecay(Optimisers.adjust(o.rule, eta), o.lambda)

# What a rule remembers of a weight, as a tuple of arrays.
moments(o::DecoupledDecay, state) = moments(o.rule, state)
moments(::Momentum, velocity) = (-velocity,)  # Keras and `Nesterov` have the step itself
moments(::Nesterov, velocity) = (velocity,)
moments(::RMSProp, (v, _)) = (v,)
moments(::Adam, (m, v, _)) = (m, v)

# The way back, after so many steps.
remembered(o::DecoupledDecay, arrays, steps) = remembered(o.rule, arrays, steps)
remembered(::Momentum, (velocity,), _) = -velocity
remembered(::Nesterov, (velocity,), _) = velocity
remembered(::RMSProp, (v,), _) = (v, false)
function remembered(o::Adam, (m, v), steps)
    # The powers of beta as repeated steps round them, so that training goes on bit for bit.
    β = eltype(m).(o.beta)
    return m, v, foldl((p, _) -> p .* β, 1:steps; init = β)
end

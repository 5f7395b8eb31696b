# A description of an optimiser → its rule. To add one, write a file beside this one with
# methods of `rule`, `optimiser_slots` and `restore_state`.
#
# Where Keras's formula is not that of Optimisers.jl there is a rule of our own, with
# "Keras" in its name. Formulas: Keras 3.15, `keras/src/optimizers/*.py`.

"""
    rule(description)

Make an optimisation rule of a dictionary with its `"type"` and Keras's names for its
arguments. The learning rate is not among them: `train!` sets it before each step.

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

rule(::Val{T}, description) where {T} = throw(ArgumentError(
    "there is no optimiser $T; known: Adagrad, Adam, AdamW, FluxAdam, Lion, Nadam, \
    RMSprop, SGD",
))

# What a rule has before `train!` sets its learning rate.
const INITIAL_ETA = 0.001

# Keras's arguments as Float64, whatever kind of number came.
floats(description, names...) = map(name -> Float64(description[name]), names)
float_or(description, name, default) =
    Float64(something(get(description, name, nothing), default))
is_true(description, name) = something(get(description, name, nothing), false) == true

"""
    optimiser_slots(rule, state)

What a rule keeps for an array between steps, as a tuple of arrays of its shape: Keras's
optimizer slots. `restore_state` makes the state of them again.
"""
function optimiser_slots end

"""
    restore_state(rule, slots, iterations)

The state of a rule after so many steps, from what `optimiser_slots` gave.
"""
function restore_state end

# β for the step after `iterations` others, as repeated multiplications round it, so that a
# training that goes on computes the same bits. The smallest numbers stay as they are.
function powers(β, iterations)
    power = β
    for _ in 1:iterations
        next = power .* β
        next == power && break
        power = next
    end
    return power
end

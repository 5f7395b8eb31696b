# Gradients → new weights.

"""
    step!(state, gradients)

Take a step of the optimiser: clip the gradients, change the weights, and constrain them.
Adam on arrays of the CPU is one pass over each of them; any other rule is left to
Optimisers.
"""
function step!(state::TrainState, gradients)
    found = Any[getparameter(gradients, path) for path in state.parameters]
    clip!(state.clipping, filter(!isnothing, found))
    state.fused_adam && all(g -> g isa Array{Float32}, found) ?
        fused_adam!(state, found) : stock_step!(state, gradients)
    for (path, limit) in state.constraints
        constrain!(getparameter(state.trained, path), limit)
    end
    return nothing
end

stock_step!(state, gradients) =
    Flux.update!(state.opt_state, state.trained, (; layers = Tuple(gradients.layers)))

function fused_adam!(state, gradients)
    lanes = Val(state.lanes)
    coefficients = map(state.leaves) do (_, leaf)
        adam_coefficients(leaf.rule, last(leaf.state))
    end
    on_threads() do t
        for ((w, leaf), g, c) in zip(state.leaves, gradients, coefficients)
            m, v, _ = leaf.state
            adam!(w, m, v, g, c, t, lanes)
        end
    end
    for (_, leaf) in state.leaves
        m, v, βt = leaf.state
        leaf.state = (m, v, next_powers(leaf.rule, βt))
    end
end

# Optimisers' Adam keeps the same powers of β.
next_powers(rule::Adam, βt) = map((power, β) -> power * oftype(power, β), βt, rule.beta)

"Set the learning rate for the next step; `nothing` keeps it."
set_learning_rate!(state::TrainState, ::Nothing) = nothing
set_learning_rate!(state::TrainState, rate) = Optimisers.adjust!(state.opt_state, rate)

# SGD: Optimisers' `Descent`, `Momentum` and `Nesterov` compute what Keras does.

function rule(::Val{:SGD}, description)
    momentum = float_or(description, "momentum", 0)
    momentum == 0 && return Descent(INITIAL_ETA)
    make = is_true(description, "nesterov") ? Nesterov : Momentum
    return make(INITIAL_ETA, momentum)
end

# Keras's slot, and the state of `Nesterov`, is the last step; `Momentum` has its negative.
optimiser_slots(::Momentum, velocity) = (-velocity,)
optimiser_slots(::Nesterov, velocity) = (velocity,)
restore_state(::Momentum, (velocity,), iterations) = -velocity
restore_state(::Nesterov, (velocity,), iterations) = velocity

optimiser_slots(::Descent, state) = ()
restore_state(::Descent, ::Tuple{}, iterations) = nothing

# The loss of a batch and its gradient for everything that is trained.

"""
    backpropagate(state, x, targets, sample_weights = nothing)

The mean loss of a batch with its penalties, the outputs before the head, and the gradient,
a named tuple with a list of `layers` as Zygote gives it. On a GPU the loss is an array of
one value, so that nothing waits for it.
"""
function backpropagate(state::TrainState, x, targets, sample_weights = nothing)
    ŷ, back = outputs_pullback(state, x)
    loss, dŷ = loss_and_gradient(state.loss, ŷ, targets, sample_weights)
    gradients = back(dŷ)
    add_penalty_gradients!(gradients, state)
    return loss .+ penalty(state), ŷ, gradients
end

function outputs_pullback(state::TrainState, x)
    state.segments === nothing || return pullback(state.segments, x)
    ŷ, back = Zygote.pullback(model -> forward(model, x), state.trained)
    return ŷ, dŷ -> only(back(dŷ))
end

"The outputs of the trained layers for a batch, before the head."
trained_outputs(state::TrainState, x) =
    state.segments === nothing ? forward(state.trained, x) : forward(state.segments, x)

# ── Regularisers ─────────────────────────────────────────────────────────────────────────

function add_penalty_gradients!(gradients, state)
    for (path, factors) in state.penalties
        l1, l2 = Float32.(factors)
        w, g = getparameter(state.trained, path), getparameter(gradients, path)
        g .+= l1 .* sign.(w) .+ 2 .* l2 .* w
    end
end

"The loss of the regularisers: a number, or on a GPU an array of one."
function penalty(state::TrainState)
    isempty(state.penalties) && return 0.0f0
    return mapreduce((a, b) -> a .+ b, state.penalties) do (path, factors)
        penalty(getparameter(state.trained, path), Float32.(factors)...)
    end
end

penalty(w, l1, l2) = l1 * sum(abs, w) + l2 * sum(abs2, w)
penalty(w::AnyGPUArray, l1, l2) =
    vec(sum(l1 .* abs.(w) .+ l2 .* abs2.(w); dims = 1:ndims(w)))

# ── What goes into the trained layers ────────────────────────────────────────────────────

"""
    batch_input(state, buffer, indices; from_features = false)

What the trained layers get for some samples: images, or the outputs of the frozen layers
for them. If `from_features`, that is what `buffer` has.
"""
function batch_input(state::TrainState, buffer, indices; from_features::Bool = false)
    from_features || isempty(state.frozen.layers) ||
        return frozen_outputs(state, buffer, indices)
    return network_input(state.segments, buffer, indices)
end

frozen_outputs(state, buffer, indices) = state.frozen_segments === nothing ?
    forward(state.frozen, gather!(buffer, indices)) :
    forward(state.frozen_segments, network_input(state.frozen_segments, buffer, indices))

network_input(segments, buffer, indices) =
    accepts_view(segments) ? batch_view(buffer, indices) : gather!(buffer, indices)

"Read the weights of a model anew, before a number of batches without training."
function Kernels.pack!(state::TrainState)
    pack!(state.frozen_segments)
    pack!(state.segments)
end

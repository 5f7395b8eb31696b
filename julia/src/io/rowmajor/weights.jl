# The arrays of a model, its gradient and its optimiser, in Keras's layout.
#
# Keras's kernels are correlations, (height, width, in, out) in row-major order; Flux's are
# convolutions. A Dense kernel is (in, out) in row-major order, which is what Flux has.

"A copy of an array of a Flux layer in Keras's layout, axes reversed."
keras_layout(w::AbstractArray{<:Any,4}) =
    permutedims(reverse(w; dims = (1, 2)), (4, 3, 1, 2))
keras_layout(w::AbstractArray) = copy(w)

"""
    flux_layout(w, like)

The way back from `keras_layout`, for an array of a layer such as `like`. A kernel for each
channel apart, (height, width, channels, multiplier), is one with a group for each channel,
(height, width, 1, filters), in the same memory.
"""
flux_layout(w::AbstractArray, like) = w
function flux_layout(w::AbstractArray{<:Any,4}, like)
    kw, kh, input, filters = size(like)
    size(w) == (filters, input, kw, kh) || input != 1 || length(w) != length(like) ||
        (w = reshape(w, filters, 1, kw, kh))
    return reverse(permutedims(w, (3, 4, 2, 1)); dims = (1, 2))
end

"""
    weights(model::Chain)

Copies of a model's arrays in the order of `parameter_paths`, in Keras's layout.
"""
function weights(@nospecialize(model::Chain))
    arrays = Array{Float32}[]
    for path in parameter_paths(model)
        push!(arrays, keras_layout(to_cpu(getparameter(model, path))))
    end
    return arrays
end

"""
    set_weights!(model::Chain, arrays)

Set a model's arrays to what `weights` gave. Throws a `DimensionMismatch` if their number or
a shape differs.
"""
function set_weights!(@nospecialize(model::Chain), arrays)
    paths = parameter_paths(model)
    check_number("arrays", arrays, paths)
    for (i, (path, array)) in enumerate(zip(paths, arrays))
        set_array!(getparameter(model, path), array, i)
    end
    return nothing
end

function set_array!(w, array, i)
    new = flux_layout(array, w)
    size(w) == size(new) || throw(DimensionMismatch(
        "array $i must have the size $(size(w)) in Flux's layout, got $(size(new))",
    ))
    copyto!(w, new)
    return nothing
end

function check_number(name, given, paths)
    n, m = length(paths), length(given)
    n == m || throw(DimensionMismatch("$name must be for all $n arrays, got $m"))
end

"""
    gradients(state, data::DeviceData)

The mean loss of all samples, and its gradient for each array that is trained, in Keras's
layout. Moving averages change as in training.
"""
function gradients(state::TrainState, (; images, targets, sample_weights)::DeviceData)
    batches = Batches(images, targets; sample_weights, state.scale_bytes)
    positions = 1:length(batches)
    set_keys!(state.random_layers, state.seed, state.iterations)
    loss, grads = try
        pack!(state.frozen_segments)
        x, y, w = load_batch(state, batches, positions, positions)
        loss, _, grads = backpropagate(state, x, y, w)
        loss, grads
    finally
        set_keys!(state.random_layers, state.seed, nothing)
    end
    arrays = [keras_layout(to_cpu(getparameter(grads, path))) for path in state.parameters]
    return only(to_cpu(loss)), arrays
end

"""
    optimiser_slots(state)

The optimiser's slots for each array that is trained: a list of arrays for each, in Keras's
layout.
"""
function optimiser_slots(state::TrainState)
    return map(state.leaves) do (_, leaf)
        slots = PyFlux.optimiser_slots(leaf.rule, leaf.state)
        Array{Float32}[keras_layout(to_cpu(slot)) for slot in slots]
    end
end

"""
    set_optimiser_slots!(state, iterations, slots)

Restore what `optimiser_slots` gave after so many steps. `slots` may be empty if the
optimiser has none.
"""
function set_optimiser_slots!(state::TrainState, iterations::Integer, slots)
    isempty(slots) && (slots = fill((), length(state.leaves)))
    check_number("slots", slots, state.parameters)
    for ((w, leaf), arrays) in zip(state.leaves, slots)
        n, m = length(PyFlux.optimiser_slots(leaf.rule, leaf.state)), length(arrays)
        n == m || throw(DimensionMismatch(
            "slots must have $n arrays for each that is trained, got $m",
        ))
        restored = Tuple(adapt_like(w, copy(flux_layout(a, w))) for a in arrays)
        leaf.state = restore_state(leaf.rule, restored, iterations)
    end
    state.iterations = iterations
    return nothing
end

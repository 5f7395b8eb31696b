# The outputs of a model.

"""
    predict(model, images; batchsize = 256)

The outputs of a model for images, with the samples in the last dimension, on the CPU.
`model` is a `Chain`, a [`TrainState`](@ref), or a [`Predictor`](@ref).
"""
predict(model::Chain, images; batchsize::Integer = 256) =
    predict(Predictor(model), images; batchsize)

function predict(state::TrainState, images; batchsize::Integer = 256)
    pack!(state)
    buffer = BatchBuffer(images; state.scale_bytes)
    collected = collect_outputs(images, batchsize) do indices
        trained_outputs(state, batch_input(state, buffer, indices))
    end
    return to_cpu(state.head(collected))
end

"""
    Predictor(model; lanes)

A model with the buffers of its kernels, for many calls of `predict`.
"""
struct Predictor
    segments::Segments
    scale_bytes::Bool
end

Predictor(model::Chain; lanes = default_lanes()) =
    Predictor(Segments(model; lanes), scales_bytes(model))

function predict((; segments, scale_bytes)::Predictor, images; batchsize::Integer = 256)
    pack!(segments)
    buffer = BatchBuffer(images; scale_bytes)
    collected = collect_outputs(images, batchsize) do indices
        forward(segments, network_input(segments, buffer, indices))
    end
    return to_cpu(collected)
end

# The outputs that `f(indices)` gives for one batch after the other, in one array.
function collect_outputs(f, images, batchsize)
    n = numobs(images)
    order = check_order(images, 1:n)
    collector = OutputCollector(n)
    for positions in Iterators.partition(1:n, batchsize)
        check_interrupt()
        collect!(collector, positions, f(view(order, positions)))
    end
    return collector.array
end

"""
    frozen_features(state, images; batchsize = 256)

The outputs of the frozen layers at the beginning of a model, for `train!` and `evaluate`
with `from_features = true`.
"""
function frozen_features(state::TrainState, images; batchsize::Integer = 256)
    pack!(state.frozen_segments)
    buffer = BatchBuffer(images; state.scale_bytes)
    return collect_outputs(images, batchsize) do indices
        frozen_outputs(state, buffer, indices)
    end
end

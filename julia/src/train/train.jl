# The training loop: on the CPU, on a GPU, and in several processes.

"""
    train!(state, images, targets, order = 1:n; batchsize = 64, options...)

Take one step for each batch of the samples that `order` names, in its order. `targets` are
class numbers from 1, or an array with a column for each sample. `state` is a
[`TrainState`](@ref), or a [`DataParallel`](@ref) training of several processes.

# Options
- `rates`: a learning rate for each step; by default that of the rule.
- `sample_weights`: a factor for the loss of each sample.
- `from_features = false`: whether `images` are what the frozen layers gave for them.

Returns an [`EvaluationResult`](@ref).
"""
function train!(
    trainer::Union{TrainState,DataParallel}, images, targets, order = 1:numobs(images);
    batchsize::Integer = 64, rates = nothing, sample_weights = nothing,
    from_features::Bool = false,
)
    state = train_state(trainer)
    batches = Batches(images, targets, order; sample_weights, state.scale_bytes)
    results = ResultCollector(batches, batchsize)
    pack!(state.frozen_segments)
    try
        for (i, positions) in enumerate(Iterators.partition(1:length(batches), batchsize))
            check_interrupt()
            set_learning_rate!(state, rates === nothing ? nothing : rates[i])
            set_keys!(state.random_layers, state.seed, state.iterations)
            part = shard(trainer, positions)
            x, y, w = load_batch(state, batches, part, positions; from_features)
            loss, ŷ, gradients = backpropagate(state, x, y, w)
            allreduce_gradients!(trainer, gradients, length(part) / length(positions))
            step!(state, gradients)
            collect!(results, part, ŷ, loss)
            state.iterations += 1
        end
    finally
        set_keys!(state.random_layers, state.seed, nothing)
        BATCH_OFFSET[] = 0
    end
    return EvaluationResult(results, trainer)
end

# Inputs, targets and weights of the part of a batch that this process computes. A process
# without samples takes the first of the batch, for a gradient that counts nothing.
function load_batch(state, batches, part, positions; from_features = false)
    BATCH_OFFSET[] = isempty(part) ? 0 : first(part) - first(positions)
    indices = sample_indices(batches, isempty(part) ? positions[1:1] : part)
    x = batch_input(state, batches.buffer, indices; from_features)
    return x, gather(batches.targets, indices), gather(batches.sample_weights, indices)
end

# A training in one process.
train_state(state::TrainState) = state
shard(::TrainState, positions) = positions
allreduce_gradients!(::TrainState, gradients, factor) = nothing
allreduce(::TrainState, x) = x

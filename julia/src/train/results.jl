# Losses and outputs, batch by batch, where they are computed: nothing waits for a GPU.

"""
    EvaluationResult

What `train!` and `evaluate` give: `loss`, summed over samples, the `outputs`, with the
samples in the last dimension, and the number of `samples`. In training each batch is seen
before its step.
"""
struct EvaluationResult{A<:AbstractArray}
    loss::Float64
    outputs::A
    samples::Int
end

# The outputs of a number of samples, in one array that the first batch allocates.
mutable struct OutputCollector
    const samples::Int
    array::Any
end

OutputCollector(samples) = OutputCollector(samples, nothing)

# `ŷ` may be a buffer that the next batch overwrites.
function collect!(collector::OutputCollector, positions, ŷ)
    if collector.array === nothing
        shape = (Base.front(size(ŷ))..., collector.samples)
        collector.array = fill!(similar(ŷ, shape), 0)
    end
    isempty(positions) ||
        copyto!(selectdim(collector.array, ndims(ŷ), positions), ŷ)
    return collector
end

# Of all batches of a pass.
struct ResultCollector{L<:AbstractVector}
    outputs::OutputCollector
    losses::L             # the mean of each batch
    samples::Vector{Int}  # of each batch
end

function ResultCollector(batches::Batches, batchsize)
    losses = batch_losses(batches.buffer.images, cld(length(batches), batchsize))
    return ResultCollector(OutputCollector(length(batches)), losses, Int[])
end

batch_losses(images, n) = zeros(n)
batch_losses(images::AnyGPUArray, n) = fill!(similar(images, Float32, n), 0)

function collect!(results::ResultCollector, positions, ŷ, loss)
    push!(results.samples, length(positions))
    set_loss!(results.losses, length(results.samples), loss)
    collect!(results.outputs, positions, ŷ)
    return results
end

set_loss!(losses, i, loss) = losses[i] = loss
set_loss!(losses::AnyGPUArray, i, loss) = copyto!(losses, i, loss, 1, 1)

# `trainer` adds up what the processes of a distributed training have.
function EvaluationResult(results::ResultCollector, trainer)
    loss = 0.0
    for (value, samples) in zip(to_cpu(results.losses), results.samples)
        loss += Float64(value) * samples
    end
    loss = allreduce(trainer, loss)
    outputs = train_state(trainer).head(allreduce(trainer, results.outputs.array))
    return EvaluationResult(loss, to_cpu(outputs), results.outputs.samples)
end

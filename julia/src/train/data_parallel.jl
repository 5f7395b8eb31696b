# One training in several processes, each with a copy of the model: each computes the
# gradient of its part of every batch, and all take the step of the sum, which is that of
# one process for the whole batch. Messages go through Flux's DistributedUtils: over MPI.jl,
# or over NCCL after `using CUDA, NCCL`.

"""
    ProcessGroup

The processes of a distributed training: their `backend`, the `rank` of this one, from 0,
and their number, `size`.
"""
struct ProcessGroup{B}
    backend::B
    rank::Int
    size::Int
end

const MPI_ID = Base.PkgId(Base.UUID("da04e1cc-30fd-572f-bb4f-1f8673147195"), "MPI")

"""
    process_group()

The processes that `mpiexec -n N` started this program in. It loads the package MPI, which
must be installed.
"""
function process_group()
    Base.identify_package("MPI") == MPI_ID || throw(ArgumentError(
        "a distributed training needs the Julia package MPI, which is not installed here: \
        Pkg.add(\"MPI\")",
    ))
    Base.require(MPI_ID)
    return Base.invokelatest(join_mpi)
end

function join_mpi end  # in ext/MPIExt.jl

"""
    abort(group, code = 1)

End all processes of a group, when this one has failed: the others would wait for it for
ever.
"""
function abort end  # in ext/MPIExt.jl

"The same number in all processes: that of the first."
broadcast_value(group::ProcessGroup, number::Integer) =
    only(DistributedUtils.bcast!(group.backend, [number]; root = 0))

"The same weights in all processes: those of the first."
function broadcast_weights!(group::ProcessGroup, model::Chain)
    for path in parameter_paths(model)
        DistributedUtils.bcast!(group.backend, getparameter(model, path); root = 0)
    end
    return model
end

"""
    DataParallel(state::TrainState, group::ProcessGroup)

For `train!` together with the other processes, which must make the same calls with the same
images, order and batch size. `batchsize` counts the samples of all processes, and the
result of `train!` is of all samples.

Random layers draw what they would draw in one process. Batch normalization sees the samples
of its own process; its moving averages are averaged.
"""
struct DataParallel{G<:ProcessGroup}
    state::TrainState
    group::G
    message::Base.RefValue{Any}  # all that is summed in a step, as one array
end

function DataParallel(state::TrainState, group::ProcessGroup)
    broadcast_weights!(group, state.model)
    return DataParallel(state, group, Ref{Any}(nothing))
end

train_state(parallel::DataParallel) = parallel.state

# This process's part of some positions.
function shard((; group)::DataParallel, positions)
    n = length(positions)
    return positions[(group.rank * n ÷ group.size + 1):((group.rank + 1) * n ÷ group.size)]
end

# The sum over all processes of gradients and moving averages times `factor`, in place.
function allreduce_gradients!(parallel::DataParallel, gradients, factor)
    state = parallel.state
    arrays = Any[getparameter(gradients, path) for path in state.parameters]
    append!(arrays, moving_averages(state.trained))
    if parallel.message[] === nothing
        parallel.message[] = similar(first(arrays), sum(length, arrays))
    end
    message = parallel.message[]
    for_parts(message, arrays) do part, array
        part .= Float32(factor) .* vec(array)
    end
    DistributedUtils.allreduce!(parallel.group.backend, message, +)
    for_parts(message, arrays) do part, array
        vec(array) .= part
    end
end

# Calls `f(part, array)` for each array and its part of a message.
function for_parts(f, message, arrays)
    offset = 0
    for array in arrays
        f(view(message, (offset + 1):(offset + length(array))), array)
        offset += length(array)
    end
end

# The sum over all processes. Each has the outputs of its own samples, and zeros elsewhere.
allreduce((; group)::DataParallel, x::Number) =
    only(DistributedUtils.allreduce!(group.backend, [x], +))
allreduce((; group)::DataParallel, x::AbstractArray) =
    DistributedUtils.allreduce!(group.backend, to_cpu(x), +)

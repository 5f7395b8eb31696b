# One training shared by several processes, each with a copy of the model: each takes its share of every batch, and
# the gradients are summed, so that all take the step that one process would have taken for the whole batch. The
# engine below is Flux's DistributedUtils over MPI.jl, or over NCCL where `using CUDA, NCCL` has been said.

"The processes of a distributed training: what they talk over, this one's number from 0, and how many there are."
struct Group{B}
    backend::B
    rank::Int
    size::Int
end

const MPI_ID = Base.PkgId(Base.UUID("da04e1cc-30fd-572f-bb4f-1f8673147195"), "MPI")

"""
    group()

The processes that `mpiexec -n N` started this program in. Needs the package MPI, and loads it.
"""
function group()
    Base.identify_package("MPI") == MPI_ID ||
        throw(ArgumentError("a distributed training needs the Julia package MPI, which is not installed here: Pkg.add(\"MPI\")"))
    Base.require(MPI_ID)
    return Base.invokelatest(join_mpi)
end

function join_mpi end  # in ext/MPIExt.jl

"""
    abort(group, code = 1)

End all processes of a group: this one has failed, and the others would wait for it for ever.
"""
function abort end  # in ext/MPIExt.jl

"The same number in all processes: that of the first."
same(group::Group, number::Integer) =
    only(Flux.DistributedUtils.bcast!(group.backend, [number]; root = 0))

"The same weights in all processes: those of the first."
function same!(group::Group, model::Chain)
    for slot in slots(model)
        Flux.DistributedUtils.bcast!(group.backend, at(model, slot); root = 0)
    end
    return model
end

"""
    Shared(learner, group)

A learner for `train!` that trains together with those of the other processes, which must make the same calls with the
same images, order and batch size. `batchsize` is that of all together. What `train!` returns is of all samples.

Random layers draw what they would draw in one process. Batch normalization sees a process's own share; its moving
averages are averaged.
"""
struct Shared{L<:Learner,G<:Group}
    learner::L
    group::G
    message::Base.RefValue{Any}  # all that is summed in a step, as one array
end

function Shared(learner::Learner, group::Group)
    same!(group, learner.model)
    return Shared(learner, group, Ref{Any}(nothing))
end

# A process's part of a range, as equal as can be.
share(range, group::Group) = range[(group.rank * length(range) ÷ group.size + 1):((group.rank + 1) * length(range) ÷ group.size)]

function train!(
    shared::Shared, images, targets, order = 1:samples(images);
    batchsize::Integer = 64, rates = nothing, weights = nothing, features::Bool = false,
)
    learner, group = shared.learner, shared.group
    check_targets(images, targets)
    activate(get_device(images))
    batches = Batches(images; scaled = !rescales(learner.model))
    pack!(learner.beforehand)
    loss, outputs = [0.0], Ref{Any}(nothing)  # a process has its own columns, and zeros elsewhere
    each_step(learner, length(order), batchsize, rates) do range
        mine = share(range, group)
        # Who has nothing to do computes the first sample's gradient, which counts nothing.
        indices = order[isempty(mine) ? (first(range):first(range)) : mine]
        factor = Float32(length(mine) / length(range))
        SAMPLES_BEFORE[] = isempty(mine) ? 0 : first(mine) - first(range)
        x = inputs(learner, batches, indices, features)
        value, ŷ, grads = loss_and_gradients(learner, x, part(targets, indices), part(weights, indices))
        sum_up!(shared, grads, factor)
        step!(learner, grads)
        loss[1] += Float64(value) * length(mine)
        seen = on_cpu(learner.head(ŷ))
        outputs[] === nothing && (outputs[] = zeros(eltype(seen), Base.front(size(seen))..., length(order)))
        isempty(mine) || copyto!(selectdim(outputs[], ndims(seen), mine), seen)
    end
    SAMPLES_BEFORE[] = 0
    sum_of(x) = Flux.DistributedUtils.allreduce!(group.backend, x, +)
    return (; loss = only(sum_of(loss)), outputs = sum_of(outputs[]), samples = length(order))
end

# The gradients of all processes, each times its factor, and their moving averages: one message.
function sum_up!(shared, grads, factor)
    parts = [[at(grads, slot) for slot in shared.learner.slots]; moving_averages(shared.learner.trained)]
    if shared.message[] === nothing
        shared.message[] = similar(first(parts), sum(length, parts))
    end
    message, from = shared.message[], 0
    for part in parts
        view(message, (from + 1):(from + length(part))) .= factor .* vec(part)
        from += length(part)
    end
    Flux.DistributedUtils.allreduce!(shared.group.backend, message, +)
    from = 0
    for part in parts
        vec(part) .= view(message, (from + 1):(from + length(part)))
        from += length(part)
    end
end

moving_averages(model) = [a for layer in model for a in moving(layer)]
moving(layer) = ()
moving(layer::BatchNorm) = layer.active === false ? () : (layer.μ, layer.σ²)

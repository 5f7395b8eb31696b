# Arrays and weights as row-major programs (NumPy, Keras, PyTorch) lay them out in memory. A row-major
# `(N, H, W, C)` array is a column-major `(C, W, H, N)` array at the same address.

"""
    borrow(T, address, shape)

The row-major array of that shape at an address, with its axes reversed, without a copy. Its owner must keep
it alive, and it must not be written to unless the owner wants that.
"""
function borrow(::Type{T}, address::Integer, shape::Dims) where {T}
    return unsafe_wrap(Array, Ptr{T}(UInt(address)), reverse(shape))
end

"""
    images(cwhn)

View a `(channels, width, height, samples)` array as Flux's `(width, height, channels, samples)`.
"""
images(x::Array{<:Any,4}) =
    size(x, 1) == 1 ? reshape(x, size(x, 2), size(x, 3), 1, size(x, 4)) : PermutedDimsArray(x, (2, 3, 1, 4))
images(x::AbstractArray) = x

# What `images` does, undone: outputs in the order of memory that their reader expects.
rowmajor(y::AbstractArray{<:Any,4}) = permutedims(y, (3, 1, 2, 4))
rowmajor(y::AbstractArray) = y

"Class numbers or indices that count from 0, counted from 1."
fromzero(numbers) = numbers .+ one(eltype(numbers))

"""
    Lent(device, images, targets, weights)

Samples to train or to measure on, as they were borrowed: on a device, in Flux's order. Class numbers count from 0 in
what is borrowed. On the CPU images are a view of the same memory.
"""
struct Lent
    images::Any
    targets::Any
    weights::Any
end

Lent(device, images, targets, weights) = Lent(
    resident(device, images), resident(device, targets isa Vector{<:Integer} ? fromzero(targets) : targets),
    weights === nothing ? nothing : resident(device, weights),
)

"""
    train!(learner, lent, order, batchsize, rates, features)
    evaluate(learner, lent, batchsize, features)

The same for samples that were lent: `order` counts from 0, and the outputs are laid out for a row-major reader.
"""
function train!(learner, (; images, targets, weights)::Lent, order, batchsize, rates, features)
    return rowmajor(train!(learner, images, targets, fromzero(order); batchsize, rates, weights, features))
end

evaluate(learner::Learner, (; images, targets, weights)::Lent, batchsize, features) =
    rowmajor(evaluate(learner, images, targets; batchsize, weights, features))

rowmajor(seen::NamedTuple) = (; seen.loss, outputs = rowmajor(seen.outputs))

"""
    predictions(learner_or_predictor, borrowed, batchsize, device = cpu_device())

The outputs of `predict` for images as they were borrowed, laid out for a row-major reader.
"""
predictions(model, borrowed, batchsize) = rowmajor(predict(model, images(borrowed); batchsize))
predictions(model, borrowed, batchsize, ::CPUDevice) = predictions(model, borrowed, batchsize)

# Keras's kernels are correlations, (height, width, in, out) row-major; Flux's are convolutions. A `Dense`
# kernel is (in, out) row-major, which is what Flux has.
to_rowmajor(w::AbstractArray{<:Any,4}) = permutedims(reverse(w; dims = (1, 2)), (4, 3, 1, 2))
to_rowmajor(w::AbstractVecOrMat) = copy(w)

from_rowmajor(w::AbstractArray{<:Any,4}) = reverse(permutedims(w, (3, 4, 2, 1)); dims = (1, 2))
from_rowmajor(w::AbstractVecOrMat) = w

"""
    weights(model)

Copies of a model's arrays, each as its row-major reader expects it, axes reversed.
"""
function weights(@nospecialize(model::Chain))
    found = Array{Float32}[]
    for slot in slots(model)
        push!(found, to_rowmajor(on_cpu(at(model, slot))))
    end
    return found
end

"""
    setweights!(model, arrays)

Put back the arrays that `weights` gave.
"""
function setweights!(@nospecialize(model::Chain), arrays)
    for (slot, array) in zip(slots(model), arrays)
        copyto!(at(model, slot), from_rowmajor(array))
    end
end

"""
    features(learner, borrowed, batchsize, device = cpu_device())

What the frozen layers at the beginning of a learner's model make of images, laid out for a row-major reader.
"""
function features(learner::Learner, borrowed, batchsize, device = cpu_device())
    x = resident(device, borrowed)
    batches = Batches(x; scaled = !rescales(learner.model))
    pack!(learner.beforehand)
    parts = [frozen_outputs(learner, batches, indices) for indices in Iterators.partition(1:samples(x), batchsize)]
    return rowmajor(on_cpu(together(parts)))
end

"""
    gradients(learner, images, targets, weights = nothing)

The mean loss, and its gradient for each array that is trained, laid out as `weights` does.
"""
gradients(learner::Learner, (; images, targets, weights)::Lent) = gradients(learner, images, targets, weights)

function gradients(learner::Learner, images, targets, weights = nothing)
    n = samples(images)
    setkeys!(learner.random, learner.seed, learner.steps)
    pack!(learner.beforehand)
    x = inputs(learner, Batches(images; scaled = !rescales(learner.model)), 1:n)
    loss, _, grads = loss_and_gradients(learner, x, targets, weights)
    setkeys!(learner.random, learner.seed, nothing)
    return loss, [to_rowmajor(on_cpu(at(grads, slot))) for slot in learner.slots]
end

"""
    moments(learner)

What the optimiser remembers of each array that is trained: a list of arrays for each, laid out as `weights` does.
"""
function moments(learner::Learner)
    return map(learner.slots) do slot
        leaf = at(learner.state, slot)
        [to_rowmajor(on_cpu(m)) for m in moments(leaf.rule, leaf.state)]
    end
end

"""
    setmoments!(learner, iterations, memory)

Put back what `moments` gave, as after so many steps.
"""
function setmoments!(learner::Learner, iterations::Integer, memory)
    for (slot, arrays) in zip(learner.slots, memory)
        leaf, place = at(learner.state, slot), at(learner.trained, slot)
        leaf.state = remembered(leaf.rule, Tuple(beside(place, copy(from_rowmajor(a))) for a in arrays), iterations)
    end
    learner.steps = iterations
    return nothing
end

"""
    learner(model, description)

A `Learner` as a description says, which has the names `"optimizer"`, `"loss"` (`"categorical"`, `"binary"` or
`"squared"`), `"trainable"`, `"penalties"`, `"seed"` (a text) and `"fast"`.
"""
function learner(@nospecialize(model::Chain), d::Dict{String})
    penalties = [p === nothing ? nothing : (p["l1"], p["l2"]) for p in d["penalties"]]
    loss = (categorical = logitcrossentropy, binary = logitbinarycrossentropy, squared = mse)[Symbol(d["loss"])]
    seed = parse(UInt64, d["seed"]::String)
    activate(model)
    return Learner(model, rule(d["optimizer"]); loss, trainable = d["trainable"], penalties, seed, fast = d["fast"])
end

"The versions of what computes."
versions() = (; julia = string(VERSION), flux = string(pkgversion(Flux)), threads = string(Threads.nthreads()))

"The folder of Julia's program, and the file that names its packages."
places() = (; home = Sys.BINDIR, project = something(Base.active_project(), ""))

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
    predictions(model, borrowed, batchsize)

The outputs of `predict` for images as they were borrowed, laid out for a row-major reader.
"""
predictions(model, borrowed, batchsize) = rowmajor(predict(model, images(borrowed); batchsize))

"One trainable array of a model: the layer's number and the field."
struct Slot
    layer::Int
    field::Symbol
end

"""
    slots(model)

The trainable arrays of a model in Keras's order: layer by layer, kernel before bias.
"""
slots(model::Chain) = [Slot(i, field) for (i, layer) in enumerate(model) for field in fields(layer)]

fields(layer::Union{Conv,Dense}) = layer.bias === false ? (:weight,) : (:weight, :bias)
fields(layer) = ()

# The same place in the model, in its gradient, or in the state of its optimiser.
at(tree, slot::Slot) = getproperty(tree.layers[slot.layer], slot.field)

# Keras's kernels are correlations, (height, width, in, out) row-major; Flux's are convolutions. A `Dense`
# kernel is (in, out) row-major, which is what Flux has.
to_rowmajor(w::AbstractArray{<:Any,4}) = permutedims(reverse(w; dims = (1, 2)), (4, 3, 1, 2))
to_rowmajor(w::AbstractVecOrMat) = copy(w)

from_rowmajor(w::AbstractArray{<:Any,4}) = reverse(permutedims(w, (3, 4, 2, 1)); dims = (1, 2))
from_rowmajor(w::AbstractVecOrMat) = w

"""
    weights(model, slots)

Copies of the trainable arrays, each as its row-major reader expects it, axes reversed.
"""
weights(model, slots) = [to_rowmajor(at(model, slot)) for slot in slots]

"""
    setweight!(model, slot, array)

Put back one of the arrays that `weights` gave.
"""
setweight!(model, slot, array) = (copyto!(at(model, slot), from_rowmajor(array)); nothing)

"""
    gradients(learner, slots, images, labels)

The mean loss, and its gradient for each trainable array, laid out as `weights` does.
"""
function gradients(learner::Learner, slots, images, labels)
    n = length(labels)
    loss, _, grads = loss_and_gradients(learner, Batches(images, n)(1:n), labels)
    return loss, weights(grads, slots)
end

"""
    moments(learner, slots, i)

The first (`i = 1`) or second (`i = 2`) moment in Adam's state for each trainable array, laid out as `weights`
does.
"""
moments(learner::Learner, slots, i) = [to_rowmajor(at(learner.state, slot).state[i]) for slot in slots]

"""
    setmoments!(learner, slot, m, v, iterations)

Put back Adam's state for one array, as after so many steps.
"""
function setmoments!(learner::Learner, slot, m, v, iterations::Integer)
    leaf = at(learner.state, slot)
    # The powers of beta as repeated steps round them, so that training goes on bit for bit.
    β = eltype(m).(leaf.rule.beta)
    power = foldl((p, _) -> p .* β, 1:iterations; init = β)
    leaf.state = (copy(from_rowmajor(m)), copy(from_rowmajor(v)), power)
    return nothing
end

"The versions of what computes."
versions() = (; julia = string(VERSION), flux = string(pkgversion(Flux)), threads = string(Threads.nthreads()))

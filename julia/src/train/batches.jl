# Samples of a data set → one Float32 batch, in a buffer that is used again.

"""
    BatchBuffer(images; scale_bytes = true)

Makes batches of `images`: `gather!(buffer, indices)` copies those that `indices` names
into a `Float32` array, and scales `UInt8` by 1/255 if `scale_bytes`. The array is valid
until the next batch of its size.

# Examples
```jldoctest
julia> buffer = PyFlux.BatchBuffer(reshape(UInt8[0, 85, 255], 1, 1, 1, 3));

julia> vec(PyFlux.gather!(buffer, [3, 2]))
2-element Vector{Float32}:
 1.0
 0.33333334
```
"""
mutable struct BatchBuffer{A<:AbstractArray,N}
    const images::A
    const scale::Float32
    batch::Array{Float32,N}  # allocated for the first batch
end

BatchBuffer(images::AbstractArray{T,N}; scale_bytes::Bool = true) where {T,N} = BatchBuffer(
    images, byte_scale(T, scale_bytes), Array{Float32,N}(undef, ntuple(Returns(0), Val(N)))
)

byte_scale(::Type{T}, scale_bytes) where {T} =
    T === UInt8 && scale_bytes ? 1.0f0 / 255 : 1.0f0

function gather!(buffer::BatchBuffer{<:Any,N}, indices) where {N}
    n = length(indices)
    if size(buffer.batch, N) != n
        buffer.batch = Array{Float32,N}(undef, Base.front(size(buffer.images))..., n)
    end
    x = buffer.batch
    for (to, from) in enumerate(indices)
        sample(x, to) .= Float32.(sample(buffer.images, from)) .* buffer.scale
    end
    return x
end

sample(a::AbstractArray{<:Any,N}, k) where {N} =
    view(a, ntuple(Returns(:), Val(N - 1))..., k)

"The same batch, for kernels to gather as they need it."
batch_view(buffer::BatchBuffer, indices) = BatchView(buffer.images, indices, buffer.scale)

# The targets or weights of some samples.
gather(::Nothing, indices) = nothing
gather(x::AbstractVector, indices) = x[indices]
gather(x::AbstractMatrix, indices) = x[:, indices]

"""
    Batches(images, targets, order; sample_weights, scale_bytes)

The samples that `order` names, in its order, where the images are: on the CPU, or on a GPU.
"""
struct Batches
    buffer::Any
    targets::Any
    sample_weights::Any
    order::Any
    count::Int
end

function Batches(
    images, targets, order = 1:numobs(images); sample_weights = nothing, scale_bytes = true
)
    check_numobs("targets", targets, images)
    check_labels(targets)
    check_numobs("sample_weights", sample_weights, images)
    activate(get_device(images))
    return Batches(
        BatchBuffer(images; scale_bytes), adapt_like(images, targets),
        adapt_like(images, sample_weights), check_order(images, order), length(order),
    )
end

check_numobs(name, ::Nothing, images) = nothing
function check_numobs(name, x, images)
    n, m = numobs(images), numobs(x)
    n == m || throw(DimensionMismatch("$name must be for all $n images, got $m"))
end

check_labels(targets) = nothing
function check_labels(labels::AbstractVector{<:Integer})
    lowest = minimum(labels; init = 1)
    lowest ≥ 1 || throw(ArgumentError("targets must be class numbers from 1, got $lowest"))
end

Base.length(batches::Batches) = batches.count

"The indices of the samples at some positions of the order."
sample_indices(batches::Batches, positions) = sample_indices(batches.order, positions)
sample_indices(order, positions) = view(order, positions)

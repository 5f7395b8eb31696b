# Images and outputs, between row-major memory and Flux's order.

"""
    wrap(T, address, shape)

The row-major array of that shape at an address, with its axes reversed, without a copy. Its
owner must keep it alive.
"""
wrap(::Type{T}, address::Integer, shape::Dims) where {T} =
    unsafe_wrap(Array, Ptr{T}(UInt(address)), reverse(shape))

"""
    to_whcn(x)

View images `(channels, width, height, samples)` as Flux's `(width, height, channels,
samples)`, and rows `(features, rows, samples)` as images of one pixel's height. Other
arrays are returned as they are.
"""
to_whcn(x::Array{<:Any,4}) =
    size(x, 1) == 1 ? drop_channels(x) : PermutedDimsArray(x, (2, 3, 1, 4))
to_whcn(x::Array{<:Any,3}) = to_whcn(as_images(x))
to_whcn(x::AbstractArray) = x

as_images(x) = reshape(x, size(x, 1), size(x, 2), 1, size(x, 3))

# One channel: the same memory.
drop_channels(x) = reshape(x, size(x, 2), size(x, 3), 1, size(x, 4))

"""
    to_cwhn(y)

Copy Flux's `(width, height, channels, samples)` to `(channels, width, height, samples)`.
Other arrays are returned as they are.
"""
to_cwhn(y::AbstractArray{<:Any,4}) = permutedims(y, (3, 1, 2, 4))
to_cwhn(y::AbstractArray) = y

"""
    device_images(device, x)

Images `(channels, width, height, samples)` on a device, in Flux's order: on the CPU a view
of the same memory, on a GPU a copy, in which bytes stay bytes.
"""
device_images(::CPUDevice, x) = to_whcn(x)
device_images(device, x) = permute_copy(to_device(device, x))

permute_copy(x) = x
permute_copy(x::AbstractArray{<:Any,3}) = permute_copy(as_images(x))
permute_copy(x::AbstractArray{<:Any,4}) =
    size(x, 1) == 1 ? drop_channels(x) : permutedims(x, (2, 3, 1, 4))

"""
    one_based(numbers)

Class numbers or indices that count from 0, counted from 1.

# Examples
```jldoctest
julia> PyFlux.RowMajor.one_based(Int32[0, 9])
2-element Vector{Int32}:
  1
 10
```
"""
one_based(numbers) = numbers .+ one(eltype(numbers))

"""
    DeviceData(device, images, targets, sample_weights = nothing)

Samples to train or to evaluate with, on a device and in Flux's order. Integer targets are
class numbers from 0; `sample_weights` may be `nothing`. On the CPU the images are a view.
"""
struct DeviceData
    images::Any
    targets::Any
    sample_weights::Any

    DeviceData(device, images, targets, sample_weights = nothing) = new(
        device_images(device, images), device_targets(device, targets),
        sample_weights === nothing ? nothing : to_device(device, sample_weights),
    )
end

device_targets(device, targets) = to_device(device, targets)
device_targets(device, labels::AbstractVector{<:Integer}) =
    to_device(device, one_based(labels))

# Batches on a GPU: gathered by a kernel, without a number that comes to the host.

# As `BatchBuffer`, for images on a device.
mutable struct DeviceBatchBuffer{A,B<:AbstractArray{Float32}}
    const images::A  # a column for each sample
    const scale::Float32
    batch::B         # allocated for the first batch
end

function BatchBuffer(images::AnyGPUArray; scale_bytes::Bool = true)
    shape, n = Base.front(size(images)), numobs(images)
    return DeviceBatchBuffer(
        reshape(images, prod(shape), n), byte_scale(eltype(images), scale_bytes),
        similar(images, Float32, shape..., 0),
    )
end

function gather!(buffer::DeviceBatchBuffer, indices)
    n, x = length(indices), buffer.batch
    if size(x, ndims(x)) != n
        x = buffer.batch = similar(x, Base.front(size(x))..., n)
    end
    columns = reshape(adapt_like(buffer.images, indices), 1, n)
    rows = axes(buffer.images, 1)
    reshape(x, :, n) .= scaled_value.(Ref(buffer.images), rows, columns, buffer.scale)
    return x
end

@inline scaled_value(images, i, k, scale) = Float32(@inbounds images[i, k]) * scale

gather(x::AnyGPUArray{<:Any,1}, indices) = value_at.(Ref(x), adapt_like(x, indices))
gather(x::AnyGPUArray{<:Any,2}, indices) =
    value_at.(Ref(x), axes(x, 1), reshape(adapt_like(x, indices), 1, length(indices)))

@inline value_at(x, i...) = @inbounds x[i...]

encode(labels::AbstractVector{<:Integer}, ŷ::AnyGPUArray) =
    ifelse.(axes(ŷ, 1) .== reshape(labels, 1, :), one(eltype(ŷ)), zero(eltype(ŷ)))

# Images and features into the kernels' order, and gradients out of it.

"""
    BatchView(images, indices, scale = 1)

The samples of `images` that `indices` names, times `scale`: a batch that is never
gathered. Samples are the last axis.
"""
struct BatchView{A,I}
    images::A
    indices::I
    scale::Float32
end

BatchView(images) = BatchView(images, axes(images, ndims(images)), 1.0f0)

as_batch(x::BatchView) = x
as_batch(x::AbstractArray) = BatchView(x)

# How an array has images: floats of one, those before its first pixel inside the padding,
# and those from a row to the next.
struct ImageLayout
    length::Int
    offset::Int
    stride::Int
end

ImageLayout(l::FusedConv) = ImageLayout(input_length(l), padding_offset(l), row_stride(l))

# The `k`th image of an array.
ImagePointer(layout::ImageLayout, array, k) =
    ImagePointer(pointer(array, layout.length * (k - 1) + layout.offset + 1), layout.stride)

"Copy sample `k` of `x`, times `scale`, to where the kernels read it."
function pack_input!(destination::ImagePointer, x::AbstractMatrix, k, scale)
    for i in axes(x, 1)
        unsafe_store!(destination.origin, Float32(@inbounds x[i, k]) * scale, i)
    end
end

# Whole rows where channels are innermost in memory already, or there is only one.
pack_input!(destination::ImagePointer, x::Array{<:Any,4}, k, scale) =
    size(x, 3) == 1 ? pack_rows!(destination, x, size(x, 1), size(x, 2), k, scale) :
    pack_pixels!(destination, x, k, scale)
pack_input!(
    destination::ImagePointer, x::PermutedDimsArray{<:Any,4,(2, 3, 1, 4),<:Any,<:Array}, k,
    scale,
) = pack_rows!(destination, parent(x), size(x, 3) * size(x, 1), size(x, 2), k, scale)
pack_input!(destination::ImagePointer, x::AbstractArray{<:Any,4}, k, scale) =
    pack_pixels!(destination, x, k, scale)

function pack_rows!((; origin, stride)::ImagePointer, x::Array, row_length, rows, k, scale)
    if stride == row_length  # without padding an image is one long row
        row_length, rows = row_length * rows, 1
    end
    GC.@preserve x for row in 0:(rows - 1)
        from = pointer(x, ((k - 1) * rows + row) * row_length + 1)
        destination = origin + 4 * row * stride
        @simd ivdep for i in 1:row_length
            unsafe_store!(destination, Float32(unsafe_load(from, i)) * scale, i)
        end
    end
end

function pack_pixels!((; origin, stride)::ImagePointer, x, k, scale)
    w, h, channels, _ = size(x)
    for row in 1:h, channel in 1:channels, column in 1:w
        value = Float32(@inbounds x[column, row, channel, k]) * scale
        unsafe_store!(origin, value, (row - 1) * stride + (column - 1) * channels + channel)
    end
end

"""
    unpack_input_gradient!(dx, layout::ImageLayout, gradients, images)

Copy a thread's gradients of the first layer's input, image after image, to those `images`
of `dx`.
"""
function unpack_input_gradient!(dx, layout::ImageLayout, gradients, images)
    w, h, channels, _ = size(dx)
    for (k, image) in enumerate(images)
        from = layout.length * (k - 1) + layout.offset
        for row in 1:h, column in 1:w, channel in 1:channels
            i = from + (row - 1) * layout.stride + (column - 1) * channels + channel
            @inbounds dx[column, row, channel, image] = gradients[i]
        end
    end
end

# Features, channels fastest, as images with channels last, and the other way round.
to_images(features, (w, h, c), n) = permutedims(reshape(features, c, w, h, n), (2, 3, 1, 4))
to_features!(features, images::AbstractMatrix) = copyto!(features, images)
function to_features!(features, images::AbstractArray{<:Any,4})
    w, h, c, n = size(images)
    permutedims!(reshape(features, c, w, h, n), images, (3, 1, 2, 4))
end

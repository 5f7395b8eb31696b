# A convolution, its bias, its relu and the 2×2 max-pooling after it, as one layer.

"""
    FusedConv(conv, pool, (width, height, channels); lanes = default_lanes())

A `Conv` with stride 1 and the `MaxPool((2, 2))` after it, or `nothing`, for images of
that size.

The type has what the compiler should know: the width of vectors `W`, whether there is
pooling, and `(channels, kernel width)` where these are few, or `nothing`.
"""
@kwdef struct FusedConv{W,Pooled,Known}
    kernel::NTuple{2,Int}  # width and height
    channels::Int
    filters::Int
    pad::NTuple{4,Int}     # left, right, top, bottom
    input::NTuple{2,Int}   # width and height with padding
    output::NTuple{2,Int}  # width and height after pooling
    relu::Bool
    bias::Bool
end

function FusedConv(conv::Conv{2}, pool, (w, h, c)::Dims{3}; lanes = default_lanes())
    kw, kh, channels, filters = size(conv.weight)
    c == channels ||
        throw(DimensionMismatch("the layer $conv takes $channels channels, got $c"))
    pooled, pad = pool !== nothing, pad_sides(conv.pad)
    input = (w + pad[1] + pad[2], h + pad[3] + pad[4])
    output = (input .- (kw, kh) .+ 1) .÷ (pooled ? 2 : 1)
    minimum(output) > 0 ||
        throw(DimensionMismatch("the layer $conv leaves nothing of an image of $w×$h"))
    known = kw * c ≤ 9 ? (c, kw) : nothing
    return FusedConv{check_lanes(lanes),pooled,known}(;
        kernel = (kw, kh), channels, filters, pad, input, output,
        relu = conv.σ === relu, bias = conv.bias !== false,
    )
end

is_pooled(::FusedConv{W,Pooled}) where {W,Pooled} = Pooled

# The filters in whole vectors.
padded_filters(l::FusedConv{W}) where {W} = whole_vectors(l.filters, W)

# A tap is one weight of a filter. A row of the kernel covers neighbouring floats of an
# image, as channels are innermost.
row_taps(l::FusedConv) = l.kernel[1] * l.channels
taps(l::FusedConv) = row_taps(l) * l.kernel[2]

# Images in memory: channels innermost, then columns, then rows, with their padding around
# them.
input_length(l::FusedConv) = l.input[1] * l.input[2] * l.channels
output_length(l::FusedConv) = l.output[1] * l.output[2] * l.filters
row_stride(l::FusedConv) = l.input[1] * l.channels
output_stride(l::FusedConv) = l.output[1] * l.filters

# Floats before the first pixel inside the padding.
padding_offset(l::FusedConv) = (l.pad[3] * l.input[1] + l.pad[1]) * l.channels

# Floats from the first pixel of a window that a pooled (or single) output covers to that
# of the image.
window_offset(l::FusedConv{W,Pooled}, row, column) where {W,Pooled} =
    (Pooled ? 2 : 1) * (row * row_stride(l) + column * l.channels)

"One image in memory: where its first pixel is, and the floats from one row to the next."
struct ImagePointer
    origin::Ptr{Float32}
    stride::Int
end

# The filters from `f` on at an output.
output_pointer(l::FusedConv, image::ImagePointer, f, row, column) =
    image.origin + 4 * (row * image.stride + column * l.filters + f)

# Which of its four outputs a 2×2 pooling took is kept as a number: 0 and 1 for those of
# the upper row, 2 and 3 for the lower, and -1 if relu has set the result to 0, so that
# none gets a gradient. It stands beside the outputs, in the same order, without padding.
const DEAD = Int32(-1)
winner_pointer(l::FusedConv, winners::Ptr{Int32}, f, row, column) =
    winners + 4 * ((row * l.output[1] + column) * l.filters + f)

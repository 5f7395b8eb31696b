# A convolution, its bias, its relu and the 2×2 max-pooling after it, as one layer, for one image at a time: the way
# forward. The convolution's own output is never written: of each 2×2 places the largest is kept, and which it was.

"""
    Fused(conv, pool, size; inner = true)

A `Conv` with stride 1 and the `MaxPool((2, 2))` after it, or `nothing`, for images of `(width, height, channels)`.
`inner` is whether its input gets a gradient.

What the compiler should know is in the type: whether there is pooling, `(channels, kernel width)` where these are few or
`nothing`, and how the way back goes, which gradient.jl explains.
"""
struct Fused{Pooled,Known,Few,Rows,Columns}
    kernel::NTuple{2,Int}
    channels::Int
    filters::Int
    pad::NTuple{4,Int}
    input::NTuple{2,Int}   # width and height with padding
    output::NTuple{2,Int}  # width and height of what comes out
    relu::Bool
    bias::Bool
end

function Fused(conv::Conv{2}, pool, (w, h, c)::Dims{3}; inner = true)
    kw, kh, channels, filters = size(conv.weight)
    c == channels || throw(DimensionMismatch("the layer $conv takes $channels channels, got $c"))
    pooled, pad = pool !== nothing, sides(conv.pad)
    input = (w + pad[1] + pad[2], h + pad[3] + pad[4])
    output = (input .- (kw, kh) .+ 1) .÷ (pooled ? 2 : 1)
    minimum(output) > 0 || throw(DimensionMismatch("the layer $conv leaves nothing of an image of $w×$h"))
    few = !inner && few_taps(kw * kh * c, pooled)
    known = kw * c ≤ 9 ? (c, kw) : nothing
    return Fused{pooled,known,few,group(kw * c, kh, few)...}(
        (kw, kh), c, filters, pad, input, output, conv.σ === relu, conv.bias !== false
    )
end

# The same layer for the way forward, whose code does not depend on how the way back goes.
ahead(l::Fused{Pooled,Known,Few}) where {Pooled,Known,Few} =
    Fused{Pooled,Known,Few,1,1}(l.kernel, l.channels, l.filters, l.pad, l.input, l.output, l.relu, l.bias)

pooled(::Fused{Pooled}) where {Pooled} = Pooled

# Whole vectors for all filters, and for a row of the kernel.
padded(n) = cld(n, LANES) * LANES
row_length(l::Fused) = l.kernel[1] * l.channels
taps(l::Fused) = row_length(l) * l.kernel[2]
input_length(l::Fused) = l.input[1] * l.input[2] * l.channels
output_length(l::Fused) = l.output[1] * l.output[2] * l.filters

# Where the image inside the padding begins, and floats a row of what goes in and of what comes out.
inside(l::Fused) = (l.pad[3] * l.input[1] + l.pad[1]) * l.channels
row_stride(l::Fused) = l.input[1] * l.channels
output_stride(l::Fused) = l.output[1] * l.filters

# Where an array of this package's begins, and floats between its rows: the outputs of one image, in the next layer's
# input or in an array of their own.
struct Plane
    at::Ptr{Float32}
    stride::Int
end

"""
    forward!(l::Fused, y::Plane, codes, x, weights, bias)

One image. `y` gets the outputs, `(filters, width, height)`; `codes` gets which of the four was the largest, as the way
back wants it, or -1 where relu has put a 0, unless it is null.
"""
function forward!(l::Fused{Pooled}, y::Plane, codes, x, weights, bias) where {Pooled}
    # Tiles as wide as there are registers for their sums, and wide enough that no addition waits for the one before it.
    most, (several, one) = Pooled ? (2, (Val(2), Val(LANES ÷ 4))) : (4, (Val(4), Val(8)))
    f, filters = 0, padded(l.filters)
    while f < filters
        if filters - f ≥ most * LANES
            rows!(l, Val(most), several, f, y, codes, x, weights, bias)
            f += most * LANES
        else
            rows!(l, Val(1), one, f, y, codes, x, weights, bias)
            f += LANES
        end
    end
end

function rows!(l::Fused, F::Val, N::Val, f, y, codes, x, weights, bias)
    for row in 0:(l.output[2] - 1)
        tiles!(l, F, N, f, 0, row, y, codes, x, weights, bias)
    end
end

# Tiles of `N` neighbouring outputs of a row from `column` on, then of fewer for those that are left.
@inline function tiles!(l::Fused, F::Val, ::Val{N}, f, column, row, y, codes, x, weights, bias) where {N}
    while column + N ≤ l.output[1]
        tile!(l, F, Val(N), f, column, row, y, codes, x, weights, bias)
        column += N
    end
    N > 1 && tiles!(l, F, Val(N ÷ 2), f, column, row, y, codes, x, weights, bias)
    return nothing
end

function tile!(
    l::Fused{true,Known}, ::Val{F}, ::Val{N}, f, column, row, y, codes, x, weights, bias
) where {Known,F,N}
    stride = row_stride(l)
    from = 2row * stride + 2column * l.channels
    sums = conv_block(
        Val(2), Val(2N), Val(F), Val(Known), x + 4from, weights + 4f, stride, l.channels, l.kernel..., padded(l.filters)
    )
    unrolled(Val(N * F)) do i
        n, v = i ÷ F, i % F
        sum(r, q) = @inbounds sums[(r * 2N + 2n + q) * F + v + 1]
        pool!(l, (sum(0, 0), sum(0, 1), sum(1, 0), sum(1, 1)), f + v * LANES, row, column + n, y, codes, bias)
    end
end

# The largest of 2×2 sums, and which it was.
@inline function pool!(l::Fused, sums::NTuple{4,V}, filter, row, column, y, codes, bias)
    at = y.at + 4 * (row * y.stride + column * l.filters + filter)
    codes == C_NULL && return put!(l, finish(l, max(max(sums[1], sums[2]), max(sums[3], sums[4])), filter, bias), filter, at)
    best, code = sums[1], Codes(0)
    for (sum, r, q) in ((sums[2], 0, 1), (sums[3], 1, 0), (sums[4], 1, 1))
        better = sum > best
        best = vifelse(better, sum, best)
        code = vifelse(better, Codes(winner_code(l, r, q)), code)
    end
    value = finish(l, best, filter, bias)
    put!(l, value, filter, at)
    code += Codes(first_code(l, 2row * row_stride(l) + 2column * l.channels))
    code = l.relu ? vifelse(value > V(0.0f0), code, Codes(-1)) : code
    put!(l, code, filter, codes + 4 * ((row * l.output[1] + column) * l.filters + filter))
end

function tile!(
    l::Fused{false,Known}, ::Val{F}, ::Val{N}, f, column, row, y, codes, x, weights, bias
) where {Known,F,N}
    stride = row_stride(l)
    from = row * stride + column * l.channels
    sums = conv_block(
        Val(1), Val(N), Val(F), Val(Known), x + 4from, weights + 4f, stride, l.channels, l.kernel..., padded(l.filters)
    )
    unrolled(Val(N * F)) do i
        n, v = i ÷ F, i % F
        filter = f + v * LANES
        value = finish(l, @inbounds(sums[i + 1]), filter, bias)
        put!(l, value, filter, y.at + 4 * (row * y.stride + (column + n) * l.filters + filter))
    end
end

# With few taps: which of the four, numbered row by row. With many: where its window begins in the input.
first_code(::Fused{true,<:Any,true}, from) = Int32(0)
first_code(::Fused{true,<:Any,false}, from) = from % Int32
winner_code(::Fused{true,<:Any,true}, r, q) = Int32(2r + q)
winner_code(l::Fused{true,<:Any,false}, r, q) = (r * row_stride(l) + q * l.channels) % Int32

@inline function finish(l::Fused, sum, filter, bias)
    value = sum + load(bias, filter)
    return l.relu ? max(value, V(0.0f0)) : value
end

# Of the last vector only the filters that there are.
@inline function put!(l::Fused, values::Vec{LANES,T}, filter, p) where {T}
    at = convert(Ptr{T}, p)
    return filter + LANES ≤ l.filters ? vstore(values, at) : vstore(values, at, lanes(l.filters - filter))
end

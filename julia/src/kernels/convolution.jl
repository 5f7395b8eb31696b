# A convolution, its bias, its relu and the 2×2 max-pooling after it, as one layer, for one image at a time. The
# convolution's own output is never written: of each 2×2 places the largest is kept, and where it was. Only these
# places get a gradient, so that both products of the way back cost a quarter of the usual ones, and less where relu
# has put a 0.

"""
    Fused(conv, pool, size)

A `Conv` with stride 1 and the `MaxPool((2, 2))` after it, or `nothing`, for images of `(width, height, channels)`.
"""
struct Fused
    kernel::NTuple{2,Int}
    channels::Int
    filters::Int
    pad::NTuple{4,Int}
    input::NTuple{2,Int}   # width and height with padding
    output::NTuple{2,Int}  # width and height of what comes out
    relu::Bool
    bias::Bool
    pooled::Bool
end

function Fused(conv::Conv{2}, pool, (w, h, c)::Dims{3})
    kw, kh, _, filters = size(conv.weight)
    pad = sides(conv.pad)
    input = (w + pad[1] + pad[2], h + pad[3] + pad[4])
    output = (input .- (kw, kh) .+ 1) .÷ (pool === nothing ? 1 : 2)
    return Fused((kw, kh), c, filters, pad, input, output, conv.σ === relu, conv.bias !== false, pool !== nothing)
end

# Whole vectors for all filters, and for a row of the kernel.
padded(n) = cld(n, LANES) * LANES
row_length(l::Fused) = l.kernel[1] * l.channels
input_length(l::Fused) = l.input[1] * l.input[2] * l.channels
output_length(l::Fused) = l.output[1] * l.output[2] * l.filters

# Flux's (width, height, in, out), flipped, packed for the way forward: (out padded, in, width, height).
function pack_forward!(packed, weight, l::Fused)
    kw, kh = l.kernel
    filters = padded(l.filters)
    for f in 1:l.filters, c in 1:l.channels, j in 1:kh, i in 1:kw
        @inbounds packed[f + filters * (c - 1 + l.channels * (i - 1 + kw * (j - 1)))] = weight[kw + 1 - i, kh + 1 - j, c, f]
    end
end

# … and for the way back: a padded row of (in, width) for each row of the kernel and filter.
function pack_back!(packed, weight, l::Fused)
    kw, kh = l.kernel
    row = padded(row_length(l))
    for f in 1:l.filters, c in 1:l.channels, j in 1:kh, i in 1:kw
        @inbounds packed[c + l.channels * (i - 1) + row * (j - 1 + kh * (f - 1))] = weight[kw + 1 - i, kh + 1 - j, c, f]
    end
end

function unpack_gradient!(weight, packed, l::Fused)
    kw, kh = l.kernel
    row = padded(row_length(l))
    for f in 1:l.filters, c in 1:l.channels, j in 1:kh, i in 1:kw
        @inbounds weight[kw + 1 - i, kh + 1 - j, c, f] = packed[c + l.channels * (i - 1) + row * (j - 1 + kh * (f - 1))]
    end
end

"""
    forward!(l::Fused, y, places, x, weights, bias)

One image: `y` gets the outputs, `places` for each where in `x` the window of the largest begins. All are pointers;
`y` and `places` are `(filters, width, height)`.
"""
function forward!(l::Fused, y, y_stride, places, x, weights, bias)
    filters = padded(l.filters)
    f = 0
    while f < filters
        vectors = min(2, (filters - f) ÷ LANES)
        vectors == 2 ? forward_filters!(l, Val(2), f, y, y_stride, places, x, weights, bias) :
            forward_filters!(l, Val(1), f, y, y_stride, places, x, weights, bias)
        f += vectors * LANES
    end
end

function forward_filters!(l::Fused, F::Val, f, y, y_stride, places, x, weights, bias)
    stride, (w, h) = l.input[1] * l.channels, l.output
    wide = F === Val(1) ? 3 : 2  # enough sums at once that the additions need not wait for each other
    for oh in 0:(h - 1)
        ow = 0
        while ow + wide ≤ w
            wide == 3 ? place!(l, Val(3), F, f, ow, oh, stride, y, y_stride, places, x, weights, bias) :
                place!(l, Val(2), F, f, ow, oh, stride, y, y_stride, places, x, weights, bias)
            ow += wide
        end
        while ow < w
            place!(l, Val(1), F, f, ow, oh, stride, y, y_stride, places, x, weights, bias)
            ow += 1
        end
    end
end

# `P` neighbouring outputs from the one at (ow, oh).
@inline function place!(l::Fused, P::Val, F::Val, f, ow, oh, stride, y, y_stride, places, x, weights, bias)
    return l.pooled ? place_pooled!(l, P, F, f, ow, oh, stride, y, y_stride, places, x, weights, bias) :
           place_plain!(l, P, F, f, ow, oh, stride, y, y_stride, x, weights, bias)
end

@inline function place_pooled!(
    l::Fused, ::Val{P}, ::Val{F}, f, ow, oh, stride, y, y_stride, places, x, weights, bias
) where {P,F}
    from = 2oh * stride + 2ow * l.channels
    sums = conv_block(
        Val(2), Val(2P), Val(F), x + 4from, weights + 4f, stride, l.channels, l.kernel..., padded(l.filters)
    )
    for p in 0:(P - 1), v in 0:(F - 1)
        at = from + 2p * l.channels
        sum(r, q) = @inbounds sums[(r * 2P + 2p + q) * F + v + 1]
        best, place = sum(0, 0), Vec{LANES,Int32}(at % Int32)
        for (r, q) in ((0, 1), (1, 0), (1, 1))
            better = sum(r, q) > best
            best = vifelse(better, sum(r, q), best)
            place = vifelse(better, Vec{LANES,Int32}((at + r * stride + q * l.channels) % Int32), place)
        end
        filter = f + v * LANES
        finish!(l, best, filter, y, oh * y_stride + (ow + p) * l.filters, bias)
        keep!(l, place, filter, places, (oh * l.output[1] + ow + p) * l.filters)
    end
end

@inline function place_plain!(
    l::Fused, ::Val{P}, ::Val{F}, f, ow, oh, stride, y, y_stride, x, weights, bias
) where {P,F}
    from = oh * stride + ow * l.channels
    sums = conv_block(
        Val(1), Val(P), Val(F), x + 4from, weights + 4f, stride, l.channels, l.kernel..., padded(l.filters)
    )
    for p in 0:(P - 1), v in 0:(F - 1)
        finish!(l, @inbounds(sums[p * F + v + 1]), f + v * LANES, y, oh * y_stride + (ow + p) * l.filters, bias)
    end
end

# Bias and relu, and into the output; of the last vector only the filters that there are.
@inline function finish!(l::Fused, value, filter, y, at, bias)
    value += load(bias, filter)
    value = l.relu ? max(value, V(0.0f0)) : value
    filter + LANES ≤ l.filters && return store!(y, at + filter, value)
    for k in 1:(l.filters - filter)
        unsafe_store!(y, value[k], at + filter + k)
    end
end

@inline function keep!(l::Fused, place, filter, places, at)
    filter + LANES ≤ l.filters && return vstore(place, places + 4 * (at + filter))
    for k in 1:(l.filters - filter)
        unsafe_store!(places, place[k], at + filter + k)
    end
end

"""
    hits!(l::Fused, offsets, values, f, dy, dy_stride, y, y_stride, places)

Fill `offsets` and `values` with where and how much for the outputs of filter `f` that get one, and return how many they are.
"""
function hits!(l::Fused, offsets, values, f, dy, dy_stride, y, y_stride, places)
    w, h = l.output
    n = 0
    for oh in 0:(h - 1), ow in 0:(w - 1)
        at = (oh * w + ow) * l.filters + f
        d = unsafe_load(dy, oh * dy_stride + ow * l.filters + f + 1)
        alive = !l.relu || unsafe_load(y, oh * y_stride + ow * l.filters + f + 1) > 0
        place = l.pooled ? unsafe_load(places, at + 1) : (oh * l.input[1] + ow) * l.channels % Int32
        @inbounds offsets[n + 1] = place
        @inbounds values[n + 1] = d
        n += alive & (d != 0)
    end
    return n
end

"""
    back!(l::Fused, dw, db, dx, dy, dy_stride, y, y_stride, places, x, weights, offsets, values)

The way back for one image: add to the gradients of weights and bias, and to `dx` unless it is null.
"""
function back!(l::Fused, dw, db, dx, dy, dy_stride, y, y_stride, places, x, weights, offsets, values)
    stride, row, kh = l.input[1] * l.channels, padded(row_length(l)), l.kernel[2]
    for f in 0:(l.filters - 1)
        n = hits!(l, offsets, values, f, dy, dy_stride, y, y_stride, places)
        n == 0 && continue
        total = 0.0f0
        for k in 1:n
            total += @inbounds values[k]
        end
        unsafe_store!(db, unsafe_load(db, f + 1) + total, f + 1)
        for j in 0:(kh - 1)
            from, mine = j * stride, (f * kh + j) * row
            in_vectors(row ÷ LANES) do start, count
                at = mine + start * LANES
                gather!(count, dw + 4at, x + 4 * (from + start * LANES), offsets, values, n)
                dx == C_NULL ||
                    scatter!(count, dx + 4 * (from + start * LANES), weights + 4at, offsets, values, n)
            end
        end
    end
end

# Calls f(start, Val(count)) for pieces of at most four vectors.
@inline function in_vectors(f, total)
    start = 0
    while start < total
        left = total - start
        left ≥ 4 ? f(start, Val(4)) : left == 3 ? f(start, Val(3)) : left == 2 ? f(start, Val(2)) : f(start, Val(1))
        start += min(4, left)
    end
end

# dw += Σ d · (what the window at each place met), with N vectors of sums in registers.
@generated function gather!(::Val{N}, dw, x, offsets, values, n) where {N}
    acc(v) = Symbol(:acc, v)
    vectors = 0:(N - 1)
    return quote
        $([:($(acc(v)) = load(dw, $(v * LANES))) for v in vectors]...)
        for k in 1:n
            @inbounds d, p = V(values[k]), x + 4 * Int(offsets[k])
            $([:($(acc(v)) = muladd(d, load(p, $(v * LANES)), $(acc(v)))) for v in vectors]...)
        end
        $([:(store!(dw, $(v * LANES), $(acc(v)))) for v in vectors]...)
        return nothing
    end
end

# dx at the window of each place += d · w
@inline function scatter!(::Val{N}, dx, w, offsets, values, n) where {N}
    weights = ntuple(v -> load(w, (v - 1) * LANES), Val(N))
    for k in 1:n
        d, p = V(@inbounds values[k]), dx + 4 * Int(@inbounds offsets[k])
        ntuple(v -> store!(p, (v - 1) * LANES, muladd(d, weights[v], load(p, (v - 1) * LANES))), Val(N))
    end
    return nothing
end

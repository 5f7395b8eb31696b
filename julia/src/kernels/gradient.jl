# The way back through a `Fused` layer, for one image at a time. Of 2×2 places only the largest gets a gradient, and none
# where relu has put a 0, so that both products cost a quarter of the usual ones, or less, and exactly.
#
# There are two ways. Where the kernel has few taps, a vector holds the gradients of LANES filters for one tap, and of
# each 2×2 places all are looked at, with 0 for those that did not win. Where it has many, the places that count are
# listed for each filter, and a vector holds neighbouring taps.

# What comes back to a layer: the gradient of its outputs, the outputs, and the codes that `forward!` wrote.
struct Return
    dy::Plane
    y::Plane
    codes::Ptr{Int32}
end

# Few taps: to look at four places costs less than to list one.
few_taps(taps, pooled) = taps * (pooled ? 4 : 1) ≤ 128

# As many sums as there are registers for; with many taps each has a weight beside it.
const MOST_SUMS = LANES == 16 ? (few = 28, many = 9) : (few = 10, many = 4)

"How much of a kernel is done at once: so many rows, and so many taps or vectors of a row."
function group(row, kh, few)
    few && (columns = largest_divisor(row, MOST_SUMS.few); return largest_divisor(kh, MOST_SUMS.few ÷ columns), columns)
    vectors = cld(row, LANES)
    columns = cld(vectors, cld(vectors, MOST_SUMS.many))
    return largest_divisor(kh, MOST_SUMS.many ÷ columns), columns
end

largest_divisor(n, most) = last(d for d in 1:min(n, most) if n % d == 0)

"Add up the gradient of the bias."
function back_bias!(l::Fused, db, r::Return)
    for f in 0:LANES:(l.filters - 1)
        total = load(db, f)
        for row in 0:(l.output[2] - 1), column in 0:(l.output[1] - 1)
            total += alive(l, r, f, row, column)
        end
        store!(db, f, total)
    end
end

@inline code_place(l::Fused, f, row, column) = (row * l.output[1] + column) * l.filters + f
@inline codes_at(l::Fused, r::Return, f, row, column) = vload(Codes, r.codes + 4 * code_place(l, f, row, column))

# The gradient of the outputs of LANES filters at a place, with 0 where relu has put one.
@inline function alive(l::Fused, r::Return, f, row, column)
    d = load(r.dy.at, row * r.dy.stride + column * l.filters + f)
    l.relu || return d
    pooled(l) && return vifelse(codes_at(l, r, f, row, column) ≥ Codes(0), d, V(0.0f0))
    return vifelse(load(r.y.at, row * r.y.stride + column * l.filters + f) > V(0.0f0), d, V(0.0f0))
end

# ── Few taps ─────────────────────────────────────────────────────────────────────────────────────────────

"""
    back!(l::Fused, dw, dx, r::Return, x, weights, hits)

Add one image's part to the gradient of the weights, and to that of the input, unless it is null.
"""
function back!(l::Fused{<:Any,<:Any,true,Rows,Columns}, dw, dx, r::Return, x, weights, hits) where {Rows,Columns}
    kh, row, filters = l.kernel[2], row_length(l), padded(l.filters)
    for f in 0:LANES:(l.filters - 1), j in 0:Rows:(kh - 1), k in 0:Columns:(row - 1)
        back_few!(l, dw + 4 * (f + filters * (j * row + k)), f, r, x + 4 * (j * row_stride(l) + k))
    end
end

@generated function back_few!(
    l::Fused{Pooled,<:Any,true,Rows,Columns}, dw, f, r::Return, x
) where {Pooled,Rows,Columns}
    taps = [(i, k) for i in 0:(Rows - 1) for k in 0:(Columns - 1)]
    sum(i, k) = Symbol(:sum, i, :_, k)
    at(i, k) = :(filters * ($i * row + $k))
    add(d, from) = [:($(sum(i, k)) = muladd($d, V(unsafe_load(x, $from + $i * stride + $k + 1)), $(sum(i, k)))) for (i, k) in taps]
    places = Pooled ? quote
        from, codes = 2oh * stride + 2ow * l.channels, codes_at(l, r, f, oh, ow)
        $([quote
            let won = vifelse(codes == Codes($(2p + q)), d, V(0.0f0)), from = from + $p * stride + $q * l.channels
                $(add(:won, :from)...)
            end
        end for p in 0:1 for q in 0:1]...)
    end : quote
        from = oh * stride + ow * l.channels
        $(add(:d, :from)...)
    end
    return quote
        stride, row, filters = row_stride(l), row_length(l), padded(l.filters)
        $([:($(sum(i, k)) = load(dw, $(at(i, k)))) for (i, k) in taps]...)
        for oh in 0:(l.output[2] - 1), ow in 0:(l.output[1] - 1)
            d = $(Pooled ? :(load(r.dy.at, oh * r.dy.stride + ow * l.filters + f)) : :(alive(l, r, f, oh, ow)))
            $places
        end
        $([:(store!(dw, $(at(i, k)), $(sum(i, k)))) for (i, k) in taps]...)
        return nothing
    end
end

# ── Many taps ────────────────────────────────────────────────────────────────────────────────────────────

# The places that count, for each of LANES filters: where their windows begin in the input, and their gradients.
struct Hits
    offsets::Matrix{Int32}
    values::Matrix{Float32}
    counts::Vector{Int}
end

Hits(most) = Hits(zeros(Int32, most + 1, LANES), zeros(Float32, most + 1, LANES), zeros(Int, LANES))

# Floats of a large image that are gone through for all filters before the next ones, so that they stay in a cache.
const BAND = 2^16

# So many rows of the outputs make a band.
band(l::Fused) = clamp(BAND ÷ (row_stride(l) * (pooled(l) ? 2 : 1)), 1, l.output[2])

# In some rows.
function find!(hits::Hits, l::Fused, f, r::Return, rows)
    for k in 1:min(LANES, l.filters - f)
        hits.counts[k] = find!(hits, l, f, r, rows, k)
    end
end

# For one filter, without a branch: a place that does not count is written over by the next.
function find!(hits::Hits, l::Fused, f, r::Return, rows, k)
    n, offsets, values = 0, pointer(hits.offsets, size(hits.offsets, 1) * (k - 1) + 1), pointer(hits.values, size(hits.values, 1) * (k - 1) + 1)
    for row in rows, column in 0:(l.output[1] - 1)
        offset = window(l, r, f + k - 1, row, column)
        d = unsafe_load(r.dy.at, row * r.dy.stride + column * l.filters + f + k)
        unsafe_store!(offsets, offset, n + 1)
        unsafe_store!(values, d, n + 1)
        n += (offset ≥ 0) & (d != 0)
    end
    return n
end

# Where the window of an output begins, or -1 if relu has put a 0 there.
@inline function window(l::Fused{Pooled}, r::Return, filter, row, column) where {Pooled}
    Pooled && return unsafe_load(r.codes, code_place(l, filter, row, column) + 1)
    dead = l.relu & !(unsafe_load(r.y.at, row * r.y.stride + column * l.filters + filter + 1) > 0)
    return ifelse(dead, Int32(-1), (row * row_stride(l) + column * l.channels) % Int32)
end

function back!(l::Fused{<:Any,<:Any,false,Rows,Columns}, dw, dx, r::Return, x, weights, hits) where {Rows,Columns}
    kh, row = l.kernel[2], back_row(l)
    for rows in Iterators.partition(0:(l.output[2] - 1), band(l)), first in 0:LANES:(l.filters - 1)
        find!(hits, l, first, r, rows)
        for k in 1:min(LANES, l.filters - first), j in 0:Rows:(kh - 1), c in 0:(Columns * LANES):(row - 1)
            packed, seen = 4 * (((first + k - 1) * kh + j) * row + c), 4 * (j * row_stride(l) + c)
            dx == C_NULL ? back_hits!(l, Val(false), dw + packed, dx, x + seen, weights, hits, k) :
                back_hits!(l, Val(true), dw + packed, dx + seen, x + seen, weights + packed, hits, k)
        end
    end
end

# dw += Σ d · (what the window at each place met), and dx at the window of each place += d · w.
@generated function back_hits!(
    l::Fused{<:Any,<:Any,false,Rows,Columns}, ::Val{DX}, dw, dx, x, w, hits::Hits, filter
) where {Rows,Columns,DX}
    vectors = [(i, c) for i in 0:(Rows - 1) for c in 0:(Columns - 1)]
    name(s, (i, c)) = Symbol(s, i, :_, c)
    sum(v) = name(:sum, v)
    weight(v) = name(:weight, v)
    packed((i, c)) = :($i * row + $(c * LANES))
    seen((i, c)) = :(from + $i * stride + $(c * LANES))
    each(f, wanted = true) = wanted ? map(f, vectors) : []
    return quote
        row, stride = back_row(l), row_stride(l)
        $(each(v -> :($(sum(v)) = load(dw, $(packed(v)))))...)
        $(each(v -> :($(weight(v)) = load(w, $(packed(v)))), DX)...)
        for k in 1:(@inbounds hits.counts[filter])
            d, from = V(@inbounds hits.values[k, filter]), Int(@inbounds hits.offsets[k, filter])
            $(each(v -> :($(sum(v)) = muladd(d, load(x, $(seen(v))), $(sum(v)))))...)
            $(each(v -> :(store!(dx, $(seen(v)), muladd(d, $(weight(v)), load(dx, $(seen(v)))))), DX)...)
        end
        $(each(v -> :(store!(dw, $(packed(v)), $(sum(v)))))...)
        return nothing
    end
end

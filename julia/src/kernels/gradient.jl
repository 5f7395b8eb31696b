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

# For LANES filters at a place: its code, or where its window begins if there is no pooling, and -1 where relu has put a 0.
@inline code_at(l::Fused{true}, r::Return, f, row, column) =
    vload(Codes, r.codes + 4 * ((row * l.output[1] + column) * l.filters + f))
@inline function code_at(l::Fused{false}, r::Return, f, row, column)
    from = Codes((row * row_stride(l) + column * l.channels) % Int32)
    l.relu || return from
    return vifelse(load(r.y.at, row * r.y.stride + column * l.filters + f) > V(0.0f0), from, Codes(-1))
end

# The gradient of their outputs, with 0 where relu has put one.
@inline function alive(l::Fused, r::Return, code, f, row, column)
    d = load(r.dy.at, row * r.dy.stride + column * l.filters + f)
    return vifelse(code ≥ Codes(0), d, V(0.0f0))
end

# ── Few taps ─────────────────────────────────────────────────────────────────────────────────────────────

"""
    back!(l::Fused, dw, db, dx, r::Return, x, weights, hits)

Add one image's part to the gradients of the weights and the bias, and to that of the input, unless it is null.
"""
function back!(l::Fused{<:Any,<:Any,true,Rows,Columns}, dw, db, dx, r::Return, x, weights, hits) where {Rows,Columns}
    kh, row, filters = l.kernel[2], row_length(l), padded(l.filters)
    for f in 0:LANES:(l.filters - 1), j in 0:Rows:(kh - 1), k in 0:Columns:(row - 1)
        total = back_few!(l, dw + 4 * (f + filters * (j * row + k)), f, r, x + 4 * (j * row_stride(l) + k))
        j == k == 0 && store!(db, f, load(db, f) + total)
    end
end

# Whether a vector holds what all four places of a window see of a row: each lane chooses its winner's pixel from two rows
# with one instruction, where there is one.
picks_pixels(known, columns) = LANES == 16 && known !== nothing && columns + known[1] ≤ LANES

const Lanes{T} = NTuple{LANES,VecElement{T}}

# Of the 2LANES values of `a` and `b`, the one that each lane names, counted from 0.
@inline choose(code::Codes, a::V, b::V) = V(ccall(
    "llvm.x86.avx512.vpermi2var.ps.512", llvmcall, Lanes{Float32}, (Lanes{Float32}, Lanes{Int32}, Lanes{Float32}),
    a.data, code.data, b.data,
))

# Where the winner's pixels begin in two vectors, each of which has a row: in the second one for the lower two of the
# four places, a pixel of `channels` further on for the right ones.
@inline winner_lane(code::Codes, channels::Int32) =
    vifelse(code > Codes(1), Codes(LANES), Codes(0)) + vifelse((code & Codes(1)) == Codes(1), Codes(channels), Codes(0))

# Returns the sum of the gradients of the outputs.
@generated function back_few!(
    l::Fused{Pooled,Known,true,Rows,Columns}, dw, f, r::Return, x
) where {Pooled,Known,Rows,Columns}
    taps = [(i, k) for i in 0:(Rows - 1) for k in 0:(Columns - 1)]
    sum(i, k) = Symbol(:sum, i, :_, k)
    row(i) = Symbol(:row, i)
    at(i, k) = :(filters * ($i * length + $k))
    add(d, pixel) = [:($(sum(i, k)) = muladd($d, $(pixel(i, k)), $(sum(i, k)))) for (i, k) in taps]
    pixel(i, k) = :(V(unsafe_load(x, from + $i * stride + $k + 1)))
    places = if !Pooled
        add(:d, pixel)
    elseif picks_pixels(Known, Columns)
        # The rows that the four places see, and the lane of them where the winner's pixels begin.
        [
            [:($(row(i)) = load(x, from + $i * stride)) for i in 0:Rows]
            :(begins = winner_lane(code, $(Int32(Known[1]))))
            add(:d, (i, k) -> :(choose(begins + Codes(Int32($k)), $(row(i)), $(row(i + 1)))))
        ]
    else
        [:(
            let won = vifelse(code == Codes(winner_code(l, $p, $q)), d, V(0.0f0)), from = from + $p * stride + $q * l.channels
                $(add(:won, pixel)...)
            end
        ) for p in 0:1 for q in 0:1]
    end
    step = Pooled ? 2 : 1
    return quote
        stride, length, filters, total = row_stride(l), row_length(l), padded(l.filters), V(0.0f0)
        $([:($(sum(i, k)) = load(dw, $(at(i, k)))) for (i, k) in taps]...)
        for oh in 0:(l.output[2] - 1), ow in 0:(l.output[1] - 1)
            from, code = $step * (oh * stride + ow * l.channels), code_at(l, r, f, oh, ow)
            d = alive(l, r, code, f, oh, ow)
            total += d
            $(places...)
        end
        $([:(store!(dw, $(at(i, k)), $(sum(i, k)))) for (i, k) in taps]...)
        return total
    end
end

# ── Many taps ────────────────────────────────────────────────────────────────────────────────────────────

# A place that counts: where its window begins in the input, and its gradient.
struct Hit
    from::Int32
    d::Float32
end

# Those of each of LANES filters.
struct Hits
    lists::Matrix{Hit}
    counts::Vector{Int}
end

Hits(most) = Hits(fill(Hit(0, 0), most, LANES), zeros(Int, LANES))

# So many rows of the outputs are gone through for all filters before the next ones, so that their pixels stay in a cache.
band(l::Fused) = clamp(CACHED ÷ (row_stride(l) * (pooled(l) ? 2 : 1)), 1, l.output[2])

"List them for LANES filters in some rows; the sums of their gradients are returned."
function find!(hits::Hits, l::Fused, f, r::Return, rows)
    lists, length = pointer(hits.lists), size(hits.lists, 1)
    ends, total = Places(ntuple(k -> Int(lists) + sizeof(Hit) * length * (k - 1), Val(LANES))), V(0.0f0)
    begins = ends
    # Every other place of a row, then those between, as the gradients of windows that overlap would wait for each other.
    for row in rows, first in 0:1, column in first:2:(l.output[1] - 1)
        code = code_at(l, r, f, row, column)
        d = alive(l, r, code, f, row, column)
        counts = d != V(0.0f0)
        vscatter(hit(code, d), convert(Vec{LANES,Ptr{Int}}, ends), counts)
        ends += vifelse(counts, Places(sizeof(Hit)), Places(0))
        total += d
    end
    vstore((ends - begins) >> trailing_zeros(sizeof(Hit)), pointer(hits.counts))
    return total
end

const Places = Vec{LANES,Int}

# LANES of them, as they are in memory.
@inline hit(from::Codes, d::V) = convert(Places, reinterpret(Codes, d)) << 32 + convert(Places, from)

function back!(l::Fused{<:Any,<:Any,false,Rows,Columns}, dw, db, dx, r::Return, x, weights, hits) where {Rows,Columns}
    kh, row = l.kernel[2], back_row(l)
    for rows in Iterators.partition(0:(l.output[2] - 1), band(l)), first in 0:LANES:(l.filters - 1)
        store!(db, first, load(db, first) + find!(hits, l, first, r, rows))
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
            hit = @inbounds hits.lists[k, filter]
            d, from = V(hit.d), Int(hit.from)
            $(each(v -> :($(sum(v)) = muladd(d, load(x, $(seen(v))), $(sum(v)))))...)
            $(each(v -> :(store!(dx, $(seen(v)), muladd(d, $(weight(v)), load(dx, $(seen(v)))))), DX)...)
        end
        $(each(v -> :(store!(dw, $(packed(v)), $(sum(v)))))...)
        return nothing
    end
end

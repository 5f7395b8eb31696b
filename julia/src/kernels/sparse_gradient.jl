# The gradient of a layer with many taps: a vector has neighbouring taps, and only the
# outputs that count are visited.

# An output that counts: the offset in the input of the pixels that it has seen, and its
# gradient.
struct SparseEntry
    from::Int32
    d::Float32
end

"""
    SparseEntries(outputs, W)

A thread's lists of the outputs that count: one for each of `W` filters, with `lengths`.
"""
struct SparseEntries
    lists::Matrix{SparseEntry}
    lengths::Vector{Int64}

    # Room for one more than the outputs, as `push_entries!` may write behind the last.
    SparseEntries(outputs::Int, W::Int) =
        new(fill(SparseEntry(0, 0), outputs + 1, W), zeros(Int64, W))
end

# So many rows of outputs are visited for all filters before the next ones, so that the
# pixels that they see stay in a cache.
band_rows(l::FusedConv) =
    clamp(CACHE_FLOATS ÷ (row_stride(l) * (is_pooled(l) ? 2 : 1)), 1, l.output[2])
band_outputs(l::FusedConv) = band_rows(l) * l.output[1]

"List the outputs of `W` filters in some rows; returns the sums of their gradients."
function list_entries!(
    entries::SparseEntries, l::FusedConv{W}, f, g::OutputGradient, rows
) where {W}
    lists = Int64(pointer(entries.lists))
    bytes = sizeof(SparseEntry) * size(entries.lists, 1)
    starts = Addresses{W}(ntuple(k -> lists + bytes * (k - 1), Val(W)))
    ends, total = starts, splat(Floats{W}, 0)
    entry_size = splat(Addresses{W}, sizeof(SparseEntry))
    # Every other output of a row, then those between: the input gradients of windows that
    # overlap would wait for each other.
    for row in rows, parity in 0:1, column in parity:2:(l.output[1] - 1)
        winner = winners_at(l, g, f, row, column)
        d = gradient_at(l, g, winner, f, row, column)
        from = splat(Ints{W}, window_offset(l, row, column) % Int32)
        is_pooled(l) && (from += winner_offset(winner, row_stride(l), l.channels))
        counts = d != splat(Floats{W}, 0)
        push_entries!(ends, from, d, counts)
        ends += vifelse(counts, entry_size, splat(Addresses{W}, 0))
        total += d
    end
    lengths = (ends - starts) >> trailing_zeros(sizeof(SparseEntry))
    vstore(lengths, pointer(entries.lengths))
    return total
end

# Write an entry to the end of each list, if it counts: AVX-512 has an instruction.
# Elsewhere all are written, and those that do not count are overwritten by the next.
@inline push_entries!(ends::Addresses{16}, from, d, counts) =
    vscatter(entry_bits(from, d), convert(Vec{16,Ptr{Int64}}, ends), counts)
@inline function push_entries!(ends::Addresses{W}, from, d, counts) where {W}
    bits = entry_bits(from, d)
    unrolled(Val(W)) do k
        @inbounds unsafe_store!(Ptr{Int64}(ends[k + 1]), bits[k + 1])
    end
end

# Entries as they are in memory, on a little-endian machine.
@inline entry_bits(from::Ints{W}, d::Floats{W}) where {W} =
    convert(Addresses{W}, reinterpret(Ints{W}, d)) << 32 + convert(Addresses{W}, from)

function conv_backward!(
    l::FusedConv{W}, method::SparseGradient{Rows,Columns}, dw, db, dx, g::OutputGradient, x,
    weights, entries,
) where {W,Rows,Columns}
    kh, row = l.kernel[2], backward_row(l, method)
    bands = Iterators.partition(0:(l.output[2] - 1), band_rows(l))
    for rows in bands, f in 0:W:(l.filters - 1)
        total = list_entries!(entries, l, f, g, rows)
        store!(db, f, load(Floats{W}, db, f) + total)
        taps = Iterators.product(0:(Columns * W):(row - 1), 0:Rows:(kh - 1))
        for k in 1:min(W, l.filters - f), (c, j) in taps
            packed = 4 * (((f + k - 1) * kh + j) * row + c)
            seen = 4 * (j * row_stride(l) + c)
            if dx == C_NULL
                sparse_gradient!(
                    l, method, Val(false), dw + packed, dx, x + seen, weights, entries, k
                )
            else
                sparse_gradient!(
                    l, method, Val(true), dw + packed, dx + seen, x + seen,
                    weights + packed, entries, k,
                )
            end
        end
    end
end

# dw += Σ d · (the pixels that each output has seen), and dx += d · w at these pixels.
@generated function sparse_gradient!(
    l::FusedConv{W}, method::SparseGradient{Rows,Columns}, ::Val{DX}, dw, dx, x, weights,
    entries::SparseEntries, lane,
) where {W,Rows,Columns,DX}
    V = Floats{W}
    vectors = [(i, c) for i in 0:(Rows - 1) for c in 0:(Columns - 1)]
    sum_of((i, c)) = Symbol(:sum, i, :_, c)
    weight((i, c)) = Symbol(:weight, i, :_, c)
    packed((i, c)) = :($i * row + $(c * W))
    seen((i, c)) = :(from + $i * stride + $(c * W))
    each_vector(f) = map(f, vectors)
    load_weights = each_vector(v -> :($(weight(v)) = load($V, weights, $(packed(v)))))
    add_to_dx = each_vector() do v
        :(store!(dx, $(seen(v)), muladd(d, $(weight(v)), load($V, dx, $(seen(v))))))
    end
    return quote
        row, stride = backward_row(l, method), row_stride(l)
        $(each_vector(v -> :($(sum_of(v)) = load($V, dw, $(packed(v)))))...)
        $((DX ? load_weights : [])...)
        for k in 1:(@inbounds entries.lengths[lane])
            entry = @inbounds entries.lists[k, lane]
            d, from = splat($V, entry.d), Int(entry.from)
            $(each_vector() do v
                :($(sum_of(v)) = muladd(d, load($V, x, $(seen(v))), $(sum_of(v))))
            end...)
            $((DX ? add_to_dx : [])...)
        end
        $(each_vector(v -> :(store!(dw, $(packed(v)), $(sum_of(v)))))...)
        return nothing
    end
end

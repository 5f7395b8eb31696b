# The outputs of a fused layer, one image at a time. The convolution's own output is never
# written: of each 2×2 outputs the largest is kept, and which it was.

"""
    conv_forward!(l::FusedConv, y::ImagePointer, winners, x, weights, bias)

Compute one image. `y` receives the outputs, and `winners` the number of each pooling's
winner, unless it is null. `weights` are packed in `forward_order`.
"""
function conv_forward!(
    l::FusedConv{W,Pooled}, y::ImagePointer, winners, x, weights, bias
) where {W,Pooled}
    (F, N), N₁ = tile_sizes(Val(W), Val(Pooled))
    f, filters = 0, padded_filters(l)
    while f < filters
        if filters - f ≥ vectors(F) * W
            conv_rows!(l, F, N, f, y, winners, x, weights, bias)
            f += vectors(F) * W
        else
            conv_rows!(l, Val(1), N₁, f, y, winners, x, weights, bias)
            f += W
        end
    end
end

vectors(::Val{F}) where {F} = F

# ((vectors of filters, outputs), outputs for one vector of filters) of a tile. Its sums,
# the weights of a tap and one pixel fit into the registers, and the sums are enough that
# no addition waits for the one before it. A pooled output has four sums.
tile_sizes(::Val{16}, ::Val{true}) = (Val(2), Val(2)), Val(4)
tile_sizes(::Val{16}, ::Val{false}) = (Val(4), Val(4)), Val(8)
tile_sizes(::Val{8}, ::Val{true}) = (Val(2), Val(1)), Val(2)
tile_sizes(::Val{8}, ::Val{false}) = (Val(2), Val(4)), Val(8)
tile_sizes(::Val{4}, ::Val{true}) = (Val(4), Val(1)), Val(4)
tile_sizes(::Val{4}, ::Val{false}) = (Val(4), Val(4)), Val(8)

function conv_rows!(l::FusedConv, F::Val, N::Val, f, y, winners, x, weights, bias)
    for row in 0:(l.output[2] - 1)
        conv_tiles!(l, F, N, f, 0, row, y, winners, x, weights, bias)
    end
end

# Tiles of `N` neighbouring outputs of a row from `column` on, then smaller ones for the
# rest.
@inline function conv_tiles!(
    l::FusedConv, F::Val, ::Val{N}, f, column, row, y, winners, x, weights, bias
) where {N}
    while column + N ≤ l.output[1]
        conv_tile!(l, F, Val(N), f, column, row, y, winners, x, weights, bias)
        column += N
    end
    N > 1 && conv_tiles!(l, F, Val(N ÷ 2), f, column, row, y, winners, x, weights, bias)
    return nothing
end

function conv_tile!(
    l::FusedConv{W,true,Known}, ::Val{F}, ::Val{N}, f, column, row, y, winners, x, weights,
    bias,
) where {W,Known,F,N}
    sums = conv_microkernel(
        Val(W), Val(2), Val(2N), Val(F), Val(Known), x + 4 * window_offset(l, row, column),
        weights + 4f, row_stride(l), l.channels, l.kernel..., padded_filters(l),
    )
    unrolled(Val(N * F)) do i
        n, v = i ÷ F, i % F
        window = unrolled_tuple(Val(4)) do k
            r, q = k ÷ 2, k % 2
            @inbounds sums[(r * 2N + 2n + q) * F + v + 1]
        end
        pool!(l, window, f + v * W, row, column + n, y, winners, bias)
    end
end

function conv_tile!(
    l::FusedConv{W,false,Known}, ::Val{F}, ::Val{N}, f, column, row, y, winners, x, weights,
    bias,
) where {W,Known,F,N}
    sums = conv_microkernel(
        Val(W), Val(1), Val(N), Val(F), Val(Known), x + 4 * window_offset(l, row, column),
        weights + 4f, row_stride(l), l.channels, l.kernel..., padded_filters(l),
    )
    unrolled(Val(N * F)) do i
        n, first_filter = i ÷ F, f + (i % F) * W
        value = activate(l, @inbounds(sums[i + 1]), first_filter, bias)
        destination = output_pointer(l, y, first_filter, row, column + n)
        store_filters!(l, value, first_filter, destination)
    end
end

# The largest of 2×2 sums, and which it was. Bias and relu come after it: they change no
# order. Of equal sums the first wins, and NaN wins over all others.
@inline function pool!(
    l::FusedConv{W}, sums::NTuple{4,Floats{W}}, f, row, column, y, winners, bias
) where {W}
    destination = output_pointer(l, y, f, row, column)
    if winners == C_NULL
        largest = nan_max(nan_max(sums[1], sums[2]), nan_max(sums[3], sums[4]))
        return store_filters!(l, activate(l, largest, f, bias), f, destination)
    end
    largest, winner = sums[1], splat(Ints{W}, 0)
    largest, winner = larger(largest, winner, sums[2], 1)
    largest, winner = larger(largest, winner, sums[3], 2)
    largest, winner = larger(largest, winner, sums[4], 3)
    value = activate(l, largest, f, bias)
    store_filters!(l, value, f, destination)
    l.relu && (winner = vifelse(value ≤ splat(Floats{W}, 0), splat(Ints{W}, DEAD), winner))
    store_filters!(l, winner, f, winner_pointer(l, winners, f, row, column))
end

@inline nan_max(a, b) = vifelse(exceeds(a, b), a, b)

@inline function larger(largest, winner::Ints{W}, candidate, number) where {W}
    better = exceeds(candidate, largest)
    number = splat(Ints{W}, number)
    return vifelse(better, candidate, largest), vifelse(better, number, winner)
end

# Add the bias, and apply relu, which keeps NaN as Flux's does.
@inline function activate(l::FusedConv{W}, total, f, bias) where {W}
    value = total + load(Floats{W}, bias, f)
    zeros = splat(Floats{W}, 0)
    return l.relu ? vifelse(value < zeros, zeros, value) : value
end

# Store a vector of filters; of the last one, only those that exist.
@inline function store_filters!(l::FusedConv{W}, values::Vec{W,T}, f, p) where {W,T}
    f + W ≤ l.filters && return store!(p, 0, values)
    return vstore(values, Ptr{T}(p), first_lanes(Val(W), l.filters - f))
end

# Weights in the order in which kernels read them, and gradients in that in which kernels
# write them. A filter's taps are in the order of an image: channels fastest, then
# columns, then rows.

"""
    PackedOrder(tap, row, filter)

The floats from one tap of a row of the kernel to the next, from one row to the next, and
from one filter to the next.
"""
struct PackedOrder
    tap::Int
    row::Int
    filter::Int
end

# Filters fastest, padded to whole vectors: for the forward pass and the direct gradient.
forward_order(l::FusedConv) =
    PackedOrder(padded_filters(l), padded_filters(l) * row_taps(l), 1)
gradient_order(l::FusedConv, ::DirectGradient) = forward_order(l)

# Taps fastest, each row of the kernel padded to whole groups of vectors: for the sparse
# gradient.
backward_row(l::FusedConv{W}, ::SparseGradient{Rows,Columns}) where {W,Rows,Columns} =
    whole_vectors(row_taps(l), Columns * W)
function gradient_order(l::FusedConv, method::SparseGradient)
    row = backward_row(l, method)
    return PackedOrder(1, row, row * l.kernel[2])
end

forward_length(l::FusedConv) =
    padded_filters(l) * (uses_winograd(l) ? 16 * l.channels : taps(l))
gradient_length(l::FusedConv, ::DirectGradient) = padded_filters(l) * taps(l)
gradient_length(l::FusedConv, method::SparseGradient) =
    backward_row(l, method) * l.kernel[2] * l.filters

# Calls visit(i, j) for each tap of a filter (numbered from 1): its index in Flux's
# weights of (width, height, in, out), which are flipped, and in packed ones.
@inline function each_tap(visit, weight, order, f)
    kw, kh, channels, _ = size(weight)
    for row in 1:kh, column in 1:kw, channel in 1:channels
        i = 1 + kw - column + kw * (kh - row + kh * (channel - 1 + channels * (f - 1)))
        tap = channel - 1 + channels * (column - 1)
        visit(i, 1 + order.tap * tap + order.row * (row - 1) + order.filter * (f - 1))
    end
end

"""
    pack_filters!(packed, weight, order, filters)

Pack the weights of a range of filters, numbered from 1.
"""
function pack_filters!(packed, weight, order, filters)
    taps = length(weight) ÷ size(weight, 4)
    each_tap(weight, order, first(filters)) do i, j
        for k in 0:(length(filters) - 1)
            @inbounds packed[j + k * order.filter] = weight[i + k * taps]
        end
    end
end

"""
    unpack_gradient!(gradient, parts, order, filters)

Store the gradients of a range of filters, numbered from 1, in Flux's order: the sums of the
threads' parts, in the order of the threads.
"""
function unpack_gradient!(gradient, parts, order, filters)
    for f in filters
        each_tap(gradient, order, f) do i, j
            total = 0.0f0
            for part in parts
                total += @inbounds part[j]
            end
            @inbounds gradient[i] = total
        end
    end
end

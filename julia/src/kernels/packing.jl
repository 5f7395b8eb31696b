# Weights as the kernels read them, and gradients as the kernels write them. A tap is one of the places that a kernel
# looks at: channels fastest, then its width, then its height.

# Where Flux has a weight: its (width, height, in, out), and flipped.
@inline function place(l::Fused, channel, column, row, filter)
    kw, kh = l.kernel
    return kw - column + kw * (kh - 1 - row + kh * (channel + l.channels * filter))
end

# Calls f(row of the kernel, tap in that row, place in Flux's weights) for a filter, all counted from 0 but the place.
@inline function each_tap(f, l::Fused, filter)
    for row in 0:(l.kernel[2] - 1)
        tap = 0
        for column in 0:(l.kernel[1] - 1), channel in 0:(l.channels - 1)
            f(row, tap, place(l, channel, column, row, filter))
            tap += 1
        end
    end
end

"Weights for the way forward, (filters padded, taps): the vector of filters that begins at `f`."
function pack_forward!(packed, weight, l::Fused, f)
    suits_winograd(l) && return pack_winograd!(packed, weight, l, f)
    each_tap(l, f) do row, tap, at
        for k in 0:(min(LANES, l.filters - f) - 1)
            @inbounds packed[forward_place(l, row, tap, f + k)] = weight[at + k * taps(l)]
        end
    end
end

forward_place(l::Fused, row, tap, filter) = 1 + filter + padded(l.filters) * (row * row_length(l) + tap)
forward_length(l::Fused) = padded(l.filters) * (suits_winograd(l) ? 16l.channels : taps(l))

# For the way back each row of the kernel is padded to whole groups: its length, and where a tap is.
back_row(l::Fused{<:Any,<:Any,false,<:Any,Columns}) where {Columns} =
    cld(row_length(l), Columns * LANES) * Columns * LANES
back_place(l::Fused, row, tap, filter) = 1 + tap + back_row(l) * (row + l.kernel[2] * filter)

"Weights for the way back, (row of the kernel padded, rows, filters): one filter."
function pack_back!(packed, weight, l::Fused, filter)
    each_tap(l, filter) do row, tap, at
        @inbounds packed[back_place(l, row, tap, filter)] = weight[at]
    end
end

"""
    unpack!(weight, parts, l::Fused, filter)

A filter's gradient in Flux's order: the sum of what the threads have, in their order, which the first of them gets.
"""
function unpack!(weight, parts, l::Fused, filter)
    total = first(parts)
    for part in Iterators.drop(parts, 1)
        add_places!(total, part, gradient_places(l, filter))
    end
    each_tap(l, filter) do row, tap, at
        @inbounds weight[at] = total[gradient_place(l, row, tap, filter)]
    end
end

add_places!(total, part, places) = @inbounds @simd for i in places
    total[i] += part[i]
end

# Where `back!` leaves a gradient: with few taps as for the way forward, with many as for the way back.
gradient_place(l::Fused{<:Any,<:Any,true}, row, tap, filter) = forward_place(l, row, tap, filter)
gradient_place(l::Fused{<:Any,<:Any,false}, row, tap, filter) = back_place(l, row, tap, filter)
gradient_places(l::Fused{<:Any,<:Any,true}, filter) = (1 + filter):padded(l.filters):gradient_length(l)
gradient_places(l::Fused{<:Any,<:Any,false}, filter) = range(back_place(l, 0, 0, filter); length = back_row(l) * l.kernel[2])
gradient_length(l::Fused{<:Any,<:Any,true}) = padded(l.filters) * taps(l)
gradient_length(l::Fused{<:Any,<:Any,false}) = back_row(l) * l.kernel[2] * l.filters

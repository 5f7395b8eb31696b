# Weights as the kernels read them, and gradients as the kernels write them. A tap is one of the places that a kernel
# looks at: channels fastest, then its width, then its height.

# Where Flux has a weight: its (width, height, in, out), and flipped.
@inline function place(l::Fused, channel, column, row, filter)
    kw, kh = l.kernel
    return kw - column + kw * (kh - 1 - row + kh * (channel + l.channels * filter))
end

# Calls f(tap, place in Flux's weights) for the taps of a filter, all counted from 0 but the place.
@inline function each_tap(f, l::Fused, filter)
    tap = 0
    for row in 0:(l.kernel[2] - 1), column in 0:(l.kernel[1] - 1), channel in 0:(l.channels - 1)
        f(tap, place(l, channel, column, row, filter))
        tap += 1
    end
end

"Weights for the way forward, (filters padded, taps): the vector of filters that begins at `f`."
function pack_forward!(packed, weight, l::Fused, f)
    suits_winograd(l) && return pack_winograd!(packed, weight, l, f)
    filters = padded(l.filters)
    each_tap(l, f) do tap, at
        for k in 0:(min(LANES, l.filters - f) - 1)
            @inbounds packed[1 + f + k + filters * tap] = weight[at + k * taps(l)]
        end
    end
end

forward_length(l::Fused) = padded(l.filters) * (suits_winograd(l) ? 16l.channels : taps(l))

# For the way back each row of the kernel is padded to whole groups: the length, and where a tap is.
back_row(l::Fused{<:Any,<:Any,false,<:Any,Columns}) where {Columns} =
    cld(row_length(l), Columns * LANES) * Columns * LANES
back_place(l::Fused, tap, filter) =
    1 + tap % row_length(l) + back_row(l) * (tap ÷ row_length(l) + l.kernel[2] * filter)

"Weights for the way back, (row of the kernel padded, rows, filters): one filter."
function pack_back!(packed, weight, l::Fused, filter)
    each_tap(l, filter) do tap, at
        @inbounds packed[back_place(l, tap, filter)] = weight[at]
    end
end

"""
    unpack!(weight, parts, l::Fused, filter)

A filter's gradient in Flux's order: the sum of what the threads have, in their order.
"""
function unpack!(weight, parts, l::Fused, filter)
    each_tap(l, filter) do tap, at
        from = gradient_place(l, tap, filter)
        total = 0.0f0
        for part in parts
            total += @inbounds part[from]
        end
        @inbounds weight[at] = total
    end
end

# Where `back!` leaves a gradient: with few taps as for the way forward, with many as for the way back.
gradient_place(l::Fused{<:Any,<:Any,true}, tap, filter) = 1 + filter + padded(l.filters) * tap
gradient_place(l::Fused{<:Any,<:Any,false}, tap, filter) = back_place(l, tap, filter)
gradient_length(l::Fused{<:Any,<:Any,true}) = padded(l.filters) * taps(l)
gradient_length(l::Fused{<:Any,<:Any,false}) = back_row(l) * l.kernel[2] * l.filters

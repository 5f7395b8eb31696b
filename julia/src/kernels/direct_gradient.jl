# The gradient of a layer with few taps: a vector has `W` filters.

"""
    conv_backward!(l::FusedConv, method, dw, db, dx, g::OutputGradient, x, weights, entries)

Add one image's part to the gradients of the weights and the bias, and to that of the
input, unless it is null. `weights` and `dw` are packed in `gradient_order`; `entries` are
a thread's [`SparseEntries`](@ref).
"""
function conv_backward!(
    l::FusedConv{W}, method::DirectGradient{Rows,Columns}, dw, db, dx, g::OutputGradient, x,
    weights, entries,
) where {W,Rows,Columns}
    filters, row = padded_filters(l), row_taps(l)
    for f in 0:W:(l.filters - 1), j in 0:Rows:(l.kernel[2] - 1), k in 0:Columns:(row - 1)
        total = direct_gradient!(
            l, method, dw + 4 * (f + filters * (j * row + k)), f, g,
            x + 4 * (j * row_stride(l) + k),
        )
        j == k == 0 && store!(db, f, load(Floats{W}, db, f) + total)
    end
end

# Whether one vector holds what all four outputs of a window see of a row. Two of them
# then hold what they see of two rows, and the instruction picks each filter's pixel from
# these.
fits_permutation(::FusedConv{W,Pooled,Known}, columns) where {W,Pooled,Known} =
    W == 16 && Pooled && Known !== nothing && columns + Known[1] ≤ W

# Adds to `Rows` × `Columns` taps for one vector of filters. Returns the sum of the
# outputs' gradients.
@generated function direct_gradient!(
    l::FusedConv{W,Pooled,Known}, ::DirectGradient{Rows,Columns,Permute}, dw, f,
    g::OutputGradient, x,
) where {W,Pooled,Known,Rows,Columns,Permute}
    V = Floats{W}
    kernel = [(i, k) for i in 0:(Rows - 1) for k in 0:(Columns - 1)]
    sum_of(i, k) = Symbol(:sum, i, :_, k)
    seen_row(i) = Symbol(:seen_row, i)
    packed(i, k) = :(filters * ($i * row_length + $k))
    add(pixel) = map(kernel) do (i, k)
        :($(sum_of(i, k)) = muladd(d, $(pixel(i, k)), $(sum_of(i, k))))
    end
    one_pixel(i, k) = :(splat($V, unsafe_load(x, from + $i * stride + $k + 1)))
    add_output = if !Pooled
        add(one_pixel)
    elseif Permute
        # The rows that the four outputs see, and the lane where those of each winner begin.
        [
            [:($(seen_row(i)) = load($V, x, from + $i * stride)) for i in 0:Rows]
            :(lanes = winner_offset(winner, $W, $(Known[1])))
            add() do i, k
                :(permute(
                    lanes + splat($(Ints{W}), $k), $(seen_row(i)), $(seen_row(i + 1))
                ))
            end
        ]
    else
        map(Iterators.product(0:1, 0:1)) do (q, r)
            quote
                let from = from + $r * stride + $q * l.channels,
                    won = winner == splat($(Ints{W}), $(2r + q)),
                    d = vifelse(won, d, splat($V, 0))

                    $(add(one_pixel)...)
                end
            end
        end
    end
    return quote
        stride, row_length, filters = row_stride(l), row_taps(l), padded_filters(l)
        total = splat($V, 0)
        $([:($(sum_of(i, k)) = load($V, dw, $(packed(i, k)))) for (i, k) in kernel]...)
        for row in 0:(l.output[2] - 1), column in 0:(l.output[1] - 1)
            from = window_offset(l, row, column)
            winner = winners_at(l, g, f, row, column)
            d = gradient_at(l, g, winner, f, row, column)
            total += d
            $(add_output...)
        end
        $([:(store!(dw, $(packed(i, k)), $(sum_of(i, k)))) for (i, k) in kernel]...)
        return total
    end
end

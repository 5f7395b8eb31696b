# The gradient of a fused layer, one image at a time. Of 2×2 outputs only the winner gets
# a gradient, and none where relu has set the result to 0, so that both products cost a
# quarter of the usual ones, or less, and exactly.
#
# There are two methods. With few taps a vector holds the gradients of `W` filters for one
# tap, and all outputs are multiplied. With many taps the outputs that count are listed
# for each filter, and a vector holds neighbouring taps.

abstract type GradientMethod end

"""
    DirectGradient{Rows,Columns,Permute}

Few taps, for a layer whose input needs no gradient: `Rows` rows of `Columns` taps of the
kernel at once. `Permute` is whether one instruction picks the pixel that each filter's
winner saw; otherwise all four are multiplied, with 0 for those that lost.
"""
struct DirectGradient{Rows,Columns,Permute} <: GradientMethod end

"""
    SparseGradient{Rows,Columns}

Many taps: `Rows` rows of `Columns` vectors of neighbouring taps at once, for the outputs
that count.
"""
struct SparseGradient{Rows,Columns} <: GradientMethod end

# Up to this many multiplications an output, to multiply all costs less than to list one.
const DIRECT_MULTIPLICATIONS = 128

# Sums that the registers hold, beside what is multiplied. The sparse method has a weight
# for each.
max_accumulators(::Type{DirectGradient}, W) = registers(W) == 32 ? 28 : 10
max_accumulators(::Type{SparseGradient}, W) = registers(W) == 32 ? 9 : 4

"""
    gradient_method(l::FusedConv; input_gradient, permute = can_permute())

The faster of the two for a layer, and how much of its kernel is done at once.
"""
function gradient_method(l::FusedConv{W}; input_gradient, permute = can_permute()) where {W}
    row, kh = row_taps(l), l.kernel[2]
    if !input_gradient && taps(l) * (is_pooled(l) ? 4 : 1) ≤ DIRECT_MULTIPLICATIONS
        sums = max_accumulators(DirectGradient, W)
        columns = largest_divisor(row, sums)
        rows = largest_divisor(kh, sums ÷ columns)
        return DirectGradient{rows,columns,permute && fits_permutation(l, columns)}()
    end
    sums, vectors = max_accumulators(SparseGradient, W), cld(row, W)
    columns = cld(vectors, cld(vectors, sums))
    return SparseGradient{largest_divisor(kh, sums ÷ columns),columns}()
end

largest_divisor(n, limit) = maximum(d for d in 1:min(n, limit) if n % d == 0)

# What goes back to a layer: the gradient of its outputs, the outputs, and the winners that
# `conv_forward!` has stored.
struct OutputGradient
    dy::ImagePointer
    y::ImagePointer
    winners::Ptr{Int32}
end

# The winners of `W` filters at an output, or 0 if there is no pooling; DEAD where relu
# has set the output to 0. NaN is not dead: its gradient is to be NaN too.
@inline winners_at(l::FusedConv{W,true}, g::OutputGradient, f, row, column) where {W} =
    load(Ints{W}, winner_pointer(l, g.winners, f, row, column), 0)
@inline function winners_at(
    l::FusedConv{W,false}, g::OutputGradient, f, row, column
) where {W}
    alive = splat(Ints{W}, 0)
    l.relu || return alive
    y = load(Floats{W}, output_pointer(l, g.y, f, row, column), 0)
    return vifelse(y ≤ splat(Floats{W}, 0), splat(Ints{W}, DEAD), alive)
end

# The gradient of `W` outputs, with 0 for those that are dead.
@inline function gradient_at(
    l::FusedConv{W}, g::OutputGradient, winner, f, row, column
) where {W}
    d = load(Floats{W}, output_pointer(l, g.dy, f, row, column), 0)
    return vifelse(winner ≥ splat(Ints{W}, 0), d, splat(Floats{W}, 0))
end

# The offset of each winner's pixels from those of the window's first, with so many floats
# to the next row and to the next column.
@inline function winner_offset(winner::Ints{W}, row, column) where {W}
    none, bit = splat(Ints{W}, 0), splat(Ints{W}, 1)
    below = vifelse(winner > bit, splat(Ints{W}, row % Int32), none)
    right = vifelse((winner & bit) == bit, splat(Ints{W}, column % Int32), none)
    return below + right
end

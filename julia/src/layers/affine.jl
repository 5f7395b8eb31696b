# Flips, translations, rotations and zooms: affine maps of the pixels of an image.

"""
    AffineMap(a, b, c, d, row_shift, column_shift)

The map from a pixel of the new image to the one that it comes from in the old image, both
as rows and columns from the centre:
`(a · row + b · column + row_shift, c · row + d · column + column_shift)`.
"""
struct AffineMap
    a::Float32
    b::Float32
    c::Float32
    d::Float32
    row_shift::Float32
    column_shift::Float32
end

# The map of an image to which `t`, and then `s`, is applied.
Base.:∘(t::AffineMap, s::AffineMap) = AffineMap(
    t.a * s.a + t.b * s.c,
    t.a * s.b + t.b * s.d,
    t.c * s.a + t.d * s.c,
    t.c * s.b + t.d * s.d,
    t.a * s.row_shift + t.b * s.column_shift + t.row_shift,
    t.c * s.row_shift + t.d * s.column_shift + t.column_shift,
)

"""
    RandomAffine(sampler; fill_mode = :nearest, fill_value = 0, seed = nothing)

Applies to each image the `AffineMap` that `sampler(u, v, height, width)` makes of two
random numbers in [0, 1), with bilinear interpolation. `fill_mode` says what lies outside
of the image: `:reflect`, `:nearest`, `:constant` (the `fill_value`), or `:any` for maps
that stay inside. On the CPU the result is valid until the next batch of the same size.
"""
struct RandomAffine{N,S<:NTuple{N,Any}} <: RandomLayer
    samplers::S
    fill_mode::Symbol
    fill_value::Float32
    keys::LayerKeys
    buffer::Base.RefValue{Any}
end

const FILL_MODES = (:reflect, :nearest, :constant, :any)

function RandomAffine(samplers::Tuple, fill_mode, fill_value, seeds)
    fill_mode in FILL_MODES || throw(ArgumentError(
        "fill_mode must be one of $(join(FILL_MODES, ", ")), got $fill_mode",
    ))
    return RandomAffine{length(samplers),typeof(samplers)}(
        samplers, fill_mode, fill_value, LayerKeys(seeds...), Ref{Any}(nothing)
    )
end

RandomAffine(sampler; fill_mode = :nearest, fill_value = 0, seed = nothing) =
    RandomAffine((sampler,), fill_mode, fill_value, (seed,))

# Maps in a row are one, which interpolates once: it is faster, and blurs less.
can_fuse(a::RandomAffine, b::RandomAffine) = a.fill_mode === :any || b.fill_mode === :any ||
    (a.fill_mode, a.fill_value) == (b.fill_mode, b.fill_value)

function fuse(a::RandomAffine, b::RandomAffine)
    (; fill_mode, fill_value) = a.fill_mode === :any ? b : a
    seeds = (a.keys.seeds..., b.keys.seeds...)
    return RandomAffine((a.samplers..., b.samplers...), fill_mode, fill_value, seeds)
end

# The map for the `k`th image of a batch.
function sample_map(layer::RandomAffine{N}, k, h, w) where {N}
    position = 2 * (BATCH_OFFSET[] + k)
    maps = ntuple(Val(N)) do i
        key = layer.keys[i]
        u, v = uniform(key, position - 1), uniform(key, position)
        layer.samplers[i](u, v, h, w)::AffineMap
    end
    return foldl(∘, maps)
end

function apply(layer::RandomAffine, x::AbstractArray{<:Any,4})
    y = output_buffer(layer, x)
    transform!(y, x, layer, Val(layer.fill_mode))
    return y
end

output_buffer(layer, x) = similar(x)
function output_buffer(layer, x::Array)
    y = layer.buffer[]
    y isa typeof(x) && size(y) == size(x) || (y = layer.buffer[] = similar(x))
    return y::typeof(x)
end

function transform!(y, x, layer, mode::Val)
    w, h, channels, n = size(x)
    each_thread(n) do _, images
        padded = padded_channel(x, layer.fill_value)
        for k in images
            affine = sample_map(layer, k, h, w)
            for channel in 1:channels
                offset = w * h * ((k - 1) * channels + channel - 1)
                copy_channel!(padded, x, offset, w, h)
                transform_channel!(y, offset, padded, w, h, affine, mode)
            end
        end
    end
end

# One channel of an image with one pixel before and two behind it in each direction, which
# have the fill value: with them interpolation need not ask which pixels are inside.
padded_channel(x, fill_value) =
    fill!(similar(x, size(x, 1) + 3, size(x, 2) + 3), fill_value)

function copy_channel!(padded, x, offset, w, h)
    for row in 1:h
        copyto!(padded, row * (w + 3) + 2, x, offset + (row - 1) * w + 1, w)
    end
end

# One channel of a new image, behind the index `offset` of `y`.
function transform_channel!(y, offset, padded, w, h, affine::AffineMap, mode)
    middle_row, middle_column = (h - 1) / 2.0f0, (w - 1) / 2.0f0
    for row in 0:(h - 1)
        # Where the first pixel of the row comes from.
        start = (
            affine.a * (row - middle_row) - affine.b * middle_column + affine.row_shift + middle_row,
            affine.c * (row - middle_row) - affine.d * middle_column + affine.column_shift +
            middle_column,
        )
        from = offset + row * w
        w < 8 && transform_pixels!(y, from, padded, w, h, affine, start, 0, w, mode)
        # Eight pixels at a time, which the compiler makes vectors of. The last eight may
        # repeat some.
        for column in 0:8:(w < 8 ? -1 : w - 1)
            column = min(column, w - 8)
            transform_pixels!(y, from, padded, w, h, affine, start, column, 8, mode)
        end
    end
end

# Some pixels of a row from a column on, without branches.
@inline function transform_pixels!(
    y, offset, padded, w, h, affine, start, column, pixels, mode
)
    stride = (w + 3) % Int32
    @inbounds @simd ivdep for k in 0:(pixels - 1)
        c = column + k
        row = 1 + source_index(mode, muladd(affine.b, Float32(c), start[1]), h)
        col = 1 + source_index(mode, muladd(affine.d, Float32(c), start[2]), w)
        i, j = unsafe_trunc(Int32, row), unsafe_trunc(Int32, col)
        δi, δj = row - i, col - j
        p = i * stride + j + one(j)
        above = muladd(δj, padded[p + 1] - padded[p], padded[p])
        below = muladd(δj, padded[p + stride + 1] - padded[p + stride], padded[p + stride])
        y[offset + c + 1] = muladd(δi, below - above, above)
    end
end

# The row (or column) of an image of `n`, counted from 0, that stands for position `p`.
# What is further out than the padding is like the padding.
@inline source_index(::Val{:constant}, p, n) = clamp_coordinate(-1.0f0, p, Float32(n))
@inline source_index(::Union{Val{:nearest},Val{:any}}, p, n) =
    clamp_coordinate(0.0f0, p, n - 1.0f0)

# … 2 1 0 | 0 1 2 … n-1 | n-1 n-2 …
@inline function source_index(::Val{:reflect}, p, n)
    period = 2.0f0 * n
    q = p + 0.5f0
    q -= period * floor(q / period)
    return clamp_coordinate(0.0f0, min(q, period - q) - 0.5f0, n - 1.0f0)
end

# `clamp`, but a NaN becomes `low`.
@inline clamp_coordinate(low, p, high) = ifelse(p > low, ifelse(p < high, p, high), low)

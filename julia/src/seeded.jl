# Layers that draw random numbers in training. Each has a key, which `train!` sets before a step; while it is
# 0 they do nothing. What they draw depends on the seed, the step and the layer, so that it can be drawn again.

abstract type Seeded end

newkey() = Ref(zero(UInt64))

active(layer::Seeded) = layer.key[] != 0

(layer::Seeded)(x) = active(layer) ? apply(layer, x) : x

Flux.Functors.@leaf Seeded

"Give each random layer of a model its key for a step; `step = nothing` ends training."
function setkeys!(model, seed, step)
    for (i, layer) in enumerate(filter(l -> l isa Seeded, collect(Any, model.layers)))
        layer.key[] = step === nothing ? zero(UInt64) : noise_key(seed, step, i)
    end
end

"""
    SeededDropout(rate)

Like `Flux.Dropout`, with a mask that the key decides.
"""
struct SeededDropout <: Seeded
    rate::Float32
    key::Base.RefValue{UInt64}
end

SeededDropout(rate) = SeededDropout(rate, newkey())

apply(layer::SeededDropout, x) = x .* ignore_derivatives(() -> dropout_mask(layer, x))

# Places are counted as the values lie in row-major order: channels fastest.
function dropout_mask(layer, x::AbstractArray{T}) where {T}
    scale = one(T) / (one(T) - T(layer.rate))
    draw(place) = uniform(layer.key[], place) < layer.rate ? zero(T) : scale
    ndims(x) == 2 && return draw.(reshape(1:length(x), size(x)))
    w, h, c, n = size(x)
    return permutedims(draw.(reshape(1:length(x), c, w, h, n)), (2, 3, 1, 4))
end

# ── Images ───────────────────────────────────────────────────────────────────────────────────────────────

"""
    Affine(a, b, c, d, down, right)

Where a pixel of the new image comes from, as seen from the centre:
`(a · row + b · column + down, c · row + d · column + right)`.
"""
struct Affine
    a::Float32
    b::Float32
    c::Float32
    d::Float32
    down::Float32
    right::Float32
end

"""
    SeededWarp(draw, fill, value)

Changes each image by the `Affine` that `draw(u, v, height, width)` makes of two random numbers; beyond the edge is
what `fill`, `:reflect`, `:nearest` or `:constant`, says.
"""
struct SeededWarp{F} <: Seeded
    draw::F
    fill::Symbol
    value::Float32
    key::Base.RefValue{UInt64}
end

SeededWarp(draw; fill = :nearest, value = 0) = SeededWarp(draw, fill, Float32(value), newkey())

function apply(layer::SeededWarp, x::AbstractArray{<:Any,4})
    y = similar(x)
    w, h, _, n = size(x)
    Threads.@threads :static for k in 1:n
        u, v = uniform(layer.key[], 2k - 1), uniform(layer.key[], 2k)
        warp!(view(y, :, :, :, k), view(x, :, :, :, k), layer.draw(u, v, h, w)::Affine, layer.fill, layer.value)
    end
    return y
end

function warp!(y, x, t::Affine, fill, value)
    w, h, channels = size(x)
    middle_row, middle_column = (h - 1) / 2.0f0, (w - 1) / 2.0f0
    for row in 0:(h - 1), column in 0:(w - 1)
        r, c = row - middle_row, column - middle_column
        from_row = t.a * r + t.b * c + t.down + middle_row
        from_column = t.c * r + t.d * c + t.right + middle_column
        for channel in 1:channels
            @inbounds y[column + 1, row + 1, channel] = between(x, channel, from_row, from_column, fill, value)
        end
    end
    return y
end

# Bilinear interpolation at a row and a column from 0.
function between(x, channel, row, column, fill, value)
    r, c = floor(Int, row), floor(Int, column)
    δr, δc = row - r, column - c
    at(r, c) = pixel(x, channel, r, c, fill, value)
    above = (1 - δc) * at(r, c) + δc * at(r, c + 1)
    below = (1 - δc) * at(r + 1, c) + δc * at(r + 1, c + 1)
    return (1 - δr) * above + δr * below
end

@inline function pixel(x, channel, row, column, fill, value)
    w, h = size(x, 1), size(x, 2)
    inside = 0 ≤ row < h && 0 ≤ column < w
    fill === :constant && !inside && return value
    row, column = inside ? (row, column) : fill === :reflect ? (reflect(row, h), reflect(column, w)) :
        (clamp(row, 0, h - 1), clamp(column, 0, w - 1))
    return @inbounds x[column + 1, row + 1, channel]
end

# … 2 1 0 | 0 1 2 … n-1 | n-1 n-2 …
reflect(i, n) = (m = mod(i, 2n); m < n ? m : 2n - 1 - m)

# What the layers draw. A range is (low, high).
struct Flip
    horizontal::Bool
    vertical::Bool
end
(f::Flip)(u, v, h, w) =
    Affine(f.vertical && v < 0.5f0 ? -1 : 1, 0, 0, f.horizontal && u < 0.5f0 ? -1 : 1, 0, 0)

struct Translation
    height::NTuple{2,Float32}
    width::NTuple{2,Float32}
end
(t::Translation)(u, v, h, w) = Affine(1, 0, 0, 1, -within(t.height, u) * h, -within(t.width, v) * w)

struct Rotation
    turns::NTuple{2,Float32}
end
function (r::Rotation)(u, v, h, w)
    sine, cosine = sincos(within(r.turns, u) * 2.0f0 * Float32(π))
    return Affine(cosine, sine, -sine, cosine, 0, 0)
end

struct Zoom
    height::NTuple{2,Float32}
    width::Union{Nothing,NTuple{2,Float32}}
end
function (z::Zoom)(u, v, h, w)
    height = 1 + within(z.height, u)
    return Affine(height, 0, 0, z.width === nothing ? height : 1 + within(z.width, v), 0, 0)
end

within((low, high), u) = low + (high - low) * u

"""
    SeededContrast(lower, upper)

Moves the values of each channel of an image from its mean, or to it, by a factor from `1 - lower` to `1 + upper`.
"""
struct SeededContrast <: Seeded
    lower::Float32
    upper::Float32
    key::Base.RefValue{UInt64}
end

SeededContrast(lower, upper) = SeededContrast(lower, upper, newkey())

function apply(layer::SeededContrast, x::AbstractArray{<:Any,4})
    factor = [within((1 - layer.lower, 1 + layer.upper), uniform(layer.key[], k)) for k in axes(x, 4)]
    μ = mean(x; dims = (1, 2))
    return (x .- μ) .* reshape(factor, 1, 1, 1, :) .+ μ
end

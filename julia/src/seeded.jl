# Layers that draw random numbers in training. Each has a key for everything it draws, which `train!` sets before a
# step; while they are 0 it does nothing. What is drawn depends on the seed, the step and the place among all that
# draw, so that it can be drawn again.

abstract type Seeded end

newkeys(n = 1) = zeros(UInt64, n)

# In a training of several processes, how many samples of the batch the processes before this one have: what is drawn
# for a sample does not depend on who has it.
const SAMPLES_BEFORE = Ref(0)

active(layer::Seeded) = layer.keys[1] != 0

(layer::Seeded)(x) = active(layer) ? apply(layer, x) : x

Flux.Functors.@leaf Seeded

"Give the random layers of a model their keys for a step; `step = nothing` ends training."
function setkeys!(layers::Vector{Seeded}, seed, step)
    place = 0
    for layer in layers
        for i in eachindex(layer.keys)
            layer.keys[i] = step === nothing ? zero(UInt64) : noise_key(seed, step, place += 1)
        end
    end
end

"""
    SeededDropout(rate)

Like `Flux.Dropout`, with a mask that the key decides.
"""
struct SeededDropout <: Seeded
    rate::Float32
    keys::Vector{UInt64}
end

SeededDropout(rate) = SeededDropout(rate, newkeys())

apply(layer::SeededDropout, x) = x .* ignore_derivatives(() -> dropout_mask(layer, x))

# Places are counted as the values lie in row-major order: channels fastest.
function dropout_mask(layer, x::AbstractArray{T}) where {T}
    key, rate, mask = only(layer.keys), layer.rate, Array{T}(undef, size(x))
    scale = one(T) / (one(T) - T(rate))
    w, h, channels, n = ndims(x) == 2 ? (1, 1, size(x)...) : size(x)
    values, before = reshape(mask, w, h, channels, n), SAMPLES_BEFORE[]
    each_sample(n) do k
        for channel in 1:channels, row in 1:h
            @inbounds @simd for column in 1:w
                place = channel + channels * (column - 1 + w * (row - 1 + h * (before + k - 1)))
                values[column, row, channel, k] = ifelse(uniform(key, place) < rate, zero(T), scale)
            end
        end
    end
    return mask
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

# An image that `s` changes after `t`: its pixels come from where `t` takes what `s` says.
Base.:∘(t::Affine, s::Affine) = Affine(
    t.a * s.a + t.b * s.c, t.a * s.b + t.b * s.d, t.c * s.a + t.d * s.c, t.c * s.b + t.d * s.d,
    t.a * s.down + t.b * s.right + t.down, t.c * s.down + t.d * s.right + t.right,
)

"""
    SeededWarp(draw; fill = :nearest, value = 0)

Changes each image by the `Affine` that `draw(u, v, height, width)` makes of two random numbers; beyond the edge is
what `fill`, `:reflect`, `:nearest` or `:constant`, says; `:any` is for changes that stay inside. The new images are
in an array that is used again for the next batch of its size.
"""
struct SeededWarp{N,D<:NTuple{N,Any}} <: Seeded
    draws::D
    fill::Symbol
    value::Float32
    keys::Vector{UInt64}
    images::Base.RefValue{Any}
end

SeededWarp(draws::Tuple, fill, value) =
    SeededWarp{length(draws),typeof(draws)}(draws, fill, Float32(value), newkeys(length(draws)), Ref{Any}(nothing))
SeededWarp(draw; fill = :nearest, value = 0) = SeededWarp((draw,), fill, value)

# Warps in a row are one, which interpolates once: it is faster, and blurs less, than one after the other.
joins(a, b) = false
joins(a::SeededWarp, b::SeededWarp) =
    a.fill === :any || b.fill === :any || (a.fill, a.value) == (b.fill, b.value)

function joined(a::SeededWarp, b::SeededWarp)
    edge = a.fill === :any ? b : a
    return SeededWarp((a.draws..., b.draws...), edge.fill, edge.value)
end

# What is drawn for the `k`th image of a batch.
function drawn(layer::SeededWarp{N}, k, h, w) where {N}
    each = ntuple(Val(N)) do i
        key = layer.keys[i]
        place = 2 * (SAMPLES_BEFORE[] + k)
        layer.draws[i](uniform(key, place - 1), uniform(key, place), h, w)::Affine
    end
    return foldl(∘, each)
end

function apply(layer::SeededWarp, x::AbstractArray{<:Any,4})
    y = room_for(layer, x)
    warp!(y, x, layer, Val(layer.fill))
    return y
end

room_for(layer, x) = similar(x)
function room_for(layer, x::Array)
    y = layer.images[]
    y isa typeof(x) && size(y) == size(x) || (y = layer.images[] = similar(x))
    return y::typeof(x)
end

function warp!(y, x, layer, fill::Val)
    w, h, channels, n = size(x)
    each_thread(n) do _, images
        frame = framed(x, layer.value)
        for k in images
            t = drawn(layer, k, h, w)
            for channel in 1:channels
                before = w * h * ((k - 1) * channels + channel - 1)
                put_in!(frame, x, before, w, h)
                warp!(y, before, frame, w, h, t, fill)
            end
        end
    end
end

# Room for one channel of an image with a pixel before and two pixels behind it, in each direction, that have the
# value beyond the edge. With that, interpolation asks of no pixel whether it is inside.
framed(x, value) = fill!(similar(x, size(x, 1) + 3, size(x, 2) + 3), value)

function put_in!(frame, x, before, w, h)
    for row in 1:h
        copyto!(frame, row * (w + 3) + 2, x, before + (row - 1) * w + 1, w)
    end
end

# One channel of a new image, behind the index `before` of `y`.
function warp!(y, before, frame, w, h, t::Affine, fill)
    middle_row, middle_column = (h - 1) / 2.0f0, (w - 1) / 2.0f0
    for row in 0:(h - 1)
        start = (
            t.a * (row - middle_row) - t.b * middle_column + t.down + middle_row,
            t.c * (row - middle_row) - t.d * middle_column + t.right + middle_column,
        )
        w < 8 && warp!(y, before + row * w, frame, w, h, t, start, 0, w, fill)
        # In eights, which are vectors to the compiler; the last eight may do some pixels once more.
        for column in 0:8:(w < 8 ? -1 : w - 1)
            warp!(y, before + row * w, frame, w, h, t, start, min(column, w - 8), 8, fill)
        end
    end
end

# So many pixels of a row from a column on; `start` is where the row's first pixel comes from. Without a branch.
@inline function warp!(y, before, frame, w, h, t, start, column, count, fill)
    next = (w + 3) % Int32
    @inbounds @simd ivdep for k in 0:(count - 1)
        c = column + k
        row_at = 1 + folded(fill, muladd(t.b, Float32(c), start[1]), h)
        column_at = 1 + folded(fill, muladd(t.d, Float32(c), start[2]), w)
        i, j = unsafe_trunc(Int32, row_at), unsafe_trunc(Int32, column_at)
        δr, δc = row_at - i, column_at - j
        at = i * next + j + one(j)
        above = muladd(δc, frame[at + 1] - frame[at], frame[at])
        below = muladd(δc, frame[at + next + 1] - frame[at + next], frame[at + next])
        y[before + c + 1] = muladd(δr, below - above, above)
    end
end

# Where in an image of `n` rows (or columns), counted from 0, to look for what is at `p`. All that is further out than
# the frame is like the frame.
@inline folded(::Val{:constant}, p, n) = between(-1.0f0, p, Float32(n))
@inline folded(::Union{Val{:nearest},Val{:any}}, p, n) = between(0.0f0, p, n - 1.0f0)

# … 2 1 0 | 0 1 2 … n-1 | n-1 n-2 …
@inline function folded(::Val{:reflect}, p, n)
    period = 2.0f0 * n
    q = p + 0.5f0
    q -= period * floor(q / period)
    return between(0.0f0, min(q, period - q) - 0.5f0, n - 1.0f0)
end

# `clamp`, but never NaN.
@inline between(low, p, high) = ifelse(p > low, ifelse(p < high, p, high), low)

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
    keys::Vector{UInt64}
end

SeededContrast(lower, upper) = SeededContrast(lower, upper, newkeys())

function apply(layer::SeededContrast, x::AbstractArray{<:Any,4})
    factor = [
        within((1 - layer.lower, 1 + layer.upper), uniform(only(layer.keys), SAMPLES_BEFORE[] + k)) for k in axes(x, 4)
    ]
    μ = mean(x; dims = (1, 2))
    return (x .- μ) .* reshape(factor, 1, 1, 1, :) .+ μ
end

# Pooling on the CPU, with all threads. NNlib's max-pooling gives its gradient to the first value within a
# relative 3e-4 of the largest; this one to the first of the largest, exactly. The mean is over what a window
# meets of the image: padding does not count.

"""
    Window(size; stride = size, pad = (0, 0, 0, 0))

A pooling window of `(width, height)`, and its padding as `(left, right, top, bottom)`.
"""
struct Window
    size::NTuple{2,Int}
    stride::NTuple{2,Int}
    pad::NTuple{4,Int}
end

Window(size; stride = size, pad = (0, 0, 0, 0)) = Window(size, stride, pad)

Window(layer::Union{MaxPool{2},MeanPool{2}}) = Window(layer.k, layer.stride, sides(layer.pad))

# For the images that come to a layer.
Window(layer::Union{MaxPool{2},MeanPool{2}}, x) = Window(layer)
Window(::Union{GlobalMaxPool,GlobalMeanPool}, x) = Window(size(x)[1:2])

# The layers that pool, and the function that does it.
const Pooling = Union{MaxPool{2},MeanPool{2},GlobalMaxPool,GlobalMeanPool}
pooler(::Union{MaxPool{2},GlobalMaxPool}) = maxpooling
pooler(::Union{MeanPool{2},GlobalMeanPool}) = meanpooling

# A layer's padding has a number an axis, or one for each side of it.
sides(pad::NTuple{4,Int}) = pad
sides((w, h)::NTuple{2,Int}) = (w, w, h, h)

function outputsize((; size, stride, pad)::Window, (w, h)::NTuple{2,Int})
    return (w + pad[1] + pad[2] - size[1]) ÷ stride[1] + 1, (h + pad[3] + pad[4] - size[2]) ÷ stride[2] + 1
end

# The columns or rows of the input that the window meets at place `o` of the output.
span(o, size, stride, pad, n) = max((o - 1) * stride - pad + 1, 1):min((o - 1) * stride - pad + size, n)

columns(window::Window, o, n) = span(o, window.size[1], window.stride[1], window.pad[1], n)
rows(window::Window, o, n) = span(o, window.size[2], window.stride[2], window.pad[3], n)

"""
    maxpooling(x, window::Window)

The largest value of each window of a `(width, height, channels, samples)` array.

# Examples
```jldoctest
julia> PyFlux.maxpooling(reshape(Float32[1 3; 2 4], 2, 2, 1, 1), PyFlux.Window((2, 2)))[]
4.0f0
```
"""
function maxpooling(x::Array{T,4}, window::Window) where {T}
    w, h, c, n = size(x)
    y = Array{T}(undef, outputsize(window, (w, h))..., c, n)
    each_sample(n) do sample
        for channel in 1:c
            maxpooling!(view(y, :, :, channel, sample), view(x, :, :, channel, sample), window)
        end
    end
    return y
end

function maxpooling!(y, x, window)
    w, h = size(x)
    for oh in axes(y, 2), ow in axes(y, 1)
        best = typemin(eltype(x))
        for ih in rows(window, oh, h), iw in columns(window, ow, w)
            @inbounds best = ifelse(x[iw, ih] > best, x[iw, ih], best)
        end
        @inbounds y[ow, oh] = best
    end
    return y
end

# The gradient of `maxpooling` for `x`: the first of the largest values of each window gets all of it.
function ∇maxpooling(dy::Array{T,4}, y::Array{T,4}, x::Array{T,4}, window::Window) where {T}
    dx = zero(x)
    each_sample(size(x, 4)) do sample
        for channel in axes(x, 3)
            at(a) = view(a, :, :, channel, sample)
            ∇maxpooling!(at(dx), at(dy), at(y), at(x), window)
        end
    end
    return dx
end

function ∇maxpooling!(dx, dy, y, x, window)
    for oh in axes(y, 2), ow in axes(y, 1)
        iw, ih = winner(x, y[ow, oh], columns(window, ow, size(x, 1)), rows(window, oh, size(x, 2)))
        iw > 0 && @inbounds dx[iw, ih] += dy[ow, oh]
    end
    return dx
end

function winner(x, largest, columns, rows)
    for ih in rows, iw in columns
        @inbounds x[iw, ih] == largest && return iw, ih
    end
    return 0, 0  # a window of NaNs has none
end

"""
    meanpooling(x, window::Window)

The mean of each window of a `(width, height, channels, samples)` array.

# Examples
```jldoctest
julia> PyFlux.meanpooling(reshape(Float32[1 3; 2 4], 2, 2, 1, 1), PyFlux.Window((2, 2)))[]
2.5f0
```
"""
function meanpooling(x::Array{T,4}, window::Window) where {T}
    w, h, c, n = size(x)
    y = Array{T}(undef, outputsize(window, (w, h))..., c, n)
    each_sample(n) do sample
        for channel in 1:c, oh in axes(y, 2), ow in axes(y, 1)
            y[ow, oh, channel, sample] =
                mean(view(x, columns(window, ow, w), rows(window, oh, h), channel, sample))
        end
    end
    return y
end

# The gradient of `meanpooling` for an `x` of that size: each value of a window gets an equal share.
function ∇meanpooling(dy::Array{T,4}, (w, h, c, n)::Dims{4}, window::Window) where {T}
    dx = zeros(T, w, h, c, n)
    each_sample(n) do sample
        for channel in 1:c, oh in axes(dy, 2), ow in axes(dy, 1)
            met = view(dx, columns(window, ow, w), rows(window, oh, h), channel, sample)
            met .+= dy[ow, oh, channel, sample] / length(met)
        end
    end
    return dx
end

function ChainRulesCore.rrule(::typeof(meanpooling), x::Array{<:Any,4}, window::Window)
    meanpooling_pullback(ȳ) = (NoTangent(), ∇meanpooling(Array(unthunk(ȳ)), size(x), window), NoTangent())
    return meanpooling(x, window), meanpooling_pullback
end

function ChainRulesCore.rrule(::typeof(maxpooling), x::Array{<:Any,4}, window::Window)
    y = maxpooling(x, window)
    maxpooling_pullback(ȳ) = (NoTangent(), ∇maxpooling(Array(unthunk(ȳ)), y, x, window), NoTangent())
    return y, maxpooling_pullback
end

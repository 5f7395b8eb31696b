# Pooling on all threads. NNlib's max-pooling gives its gradient to the first value within
# a relative 3e-4 of the largest; this one to the first of the largest, exactly. NaN
# counts as larger than any number, as in NumPy and PyTorch. The mean is over the part of
# a window that lies inside the image: padding does not count.

"""
    Window(size; stride = size, pad = (0, 0, 0, 0))
    Window(layer)

A pooling window of `(width, height)`, and its padding as `(left, right, top, bottom)`.
"""
struct Window
    size::NTuple{2,Int}
    stride::NTuple{2,Int}
    pad::NTuple{4,Int}
end

Window(size; stride = size, pad = (0, 0, 0, 0)) = Window(size, stride, pad)

Window(layer::Union{MaxPool{2},MeanPool{2}}) =
    Window(layer.k, layer.stride, pad_sides(layer.pad))

# The window of a layer for images `x`: global pooling takes all of an image.
Window(layer::Union{MaxPool{2},MeanPool{2}}, x) = Window(layer)
Window(::Union{GlobalMaxPool,GlobalMeanPool}, x) = Window(size(x)[1:2])

"The Flux layers that pool; [`pooler`](@ref) names the function that does it."
const Pooling = Union{MaxPool{2},MeanPool{2},GlobalMaxPool,GlobalMeanPool}

"""
    pooler(layer)

`maxpooling` or `meanpooling`.
"""
pooler(::Union{MaxPool{2},GlobalMaxPool}) = maxpooling
pooler(::Union{MeanPool{2},GlobalMeanPool}) = meanpooling

forward(layer::Pooling, x::Array{<:Any,4}) =
    pooler(layer)(x, ignore_derivatives(() -> Window(layer, x)))

function layer_pullback(layer::Pooling, x::Array{Float32,4}; input_gradient::Bool)
    y, back = ChainRulesCore.rrule(pooler(layer), x, Window(layer, x))
    return y, dy -> ((nothing,), back(dy)[2])
end

"A layer's padding, a number for each axis or each side, as `(left, right, top, bottom)`."
pad_sides(pad::NTuple{4,Int}) = pad
pad_sides((w, h)::NTuple{2,Int}) = (w, w, h, h)

"The `(width, height)` that a window leaves of an image of that size."
function outputsize(window::Window, (w, h)::NTuple{2,Int})
    left, right, top, bottom = window.pad
    return (
        (w + left + right - window.size[1]) ÷ window.stride[1] + 1,
        (h + top + bottom - window.size[2]) ÷ window.stride[2] + 1,
    )
end

# The part of an axis of `n` pixels that the window of the output `o` covers.
function covered(o, extent, stride, pad, n)
    before = (o - 1) * stride - pad
    return max(before + 1, 1):min(before + extent, n)
end

"The columns of an image `w` wide that the window of output column `o` covers."
columns(window::Window, o, w) =
    covered(o, window.size[1], window.stride[1], window.pad[1], w)

"The rows of an image `h` high that the window of output row `o` covers."
rows(window::Window, o, h) = covered(o, window.size[2], window.stride[2], window.pad[3], h)

"""
    maxpooling(x, window::Window)

The largest value of each window of a `(width, height, channels, samples)` array; NaN
where the window has one.

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
            plane(a) = view(a, :, :, channel, sample)
            maxpooling!(plane(y), plane(x), window)
        end
    end
    return y
end

function maxpooling!(y, x, window)
    w, h = size(x)
    for oh in axes(y, 2), ow in axes(y, 1)
        largest = typemin(eltype(x))
        for ih in rows(window, oh, h), iw in columns(window, ow, w)
            @inbounds largest = ifelse(exceeds(x[iw, ih], largest), x[iw, ih], largest)
        end
        @inbounds y[ow, oh] = largest
    end
    return y
end

"""
    ∇maxpooling(dy, y, x, window)

The gradient of `maxpooling` for `x`, given that of the outputs `y`: the first of the
largest values of each window gets all of it.
"""
function ∇maxpooling(dy::Array{T,4}, y::Array{T,4}, x::Array{T,4}, window::Window) where {T}
    dx = zero(x)
    each_sample(size(x, 4)) do sample
        for channel in axes(x, 3)
            plane(a) = view(a, :, :, channel, sample)
            ∇maxpooling!(plane(dx), plane(dy), plane(y), plane(x), window)
        end
    end
    return dx
end

function ∇maxpooling!(dx, dy, y, x, window)
    w, h = size(x)
    for oh in axes(y, 2), ow in axes(y, 1)
        iw, ih = winner(x, y[ow, oh], columns(window, ow, w), rows(window, oh, h))
        iw > 0 && @inbounds dx[iw, ih] += dy[ow, oh]
    end
    return dx
end

function winner(x, largest, columns, rows)
    for ih in rows, iw in columns
        value = @inbounds x[iw, ih]
        (value == largest || value != value) && return iw, ih
    end
    return 0, 0  # a window that lies in the padding altogether
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

"""
    ∇meanpooling(dy, size, window)

The gradient of `meanpooling` for an `x` of that size: each value of a window gets an
equal part.
"""
function ∇meanpooling(dy::Array{T,4}, (w, h, c, n)::Dims{4}, window::Window) where {T}
    dx = zeros(T, w, h, c, n)
    each_sample(n) do sample
        for channel in 1:c, oh in axes(dy, 2), ow in axes(dy, 1)
            part = view(dx, columns(window, ow, w), rows(window, oh, h), channel, sample)
            part .+= dy[ow, oh, channel, sample] / length(part)
        end
    end
    return dx
end

function ChainRulesCore.rrule(::typeof(maxpooling), x::Array{<:Any,4}, window::Window)
    y = maxpooling(x, window)
    maxpooling_pullback(ȳ) =
        (NoTangent(), ∇maxpooling(Array(unthunk(ȳ)), y, x, window), NoTangent())
    return y, maxpooling_pullback
end

function ChainRulesCore.rrule(::typeof(meanpooling), x::Array{<:Any,4}, window::Window)
    meanpooling_pullback(ȳ) =
        (NoTangent(), ∇meanpooling(Array(unthunk(ȳ)), size(x), window), NoTangent())
    return meanpooling(x, window), meanpooling_pullback
end

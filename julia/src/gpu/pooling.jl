# Pooling on a GPU: one expression for each value, which broadcasting makes a kernel of on
# every kind of GPU. It gives what the CPU gives, ties, NaN and padding included. (cuDNN's
# pooling has no unequal padding, and Metal has no pooling.)

Kernels.forward(layer::MaxPool{2}, x::AnyGPUArray{<:Any,4}) =
    maxpooling(x, ignore_derivatives(() -> Window(layer)))
Kernels.forward(layer::MeanPool{2}, x::AnyGPUArray{<:Any,4}) =
    meanpooling(x, ignore_derivatives(() -> Window(layer)))
Kernels.forward(::GlobalMaxPool, x::AnyGPUArray{<:Any,4}) =
    maxpooling(x, ignore_derivatives(() -> Window(size(x)[1:2])))
Kernels.forward(::GlobalMeanPool, x::AnyGPUArray{<:Any,4}) = mean(x; dims = (1, 2))

# The images of all channels and samples one after the other, and the coordinates of all
# their pixels for a broadcast.
planes(x) = reshape(x, size(x, 1), size(x, 2), :)
coordinates(x) = (axes(x, 1), reshape(axes(x, 2), 1, :), reshape(axes(x, 3), 1, 1, :))

function pool_windows(f, x, window)
    y = similar(x, outputsize(window, size(x)[1:2])..., size(x, 3), size(x, 4))
    p = planes(y)
    p .= f.(Ref(planes(x)), Ref(window), coordinates(p)...)
    return y
end

Kernels.maxpooling(x::AnyGPUArray{<:Any,4}, window::Window) =
    pool_windows(window_maximum, x, window)
Kernels.meanpooling(x::AnyGPUArray{<:Any,4}, window::Window) =
    pool_windows(window_mean, x, window)

function window_maximum(x, window, ow, oh, k)
    best = typemin(eltype(x))
    for ih in rows(window, oh, size(x, 2)), iw in columns(window, ow, size(x, 1))
        value = @inbounds x[iw, ih, k]
        best = ifelse((value > best) | isnan(value), value, best)
    end
    return best
end

function window_mean(x, window, ow, oh, k)
    across, down = columns(window, ow, size(x, 1)), rows(window, oh, size(x, 2))
    total = zero(eltype(x))
    for ih in down, iw in across
        total += @inbounds x[iw, ih, k]
    end
    return total / (length(across) * length(down))
end

# The columns and rows of outputs, of which there are `(w, h)`, whose windows cover a pixel.
covering_windows((; size, stride, pad)::Window, iw, ih, (w, h)) = (
    covering_windows(iw, size[1], stride[1], pad[1], w),
    covering_windows(ih, size[2], stride[2], pad[3], h),
)
covering_windows(i, span, stride, pad, n) =
    max(cld(i + pad - span, stride) + 1, 1):min(fld(i + pad - 1, stride) + 1, n)

# Each pixel of `x` collects from the windows of which it is the maximum, or which cover
# it, so that no two threads write to one place.
function Kernels.∇maxpooling(dy, y, x::AnyGPUArray{<:Any,4}, window)
    dx = similar(x)
    p = planes(dx)
    images = (Ref(planes(dy)), Ref(planes(y)), Ref(planes(x)))
    p .= maximum_gradient.(images..., Ref(window), coordinates(p)...)
    return dx
end

function maximum_gradient(dy, y, x, window, iw, ih, k)
    total, value = zero(eltype(dy)), @inbounds x[iw, ih, k]
    ow_range, oh_range = covering_windows(window, iw, ih, size(y))
    for oh in oh_range, ow in ow_range
        if same_value(@inbounds(y[ow, oh, k]), value) &&
           is_first(x, value, window, ow, oh, iw, ih, k)
            total += @inbounds dy[ow, oh, k]
        end
    end
    return total
end

same_value(a, b) = (a == b) | (isnan(a) & isnan(b))

# Whether no pixel before this one in the window has the same value.
function is_first(x, value, window, ow, oh, iw, ih, k)
    for h in rows(window, oh, size(x, 2)), w in columns(window, ow, size(x, 1))
        (h > ih || (h == ih && w ≥ iw)) && return true
        same_value(@inbounds(x[w, h, k]), value) && return false
    end
    return true
end

function Kernels.∇meanpooling(dy::AnyGPUArray, dims::Dims{4}, window)
    dx = similar(dy, dims)
    p = planes(dx)
    p .= mean_gradient.(Ref(planes(dy)), Ref(dims[1:2]), Ref(window), coordinates(p)...)
    return dx
end

function mean_gradient(dy, (w, h), window, iw, ih, k)
    total = zero(eltype(dy))
    ow_range, oh_range = covering_windows(window, iw, ih, size(dy))
    for oh in oh_range, ow in ow_range
        pixels = length(columns(window, ow, w)) * length(rows(window, oh, h))
        total += @inbounds(dy[ow, oh, k]) / pixels
    end
    return total
end

function ChainRulesCore.rrule(::typeof(maxpooling), x::AnyGPUArray{<:Any,4}, window::Window)
    y = maxpooling(x, window)
    function maxpooling_pullback(ȳ)
        dx = ∇maxpooling(adapt_like(x, unthunk(ȳ)), y, x, window)
        return NoTangent(), dx, NoTangent()
    end
    return y, maxpooling_pullback
end

function ChainRulesCore.rrule(
    ::typeof(meanpooling), x::AnyGPUArray{<:Any,4}, window::Window
)
    dims = size(x)
    function meanpooling_pullback(ȳ)
        dx = ∇meanpooling(adapt_like(x, unthunk(ȳ)), dims, window)
        return NoTangent(), dx, NoTangent()
    end
    return meanpooling(x, window), meanpooling_pullback
end

# What a GPU computes in other words than the CPU: pooling, dropout and augmentation as one expression for each value,
# which broadcasting makes a kernel of on every kind of GPU. They give what the CPU gives, ties and padding included;
# cuDNN's pooling knows no unequal padding, and Metal has none.

forward(layer::MaxPool{2}, x::AnyGPUArray{<:Any,4}) = maxpooling(x, ignore_derivatives(() -> Window(layer)))
forward(layer::MeanPool{2}, x::AnyGPUArray{<:Any,4}) = meanpooling(x, ignore_derivatives(() -> Window(layer)))
forward(::GlobalMaxPool, x::AnyGPUArray{<:Any,4}) = maxpooling(x, ignore_derivatives(() -> Window(size(x)[1:2])))
forward(::GlobalMeanPool, x::AnyGPUArray{<:Any,4}) = mean(x; dims = (1, 2))

# Images one after the other, and a broadcast over the places of an array of such.
planes(x) = reshape(x, size(x, 1), size(x, 2), :)
places(x) = (axes(x, 1), reshape(axes(x, 2), 1, :), reshape(axes(x, 3), 1, 1, :))

function pooled(f, x, window)
    y = similar(x, outputsize(window, size(x)[1:2])..., size(x, 3), size(x, 4))
    p = planes(y)
    p .= f.(Ref(planes(x)), Ref(window), places(p)...)
    return y
end

maxpooling(x::AnyGPUArray{<:Any,4}, window::Window) = pooled(largest_at, x, window)
meanpooling(x::AnyGPUArray{<:Any,4}, window::Window) = pooled(mean_at, x, window)

function largest_at(x, window, ow, oh, k)
    best = typemin(eltype(x))
    for ih in rows(window, oh, size(x, 2)), iw in columns(window, ow, size(x, 1))
        value = @inbounds x[iw, ih, k]
        best = ifelse(value > best, value, best)
    end
    return best
end

function mean_at(x, window, ow, oh, k)
    total, across, down = zero(eltype(x)), columns(window, ow, size(x, 1)), rows(window, oh, size(x, 2))
    for ih in down, iw in across
        total += @inbounds x[iw, ih, k]
    end
    return total / (length(across) * length(down))
end

# The windows that a column or a row is in: the way back of `span`.
windows(i, size, stride, pad, n) = max(cld(i + pad - size, stride) + 1, 1):min(fld(i + pad - 1, stride) + 1, n)
across(window, i, n) = windows(i, window.size[1], window.stride[1], window.pad[1], n)
down(window, i, n) = windows(i, window.size[2], window.stride[2], window.pad[3], n)

# Each value of `x` collects from the windows that it won, or is in, so that no two threads write to one place.
function ∇maxpooling(dy, y, x::AnyGPUArray{<:Any,4}, window)
    dx = similar(x)
    p = planes(dx)
    p .= won.(Ref(planes(dy)), Ref(planes(y)), Ref(planes(x)), Ref(window), places(p)...)
    return dx
end

function won(dy, y, x, window, iw, ih, k)
    total, value = zero(eltype(dy)), @inbounds x[iw, ih, k]
    for oh in down(window, ih, size(y, 2)), ow in across(window, iw, size(y, 1))
        if @inbounds(y[ow, oh, k]) == value && is_first(x, value, window, ow, oh, iw, ih, k)
            total += @inbounds dy[ow, oh, k]
        end
    end
    return total
end

# Whether no value before this one, in its window, is as large.
function is_first(x, value, window, ow, oh, iw, ih, k)
    for h in rows(window, oh, size(x, 2)), w in columns(window, ow, size(x, 1))
        (h > ih || (h == ih && w ≥ iw)) && return true
        @inbounds(x[w, h, k]) == value && return false
    end
    return true
end

function ∇meanpooling(dy::AnyGPUArray, dims::Dims{4}, window)
    dx = similar(dy, dims)
    p = planes(dx)
    p .= shared.(Ref(planes(dy)), Ref(dims[1:2]), Ref(window), places(p)...)
    return dx
end

function shared(dy, (w, h), window, iw, ih, k)
    total = zero(eltype(dy))
    for oh in down(window, ih, size(dy, 2)), ow in across(window, iw, size(dy, 1))
        total += @inbounds(dy[ow, oh, k]) / (length(columns(window, ow, w)) * length(rows(window, oh, h)))
    end
    return total
end

function ChainRulesCore.rrule(::typeof(maxpooling), x::AnyGPUArray{<:Any,4}, window::Window)
    y = maxpooling(x, window)
    maxpooling_pullback(ȳ) = (NoTangent(), ∇maxpooling(beside(x, unthunk(ȳ)), y, x, window), NoTangent())
    return y, maxpooling_pullback
end

function ChainRulesCore.rrule(::typeof(meanpooling), x::AnyGPUArray{<:Any,4}, window::Window)
    dims = size(x)
    meanpooling_pullback(ȳ) = (NoTangent(), ∇meanpooling(beside(x, unthunk(ȳ)), dims, window), NoTangent())
    return meanpooling(x, window), meanpooling_pullback
end

# ── Layers that draw ─────────────────────────────────────────────────────────────────────────────────────

function dropout_mask(layer, x::AnyGPUArray)
    mask, scale = similar(x), one(eltype(x)) / (one(eltype(x)) - eltype(x)(layer.rate))
    w, h, c, n = ndims(x) == 2 ? (1, 1, size(x)...) : size(x)
    p = reshape(mask, w, h, c, n)
    p .= kept.(
        only(layer.keys), layer.rate, scale, Ref((w, h, c)), 0:(w - 1), reshape(0:(h - 1), 1, :), reshape(1:c, 1, 1, :),
        reshape(SAMPLES_BEFORE[] .+ (0:(n - 1)), 1, 1, 1, :),
    )
    return mask
end

kept(key, rate, scale, (w, h, c), column, row, channel, sample) =
    uniform(key, channel + c * (column + w * (row + h * sample))) < rate ? zero(scale) : scale

function apply(layer::SeededWarp, x::AnyGPUArray{<:Any,4})
    y = similar(x)
    w, h, _, n = size(x)
    # A few numbers for each image are drawn on the host and moved.
    changes = [drawn(layer, k, h, w) for k in 1:n]
    y .= warped.(
        Ref(x), reshape(beside(x, changes), 1, 1, 1, n), Val(layer.fill), layer.value, 0:(w - 1), reshape(0:(h - 1), 1, :),
        reshape(axes(x, 3), 1, 1, :), reshape(1:n, 1, 1, 1, :),
    )
    return y
end

function warped(x, t, fill, value, column, row, channel, sample)
    w, h = size(x, 1), size(x, 2)
    middle_row, middle_column = (h - 1) / 2.0f0, (w - 1) / 2.0f0
    r, c = row - middle_row, column - middle_column
    from_row = folded(fill, t.a * r + t.b * c + t.down + middle_row, h)
    from_column = folded(fill, t.c * r + t.d * c + t.right + middle_column, w)
    r, c = unsafe_trunc(Int, floor(from_row)), unsafe_trunc(Int, floor(from_column))
    δr, δc = from_row - r, from_column - c
    at(r, c) = 0 ≤ r < h && 0 ≤ c < w ? @inbounds(x[c + 1, r + 1, channel, sample]) : value
    above = at(r, c) + δc * (at(r, c + 1) - at(r, c))
    below = at(r + 1, c) + δc * (at(r + 1, c + 1) - at(r + 1, c))
    return above + δr * (below - above)
end

function apply(layer::SeededContrast, x::AnyGPUArray{<:Any,4})
    μ = mean(x; dims = (1, 2))
    factors = contrast_factor.(layer.lower, layer.upper, only(layer.keys), reshape(SAMPLES_BEFORE[] .+ (1:size(x, 4)), 1, 1, 1, :))
    return (x .- μ) .* beside(x, factors) .+ μ
end

contrast_factor(lower, upper, key, sample) = within((1 - lower, 1 + upper), uniform(key, sample))

# ── Convolution ──────────────────────────────────────────────────────────────────────────────────────────

# CUDA and AMD have convolutions of their own. Elsewhere it is a product with the pixels that each place sees.
forward(layer::Conv{2}, x::AnyGPUArray{<:Any,4}) =
    ignore_derivatives(() -> has_convolution(x)) ? layer(x) : by_products(layer, x)

has_convolution(x) = get_device_type(x) <: Union{CUDADevice,AMDGPUDevice}

function by_products(layer::Conv, x)
    kw, kh, channels, filters = size(layer.weight)
    part_in, part_out = size(x, 3) ÷ layer.groups, filters ÷ layer.groups
    parts = map(1:(layer.groups)) do g
        mine = layer.groups == 1 ? x : x[:, :, ((g - 1) * part_in + 1):(g * part_in), :]
        kernels = layer.groups == 1 ? layer.weight : layer.weight[:, :, :, ((g - 1) * part_out + 1):(g * part_out)]
        dims = ignore_derivatives(() -> Flux.NNlib.DenseConvDims(
            size(mine), size(kernels); layer.stride, padding = layer.pad, layer.dilation
        ))
        seen = permutedims(Flux.NNlib.unfold(mine, dims), (1, 3, 2))  # places, samples, and what each sees
        y = reshape(seen, :, size(seen, 3)) * reshape(kernels, :, part_out)
        permutedims(reshape(y, Flux.NNlib.output_size(dims)..., :, part_out), (1, 2, 4, 3))
    end
    y = layer.groups == 1 ? only(parts) : cat(parts...; dims = 3)
    return layer.σ.(y .+ Flux.conv_reshape_bias(layer))
end

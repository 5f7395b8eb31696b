# Batch normalization. Each thread has some of the channels; sums are taken sample by
# sample, in one order.

"A batch normalization of the usual kind: with `Float32` γ and β, and moving averages."
struct Normalization{L}
    layer::L
end

function specialize(layer::BatchNorm; options...)
    usual = layer.λ === identity && layer.affine && layer.track_stats &&
        layer.active !== true && layer.γ isa Vector{Float32}
    return usual ? Normalization(layer) : layer
end

"""
    moving_variance(layer, σ², m)

What the moving average takes of a batch's variance `σ²`, the mean square over `m` values:
Flux takes `m / (m - 1)` of it.
"""
moving_variance(layer, σ², m) = σ² .* Float32(m / (m - 1))

# Images or features as (pixels, channels, samples).
channel_planes(x::Array{Float32}) = reshape(x, :, size(x, ndims(x) - 1), size(x, ndims(x)))

function forward((; layer)::Normalization, x)
    scale = layer.γ ./ sqrt.(layer.σ² .+ layer.ϵ)
    return normalize(convert(Array{Float32}, x), layer.μ, scale, layer.β)
end

function layer_pullback((; layer)::Normalization, x; input_gradient::Bool)
    x = convert(Array{Float32}, x)
    planes, frozen = channel_planes(x), layer.active === false
    m = size(planes, 1) * size(planes, 3)
    μ, σ² = frozen ? (copy(layer.μ), copy(layer.σ²)) : mean_and_variance(planes)
    frozen || update_averages!(layer, μ, σ², m)
    r = 1 ./ sqrt.(σ² .+ layer.ϵ)
    return normalize(x, μ, layer.γ .* r, layer.β), function (dy)
        dy = channel_planes(convert(Array{Float32}, dy))
        dγ, dβ = parameter_gradients(dy, planes, μ, r)
        # The batch's own mean and variance depend on the input too.
        means = frozen ? (zero(dγ), zero(dβ)) : (dγ ./ m, dβ ./ m)
        gradients = (zygote_gradient(layer, (γ = dγ, β = dβ)),)
        input_gradient || return gradients, nothing
        dx = normalization_gradient(dy, planes, μ, r, layer.γ, means...)
        return gradients, reshape(dx, size(x))
    end
end

function update_averages!(layer, μ, σ², m)
    layer.μ .+= layer.momentum .* (μ .- layer.μ)
    layer.σ² .+= layer.momentum .* (moving_variance(layer, σ², m) .- layer.σ²)
end

function normalize(x, μ, scale, β)
    y = similar(x)
    each_channel(channel_planes(x), channel_planes(y)) do c, x, y
        @. y = scale[c] * (x - μ[c]) + β[c]
    end
    return y
end

function mean_and_variance(planes)
    m, channels = size(planes, 1) * size(planes, 3), size(planes, 2)
    μ, σ² = zeros(Float32, channels), zeros(Float32, channels)
    each_channel((c, plane) -> μ[c] += sum(plane) / m, planes)
    each_channel(planes) do c, plane
        centre = μ[c]
        σ²[c] += sum(v -> abs2(v - centre), plane) / m
    end
    return μ, σ²
end

function parameter_gradients(dy, planes, μ, r)
    dγ, dβ = zero(μ), zero(μ)
    each_channel(dy, planes) do c, d, plane
        centre, total = μ[c], 0.0f0
        @inbounds @simd for i in eachindex(d, plane)
            total += d[i] * (plane[i] - centre)
        end
        dγ[c] += total * r[c]
        dβ[c] += sum(d)
    end
    return dγ, dβ
end

function normalization_gradient(dy, planes, μ, r, γ, mean_dγ, mean_dβ)
    dx = similar(planes)
    each_channel(dy, planes, dx) do c, d, plane, out
        @. out = γ[c] * r[c] * (d - mean_dβ[c] - (plane - μ[c]) * r[c] * mean_dγ[c])
    end
    return dx
end

# Calls f(channel, its pixels of a sample in each of the arrays), sample after sample.
function each_channel(f, arrays...)
    _, channels, n = size(first(arrays))
    each_thread(channels) do _, some
        for c in some, k in 1:n
            f(c, map(array -> view(array, :, c, k), arrays)...)
        end
    end
end

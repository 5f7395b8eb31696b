# Batch normalization on the CPU: each thread has some of the channels. Sums are taken sample by sample, in one order.

# (pixels, channels, samples), of images or of features.
by_channel(x::Array{Float32}) = reshape(x, :, size(x, ndims(x) - 1), size(x, ndims(x)))

"A `BatchNorm` as it usually is, in a piece of its own."
struct Normalization
    layer::BatchNorm
end

function own(layer::BatchNorm)
    usual = layer.λ === identity && layer.affine && layer.track_stats && layer.active !== true
    return usual && layer.γ isa Vector{Float32} ? Normalization(layer) : layer
end

pull((; layer)::Normalization, x, inner) = normalize(layer, convert(Array{Float32}, x))

# The outputs, and the way back from them.
function normalize(layer, x)
    planes, frozen = by_channel(x), layer.active === false
    m = size(planes, 1) * size(planes, 3)
    μ, σ² = frozen ? (copy(layer.μ), copy(layer.σ²)) : mean_and_variance(planes)
    frozen || track!(layer, μ, σ², m)
    r = 1 ./ sqrt.(σ² .+ layer.ϵ)
    return normalized(x, μ, layer.γ .* r, layer.β), function (errors)
        errors = by_channel(convert(Array{Float32}, errors))
        dγ, dβ = sums(errors, planes, μ, r)
        # The batch's own mean and variance give part of the gradient back.
        shares = frozen ? (zero(dγ), zero(dβ)) : (dγ ./ m, dβ ./ m)
        dx = ∇normalized(errors, planes, μ, r, layer.γ, shares...)
        return (in_zygotes_form(layer, (γ = dγ, β = dβ)),), reshape(dx, size(x))
    end
end

outputs((; layer)::Normalization, x) =
    normalized(convert(Array{Float32}, x), layer.μ, layer.γ ./ sqrt.(layer.σ² .+ layer.ϵ), layer.β)

# As Flux does it.
function track!(layer, μ, σ², m)
    layer.μ .+= layer.momentum .* (μ .- layer.μ)
    layer.σ² .+= layer.momentum .* (σ² .* Float32(m / (m - 1)) .- layer.σ²)
end

function normalized(x, μ, scale, β)
    planes, y = by_channel(x), similar(x)
    each_channel(planes, by_channel(y)) do c, from, to
        @. to = scale[c] * (from - μ[c]) + β[c]
    end
    return y
end

function mean_and_variance(planes)
    m, (_, channels, _) = size(planes, 1) * size(planes, 3), size(planes)
    μ, σ² = zeros(Float32, channels), zeros(Float32, channels)
    each_channel((c, plane) -> μ[c] += sum(plane) / m, planes)
    each_channel((c, plane) -> (centre = μ[c]; σ²[c] += sum(v -> abs2(v - centre), plane) / m), planes)
    return μ, σ²
end

# Of the gradients times the normalized values, and of the gradients.
function sums(errors, planes, μ, r)
    dγ, dβ = zero(μ), zero(μ)
    each_channel(errors, planes) do c, d, plane
        centre, total = μ[c], 0.0f0
        @inbounds @simd for i in eachindex(d, plane)
            total += d[i] * (plane[i] - centre)
        end
        dγ[c] += total * r[c]
        dβ[c] += sum(d)
    end
    return dγ, dβ
end

function ∇normalized(errors, planes, μ, r, γ, dγ, dβ)
    dx = similar(planes)
    each_channel(errors, planes, dx) do c, d, plane, to
        @. to = γ[c] * r[c] * (d - dβ[c] - (plane - μ[c]) * r[c] * dγ[c])
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

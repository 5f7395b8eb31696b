# LayerNormalization and GroupNormalization ↔ layers of the same names.

"""
    LayerNormalization(channels; ϵ = 0.001, center = true, scale = true)

Gives the channels of each pixel, or the features of each sample, mean 0 and variance 1, and
then a factor `γ` and a shift `β` for each channel. (`Flux.LayerNorm` normalizes the first
dimensions, which of images are width and height.)

# Examples
```jldoctest
julia> PyFlux.LayerNormalization(2; ϵ = 0)(Float32[1 5; 3 5.5])
2×2 Matrix{Float32}:
 -1.0  -1.0
  1.0   1.0
```
"""
struct LayerNormalization{V<:AbstractVector}
    β::V
    γ::V
    ϵ::Float32
    center::Bool
    scale::Bool
end

LayerNormalization(channels::Integer; ϵ = 0.001, center = true, scale = true) =
    LayerNormalization(
        zeros(Float32, channels), ones(Float32, channels), Float32(ϵ), center, scale
    )

"""
    GroupNormalization(channels, groups; ϵ = 0.001, center = true, scale = true)

Gives each group of channels of a sample, over all of its pixels, mean 0 and variance 1, and
then a factor `γ` and a shift `β` for each channel. It is `Flux.GroupNorm`, for features
too.

# Examples
```jldoctest
julia> x = rand(Float32, 5, 4, 6, 2);

julia> PyFlux.GroupNormalization(6, 3)(x) ≈ GroupNorm(6, 3; eps = 0.001f0)(x)
true
```
"""
struct GroupNormalization{V<:AbstractVector}
    β::V
    γ::V
    groups::Int
    ϵ::Float32
    center::Bool
    scale::Bool
end

GroupNormalization(
    channels::Integer, groups::Integer; ϵ = 0.001, center = true, scale = true
) = GroupNormalization(
    zeros(Float32, channels), ones(Float32, channels), Int(groups), Float32(ϵ), center,
    scale,
)

const FeatureNormalization = Union{LayerNormalization,GroupNormalization}

Flux.@layer LayerNormalization
Flux.@layer GroupNormalization

Optimisers.trainable(layer::FeatureNormalization) =
    (; (layer.center ? (; layer.β) : (;))..., (layer.scale ? (; layer.γ) : (;))...)

(layer::LayerNormalization)(x) = scale_channels(layer, normalize(x, ndims(x) - 1, layer.ϵ))

function (layer::GroupNormalization)(x)
    channels, n = size(x)[(end - 1):end]
    grouped = reshape(x, :, channels ÷ layer.groups, layer.groups, n)
    return scale_channels(layer, reshape(normalize(grouped, (1, 2), layer.ϵ), size(x)))
end

# Mean 0 and variance 1 along some dimensions.
function normalize(x, dims, ϵ)
    centred = x .- mean(x; dims)
    return centred ./ sqrt.(mean(abs2, centred; dims) .+ ϵ)
end

scale_channels(layer, x) = per_channel(layer.γ, x) .* x .+ per_channel(layer.β, x)

parameter_fields(layer::FeatureNormalization) =
    ((layer.scale ? (:γ,) : ())..., (layer.center ? (:β,) : ())...)

normalization_options(config) = (;
    ϵ = get(config, "epsilon", 0.001), center = get(config, "center", true),
    scale = get(config, "scale", true),
)

build(::Val{:LayerNormalization}, config, input_size, rng) =
    (LayerNormalization(last(input_size); normalization_options(config)...),)

function build(::Val{:GroupNormalization}, config, input_size, rng)
    channels, groups = last(input_size), Int(get(config, "groups", 32))
    groups = groups == -1 ? channels : groups
    return (GroupNormalization(channels, groups; normalization_options(config)...),)
end

describe(layer::LayerNormalization, input_size) =
    "LayerNormalization" => (; epsilon = layer.ϵ, layer.center, layer.scale)
describe(layer::GroupNormalization, input_size) =
    "GroupNormalization" => (; layer.groups, epsilon = layer.ϵ, layer.center, layer.scale)

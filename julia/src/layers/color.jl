# RandomContrast and RandomBrightness ↔ layers of the same names.

"""
    RandomContrast(lower, upper; value_range = (0, 255), seed = nothing)

Moves the values of each channel of an image away from their mean, or towards it, by a
factor between `1 - lower` and `1 + upper`, and clips them to the range of values, as
Keras does.
"""
struct RandomContrast <: RandomLayer
    lower::Float32
    upper::Float32
    value_range::NTuple{2,Float32}
    keys::LayerKeys
end

RandomContrast(lower, upper; value_range = (0, 255), seed = nothing) =
    RandomContrast(lower, upper, Float32.(Tuple(value_range)), LayerKeys(seed))

function apply(layer::RandomContrast, x::AbstractArray{<:Any,4})
    factors = [contrast_factor(layer, BATCH_OFFSET[] + k) for k in axes(x, 4)]
    return adjust_contrast(x, reshape(factors, 1, 1, 1, :), layer.value_range)
end

contrast_factor(layer, position) =
    interpolate((1 - layer.lower, 1 + layer.upper), uniform(only(layer.keys), position))

function adjust_contrast(x, factors, (low, high))
    μ = mean(x; dims = (1, 2))
    return clamp.((x .- μ) .* factors .+ μ, low, high)
end

function build(::Val{:RandomContrast}, config, input_size::Dims{3}, rng)
    value_range = range32(get(config, "value_range", (0, 255)))
    seed = get(config, "seed", nothing)
    return (RandomContrast(range32(config["factor"])...; value_range, seed),)
end

describe(layer::RandomContrast, input_size) = "RandomContrast" =>
    (; factor = (layer.lower, layer.upper), layer.value_range, seed_argument(layer)...)

"""
    RandomBrightness(factor; value_range = (0, 255), seed = nothing)

Adds a random number to all values of an image, between the ends of `factor` times the span
of the range of values, and clips them to that range, as Keras does.
"""
struct RandomBrightness <: RandomLayer
    factor::NTuple{2,Float32}
    value_range::NTuple{2,Float32}
    keys::LayerKeys
end

RandomBrightness(factor; value_range = (0, 255), seed = nothing) =
    RandomBrightness(Float32.(factor), Float32.(Tuple(value_range)), LayerKeys(seed))

function apply(layer::RandomBrightness, x::AbstractArray{<:Any,4})
    low, high = layer.value_range
    added = map(axes(x, 4)) do k
        u = uniform(only(layer.keys), BATCH_OFFSET[] + k)
        interpolate(layer.factor, u) * (high - low)
    end
    return clamp.(x .+ adapt_like(x, reshape(added, 1, 1, 1, :)), low, high)
end

function build(::Val{:RandomBrightness}, config, input_size::Dims{3}, rng)
    value_range = range32(get(config, "value_range", (0, 255)))
    seed = get(config, "seed", nothing)
    return (RandomBrightness(range32(config["factor"]); value_range, seed),)
end

describe(layer::RandomBrightness, input_size) = "RandomBrightness" =>
    (; layer.factor, layer.value_range, seed_argument(layer)...)

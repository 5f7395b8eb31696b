# GaussianNoise ↔ a layer of the same name.

"""
    GaussianNoise(stddev; seed = nothing)

In training, adds normally distributed random numbers of mean 0 and that standard deviation.
"""
struct GaussianNoise <: RandomLayer
    stddev::Float32
    keys::LayerKeys
end

GaussianNoise(stddev; seed = nothing) = GaussianNoise(stddev, LayerKeys(seed))

apply(layer::GaussianNoise, x) = x .+ ignore_derivatives(() -> gaussian_noise(layer, x))

# Positions follow the row-major layout: channels fastest, then columns, rows and samples.
function gaussian_noise(layer, x::AbstractArray{T}) where {T}
    key, stddev, noise = only(layer.keys), layer.stddev, Array{T}(undef, size(x))
    w, h, channels, n = whcn_size(x)
    values, offset = reshape(noise, w, h, channels, n), BATCH_OFFSET[]
    each_sample(n) do k
        for channel in 1:channels, row in 1:h, column in 1:w
            pixel = w * (h * (offset + k - 1) + row - 1) + column - 1
            values[column, row, channel, k] = normal(key, channels * pixel + channel) * stddev
        end
    end
    return adapt_like(x, noise)
end

build(::Val{:GaussianNoise}, config, input_size, rng) =
    (GaussianNoise(config["stddev"]; seed = get(config, "seed", nothing)),)

describe(layer::GaussianNoise, input_size) =
    "GaussianNoise" => (; layer.stddev, seed_argument(layer)...)

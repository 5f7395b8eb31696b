# Dropout ↔ `SeededDropout`.

"""
    SeededDropout(rate; seed = nothing)

`Flux.Dropout` with a mask that depends on the layer's key alone.
"""
struct SeededDropout <: RandomLayer
    rate::Float32
    keys::LayerKeys
end

SeededDropout(rate; seed = nothing) = SeededDropout(rate, LayerKeys(seed))

apply(layer::SeededDropout, x) = x .* ignore_derivatives(() -> dropout_mask(layer, x))

# 0 for what is dropped, 1 / (1 - rate) elsewhere. Positions follow the row-major layout:
# channels fastest, then columns, rows and samples.
function dropout_mask(layer, x::AbstractArray{T}) where {T}
    key, rate, mask = only(layer.keys), layer.rate, Array{T}(undef, size(x))
    scale = one(T) / (one(T) - T(rate))
    w, h, channels, n = whcn_size(x)
    factors, offset = reshape(mask, w, h, channels, n), BATCH_OFFSET[]
    each_sample(n) do k
        for channel in 1:channels, row in 1:h
            @inbounds @simd for column in 1:w
                pixel = column - 1 + w * (row - 1 + h * (offset + k - 1))
                dropped = uniform(key, channel + channels * pixel) < rate
                factors[column, row, channel, k] = ifelse(dropped, zero(T), scale)
            end
        end
    end
    return mask
end

# (width, height, channels, samples), also of features.
whcn_size(x) = ndims(x) == 2 ? (1, 1, size(x)...) : size(x)

function Kernels.layer_pullback(
    layer::SeededDropout, x::Array{Float32}; input_gradient::Bool
)
    is_active(layer) || return x, dy -> ((nothing,), dy)
    mask = dropout_mask(layer, x)
    return x .* mask, dy -> ((nothing,), dy .* mask)
end

build(::Val{:Dropout}, config, input_size, rng) =
    (SeededDropout(config["rate"]; seed = get(config, "seed", nothing)),)

describe(layer::SeededDropout, input_size) =
    "Dropout" => (; layer.rate, seed_argument(layer)...)
function describe(layer::Dropout, input_size)
    layer.dims === (:) || throw(ArgumentError(
        "a Dropout with dims = $(layer.dims) has no description in Keras's words",
    ))
    return "Dropout" => (rate = layer.p,)
end

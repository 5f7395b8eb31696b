# Dropout ↔ `SeededDropout`; SpatialDropout2D → the same, of whole channels.

"""
    SeededDropout(rate; seed = nothing, together = (false, false, false))

`Flux.Dropout` with a mask that depends on the layer's key alone. Values along the width, the
height and the channels for which `together` is true are dropped as one.
"""
struct SeededDropout <: RandomLayer
    rate::Float32
    together::NTuple{3,Bool}
    keys::LayerKeys
end

SeededDropout(rate; seed = nothing, together = (false, false, false)) =
    SeededDropout(rate, together, LayerKeys(seed))

apply(layer::SeededDropout, x) = x .* ignore_derivatives(() -> dropout_mask(layer, x))

# 0 for what is dropped, 1 / (1 - rate) elsewhere. Positions follow the row-major layout:
# channels fastest, then columns, rows and samples; an axis that is dropped together has one.
function dropout_mask(layer, x::AbstractArray{T}) where {T}
    key, rate, mask = only(layer.keys), layer.rate, Array{T}(undef, size(x))
    scale = one(T) / (one(T) - T(rate))
    w, h, channels, n = whcn_size(x)
    # Steps from one place to the next along each axis, 0 where they share one.
    (one_w, one_h, one_c) = layer.together
    nc, nw, nh = one_c ? 1 : channels, one_w ? 1 : w, one_h ? 1 : h
    step_c, step_w, step_h = one_c ? 0 : 1, one_w ? 0 : nc, one_h ? 0 : nc * nw
    factors, offset = reshape(mask, w, h, channels, n), BATCH_OFFSET[]
    each_sample(n) do k
        start = 1 + nc * nw * nh * (offset + k - 1)
        for channel in 1:channels, row in 1:h
            place = start + step_c * (channel - 1) + step_h * (row - 1)
            @inbounds @simd for column in 1:w
                dropped = uniform(key, place + step_w * (column - 1)) < rate
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

function build(::Val{:Dropout}, config, input_size, rng)
    seed, noise_shape = get(config, "seed", nothing), get(config, "noise_shape", nothing)
    noise_shape === nothing && return (SeededDropout(config["rate"]; seed),)
    # Of rows (batch, rows, features) the rows are the width here.
    axes = map(!isnothing, noise_shape[2:end])
    together = length(axes) == 3 ? (axes[2], axes[1], axes[3]) :
        length(axes) == 2 ? (axes[1], false, axes[2]) : (false, false, only(axes))
    return (SeededDropout(config["rate"]; seed, together),)
end

build(::Val{:SpatialDropout2D}, config, input_size, rng) = build(
    Val(:Dropout), merge(config, Dict("noise_shape" => Any[nothing, 1, 1, nothing])),
    input_size, rng,
)

function describe(layer::SeededDropout, input_size)
    any(layer.together) || return "Dropout" => (; layer.rate, seed_argument(layer)...)
    keras(together) = together ? 1 : nothing
    w, h, c = keras.(layer.together)
    noise_shape = length(input_size) == 3 ? [nothing, h, w, c] : [nothing, c]
    return "Dropout" => (; layer.rate, noise_shape, seed_argument(layer)...)
end
function describe(layer::Dropout, input_size)
    layer.dims === (:) || throw(ArgumentError(
        "a Dropout with dims = $(layer.dims) has no description in Keras's words",
    ))
    return "Dropout" => (rate = layer.p,)
end

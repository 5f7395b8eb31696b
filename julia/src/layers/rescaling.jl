# Rescaling ↔ `Rescale`, and what becomes of bytes.

"""
    Rescale(scale, offset; takes_bytes = true)

Every value times `scale`, plus `offset`. A model with such a layer that `takes_bytes`
gets `UInt8` images as they are, from 0 to 255, and not scaled by 1/255.
"""
struct Rescale
    scale::Float32
    offset::Float32
    takes_bytes::Bool
end

Rescale(scale, offset; takes_bytes = true) = Rescale(scale, offset, takes_bytes)

Functors.@leaf Rescale

(layer::Rescale)(x) = x .* layer.scale .+ layer.offset

"""
    scales_bytes(model)

Whether the `UInt8` images that a model gets are scaled by 1/255: not if it has a
[`Rescale`](@ref) that takes bytes.
"""
scales_bytes(model::Chain) = scales_bytes(model.layers)
scales_bytes(layers) = !any(layer -> layer isa Rescale && layer.takes_bytes, layers)

# The same layers, and names, for a network whose description says so.
function set_scale_bytes(layers, names, scale_bytes::Bool)
    set(layer) = layer
    set(layer::Rescale) = Rescale(layer.scale, layer.offset, !scale_bytes)
    layers = Any[set(layer) for layer in layers]
    scales_bytes(layers) == scale_bytes && return layers, names
    return Any[Rescale(1, 0), layers...], ["", names...]
end

build(::Val{:Rescaling}, config, input_size, rng) =
    (Rescale(config["scale"], get(config, "offset", 0)),)

describe(layer::Rescale, input_size) = "Rescaling" => (; layer.scale, layer.offset)

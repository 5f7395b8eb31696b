# Dense ↔ `Flux.Dense`, and Flatten ↔ `flatten_hwc`.

"""
    ChannelDense(in => out, σ = identity; bias = true, init = Flux.glorot_uniform)

A `Dense` layer over the channels of each pixel of `(width, height, channels, samples)`:
what Keras's `Dense`, which acts on the last axis, does to images.

# Examples
```jldoctest
julia> PyFlux.ChannelDense(3 => 5)(zeros(Float32, 8, 6, 3, 1)) |> size
(8, 6, 5, 1)
```
"""
struct ChannelDense{F,M<:AbstractMatrix,B}
    σ::F
    weight::M
    bias::B
end

Flux.@layer ChannelDense

function Base.show(io::IO, layer::ChannelDense)
    out, in = size(layer.weight)
    print(io, "ChannelDense(", in, " => ", out)
    layer.σ === identity || print(io, ", ", layer.σ)
    layer.bias === false && print(io, "; bias = false")
    print(io, ')')
end

function ChannelDense(
    (in, out)::Pair{<:Integer,<:Integer}, σ = identity;
    bias = true, init = Flux.glorot_uniform,
)
    weight = init(out, in)
    return ChannelDense(σ, weight, Flux.create_bias(weight, bias, out))
end

function (layer::ChannelDense)(x::AbstractArray{<:Any,4})
    w, h, channels, n = size(x)
    features = reshape(permutedims(x, (3, 1, 2, 4)), channels, w * h * n)
    y = layer.σ.(layer.weight * features .+ layer.bias)
    return permutedims(reshape(y, :, w, h, n), (2, 3, 1, 4))
end

parameter_fields(layer::Union{Dense,ChannelDense}) =
    layer.bias === false ? (:weight,) : (:weight, :bias)

function build(::Val{:Dense}, config, input_size, rng)
    σ, tail = activation(config, input_size)
    make = length(input_size) == 1 ? Dense : ChannelDense
    units, bias = Int(config["units"]), get(config, "use_bias", true)
    layer = make(last(input_size) => units, σ; bias, init = glorot_uniform(rng))
    return (layer, tail...)
end

Kernels.outputsize(layer::Union{Dense,ChannelDense}, input_size::Dims) =
    (Base.front(input_size)..., size(layer.weight, 1))

describe(layer::Union{Dense,ChannelDense}, input_size) = "Dense" => (
    units = size(layer.weight, 1),
    activation = activation_name(layer.σ),
    use_bias = layer.bias !== false,
)

# ── Flatten ──────────────────────────────────────────────────────────────────────────────

build(::Val{:Flatten}, config, input_size, rng) = (flatten_hwc,)

Kernels.outputsize(::Union{typeof(flatten_hwc),typeof(Flux.flatten)}, input_size::Dims) =
    (prod(input_size),)

describe(::typeof(flatten_hwc), input_size) = "Flatten" => (;)

function describe(::typeof(Flux.flatten), input_size)
    # With one channel, or one pixel, Flux's order is Keras's.
    length(input_size) == 1 || input_size[3] == 1 || input_size[1:2] == (1, 1) ||
        throw(ArgumentError(
            "Flux.flatten takes the pixels of a sample of size $input_size in another \
            order than Keras's Flatten; use PyFlux.flatten_hwc",
        ))
    return "Flatten" => (;)
end

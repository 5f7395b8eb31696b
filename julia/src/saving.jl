# A Flux `Chain` → a description, the way back from `chain`; and saved models.

"""
    description(model::Chain, input_size)

Describe a model for samples of size `(width, height, channels)` or `(features,)`, as `chain` reads it. The
layers get the names that Keras would give them.

# Examples
```jldoctest
julia> PyFlux.description(Chain(Dense(3 => 2, relu)), (3,))["layers"][1]["units"]
2
```
"""
function description(model::Chain, input_size::Dims)
    found, counts = Dict{String,Any}[], Dict{String,Int}()
    for layer in model
        type, arguments = describe(layer)
        base = KERAS_NAMES[type]
        n = counts[base] = get(counts, base, -1) + 1
        name = n == 0 ? base : "$(base)_$n"
        push!(found, Dict("type" => type, "name" => name, arguments...))
    end
    return Dict("input_shape" => collect(flux_size(input_size)), "layers" => found)
end

const KERAS_NAMES = Dict(
    "Conv2D" => "conv2d", "MaxPooling2D" => "max_pooling2d", "Flatten" => "flatten", "Dense" => "dense",
    "Activation" => "activation",
)

function describe(layer::Conv{2})
    kw, kh, _, filters = size(layer.weight)
    layer.groups == 1 && all(==(1), layer.dilation) ||
        throw(ArgumentError("a Conv with groups or dilation has no description: $layer"))
    pad = sides(layer.pad)
    same = layer.stride == (1, 1) && pad == padding(Dict("padding" => "same"), (kw, kh), (1, 1), (kw, kh))
    all(iszero, pad) || same ||
        throw(ArgumentError("a Conv can be described without padding or with SamePad, got pad $(layer.pad)"))
    return "Conv2D", Dict(
        "filters" => filters, "kernel_size" => [kh, kw], "strides" => reverse(collect(layer.stride)),
        "padding" => all(iszero, pad) ? "valid" : "same",
        "activation" => activation_name(layer.σ), "use_bias" => layer.bias !== false,
    )
end

function describe(layer::MaxPool{2})
    all(iszero, layer.pad) ||
        throw(ArgumentError("a MaxPool can be described without padding, got pad $(layer.pad)"))
    return "MaxPooling2D",
        Dict("pool_size" => reverse(collect(layer.k)), "strides" => reverse(collect(layer.stride)))
end

describe(::typeof(flatten_hwc)) = "Flatten", Dict()
describe(layer::Dense) = "Dense", Dict(
    "units" => size(layer.weight, 1), "activation" => activation_name(layer.σ), "use_bias" => layer.bias !== false,
)
describe(::Union{typeof(softmax),typeof(channel_softmax)}) = "Activation", Dict("activation" => "softmax")
describe(layer) = throw(ArgumentError("there is no description of the layer $layer"))

function activation_name(σ)
    for (name, known) in ACTIVATIONS
        (σ === known || σ === Flux.NNlib.fast_act(known, zeros(Float32, 0))) && return name
    end
    throw(ArgumentError("there is no name for the activation $σ"))
end

"""
    save(path, model::Chain, input_size)

Write a model and its description to a safetensors file: beside it first, then renamed. Needs
`using SafeTensors`.
"""
function save end

"""
    load(path)

Read a model that `save`, or pyflux in Python, wrote. Needs `using SafeTensors`.
"""
function load end

# A description of a network → a Flux `Chain`. Its words are Keras's, as a saved model has
# them. To add a layer, add methods of `build`, `describe` and, if the size of a sample
# changes, `outputsize`, in the file of the layer.

"""
    chain(layers, input_size; rng = default_rng())
    chain(description::AbstractDict; rng = default_rng())

Make a Flux `Chain`. `layers` is a list of dictionaries, each with a layer's `"type"` and
Keras's names for its arguments; `input_size` is the size of one sample: `(width, height,
channels)` or `(features,)`. A softmax becomes a layer of its own.

The description of a whole network, as in a saved model, is a dictionary: `"input_shape"`
is `[height, width, channels]`, `[rows, features]` or `[features]`, `"layers"` the list,
and `"scale_bytes"` says whether `UInt8` images are scaled by 1/255. By default they are,
unless there is a `Rescaling` among the layers. In a network with branches each layer has a
`"name"` and `"inputs"`, a list of names of layers before it, where `""` is the input; one
with `"shares"`, the name of a layer before it, calls that layer again.

# Examples
```jldoctest
julia> layers = [Dict("type" => "Flatten"), Dict("type" => "Dense", "units" => 10)];

julia> chain(layers, (28, 28, 1))
Chain(
  PyFlux.Kernels.flatten_hwc,
  Dense(784 => 10),                     # 7_850 parameters
)
```
"""
chain(layers::AbstractVector, input_size::Dims; rng::AbstractRNG = default_rng()) =
    Chain(named_layers(layers, input_size, rng)[1]...)

chain(description::AbstractDict; rng::AbstractRNG = default_rng()) =
    Chain(named_layers(description, rng)[1]...)

# The layers of a network, and for each the name that its description has.
function named_layers(description::AbstractDict, rng)
    input_size = flux_size(Tuple(Int.(description["input_shape"])))
    layers, names = named_layers(description["layers"], input_size, rng)
    scale_bytes = something(get(description, "scale_bytes", nothing), scales_bytes(layers))
    return set_scale_bytes(layers, names, scale_bytes)
end

named_layers(description::AbstractVector, input_size::Dims, rng) =
    any(config -> haskey(config, "inputs"), description) ?
    branched_layers(description, input_size, rng) : row_of_layers(description, input_size, rng)

function row_of_layers(description::AbstractVector, input_size::Dims, rng)
    layers, names = Any[], String[]
    for config in description
        for layer in build(Val(Symbol(config["type"])), config, input_size, rng)
            input_size = outputsize(layer, input_size)
            if !isempty(layers) && can_fuse(last(layers), layer)
                layers[end] = fuse(last(layers), layer)
            else
                push!(layers, layer)
                push!(names, get(config, "name", ""))
            end
        end
    end
    return layers, names
end

"""
    build(::Val{type}, config, input_size, rng)

The Flux layers, as a tuple, for one entry of a description: a layer of that type, with
the arguments in the dictionary `config`, for samples of `input_size`.
"""
build(::Val{T}, config, input_size, rng) where {T} = throw(ArgumentError(
    "there is no layer $T for samples of size $input_size",
))

"Whether one layer can do the work of two that follow each other; then `fuse` makes it."
can_fuse(a, b) = false

"""
    outputsize(layer, input_size)

The size of a sample after a layer. (`Flux.outputsize` does not go through every layer.)
"""
Kernels.outputsize(layer, input_size::Dims) = input_size

# Keras has (height, width, channels), Flux (width, height, channels). Rows of features are
# an image of one pixel's height.
flux_size((height, width, channels)::Dims{3}) = (width, height, channels)
flux_size((rows, features)::Dims{2}) = (rows, 1, features)
flux_size(features::Dims{1}) = features

flux_pair((height, width)) = (Int(width), Int(height))
keras_pair((width, height)) = [height, width]

# The padding (left, right, top, bottom) of a window that covers `span` pixels. "same" is
# TensorFlow's: what does not divide evenly goes to the right and to the bottom.
function padding(config, span, stride, image_size)
    mode = get(config, "padding", "valid")
    mode == "valid" && return (0, 0, 0, 0)
    mode == "same" || throw(ArgumentError("padding must be valid or same, got $mode"))
    total = @. max((cld(image_size, stride) - 1) * stride + span - image_size, 0)
    left, top = total .÷ 2
    return (left, total[1] - left, top, total[2] - top)
end

# The way back from `padding`.
function padding_name(layer, span, stride, pad, image_size)
    for mode in ("valid", "same")
        padding(Dict("padding" => mode), span, stride, image_size) == pad && return mode
    end
    throw(ArgumentError(
        "the padding $pad of $layer is neither Keras's \"valid\" nor its \"same\" for \
        images of $(join(image_size, '×'))",
    ))
end

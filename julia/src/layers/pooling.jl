# Pooling ↔ Flux's layers. The arithmetic is in kernels/pooling.jl and gpu/pooling.jl.

const LocalPooling = Union{MaxPool{2},MeanPool{2}}
const GlobalPooling = Union{GlobalMaxPool,GlobalMeanPool}

build(::Val{:MaxPooling2D}, config, input_size::Dims{3}, rng) =
    (build_pooling(MaxPool, config, input_size),)
build(::Val{:AveragePooling2D}, config, input_size::Dims{3}, rng) =
    (build_pooling(MeanPool, config, input_size),)

function build_pooling(type, config, (w, h, _))
    window = flux_pair(config["pool_size"])
    stride = flux_pair(something(get(config, "strides", nothing), config["pool_size"]))
    return type(window; stride, pad = padding(config, window, stride, (w, h)))
end

build(::Val{:GlobalMaxPooling2D}, config, ::Dims{3}, rng) =
    build_global_pooling(GlobalMaxPool(), config)
build(::Val{:GlobalAveragePooling2D}, config, ::Dims{3}, rng) =
    build_global_pooling(GlobalMeanPool(), config)

# Keras leaves out the axes of height and width.
build_global_pooling(layer, config) =
    get(config, "keepdims", false) ? (layer,) : (layer, flatten_hwc)

Kernels.outputsize(layer::LocalPooling, (w, h, c)::Dims{3}) =
    (outputsize(Window(layer), (w, h))..., c)
Kernels.outputsize(::GlobalPooling, (_, _, c)::Dims{3}) = (1, 1, c)

describe(layer::MaxPool{2}, input_size) =
    "MaxPooling2D" => describe_pooling(layer, input_size)
describe(layer::MeanPool{2}, input_size) =
    "AveragePooling2D" => describe_pooling(layer, input_size)

describe_pooling(layer, (w, h, _)) = (
    pool_size = keras_pair(layer.k),
    strides = keras_pair(layer.stride),
    padding = padding_name(layer, layer.k, layer.stride, pad_sides(layer.pad), (w, h)),
)

describe(::GlobalMaxPool, input_size) = "GlobalMaxPooling2D" => (keepdims = true,)
describe(::GlobalMeanPool, input_size) = "GlobalAveragePooling2D" => (keepdims = true,)

# A flattening after it is what Keras does by itself.
const Flattening = Union{typeof(flatten_hwc),typeof(Flux.flatten)}
belongs_to(::Flattening, ::GlobalPooling) = true
joint_arguments(::GlobalPooling, ::Flattening) = Dict{String,Any}("keepdims" => false)

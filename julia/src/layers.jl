# A description of a network → a Flux `Chain`. The words of a description are Keras's, because they are what
# a saved model holds; to add a layer, add a method of `layers` that returns what Flux calls it.

# With Keras's slope; Flux's `leakyrelu` has 0.01.
leaky_relu(x) = leakyrelu(x, oftype(x, 0.2))

const ACTIVATIONS = Dict(
    "linear" => identity,
    "relu" => relu,
    "leaky_relu" => leaky_relu,
    "elu" => elu,
    "gelu" => Flux.NNlib.gelu_erf,
    "sigmoid" => sigmoid,
    "tanh" => tanh,
)

"""
    chain(description, input_size; rng = default_rng())
    chain(description::Dict; rng = default_rng())

Make a Flux `Chain` from a list of layers, each a dictionary with the layer's `"type"` and Keras's names for
its arguments, and the size `(width, height, channels)` or `(features,)` of one sample. A softmax becomes a
layer of its own.

The description in a saved model is a dictionary: `"input_shape"` has `[height, width, channels]`, `"layers"` the list.

# Examples
```jldoctest
julia> chain([Dict("type" => "Flatten"), Dict("type" => "Dense", "units" => 10)], (28, 28, 1))
Chain(
  PyFlux.flatten_hwc,
  Dense(784 => 10),                     # 7_850 parameters
)
```
"""
function chain(description::AbstractVector, input_size::Dims; rng::AbstractRNG = default_rng())
    model, size = Any[], input_size
    for entry in description
        for layer in layers(Val(Symbol(entry["type"])), entry, size, rng)
            size = size_after(layer, size)
            !isempty(model) && joins(last(model), layer) && (layer = joined(pop!(model), layer))
            push!(model, layer)
        end
    end
    return Chain(model...)
end

chain(description::Dict; rng::AbstractRNG = default_rng()) =
    chain(description["layers"], flux_size(Tuple(Int.(description["input_shape"]))); rng)

"""
    flatten_hwc(x)

Each sample in one column: channels fastest, then columns, then rows. `Flux.flatten` takes columns fastest;
this is the order of Keras, so that the weights behind it are Keras's as they are.
"""
flatten_hwc(x::AbstractArray{<:Any,4}) = Flux.flatten(permutedims(x, (3, 1, 2, 4)))
flatten_hwc(x::AbstractMatrix) = x

# The size of a sample after a layer. `Flux.outputsize` does not go through every activation.
size_after(layer, size) = size
size_after(layer::Dense, _) = (Base.size(layer.weight, 1),)
size_after(::typeof(flatten_hwc), size) = (prod(size),)
size_after(::Union{GlobalMaxPool,GlobalMeanPool}, (_, _, c)) = (1, 1, c)
size_after(layer::Union{MaxPool{2},MeanPool{2}}, (w, h, c)) = (outputsize(Window(layer), (w, h))..., c)
function size_after(layer::Conv{2}, (w, h, _))
    kw, kh, _, filters = size(layer.weight)
    span = ((kw, kh) .- 1) .* layer.dilation .+ 1
    return (outputsize(Window(span; layer.stride, pad = sides(layer.pad)), (w, h))..., filters)
end

flux_size((height, width, channels)::Dims{3}) = (width, height, channels)
flux_size(features::Dims{1}) = features

function layers(::Val{:Conv2D}, d, (w, h, c)::Dims{3}, rng)
    kernel, stride = pair(d["kernel_size"]), pair(get(d, "strides", (1, 1)))
    dilation, groups = pair(get(d, "dilation_rate", (1, 1))), Int(get(d, "groups", 1))
    σ, tail = activation(d, 3)
    conv = Conv(
        kernel, c => Int(d["filters"]), σ;
        stride, dilation, groups, pad = padding(d, (kernel .- 1) .* dilation .+ 1, stride, (w, h)),
        bias = get(d, "use_bias", true), init = Flux.glorot_uniform(rng),
    )
    return (conv, tail...)
end

layers(::Val{:MaxPooling2D}, d, size::Dims{3}, rng) = (pooling(MaxPool, d, size),)
layers(::Val{:AveragePooling2D}, d, size::Dims{3}, rng) = (pooling(MeanPool, d, size),)

function pooling(layer, d, (w, h, _))
    window = pair(d["pool_size"])
    stride = pair(something(get(d, "strides", nothing), d["pool_size"]))
    return layer(window; stride, pad = padding(d, window, stride, (w, h)))
end

layers(::Val{:GlobalMaxPooling2D}, d, ::Dims{3}, rng) = (GlobalMaxPool(), flatten_hwc)
layers(::Val{:GlobalAveragePooling2D}, d, ::Dims{3}, rng) = (GlobalMeanPool(), flatten_hwc)

layers(::Val{:Flatten}, d, size, rng) = (flatten_hwc,)

function layers(::Val{:Dense}, d, (features,)::Dims{1}, rng)
    σ, tail = activation(d, 1)
    bias = get(d, "use_bias", true)
    return (Dense(features => Int(d["units"]), σ; bias, init = Flux.glorot_uniform(rng)), tail...)
end

function layers(::Val{:Activation}, d, size, rng)
    σ, tail = activation(d, length(size))
    return isempty(tail) ? (Base.Fix1(broadcast, σ),) : tail
end

layers(::Val{:Dropout}, d, size, rng) = (SeededDropout(d["rate"]),)

function layers(::Val{:BatchNormalization}, d, size, rng)
    momentum, eps = Float32(1 - get(d, "momentum", 0.99)), Float32(get(d, "epsilon", 0.001))
    layer = BatchNorm(last(size); momentum, eps)
    return (get(d, "trainable", true) ? layer : Flux.testmode!(layer),)
end

layers(::Val{:Rescaling}, d, size, rng) = (Rescale(d["scale"], get(d, "offset", 0)),)

function layers(::Val{:RandomFlip}, d, size::Dims{3}, rng)
    mode = get(d, "mode", "horizontal_and_vertical")
    return (SeededWarp(Flip(mode != "vertical", mode != "horizontal"); fill = :any),)
end

layers(::Val{:RandomTranslation}, d, size::Dims{3}, rng) =
    (warp(Translation(range32(d["height_factor"]), range32(d["width_factor"])), d),)
layers(::Val{:RandomRotation}, d, size::Dims{3}, rng) = (warp(Rotation(range32(d["factor"])), d),)
layers(::Val{:RandomZoom}, d, size::Dims{3}, rng) =
    (warp(Zoom(range32(d["height_factor"]), range32(get(d, "width_factor", nothing))), d),)
layers(::Val{:RandomContrast}, d, size::Dims{3}, rng) = (SeededContrast(range32(d["factor"])...),)

warp(draw, d) = SeededWarp(draw; fill = Symbol(get(d, "fill_mode", "reflect")), value = get(d, "fill_value", 0))

range32(::Nothing) = nothing
range32((low, high)) = (Float32(low), Float32(high))

layers(::Val{T}, d, size, rng) where {T} =
    throw(ArgumentError("there is no layer $T for samples of size $size"))

# The function that a layer applies, and the layers that must follow it: softmax sees all channels at once.
function activation(d, dims)
    name = something(get(d, "activation", nothing), "linear")::String
    name == "softmax" && return identity, (dims == 1 ? softmax : channel_softmax,)
    haskey(ACTIVATIONS, name) || throw(ArgumentError("there is no activation $name"))
    return ACTIVATIONS[name], ()
end

"Softmax over the channels of each pixel."
channel_softmax(x) = softmax(x; dims = ndims(x) - 1)

"""
    Rescale(scale, offset)

Every value times `scale`, plus `offset`.
"""
struct Rescale
    scale::Float32
    offset::Float32
end

Flux.Functors.@leaf Rescale

(r::Rescale)(x) = x .* r.scale .+ r.offset

pair((h, w)) = (Int(w), Int(h))

# "same" as TensorFlow counts it: what does not divide evenly goes to the right and to the bottom.
function padding(d, window, stride, size)
    get(d, "padding", "valid") == "valid" && return (0, 0, 0, 0)
    total = @. max((cld(size, stride) - 1) * stride + window - size, 0)
    left, top = total .÷ 2
    return (left, total[1] - left, top, total[2] - top)
end

# What each layer does to a batch. Flux's own call, but for what this package does better on the CPU.
forward(layer, x) = layer(x)
forward(layer::Pooling, x::Array{<:Any,4}) = pooler(layer)(x, ignore_derivatives(() -> Window(layer, x)))
forward(model::Chain, x) = forward(model.layers, x)
forward(layers::Tuple, x) = forward(Base.tail(layers), forward(first(layers), x))
forward(::Tuple{}, x) = x

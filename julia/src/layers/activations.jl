# Activation functions by Keras's names.

# Keras's default slope; Flux's `leakyrelu` has 0.01.
leaky_relu(x) = leakyrelu(x, oftype(x, 0.2))

const ACTIVATIONS = Dict{String,Any}(
    "linear" => identity,
    "relu" => relu,
    "relu6" => relu6,
    "leaky_relu" => leaky_relu,
    "elu" => elu,
    "selu" => selu,
    "gelu" => NNlib.gelu_erf,
    "silu" => swish,
    "mish" => mish,
    "sigmoid" => sigmoid,
    "hard_sigmoid" => hardsigmoid,
    "hard_silu" => hardswish,
    "tanh" => tanh,
    "softplus" => softplus,
    "softsign" => softsign,
    "exponential" => exp,
)

const ACTIVATION_ALIASES = Dict("swish" => "silu", "hard_swish" => "hard_silu")

"Softmax over the channels of each pixel."
channel_softmax(x) = softmax(x; dims = ndims(x) - 1)

"Log-softmax over the channels of each pixel."
channel_logsoftmax(x) = logsoftmax(x; dims = ndims(x) - 1)

# Functions of all channels at once, for features and for images: layers of their own.
const CHANNEL_ACTIVATIONS = Dict{String,NTuple{2,Any}}(
    "softmax" => (softmax, channel_softmax),
    "log_softmax" => (logsoftmax, channel_logsoftmax),
)

# The function that a layer applies to each value, and the layers that must follow it.
function activation(config, input_size)
    name = something(get(config, "activation", nothing), "linear")
    # A layer such as ReLU, with its arguments.
    name isa AbstractDict &&
        return identity, build(Val(Symbol(name["type"])), name, input_size, default_rng())
    name = get(ACTIVATION_ALIASES, name, name)
    if haskey(CHANNEL_ACTIVATIONS, name)
        return identity, (CHANNEL_ACTIVATIONS[name][length(input_size) == 1 ? 1 : 2],)
    end
    haskey(ACTIVATIONS, name) || throw(ArgumentError(
        "there is no activation $name; known: $(join(activation_names(), ", "))",
    ))
    return ACTIVATIONS[name], ()
end

activation_names() =
    sort!([keys(ACTIVATIONS)...; keys(ACTIVATION_ALIASES)...; keys(CHANNEL_ACTIVATIONS)...])

# The name of a function, also where Flux has put its faster version in its place.
function activation_name(σ)
    for (name, known) in ACTIVATIONS
        (σ === known || σ === NNlib.fast_act(known, zeros(Float32, 0))) && return name
    end
    throw(ArgumentError(
        "the activation $σ has no name in Keras; known: $(join(activation_names(), ", "))",
    ))
end

# ── As layers ────────────────────────────────────────────────────────────────────────────

"An activation function for each value, as a layer."
elementwise(σ) = Base.Fix1(broadcast, σ)

"""
    ReLU(; max_value = Inf, negative_slope = 0, threshold = 0)

Keras's `ReLU`: `x` where it is above the threshold, but at most `max_value`, and
`negative_slope * (x - threshold)` elsewhere.
"""
struct ReLU
    max_value::Float32
    negative_slope::Float32
    threshold::Float32
end

ReLU(; max_value = Inf, negative_slope = 0, threshold = 0) =
    ReLU(max_value, negative_slope, threshold)

(l::ReLU)(x) = clipped_relu.(x, l.max_value, l.negative_slope, l.threshold)

function clipped_relu(x, max_value, negative_slope, threshold)
    below = negative_slope * (x - threshold)
    return x > threshold ? min(x, oftype(x, max_value)) : oftype(x, below)
end

"`LeakyReLU(negative_slope)`: `x` where it is positive, `negative_slope * x` elsewhere."
struct LeakyReLU
    negative_slope::Float32
end

(l::LeakyReLU)(x) = leakyrelu.(x, l.negative_slope)

"`ELU(alpha)`: `x` where it is positive, `alpha * (exp(x) - 1)` elsewhere."
struct ELU
    alpha::Float32
end

(l::ELU)(x) = elu.(x, l.alpha)

Functors.@leaf ReLU
Functors.@leaf LeakyReLU
Functors.@leaf ELU

function build(::Val{:Activation}, config, input_size, rng)
    σ, tail = activation(config, input_size)
    return isempty(tail) ? (elementwise(σ),) : tail
end

build(::Val{:Softmax}, config, input_size, rng) =
    activation(Dict("activation" => "softmax"), input_size)[2]

function build(::Val{:ReLU}, config, input_size, rng)
    max_value = something(get(config, "max_value", nothing), Inf)
    negative_slope = get(config, "negative_slope", 0)
    threshold = get(config, "threshold", 0)
    plain = (max_value, negative_slope, threshold) == (Inf, 0, 0)
    return (plain ? elementwise(relu) : ReLU(max_value, negative_slope, threshold),)
end

build(::Val{:LeakyReLU}, config, input_size, rng) =
    (LeakyReLU(get(config, "negative_slope", 0.3)),)
build(::Val{:ELU}, config, input_size, rng) = (ELU(get(config, "alpha", 1)),)

describe(layer::Base.Fix1{typeof(broadcast)}, input_size) =
    "Activation" => (activation = activation_name(layer.x),)
describe(layer::LeakyReLU, input_size) = "LeakyReLU" => (; layer.negative_slope)
describe(layer::ELU, input_size) = "ELU" => (; layer.alpha)
describe((; max_value, negative_slope, threshold)::ReLU, input_size) = "ReLU" => (
    max_value = isfinite(max_value) ? max_value : nothing,
    negative_slope = negative_slope, threshold = threshold,
)
describe(::Union{typeof(softmax),typeof(channel_softmax)}, input_size) =
    "Activation" => (activation = "softmax",)
describe(::Union{typeof(logsoftmax),typeof(channel_logsoftmax)}, input_size) =
    "Activation" => (activation = "log_softmax",)

# Conv2D ↔ `Flux.Conv`; DepthwiseConv2D → a `Flux.Conv` with a group for each channel.

parameter_fields(layer::Conv) = layer.bias === false ? (:weight,) : (:weight, :bias)

function build(::Val{:Conv2D}, config, (w, h, c)::Dims{3}, rng)
    kernel = flux_pair(config["kernel_size"])
    stride = flux_pair(get(config, "strides", (1, 1)))
    dilation = flux_pair(get(config, "dilation_rate", (1, 1)))
    σ, tail = activation(config, (w, h, c))
    conv = Conv(
        kernel, c => Int(config["filters"]), σ;
        stride, dilation, groups = Int(get(config, "groups", 1)),
        pad = padding(config, kernel_span(kernel, dilation), stride, (w, h)),
        bias = get(config, "use_bias", true), init = glorot_uniform(rng),
    )
    return (conv, tail...)
end

build(::Val{:DepthwiseConv2D}, config, (w, h, c)::Dims{3}, rng) = build(
    Val(:Conv2D),
    merge(config, Dict(
        "filters" => c * Int(get(config, "depth_multiplier", 1)), "groups" => c,
    )),
    (w, h, c), rng,
)

# The pixels that a kernel reaches over.
kernel_span(kernel, dilation) = (kernel .- 1) .* dilation .+ 1
kernel_size(layer::Conv) = size(layer.weight)[1:2]

function Kernels.outputsize(layer::Conv{2}, (w, h, _)::Dims{3})
    span = kernel_span(kernel_size(layer), layer.dilation)
    window = Window(span; layer.stride, pad = pad_sides(layer.pad))
    return (outputsize(window, (w, h))..., size(layer.weight, 4))
end

function describe(layer::Conv{2}, (w, h, _)::Dims{3})
    span = kernel_span(kernel_size(layer), layer.dilation)
    return "Conv2D" => (
        filters = size(layer.weight, 4),
        kernel_size = keras_pair(kernel_size(layer)),
        strides = keras_pair(layer.stride),
        padding = padding_name(layer, span, layer.stride, pad_sides(layer.pad), (w, h)),
        dilation_rate = keras_pair(layer.dilation),
        groups = layer.groups,
        activation = activation_name(layer.σ),
        use_bias = layer.bias !== false,
    )
end

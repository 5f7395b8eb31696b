# SeparableConv2D ↔ `SeparableConv`.

"""
    SeparableConv(depthwise::Conv, pointwise::Conv)

A convolution of each channel apart, and one of a single pixel that mixes the channels.
"""
struct SeparableConv{D<:Conv,P<:Conv}
    depthwise::D
    pointwise::P
end

Flux.@layer SeparableConv

(layer::SeparableConv)(x) = layer.pointwise(layer.depthwise(x))

function build(::Val{:SeparableConv2D}, config, input_size::Dims{3}, rng)
    (depthwise,) = build(
        Val(:DepthwiseConv2D),
        merge(config, Dict("use_bias" => false, "activation" => "linear")), input_size, rng,
    )
    pixel = Dict("kernel_size" => (1, 1), "strides" => (1, 1), "dilation_rate" => (1, 1))
    pointwise, tail... =
        build(Val(:Conv2D), merge(config, pixel), outputsize(depthwise, input_size), rng)
    return (SeparableConv(depthwise, pointwise), tail...)
end

Kernels.outputsize(layer::SeparableConv, input_size::Dims{3}) =
    outputsize(layer.pointwise, outputsize(layer.depthwise, input_size))

function describe(layer::SeparableConv, input_size::Dims{3})
    _, first = describe(layer.depthwise, input_size)
    _, second = describe(layer.pointwise, input_size)
    return "SeparableConv2D" => (
        filters = second.filters, kernel_size = first.kernel_size,
        strides = first.strides, padding = first.padding,
        depth_multiplier = first.filters ÷ last(input_size),
        dilation_rate = first.dilation_rate,
        activation = second.activation, use_bias = second.use_bias,
    )
end

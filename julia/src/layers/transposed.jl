# Conv2DTranspose ↔ `Flux.ConvTranspose`.

parameter_fields(layer::ConvTranspose) =
    layer.bias === false ? (:weight,) : (:weight, :bias)

function build(::Val{:Conv2DTranspose}, config, (w, h, c)::Dims{3}, rng)
    kernel = flux_pair(config["kernel_size"])
    stride = flux_pair(get(config, "strides", (1, 1)))
    dilation = flux_pair(get(config, "dilation_rate", (1, 1)))
    span = kernel_span(kernel, dilation)
    σ, tail = activation(config, (w, h, c))
    layer = ConvTranspose(
        kernel, c => Int(config["filters"]), σ;
        stride, dilation, pad = padding(config, span, stride, (w, h) .* stride),
        outpad = max.(stride .- span, 0),  # what a kernel smaller than the stride leaves
        bias = get(config, "use_bias", true), init = glorot_uniform(rng),
    )
    return (layer, tail...)
end

kernel_size(layer::ConvTranspose) = size(layer.weight)[1:2]

function Kernels.outputsize(layer::ConvTranspose{2}, (w, h, _)::Dims{3})
    left, right, top, bottom = pad_sides(layer.pad)
    span = kernel_span(kernel_size(layer), layer.dilation)
    size = ((w, h) .- 1) .* layer.stride .+ span .+ layer.outpad
    return (size .- (left + right, top + bottom)..., Base.size(layer.weight, 3))
end

function describe(layer::ConvTranspose{2}, (w, h, _)::Dims{3})
    span = kernel_span(kernel_size(layer), layer.dilation)
    layer.groups == 1 && all(layer.outpad .== max.(layer.stride .- span, 0)) ||
        throw(ArgumentError("Keras has no $layer: it has one group, and no outpad"))
    pad = pad_sides(layer.pad)
    return "Conv2DTranspose" => (
        filters = size(layer.weight, 3),
        kernel_size = keras_pair(kernel_size(layer)),
        strides = keras_pair(layer.stride),
        padding = padding_name(layer, span, layer.stride, pad, (w, h) .* layer.stride),
        dilation_rate = keras_pair(layer.dilation),
        activation = activation_name(layer.σ),
        use_bias = layer.bias !== false,
    )
end

# Convolution on GPUs without one of their own: a product with the pixels that each output
# covers. CUDA and AMD have convolutions of their own.

Kernels.forward(layer::Conv{2}, x::AnyGPUArray{<:Any,4}) =
    ignore_derivatives(() -> has_convolution(x)) ? layer(x) : unfolded_conv(layer, x)

has_convolution(x) = get_device_type(x) <: Union{CUDADevice,AMDGPUDevice}

function unfolded_conv(layer::Conv, x)
    groups = layer.groups
    groups == 1 && return add_bias(layer, unfolded_conv(layer, x, layer.weight))
    inputs, filters = size(x, 3) ÷ groups, size(layer.weight, 4) ÷ groups
    parts = map(1:groups) do g
        channels = ((g - 1) * inputs + 1):(g * inputs)
        kernels = ((g - 1) * filters + 1):(g * filters)
        unfolded_conv(layer, x[:, :, channels, :], layer.weight[:, :, :, kernels])
    end
    return add_bias(layer, cat(parts...; dims = 3))
end

function unfolded_conv(layer, x, weight)
    dims = ignore_derivatives(() -> NNlib.DenseConvDims(
        size(x), size(weight); layer.stride, padding = layer.pad, layer.dilation
    ))
    filters = size(weight, 4)
    windows = permutedims(NNlib.unfold(x, dims), (1, 3, 2))  # (outputs, samples, pixels)
    y = reshape(windows, :, size(windows, 3)) * reshape(weight, :, filters)
    return permutedims(reshape(y, NNlib.output_size(dims)..., :, filters), (1, 2, 4, 3))
end

add_bias(layer, y) = layer.σ.(y .+ Flux.conv_reshape_bias(layer))

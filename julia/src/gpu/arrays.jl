# Arrays, to a device and back.

"""
    adapt_like(like, x)

`x`, in the memory where `like` is: itself, or a copy on a GPU.
"""
adapt_like(::AbstractArray, x) = x
adapt_like(::AnyGPUArray, ::Nothing) = nothing
adapt_like(::AnyGPUArray, x::AnyGPUArray) = x
adapt_like(like::AnyGPUArray, x::AbstractArray) =
    copyto!(similar(like, eltype(x), size(x)), convert(Array, x))

"An array, or a copy of it on the CPU."
to_cpu(x::Number) = x
to_cpu(x::AbstractArray) = x
to_cpu(x::AnyGPUArray) = Array(x)

"""
    to_device(device, x)

A model or an array as it is, or a copy of it on a GPU.
"""
to_device(::CPUDevice, x) = x
to_device(device, x) = (activate(device); device(x))

"""
    check_order(images, order)

The indices `order` where the images are, after a check that each names one of them:
kernels read without one.
"""
function check_order(images, order)
    n = numobs(images)
    isempty(order) && throw(ArgumentError("order must name at least one sample, got none"))
    low, high = extrema(order)
    1 ≤ low && high ≤ n || throw(ArgumentError(
        "order must name samples from 1 to $n, got indices from $low to $high",
    ))
    return device_indices(images, order)
end

device_indices(images, order) = order
device_indices(images::AnyGPUArray, order) = adapt_like(images, collect(Int32, order))

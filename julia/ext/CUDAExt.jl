module CUDAExt

using CUDA: CUDA
using Flux: CUDADevice
using PyFlux: PyFlux

function PyFlux.why_not_functional(::Type{CUDADevice})
    reason = try
        CUDA.functional(true) || return "it does not say why"
        return "CUDA works, but cuDNN does not"
    catch e
        first(split(sprint(showerror, e), '\n'))
    end
    # CUDA.jl chooses its runtime by the driver that it finds when it is installed.
    occursin("runtime not found", reason) || return reason
    return "$reason: if CUDA.jl was installed where there is no driver, install it on a \
        machine that has the GPU"
end

function PyFlux.device_name(device::CUDADevice)
    gpu = something(device.device, CUDA.device())
    memory = round(CUDA.totalmem(gpu) / 2^30; digits = 1)
    return "GPU $(CUDA.deviceid(gpu)) ($(CUDA.name(gpu)), $memory GiB)"
end

# NVIDIA's libraries read this variable once, when they are first used. Without it they take
# TF32 for convolutions on every GPU that has it, whatever the math mode of CUDA.jl.
const OVERRIDE = "NVIDIA_TF32_OVERRIDE"
const PRECISION = Ref{Union{Nothing,String}}(nothing)

function PyFlux.set_precision!(::CUDADevice, precision::AbstractString)
    precision in ("float32", "tf32") ||
        throw(ArgumentError("precision must be float32 or tf32, got $precision"))
    PRECISION[] in (nothing, precision) || throw(ArgumentError(
        "precision $precision cannot be set in this process, which has used \
        $(PRECISION[]); start another",
    ))
    if PRECISION[] === nothing && precision == "float32" && !haskey(ENV, OVERRIDE)
        ENV[OVERRIDE] = "0"
    end
    PRECISION[] = precision
    return nothing
end

end

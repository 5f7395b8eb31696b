module CUDAExt

using CUDA: CUDA
using Flux: CUDADevice
using PyFlux: PyFlux

function PyFlux.why_not_functional(::Type{CUDADevice})
    reason = try
        return CUDA.functional(true) ? "CUDA works, but cuDNN does not" : "it does not say why"
    catch e
        first(split(sprint(showerror, e), '\n'))
    end
    # Which runtime CUDA.jl brings is decided by the driver that it finds while it is installed.
    occursin("runtime not found", reason) || return reason
    return "$reason: if CUDA.jl was installed where there is no driver, install it on a machine that has the GPU"
end

function PyFlux.device_name(d::CUDADevice)
    gpu = something(d.device, CUDA.device())
    return "GPU $(CUDA.deviceid(gpu)) ($(CUDA.name(gpu)), $(round(CUDA.totalmem(gpu) / 2^30; digits = 1)) GiB)"
end

# NVIDIA's libraries read this once, when they are first used. Without it they take TF32 for convolutions on every GPU
# that has it, whatever the math mode of CUDA.jl.
const OVERRIDE = "NVIDIA_TF32_OVERRIDE"
const CHOSEN = Ref{Union{Nothing,String}}(nothing)

function PyFlux.precision!(::CUDADevice, precision::AbstractString)
    precision in ("float32", "tf32") ||
        throw(ArgumentError("precision must be float32 or tf32, got $precision"))
    CHOSEN[] === nothing || CHOSEN[] == precision ||
        throw(ArgumentError("precision $precision cannot be had in this process, which has used $(CHOSEN[]); start another"))
    CHOSEN[] === nothing && precision == "float32" && !haskey(ENV, OVERRIDE) && (ENV[OVERRIDE] = "0")
    CHOSEN[] = precision
    return nothing
end

end

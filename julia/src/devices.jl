# Which device computes, and how arrays get there and back.

const GPU_TYPES = (CUDADevice, AMDGPUDevice, MetalDevice)

# The packages that drive a kind of GPU, and the system's library without which they are of no use.
const GPU_PACKAGES = (
    CUDADevice => (
        ["CUDA" => "052768ef-5323-5732-b1bb-66c8b64840ba", "cuDNN" => "02a925ec-e4fe-4b08-9a7e-0d78e3d38ccd"],
        Sys.iswindows() ? ["nvcuda"] : ["libcuda.so.1", "libcuda"],
    ),
    AMDGPUDevice => (["AMDGPU" => "21141c5a-9bdb-4563-92ae-f87d6854732e"], ["libamdhip64"]),
    MetalDevice => (["Metal" => "dde4c033-4e86-420c-a63e-0dd931031962"], String[]),
)

has_driver(T) = T === MetalDevice ? Sys.isapple() && Sys.ARCH === :aarch64 :
    !isempty(find_library(last(only(p for (t, p) in GPU_PACKAGES if t === T))))

# Anywhere that Julia looks: in the active project, or in the user's own.
installed(name, uuid) = Base.identify_package(name) == Base.PkgId(Base.UUID(uuid), name)

"""
    load_gpu_packages()

Load the packages of those GPUs that have a driver here, where they are installed. What they bring can be called
from the next call at the top level on.
"""
function load_gpu_packages()
    for (T, (packages, _)) in GPU_PACKAGES
        has_driver(T) && all(p -> installed(p...), packages) || continue
        foreach(((name, uuid),) -> Base.require(Base.PkgId(Base.UUID(uuid), name)), packages)
    end
end

"""
    device(name)

The device of that name: `"cpu"`; `"gpu"`, the first GPU, or `"gpu:1"`, the second, counted from 0 as Keras and PyTorch
do; `"auto"`, the first GPU where there is one, else the CPU. A GPU that cannot be had is an `ArgumentError` with the
reason.

# Examples
```jldoctest
julia> PyFlux.device("cpu") isa CPUDevice
true
```
"""
function device(name::AbstractString)
    name == "cpu" && return cpu_device()
    load_gpu_packages()
    return Base.invokelatest(loaded_device, name)
end

function loaded_device(name)
    found = any(MLDataDevices.functional, GPU_TYPES)
    name == "auto" && return found ? gpu_device() : cpu_device()
    m = match(r"^gpu(?::(\d+))?$", name)
    m === nothing && throw(ArgumentError("there is no device $name; known: auto, cpu, gpu, gpu:0, gpu:1, …"))
    found || throw(ArgumentError("device $name is not here: $(why_no_gpu())"))
    m[1] === nothing && return gpu_device()
    return try
        gpu_device(parse(Int, m[1]) + 1)
    catch e
        throw(ArgumentError("device $name is not here: $(sprint(showerror, e)), where ids count from 1"))
    end
end

"Why there is no GPU: the driver, the packages, or what they say."
function why_no_gpu()
    with_driver = [T => packages for (T, (packages, _)) in GPU_PACKAGES if has_driver(T)]
    isempty(with_driver) && return "no driver of NVIDIA's (libcuda) or AMD's (HIP) was found, and this is no Apple GPU"
    return join(why_no_gpu.(first.(with_driver), last.(with_driver)), "; ")
end

function why_no_gpu(T, packages)
    missing_ones = [name for (name, uuid) in packages if !installed(name, uuid)]
    isempty(missing_ones) ||
        return "there is a driver, but not the Julia package$(length(missing_ones) == 1 ? "" : "s") $(join(missing_ones, " and "))"
    return string(join(first.(packages), " and "), " cannot use the GPU: ", why_not_functional(T))
end

# What a package says of itself; the extensions know.
why_not_functional(_) = "the package does not say why"

"What a person calls a device."
device_name(::CPUDevice) = "CPU"
device_name(device) = string(nameof(typeof(device)))

"Make a device that of the calls to come: a process can have several GPUs."
activate(::Any) = nothing
activate(d::CUDADevice) = d.device === nothing || MLDataDevices.set_device!(CUDADevice, d.device)
activate(d::AMDGPUDevice) = d.device === nothing || MLDataDevices.set_device!(AMDGPUDevice, d.device)

"""
    precision!(device, precision)

How exactly products are computed: `"float32"`, or `"tf32"` on NVIDIA GPUs that have it, where convolutions round what
they multiply to 10 bits behind the point. It holds for the process.
"""
function precision!(device, precision::AbstractString)
    precision == "float32" || throw(ArgumentError("precision $precision is for NVIDIA GPUs, not for the $(device_name(device))"))
    return nothing
end

# ── Arrays, there and back ───────────────────────────────────────────────────────────────────────────────

# An array where another one is.
beside(::AbstractArray, x) = x
beside(place::AnyGPUArray, x::AnyGPUArray) = x
beside(place::AnyGPUArray, x::AbstractArray) = copyto!(similar(place, eltype(x), size(x)), convert(Array, x))

on_cpu(x::AbstractArray) = x
on_cpu(x::AnyGPUArray) = Array(x)

"""
    resident(device, borrowed)

Images as they were borrowed, on a device, in Flux's order; uint8 stays uint8. On the CPU a view of the same memory.
"""
resident(::CPUDevice, borrowed) = images(borrowed)
resident(device, borrowed) = (activate(device); turned(device(borrowed)))

turned(x) = x
turned(x::AnyGPUArray{<:Any,4}) =
    size(x, 1) == 1 ? reshape(x, size(x, 2), size(x, 3), 1, size(x, 4)) : permutedims(x, (2, 3, 1, 4))

# Images to predict may be more than fit: they go there in pieces.
const PIECE = 2^28

function predictions(model, borrowed, batchsize, device)
    n, bytes = samples(borrowed), cld(sizeof(borrowed), samples(borrowed))
    pieces = Iterators.partition(1:n, max(fld(PIECE, bytes * batchsize), 1) * batchsize)
    return rowmajor(together([
        predict(model, resident(device, copy(selectdim(borrowed, ndims(borrowed), piece))); batchsize) for piece in pieces
    ]))
end

is_gpu(device) = !(device isa CPUDevice)

# A model as it is, or a copy of it on a GPU.
moved(::CPUDevice, model) = model
moved(device, model) = (activate(device); device(model))

# Where a model's arrays are, there its optimiser's are made.
function activate(model::Chain)
    found = slots(model)
    isempty(found) || activate(get_device(at(model, first(found))))
end

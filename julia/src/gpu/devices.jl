# Which device computes.

const GPU_TYPES = (CUDADevice, AMDGPUDevice, MetalDevice)

# The packages that drive a kind of GPU, and the system libraries, one of which they need.
const GPU_PACKAGES = (
    CUDADevice => (
        packages = [
            "CUDA" => "052768ef-5323-5732-b1bb-66c8b64840ba",
            "cuDNN" => "02a925ec-e4fe-4b08-9a7e-0d78e3d38ccd",
        ],
        libraries = Sys.iswindows() ? ["nvcuda"] : ["libcuda.so.1", "libcuda"],
    ),
    AMDGPUDevice => (
        packages = ["AMDGPU" => "21141c5a-9bdb-4563-92ae-f87d6854732e"],
        libraries = ["libamdhip64"],
    ),
    MetalDevice => (
        packages = ["Metal" => "dde4c033-4e86-420c-a63e-0dd931031962"],
        libraries = String[],
    ),
)

has_driver(T, libraries) = T === MetalDevice ?
    Sys.isapple() && Sys.ARCH === :aarch64 : !isempty(find_library(libraries))

# Anywhere that Julia looks: in the active project, or in the user's own environment.
package_id((name, uuid)) = Base.PkgId(Base.UUID(uuid), name)
is_installed(package) = Base.identify_package(first(package)) == package_id(package)

"""
    load_gpu_packages()

Load the installed packages of those GPUs that have a driver on this machine. Their methods
can be called from the next call at top level on, or through `invokelatest`.
"""
function load_gpu_packages()
    for (T, (; packages, libraries)) in GPU_PACKAGES
        has_driver(T, libraries) && all(is_installed, packages) || continue
        foreach(package -> Base.require(package_id(package)), packages)
    end
end

"""
    device(name)

The device of that name: `"cpu"`; `"gpu"`, the first GPU; `"gpu:1"`, the second one, as
Keras and PyTorch count; or `"auto"`, the first GPU if there is one, else the CPU. Throws an
`ArgumentError` with the reason if a GPU cannot be used.

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
    available = any(MLDataDevices.functional, GPU_TYPES)
    name == "auto" && return available ? gpu_device() : cpu_device()
    m = match(r"^gpu(?::(\d+))?$", name)
    m === nothing && throw(ArgumentError(
        "there is no device $name; known: auto, cpu, gpu, gpu:0, gpu:1, …",
    ))
    available || throw(ArgumentError("device $name is not here: $(why_no_gpu())"))
    m[1] === nothing && return gpu_device()
    return try
        gpu_device(parse(Int, m[1]) + 1)
    catch e
        reason = sprint(showerror, e)
        throw(ArgumentError("device $name is not here: $reason, where ids count from 1"))
    end
end

"Why no GPU can be used: the driver, the packages, or what they report."
function why_no_gpu()
    reasons = [why_no_gpu(T, packages) for (T, (; packages, libraries)) in GPU_PACKAGES
               if has_driver(T, libraries)]
    isempty(reasons) || return join(reasons, "; ")
    return "no driver of NVIDIA's (libcuda) or AMD's (HIP) was found, and this machine has \
        no Apple GPU"
end

function why_no_gpu(T, packages)
    missing_names = [first(package) for package in packages if !is_installed(package)]
    plural = length(missing_names) == 1 ? "" : "s"
    isempty(missing_names) || return string(
        "there is a driver, but not the Julia package", plural, " ",
        join(missing_names, " and "),
    )
    names = join(first.(packages), " and ")
    return "$names cannot use the GPU: $(why_not_functional(T))"
end

"Why the package of a kind of GPU cannot use it. Extensions add methods."
why_not_functional(T) = "the package does not say why"

"What a person calls a device, such as `CPU`. Extensions add methods."
device_name(::CPUDevice) = "CPU"
device_name(device) = string(nameof(typeof(device)))

is_gpu(device) = !(device isa CPUDevice)

"Make a device the one of the calls to come: a process can have several GPUs."
activate(device) = nothing
activate(device::CUDADevice) = set_active_device(device)
activate(device::AMDGPUDevice) = set_active_device(device)

set_active_device(device::T) where {T} =
    device.device === nothing || MLDataDevices.set_device!(T, device.device)

# The device that has a model's arrays: those of its optimiser are made there too.
function activate(model::Chain)
    paths = parameter_paths(model)
    isempty(paths) || activate(get_device(getparameter(model, first(paths))))
end

"""
    set_precision!(device, precision)

Set how exactly products are computed: `"float32"`, or `"tf32"` on NVIDIA GPUs that have
it, where convolutions round the factors to a mantissa of 10 bits. It holds for the process.
"""
function set_precision!(device, precision::AbstractString)
    precision == "float32" || throw(ArgumentError(
        "precision $precision is for NVIDIA GPUs, not for the $(device_name(device))",
    ))
    return nothing
end

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
    isempty(missing_ones) || return "there is a driver, but not the Julia package $(join(missing_ones, " and "))"
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

# ── Batches ──────────────────────────────────────────────────────────────────────────────────────────────

# Like `Batches`, where the images are on a device: a kernel gathers and scales, and nothing comes to the host.
mutable struct DeviceBatches{A,B<:AbstractArray{Float32}}
    const images::A  # a column for each sample
    buffer::B        # made when it is first needed
    const scale::Float32
end

function Batches(images::AnyGPUArray; scaled::Bool = true)
    sample = Base.front(size(images))
    scale = eltype(images) === UInt8 && scaled ? 1.0f0 / 255 : 1.0f0
    return DeviceBatches(reshape(images, prod(sample), samples(images)), similar(images, Float32, sample..., 0), scale)
end

function (b::DeviceBatches)(indices)
    places, n = beside(b.images, indices), length(indices)
    n == size(b.buffer, ndims(b.buffer)) || (b.buffer = similar(b.buffer, Base.front(size(b.buffer))..., n))
    x = b.buffer
    reshape(x, :, n) .= scaled_value.(Ref(b.images), axes(b.images, 1), reshape(places, 1, n), b.scale)
    return x
end

@inline scaled_value(images, i, k, scale) = Float32(@inbounds images[i, k]) * scale

part(x::AnyGPUArray{<:Any,1}, indices) = value_at.(Ref(x), beside(x, indices))
part(x::AnyGPUArray{<:Any,2}, indices) =
    value_at.(Ref(x), axes(x, 1), reshape(beside(x, indices), 1, length(indices)))

@inline value_at(x, i...) = @inbounds x[i...]

# ── Training ─────────────────────────────────────────────────────────────────────────────────────────────

# What has been seen of some samples, on their device until the end.
struct DeviceSeen{L,P}
    losses::L  # of each sample
    penalty::P # of all steps, times their samples
    outputs::Ref{Any}
end

DeviceSeen(images, n) = DeviceSeen(
    similar(images, Float32, n), fill!(similar(images, Float32, 1), 0), Ref{Any}(nothing)
)

function add!(seen::DeviceSeen, range, losses, outputs)
    if seen.outputs[] === nothing
        seen.outputs[] = similar(outputs, Base.front(size(outputs))..., length(seen.losses))
    end
    copyto!(view(seen.losses, range), losses)
    copyto!(selectdim(seen.outputs[], ndims(outputs), range), outputs)
end

result(seen::DeviceSeen, head) = (;
    loss = Float64(sum(seen.losses)) + Float64(only(Array(seen.penalty))), outputs = Array(head(seen.outputs[])),
    samples = length(seen.losses),
)

function train!(
    learner::Learner, images::AnyGPUArray, targets, order = 1:samples(images);
    batchsize::Integer = 64, rates = nothing, weights = nothing, features::Bool = false,
)
    check_targets(images, targets)
    activate(get_device(images))
    places, targets, weights = places_on(images, order), beside(images, targets), weights_on(images, weights)
    batches = Batches(images; scaled = !rescales(learner.model))
    seen = DeviceSeen(images, length(order))
    for (i, range) in enumerate(Iterators.partition(1:length(order), batchsize))
        rates === nothing || Optimisers.adjust!(learner.state, rates[i])
        setkeys!(learner.random, learner.seed, learner.steps)
        indices = view(places, range)
        x = batches(indices)
        features || (x = forward(learner.frozen, x))
        losses, ŷ, grads = losses_and_gradients(learner, x, part(targets, indices), part(weights, indices))
        add_penalty!(seen.penalty, grads, learner, length(range))
        Flux.update!(learner.state, learner.trained, grads)
        learner.steps += 1
        add!(seen, range, losses, ŷ)
    end
    setkeys!(learner.random, learner.seed, nothing)
    return result(seen, learner.head)
end

# Kernels read without a check, so that the check is here, once.
function places_on(images, order)
    isempty(order) && throw(ArgumentError("order names no samples"))
    all(in(1:samples(images)), extrema(order)) ||
        throw(BoundsError(images, (ntuple(Returns(:), ndims(images) - 1)..., extrema(order))))
    return beside(images, collect(Int32, order))
end

weights_on(images, ::Nothing) = nothing
weights_on(images, weights) = beside(images, weights)

# The loss of each sample, what it was computed from, and the mean loss's gradient. No number comes to the host.
function losses_and_gradients(learner, x, y, weights)
    ŷ, back = Flux.pullback(model -> forward(model, x), learner.trained)
    losses, errors = losses_and_errors(learner.loss, ŷ, y)
    factors = weights === nothing ? 1.0f0 : reshape(weights, 1, :)
    return vec(losses .* factors), ŷ, back(errors .* factors ./ size(ŷ, 2))[1]
end

function losses_and_errors(::typeof(logitcrossentropy), ŷ, y)
    logs, target = logsoftmax(ŷ), columns_of(y, ŷ)
    return -sum(target .* logs; dims = 1), exp.(logs) .* sum(target; dims = 1) .- target
end

function losses_and_errors(::typeof(logitbinarycrossentropy), ŷ, y)
    target, n = columns_of(y, ŷ), size(ŷ, 1)
    return mean(@.((1 - target) * ŷ - logσ(ŷ)); dims = 1), @.((σ(ŷ) - target) / n)
end

function losses_and_errors(::typeof(mse), ŷ, y)
    target, n = columns_of(y, ŷ), size(ŷ, 1)
    return mean(abs2.(ŷ .- target); dims = 1), @.(2 * (ŷ - target) / n)
end

# Any other loss through Zygote: right, but its value comes to the host in each step.
function losses_and_errors(loss, ŷ, y)
    value, (errors,) = Flux.withgradient(ŷ -> loss(ŷ, columns_of(y, ŷ)), ŷ)
    return fill!(similar(ŷ, 1, size(ŷ, 2)), value), errors .* size(ŷ, 2)
end

columns_of(labels::AbstractVector{<:Integer}, ŷ) =
    ifelse.(axes(ŷ, 1) .== reshape(labels, 1, :), one(eltype(ŷ)), zero(eltype(ŷ)))
columns_of(columns::AbstractMatrix, ŷ) = columns

# The regularisers' gradient, and their loss for so many samples.
function add_penalty!(total, grads, learner, n)
    for (slot, (l1, l2)) in learner.penalties
        w, g = at(learner.trained, slot), at(grads, slot)
        g .+= l1 .* sign.(w) .+ 2 .* l2 .* w
        total .+= n .* vec(sum(l1 .* abs.(w) .+ l2 .* abs2.(w); dims = 1:ndims(w)))
    end
end

function loss_and_gradients(learner::Learner, x::AnyGPUArray, y, weights = nothing)
    losses, ŷ, grads = losses_and_gradients(learner, x, beside(x, y), weights_on(x, weights))
    total = fill!(similar(losses, 1), 0)
    add_penalty!(total, grads, learner, 1)
    return sum(losses) / size(ŷ, 2) + only(Array(total)), ŷ, grads
end

function evaluate(
    learner::Learner, images::AnyGPUArray, targets; batchsize::Integer = 256, weights = nothing, features::Bool = false
)
    check_targets(images, targets)
    activate(get_device(images))
    n = samples(images)
    places, targets, weights = places_on(images, 1:n), beside(images, targets), weights_on(images, weights)
    batches = Batches(images; scaled = !rescales(learner.model))
    seen = DeviceSeen(images, n)
    for range in Iterators.partition(1:n, batchsize)
        indices = view(places, range)
        x = batches(indices)
        features || (x = forward(learner.frozen, x))
        ŷ = forward(learner.trained, x)
        losses, _ = losses_and_errors(learner.loss, ŷ, part(targets, indices))
        w = part(weights, indices)
        add!(seen, range, vec(w === nothing ? losses : losses .* reshape(w, 1, :)), ŷ)
    end
    seen.penalty .= n * penalty(learner)
    return result(seen, learner.head)
end

function predict(learner::Learner, images::AnyGPUArray; batchsize::Integer = 256)
    return outputs_there(x -> forward(learner.trained, forward(learner.frozen, x)), learner.head, !rescales(learner.model), images, batchsize)
end

predict(p::Predictor, images::AnyGPUArray; batchsize::Integer = 256) =
    outputs_there(x -> forward(p.pieces, x), identity, p.scaled, images, batchsize)

function outputs_there(f, head, scaled, images, batchsize)
    activate(get_device(images))
    n = samples(images)
    places = places_on(images, 1:n)
    batches = Batches(images; scaled)
    return Array(head(together([f(batches(view(places, range))) for range in Iterators.partition(1:n, batchsize)])))
end

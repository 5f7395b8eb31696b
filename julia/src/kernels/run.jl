# A run of layers of a network that goes through the kernels: convolutions, and the dense layers after them. It reads
# the weights of the Flux layers, which stay the model, and gives their gradients in the same form as Zygote. Each thread
# has a share of the batch; nothing of the batch's size is allocated in a step, and the threads' gradients are added in
# their order, so that the same batch gives the same bits.

"""
    Picked(images, indices, scale = 1)

Those of `images` that `indices` names, times `scale`: a batch that is not gathered before it is needed.
"""
struct Picked{A,I}
    images::A
    indices::I
    scale::Float32
end

Picked(images) = Picked(images, axes(images, ndims(images)), 1.0f0)

# The layers of a run, and which of them do something: a pooling belongs to the convolution before it.
struct Plan
    layers::Vector{Any}
    convs::Vector{Int}
    dense::Vector{Int}
    flat::Bool  # whether features come out, not images
end

"The run that begins at the `i`th of these layers, or `nothing` where that has no kernel."
function Plan(layers::Vector{Any}, i::Int = 1)
    first, n, convs, dense = i, length(layers), Int[], Int[]
    while i ≤ n && suits(layers[i])
        push!(convs, i - first + 1)
        i += i < n && is_2x2(layers[i + 1]) ? 2 : 1
    end
    flat = i ≤ n && layers[i] === flatten_hwc
    i += flat
    while (flat || isempty(convs)) && i ≤ n && suits_dense(layers[i])
        push!(dense, i - first + 1)
        i += 1
    end
    isempty(convs) && isempty(dense) && return nothing
    return Plan(layers[first:(i - 1)], convs, dense, flat || isempty(convs))
end

suits(layer) = false
suits(c::Conv{2,4,<:Union{typeof(identity),typeof(relu)},<:Array{Float32,4}}) =
    c.stride == (1, 1) && c.dilation == (1, 1) && c.groups == 1

is_2x2(layer) = false
is_2x2(p::MaxPool{2}) = p.k == (2, 2) && p.stride == (2, 2) && all(iszero, p.pad)

function fused_layers(plan::Plan, size, inner)
    convs = Fused[]
    for (k, i) in enumerate(plan.convs)
        pool = i < length(plan.layers) && is_2x2(plan.layers[i + 1]) ? plan.layers[i + 1] : nothing
        push!(convs, Fused(plan.layers[i], pool, size; inner = inner || k > 1))
        size = (last(convs).output..., last(convs).filters)
    end
    return convs
end

# Room for reading and writing whole vectors where only a part of the last ones counts.
room(dims...) = zeros(Float32, prod(dims) + (MOST_SUMS.many + 2) * LANES)

# What a thread has for itself in training.
struct Desk
    dw::Vector{Vector{Float32}}  # of the convolutions, as `back!` leaves it
    db::Vector{Vector{Float32}}
    dx::Vector{Vector{Float32}}  # of each convolution's input, image after image
    hits::Hits
end

function Desk(convs, share)
    return Desk(
        [zeros(Float32, gradient_length(l)) for l in convs],
        [zeros(Float32, padded(l.filters)) for l in convs],
        [few(l) ? Float32[] : room(input_length(l), share) for l in convs],
        Hits(maximum(l -> few(l) ? 0 : band(l) * l.output[1], convs; init = 0)),
    )
end

few(::Fused{<:Any,<:Any,Few}) where {Few} = Few

# How an array has images: floats of one, where it begins inside the padding, and floats a row.
struct Layout
    length::Int
    inside::Int
    stride::Int
end

Layout(l::Fused) = Layout(input_length(l), inside(l), row_stride(l))

# One of them.
Plane(l::Layout, array, k) = Plane(pointer(array, l.length * (k - 1) + l.inside + 1), l.stride)

struct Run
    plan::Plan
    size::Dims                        # of a sample that comes in
    batch::Int                        # the largest batch there is room for
    inner::Bool                       # whether what comes in gets a gradient
    training::Bool
    some::Int                         # images that a thread takes through all layers before the next ones
    convs::Vector{Fused}
    layouts::Vector{Layout}           # of each convolution's input, and of the features
    inputs::Vector{Vector{Float32}}   # of each convolution, image after image, with padding
    codes::Vector{Vector{Int32}}
    features::Vector{Matrix{Float32}} # what goes into each dense layer, and what comes out of the last
    errors::Vector{Matrix{Float32}}   # the gradients of these
    forward::Vector{Vector{Float32}}  # weights packed for the way forward
    back::Vector{Vector{Float32}}     # … and for the way back
    biases::Vector{Vector{Float32}}
    packed::Vector{Array{Float32,4}}  # without training: the weights that are packed
    rooms::Vector{Vector{Float32}}    # of each thread, for what it needs while it does one image
    desks::Vector{Desk}
    grads::Vector{Any}                # of each layer, in Zygote's form
end

# Where nothing is kept for the way back a thread takes some images through all layers before the next ones: as many as a
# cache has room for, but not more than help.
at_once(convs) = clamp(CACHED ÷ sum(input_length, convs; init = 1), 1, 32)

function Run(plan::Plan, size::Dims, batch::Int; inner = false, training = true)
    convs, nt = fused_layers(plan, size, inner), Threads.nthreads()
    some = training ? batch : at_once(convs)
    kept = training ? batch : nt * some
    features = isempty(convs) ? prod(size) : output_length(last(convs))
    # A run that begins with dense layers gets its images as features.
    stride = isempty(convs) ? (length(size) == 3 ? size[1] * size[3] : 0) : output_stride(last(convs))
    widths = [features; [Base.size(plan.layers[i].weight, 1) for i in plan.dense]]
    return Run(
        plan, size, batch, inner, training, some, convs, [Layout.(convs); Layout(features, 0, stride)],
        [room(input_length(l), kept) for l in convs],
        [zeros(Int32, training && pooled(l) ? output_length(l) * batch + LANES : 0) for l in convs],
        # A column more than there are images, as the last vector of the last may not be a whole one.
        [zeros(Float32, w, batch + cld(LANES, w)) for w in widths],
        [zeros(Float32, w, training ? batch + cld(LANES, w) : 0) for w in widths],
        [zeros(Float32, forward_length(l)) for l in convs],
        [zeros(Float32, few(l) || !training ? 0 : gradient_length(l)) for l in convs],
        [zeros(Float32, padded(l.filters)) for l in convs],
        Array{Float32,4}[fill(NaN32, Base.size(plan.layers[i].weight)) for i in (training ? Int[] : plan.convs)],
        [room(maximum(winograd_room, convs; init = 0)) for _ in 1:nt],
        [Desk(convs, cld(batch, nt)) for _ in 1:(training ? nt : 0)],
        training ? [zero_gradient(layer, i in plan.convs || i in plan.dense) for (i, layer) in enumerate(plan.layers)] : [],
    )
end

function zero_gradient(layer, trained)
    trained || return nothing
    return in_zygotes_form(layer, (weight = zero(layer.weight), bias = layer.bias === false ? nothing : zero(layer.bias)))
end

# A named tuple with all fields of a layer, and nothing for those that are not trained.
in_zygotes_form(layer, found) =
    NamedTuple{fieldnames(typeof(layer))}(map(f -> get(found, f, nothing), fieldnames(typeof(layer))))

# Whether a run made earlier has room for these images.
fits(run::Run, size, batch) = run.size == size && run.batch ≥ batch

# ── Weights ──────────────────────────────────────────────────────────────────────────────────────────────

"Take over the weights of the layers."
function pack!(run::Run)
    isempty(run.convs) || is_packed(run) || on_threads() do t
        for (i, l) in enumerate(run.convs)
            pack!(l, run, i, run.plan.layers[run.plan.convs[i]], t)
        end
    end
    for (l, i, bias) in zip(run.convs, run.plan.convs, run.biases)
        l.bias && copyto!(bias, run.plan.layers[i].bias)
    end
end

# Between two predictions weights seldom change, and to compare them takes a tenth of the time.
function is_packed(run)
    run.training && return false
    weights = Array{Float32,4}[run.plan.layers[i].weight for i in run.plan.convs]
    weights == run.packed && return true
    foreach(copyto!, run.packed, weights)
    return false
end

function pack!(l::Fused, run, i, conv, t)
    for block in share(t, padded(l.filters) ÷ LANES)
        pack_forward!(run.forward[i], conv.weight, l, (block - 1) * LANES)
    end
    for filter in share(t, isempty(run.back[i]) ? 0 : l.filters)
        pack_back!(run.back[i], conv.weight, l, filter - 1)
    end
end

# ── Forward ──────────────────────────────────────────────────────────────────────────────────────────────

"""
    forward!(run, x::Picked)

The outputs for a batch, after `pack!`; features are valid until the next call.
"""
function forward!(run::Run, x::Picked)
    n = length(x.indices)
    check_features(run)
    GC.@preserve run each_thread(n) do t, images
        for some in Iterators.partition(images, run.some)
            # Where an image is in the inputs: at its own number, or among those that the thread has at once.
            shift = run.training ? 0 : (t - 1) * run.some - first(some) + 1
            foreach(image -> take_in!(input_of(run, 1, image, shift), x.images, x.indices[image], x.scale), some)
            for (i, l) in enumerate(run.convs)
                forward!(ahead(l), run, i, some, shift, t)
            end
        end
    end
    for (k, i) in enumerate(run.plan.dense)
        forward!(run.plan.layers[i], view(run.features[k + 1], :, 1:n), view(run.features[k], :, 1:n))
    end
    return out_of(run, last(run.features), n)
end

function forward!(l::Fused, run::Run, i, images, shift, t)
    for image in images
        x, y = whole_input(run, i, image + shift), input_of(run, i + 1, image, shift)
        codes = run.training ? codes_of(run, i, l, image) : Ptr{Int32}(C_NULL)
        suits_winograd(l) ? winograd!(l, pointer(run.rooms[t]), y, codes, x, pointer(run.forward[i]), pointer(run.biases[i])) :
            forward!(l, y, codes, x, pointer(run.forward[i]), pointer(run.biases[i]))
    end
end

# Where an image goes in a convolution's input, or behind the last in the features, and where the padding around it begins.
input_of(run, i, image, shift) = i > length(run.convs) ? Plane(run.layouts[i], run.features[1], image) :
    Plane(run.layouts[i], run.inputs[i], image + shift)
whole_input(run, i, place) = pointer(run.inputs[i], run.layouts[i].length * (place - 1) + 1)
codes_of(run, i, l, image) = pooled(l) ? pointer(run.codes[i], output_length(l) * (image - 1) + 1) : Ptr{Int32}(C_NULL)

# A run that ends in images gives them as Flux has them, channels last.
out_of(run::Run, features, n) = run.plan.flat ? view(features, :, 1:n) :
    permutedims(reshape(view(features, :, 1:n), last(run.convs).filters, last(run.convs).output..., n), (2, 3, 1, 4))

function check_features(run)
    isempty(run.convs) || return nothing
    layer, n = run.plan.layers[run.plan.dense[1]], prod(run.size)
    size(layer.weight, 2) == n || throw(DimensionMismatch("the layer $layer takes $(size(layer.weight, 2)) features, got $n"))
end

# A sample's features, one after the other.
function take_in!(to::Plane, x::AbstractMatrix, k, scale)
    for i in axes(x, 1)
        unsafe_store!(to.at, Float32(@inbounds x[i, k]) * scale, i)
    end
end

# An image, channels innermost. Where it lies like that in memory, a row is copied as it is.
take_in!(to::Plane, x::Array{<:Any,4}, k, scale) = size(x, 3) == 1 ? take_rows!(to, x, size(x, 1), size(x, 2), k, scale) : take_any!(to, x, k, scale)
take_in!(to::Plane, x::PermutedDimsArray{<:Any,4,(2, 3, 1, 4),<:Any,<:Array}, k, scale) =
    take_rows!(to, parent(x), size(x, 3) * size(x, 1), size(x, 2), k, scale)
take_in!(to::Plane, x::AbstractArray{<:Any,4}, k, scale) = take_any!(to, x, k, scale)

function take_rows!(to::Plane, x::Array, length, rows, k, scale)
    to.stride == length && rows > 1 && return take_rows!(to, x, length * rows, 1, k, scale)  # one long row
    GC.@preserve x for row in 0:(rows - 1)
        from, at = pointer(x, ((k - 1) * rows + row) * length + 1), to.at + 4 * row * to.stride
        @simd ivdep for i in 1:length
            unsafe_store!(at, Float32(unsafe_load(from, i)) * scale, i)
        end
    end
end

function take_any!(to::Plane, x, k, scale)
    w, h, channels, _ = size(x)
    for j in 1:h, c in 1:channels, i in 1:w
        unsafe_store!(to.at, Float32(@inbounds x[i, j, c, k]) * scale, (j - 1) * to.stride + (i - 1) * channels + c)
    end
end

# ── Back ─────────────────────────────────────────────────────────────────────────────────────────────────

"""
    back!(run, errors)

The gradients of the layers, from that of the outputs of the last `forward!`, and that of what came in, or `nothing`.
"""
function back!(run::Run, errors)
    n = size(errors, ndims(errors))
    take_errors!(run, errors, n)
    part(arrays, k) = view(arrays[k], :, 1:n)
    for (k, i) in Iterators.reverse(enumerate(run.plan.dense))
        g, wanted = run.grads[i], k > 1 || run.inner || !isempty(run.convs)
        dx = wanted ? part(run.errors, k) : nothing
        back!(run.plan.layers[i], g.weight, g.bias, dx, part(run.errors, k + 1), part(run.features, k + 1), part(run.features, k))
    end
    isempty(run.convs) && return run.grads, run.inner ? samples_of(run, part(run.errors, 1), n) : nothing
    dx = run.inner ? zeros(Float32, run.size..., n) : nothing
    GC.@preserve run each_thread(n) do t, images
        for i in length(run.convs):-1:1
            back!(run.convs[i], run, i, run.desks[t], images)
        end
        dx === nothing || give_back!(dx, run.convs[1], run.desks[t], images)
    end
    add_up!(run, n)
    return run.grads, dx
end

# Features as the samples that they came from.
samples_of(run, features, n) = length(run.size) == 1 ? copy(features) :
    permutedims(reshape(features, run.size[3], run.size[1], run.size[2], n), (2, 3, 1, 4))

take_errors!(run, errors::AbstractMatrix, n) = copyto!(view(last(run.errors), :, 1:n), errors)
function take_errors!(run, errors::AbstractArray{<:Any,4}, n)
    w, h, c, _ = size(errors)
    permutedims!(reshape(view(last(run.errors), :, 1:n), c, w, h, n), errors, (3, 1, 2, 4))
end

# One convolution, for the images of a thread.
function back!(l::Fused, run::Run, i, desk::Desk, images)
    fill!(desk.dw[i], 0)
    fill!(desk.db[i], 0)
    wanted = !isempty(desk.dx[i]) && (i > 1 || run.inner)
    weights = wanted ? pointer(run.back[i]) : Ptr{Float32}(C_NULL)
    for (k, image) in enumerate(images)
        dx = wanted ? cleared(desk.dx[i], input_length(l) * (k - 1), input_length(l)) : Ptr{Float32}(C_NULL)
        r = Return(error_of(run, i, desk, k, image), input_of(run, i + 1, image, 0), codes_of(run, i, l, image))
        back!(l, pointer(desk.dw[i]), pointer(desk.db[i]), dx, r, whole_input(run, i, image), weights, desk.hits)
    end
end

# A stretch of an array, with zeros in it.
function cleared(array, from, length)
    at = pointer(array, from + 1)
    Libc.memset(at, 0, 4length)
    return at
end

# The gradient of a convolution's outputs, for the `k`th image of a thread.
error_of(run, i, desk, k, image) = i == length(run.convs) ? Plane(run.layouts[i + 1], run.errors[1], image) :
    Plane(run.layouts[i + 1], desk.dx[i + 1], k)

function give_back!(dx, l, desk, images)
    w, h, channels, _ = size(dx)
    for (k, image) in enumerate(images)
        from = input_length(l) * (k - 1) + inside(l)
        for j in 1:h, i in 1:w, c in 1:channels
            @inbounds dx[i, j, c, image] = desk.dx[1][from + (j - 1) * row_stride(l) + (i - 1) * channels + c]
        end
    end
end

# The sum of what the threads have, where Zygote would have it.
function add_up!(run, n)
    busy = [desk for (t, desk) in enumerate(run.desks) if n == 1 ? t == 1 : !isempty(share(t, n))]
    on_threads() do t
        for (i, l) in enumerate(run.convs)
            g = run.grads[run.plan.convs[i]]
            add_up!(l, g, [d.dw[i] for d in busy], [d.db[i] for d in busy], share(t, l.filters))
        end
    end
end

function add_up!(l::Fused, g, dw, db, filters)
    for filter in filters
        unpack!(g.weight, dw, l, filter - 1)
        l.bias && (g.bias[filter] = sum(part -> part[filter], db))
    end
end

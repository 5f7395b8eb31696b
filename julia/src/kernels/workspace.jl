# The buffers of a run of layers. Each thread has a part of the batch; a step allocates
# nothing of the batch's size but the outputs that it returns.

"""
    ThreadBuffers(convs, methods, input_gradient, samples, lanes)

What a thread needs for the backward pass through so many samples: the gradients of the
weights and biases of each convolution as `conv_backward!` leaves them, those of its
input, image after image, if it needs one, and the lists of the outputs that count.
"""
struct ThreadBuffers
    dw::Vector{Vector{Float32}}
    db::Vector{Vector{Float32}}
    dx::Vector{Vector{Float32}}
    entries::SparseEntries
end

function ThreadBuffers(convs, methods, input_gradient, samples, lanes)
    outputs = [m isa SparseGradient ? band_outputs(l) : 0 for (l, m) in zip(convs, methods)]
    dx_buffer(l) = padded_buffer(lanes, input_length(l), samples)
    return ThreadBuffers(
        [zeros(Float32, gradient_length(l, m)) for (l, m) in zip(convs, methods)],
        [zeros(Float32, padded_filters(l)) for l in convs],
        [k > 1 || input_gradient ? dx_buffer(l) : Float32[] for (k, l) in enumerate(convs)],
        SparseEntries(maximum(outputs; init = 0), lanes),
    )
end

# A buffer with room behind its end, as kernels read and write whole vectors of which only
# a part counts.
padded_buffer(lanes, dims...) =
    zeros(Float32, prod(dims) + (max_accumulators(SparseGradient, lanes) + 2) * lanes)

"""
    Workspace(plan, input_size, batchsize; input_gradient = false, training = true,
              lanes = default_lanes(), permute = can_permute())

The buffers to take batches of up to `batchsize` samples of `input_size` through the
layers of a plan: [`pack!`](@ref), [`forward!`](@ref), and for training
[`backward!`](@ref). `input_gradient` is whether the input gets a gradient.
"""
@kwdef struct Workspace
    plan::SegmentPlan
    input_size::Dims
    batchsize::Int
    lanes::Int
    input_gradient::Bool
    training::Bool
    chunk::Int                          # images that a thread takes through at once
    convs::Vector{FusedConv}
    methods::Vector{GradientMethod}     # of each convolution
    orders::Vector{PackedOrder}         # … and that of its gradient
    layouts::Vector{ImageLayout}        # of each convolution's input, and of the features
    inputs::Vector{Vector{Float32}}     # of each convolution, images with padding
    winners::Vector{Vector{Int32}}      # of each pooling
    features::Vector{Matrix{Float32}}   # into each dense layer, and out of the last
    feature_gradients::Vector{Matrix{Float32}}
    forward_weights::Vector{Vector{Float32}}
    backward_weights::Vector{Vector{Float32}}
    biases::Vector{Vector{Float32}}
    packed::Vector{Array{Float32,4}}    # for inference: the weights that are packed
    scratch::Vector{Vector{Float32}}    # of each thread, while it computes an image
    threads::Vector{ThreadBuffers}
    gradients::Vector{Any}              # of each layer, in Zygote's form
end

function Workspace(
    plan::SegmentPlan, input_size::Dims, batchsize::Int;
    input_gradient = false, training = true, lanes = default_lanes(),
    permute = can_permute(),
)
    convs, nt = fused_convs(plan, input_size, check_lanes(lanes)), Threads.nthreads()
    # Only the first layer's input may need no gradient.
    methods = GradientMethod[
        gradient_method(l; input_gradient = input_gradient || k > 1, permute) for
        (k, l) in enumerate(convs)
    ]
    chunk = training ? batchsize : chunk_size(convs)
    images = training ? batchsize : nt * chunk
    first_width = isempty(convs) ? prod(input_size) : output_length(last(convs))
    widths = [first_width; [size(plan.layers[i].weight, 1) for i in plan.dense]]
    # One column more than there are samples, as the last vector of the last sample may
    # reach into it.
    feature_matrices(n) = [zeros(Float32, w, n + cld(lanes, w)) for w in widths]
    pooled(l) = training && is_pooled(l)
    sparse(m) = training && m isa SparseGradient
    return Workspace(;
        plan, input_size, batchsize, lanes, input_gradient, training, chunk, convs,
        methods,
        orders = [gradient_order(l, m) for (l, m) in zip(convs, methods)],
        layouts = [ImageLayout.(convs); feature_layout(convs, input_size, first_width)],
        inputs = [padded_buffer(lanes, input_length(l), images) for l in convs],
        winners = [
            zeros(Int32, pooled(l) ? output_length(l) * batchsize + lanes : 0) for
            l in convs
        ],
        features = feature_matrices(batchsize),
        feature_gradients = training ? feature_matrices(batchsize) : Matrix{Float32}[],
        forward_weights = [zeros(Float32, forward_length(l)) for l in convs],
        backward_weights = [
            zeros(Float32, sparse(m) ? gradient_length(l, m) : 0) for
            (l, m) in zip(convs, methods)
        ],
        biases = [zeros(Float32, padded_filters(l)) for l in convs],
        packed = training ? Array{Float32,4}[] :
            Array{Float32,4}[fill(NaN32, size(plan.layers[i].weight)) for i in plan.convs],
        scratch = [
            padded_buffer(lanes, maximum(winograd_buffer_length, convs; init = 0)) for
            _ in 1:nt
        ],
        threads = [
            ThreadBuffers(convs, methods, input_gradient, cld(batchsize, nt), lanes) for
            _ in 1:(training ? nt : 0)
        ],
        gradients = training ? zero_gradients(plan) : [],
    )
end

# For inference a thread takes some images through all layers before the next ones: as
# many as fit in the cache, capped at 32, beyond which there is no gain.
chunk_size(convs) = clamp(CACHE_FLOATS ÷ sum(input_length, convs; init = 1), 1, 32)

# Features are the outputs of the last convolution, or without one the images themselves.
function feature_layout(convs, input_size, width)
    stride = !isempty(convs) ? output_stride(last(convs)) :
        length(input_size) == 3 ? input_size[1] * input_size[3] : 0
    return ImageLayout(width, 0, stride)
end

zero_gradients(plan) = Any[
    i in plan.convs || i in plan.dense ? zero_gradient(layer) : nothing for
    (i, layer) in enumerate(plan.layers)
]
function zero_gradient(layer)
    bias = layer.bias === false ? nothing : zero(layer.bias)
    return zygote_gradient(layer, (; weight = zero(layer.weight), bias))
end

# A layer's gradient as Zygote has it: all fields, with nothing for those that are not
# trained.
zygote_gradient(layer, found) = NamedTuple{fieldnames(typeof(layer))}(
    map(name -> get(found, name, nothing), fieldnames(typeof(layer)))
)

# Whether there is room for so many of these samples.
fits(ws::Workspace, input_size, batchsize) =
    ws.input_size == input_size && ws.batchsize ≥ batchsize

# ── Weights ───────────────────────────────────────────────────────────────────────────────

"""
    pack!(workspace)
    pack!(segments)

Read the weights of the layers: before each training step, or once before some predictions.
"""
function pack!(ws::Workspace)
    isempty(ws.convs) || is_packed(ws) || on_threads() do t
        foreach(i -> pack_conv!(ws, i, t), eachindex(ws.convs))
    end
    for (l, i, bias) in zip(ws.convs, ws.plan.convs, ws.biases)
        l.bias && copyto!(bias, ws.plan.layers[i].bias)
    end
end

# Between two predictions weights seldom change, and to compare them takes a tenth of the
# time.
function is_packed(ws)
    ws.training && return false
    weights = Array{Float32,4}[ws.plan.layers[i].weight for i in ws.plan.convs]
    weights == ws.packed && return true
    foreach(copyto!, ws.packed, weights)
    return false
end

# Thread `t`'s part of the weights of the `i`th convolution: whole vectors of filters, then
# single ones.
function pack_conv!(ws, i, t)
    l, packed, backward = ws.convs[i], ws.forward_weights[i], ws.backward_weights[i]
    weight = ws.plan.layers[ws.plan.convs[i]].weight::Array{Float32,4}
    filters, lanes = size(weight, 4), ws.lanes
    for block in thread_range(t, cld(filters, lanes))
        range = ((block - 1) * lanes + 1):min(block * lanes, filters)
        if uses_winograd(l)
            pack_winograd!(packed, weight, whole_vectors(filters, lanes), range)
        else
            pack_filters!(packed, weight, forward_order(l), range)
        end
    end
    isempty(backward) && return nothing
    for f in thread_range(t, filters)
        pack_filters!(backward, weight, ws.orders[i], f:f)
    end
end

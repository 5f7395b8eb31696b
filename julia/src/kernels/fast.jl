# The fast way of a whole network on the CPU: convolutions as in convolution.jl, then dense layers, a share of the
# batch for each thread. It reads the weights of the Flux `Chain`, which stays the model, and gives the gradient in
# the same form as Zygote. Nothing of the batch's size is allocated in a step, and threads' gradients are added in
# their order, so that the same batch gives the same bits.

# What a network of convolutions and dense layers is made of here, with the numbers of its layers in the `Chain`.
struct Plan
    convs::Vector{Fused}
    conv_layers::Vector{Int}
    dense_layers::Vector{Int}
end

"The plan for a model and the size of its input, or `nothing` where a layer has no kernel here."
function Plan(model::Chain, size::Dims)
    convs, conv_layers, dense_layers = Fused[], Int[], Int[]
    i, n = 1, length(model)
    while i ≤ n && length(size) == 3
        layer = model[i]
        if suits(layer)
            pool = i < n && is_2x2(model[i + 1]) ? model[i + 1] : nothing
            push!(convs, Fused(layer, pool, size))
            push!(conv_layers, i)
            size = (last(convs).output..., last(convs).filters)
            minimum(size) > 0 || return nothing
            i += pool === nothing ? 1 : 2
        elseif layer === flatten_hwc
            size = (prod(size),)
            i += 1
        else
            return nothing
        end
    end
    while i ≤ n && model[i] isa Dense{<:Union{typeof(identity),typeof(relu)},<:Matrix{Float32}}
        push!(dense_layers, i)
        i += 1
    end
    return i > n && !isempty(convs) && !isempty(dense_layers) ? Plan(convs, conv_layers, dense_layers) : nothing
end

suits(layer) = false
suits(c::Conv{2,4,<:Union{typeof(identity),typeof(relu)},<:Array{Float32,4}}) =
    c.stride == (1, 1) && c.dilation == (1, 1) && c.groups == 1

is_2x2(layer) = false
is_2x2(p::MaxPool{2}) = p.k == (2, 2) && p.stride == (2, 2) && all(iszero, p.pad)

# Room for reading and writing a whole vector where only a part of it counts.
room(dims...) = zeros(Float32, prod(dims) + 8LANES)

# What a thread has for itself.
struct Desk
    dw::Vector{Vector{Float32}}  # of the convolutions, packed for the way back
    db::Vector{Vector{Float32}}
    dx::Vector{Vector{Float32}}  # of each convolution's input
    offsets::Vector{Int32}
    values::Vector{Float32}
    dense::Vector{Tuple{Matrix{Float32},Vector{Float32}}}
end

struct Fast
    plan::Plan
    batch::Int                       # the largest batch there is room for
    inputs::Vector{Vector{Float32}}  # of each convolution, image after image, with padding
    places::Vector{Vector{Int32}}
    features::Vector{Matrix{Float32}} # what goes into each dense layer, and what comes out of the last
    errors::Vector{Matrix{Float32}}   # the gradients of these
    forward::Vector{Vector{Float32}} # weights packed for the way forward
    back::Vector{Vector{Float32}}    # … and for the way back
    biases::Vector{Vector{Float32}}
    desks::Vector{Desk}
    grads::Any                       # in the form of Zygote's
end

function Fast(plan::Plan, model::Chain, batch::Int)
    convs, denses = plan.convs, [model[i] for i in plan.dense_layers]
    widths = [size(denses[1].weight, 2); [size(d.weight, 1) for d in denses]]
    desks = map(1:Threads.nthreads()) do _
        Desk(
            [zeros(Float32, padded(row_length(l)) * l.kernel[2] * l.filters) for l in convs],
            [zeros(Float32, l.filters) for l in convs],
            [room(input_length(l)) for l in convs],
            zeros(Int32, maximum(prod(l.output) for l in convs) + 1),
            zeros(Float32, maximum(prod(l.output) for l in convs) + 1),
            [(zero(d.weight), zeros(Float32, size(d.weight, 1))) for d in denses],
        )
    end
    return Fast(
        plan,
        batch,
        [room(input_length(l), batch) for l in convs],
        [zeros(Int32, l.pooled ? output_length(l) * batch + LANES : 0) for l in convs],
        [zeros(Float32, w, batch) for w in widths],
        [zeros(Float32, w, batch) for w in widths],
        [zeros(Float32, padded(l.filters) * l.channels * prod(l.kernel)) for l in convs],
        [zeros(Float32, padded(row_length(l)) * l.kernel[2] * l.filters) for l in convs],
        [zeros(Float32, padded(l.filters)) for l in convs],
        desks,
        gradient_of(model, plan),
    )
end

# Zygote's form: a tuple with a named tuple for each layer, and nothing where nothing is trained.
function gradient_of(model, plan)
    return (; layers = ntuple(length(model)) do i
        i in plan.conv_layers || i in plan.dense_layers || return nothing
        layer = model[i]
        zeros = (weight = zero(layer.weight), bias = layer.bias === false ? nothing : zero(layer.bias))
        NamedTuple{fieldnames(typeof(layer))}(map(f -> get(zeros, f, nothing), fieldnames(typeof(layer))))
    end)
end

# The samples of a thread, of `n`.
share(t, n) = ((t - 1) * n ÷ Threads.nthreads() + 1):(t * n ÷ Threads.nthreads())

function each_thread(f, n)
    Threads.@threads :static for t in 1:Threads.nthreads()
        isempty(share(t, n)) || f(t, share(t, n))
    end
end

# Where the image inside the padding begins in a convolution's input, and floats a row.
inside(l::Fused) = (l.pad[3] * l.input[1] + l.pad[1]) * l.channels
row_stride(l::Fused) = l.input[1] * l.channels

"Pointers to what a convolution puts out for an image: the next one's input, or a column of the features."
function output_of(fast, i, image)
    i == length(fast.plan.convs) && return pointer(fast.features[1], output_length(fast.plan.convs[i]) * (image - 1) + 1),
    fast.plan.convs[i].output[1] * fast.plan.convs[i].filters
    next = fast.plan.convs[i + 1]
    return pointer(fast.inputs[i + 1], input_length(next) * (image - 1) + inside(next) + 1), row_stride(next)
end

input_of(fast, i, image) = pointer(fast.inputs[i], input_length(fast.plan.convs[i]) * (image - 1) + 1)

places_of(fast, i, image) =
    fast.plan.convs[i].pooled ? pointer(fast.places[i], output_length(fast.plan.convs[i]) * (image - 1) + 1) :
    Ptr{Int32}(C_NULL)

function pack!(fast::Fast, model)
    for (i, l) in enumerate(fast.plan.convs)
        conv = model[fast.plan.conv_layers[i]]
        pack_forward!(fast.forward[i], conv.weight, l)
        pack_back!(fast.back[i], conv.weight, l)
        l.bias && copyto!(fast.biases[i], conv.bias)
    end
end

"The outputs for a batch `(width, height, channels, n)`, which are valid until the next call."
function forward!(fast::Fast, model, x::Array{Float32,4})
    pack!(fast, model)
    n = size(x, 4)
    GC.@preserve fast each_thread(n) do t, images
        for image in images
            take_in!(fast, x, image)
            for (i, l) in enumerate(fast.plan.convs)
                y, stride = output_of(fast, i, image)
                forward!(
                    l, y, stride, places_of(fast, i, image), input_of(fast, i, image), pointer(fast.forward[i]),
                    pointer(fast.biases[i]),
                )
            end
        end
        for (k, i) in enumerate(fast.plan.dense_layers)
            z = view(fast.features[k + 1], :, images)
            mul!(z, model[i].weight, view(fast.features[k], :, images))
            z .= model[i].σ.(z .+ model[i].bias)
        end
    end
    return view(last(fast.features), :, 1:n)
end

# Channels innermost, inside the padding.
function take_in!(fast, x, image)
    l = fast.plan.convs[1]
    w, h, channels, _ = size(x)
    p = input_of(fast, 1, image) + 4 * inside(l)
    for j in 1:h, i in 1:w, c in 1:channels
        unsafe_store!(p, @inbounds(x[i, j, c, image]), (j - 1) * row_stride(l) + (i - 1) * channels + c)
    end
end

"The gradient for the weights, from that for the outputs, `errors`."
function back!(fast::Fast, model, errors)
    n = size(errors, 2)
    copyto!(view(last(fast.errors), :, 1:n), errors)
    GC.@preserve fast each_thread(n) do t, images
        desk = fast.desks[t]
        back_dense!(fast, desk, model, images)
        foreach(d -> fill!(d, 0), desk.dw)
        foreach(d -> fill!(d, 0), desk.db)
        for image in images
            back_convs!(fast, desk, image)
        end
    end
    return collect_gradient!(fast, n)
end

function back_dense!(fast, desk, model, images)
    for (k, i) in Iterators.reverse(enumerate(fast.plan.dense_layers))
        layer, e, a = model[i], view(fast.errors[k + 1], :, images), view(fast.features[k], :, images)
        layer.σ === relu && (e .*= view(fast.features[k + 1], :, images) .> 0)
        dw, db = desk.dense[k]
        mul!(dw, e, a')
        sum!(db, e)
        mul!(view(fast.errors[k], :, images), layer.weight', e)
    end
end

function back_convs!(fast, desk, image)
    convs = fast.plan.convs
    dy = pointer(fast.errors[1], output_length(last(convs)) * (image - 1) + 1)
    dy_stride = last(convs).output[1] * last(convs).filters
    for i in length(convs):-1:1
        l = convs[i]
        y, y_stride = output_of(fast, i, image)
        dx = i == 1 ? Ptr{Float32}(C_NULL) : pointer(fill!(desk.dx[i], 0))
        back!(
            l, pointer(desk.dw[i]), pointer(desk.db[i]), dx, dy, dy_stride, y, y_stride, places_of(fast, i, image),
            input_of(fast, i, image), pointer(fast.back[i]), desk.offsets, desk.values,
        )
        dy, dy_stride = dx + 4 * inside(l), row_stride(l)
    end
end

function collect_gradient!(fast, n)
    for (i, l) in enumerate(fast.plan.convs)
        g = fast.grads.layers[fast.plan.conv_layers[i]]
        unpack_gradient!(g.weight, together!(d -> d.dw[i], fast, n), l)
        l.bias && copyto!(g.bias, together!(d -> d.db[i], fast, n))
    end
    for (k, i) in enumerate(fast.plan.dense_layers)
        g = fast.grads.layers[i]
        copyto!(g.weight, together!(d -> d.dense[k][1], fast, n))
        g.bias === nothing || copyto!(g.bias, together!(d -> d.dense[k][2], fast, n))
    end
    return fast.grads
end

# The sum of what the threads have, in their order, in the place of the first.
function together!(part, fast, n)
    busy = [t for t in 1:Threads.nthreads() if !isempty(share(t, n))]
    total = part(fast.desks[busy[1]])
    for t in busy[2:end]
        total .+= part(fast.desks[t])
    end
    return total
end

"""
    fast_for(learner, x)

The fast way for a learner and a batch, made when it is first needed; `nothing` where there is none.
"""
function fast_for(learner, x::Array{Float32,4})
    learner.fast === nothing && return nothing
    if learner.fast === missing || learner.fast.batch < size(x, 4)
        plan = Plan(learner.trained, size(x)[1:3])
        learner.fast = plan === nothing ? nothing : Fast(plan, learner.trained, size(x, 4))
    end
    return learner.fast
end
fast_for(learner, x) = nothing

function fast_loss_and_gradients(fast::Fast, learner, x, y, weights)
    ŷ = copy(forward!(fast, learner.trained, x))
    loss, errors = loss_and_error(learner.loss, ŷ, y, weights)
    grads = back!(fast, learner.trained, errors)
    return loss + penalty!(grads, learner), ŷ, grads
end

# Most trainings' loss, by hand; any other through Zygote, for the outputs alone.
function loss_and_error(::typeof(logitcrossentropy), ŷ, labels::AbstractVector{<:Integer}, ::Nothing)
    loss, errors, n = 0.0f0, softmax(ŷ), length(labels)
    for (k, label) in enumerate(labels)
        column = view(ŷ, :, k)
        highest = maximum(column)
        loss += log(sum(v -> exp(v - highest), column)) + highest - column[label]
        errors[label, k] -= 1
    end
    errors ./= n
    return loss / n, errors
end

function loss_and_error(loss, ŷ, y, weights)
    value, gradients = Flux.withgradient(ŷ -> batch_loss(loss, ŷ, y, weights), Matrix(ŷ))
    return value, gradients[1]
end

# The gradient of a batch, back through a workspace.

"""
    backward!(workspace, dy)

The gradients of the layers, from that of the outputs of the last [`forward!`](@ref), and
that of the input, or `nothing`. The layers' belong to the workspace, until its next call.
"""
function backward!(ws::Workspace, dy)
    n = size(dy, ndims(dy))
    samples(matrix) = view(matrix, :, 1:n)
    to_features!(samples(last(ws.feature_gradients)), dy)
    for (k, i) in Iterators.reverse(enumerate(ws.plan.dense))
        g, wanted = ws.gradients[i], k > 1 || ws.input_gradient || !isempty(ws.convs)
        dx = wanted ? samples(ws.feature_gradients[k]) : nothing
        dense_backward!(
            ws.plan.layers[i], g.weight, g.bias, dx, samples(ws.feature_gradients[k + 1]),
            samples(ws.features[k + 1]), samples(ws.features[k]),
        )
    end
    dx = isempty(ws.convs) ? features_gradient(ws, n) : backward_convs!(ws, n)
    return ws.gradients, dx
end

# The gradient of the samples that came in as features.
function features_gradient(ws, n)
    ws.input_gradient || return nothing
    dx = view(ws.feature_gradients[1], :, 1:n)
    return length(ws.input_size) == 1 ? copy(dx) : to_images(dx, ws.input_size, n)
end

function backward_convs!(ws, n)
    dx = ws.input_gradient ? zeros(Float32, ws.input_size..., n) : nothing
    GC.@preserve ws each_thread(n) do t, images
        for i in length(ws.convs):-1:1
            backward_conv!(ws.convs[i], ws.methods[i], ws, i, ws.threads[t], images)
        end
        dx === nothing ||
            unpack_input_gradient!(dx, ws.layouts[1], ws.threads[t].dx[1], images)
    end
    reduce_gradients!(ws, n)
    return dx
end

# One convolution, for the images of a thread.
function backward_conv!(
    l::FusedConv, method::GradientMethod, ws, i, buffers::ThreadBuffers, images
)
    fill!(buffers.dw[i], 0)
    fill!(buffers.db[i], 0)
    dw, db = pointer(buffers.dw[i]), pointer(buffers.db[i])
    wanted = !isempty(buffers.dx[i])
    weights = wanted ? pointer(ws.backward_weights[i]) : Ptr{Float32}(C_NULL)
    for (k, image) in enumerate(images)
        dx = wanted ? clear_image!(buffers.dx[i], ws.layouts[i], k) : Ptr{Float32}(C_NULL)
        g = OutputGradient(
            output_gradient(ws, i, buffers, k, image), input_image(ws, i + 1, image, 0),
            image_winners(ws, i, l, image),
        )
        x = padded_input(ws, i, image)
        conv_backward!(l, method, dw, db, dx, g, x, weights, buffers.entries)
    end
end

# Set the `k`th image of a thread's input gradient to 0.
function clear_image!(dx, layout::ImageLayout, k)
    image = pointer(dx, layout.length * (k - 1) + 1)
    Libc.memset(image, 0, 4 * layout.length)
    return image
end

# The gradient of a convolution's outputs, for the `k`th image of a thread.
output_gradient(ws, i, buffers, k, image) =
    i == length(ws.convs) ?
    ImagePointer(ws.layouts[i + 1], ws.feature_gradients[1], image) :
    ImagePointer(ws.layouts[i + 1], buffers.dx[i + 1], k)

# Add up the threads' gradients, in the form of Zygote's.
function reduce_gradients!(ws, n)
    isactive(t) = n == 1 ? t == 1 : !isempty(thread_range(t, n))
    active = [buffers for (t, buffers) in enumerate(ws.threads) if isactive(t)]
    on_threads() do t
        for i in eachindex(ws.convs)
            g = ws.gradients[ws.plan.convs[i]]
            dw, db = [b.dw[i] for b in active], [b.db[i] for b in active]
            reduce_gradients!(g.weight, g.bias, dw, db, ws.orders[i], t)
        end
    end
end

function reduce_gradients!(weight, bias, dw, db, order, t)
    filters = thread_range(t, size(weight, 4))
    unpack_gradient!(weight, dw, order, filters)
    bias === nothing && return nothing
    for f in filters
        bias[f] = sum(part -> part[f], db)
    end
end

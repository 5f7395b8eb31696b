# A batch forward through a workspace.

"""
    forward!(workspace, batch::BatchView)

The outputs for a batch, after [`pack!`](@ref). They belong to the workspace, until its
next call.
"""
function forward!(ws::Workspace, batch::BatchView)
    n = length(batch.indices)
    check_features(ws)
    GC.@preserve ws each_thread(n) do t, images
        for chunk in Iterators.partition(images, ws.chunk)
            forward_chunk!(ws, batch, chunk, t)
        end
    end
    for (k, i) in enumerate(ws.plan.dense)
        x, y = view(ws.features[k], :, 1:n), view(ws.features[k + 1], :, 1:n)
        dense_forward!(ws.plan.layers[i], y, x)
    end
    features = view(last(ws.features), :, 1:n)
    ws.plan.flat && return features
    return to_images(features, (last(ws.convs).output..., last(ws.convs).filters), n)
end

# Some images through all convolutions, on thread `t`.
function forward_chunk!(ws, batch, chunk, t)
    # In training an input has a place for each image of the batch, otherwise for those of
    # a chunk.
    shift = ws.training ? 0 : (t - 1) * ws.chunk - first(chunk) + 1
    for image in chunk
        destination = input_image(ws, 1, image, shift)
        pack_input!(destination, batch.images, batch.indices[image], batch.scale)
    end
    for i in eachindex(ws.convs)
        forward_conv!(ws.convs[i], ws, i, chunk, shift, t)
    end
end

function forward_conv!(l::FusedConv, ws, i, chunk, shift, t)
    weights, bias = pointer(ws.forward_weights[i]), pointer(ws.biases[i])
    for image in chunk
        x, y = padded_input(ws, i, image + shift), input_image(ws, i + 1, image, shift)
        winners = ws.training ? image_winners(ws, i, l, image) : Ptr{Int32}(C_NULL)
        if uses_winograd(l)
            winograd!(l, pointer(ws.scratch[t]), y, winners, x, weights, bias)
        else
            conv_forward!(l, y, winners, x, weights, bias)
        end
    end
end

# An image in the input of the `i`th convolution, or behind the last one in the features.
input_image(ws, i, image, shift) =
    i > length(ws.convs) ? ImagePointer(ws.layouts[i], ws.features[1], image) :
    ImagePointer(ws.layouts[i], ws.inputs[i], image + shift)

# … and where the padding around it begins.
padded_input(ws, i, place) = pointer(ws.inputs[i], ws.layouts[i].length * (place - 1) + 1)

image_winners(ws, i, l, image) =
    is_pooled(l) ? pointer(ws.winners[i], output_length(l) * (image - 1) + 1) :
    Ptr{Int32}(C_NULL)

function check_features(ws)
    isempty(ws.convs) || return nothing
    layer, n = ws.plan.layers[ws.plan.dense[1]], prod(ws.input_size)
    features = size(layer.weight, 2)
    features == n ||
        throw(DimensionMismatch("the layer $layer takes $features features, got $n"))
end

# What a layer computes on the CPU. The rest of PyFlux adds methods for its own layers,
# and for arrays on a GPU.

"""
    forward(layer, x)
    forward(model::Chain, x)
    forward(segments::Segments, x)

The outputs of a layer or a network for a batch: Flux's own call, except where this
package does it better.
"""
forward(layer, x) = layer(x)
forward(model::Chain, x) = forward(model.layers, x)
forward(layers::Tuple, x) = forward(Base.tail(layers), forward(first(layers), x))
forward(::Tuple{}, x) = x

"""
    layer_pullback(layer, x; input_gradient::Bool)

The outputs of a layer, and its pullback: a function of their gradient that returns a
tuple with the layer's gradient (a named tuple as Zygote gives it, or `nothing`), and the
gradient of `x`, or `nothing` if `input_gradient` is false. The fallback is Zygote's,
which takes time to compile; a layer whose gradient is short has a method of its own.
"""
function layer_pullback(layer, x; input_gradient::Bool)
    y, back = input_gradient ? Zygote.pullback(forward, layer, x) :
        Zygote.pullback(l -> forward(l, x), layer)
    return y, function (dy)
        gradients = back(dy)
        return (gradients[1],), get(gradients, 2, nothing)
    end
end

"""
    specialize(layer; lanes, input_gradient)

What computes in place of a layer on the CPU: the layer itself, unless this package has
something better. The options are those of [`Segments`](@ref).
"""
specialize(layer; options...) = layer

"""
    flatten_hwc(x)

Each sample in one column: channels fastest, then columns, then rows. `Flux.flatten` takes
columns fastest; this is the order of Keras, so that the weights behind it are Keras's as
they are.
"""
flatten_hwc(x::AbstractArray{<:Any,4}) = Flux.flatten(permutedims(x, (3, 1, 2, 4)))
flatten_hwc(x::AbstractMatrix) = x

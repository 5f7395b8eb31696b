# The arrays of a model, each with its path.

"""
    ParameterPath(layer, keys, trainable)

The place of an array in a model: the number of its layer, the keys that lead to it within
the layer, and whether an optimiser may change it. (Moving averages are not trainable.)
"""
struct ParameterPath
    layer::Int
    keys::KeyPath
    trainable::Bool
end

"""
    parameter_paths(model::Chain)

The paths of a model's arrays in Keras's order: layer by layer, the kernel before the bias.

# Examples
```jldoctest
julia> model = Chain(Dense(2 => 3), BatchNorm(3));

julia> [only(path.keys.keys) for path in PyFlux.parameter_paths(model)]
6-element Vector{Symbol}:
 :weight
 :bias
 :γ
 :β
 :μ
 :σ²
```
"""
function parameter_paths(@nospecialize(model::Chain))
    paths = ParameterPath[]
    for (i, layer) in enumerate(Any[model.layers...])
        parameter_paths!(paths, layer, i, KeyPath(), true)
    end
    return paths
end

function parameter_paths!(paths, @nospecialize(layer), i, prefix, trainable)
    isbits(layer) && return nothing  # a layer without arrays, such as a pooling
    fields = parameter_fields(layer)
    if fields !== nothing
        for field in fields
            path = KeyPath(prefix, field)
            push!(paths, ParameterPath(i, path, trainable && field ∉ FIXED))
        end
        return nothing
    end
    # Any other layer of Flux or of a user: every float array in it, in the order of fields.
    learned = keys(Flux.trainable(layer))
    for (key, child) in pairs(Functors.children(layer))
        path, learns = KeyPath(prefix, key), trainable && key in learned
        if child isa AbstractArray{<:AbstractFloat}
            push!(paths, ParameterPath(i, path, learns))
        else
            parameter_paths!(paths, child, i, path, learns)
        end
    end
end

# Arrays of layers that no optimiser changes.
const FIXED = (:μ, :σ², :mean, :variance)

"The fields of a layer with its arrays in Keras's order, or `nothing` if it is not known."
parameter_fields(layer) = nothing

"""
    getparameter(tree, path)

The array at a path of a model, of its gradient, or of the state of its optimiser.
"""
getparameter(@nospecialize(tree), path::ParameterPath) =
    Functors.getkeypath(tree.layers[path.layer], path.keys)

const KERAS_NAMES = (
    weight = "kernel", bias = "bias", γ = "gamma", β = "beta",
    μ = "moving_mean", σ² = "moving_variance",
)

# Of arrays in a layer within a layer.
const NESTED_NAMES = Dict{Tuple,String}(
    (:depthwise, :weight) => "depthwise_kernel", (:pointwise, :weight) => "pointwise_kernel",
    (:pointwise, :bias) => "bias",
)

"The name that Keras gives to the array at a path, such as `kernel`."
keras_name(path::ParameterPath) = keras_name(path.keys.keys)
keras_name(keys::Tuple) = get(NESTED_NAMES, keys, join(map(keras_name, keys), '/'))
keras_name(key::Symbol) = get(KERAS_NAMES, key, string(key))
keras_name(key) = string(key)

# A model in training.

"""
    TrainState(model::Chain, rule = Adam(); options...)

A model, the state of its optimiser, and what training needs to know.

A model that ends in `softmax` is trained with `logitcrossentropy` on the input of the
softmax, where cross-entropy is exact, and one that ends in `sigmoid` likewise with
`logitbinarycrossentropy`.

# Options
- `loss = logitcrossentropy`: this, `logitbinarycrossentropy`, `mse`, `mae`, `huber_loss`
  or a [`HuberLoss`](@ref), or any function with their arguments `(ŷ, y; agg)`.
- `trainable = true`: a Bool, or one for each of `parameter_paths(model)`. Layers before the
  first trainable array get no gradient.
- `penalties = nothing`: for each of `parameter_paths(model)` the factors `(l1, l2)` of a
  regulariser, or `nothing`.
- `constraints = nothing`: for each of `parameter_paths(model)` a [`NormConstraint`](@ref)
  or [`NonNegative`](@ref), or `nothing`.
- `clipping = nothing`: [`ClipByNorm`](@ref), [`ClipByGlobalNorm`](@ref) or
  [`ClipByValue`](@ref) for the gradients.
- `seed = 0`: decides what random layers draw.
- `fast = true`: use the CPU kernels of this package; `false` is stock Flux.
- `lanes`: the floats in a vector of these kernels, by default what the CPU has.

# Examples
```jldoctest
julia> model = Chain(Flux.flatten, Dense(784 => 10), softmax);

julia> state = TrainState(model, Adam(0.001));

julia> images, labels = rand(UInt8, 28, 28, 1, 6), [1, 2, 3, 1, 2, 3];

julia> train!(state, images, labels; batchsize = 4).samples
6

julia> predict(state, images) |> size
(10, 6)
```
"""
Base.@kwdef mutable struct TrainState
    # Fields have no narrow types, so that code compiled for one network serves the next.
    const model::Chain
    const frozen::Chain                      # the layers before the first that is trained
    const trained::Chain                     # the others, without the head
    const head::Any                          # the function that belongs to the loss
    const loss::Any
    const penalties::Vector{Pair{ParameterPath,Any}}  # (l1, l2)
    const constraints::Vector{Pair{ParameterPath,Any}}
    const clipping::Any
    const opt_state::Any                     # the optimiser's, a tree like `trained`
    const parameters::Vector{ParameterPath}  # what the optimiser changes in `trained`
    const leaves::Vector{Any}                # … with its leaf of the tree: (array, leaf)
    const fused_adam::Bool                   # whether the kernel for Adam can be used
    const segments::Union{Nothing,Segments}  # `trained`, for the kernels
    const frozen_segments::Union{Nothing,Segments}
    const lanes::Int
    const random_layers::Vector{RandomLayer}
    const scale_bytes::Bool
    const seed::UInt64
    iterations::Int = 0
end

function TrainState(
    @nospecialize(model::Chain), rule = Adam();
    loss = logitcrossentropy, trainable = true, penalties = nothing,
    constraints = nothing, clipping = nothing, seed = 0, fast::Bool = true,
    lanes = default_lanes(),
)
    paths = parameter_paths(model)
    learns = trainable isa Bool ? fill(trainable, length(paths)) : collect(Bool, trainable)
    check_per_parameter("trainable", learns, paths)
    learns .&= [path.trainable for path in paths]
    body, head = split_head(model, loss)
    # The first layer that is trained.
    start = minimum((path.layer for path in paths[learns]); init = length(body) + 1)
    frozen, trained = body[1:(start - 1)], body[start:end]
    opt_state = setup(rule, trained)
    moved = [ParameterPath(p.layer - start + 1, p.keys, p.trainable) for p in paths]
    for path in moved[.!learns]
        path.trainable && path.layer ≥ 1 &&
            Optimisers.freeze!(getparameter(opt_state, path))
    end
    parameters = moved[learns]
    leaves = Any[
        (getparameter(trained, path), getparameter(opt_state, path)) for path in parameters
    ]
    fast &= !any(path -> getparameter(model, path) isa AnyGPUArray, paths)
    return TrainState(;
        model, frozen, trained, head, loss, clipping, opt_state, parameters, leaves,
        penalties = per_trained_array("penalties", penalties, moved, learns),
        constraints = per_trained_array("constraints", constraints, moved, learns),
        fused_adam = fast && suits_fused_adam(leaves),
        segments = fast ? Segments(trained; lanes) : nothing,
        frozen_segments = fast ? Segments(frozen; lanes) : nothing,
        lanes, random_layers = random_layers(model), scale_bytes = scales_bytes(model),
        seed = seed % UInt64,
    )
end

function check_per_parameter(name, values, paths)
    n, m = length(paths), length(values)
    n == m || throw(DimensionMismatch(
        "$name must have $n entries, one for each array of the model, got $m",
    ))
end

# Those of the values that are given for arrays which are trained.
per_trained_array(name, ::Nothing, paths, learns) = Pair{ParameterPath,Any}[]
function per_trained_array(name, values, paths, learns)
    check_per_parameter(name, values, paths)
    given = zip(paths[learns], values[learns])
    return Pair{ParameterPath,Any}[path => x for (path, x) in given if x !== nothing]
end

# `Flux.setup` layer by layer, since the compiler has seen most layers before, and most
# networks not. Arrays that several layers share must be seen at once.
function setup(rule, @nospecialize(model::Chain))
    arrays = [getparameter(model, path) for path in parameter_paths(model)]
    allunique(map(objectid, arrays)) || return Flux.setup(rule, model)
    return (; layers = Tuple(Any[layer_setup(rule, layer) for layer in model.layers]))
end

function layer_setup(rule, layer)
    isbits(layer) && return ()  # no arrays
    if parameter_fields(layer) === nothing
        # An array more, as Optimisers warns of a layer without any.
        return first(Flux.setup(rule, (layer, zeros(Float32, 1))))
    end
    learned, children = keys(Flux.trainable(layer)), Functors.children(layer)
    leaves = ntuple(length(children)) do i
        key, child = keys(children)[i], children[i]
        child isa AbstractArray && key in learned || return ()
        Optimisers.Leaf(rule, Optimisers.init(rule, child))
    end
    return NamedTuple{keys(children)}(leaves)
end

# The model without the function at its end that the loss includes, and that function.
# Both share the model's arrays.
split_head(@nospecialize(model::Chain), loss) = split_head(model, last(model.layers), loss)
split_head(model, last_layer, loss) = model, identity
split_head(
    model, ::Union{typeof(softmax),typeof(channel_softmax)}, ::typeof(logitcrossentropy)
) = model[1:(end - 1)], model[end]
split_head(
    model, ::Base.Fix1{typeof(broadcast),typeof(sigmoid)}, ::typeof(logitbinarycrossentropy)
) = model[1:(end - 1)], sigmoid_all
function split_head(
    model, layer::Dense{typeof(sigmoid)}, ::typeof(logitbinarycrossentropy)
)
    linear = Dense(layer.weight, layer.bias, identity)
    return Chain(model[1:(end - 1)]..., linear), sigmoid_all
end

sigmoid_all(x) = sigmoid.(x)

# Layers that share an array share its leaf, and Optimisers adds up their gradients. Leaves
# are compared by identity: fresh ones with equal arrays are `==`.
suits_fused_adam(leaves) = all(pair -> suits_fused_adam(pair...), leaves) &&
    allunique(objectid(leaf) for (_, leaf) in leaves)
suits_fused_adam(w, leaf) = false
suits_fused_adam(
    w::Array{Float32}, leaf::Optimisers.Leaf{<:Union{AnyAdam,DecoupledDecay{<:AnyAdam}}}
) = true

# Layers that are random in training.

"""
    RandomLayer

A layer that draws random numbers in training. Its field `keys` is a [`LayerKeys`](@ref)
with a key for each draw, which `train!` sets before a step; while they are inactive the
layer returns its input. What it draws depends on the seed, the step, and the layer's place
among the random layers of the model.

Subtypes have a method of `apply(layer, x)`.
"""
abstract type RandomLayer end

Functors.@leaf RandomLayer

"""
    LayerKeys(seeds...)

The keys of a random layer for [`uniform`](@ref), one for each draw, which are 0 while the
layer is inactive; and for each the seed that replaces that of the training, or `nothing`.
"""
struct LayerKeys
    values::Vector{UInt64}
    seeds::Vector{Union{Nothing,UInt64}}
end

LayerKeys(seeds::Union{Nothing,Integer}...) = LayerKeys(
    zeros(UInt64, length(seeds)),
    Union{Nothing,UInt64}[seed === nothing ? seed : seed % UInt64 for seed in seeds],
)

Base.getindex(keys::LayerKeys, i) = keys.values[i]
Base.only(keys::LayerKeys) = only(keys.values)

is_active(layer::RandomLayer) = layer.keys[1] != 0

(layer::RandomLayer)(x) = is_active(layer) ? apply(layer, x) : x

"""
    set_keys!(layers, seed, iteration)

Give random layers their keys for a training step; `iteration = nothing` makes them inactive.
"""
function set_keys!(layers::Vector{RandomLayer}, seed, iteration)
    place = 0
    for (; keys) in layers, i in eachindex(keys.values, keys.seeds)
        place += 1
        keys.values[i] = iteration === nothing ? zero(UInt64) :
            random_key(something(keys.seeds[i], seed), iteration, place)
    end
end

# A layer's own seed, where it has one, as an argument in its description.
seed_argument(seed) = seed === nothing ? (;) : (; seed)
seed_argument(layer::RandomLayer) = seed_argument(only(layer.keys.seeds))

function random_layers(@nospecialize(model::Chain))
    found = RandomLayer[]
    foreach(layer -> random_layers!(found, layer), Any[model.layers...])
    return found
end

random_layers!(found, @nospecialize(layer)) = nothing
random_layers!(found, layer::RandomLayer) = push!(found, layer)
random_layers!(found, model::Chain) = append!(found, random_layers(model))

# Where several processes share a batch: the number of its samples that belong to the
# processes before this one. What is drawn for a sample depends on its place in the batch.
const BATCH_OFFSET = Ref(0)

# A Flux `Chain` → a description, the way back from `chain`.

"""
    description(model::Chain, input_size)

Describe a model for samples of size `(width, height, channels)` or `(features,)`, as
`chain` reads it. The layers get the names that Keras would give them. A layer that Keras
cannot express is an `ArgumentError`.

# Examples
```jldoctest
julia> PyFlux.description(Chain(Dense(3 => 2, relu)), (3,))["layers"][1]["units"]
2
```
"""
description(model::Chain, input_size::Dims) = Dict{String,Any}(
    "input_shape" => collect(flux_size(input_size)),
    "scale_bytes" => scales_bytes(model),
    "layers" => first(described_layers(model, input_size)),
)

# The entries, and for each layer of the model the name of its first entry, to which its
# weights belong.
function described_layers(model::Chain, input_size)
    entries, names, counts = Dict{String,Any}[], String[], Dict{String,Int}()
    function add!((type, arguments))
        base = snake_case(type)
        n = counts[base] = get(counts, base, -1) + 1
        entry = Dict{String,Any}("type" => type, "name" => n == 0 ? base : "$(base)_$n")
        foreach(((key, value),) -> entry[string(key)] = value, pairs(arguments))
        push!(entries, entry)
    end
    for (layer, previous) in zip(model, (nothing, model...))
        if belongs_to(layer, previous)
            entries[end] = merge(entries[end], joint_arguments(previous, layer))
            push!(names, entries[end]["name"])
        else
            found = describe(layer, input_size)
            foreach(add!, found isa Pair ? (found,) : found)
            first_entry = length(entries) - (found isa Pair ? 0 : length(found) - 1)
            push!(names, entries[first_entry]["name"])
        end
        input_size = outputsize(layer, input_size)
    end
    return entries, names
end

"""
    describe(layer, input_size)

Keras's type of a layer and its arguments, `type => arguments`, for samples of
`input_size`; or a tuple of several such entries.
"""
describe(layer, input_size) =
    throw(ArgumentError("the layer $layer has no description in Keras's words"))

# Whether a layer is part of what describes the layer before it.
belongs_to(layer, previous) = false

# As Keras does: `MaxPooling2D` → `max_pooling2d`.
snake_case(type) = lowercase(replace(type, r"(?<=[a-z])(?=[A-Z])" => "_"))

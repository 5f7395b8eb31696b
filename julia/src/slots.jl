# The arrays of a model, one after the other.

"One array of a model: the layer's number, the field, and whether an optimiser changes it."
struct Slot
    layer::Int
    field::Symbol
    trained::Bool
end

"""
    slots(model)

The arrays of a model in Keras's order: layer by layer, kernel before bias.

# Examples
```jldoctest
julia> [slot.field for slot in PyFlux.slots(Chain(Dense(2 => 3), BatchNorm(3)))]
6-element Vector{Symbol}:
 :weight
 :bias
 :γ
 :β
 :μ
 :σ²
```
"""
function slots(@nospecialize(model::Chain))
    found = Slot[]
    for (i, layer) in enumerate(Any[model.layers...])
        append!(found, [Slot(i, field, field ∉ (:μ, :σ²)) for field in fields(layer)])
    end
    return found
end

fields(layer::Union{Conv,Dense}) = layer.bias === false ? (:weight,) : (:weight, :bias)
fields(::BatchNorm) = (:γ, :β, :μ, :σ²)
fields(layer) = ()

# The same place in the model, in its gradient, or in the state of its optimiser.
at(@nospecialize(tree), slot::Slot) = getproperty(tree.layers[slot.layer], slot.field)

# Constraints on weights, after a step: Keras's `constraints`.

"No weight below 0."
struct NonNegative end

"""
    NormConstraint(low, high, rate, axes)

Scales weights so that their norms over some axes go to the range from `low` to `high`, by
the part `rate` of the way. `axes` count from 0 in Keras's layout of the array: `[0]` for a
Dense kernel `(in, out)` are the weights of each output.
"""
struct NormConstraint
    low::Float32
    high::Float32
    rate::Float32
    axes::Vector{Int}
end

"""
    constraint(config)

Make a constraint of a dictionary with its `"type"` and Keras's names for its arguments, or
`nothing` of `nothing`.

# Examples
```jldoctest
julia> PyFlux.constraint(Dict("type" => "NonNeg"))
PyFlux.NonNegative()
```
"""
constraint(::Nothing) = nothing
function constraint(config)
    type, axes = config["type"], Int[get(config, "axis", 0)...]
    limit(name, default) = something(get(config, name, nothing), default)
    type == "NonNeg" && return NonNegative()
    type == "MaxNorm" && return NormConstraint(0, limit("max_value", 2), 1, axes)
    type == "UnitNorm" && return NormConstraint(1, 1, 1, axes)
    type == "MinMaxNorm" && return NormConstraint(
        limit("min_value", 0), limit("max_value", 1), limit("rate", 1), axes
    )
    throw(ArgumentError(
        "there is no constraint $type; known: MaxNorm, MinMaxNorm, NonNeg, UnitNorm",
    ))
end

"Change an array in place so that it keeps a constraint."
constrain!(w, ::NonNegative) = w .= max.(w, 0)
function constrain!(w, (; low, high, rate, axes)::NormConstraint)
    norms = sqrt.(sum(abs2, w; dims = flux_dims(axes, ndims(w))))
    w .*= (rate .* clamp.(norms, low, high) .+ (1 - rate) .* norms) ./ (1.0f-7 .+ norms)
end

# The dimensions of a Flux array for axes that count from 0 in Keras's layout.
function flux_dims(axes, n)
    dims = n == 4 ? (2, 1, 3, 4) : ntuple(i -> n + 1 - i, n)
    return Tuple(dims[mod(axis, n) + 1] for axis in axes)
end

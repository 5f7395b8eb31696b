# Gradients that are clipped before a step, as Keras's optimizers do.

"Every gradient between `-limit` and `limit` (Keras's `clipvalue`)."
struct ClipByValue
    limit::Float32
end

"The gradient of each array scaled to a norm of at most `limit` (Keras's `clipnorm`)."
struct ClipByNorm
    limit::Float32
end

"All gradients scaled so that the norm of them together is at most `limit`."
struct ClipByGlobalNorm
    limit::Float32
end

"""
    gradient_clipping(description)

The clipping in a description of an optimiser, with at most one of the names `"clipnorm"`,
`"global_clipnorm"` and `"clipvalue"`; or `nothing`.

# Examples
```jldoctest
julia> PyFlux.gradient_clipping(Dict("type" => "SGD", "clipvalue" => 0.5))
PyFlux.ClipByValue(0.5f0)
```
"""
function gradient_clipping(description)
    kinds = (
        "clipnorm" => ClipByNorm, "global_clipnorm" => ClipByGlobalNorm,
        "clipvalue" => ClipByValue,
    )
    found = [make(description[name]) for (name, make) in kinds
             if something(get(description, name, nothing), 0) > 0]
    length(found) ≤ 1 || throw(ArgumentError(
        "only one of clipnorm, global_clipnorm and clipvalue may be given, got $found",
    ))
    return isempty(found) ? nothing : only(found)
end

"Clip gradients in place."
clip!(::Nothing, gradients) = nothing

function clip!((; limit)::ClipByValue, gradients)
    foreach(g -> g .= clamp.(g, -limit, limit), distinct(gradients))
end

function clip!((; limit)::ClipByNorm, gradients)
    foreach(g -> g .*= clip_factor(limit, square_norm(g)), distinct(gradients))
end

function clip!((; limit)::ClipByGlobalNorm, gradients)
    gradients = distinct(gradients)
    total = mapreduce(g -> reshape(square_norm(g), 1), (a, b) -> a .+ b, gradients)
    for g in gradients
        g .*= reshape(clip_factor(limit, total), ntuple(Returns(1), ndims(g)))
    end
end

# In an array of one value: on a GPU a number would have to come to the host.
square_norm(g) = sum(abs2, g; dims = 1:ndims(g))
clip_factor(limit, square_norm) = limit ./ max.(sqrt.(square_norm), limit)

# Layers may share the array of a gradient: it is clipped once.
distinct(gradients) = unique(objectid, gradients)

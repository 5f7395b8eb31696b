# A step of Adam in one go over each array, where Optimisers makes several and allocates between them.

"""
    step!(learner, grads)

What `Flux.update!` does. Adam on arrays of the CPU goes through the kernel, any other rule through Optimisers.
"""
function step!(learner, grads)
    found = Any[at(grads, slot) for slot in learner.slots]
    if !learner.adam || !all(g -> g isa Array{Float32}, found)
        layers = grads.layers isa Tuple ? grads.layers : Tuple(grads.layers)
        return Flux.update!(learner.state, learner.trained, (; layers))
    end
    on_threads() do t
        foreach((place, g) -> adam!(place..., g, t), learner.places, found)
    end
    foreach(((w, leaf),) -> powers!(leaf), learner.places)
end

# Layers that share an array share its leaf, and Optimisers adds their gradients.
# (Leaves are equal where their arrays are, as at the beginning.)
suits_adam(places) = all(place -> suits_adam(place...), places) && allunique(map(((_, leaf),) -> objectid(leaf), places))
suits_adam(w, leaf) = false
suits_adam(w::Array{Float32}, leaf::Optimisers.Leaf{<:Union{Adam,DecoupledDecay{<:Adam}}}) = true

adam(rule::Adam) = rule
adam(rule::DecoupledDecay) = rule.rule
decay(rule::Adam) = 0.0
decay(rule::DecoupledDecay) = rule.lambda

# A thread's share of an array, in whole vectors.
function blocks(t, n)
    s = share(t, cld(n, LANES))
    return ((first(s) - 1) * LANES + 1):min(last(s) * LANES, n)
end

function adam!(w, leaf, g, t)
    rule, (m, v, βt), range = leaf.rule, leaf.state, blocks(t, length(w))
    η, (β1, β2), ϵ = Float32(adam(rule).eta), Float32.(adam(rule).beta), Float32(adam(rule).epsilon)
    # The corrections of the means are the same for all, so that one division an element is left.
    η̂, c, kept = η / (1 - βt[1]), 1 / (1 - βt[2]), 1 - Float32(decay(rule) * adam(rule).eta)
    i, stop = first(range), last(range)
    GC.@preserve m v w g while i + LANES - 1 ≤ stop
        pm, pv, pw = pointer(m, i), pointer(v, i), pointer(w, i)
        d = load(pointer(g, i), 0)
        mi, vi = muladd(load(pm, 0), β1, (1 - β1) * d), muladd(load(pv, 0), β2, (1 - β2) * (d * d))
        store!(pm, 0, mi)
        store!(pv, 0, vi)
        store!(pw, 0, kept * load(pw, 0) - η̂ * mi / (sqrt(vi * c) + ϵ))
        i += LANES
    end
    for k in i:stop
        @inbounds d = g[k]
        @inbounds m[k], v[k] = muladd(m[k], β1, (1 - β1) * d), muladd(v[k], β2, (1 - β2) * (d * d))
        @inbounds w[k] = kept * w[k] - η̂ * m[k] / (sqrt(v[k] * c) + ϵ)
    end
end

# The means' corrections, for the next step.
function powers!(leaf)
    m, v, βt = leaf.state
    leaf.state = (m, v, map((power, β) -> power * oftype(power, β), βt, adam(leaf.rule).beta))
    return nothing
end

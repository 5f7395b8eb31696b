# A step of Adam in one pass over each array, where Optimisers makes several and allocates
# between them.

"""
    AdamCoefficients(; β1, α1, β2, α2, stepsize, correction, ϵ, keep)

The numbers of a step of Adam (Kingma and Ba, "Adam: a method for stochastic
optimization", 2015):

    m = β1 · m + α1 · g
    v = β2 · v + α2 · g²
    w = keep · w - stepsize · m / (√(correction · v) + ϵ)

Flux has `α = 1 - β`, `stepsize = η / (1 - β1^t)` and `correction = 1 / (1 - β2^t)` in
step `t`. `keep` is below 1 for decoupled weight decay.
"""
@kwdef struct AdamCoefficients
    β1::Float32
    α1::Float32
    β2::Float32
    α2::Float32
    stepsize::Float32
    correction::Float32
    ϵ::Float32
    keep::Float32
end

"""
    adam!(w, m, v, g, c::AdamCoefficients, t, lanes::Val)

Take thread `t`'s part of a step: change the weights `w` and the moments `m` and `v`, for
the gradient `g`. All threads together take the step.
"""
function adam!(
    w::A, m::A, v::A, g::A, c::AdamCoefficients, t, ::Val{W}
) where {A<:Array{Float32},W}
    part = thread_range(t, cld(length(w), W))
    start, stop = (first(part) - 1) * W, min(last(part) * W, length(w))
    whole = start + (stop - start) ÷ W * W
    GC.@preserve w m v g for i in start:W:(whole - 1)
        arrays = (pointer(w), pointer(m), pointer(v), pointer(g))
        new = adam(map(p -> load(Floats{W}, p, i), arrays)..., c)
        foreach((p, value) -> store!(p, i, value), arrays[1:3], new)
    end
    for i in (whole + 1):stop
        @inbounds w[i], m[i], v[i] = adam(w[i], m[i], v[i], g[i], c)
    end
    return nothing
end

@inline function adam(w, m, v, g, c)
    m = muladd(m, c.β1, c.α1 * g)
    v = muladd(v, c.β2, c.α2 * (g * g))
    return c.keep * w - c.stepsize * m / (sqrt(v * c.correction) + c.ϵ), m, v
end

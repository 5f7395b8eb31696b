# The first values of weights.

"""
    glorot_uniform(rng)

A function from the size of a kernel to its first values: those of
`Flux.glorot_uniform(rng)`, in a form that the compiler can infer.

# Examples
```jldoctest
julia> using Random: Xoshiro

julia> PyFlux.glorot_uniform(Xoshiro(1))(3, 3, 2, 4) ==
           Flux.glorot_uniform(Xoshiro(1), 3, 3, 2, 4)
true
```
"""
glorot_uniform(rng) = (size::Int...) -> glorot_uniform(rng, size)

function glorot_uniform(rng, size::Dims{N}) where {N}
    pixels = prod(ntuple(d -> size[d], Val(N - 2)); init = 1)
    scale = sqrt(24.0f0 / (pixels * (size[N - 1] + size[N])))
    return (rand(rng, Float32, size) .- 0.5f0) .* scale
end

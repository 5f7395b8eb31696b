# Random numbers that depend on a key and a position alone, so that every engine, device
# and thread draws the same: SplitMix64 (Steele, Lea and Flood, "Fast splittable
# pseudorandom number generators", 2014) of key + position · γ.

const GAMMA = 0x9e3779b97f4a7c15

function mix(z::UInt64)
    z = (z ⊻ (z >> 30)) * 0xbf58476d1ce4e5b9
    z = (z ⊻ (z >> 27)) * 0x94d049bb133111eb
    return z ⊻ (z >> 31)
end

"""
    random_key(seed, iteration, place)

The key of the random numbers that a layer draws in an iteration of training, for its place
among the random layers of a model. It is never 0, which means that a layer is inactive.
"""
random_key(seed::UInt64, iteration::Integer, place::Integer) =
    mix(mix(mix(seed) + UInt64(iteration) * GAMMA) + UInt64(place) * GAMMA) | 0x01

"""
    uniform(key, position)

A `Float32` in [0, 1) for each position from 1.

# Examples
```jldoctest
julia> PyFlux.uniform(0x0000000000000001, 1)
0.5665615f0
```
"""
uniform(key::UInt64, position::Integer) =
    Float32(mix(key + UInt64(position) * GAMMA) >> 40) * 2.0f0^-24

"""
    normal(key, position)

A normally distributed `Float32` for each position from 1: the cosines of Box and Muller
("A note on the generation of random normal deviates", 1958), of two uniform numbers each.
"""
function normal(key::UInt64, position::Integer)
    u, v = uniform(key, 2 * position - 1), uniform(key, 2 * position)
    return sqrt(-2.0f0 * log1p(-u)) * cos(2.0f0 * Float32(π) * v)
end

"A `Float32` between the ends of `(low, high)`, for a `u` between 0 and 1."
interpolate((low, high), u) = low + (high - low) * u

# Random numbers that depend on a key and a place alone, so that every engine, thread and order gives the same:
# SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014) of key + place · γ.

const GAMMA = 0x9e3779b97f4a7c15

function mix(z::UInt64)
    z = (z ⊻ (z >> 30)) * 0xbf58476d1ce4e5b9
    z = (z ⊻ (z >> 27)) * 0x94d049bb133111eb
    return z ⊻ (z >> 31)
end

"""
    noise_key(seed, step, layer)

The key of a layer's random numbers in a training step; never 0, which stands for no training.
"""
noise_key(seed::UInt64, step::Integer, layer::Integer) =
    mix(mix(mix(seed) + UInt64(step) * GAMMA) + UInt64(layer) * GAMMA) | 0x01

"""
    uniform(key, place)

A `Float32` in [0, 1) for each place from 1.

# Examples
```jldoctest
julia> PyFlux.uniform(0x0000000000000001, 1)
0.5665615f0
```
"""
uniform(key::UInt64, place::Integer) = Float32(mix(key + UInt64(place) * GAMMA) >> 40) * 2.0f0^-24

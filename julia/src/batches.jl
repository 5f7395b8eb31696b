# Some images of many → one Float32 batch, in a buffer that is used again.

"""
    Batches(images; scaled = true)

Makes batches of `images`: `batches(indices)` copies those that `indices` names into a `Float32` array. `UInt8`
is scaled by 1/255 if `scaled`. The array is used again for the next batch of its size.

# Examples
```jldoctest
julia> batches = PyFlux.Batches(reshape(UInt8[0, 85, 255], 1, 1, 1, 3));

julia> vec(batches([3, 2]))
2-element Vector{Float32}:
 1.0
 0.33333334
```
"""
mutable struct Batches{A<:AbstractArray,N}
    const images::A
    const scale::Float32
    buffer::Array{Float32,N}  # made when it is first needed
end

function Batches(images::AbstractArray{T,N}; scaled::Bool = true) where {T,N}
    scale = T === UInt8 && scaled ? 1.0f0 / 255 : 1.0f0
    return Batches(images, scale, Array{Float32,N}(undef, ntuple(Returns(0), N)))
end

function (b::Batches{<:Any,N})(indices) where {N}
    n = length(indices)
    n == size(b.buffer, N) || (b.buffer = Array{Float32,N}(undef, Base.front(size(b.images))..., n))
    x = b.buffer
    for (to, from) in enumerate(indices)
        sample(x, to) .= Float32.(sample(b.images, from)) .* b.scale
    end
    return x
end

"The same images, for the kernels to gather as they need them."
picked(b::Batches, indices) = Picked(b.images, indices, b.scale)

sample(a::AbstractArray{<:Any,N}, i) where {N} = view(a, ntuple(Returns(:), Val(N - 1))..., i)

# A model that begins with a `Rescale` gets bytes as they are.
rescales(model::Chain) = first(model.layers) isa Rescale

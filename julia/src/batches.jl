# Some images of many → one Float32 batch, in a buffer that is used again.

"""
    Batches(images, batchsize; scaled = true)

Makes batches of `images`: `batches(indices)` copies those that `indices` names, at most `batchsize` of them,
into a `Float32` array. `UInt8` is scaled by 1/255 if `scaled`. The array is used again for the next batch of its size.

# Examples
```jldoctest
julia> batches = PyFlux.Batches(reshape(UInt8[0, 85, 255], 1, 1, 1, 3), 2);

julia> vec(batches([3, 2]))
2-element Vector{Float32}:
 1.0
 0.33333334
```
"""
struct Batches{A<:AbstractArray,N}
    images::A
    buffer::Array{Float32,N}
    scale::Float32
end

function Batches(images::AbstractArray{T,N}, batchsize::Integer; scaled::Bool = true) where {T,N}
    scale = T === UInt8 && scaled ? 1.0f0 / 255 : 1.0f0
    return Batches(images, Array{Float32,N}(undef, Base.front(size(images))..., batchsize), scale)
end

function (b::Batches{<:Any,N})(indices) where {N}
    n = length(indices)
    x = n == size(b.buffer, N) ? b.buffer : Array{Float32,N}(undef, Base.front(size(b.buffer))..., n)
    for (to, from) in enumerate(indices)
        sample(x, to) .= Float32.(sample(b.images, from)) .* b.scale
    end
    return x
end

sample(a::AbstractArray{<:Any,N}, i) where {N} = view(a, ntuple(Returns(:), Val(N - 1))..., i)

# A model that begins with a `Rescale` gets bytes as they are.
rescales(model::Chain) = first(model.layers) isa Rescale

# The inner loop of a convolution: a block of neighbouring outputs, with their sums in vector registers.
#
# Channels are innermost. `x` points to an image of `stride` floats a row, `w` to weights packed as (filters, channels,
# kernel width, kernel height), filters padded to whole vectors. One vector holds the sums of LANES filters at one place.

# Floats in a vector register of this machine, where it is known; wider ones still work, two registers each.
const LANES = Base.BinaryPlatforms.CPUID.test_cpu_feature(Base.BinaryPlatforms.CPUID.JL_X86_avx512f) ? 16 : 8
const V = Vec{LANES,Float32}
const Codes = Vec{LANES,Int32}

# Floats that a thread's cache has room for, beside others.
const CACHED = 2^16

load(p::Ptr{Float32}, i) = vload(V, p + 4i)
store!(p::Ptr{Float32}, i, v) = vstore(v, p + 4i)

"""
    conv_block(Val(R), Val(Q), Val(F), Val(known), x, w, stride, channels, kw, kh, filters)

The sums for `R` rows of `Q` neighbouring places and `F` vectors of filters, as a tuple with filters fastest, then
places, then rows. `known` is `(channels, kw)` where they are few, so that the compiler writes out a row of the kernel, or
`nothing`: the loop would be so short that its turns would take as long as the sums.
"""
@generated function conv_block(
    ::Val{R}, ::Val{Q}, ::Val{F}, ::Val{Known}, x::Ptr{Float32}, w::Ptr{Float32}, stride, channels, kw, kh, filters
) where {R,Q,F,Known}
    acc(r, q, f) = Symbol(:acc, r, :_, q, :_, f)
    all_of(g) = [g(r, q, f) for r in 0:(R - 1) for q in 0:(Q - 1) for f in 0:(F - 1)]
    # One tap: what it has for each filter, and the pixel that each place sees through it.
    tap(seen, packed) = quote
        $([:($(Symbol(:w, f)) = load(w, $packed + $f * LANES)) for f in 0:(F - 1)]...)
        $([quote
            let p = V(unsafe_load(x, $seen + $r * stride + $q * channels + 1))
                $([:($(acc(r, q, f)) = muladd(p, $(Symbol(:w, f)), $(acc(r, q, f)))) for f in 0:(F - 1)]...)
            end
        end for r in 0:(R - 1) for q in 0:(Q - 1)]...)
    end
    # A row of the kernel meets neighbouring pixels, whose channels lie one after the other.
    row = Known === nothing ? quote
        for seen in (i * stride):(i * stride + kw * channels - 1)
            $(tap(:seen, :at))
            at += filters
        end
    end : quote
        channels = $(Known[1])
        $([tap(:(i * stride + $k), :(at + $k * filters)) for k in 0:(prod(Known) - 1)]...)
        at += $(prod(Known)) * filters
    end
    return quote
        # Where there are few sums to do, they should not go through memory; where there are many, their loop should
        # have all registers.
        $(Expr(:meta, Known === nothing ? :noinline : :inline))
        $(all_of((r, q, f) -> :($(acc(r, q, f)) = V(0.0f0)))...)
        at = 0
        for i in 0:(kh - 1)
            $row
        end
        return tuple($(all_of(acc)...))
    end
end

# f(0), f(1), … f(N - 1), each with its number known to the compiler, so that what is in registers stays there.
@generated unrolled(f, ::Val{N}) where {N} = quote
    $(Expr(:meta, :inline))
    $([:(@inline f($i)) for i in 0:(N - 1)]...)
    return nothing
end

# Likewise (f(0), f(1), … f(N - 1)). `ntuple` may leave a call for each.
@generated tuple_of(f, ::Val{N}) where {N} = quote
    $(Expr(:meta, :inline))
    return tuple($([:(@inline f($i)) for i in 0:(N - 1)]...))
end

# The first `n` lanes.
lanes(n) = Vec(ntuple(Int32, Val(LANES))) ≤ Codes(n % Int32)

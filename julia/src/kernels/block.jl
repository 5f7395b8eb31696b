# The inner loop of a convolution: a block of neighbouring outputs, with their sums in vector registers.
#
# Channels are innermost. `x` points to an image of `stride` floats a row, `w` to weights packed as (filters, channels,
# kernel width, kernel height), filters padded to whole vectors. One vector holds the sums of LANES filters at one place.

# Floats in a vector register of this machine, where it is known; wider ones still work, two registers each.
const LANES = Base.BinaryPlatforms.CPUID.test_cpu_feature(Base.BinaryPlatforms.CPUID.JL_X86_avx512f) ? 16 : 8
const V = Vec{LANES,Float32}
const Codes = Vec{LANES,Int32}

load(p::Ptr{Float32}, i) = vload(V, p + 4i)
store!(p::Ptr{Float32}, i, v) = vstore(v, p + 4i)

"""
    conv_block(Val(R), Val(Q), Val(F), Val(C), x, w, stride, channels, kw, kh, filters)

The sums for `R` rows of `Q` neighbouring places and `F` vectors of filters, as a tuple with filters fastest, then
places, then rows. `C` is the number of channels where the compiler should know it, or 0: with few channels the loop is
so short that working out addresses would take as long as the sums.
"""
@generated function conv_block(
    ::Val{R}, ::Val{Q}, ::Val{F}, ::Val{C}, x::Ptr{Float32}, w::Ptr{Float32}, stride, channels, kw, kh, filters
) where {R,Q,F,C}
    acc(r, q, f) = Symbol(:acc, r, :_, q, :_, f)
    all_of(g) = [g(r, q, f) for r in 0:(R - 1) for q in 0:(Q - 1) for f in 0:(F - 1)]
    zeros = all_of((r, q, f) -> :($(acc(r, q, f)) = V(0.0f0)))
    weights = [:($(Symbol(:w, f)) = load(w, at + $f * LANES)) for f in 0:(F - 1)]
    pixels = [
        quote
            let p = V(unsafe_load(x, row + $r * stride + $q * channels + 1))
                $([:($(acc(r, q, f)) = muladd(p, $(Symbol(:w, f)), $(acc(r, q, f)))) for f in 0:(F - 1)]...)
            end
        end for r in 0:(R - 1) for q in 0:(Q - 1)
    ]
    return quote
        $(zeros...)
        $(C > 0 ? :(channels = $C) : nothing)
        at = 0
        for i in 0:(kh - 1)
            # A row of the kernel meets neighbouring pixels, whose channels lie one after the other.
            for row in (i * stride):(i * stride + kw * channels - 1)
                $(weights...)
                $(pixels...)
                at += filters
            end
        end
        return tuple($(all_of(acc)...))
    end
end

# The inner loop of a convolution: a block of neighbouring outputs, with their sums in
# registers.

# The floats of an image that stay in a core's cache, beside other data.
const CACHE_FLOATS = 2^16

"""
    conv_microkernel(Val(W), Val(R), Val(Q), Val(F), Val(known), x, weights, stride,
                     channels, kw, kh, filters)

The sums of a convolution for `R` rows of `Q` neighbouring pixels and `F` vectors of `W`
filters: a tuple with filters fastest, then pixels, then rows.

`x` points to the first pixel that the first of them sees, in an image of `stride` floats
a row. `weights` points to the first of these filters, packed as (filters, channels,
kernel width, kernel height); `filters` is the number of floats from one tap to the next.

`known` is `(channels, kw)` where they are few, or `nothing`. The compiler then writes out
a row of the kernel, as the loop's own work would take as long as the sums.
"""
@generated function conv_microkernel(
    ::Val{W}, ::Val{R}, ::Val{Q}, ::Val{F}, ::Val{Known},
    x::Ptr{Float32}, weights::Ptr{Float32}, stride, channels, kw, kh, filters,
) where {W,R,Q,F,Known}
    V = Floats{W}
    acc(r, q, f) = Symbol(:acc, r, :_, q, :_, f)
    weight(f) = Symbol(:weight, f)
    each_acc(g) = [g(r, q, f) for r in 0:(R - 1) for q in 0:(Q - 1) for f in 0:(F - 1)]
    add_pixel(r, q, tap) = quote
        let pixel = splat($V, unsafe_load(x, $tap + $r * stride + $q * channels + 1))
            $([:($(acc(r, q, f)) = muladd(pixel, $(weight(f)), $(acc(r, q, f)))) for
               f in 0:(F - 1)]...)
        end
    end
    # One tap: its weight for each filter, times the pixel that each output sees through it.
    add_tap(tap, packed) = quote
        $([:($(weight(f)) = load($V, weights, $packed + $f * $W)) for f in 0:(F - 1)]...)
        $([add_pixel(r, q, tap) for r in 0:(R - 1) for q in 0:(Q - 1)]...)
    end
    # A row of the kernel meets neighbouring floats of the image.
    kernel_row = Known === nothing ? quote
        for tap in (i * stride):(i * stride + kw * channels - 1)
            $(add_tap(:tap, :packed))
            packed += filters
        end
    end : quote
        channels = $(Known[1])
        $([add_tap(:(i * stride + $k), :(packed + $k * filters)) for
           k in 0:(prod(Known) - 1)]...)
        packed += $(prod(Known)) * filters
    end
    return quote
        # A short loop is inlined, so that its sums do not go through memory. A long one
        # is a function of its own, and has all registers.
        $(Expr(:meta, Known === nothing ? :noinline : :inline))
        $(each_acc((r, q, f) -> :($(acc(r, q, f)) = splat($V, 0)))...)
        packed = 0
        for i in 0:(kh - 1)
            $kernel_row
        end
        return tuple($(each_acc(acc)...))
    end
end

# Vectors of W floats: 4 (NEON), 8 (AVX2) or 16 (AVX-512). The width is a type parameter,
# chosen when a network is prepared. Every width gives right results on every CPU: the
# compiler splits vectors that are wider than a register.

const WIDTHS = (4, 8, 16)

const Floats{W} = Vec{W,Float32}
const Ints{W} = Vec{W,Int32}
const Addresses{W} = Vec{W,Int64}

"""
    default_lanes()

Floats in a vector register of the CPU that runs this process: 16 with AVX-512, 8 on other
x86 CPUs, 4 elsewhere.

This is asked at run time. A constant would be computed while the package is precompiled,
perhaps on another machine.

# Examples
```jldoctest
julia> PyFlux.Kernels.default_lanes() in (4, 8, 16)
true
```
"""
default_lanes() = has_avx512() ? 16 : Sys.ARCH in (:x86_64, :i686) ? 8 : 4

has_avx512() = Sys.ARCH === :x86_64 && compiles_for_host() &&
    CPUID.test_cpu_feature(CPUID.JL_X86_avx512f)

# `--cpu-target` may ask for code that older CPUs run too: it must not use what they lack.
function compiles_for_host()
    target = Base.JLOptions().cpu_target
    return target == C_NULL || unsafe_string(target) == "native"
end

# Whether the compiler is sure to have the instruction of `permute`. Julia does without
# AVX-512, also for what it compiles later, if a system image of one's own was made for
# older CPUs.
can_permute() = has_avx512() && has_default_image()

function has_default_image()
    image = Base.JLOptions().image_file
    image == C_NULL && return false
    folder = joinpath(Sys.BINDIR, Base.PRIVATE_LIBDIR)
    return samefile(dirname(unsafe_string(image)), folder)
end

function check_lanes(lanes)
    lanes in WIDTHS || throw(ArgumentError("lanes must be 4, 8 or 16, got $lanes"))
    return Int(lanes)
end

# Vector registers: AVX2 has 16, AVX-512 and NEON have 32.
registers(W) = W == 8 ? 16 : 32

# `n` in whole vectors.
whole_vectors(n, W) = cld(n, W) * W

# A vector as LLVM has it.
const Lanes{W,T} = NTuple{W,VecElement{T}}

# Loads, stores, and one value in all lanes. SIMD.jl has them as LLVM code, which takes
# the compiler long to read where there are hundreds. Offsets are in values of 4 bytes,
# from 0.
@inline load(::Type{Vec{W,T}}, p::Ptr, i) where {W,T} =
    Vec{W,T}(unsafe_load(Ptr{Lanes{W,T}}(p + 4i)))
@inline store!(p::Ptr, i, v::Vec{W,T}) where {W,T} =
    unsafe_store!(Ptr{Lanes{W,T}}(p + 4i), v.data)

@generated splat(::Type{Vec{W,T}}, value) where {W,T} = quote
    $(Expr(:meta, :inline))
    lane = VecElement{T}(value)
    return Vec{W,T}($(Expr(:tuple, fill(:lane, W)...)))
end

# The first `n` lanes.
@inline first_lanes(::Val{W}, n) where {W} =
    Vec(ntuple(Int32, Val(W))) ≤ splat(Ints{W}, n % Int32)

# Where `a` is larger than `b`, or NaN: a maximum that is found with this keeps NaN.
@inline exceeds(a, b) = (a > b) | (a != a)

# f(0), f(1), … f(N - 1), each with a number that the compiler knows: values stay in
# registers.
@generated unrolled(f, ::Val{N}) where {N} = quote
    $(Expr(:meta, :inline))
    $([:(@inline f($i)) for i in 0:(N - 1)]...)
    return nothing
end

# Likewise the tuple (f(0), f(1), … f(N - 1)). `ntuple` may leave a call for each.
@generated unrolled_tuple(f, ::Val{N}) where {N} = quote
    $(Expr(:meta, :inline))
    return tuple($([:(@inline f($i)) for i in 0:(N - 1)]...))
end

# Of the 32 values of `a` and `b`, the one that each lane of `indices` names, counted from
# 0. This is an instruction of AVX-512: it must be compiled only where `can_permute()`.
@inline permute(indices::Ints{16}, a::Floats{16}, b::Floats{16}) = Floats{16}(
    ccall(
        "llvm.x86.avx512.vpermi2var.ps.512", llvmcall, Lanes{16,Float32},
        (Lanes{16,Float32}, Lanes{16,Int32}, Lanes{16,Float32}),
        a.data, indices.data, b.data,
    ),
)

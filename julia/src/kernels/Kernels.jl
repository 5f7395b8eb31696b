"""
    PyFlux.Kernels

CPU kernels for networks of convolutions with stride 1, the 2×2 max-pooling after them,
and dense layers, with their gradients. They read the arrays of the Flux layers, which
stay the model, and give gradients in the form of Zygote's. README.md beside this file
explains how they work.

Everything here knows Flux, and nothing of the rest of PyFlux. What the rest uses and
extends is exported: [`Segments`](@ref) with [`forward`](@ref) and [`pullback`](@ref) for
whole networks, pooling, the layers' own forward passes and pullbacks, a step of Adam, and
work for all threads.
"""
module Kernels

using Base.BinaryPlatforms: CPUID
using ChainRulesCore: ChainRulesCore, NoTangent, ignore_derivatives, unthunk
using Flux: Flux, BatchNorm, Chain, Conv, Dense, relu
using Flux: GlobalMaxPool, GlobalMeanPool, MaxPool, MeanPool
using Flux: Zygote
using LinearAlgebra.BLAS: gemm!
using SIMD: Vec, vifelse, vscatter, vstore
using Statistics: mean

# Whole networks.
export Segments, BatchView, accepts_view, default_lanes, full_pullback, pack!, pullback
# What each layer does; the rest of PyFlux adds methods for its own layers.
export flatten_hwc, forward, layer_pullback, moving_variance, specialize
# Pooling.
export Pooling, Window, columns, outputsize, pad_sides, pooler, rows
export maxpooling, meanpooling, ∇maxpooling, ∇meanpooling
# The step of Adam.
export AdamCoefficients, adam!
# Threads.
export each_sample, each_thread, on_threads, thread_range

include("interface.jl")          # what a layer computes, for the rest of PyFlux to extend
include("threads.jl")            # which thread does what
include("vectors.jl")            # vectors of 4, 8 or 16 floats
include("pooling.jl")            # pooling of any window, with an exact gradient
include("fused_conv.jl")         # convolution, bias, relu and 2×2 max-pooling as one layer
include("microkernel.jl")        # the inner loop of a convolution
include("conv_forward.jl")       # a fused layer's outputs
include("winograd.jl")           # … with fewer multiplications for 3×3
include("conv_gradient.jl")      # its gradient, in one of two ways:
include("direct_gradient.jl")    # … few taps: filters in the lanes of a vector
include("sparse_gradient.jl")    # … many taps: taps in the lanes, for outputs that count
include("packing.jl")            # weights and gradients, in the order of the kernels
include("images.jl")             # images, into and out of that order
include("dense.jl")              # dense layers
include("plan.jl")               # which layers of a network can be computed together
include("workspace.jl")          # their buffers
include("workspace_forward.jl")  # a batch through them
include("workspace_backward.jl") # … and its gradient
include("segments.jl")           # a whole network: fused segments, and Flux's own layers
include("normalization.jl")      # batch normalization, one of the latter
include("adam.jl")               # the optimiser's step

end

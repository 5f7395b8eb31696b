"""
    PyFlux

Image classifiers in Flux, from a description or from a `Chain`: training on plain arrays, evaluation,
prediction, and weights in the layout of Keras. Nothing in it knows Python.

Images are `(width, height, channels, samples)` arrays of `UInt8`, which is scaled by 1/255, or of floats;
labels are class numbers from 1.
"""
module PyFlux

using ChainRulesCore: ChainRulesCore, NoTangent, ignore_derivatives, unthunk
using CodecZlib: GzipDecompressorStream
using Flux
using Flux: get_device, logitbinarycrossentropy, logitcrossentropy, mse, onecold, onehotbatch
using Flux.Zygote: pullback
using Flux.Optimisers: Optimisers, AbstractRule
using GPUArraysCore: AnyGPUArray
using PrecompileTools: @compile_workload, @setup_workload
using Libdl: find_library
using LinearAlgebra.BLAS: gemm!
using Random: AbstractRNG, default_rng
using SIMD: Vec, vifelse, vload, vscatter, vstore
using Statistics: mean

export Learner, accuracy, chain, confusion_matrix, evaluate, load_mnist, predict, read_idx, train!

include("kernels/pooling.jl")  # pooling with threads and an exact gradient
include("noise.jl")            # random numbers that every engine draws alike
include("seeded.jl")           # the layers that draw them: dropout and augmentation
include("layers.jl")           # a description → a Flux Chain
include("rules.jl")            # a description → an optimiser
include("slots.jl")            # the arrays of a model, one after the other
include("batches.jl")          # some images of many → one Float32 batch
include("kernels/block.jl")       # the inner loop of a convolution
include("kernels/convolution.jl") # convolution, relu and pooling as one layer
include("kernels/gradient.jl")    # … and the way back
include("kernels/winograd.jl")    # a shorter way through 3×3
include("kernels/packing.jl")     # weights as these read them
include("kernels/threads.jl")     # who does what
include("kernels/dense.jl")       # dense layers
include("kernels/run.jl")         # convolutions and dense layers, one after the other
include("kernels/pieces.jl")      # a network, part in kernels and part in Flux
include("kernels/normalization.jl") # batch normalization, one of the latter
include("kernels/adam.jl")        # the optimiser's step
include("training.jl")         # train, evaluate, predict
include("devices.jl")          # which device computes, and arrays there
include("device_training.jl")  # the same on a GPU
include("kernels/device.jl")   # pooling, dropout and augmentation there
include("distributed.jl")      # … and in several processes
include("metrics.jl")          # the confusion matrix
include("idx.jl")              # MNIST's file format
include("rowmajor.jl")         # arrays and weights as row-major programs lay them out
include("calls.jl")            # … and calls from other languages, through C
include("saving.jl")           # a Flux Chain → a description; save and load are in ext/SafeTensorsExt.jl
include("precompile.jl")

end

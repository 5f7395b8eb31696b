"""
    PyFlux

Image classifiers in Flux, from a description or a `Chain`: training on plain arrays,
evaluation, prediction, and weights in Keras's layout. Nothing in it knows Python.

Images are `(width, height, channels, samples)` arrays of `UInt8`, which are scaled by
1/255, or of floats; labels are class numbers from 1.
"""
module PyFlux

using ChainRulesCore: ChainRulesCore, NoTangent, Tangent, ignore_derivatives, unthunk
using CodecZlib: GzipDecompressorStream
using Flux
using Flux: DistributedUtils, Functors, NNlib, Zygote
using Flux: get_device, get_device_type, huber_loss, mae, mse, onecold, onehotbatch
using Flux: logitbinarycrossentropy, logitcrossentropy
using Flux.Functors: KeyPath
using Flux.MLUtils: numobs
using Flux.Optimisers: Optimisers, AbstractRule
using GPUArraysCore: AnyGPUArray
using Libdl: find_library
using PrecompileTools: @compile_workload, @setup_workload
using Random: AbstractRNG, default_rng
using Statistics: mean

export TrainState, accuracy, chain, confusion_matrix, evaluate, load_mnist, predict
export read_idx, train!

include("kernels/Kernels.jl")
using .Kernels: Kernels, AdamCoefficients, BatchView, Segments, Window
using .Kernels: accepts_view, adam!, columns, default_lanes, each_sample, each_thread
using .Kernels: flatten_hwc, forward, full_pullback, layer_pullback, maxpooling
using .Kernels: meanpooling, on_threads, outputsize, pack!, pad_sides, pullback, rows
using .Kernels: ∇maxpooling, ∇meanpooling

include("layers/parameters.jl")      # the arrays of a model
include("layers/activations.jl")     # activation functions by Keras's names
include("layers/chain.jl")           # a description → a Flux Chain
include("layers/description.jl")     # a Flux Chain → a description
include("layers/initializers.jl")    # first values of weights
include("layers/convolution.jl")     # each layer: build, describe, outputsize
include("layers/dense.jl")
include("layers/separable.jl")
include("layers/transposed.jl")
include("layers/pooling.jl")
include("layers/reshaping.jl")
include("layers/normalization.jl")
include("layers/feature_normalization.jl")
include("layers/standardization.jl")
include("layers/rescaling.jl")
include("layers/random_numbers.jl")  # counter-based: the same on every device and thread
include("layers/random.jl")          # layers that draw them
include("layers/dropout.jl")
include("layers/noise.jl")
include("layers/affine.jl")          # flips, translations, rotations and zooms of images
include("layers/augmentation.jl")
include("layers/color.jl")
include("layers/resizing.jl")
include("layers/branches.jl")        # networks with branches

include("optimisers/rules.jl")       # a description → a rule
include("optimisers/sgd.jl")         # each rule: its state, its step, its slots
include("optimisers/adam.jl")
include("optimisers/rmsprop.jl")
include("optimisers/adagrad.jl")
include("optimisers/nadam.jl")
include("optimisers/lion.jl")
include("optimisers/decay.jl")
include("optimisers/clipping.jl")    # of gradients, before a step
include("optimisers/constraints.jl") # on weights, after a step

include("gpu/devices.jl")            # which device computes
include("gpu/arrays.jl")             # arrays there and back

include("train/interrupt.jl")        # the end of a call, from another thread
include("train/losses.jl")
include("train/batches.jl")          # samples → one Float32 batch
include("train/state.jl")            # TrainState
include("train/backpropagation.jl")  # loss and gradients of a batch
include("train/step.jl")             # gradients → new weights
include("train/results.jl")          # losses and outputs, as batches give them
include("train/data_parallel.jl")    # several processes, one training
include("train/train.jl")            # the training loop
include("train/evaluate.jl")
include("train/predict.jl")
include("train/input_gradients.jl")  # for saliency maps
include("train/metrics.jl")

include("gpu/batches.jl")            # what a GPU computes in its own way
include("gpu/convolution.jl")
include("gpu/pooling.jl")
include("gpu/random.jl")

include("io/idx.jl")                 # MNIST's file format
include("io/mnist.jl")
include("io/environment.jl")         # versions and paths
include("io/saving.jl")              # save and load, for ext/SafeTensorsExt.jl
include("io/rowmajor/RowMajor.jl")   # a submodule: the same for row-major callers

include("precompile.jl")

end

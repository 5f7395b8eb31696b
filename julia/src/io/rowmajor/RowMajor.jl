"""
    PyFlux.RowMajor

PyFlux for programs whose arrays are row-major (NumPy, Keras, PyTorch). A row-major
`(N, H, W, C)` array is a column-major `(C, W, H, N)` array at the same address: that is how
images come and outputs go here. Weights have Keras's layout, with the axes reversed
likewise. Class numbers and indices count from 0.
"""
module RowMajor

using Flux: CPUDevice, Chain, cpu_device
using Flux: logitbinarycrossentropy, logitcrossentropy, mae, mse
using ..PyFlux: PyFlux, DataParallel, EvaluationResult, HuberLoss, Predictor, TrainState
using ..PyFlux: Batches, ClassScore, activate, adapt_like, backpropagate, constraint
using ..PyFlux: frozen_features, getparameter, gradient_clipping, load_batch, numobs, pack!
using ..PyFlux: parameter_paths, restore_state, rule, set_keys!, to_cpu, to_device

include("arrays.jl")    # images and outputs
include("weights.jl")   # arrays of a model, its gradient and its optimiser
include("training.jl")  # train, evaluate, predict

end

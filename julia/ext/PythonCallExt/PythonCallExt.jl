# PyFlux for Python: what the Python package pyflux calls through juliacall.
#
# NumPy arrays come transposed, so that a C-ordered `(N, H, W, C)` array is a `PyArray` of size
# `(C, W, H, N)`: the same memory, in column-major order. A `PyArray` is no `DenseArray`, and so
# each becomes an `Array` of that memory here, once; Python keeps it alive. Results are written
# into arrays that Python allocated. Python's lock is released while something is computed.
module PythonCallExt

using PyFlux: PyFlux, RowMajor
using PythonCall: PythonCall, Py, PyArray, PyDict, PyList, pyconvert, pydict, pylist

include("arguments.jl")  # Python's arrays, dictionaries and lists
include("gil.jl")        # Python's lock, and waiting for the next call

# ── This process ─────────────────────────────────────────────────────────────────────────

versions() = (
    string(VERSION), string(pkgversion(PyFlux.Flux)), string(pkgversion(PyFlux)),
    string(pkgversion(PythonCall)), string(Threads.nthreads()),
)
paths() = Tuple(PyFlux.julia_paths())
allocated_bytes() = Base.gc_bytes()

# ── Devices and processes ────────────────────────────────────────────────────────────────

device(name, precision) = without_gil() do
    found = PyFlux.device(name)
    PyFlux.set_precision!(found, precision)
    return found
end
is_gpu(device) = PyFlux.is_gpu(device)
device_name(device) = PyFlux.device_name(device)

process_group() = without_gil(PyFlux.process_group)
rank(group) = group.rank
group_size(group) = group.size
broadcast_value(group, number) = without_gil(() -> PyFlux.broadcast_value(group, number))
abort(group, code) = PyFlux.abort(group, code)

# ── A network ────────────────────────────────────────────────────────────────────────────

function chain(@nospecialize(device), description)
    config = plain(description)
    return without_gil(() -> PyFlux.to_device(device, PyFlux.chain(config)))
end

to_device(@nospecialize(device), @nospecialize(model)) =
    without_gil(() -> PyFlux.to_device(device, model))

# `input_shape` is (height, width, channels), (rows, features) or (features,).
function description(@nospecialize(model), input_shape)
    shape = Tuple(Int[plain(n) for n in input_shape])
    config = PyFlux.description(model, PyFlux.flux_size(shape))
    return python(merge(config, Dict("input_shape" => collect(shape))))
end

predictor(@nospecialize(model)) = PyFlux.Predictor(model)

function train_state(@nospecialize(model), settings)
    config = plain(settings)
    return without_gil(() -> RowMajor.train_state(model, config))
end

data_parallel(state, group) = without_gil(() -> PyFlux.DataParallel(state, group))

function weights(@nospecialize(model), outputs)
    copy_all!(arrays(outputs), RowMajor.weights(model))
    return nothing
end

set_weights(@nospecialize(model), values) = RowMajor.set_weights!(model, arrays(values))

# ── Training, evaluation, prediction ─────────────────────────────────────────────────────

function device_data(@nospecialize(device), images, targets, sample_weights)
    x, y = array(images), array(targets)
    w = sample_weights === nothing ? nothing : array(sample_weights)
    return without_gil(() -> RowMajor.DeviceData(device, x, y, w))
end

# `iterations` is an array of one integer: the steps that the optimiser has taken, also where
# the training was interrupted.
function train(
    @nospecialize(trainer), data, order, batchsize, rates, from_features, outputs,
    iterations,
)
    positions, η, ŷ, n = array(order), array(rates), array(outputs), array(iterations)
    return without_gil() do
        try
            result = RowMajor.train!(trainer, data, positions, batchsize, η, from_features)
            copy_result!(ŷ, result.outputs)
            result.loss
        finally
            n[1] = PyFlux.train_state(trainer).iterations
        end
    end
end

function evaluate(@nospecialize(state), data, batchsize, from_features, outputs)
    ŷ = array(outputs)
    return without_gil() do
        result = RowMajor.evaluate(state, data, batchsize, from_features)
        copy_result!(ŷ, result.outputs)
        result.loss
    end
end

function predict(@nospecialize(model), images, batchsize, @nospecialize(device), outputs)
    x, ŷ = array(images), array(outputs)
    return without_gil() do
        copy_result!(ŷ, RowMajor.predict(model, x, batchsize, device))
        nothing
    end
end

function features(@nospecialize(state), images, batchsize, @nospecialize(device), outputs)
    x, ŷ = array(images), array(outputs)
    return without_gil() do
        copy_result!(ŷ, RowMajor.features(state, x, batchsize, device))
        nothing
    end
end

function gradients(@nospecialize(state), data, outputs)
    grads = arrays(outputs)
    return without_gil() do
        loss, found = RowMajor.gradients(state, data)
        copy_all!(grads, found)
        Float64(loss)
    end
end

function input_gradients(
    @nospecialize(model), images, targets, loss, batchsize, @nospecialize(device), outputs
)
    x, y, dx, config = array(images), array(targets), array(outputs), plain(loss)
    return without_gil() do
        copy_result!(
            dx, RowMajor.input_gradients(model, x, y, config, batchsize, device)
        )
        nothing
    end
end

# One list: all slots of the first array that is trained, then those of the second, …
function optimiser_slots(@nospecialize(state), outputs)
    slots = RowMajor.optimiser_slots(state)
    copy_all!(arrays(outputs), reduce(vcat, slots; init = Array{Float32}[]))
    return nothing
end

function set_optimiser_slots(@nospecialize(state), iterations, values, slots_per_array)
    flat, k = arrays(values), slots_per_array
    slots = k == 0 ? () : [flat[i:(i + k - 1)] for i in 1:k:length(flat)]
    return RowMajor.set_optimiser_slots!(state, iterations, slots)
end

include("samples.jl")  # one sample at a time
include("precompile.jl")

end

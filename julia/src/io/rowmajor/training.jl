# Training, evaluation and prediction for row-major callers.

# The losses of a description.
const LOSSES = Dict{String,Any}(
    "categorical" => logitcrossentropy,
    "binary" => logitbinarycrossentropy,
    "squared" => mse,
    "absolute" => mae,
)

"""
    train_state(model, settings)

A `TrainState` for a model, with the dictionary `settings`:
- `"optimizer"`: a dictionary, see `rule` and `gradient_clipping`;
- `"loss"`: `"categorical"`, `"binary"`, `"squared"`, `"absolute"` or `"huber"`, or a
  dictionary with this as its `"type"` and, for `"huber"`, the number `"delta"`;
- `"trainable"`, `"penalties"` and, optionally, `"constraints"`: for each of the model's
  arrays a Bool; `nothing` or a dictionary with the numbers `"l1"` and `"l2"`; `nothing` or
  a dictionary, see `constraint`;
- `"seed"`: an unsigned number, as text; `"fast"`: whether to use the CPU kernels.
"""
function train_state(@nospecialize(model::Chain), settings::AbstractDict)
    activate(model)
    optimizer, regularizers = settings["optimizer"], settings["penalties"]
    constraints = get(settings, "constraints", nothing)
    return TrainState(
        model, rule(optimizer);
        loss = loss_function(settings["loss"]), clipping = gradient_clipping(optimizer),
        trainable = settings["trainable"],
        penalties = [r === nothing ? nothing : (r["l1"], r["l2"]) for r in regularizers],
        constraints = constraints === nothing ? nothing : map(constraint, constraints),
        seed = parse(UInt64, settings["seed"]), fast = get(settings, "fast", true),
    )
end

loss_function(name::AbstractString) = loss_function(Dict("type" => name))
function loss_function(config::AbstractDict)
    type = config["type"]
    type == "huber" && return HuberLoss(get(config, "delta", 1))
    haskey(LOSSES, type) || throw(ArgumentError(
        "there is no loss $type; known: $(join(sort!([keys(LOSSES)...; "huber"]), ", "))",
    ))
    return LOSSES[type]
end

"""
    train!(trainer, data::DeviceData, order, batchsize, rates, from_features = false)

`PyFlux.train!` with an `order` that counts from 0; the outputs of the result are row-major.
"""
train!(trainer, data::DeviceData, order, batchsize, rates, from_features = false) =
    rowmajor(PyFlux.train!(
        trainer, data.images, data.targets, one_based(order);
        batchsize, rates, data.sample_weights, from_features,
    ))

"""
    evaluate(state, data::DeviceData, batchsize, from_features = false)

`PyFlux.evaluate`; the outputs of the result are row-major.
"""
evaluate(state::TrainState, data::DeviceData, batchsize, from_features = false) =
    rowmajor(PyFlux.evaluate(
        state, data.images, data.targets; batchsize, data.sample_weights, from_features
    ))

rowmajor(result::EvaluationResult) =
    EvaluationResult(result.loss, to_cwhn(result.outputs), result.samples)

"""
    input_gradients(model, images, targets, loss, batchsize, device = cpu_device())

`PyFlux.input_gradients` for images `(channels, width, height, samples)`, row-major. Integer
targets are class numbers from 0. `loss` is a dictionary as in `train_state`, or
`Dict("type" => "score")` for the score of the class.
"""
function input_gradients(model, images, targets, loss, batchsize, device = cpu_device())
    activate(model)
    data = DeviceData(device, images, targets)
    loss = loss["type"] == "score" ? ClassScore() : loss_function(loss)
    return to_cwhn(PyFlux.input_gradients(model, data.images, data.targets; loss, batchsize))
end

# Images for a GPU are moved in chunks, as they may be more than its memory holds.
const CHUNK_BYTES = 2^28

"""
    predict(model, images, batchsize, device = cpu_device())

The outputs of a `TrainState` or a `Predictor` for images `(channels, width, height,
samples)`, row-major.
"""
predict(model, images, batchsize, ::CPUDevice = cpu_device()) =
    to_cwhn(PyFlux.predict(model, to_whcn(images); batchsize))
predict(model, images, batchsize, device) = in_chunks(device, images, batchsize) do x
    PyFlux.predict(model, x; batchsize)
end

"""
    features(state, images, batchsize, device = cpu_device())

The outputs of a model's frozen layers for images `(channels, width, height, samples)`,
row-major.
"""
features(state::TrainState, images, batchsize, ::CPUDevice = cpu_device()) =
    to_cwhn(frozen_features(state, to_whcn(images); batchsize))
features(state::TrainState, images, batchsize, device) =
    in_chunks(device, images, batchsize) do x
        to_cpu(frozen_features(state, x; batchsize))
    end

function in_chunks(f, device, images, batchsize)
    n = numobs(images)
    per_chunk = max(fld(CHUNK_BYTES, cld(sizeof(images), n) * batchsize), 1) * batchsize
    parts = map(Iterators.partition(1:n, per_chunk)) do chunk
        f(device_images(device, copy(selectdim(images, ndims(images), chunk))))
    end
    return to_cwhn(cat(parts...; dims = ndims(first(parts))))
end

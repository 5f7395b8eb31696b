# Trainings that several processes must end as one does. `make_trainer` gets the TrainState.
using Flux, PyFlux, Random

function job(make_trainer, model; rule = Adam(0.01), n = 22, seed = 3, options...)
    rng = Xoshiro(1)
    x, y = rand(rng, UInt8, 6, 5, 1, n), rand(rng, 1:3, n)
    sample_weights = rand(rng, Float32, n)
    state = TrainState(model, rule; seed, options...)
    trainer = make_trainer(state)
    # The last batch has 2 samples: some of four processes have none.
    results = [
        train!(trainer, x, y, shuffle(Xoshiro(epoch), 1:n); batchsize = 10, sample_weights)
        for epoch in 1:3
    ]
    (; loss, outputs) = last(results)
    return (; loss, outputs, weights = Array.(Flux.trainables(state.model)))
end

init() = Flux.glorot_uniform(Xoshiro(0))
tail(in) = (Dense(in => 7, relu; init = init()), Dense(7 => 3; init = init()), softmax)

convolution() = Chain(
    Conv((3, 3), 1 => 4, relu; init = init()), MaxPool((2, 2)), PyFlux.flatten_hwc,
    tail(8)...,
)

random_layers() = Chain(
    PyFlux.RandomAffine(PyFlux.TranslationSampler((-0.2f0, 0.2f0), (-0.2f0, 0.2f0))),
    PyFlux.RandomContrast(0.3f0, 0.3f0), PyFlux.flatten_hwc, PyFlux.SeededDropout(0.3f0),
    tail(30)...,
)

penalties = [(0.01, 0.02), nothing, nothing, nothing]
clipping = PyFlux.ClipByGlobalNorm(0.1)

const JOBS = Dict(
    "convolution" => f -> job(f, convolution()),
    "random" => f -> job(f, random_layers(); penalties),
    "clipped" => f -> job(f, convolution(); rule = Descent(0.5), clipping),
)

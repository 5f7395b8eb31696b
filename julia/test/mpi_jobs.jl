# Trainings that several processes must end as one does. `together` makes what trains of a learner.
using Flux, PyFlux, Random

function job(together, model; rule = Adam(0.01), n = 22, seed = 3, options...)
    rng = Xoshiro(1)
    x, y, w = rand(rng, UInt8, 6, 5, 1, n), rand(rng, 1:3, n), rand(rng, Float32, n)
    learner = Learner(model, rule; seed, options...)
    both = together(learner)
    # The last batch has 2 samples: some of four processes have none.
    seen = [train!(both, x, y, shuffle(Xoshiro(epoch), 1:n); batchsize = 10, weights = w) for epoch in 1:3]
    return (; seen[end].loss, seen[end].outputs, weights = Array.(Flux.trainables(learner.model)))
end

init() = Flux.glorot_uniform(Xoshiro(0))
tail(in) = (Dense(in => 7, relu; init = init()), Dense(7 => 3; init = init()), softmax)

const JOBS = Dict(
    "convolution" => f -> job(f, Chain(Conv((3, 3), 1 => 4, relu; init = init()), MaxPool((2, 2)), PyFlux.flatten_hwc, tail(8)...)),
    "random" => f -> job(
        f,
        Chain(
            PyFlux.SeededWarp(PyFlux.Translation((-0.2f0, 0.2f0), (-0.2f0, 0.2f0))), PyFlux.SeededContrast(0.3f0, 0.3f0),
            PyFlux.flatten_hwc, PyFlux.SeededDropout(0.3f0), tail(30)...,
        );
        penalties = [(0.01, 0.02), nothing, nothing, nothing],
    ),
)

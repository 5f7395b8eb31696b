# Stock Flux, as a user of Flux writes it: a DataLoader, `withgradient` and `update!`.

using Flux

include("job.jl")

const NETWORKS = Dict(
    "flux_mnist" => () -> Chain(
        Conv((3, 3), 1 => 16, relu), MaxPool((2, 2)),
        Conv((3, 3), 16 => 32, relu), MaxPool((2, 2)),
        Flux.flatten, Dense(800 => 10),
    ),
    "keras_mnist" => () -> Chain(
        Conv((3, 3), 1 => 32, relu), MaxPool((2, 2)),
        Conv((3, 3), 32 => 64, relu), MaxPool((2, 2)),
        Conv((3, 3), 64 => 64, relu),
        Flux.flatten, Dense(576 => 64, relu), Dense(64 => 10),
    ),
    "keras_cifar" => () -> Chain(
        Conv((3, 3), 3 => 32, relu), MaxPool((2, 2)),
        Conv((3, 3), 32 => 64, relu), MaxPool((2, 2)),
        Flux.flatten, Dense(2304 => 64, relu), Dense(64 => 10),
    ),
    "torch_cifar" => () -> Chain(
        Conv((3, 3), 3 => 32, relu; pad = 1), MaxPool((2, 2)),
        Conv((3, 3), 32 => 64, relu), MaxPool((2, 2)),
        Flux.flatten, Dense(3136 => 64, relu), Dense(64 => 10),
    ),
    "keras_imagenet" => () -> Chain(
        Conv((3, 3), 3 => 32, relu), MaxPool((2, 2)),
        Conv((3, 3), 32 => 64, relu), MaxPool((2, 2)),
        Conv((3, 3), 64 => 128, relu),
        Flux.flatten, Dense(346112 => 128, relu), Dense(128 => 10),
    ),
)

function epoch!(model, state, x, y)
    loader = Flux.DataLoader((x, y); batchsize = job["batch_size"], shuffle = true)
    total = 0.0f0
    for (images, labels) in loader
        loss, gradients = Flux.withgradient(model) do m
            Flux.logitcrossentropy(m(images), labels)
        end
        Flux.update!(state, model, gradients[1])
        total += loss * size(labels, 2)
    end
    return total / size(y, 2)
end

probabilities(model, x) =
    mapreduce(batch -> softmax(model(batch)), hcat, Flux.DataLoader(x; batchsize = 256))

function main()
    report("versions", Dict("Julia" => string(VERSION), "Flux" => string(pkgversion(Flux))))
    report("threads", Threads.nthreads())
    x, digits = read_samples()
    y = Flux.onehotbatch(digits, 0:9)
    model = NETWORKS[job["network"]]()
    if job["task"] == "predict"
        probabilities(model, x)
        for _ in 1:job["times"]
            report("seconds", @elapsed probabilities(model, x))
        end
        return
    end
    state = Flux.setup(Adam(0.001f0), model)
    warm = warmup_range()
    epoch!(model, state, x[:, :, :, warm], y[:, warm])
    for _ in 1:job["epochs"]
        before = Base.gc_bytes()
        report("seconds", @elapsed loss = epoch!(model, state, x, y))
        report("allocated_bytes", Base.gc_bytes() - before)
        report("loss", loss)
    end
end

main()

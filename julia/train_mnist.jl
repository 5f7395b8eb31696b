# Trains the convolutional network of Flux's MNIST tutorial, and measures it. No Python is involved.
#
#     julia --threads=auto julia/train_mnist.jl --data=FOLDER
#
#     mpiexec -n 4 julia --threads=1 julia/train_mnist.jl --data=FOLDER --distributed
#
# The first run installs and compiles what the Project.toml above this folder names.

const IS_PROGRAM = abspath(PROGRAM_FILE) == @__FILE__()

if IS_PROGRAM
    import Pkg
    Pkg.activate(dirname(@__DIR__); io = devnull)
    # Also after an upgrade: what was resolved before does not know what the package needs now.
    resolved = mtime(joinpath(dirname(@__DIR__), "Manifest.toml"))
    if Base.find_package("PyFlux") === nothing || resolved < mtime(joinpath(@__DIR__, "Project.toml"))
        Pkg.develop(; path = @__DIR__)
        Pkg.instantiate()
    end
end

using ArgParse, Flux, Printf, PyFlux, Random, SafeTensors

# 28×28×1 → 26×26×16 → 13×13×16 → 11×11×32 → 5×5×32 → 800 → 10. The softmax makes probabilities of what the
# network is trained on. `flatten_hwc` is `Flux.flatten` in the order of Keras, for whoever reads the saved file.
network(init) = Chain(
    Conv((3, 3), 1 => 16, relu; init),
    MaxPool((2, 2)),
    Conv((3, 3), 16 => 32, relu; init),
    MaxPool((2, 2)),
    PyFlux.flatten_hwc,
    Dense(800 => 10; init),
    softmax,
)

function options(arguments)
    settings = ArgParseSettings(; description = "Train the network of Flux's MNIST tutorial.")
    @add_arg_table! settings begin
        "--data"
        help = "folder with the four files of MNIST, gzipped or not, directly or in mnist/"
        default = get(ENV, "PYFLUX_DATA", "data")
        "--epochs"
        help = "how often every image is seen"
        arg_type = Int
        default = 3
        range_tester = >(0)
        "--batch-size"
        help = "images per step"
        arg_type = Int
        default = 64
        range_tester = >(0)
        "--learning-rate"
        help = "step size of Adam"
        arg_type = Float64
        default = 0.001
        range_tester = >(0)
        "--seed"
        help = "the same seed gives the same result"
        arg_type = Int
        default = 0
        range_tester = ≥(0)
        "--device"
        help = "auto (a GPU where there is one), cpu, gpu, or a numbered GPU such as gpu:1"
        default = "auto"
        "--distributed"
        help = "train together with the other processes that mpiexec started"
        action = :store_true
        "--save"
        help = "keep the trained model in this safetensors file"
    end
    return parse_args(arguments, settings; as_symbols = true)
end

function train(
    images, labels; epochs, batchsize, η, seed, held = length(labels) ÷ 6, device = cpu_device(), group = nothing, io = stdout
)
    cut = length(labels) - held
    x, y = device(images[:, :, :, 1:cut]), labels[1:cut]  # uint8, moved once
    x_val, y_val = device(images[:, :, :, (cut + 1):end]), labels[(cut + 1):end]
    learner = Learner(device(network(Flux.glorot_uniform(Xoshiro(seed)))), Adam(η))
    trainer = group === nothing ? learner : PyFlux.Shared(learner, group)
    println(io, "epoch   seconds      loss  accuracy  val loss  val accuracy")
    for epoch in 1:epochs
        order = shuffle(Xoshiro(hash((seed, epoch))), 1:cut)
        seconds = @elapsed seen = train!(trainer, x, y, order; batchsize)
        val = evaluate(learner, x_val, y_val)
        @printf(
            io, "%5d  %8.2f  %8.4f  %8.4f  %8.4f  %12.4f\n",
            epoch, seconds, seen.loss / seen.samples, accuracy(seen.outputs, y[order]),
            val.loss / val.samples, accuracy(val.outputs, y_val),
        )
    end
    return learner
end

function report(learner, images, labels; io = stdout)
    outputs = predict(learner, images)
    @printf(io, "\ntest accuracy %.2f %%\n", 100 * accuracy(outputs, labels))
    println(io, "\nwhich digit (row) was taken for which (column):\n     ", join(lpad.(0:9, 6)))
    for (digit, row) in enumerate(eachrow(confusion_matrix(Flux.onecold(outputs), labels, 10)))
        println(io, lpad(digit - 1, 3), "  ", join(lpad.(replace(string.(row), "0" => "·"), 6)))
    end
end

function main(arguments = ARGS; io = stdout)
    o = options(arguments)
    train_set, test_set = try
        load_mnist(o[:data], :train), load_mnist(o[:data], :test)
    catch e
        e isa ArgumentError || rethrow()
        println(stderr, "--data: ", e.msg)
        return 1
    end
    group, device = try
        o[:distributed] ? PyFlux.group() : nothing, PyFlux.device(o[:device])
    catch e
        e isa ArgumentError || rethrow()
        println(stderr, e.msg)
        return 1
    end
    # What has been loaded just now, for a GPU or for MPI, is known from the next call on.
    return Base.invokelatest(train_and_report, o, train_set, test_set, device, group; io)
end

function train_and_report(o, train_set, test_set, device, group; io)
    group === nothing || group.rank == 0 || (io = devnull)  # the first speaks for all, and saves
    PyFlux.is_gpu(device) && println(io, "on ", PyFlux.device_name(device))
    learner = train(
        train_set...; epochs = o[:epochs], batchsize = o[Symbol("batch-size")], η = o[Symbol("learning-rate")],
        seed = o[:seed], device, group, io,
    )
    report(learner, device(test_set[1]), test_set[2]; io)
    if o[:save] !== nothing && io !== devnull
        PyFlux.save(o[:save], cpu_device()(learner.model), (28, 28, 1))
        println(io, "\nsaved to ", o[:save])
    end
    return 0
end

IS_PROGRAM && exit(main())

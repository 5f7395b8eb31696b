# Trains and evaluates the convolutional network of Flux's MNIST tutorial, without Python.
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
    # Also after an upgrade: an older manifest does not have what the package needs now.
    resolved = mtime(joinpath(dirname(@__DIR__), "Manifest.toml"))
    outdated = resolved < mtime(joinpath(@__DIR__, "Project.toml"))
    if outdated || Base.find_package("PyFlux") === nothing
        Pkg.develop(; path = @__DIR__)
        Pkg.instantiate()
    end
end

using ArgParse, Flux, Printf, PyFlux, Random, SafeTensors

# 28×28×1 → 26×26×16 → 13×13×16 → 11×11×32 → 5×5×32 → 800 → 10. The loss takes what goes
# into the softmax. `flatten_hwc` is `Flux.flatten` in Keras's order, for whoever reads the
# saved file.
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
    description = "Train the network of Flux's MNIST tutorial."
    settings = ArgParseSettings(; description)
    @add_arg_table! settings begin
        "--data"
        help = "folder with the four files of MNIST, gzipped or not, directly or in mnist/"
        default = get(ENV, "PYFLUX_DATA", "data")
        "--epochs"
        help = "passes over the training images"
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
        help = "write the trained model to this safetensors file"
    end
    return parse_args(arguments, settings; as_symbols = true)
end

function train(
    images, labels;
    epochs, batchsize, η, seed, validation_size = length(labels) ÷ 6,
    device = cpu_device(), group = nothing, io = stdout,
)
    n = length(labels) - validation_size
    x, y = device(images[:, :, :, 1:n]), labels[1:n]  # bytes, moved once
    x_val, y_val = device(images[:, :, :, (n + 1):end]), labels[(n + 1):end]
    model = device(network(Flux.glorot_uniform(Xoshiro(seed))))
    state = TrainState(model, Adam(η))
    trainer = group === nothing ? state : PyFlux.DataParallel(state, group)
    println(io, "epoch   seconds      loss  accuracy  val loss  val accuracy")
    for epoch in 1:epochs
        order = shuffle(Xoshiro(hash((seed, epoch))), 1:n)
        seconds = @elapsed result = train!(trainer, x, y, order; batchsize)
        val = evaluate(state, x_val, y_val)
        @printf(
            io, "%5d  %8.2f  %8.4f  %8.4f  %8.4f  %12.4f\n",
            epoch, seconds, result.loss / result.samples,
            accuracy(result.outputs, y[order]),
            val.loss / val.samples, accuracy(val.outputs, y_val),
        )
    end
    return state
end

function report(state, images, labels; io = stdout)
    outputs = predict(state, images)
    @printf(io, "\ntest accuracy %.2f %%\n", 100 * accuracy(outputs, labels))
    println(io, "\nconfusion matrix, digit (row) and prediction (column):")
    println(io, "     ", join(lpad.(0:9, 6)))
    counts = confusion_matrix(Flux.onecold(outputs), labels, 10)
    for (digit, row) in enumerate(eachrow(counts))
        cells = replace(string.(row), "0" => "·")
        println(io, lpad(digit - 1, 3), "  ", join(lpad.(cells, 6)))
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
        o[:distributed] ? PyFlux.process_group() : nothing, PyFlux.device(o[:device])
    catch e
        e isa ArgumentError || rethrow()
        println(stderr, e.msg)
        return 1
    end
    # The methods of a package for a GPU or for MPI that has just been loaded can be called
    # through invokelatest.
    return Base.invokelatest(train_and_report, o, train_set, test_set, device, group; io)
end

function train_and_report(o, train_set, test_set, device, group; io)
    is_first = group === nothing || group.rank == 0
    is_first || (io = devnull)  # the first process prints and saves for all
    PyFlux.is_gpu(device) && println(io, "on ", PyFlux.device_name(device))
    state = train(
        train_set...;
        epochs = o[:epochs], batchsize = o[Symbol("batch-size")],
        η = o[Symbol("learning-rate")], seed = o[:seed], device, group, io,
    )
    report(state, device(test_set[1]), test_set[2]; io)
    if o[:save] !== nothing && is_first
        PyFlux.save(o[:save], cpu_device()(state.model), (28, 28, 1))
        println(io, "\nsaved to ", o[:save])
    end
    return 0
end

IS_PROGRAM && exit(main())

# What a first training in a process runs, so that it need not wait for the compiler. Most
# of what is compiled belongs to a kind of layer, not to a network: other networks of these
# layers start at once too.
@setup_workload let  # its names are no names of the module
    conv(filters) = Dict(
        "type" => "Conv2D", "filters" => filters, "kernel_size" => Any[3, 3],
        "activation" => "relu",
    )
    dense(units, activation) =
        Dict("type" => "Dense", "units" => units, "activation" => activation)
    dropout = Dict("type" => "Dropout", "rate" => 0.5)
    flatten = Dict("type" => "Flatten")
    mean_pool = Dict("type" => "GlobalAveragePooling2D")
    normalization = Dict("type" => "BatchNormalization")
    pool = Dict("type" => "MaxPooling2D", "pool_size" => Any[2, 2])
    random(type, factors...) = Dict(
        "type" => type, "fill_mode" => "constant",
        (factor => Any[-0.1, 0.1] for factor in factors)...,
    )
    augmentation = [
        random("RandomRotation", "factor"),
        random("RandomTranslation", "height_factor", "width_factor"),
        random("RandomZoom", "height_factor", "width_factor"),
    ]
    flux_mnist = [conv(16), pool, conv(32), pool, flatten, dense(10, "softmax")]
    networks = [
        (28, 28, 1) => flux_mnist,
        (28, 28, 1) => [augmentation; flux_mnist],
        (18, 18, 1) => [
            conv(32), pool, conv(64), pool, conv(64), flatten, dense(64, "relu"),
            dense(10, "softmax"),
        ],
        (10, 10, 3) => [conv(32), pool, conv(64), flatten, dropout, dense(2, "softmax")],
        (10, 10, 3) => [conv(8), normalization, pool, mean_pool, dense(2, "softmax")],
    ]
    description(shape, layers) =
        Dict{String,Any}("input_shape" => Any[shape...], "layers" => Any[layers...])
    optimizer(type) = Dict{String,Any}(
        "type" => type, "beta_1" => 0.9, "beta_2" => 0.999, "epsilon" => 1e-7,
        "weight_decay" => nothing,
    )
    settings(type, arrays) = Dict{String,Any}(
        "optimizer" => optimizer(type), "loss" => "categorical", "seed" => "0",
        "fast" => true,
        "penalties" => Any[nothing for _ in 1:arrays],
        "trainable" => Any[true for _ in 1:arrays],
    )
    @compile_workload begin
        entry()
        cpu = ask("device", "cpu")
        ask("is_gpu", cpu) || ask("precision!", cpu, "float32")
        for ((h, w, c), layers) in networks, type in ("Adam", "FluxAdam")
            model = ask("chain", cpu, description((h, w, c), layers))
            ask("setweights!", model, ask("weights", model))
            state = ask("learner", model, settings(type, length(RowMajor.weights(model))))
            for T in (UInt8, Float32)
                x = zeros(T, c, w, h, 3)
                data = ask("lend", cpu, x, Int32[0, 1, 1], nothing)
                ask("train!", state, data, [2, 1, 0], 2, [0.1, 0.1], false)
                ask("evaluate", state, data, 2, false)
                ask("gradients", state, data)
                ask("predictions", state, x, 2, cpu)
                ask("predictions", ask("Predictor", model), x, 2, cpu)
                predict(model, zeros(T, w, h, c, 3))
            end
            ask("moments", state)
            ask("setmoments!", state, 2, RowMajor.optimiser_slots(state))
        end
        ask("versions")
        ask("forget", Any[0])
    end
    empty!(OBJECTS)
    empty!(ANSWER.kept)
end

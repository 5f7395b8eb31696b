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
    # Without inlining, as extensions and scripts call.
    call(f, arguments...) = Base.invokelatest(f, arguments...)
    @compile_workload begin
        cpu = call(device, "cpu")
        call(is_gpu, cpu) || call(set_precision!, cpu, "float32")
        for ((h, w, c), layers) in networks, type in ("Adam", "FluxAdam")
            model = call(to_device, cpu, call(chain, description((h, w, c), layers)))
            call(RowMajor.set_weights!, model, Any[call(RowMajor.weights, model)...])
            arrays = length(RowMajor.weights(model))
            state = call(RowMajor.train_state, model, settings(type, arrays))
            for T in (UInt8, Float32)
                x = zeros(T, c, w, h, 3)
                data = call(RowMajor.DeviceData, cpu, x, Int32[0, 1, 1], nothing)
                call(RowMajor.train!, state, data, [2, 1, 0], 2, [0.1, 0.1], false)
                call(RowMajor.evaluate, state, data, 2, false)
                call(RowMajor.gradients, state, data)
                call(RowMajor.predict, state, x, 2, cpu)
                call(RowMajor.predict, call(Predictor, model), x, 2, cpu)
                call(predict, model, zeros(T, w, h, c, 3))
            end
            slots = call(RowMajor.optimiser_slots, state)
            call(RowMajor.set_optimiser_slots!, state, 2, slots)
        end
        call(versions)
    end
end

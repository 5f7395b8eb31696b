# What the first training in a process runs, so that it does not wait for the compiler. Most of what is compiled
# belongs to a kind of layer, not to a network, so that other networks of these layers start at once too.
@setup_workload let  # its names are no names of the module
    conv(filters) = Dict("type" => "Conv2D", "filters" => filters, "kernel_size" => [3, 3], "activation" => "relu")
    dense(units, activation) = Dict("type" => "Dense", "units" => units, "activation" => activation)
    pool, flatten = Dict("type" => "MaxPooling2D", "pool_size" => [2, 2]), Dict("type" => "Flatten")
    random(type, factors...) =
        Dict("type" => type, "fill_mode" => "constant", (factor => [-0.1, 0.1] for factor in factors)...)
    both = ("height_factor", "width_factor")
    augmentation =
        [random("RandomRotation", "factor"), random("RandomTranslation", both...), random("RandomZoom", both...)]
    flux_mnist = [conv(16), pool, conv(32), pool, flatten, dense(10, "softmax")]
    networks = [
        (28, 28, 1) => flux_mnist,
        (28, 28, 1) => [augmentation; flux_mnist],
        (18, 18, 1) => [conv(32), pool, conv(64), pool, conv(64), flatten, dense(64, "relu"), dense(10, "softmax")],
        (10, 10, 3) => [conv(32), pool, conv(64), flatten, Dict("type" => "Dropout", "rate" => 0.5), dense(2, "softmax")],
        (10, 10, 3) => [conv(8), Dict("type" => "BatchNormalization"), pool, Dict("type" => "GlobalAveragePooling2D"), dense(2, "softmax")],
    ]
    json(shape, layers) = JSON.json(Dict("input_shape" => shape, "layers" => layers))
    settings(slots) = JSON.json(Dict(
        "optimizer" => Dict("type" => "Adam", "beta_1" => 0.9, "beta_2" => 0.999, "epsilon" => 1e-7, "weight_decay" => nothing),
        "loss" => "categorical", "seed" => "0", "fast" => true,
        "penalties" => fill(nothing, slots), "trainable" => fill(true, slots),
    ))
    labels, order, rates = Int32[0, 1, 1], [2, 1, 0], [0.1, 0.1]
    @compile_workload begin
        cpu = device("cpu")
        is_gpu(cpu) || precision!(cpu, "float32")
        for (T, N) in ((UInt8, 4), (Float32, 4), (Float32, 2), (Float32, 1), (Int32, 1), (Int64, 1), (Float64, 1))
            array = zeros(T, ntuple(Returns(1), N))
            GC.@preserve array borrow(T, Int(pointer(array)), size(array))
        end
        for ((h, w, c), layers) in networks
            model = moved(cpu, chain(json((h, w, c), layers)))
            found = slots(model)
            foreach((slot, array) -> setweight!(model, slot, array), found, weights(model, found))
            l = learner(model, settings(length(found)))
            for T in (UInt8, Float32)
                x, y = zeros(T, c, w, h, 3), fromzero(labels)
                data = resident(cpu, x), resident(cpu, y)
                train!(l, data..., fromzero(order); batchsize = 2, weights = nothing, features = false, rates)
                evaluate(l, data...; batchsize = 2, weights = nothing, features = false)
                predictions(l, x, 2, cpu)
                predictions(Predictor(model), x, 2, cpu)
                predict(model, data[1])
            end
            gradients(l, images(zeros(UInt8, c, w, h, 3)), fromzero(labels))
            foreach(i -> setmoments!(l, i, 2, moments(l)[i]...), eachindex(trained_slots(l)))
        end
        versions()
    end
end

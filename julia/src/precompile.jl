# What a first training runs, so that a fresh process does not wait for the compiler.
@setup_workload begin
    network(before...) = """
    {"input_shape": [28, 28, 1], "layers": [$(join(before .* ","))
      {"type": "Conv2D", "filters": 16, "kernel_size": [3, 3], "activation": "relu"},
      {"type": "MaxPooling2D", "pool_size": [2, 2]},
      {"type": "Conv2D", "filters": 32, "kernel_size": [3, 3], "activation": "relu"},
      {"type": "MaxPooling2D", "pool_size": [2, 2]},
      {"type": "Flatten"}, {"type": "Dense", "units": 10, "activation": "softmax"}]}"""
    augmentation = map((
        "RandomRotation" => ["factor"],
        "RandomTranslation" => ["height_factor", "width_factor"],
        "RandomZoom" => ["height_factor", "width_factor"],
    )) do (type, factors)
        JSON.json(Dict("type" => type, "fill_mode" => "constant", (f => [-0.1, 0.1] for f in factors)...))
    end
    labels, order = Int32[0, 1, 2], [2, 1, 0]
    @compile_workload begin
        model = chain(network())
        found = slots(model)
        setweight!.(Ref(model), found, weights(model, found))
        settings = """
        {"optimizer": {"type": "Adam", "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7, "weight_decay": null},
         "loss": "categorical", "seed": "0", "fast": true, "penalties": [null, null, null, null, null, null],
         "trainable": [true, true, true, true, true, true]}"""
        l = learner(model, settings)
        for T in (UInt8, Float32)
            x = images(zeros(T, 1, 28, 28, 3))
            train!(l, x, labels .+ Int32(1), order .+ 1; batchsize = 2, rates = [0.1, 0.1])
            evaluate(l, x, labels .+ Int32(1); batchsize = 2)
            rowmajor(predict(model, x; batchsize = 2))
            rowmajor(predict(l, x; batchsize = 2))
            gradients(l, x, labels .+ Int32(1))
        end
        augmented = learner(chain(network(augmentation...)), settings)
        x = images(zeros(UInt8, 1, 28, 28, 3))
        train!(augmented, x, labels .+ Int32(1), order .+ 1; batchsize = 2, rates = [0.1, 0.1])
        foreach(i -> setmoments!(l, i, 2, moments(l)[i]...), 1:6)
        versions()
    end
end

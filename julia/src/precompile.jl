# What a first training runs, so that a fresh process does not wait for the compiler.
@setup_workload begin
    json = """
    {"input_shape": [28, 28, 1], "layers": [
      {"type": "Conv2D", "filters": 16, "kernel_size": [3, 3], "activation": "relu"},
      {"type": "MaxPooling2D", "pool_size": [2, 2]},
      {"type": "Conv2D", "filters": 32, "kernel_size": [3, 3], "activation": "relu"},
      {"type": "MaxPooling2D", "pool_size": [2, 2]},
      {"type": "Flatten"}, {"type": "Dense", "units": 10, "activation": "softmax"}]}"""
    labels, order = Int32[0, 1, 2], [2, 1, 0]
    @compile_workload begin
        model = chain(json)
        found = slots(model)
        setweight!.(Ref(model), found, weights(model, found))
        learner = Learner(model, Adam(0.001, (0.9, 0.999), 1e-7))
        for T in (UInt8, Float32)
            x = images(zeros(T, 1, 28, 28, 3))
            train!(learner, x, labels .+ Int32(1), order .+ 1; batchsize = 2)
            evaluate(learner, x, labels .+ Int32(1); batchsize = 2)
            rowmajor(predict(model, x; batchsize = 2))
            gradients(learner, found, x, labels .+ Int32(1))
        end
        setmoments!.(Ref(learner), found, moments(learner, found, 1), moments(learner, found, 2), 2)
        versions()
    end
end

using PyFlux: device, device_name, is_gpu, precision!

gpu_here() = any(Flux.MLDataDevices.functional, PyFlux.GPU_TYPES)

@testset "devices by name" begin
    @test device("cpu") isa CPUDevice
    @test device_name(device("cpu")) == "CPU"
    @test is_gpu(device("auto")) == gpu_here()
    @test_throws "there is no device tpu; known: auto, cpu, gpu" device("tpu")
    @test_throws "device gpu:99 is not here" device("gpu:99")
end

@testset "a GPU that is not there is an error with the reason" begin
    gpu_here() || @test_throws r"device gpu is not here: .*(driver|package|Apple)" device("gpu")
end

@testset "precision" begin
    @test precision!(device("cpu"), "float32") === nothing
    @test_throws "precision tf32 is for NVIDIA GPUs, not for the CPU" precision!(device("cpu"), "tf32")
end

# All of it on a GPU: PYFLUX_TEST_GPU=1 makes its absence a failure.
if get(ENV, "PYFLUX_TEST_GPU", "") == "1"
    PyFlux.load_gpu_packages()
    @testset "training on the GPU gives what the CPU gives" begin
        there = @invokelatest device("gpu")
        images, labels = rand(Xoshiro(1), UInt8, 28, 28, 1, 200), rand(Xoshiro(2), 1:10, 200)
        init = Flux.glorot_uniform(Xoshiro(0))
        model = Chain(
            PyFlux.SeededWarp(PyFlux.Rotation((-0.1f0, 0.1f0))), Conv((3, 3), 1 => 16, relu; init), MaxPool((2, 2)),
            Conv((3, 3), 16 => 32, relu; init), MaxPool((2, 2)), PyFlux.flatten_hwc, PyFlux.SeededDropout(0.2), Dense(800 => 10; init), softmax,
        )
        here, far = Learner(deepcopy(model), Adam()), @invokelatest Learner(there(model), Adam())
        for _ in 1:2
            a, b = train!(here, images, labels; batchsize = 64), @invokelatest train!(far, there(images), labels; batchsize = 64)
            @test b.loss ≈ a.loss rtol = 1e-3
            @test b.outputs ≈ a.outputs atol = 1e-3
        end
        @test (@invokelatest predict(far, there(images))) ≈ predict(here, images) atol = 1e-3
        found = PyFlux.slots(model)
        for (a, b) in zip(PyFlux.weights(here.model, found), @invokelatest PyFlux.weights(far.model, found))
            @test b ≈ a atol = 1e-3
        end
    end
else
    @info "Skipped: the tests on a GPU; PYFLUX_TEST_GPU=1 runs them where there is one, with CUDA and cuDNN in the environment."
end

using PyFlux: device, device_name, is_gpu, set_precision!

has_gpu() = any(Flux.MLDataDevices.functional, PyFlux.GPU_TYPES)

@testset "devices by name" begin
    @test device("cpu") isa CPUDevice
    @test device_name(device("cpu")) == "CPU"
    @test is_gpu(device("auto")) == has_gpu()
    @test_throws r"tpu.*known:.*gpu" device("tpu")
    @test_throws "gpu:99" device("gpu:99")
end

@testset "a GPU that is not there is an error with the reason" begin
    has_gpu() || @test_throws r"gpu.*(driver|package|Apple)" device("gpu")
end

@testset "precision" begin
    @test set_precision!(device("cpu"), "float32") === nothing
    @test_throws r"tf32.*CPU" set_precision!(device("cpu"), "tf32")
end

# All of it on a GPU: PYFLUX_TEST_GPU=1 makes its absence a failure.
function compare_with_gpu()
    gpu = device("gpu")
    images, labels = rand(Xoshiro(1), UInt8, 28, 28, 1, 200), rand(Xoshiro(2), 1:10, 200)
    init = Flux.glorot_uniform(Xoshiro(0))
    model = Chain(
        PyFlux.RandomAffine(PyFlux.RotationSampler((-0.1f0, 0.1f0))),
        Conv((3, 3), 1 => 16, relu; init), PyFlux.BatchNormalization(16), MaxPool((2, 2)),
        Conv((3, 3), 16 => 32, relu; init), MaxPool((2, 2)), PyFlux.flatten_hwc,
        PyFlux.SeededDropout(0.2), Dense(800 => 10; init), softmax,
    )
    a, b = TrainState(deepcopy(model), Adam()), TrainState(gpu(model), Adam())
    for _ in 1:2
        on_cpu = train!(a, images, labels; batchsize = 64)
        on_gpu = train!(b, gpu(images), labels; batchsize = 64)
        @test on_gpu.loss ≈ on_cpu.loss rtol = 1e-3
        @test on_gpu.outputs ≈ on_cpu.outputs atol = 1e-3
    end
    @test predict(b, gpu(images)) ≈ predict(a, images) atol = 1e-3
    for (v, w) in zip(PyFlux.RowMajor.weights(b.model), PyFlux.RowMajor.weights(a.model))
        @test v ≈ w atol = 1e-3
    end
end

if get(ENV, "PYFLUX_TEST_GPU", "") == "1"
    PyFlux.load_gpu_packages()
    @testset "training on the GPU gives what the CPU gives" begin
        @invokelatest compare_with_gpu()
    end
else
    @info "Skipped: the tests on a GPU. PYFLUX_TEST_GPU=1 runs them where there is one, \
        with CUDA and cuDNN in the environment."
end

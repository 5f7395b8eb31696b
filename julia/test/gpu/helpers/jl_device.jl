# A GPU in ordinary memory: JLArrays behave as a GPU's arrays do. Where an array is read one
# element at a time, which would make a GPU slower than a CPU, they throw an error.
using JLArrays: JLArrays, JLArray

JLArrays.allowscalar(false)

struct JLDevice <: Flux.MLDataDevices.AbstractGPUDevice end
Flux.Adapt.adapt_storage(::JLDevice, x::AbstractArray) = JLArray(x)
const gpu = JLDevice()

near(a, b; rtol = 1e-4) = isapprox(Array(a), b; rtol, atol = 1e-6)

bytes(dims...; rng = Xoshiro(3)) = rand(rng, UInt8, dims...)

function dense(seed = 0; σ = relu)
    init = Flux.glorot_uniform(Xoshiro(seed))
    return Chain(PyFlux.flatten_hwc, Dense(30 => 7, σ; init), Dense(7 => 3; init), softmax)
end

images, labels = bytes(6, 5, 1, 20), rand(Xoshiro(4), 1:3, 20)

# The same training on the CPU and on the GPU.
function on_both(model, x, y; rule = Adam(0.01), sample_weights = nothing, options...)
    order = shuffle(Xoshiro(2), axes(x, ndims(x)))
    return map((cpu_device(), gpu)) do device
        copied = device(deepcopy(model))
        state = TrainState(copied, rule; seed = 5, fast = false, options...)
        images, rates, batchsize = device(x), fill(0.01, 99), 8
        results =
            [train!(state, images, y, order; batchsize, rates, sample_weights) for _ in 1:2]
        push!(results, evaluate(state, images, y; batchsize = 6, sample_weights))
        (; state, results, outputs = predict(state, images; batchsize = 6))
    end
end

function test_agreement(model, x, y; options...)
    cpu, device = on_both(model, x, y; options...)
    weights = Flux.trainables(device.state.model)
    @test all(w isa JLArray for w in weights)
    @test all(near.(weights, Flux.trainables(cpu.state.model)))
    for (a, b) in zip(device.results, cpu.results)
        @test a.loss ≈ b.loss rtol = 1e-4
        @test a.outputs isa Array
        @test near(a.outputs, b.outputs)
        @test a.samples == b.samples
    end
    @test near(device.outputs, cpu.outputs)
end

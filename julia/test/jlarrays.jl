# The code for GPUs on JLArrays: arrays in ordinary memory that behave as a GPU's do. Where something is read one
# element at a time, which would make a GPU slower than a CPU, they raise an error.
using JLArrays: JLArrays, JLArray
using PyFlux: Window, resident

JLArrays.allowscalar(false)

struct JLDevice <: Flux.MLDataDevices.AbstractGPUDevice end
Flux.Adapt.adapt_storage(::JLDevice, x::AbstractArray) = JLArray(x)
const there = JLDevice()

near(a, b; rtol = 1e-4) = isapprox(Array(a), b; rtol, atol = 1e-6)

bytes(dims...; rng = Xoshiro(3)) = rand(rng, UInt8, dims...)

dense(seed = 0; σ = relu) =
    (init = Flux.glorot_uniform(Xoshiro(seed)); Chain(PyFlux.flatten_hwc, Dense(30 => 7, σ; init), Dense(7 => 3; init), softmax))

# The same learner twice, and what both give after some steps.
function both(model, x, y; rule = Adam(0.01), seed = 5, weights = nothing, options...)
    order = shuffle(Xoshiro(2), axes(x, ndims(x)))
    map((cpu_device(), there)) do device
        learner = Learner(device(deepcopy(model)), rule; seed, fast = false, options...)
        images = device(x)
        seen = [train!(learner, images, y, order; batchsize = 8, rates = fill(0.01, 99), weights) for _ in 1:2]
        after = evaluate(learner, images, y; batchsize = 6, weights)
        (; learner, seen, after, outputs = predict(learner, images; batchsize = 6))
    end
end

function agree(model, x, y; options...)
    here, far = both(model, x, y; options...)
    @test all(w isa JLArray for w in Flux.trainables(far.learner.model))
    for (a, b) in zip((far.seen..., far.after), (here.seen..., here.after))
        @test a.loss ≈ b.loss rtol = 1e-4
        @test a.outputs isa Array
        @test near(a.outputs, b.outputs)
        @test a.samples == b.samples
    end
    @test near(far.outputs, here.outputs)
    @test all(near(a, b) for (a, b) in zip(Flux.trainables(far.learner.model), Flux.trainables(here.learner.model)))
end

images, labels = bytes(6, 5, 1, 20), rand(Xoshiro(4), 1:3, 20)

@testset "reading one element is refused" begin
    @test_throws "scalar" JLArray([1, 2])[1]
end

@testset "a batch is gathered and scaled there" begin
    batches = PyFlux.Batches(there(images))
    for indices in ([7, 1, 20, 7], [3])
        x = batches(indices)
        @test x isa JLArray{Float32}
        @test near(x, Float32.(images[:, :, :, indices]) ./ 255)
    end
    @test batches([1, 2, 3, 4]) === batches([5, 6, 7, 8])  # one buffer for all whole batches
    @test near(PyFlux.Batches(there(images); scaled = false)([9, 2]), Float32.(images[:, :, :, [9, 2]]))
end

@testset "borrowed images are moved as bytes, and turned there" begin
    for channels in (1, 3)
        borrowed = bytes(channels, 6, 5, 4)
        x = resident(there, borrowed)
        @test x isa JLArray{UInt8,4}
        @test Array(x) == PyFlux.images(borrowed)
        @test resident(cpu_device(), borrowed) == PyFlux.images(borrowed)
    end
end

@testset "training gives what the CPU gives" begin
    agree(dense(), images, labels)
    agree(dense(), images, labels; weights = rand(Xoshiro(1), Float32, 20))
    agree(dense(), images, Float32.(Flux.onehotbatch(labels, 1:3)))
    agree(dense()[1:3], images, rand(Xoshiro(1), Float32, 3, 20); loss = Flux.mse, rule = Descent(0.01))
    yes = Chain(PyFlux.flatten_hwc, Dense(30 => 1, sigmoid; init = Flux.glorot_uniform(Xoshiro(1))))
    agree(yes, images, Float32.(labels' .> 1); loss = Flux.logitbinarycrossentropy)
end

@testset "penalties, frozen layers and another loss" begin
    agree(dense(), images, labels; penalties = [(0.01, 0.02), nothing, (0, 0.1), nothing])
    agree(dense(), images, labels; trainable = [false, false, true, true])
    huber(ŷ, y; agg = Flux.mean) = agg(abs2.(ŷ .- y) ./ 2)
    agree(dense()[1:3], images, labels; loss = huber)
end

@testset "layers that draw, draw the same" begin
    draws = [
        PyFlux.joined(PyFlux.SeededWarp(PyFlux.Flip(true, false); fill = :any), PyFlux.SeededWarp(PyFlux.Rotation((-0.2f0, 0.2f0)); fill = :reflect)),
        PyFlux.SeededWarp(PyFlux.Flip(true, true)),
        PyFlux.SeededWarp(PyFlux.Translation((-0.2f0, 0.2f0), (-0.2f0, 0.2f0)); fill = :reflect),
        PyFlux.SeededWarp(PyFlux.Rotation((-0.1f0, 0.1f0)); fill = :constant, value = 0.5),
        PyFlux.SeededWarp(PyFlux.Zoom((-0.2f0, 0.2f0), nothing); fill = :nearest),
        PyFlux.SeededContrast(0.3f0, 0.3f0),
        PyFlux.SeededDropout(0.4f0),
    ]
    x = Float32.(images) ./ 255
    for (k, layer) in enumerate(draws)
        layer.keys .= PyFlux.noise_key(UInt64(7), 3, k)
        for before in (0, 5)
            PyFlux.SAMPLES_BEFORE[] = before
            @test near(layer(there(x)), layer(x))
        end
        PyFlux.SAMPLES_BEFORE[] = 0
        layer.keys .= 0
        @test Array(layer(there(x))) == x
    end
    agree(Chain(draws[4], dense()[1:2]..., PyFlux.SeededDropout(0.4f0), dense()[3:4]...), images, labels)
end

@testset "pooling, and its gradient, are the CPU's: ties, padding and overlap" begin
    x = Float32.(rand(Xoshiro(1), 0:3, 7, 6, 2, 3))
    for window in (Window((2, 2)), Window((3, 2); stride = (2, 1)), Window((2, 3); pad = (0, 1, 1, 1)), Window((7, 6)))
        for pool in (PyFlux.maxpooling, PyFlux.meanpooling)
            y, back = Flux.pullback(x -> pool(x, window), x)
            y2, back2 = Flux.pullback(x -> pool(x, window), there(x))
            dy = rand(Xoshiro(2), Float32, size(y))
            @test near(y2, y)
            @test near(back2(there(dy))[1], back(dy)[1])
        end
    end
    x = there(x)
    @test near(PyFlux.forward(GlobalMeanPool(), x), GlobalMeanPool()(Array(x)))
    @test near(PyFlux.forward(GlobalMaxPool(), x), GlobalMaxPool()(Array(x)))
end

@testset "a network of convolutions, where the array has none of its own" begin
    init = Flux.glorot_uniform(Xoshiro(0))
    model = Chain(
        PyFlux.Rescale(1 / 127.5, -1), Conv((3, 2), 2 => 4, relu; init, pad = (1, 1, 0, 1)), MaxPool((2, 2)), Conv((2, 2), 4 => 4; init, groups = 2, stride = 2, bias = false),
        BatchNorm(4, relu), PyFlux.flatten_hwc, Dense(4 => 3; init), softmax,
    )
    # Not Adam, which makes steps of what rounding leaves of a gradient that is 0.
    agree(model, bytes(6, 5, 2, 20), labels; rule = Descent(0.01))
end

@testset "weights, gradients and the optimiser's state go to the CPU and back" begin
    here, far = both(dense(), images, labels)
    @test all(a isa Array && near(a, b) for (a, b) in zip(PyFlux.weights(far.learner.model), PyFlux.weights(here.learner.model)))
    for (a, b) in zip(PyFlux.moments(far.learner), PyFlux.moments(here.learner))
        @test all(x isa Array && near(x, y; rtol = 1e-3) for (x, y) in zip(a, b))
    end
    fresh = Learner(there(dense(9)), Adam(0.01); seed = 5)
    PyFlux.setweights!(fresh.model, PyFlux.weights(here.learner.model))
    PyFlux.setmoments!(fresh, here.learner.steps, PyFlux.moments(here.learner))
    a = train!(fresh, there(images), labels; batchsize = 8)
    b = train!(here.learner, images, labels; batchsize = 8)
    @test a.loss ≈ b.loss rtol = 1e-4
    (l1, g1), (l2, g2) = PyFlux.gradients(fresh, there(images), labels), PyFlux.gradients(here.learner, images, labels)
    @test l1 ≈ l2 rtol = 1e-4
    @test all(a isa Array && near(a, b; rtol = 1e-3) for (a, b) in zip(g1, g2))
end

@testset "what is wrong is refused before a kernel reads past an end" begin
    learner = Learner(there(dense()))
    @test_throws BoundsError train!(learner, there(images), labels, [1, 21])
    @test_throws "4 labels for 20 images" train!(learner, there(images), labels[1:4])
end

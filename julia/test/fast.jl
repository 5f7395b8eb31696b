using PyFlux: Fast, Plan, at, fast_for, flatten_hwc, loss_and_gradients, slots

init = Flux.glorot_uniform(Xoshiro(0))

# Sizes, channels and filters that fill no vector, odd images, padding, kernels that are not square.
networks = [
    "flux_mnist" => (
        (28, 28, 1), 7,
        [Conv((3, 3), 1 => 16, relu; init), MaxPool((2, 2)), Conv((3, 3), 16 => 32, relu; init), MaxPool((2, 2)),
            flatten_hwc, Dense(800 => 10; init)],
    ),
    "keras_mnist's end" => (
        (9, 8, 3), 3,
        [Conv((3, 3), 3 => 64, relu; init), MaxPool((2, 2)), Conv((3, 2), 64 => 33, relu; init), flatten_hwc,
            Dense(66 => 17, relu; init), Dense(17 => 4; init)],
    ),
    "padding and no relu" => (
        (13, 11, 3), 5,
        [Conv((3, 2), 3 => 5, relu; init, pad = SamePad()), Conv((2, 3), 5 => 20; init), MaxPool((2, 2)),
            Conv((2, 2), 20 => 40, relu; init, pad = (1, 0, 2, 1), bias = false), flatten_hwc,
            Dense(6 * 6 * 40 => 4; init, bias = false)],
    ),
    "one filter, one image" => ((5, 4, 2), 1, [Conv((2, 2), 2 => 1, relu; init), flatten_hwc, Dense(12 => 3; init)]),
]

@testset "$name: loss, outputs and gradients are Zygote's" for (name, (size, n, layers)) in networks
    model = Chain(layers...)
    foreach(l -> hasproperty(l, :bias) && l.bias !== false && (l.bias .= 0.1f0 .* randn.(Float32)), model)
    x, y = randn(Xoshiro(1), Float32, size..., n), rand(Xoshiro(2), 1:3, n)
    fast, stock = Learner(model), Learner(model; fast = false)
    @test fast_for(fast, x) isa Fast
    @test fast_for(stock, x) === nothing
    for _ in 1:2  # the buffers are used again
        (loss, ŷ, g), (loss₀, ŷ₀, g₀) = loss_and_gradients(fast, x, y), loss_and_gradients(stock, x, y)
        @test loss ≈ loss₀
        @test ŷ ≈ ŷ₀
        for slot in slots(model)
            @test at(g, slot) ≈ at(g₀, slot) rtol = 1e-5
        end
    end
end

@testset "a smaller batch after a larger one, and a larger after that" begin
    size, _, layers = networks[2][2]
    model = Chain(layers...)
    fast, stock = Learner(model), Learner(model; fast = false)
    for n in (4, 1, 3, 9)
        x, y = randn(Xoshiro(n), Float32, size..., n), rand(Xoshiro(n), 1:4, n)
        @test loss_and_gradients(fast, x, y)[3].layers[1].weight ≈ loss_and_gradients(stock, x, y)[3].layers[1].weight
    end
end

@testset "what has no kernel is left to Flux: $(layers[1])" for layers in [
    [Conv((3, 3), 1 => 4, tanh), flatten_hwc, Dense(16 => 3)],
    [Conv((3, 3), 1 => 4, relu; stride = 2), flatten_hwc, Dense(16 => 3)],
    [Conv((3, 3), 1 => 4, relu), MaxPool((3, 3)), flatten_hwc, Dense(4 => 3)],
    [Conv((3, 3), 1 => 4, relu), BatchNorm(4), flatten_hwc, Dense(64 => 3)],
    [flatten_hwc, Dense(36 => 3)],
]
    @test Plan(Chain(layers...), (6, 6, 1)) === nothing
end

@testset "an epoch goes as in stock Flux, as far as rounding allows" begin
    size, _, layers = networks[1][2]
    x, y = rand(Xoshiro(1), UInt8, size..., 320), rand(Xoshiro(2), 1:10, 320)
    fast, stock = Learner(deepcopy(Chain(layers...))), Learner(deepcopy(Chain(layers...)); fast = false)
    a, b = train!(fast, x, y; batchsize = 16), train!(stock, x, y; batchsize = 16)
    @test a.loss ≈ b.loss rtol = 1e-4
    @test a.outputs ≈ b.outputs rtol = 1e-3
    @test all(isapprox(p, q; atol = 1e-3) for (p, q) in zip(Flux.trainables(fast.model), Flux.trainables(stock.model)))
    @test evaluate(fast, x, y).outputs ≈ evaluate(stock, x, y).outputs rtol = 1e-2
end

@testset "same start, same bits" begin
    size, _, layers = networks[1][2]
    x, y = rand(Xoshiro(1), UInt8, size..., 100), rand(Xoshiro(2), 1:10, 100)
    run() = (l = Learner(deepcopy(Chain(layers...))); train!(l, x, y; batchsize = 16); Flux.trainables(l.model))
    @test run() == run()
end

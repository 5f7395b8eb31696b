using PyFlux: Batches, Picked, Pieces, Plan, Run, Stock
using PyFlux: at, back!, flatten_hwc, forward, forward!, inputs, loss_and_gradients, pack!, slots

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
    "Winograd's way" => (
        (11, 14, 2), 4,
        [Conv((3, 3), 2 => 17, relu; init, pad = 1), MaxPool((2, 2)), Conv((3, 3), 17 => 40; init, pad = 1), MaxPool((2, 2)),
            flatten_hwc, Dense(240 => 4; init)],
    ),
    "Winograd's way, few tiles" => (
        (6, 6, 9), 3, [Conv((3, 3), 9 => 16, relu; init), MaxPool((2, 2)), flatten_hwc, Dense(64 => 3; init)],
    ),
    "few taps, many channels" => (
        (11, 9, 8), 3, [Conv((2, 2), 8 => 20, relu; init), MaxPool((2, 2)), flatten_hwc, Dense(400 => 3; init)],
    ),
    "few taps, a wide kernel" => (
        (13, 10, 1), 3, [Conv((5, 4), 1 => 17; init, pad = 1), MaxPool((2, 2)), flatten_hwc, Dense(340 => 3; init)],
    ),
    "one filter, one image" => ((5, 4, 2), 1, [Conv((2, 2), 2 => 1, relu; init), flatten_hwc, Dense(12 => 3; init)]),
]

# So many convolutions of any shape.
function generated(rng, n)
    return map(1:n) do i
        kernel = (rand(rng, 1:4), rand(rng, 1:4))
        size = kernel .+ 1 .+ (rand(rng, 1:7), rand(rng, 1:7))
        pad = Tuple(rand(rng, 0:1, 4))
        (size, kernel, rand(rng, (1, 2, 3, 5, 17, 40)), rand(rng, (1, 3, 16, 20, 33, 70)), pad, rand(rng, Bool), isodd(i))
    end
end

@testset "$name: loss, outputs and gradients are Zygote's" for (name, (size, n, layers)) in networks
    model = Chain(layers...)
    foreach(l -> hasproperty(l, :bias) && l.bias !== false && (l.bias .= 0.1f0 .* randn(Xoshiro(3), Float32, length(l.bias))), model)
    x, y = randn(Xoshiro(1), Float32, size..., n), rand(Xoshiro(2), 1:3, n)
    fast, stock = Learner(model), Learner(model; fast = false)
    @test !any(piece -> piece isa Stock, fast.pieces.list)
    @test stock.pieces === nothing
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
    [x -> 2x, flatten_hwc, Dense(36 => 3)],
]
    @test Pieces(Chain(layers...)).list[1] isa Stock
end

# Kernels and Flux in turn: a pooling, an activation, a normalisation or a dropout that has no kernel, between layers
# that have one.
mixed = [
    ("a pooling of its own", 3, [Conv((3, 3), 2 => 4, relu; init), MaxPool((3, 3)), flatten_hwc, Dense(16 => 3; init)]),
    ("a normalisation between", 4, [
        Conv((3, 3), 2 => 4; init), BatchNorm(4, relu), MaxPool((2, 2)), Conv((2, 2), 4 => 20, relu; init), flatten_hwc,
        Dense(80 => 3; init),
    ]),
    ("normalisations of images and of features", 6, [
        Conv((3, 3), 2 => 4; init), BatchNorm(4), MaxPool((2, 2)), Conv((2, 2), 4 => 20, relu; init), flatten_hwc,
        Dense(80 => 6; init), BatchNorm(6; momentum = 0.3f0), Dense(6 => 3; init),
    ]),
    ("a normalisation that is frozen", 4, [
        Conv((3, 3), 2 => 4; init), Flux.testmode!(BatchNorm(4; initβ = Flux.randn32, initγ = Flux.rand32)), GlobalMaxPool(), flatten_hwc,
        Dense(4 => 3; init),
    ]),
    ("Flux first and last", 3, [
        Conv((3, 3), 2 => 3, tanh; init, stride = 2, pad = 1), Conv((2, 2), 3 => 5, relu; init), MaxPool((2, 2)),
        flatten_hwc, Dense(5 => 7, relu; init), Dense(7 => 3, tanh; init),
    ]),
    ("ends in a mean", 3, [
        Conv((3, 3), 2 => 17, relu; init, pad = 1), Conv((1, 1), 17 => 3; init), GlobalMeanPool(), flatten_hwc,
    ]),
    ("dense layers, and an activation between", 3, [
        flatten_hwc, Dense(128 => 20, relu; init), Base.Fix1(broadcast, tanh), Dense(20 => 3; init, bias = false),
    ]),
]

@testset "kernels and Flux in turn: $name" for (name, pieces, layers) in mixed
    # A copy each: a normalisation remembers what it has seen.
    fast, stock = Learner(deepcopy(Chain(layers...))), Learner(deepcopy(Chain(layers...)); fast = false)
    @test length(fast.pieces.list) == pieces
    @test any(piece -> piece isa Stock, fast.pieces.list)
    for n in (5, 3)
        x, y = randn(Xoshiro(n), Float32, 8, 8, 2, n), rand(Xoshiro(n), 1:3, n)
        @test predict(fast, x) ≈ predict(stock, x) rtol = 1e-5
        (loss, ŷ, g), (loss₀, ŷ₀, g₀) = map((fast, stock)) do learner
            loss_and_gradients(learner, inputs(learner, Batches(x), 1:n), y)
        end
        @test loss ≈ loss₀
        @test ŷ ≈ ŷ₀ rtol = 1e-5
        for slot in fast.slots
            @test at(g, slot) ≈ at(g₀, slot) rtol = 1e-4 atol = 1e-6
        end
        for slot in slots(fast.model)  # and what moves
            @test at(fast.model, slot) ≈ at(stock.model, slot) rtol = 1e-5
        end
    end
end

@testset "a generated convolution: $size, $kernel, $channels => $filters, pad $pad, relu $relus, pooled $pooled" for
    (size, kernel, channels, filters, pad, relus, pooled) in generated(Xoshiro(7), 12)

    layers = Any[Conv(kernel, channels => filters, relus ? relu : identity; init, pad)]
    pooled && push!(layers, MaxPool((2, 2)))
    model = Chain(layers...)
    x, dy = randn(Xoshiro(1), Float32, size..., channels, 3), nothing
    for inner in (false, true)  # whether what comes in gets a gradient
        run = Run(Plan(collect(Any, layers)), (size..., channels), 3; inner)
        pack!(run)
        y = forward!(run, Picked(x))
        (y₀, back) = Flux.Zygote.pullback((m, x) -> forward(m, x), model, x)
        @test y ≈ y₀ rtol = 1e-4 atol = 1e-5
        dy = randn(Xoshiro(2), Float32, Base.size(y))
        (g, dx), (g₀, dx₀) = back!(run, dy), back(dy)
        @test g[1].weight ≈ g₀.layers[1].weight rtol = 1e-4 atol = 1e-4
        @test g[1].bias ≈ g₀.layers[1].bias rtol = 1e-4 atol = 1e-4
        @test inner ? isapprox(dx, dx₀; rtol = 1e-4, atol = 1e-4) : dx === nothing
    end
end

# The gradient finds a pooling's winner by its number, whatever the channels, the kernel and the width of a vector. All
# values are small integers, so that all sums are exact.
@testset "few taps, pooled: $channels channels, kernel $kernel" for
    channels in (4, 8, 16, 32), kernel in ((1, 1), (2, 1), (1, 2), (2, 2))

    small(rng, dims...) = Float32.(rand(rng, -3:3, dims...))
    conv = Conv(small(Xoshiro(1), kernel..., channels, 5), small(Xoshiro(2), 5), relu)
    layers = Any[conv, MaxPool((2, 2))]
    x = small(Xoshiro(3), (7, 6)..., channels, 3)
    run = Run(Plan(layers), size(x)[1:3], 3)
    pack!(run)
    y, back = Flux.Zygote.pullback(model -> forward(model, x), Chain(layers...))
    @test forward!(run, Picked(x)) == y
    dy = small(Xoshiro(4), size(y)...)
    g, g₀ = back!(run, dy)[1][1], back(dy)[1].layers[1]
    @test g.weight == g₀.weight
    @test g.bias == g₀.bias
end

@testset "an epoch goes as in stock Flux, as far as rounding allows" begin
    size, _, layers = networks[1][2]
    x, y = rand(Xoshiro(1), UInt8, size..., 320), rand(Xoshiro(2), 1:10, 320)
    fast, stock = Learner(deepcopy(Chain(layers...))), Learner(deepcopy(Chain(layers...)); fast = false)
    a, b = train!(fast, x, y; batchsize = 16), train!(stock, x, y; batchsize = 16)
    @test a.loss ≈ b.loss rtol = 1e-4
    @test a.outputs ≈ b.outputs rtol = 2e-2
    # Of 150 starts, 145 end with weights that differ by 1e-5. In the others two pixels of a window differed by a rounding, so
    # that another one won, and Adam makes a whole step of any difference: 3.5 % of an array's weights differed by more than
    # 1e-3, the outputs on the way by 1 %, those afterwards by 3.4 %.
    for (p, q) in zip(Flux.trainables(fast.model), Flux.trainables(stock.model))
        @test count(>(1e-3), abs.(p .- q)) ≤ length(p) ÷ 20
    end
    @test evaluate(fast, x, y).outputs ≈ evaluate(stock, x, y).outputs rtol = 5e-2
end

@testset "same start, same bits" begin
    size, _, layers = networks[1][2]
    x, y = rand(Xoshiro(1), UInt8, size..., 100), rand(Xoshiro(2), 1:10, 100)
    run() = (l = Learner(deepcopy(Chain(layers...))); train!(l, x, y; batchsize = 16); Flux.trainables(l.model))
    @test run() == run()
end

@testset "images as a row-major program has them, and a view of images" begin
    size, _, layers = networks[2][2]
    cwhn = rand(Xoshiro(1), UInt8, size[3], size[1:2]..., 6)
    model, x = Chain(layers...), permutedims(cwhn, (2, 3, 1, 4))
    @test predict(model, PermutedDimsArray(cwhn, (2, 3, 1, 4))) == predict(model, x)
    @test predict(model, view(x, :, :, :, [3, 1])) == predict(model, x[:, :, :, [3, 1]])
end

@testset "features instead of images" begin
    x, y = randn(Xoshiro(1), Float32, 6, 20), rand(Xoshiro(2), 1:3, 20)
    model = Chain(Dense(6 => 9, relu; init), Dense(9 => 3; init), softmax)
    fast, stock = Learner(deepcopy(model)), Learner(deepcopy(model); fast = false)
    @test train!(fast, x, y; batchsize = 8).loss ≈ train!(stock, x, y; batchsize = 8).loss rtol = 1e-5
    @test predict(fast, x) ≈ predict(stock, x)
    @test_throws "takes 6 features, got 5" predict(fast, x[1:5, :])
end

@testset "arrays that two layers share have one state" begin
    layer = Dense(4 => 4, relu; init)
    model = Chain(layer, layer, Dense(4 => 2; init))
    fast, stock = Learner(deepcopy(model)), Learner(deepcopy(model); fast = false)
    x, y = randn(Xoshiro(1), Float32, 4, 8), rand(Xoshiro(2), 1:2, 8)
    train!(fast, x, y; batchsize = 4), train!(stock, x, y; batchsize = 4)
    @test predict(fast, x) ≈ predict(stock, x)
end

@testset "a layer that does not fit says so" begin
    learner = Learner(Chain(Conv((3, 3), 2 => 4, relu), flatten_hwc, Dense(16 => 3)))
    @test_throws "takes 2 channels, got 1" train!(learner, rand(Float32, 4, 4, 1, 2), [1, 2])
    @test_throws "leaves nothing of an image of 2×2" train!(learner, rand(Float32, 2, 2, 2, 2), [1, 2])
end

@testset "weights that were set between two predictions count" begin
    model = Chain(Conv((3, 3), 1 => 4, relu; init), flatten_hwc, Dense(16 => 3; init))
    learner, x = Learner(model), rand(Xoshiro(1), Float32, 4, 4, 1, 2)
    before = predict(learner, x)
    model[1].weight .*= 2
    @test predict(learner, x) ≈ forward(model, x)
    @test predict(learner, x) != before
end

using Flux: Zygote
using PyFlux: flatten_hwc
using PyFlux.Kernels: FusedSegment, FluxLayer, Segments
using PyFlux.Kernels: accepts_view, default_lanes, forward, pack!, pullback

# Very small integers: what a network makes of them is exact in Float32, so that segments
# must agree with stock Flux exactly.
integers(rng, dims...) = Float32.(rand(rng, -1:1, dims...))

# Layers with such weights.
conv(rng, kernel, (in, out), σ = identity; bias = true, options...) = Conv(
    integers(rng, kernel..., in, out), bias ? integers(rng, out) : false, σ; options...
)
dense(rng, (in, out), σ = identity; bias = true) =
    Dense(integers(rng, out, in), bias ? integers(rng, out) : false, σ)
pool() = MaxPool((2, 2))

# Every array of a gradient that is trained, and where it belongs.
trained(name) = name in (:weight, :bias, :γ, :β)
arrays(gradient) = [
    (i, name) => value for (i, layer) in enumerate(gradient.layers) if
    layer isa NamedTuple for (name, value) in pairs(layer) if
    trained(name) && value isa AbstractArray
]

function stock(model, x, dy)
    y, back = Zygote.pullback(forward, model, x)
    dy = dy isa Function ? dy(size(y)...) : dy
    return y, dy, back(dy)[1]
end

# ── Only fused segments ───────────────────────────────────────────────────────────────────

fused = [
    "flux_mnist" => rng -> (
        (28, 28, 1), 7,
        Chain(
            conv(rng, (3, 3), 1 => 16, relu), pool(), conv(rng, (3, 3), 16 => 32, relu),
            pool(), flatten_hwc, dense(rng, 800 => 10),
        ),
    ),
    "several dense layers" => rng -> (
        (9, 8, 3), 3,
        Chain(
            conv(rng, (3, 3), 3 => 64, relu), pool(), conv(rng, (3, 2), 64 => 33, relu),
            flatten_hwc, dense(rng, 66 => 17, relu), dense(rng, 17 => 4),
        ),
    ),
    "padding, and no bias" => rng -> (
        (13, 11, 3), 5,
        Chain(
            conv(rng, (3, 2), 3 => 5, relu; pad = SamePad()), conv(rng, (2, 3), 5 => 20),
            pool(), conv(rng, (2, 2), 20 => 40, relu; pad = (1, 0, 2, 1), bias = false),
            flatten_hwc, dense(rng, 1440 => 4; bias = false),
        ),
    ),
    "images come out" => rng -> (
        (6, 6, 9), 3,
        Chain(conv(rng, (3, 3), 9 => 16, relu), pool(), conv(rng, (1, 1), 16 => 3)),
    ),
    "features" => rng -> ((12,), 5, Chain(dense(rng, 12 => 7, relu), dense(rng, 7 => 3))),
]

@testset "$name: outputs and gradients are stock Flux's, $lanes lanes" for
    (name, network) in fused,
    lanes in (name == "flux_mnist" ? (4, 8, 16) : (default_lanes(),))

    rng = Xoshiro(1)
    input, n, model = network(rng)
    segments = Segments(model; lanes)
    @test all(s -> s isa FusedSegment, segments.list)
    # The second batch finds the workspace of the first; the third one needs a larger one.
    for samples in (n, n - 1, n + 2)
        x = integers(rng, input..., samples)
        y₀, dy, g₀ = stock(model, x, (dims...) -> integers(rng, dims...))
        y, back = pullback(segments, x)
        @test y == y₀
        @test arrays(back(dy)) == arrays(g₀)
        pack!(segments)
        @test forward(segments, x) == y₀
    end
end

# One sample, as many as threads or not, and more than a thread takes through at once.
@testset "threads share a batch: $n samples" for n in (1, 2, 3, 5, 8, 200)
    rng = Xoshiro(n)
    model = Chain(conv(rng, (2, 2), 2 => 3, relu), pool(), flatten_hwc, dense(rng, 12 => 2))
    x = integers(rng, 5, 5, 2, n)
    y₀, dy, g₀ = stock(model, x, (dims...) -> integers(rng, dims...))
    segments = Segments(model)
    y, back = pullback(segments, x)
    @test y == y₀
    @test arrays(back(dy)) == arrays(g₀)
    @test forward(segments, x) == y₀
end

# ── Kernels and Flux in turn ──────────────────────────────────────────────────────────────

init = Flux.glorot_uniform(Xoshiro(0))

@testset "left to Flux: $(model[1])" for model in [
    Chain(Conv((3, 3), 1 => 4, tanh), flatten_hwc, Dense(16 => 3)),
    Chain(Conv((3, 3), 1 => 4, relu; stride = 2), flatten_hwc, Dense(16 => 3)),
    Chain(Conv((3, 3), 2 => 4, relu; groups = 2), flatten_hwc, Dense(16 => 3)),
    Chain(x -> 2x, flatten_hwc, Dense(36 => 3)),
]
    segments = Segments(model)
    @test segments.list[1] isa FluxLayer
    @test !accepts_view(segments)
end

# Smooth after the first layers, so that a rounding does not change which branch of a relu
# or which pixel of a pooling counts.
mixed = [
    ("a pooling of its own", 3, rng -> Chain(
        conv(rng, (3, 3), 2 => 4, relu), MaxPool((3, 3)), flatten_hwc, Dense(16 => 3; init)
    )),
    ("an activation between", 3, rng -> Chain(
        conv(rng, (3, 3), 2 => 4, relu), pool(), flatten_hwc, Dense(36 => 20; init),
        Base.Fix1(broadcast, tanh), Dense(20 => 3; init, bias = false),
    )),
    ("normalizations of images and of features", 6, rng -> Chain(
        conv(rng, (3, 3), 2 => 4, relu), BatchNorm(4), MeanPool((2, 2)),
        Conv((2, 2), 4 => 20; init), flatten_hwc, Dense(80 => 6; init),
        BatchNorm(6; momentum = 0.3f0), Dense(6 => 3; init),
    )),
    ("a normalization with an activation, and one that is frozen", 5, rng -> Chain(
        conv(rng, (3, 3), 2 => 4), BatchNorm(4, tanh),
        Flux.testmode!(BatchNorm(4; initβ = Flux.randn32, initγ = Flux.rand32)),
        GlobalMeanPool(), flatten_hwc, Dense(4 => 3; init),
    )),
    ("Flux first and last", 3, rng -> Chain(
        Conv((3, 3), 2 => 3, tanh; init, stride = 2, pad = 1), Conv((2, 2), 3 => 5; init),
        flatten_hwc, Dense(45 => 7; init), Dense(7 => 3, tanh; init),
    )),
]

@testset "kernels and Flux in turn: $name" for (name, cuts, network) in mixed
    rng = Xoshiro(1)
    model = network(rng)
    # A normalization remembers what it has seen, so each has a model of its own.
    copied = deepcopy(model)
    segments = Segments(copied)
    @test length(segments.list) == cuts
    @test any(s -> s isa FluxLayer, segments.list)
    for n in (5, 3)
        x = integers(rng, 8, 8, 2, n)
        y₀, dy, g₀ = stock(model, x, (dims...) -> randn(rng, Float32, dims...))
        y, back = pullback(segments, x)
        @test y ≈ y₀ rtol = 1e-4
        for ((place, g), (place₀, expected)) in zip(arrays(back(dy)), arrays(g₀))
            @test place == place₀
            @test g ≈ expected rtol = 1e-3 atol = 1e-4
        end
        for (a, b) in zip(copied, model)
            a isa BatchNorm || continue
            @test a.μ ≈ b.μ rtol = 1e-4 atol = 1e-6
            @test a.σ² ≈ b.σ² rtol = 1e-4
        end
        pack!(segments)
        @test forward(segments, x) ≈ forward(Flux.testmode!(deepcopy(model)), x) rtol = 1e-4
    end
end

# ── State ─────────────────────────────────────────────────────────────────────────────────

@testset "weights that were set between two predictions count" begin
    rng = Xoshiro(1)
    model = Chain(conv(rng, (3, 3), 1 => 4, relu), flatten_hwc, dense(rng, 16 => 3))
    segments, x = Segments(model), integers(rng, 4, 4, 1, 2)
    before = forward(segments, x)
    model[1].weight .*= 2
    pack!(segments)
    @test forward(segments, x) == forward(model, x)
    @test forward(segments, x) != before
end

@testset "same network, same bits" begin
    model = Chain(
        Conv((3, 3), 1 => 16, relu; init), MaxPool((2, 2)), flatten_hwc,
        Dense(144 => 10; init),
    )
    x, dy = randn(Xoshiro(1), Float32, 8, 8, 1, 50), randn(Xoshiro(2), Float32, 10, 50)
    run() = ((y, back) = pullback(Segments(model), x); (y, deepcopy(arrays(back(dy)))))
    @test run() == run()
end

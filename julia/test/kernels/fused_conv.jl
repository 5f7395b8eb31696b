include("helpers/oracle.jl")

using Flux: NNlib
using PyFlux.Kernels: FusedConv, maxpooling, uses_winograd, Window

function test_exactly(s::Shape, lanes; seed = 1, options...)
    draw = integers(Xoshiro(seed))
    ls = layers(s, draw)
    x = images(s, draw)
    expected = stock(ls, x, draw)
    @test inference(ls, x; lanes) == expected.y
    for input_gradient in (false, true)
        spare = seed % 2
        found = kernels(ls, x, expected.dy; spare, input_gradient, lanes, options...)
        @test found.y == expected.y
        @test found.weight == expected.weight
        @test found.bias == expected.bias
        @test found.dx == (input_gradient ? expected.dx : nothing)
    end
end

# ── Shapes that are easy to get wrong ─────────────────────────────────────────────────────

# As many channels as lanes: what the four outputs of a pooling see must not be confused.
full_vectors = [
    Shape(; image = (7, 6), kernel, channels, filters = 5) for
    channels in WIDTHS, kernel in ((1, 1), (2, 1), (1, 2), (2, 2))
]

edges = [
    Shape(image = (1, 1), kernel = (1, 1), channels = 1, filters = 1, pooled = false),
    Shape(image = (2, 2), kernel = (1, 1), channels = 1, filters = 1, samples = 1),
    Shape(image = (3, 5), kernel = (3, 5), channels = 2, filters = 3, pooled = false),
    Shape(image = (9, 6), kernel = (3, 1), channels = 2, filters = 17, relu = false),
    Shape(image = (6, 9), kernel = (1, 3), channels = 17, filters = 2, bias = false),
    Shape(image = (5, 4), kernel = (5, 4), channels = 1, filters = 4, pad = (1, 2, 0, 1)),
    # What fills a vector with pixels of one row, and what does not.
    Shape(image = (13, 12), kernel = (3, 3), channels = 1, filters = 16),
    Shape(image = (11, 8), kernel = (3, 3), channels = 3, filters = 33, pad = (1, 1, 1, 1)),
    Shape(image = (10, 12), kernel = (5, 5), channels = 1, filters = 7),
]

# Rows so long that the gradient goes over the image in several bands.
wide = Shape(image = (300, 9), kernel = (2, 2), channels = 40, filters = 5, samples = 2)

@testset "$lanes lanes: $s" for lanes in WIDTHS, s in [vec(full_vectors); edges; wide]
    test_exactly(s, lanes)
end

# Without the instruction of AVX-512 that picks pixels.
@testset "16 lanes, no permutation: $s" for s in edges[end-2:end]
    test_exactly(s, 16; permute = false)
end

# ── Generated shapes ──────────────────────────────────────────────────────────────────────

# Channels and filters from 1 to 33: each multiple of the width, and its neighbours.
counts(lanes) = [n for n in 1:33 if n == 1 || n % lanes in (0, 1, lanes - 1)]

function generated(rng, lanes)
    channels, filters = shuffle(rng, counts(lanes)), shuffle(rng, counts(lanes))
    return map(channels, filters) do channels, filters
        kernel, pad = (rand(rng, 1:5), rand(rng, 1:5)), Tuple(rand(rng, 0:2, 4))
        relu, bias, pooled = rand(rng, Bool, 3)
        # Whole images or not, for a pooling; at least one pixel inside the padding.
        seen = (pooled ? 2 : 1) .* (rand(rng, 1:6), rand(rng, 1:6)) .+ kernel .- 1
        pooled && (seen = seen .+ (rand(rng, 0:1), rand(rng, 0:1)))
        image = max.(seen .- (pad[1] + pad[2], pad[3] + pad[4]), 1)
        samples = rand(rng, 1:4)
        Shape(; image, kernel, channels, filters, pad, relu, bias, pooled, samples)
    end
end

@testset "$lanes lanes, generated: $s" for lanes in WIDTHS,
    s in generated(Xoshiro(lanes), lanes)

    test_exactly(s, lanes)
end

# ── Rounding ──────────────────────────────────────────────────────────────────────────────

# With other values, each result is as near to the exact one as a sum of so many rounded
# terms must be (Higham, "Accuracy and stability of numerical algorithms", 2002, section
# 3.1).
γ(n) = (u = eps(Float32) / 2.0; n * u / (1 - n * u))

# How far off a convolution in Float32 may be. Winograd's sums have larger terms: their
# transforms add up to 4 pixels and up to 2.25 weights, and then 9 products.
function rounding(conv, x, w, dims, winograd)
    taps, channels = length(w) ÷ size(w, 4), size(w, 3)
    terms = NNlib.conv(abs.(x), abs.(w), dims)
    winograd || return γ(taps) .* terms
    limit = γ(channels + 16) * 9 * 4 * 2.25 * channels * maximum(abs, x) * maximum(abs, w)
    return fill(limit, size(terms))
end

function test_rounding(s::Shape, lanes; seed = 1, options...)
    rng = Xoshiro(seed)
    draw(dims...) = randn(rng, Float32, dims...)
    ls = layers(s, draw)
    x32 = images(s, draw)
    conv = ls[1]
    x, w, b = Float64.(x32), Float64.(conv.weight), Float64.(conv.bias)
    dims = NNlib.DenseConvDims(x, w; padding = s.pad)
    value = NNlib.conv(x, w, dims) .+ reshape(b, 1, 1, :)
    winograd = uses_winograd(FusedConv(conv, s.pooled ? ls[2] : nothing, size(x)[1:3]))
    off = rounding(conv, x, w, dims, winograd) .+ γ(2) .* (abs.(value) .+ 1)
    pool(v) = s.pooled ? maxpooling(v, Window((2, 2))) : v
    y, back = Zygote.pullback(v -> pool((s.relu ? relu : identity).(v)), value)

    # No gradient for outputs of which rounding decides who wins, or whether relu is active.
    largest, limit = pool(value), pool(off)
    sure = s.relu ? abs.(largest) .> limit : trues(size(y))
    if s.pooled
        w₂, h₂ = size(y)[1:2]
        near(i, j) = value[i:2:2w₂, j:2:2h₂, :, :] .≥ largest .- 2 .* limit
        sure .&= near(1, 1) .+ near(2, 1) .+ near(1, 2) .+ near(2, 2) .== 1
    end
    @test count(sure) > 0.8 * length(sure)
    dy = draw(size(y)...) .* sure
    dv = back(Float64.(dy))[1]

    found = kernels(ls, x32, dy; lanes, input_gradient = false, options...)
    again = kernels(ls, x32, dy; lanes, input_gradient = true)
    outputs, seen = length(dv) ÷ s.filters, s.filters * prod(s.kernel)
    near_to(a, b, limit) = all(abs.(a .- b) .≤ limit)
    @test near_to(found.y, y, limit)
    dw = NNlib.∇conv_filter(x, dv, dims)
    dw_terms = NNlib.∇conv_filter(abs.(x), abs.(dv), dims)
    @test near_to(found.weight, dw, γ(outputs) .* dw_terms)
    @test near_to(again.weight, dw, γ(outputs) .* dw_terms)
    db, db_terms = vec.((sum(dv; dims = (1, 2, 4)), sum(abs, dv; dims = (1, 2, 4))))
    @test near_to(found.bias, db, γ(outputs) .* db_terms)
    dx = NNlib.∇conv_data(dv, w, dims)
    dx_terms = NNlib.∇conv_data(abs.(dv), abs.(w), dims)
    @test near_to(again.dx, dx, γ(seen) .* dx_terms)
end

rounded = [
    Shape(image = (13, 12), kernel = (3, 3), channels = 1, filters = 16),
    Shape(image = (9, 8), kernel = (2, 2), channels = 8, filters = 5, relu = false),
    Shape(image = (11, 9), kernel = (3, 3), channels = 16, filters = 9, pad = (1, 0, 1, 1)),
    Shape(image = (9, 7), kernel = (4, 3), channels = 7, filters = 9, pooled = false),
    Shape(image = (8, 8), kernel = (3, 3), channels = 3, filters = 17, pooled = false),
]

@testset "$lanes lanes, rounding: $s" for lanes in WIDTHS, s in rounded
    test_rounding(s, lanes)
end

# ── What does not fit ─────────────────────────────────────────────────────────────────────

@testset "a layer that does not fit says so" begin
    conv = Conv((3, 3), 2 => 4, relu)
    @test_throws "takes 2 channels, got 1" FusedConv(conv, nothing, (8, 8, 1))
    @test_throws "image of 2×2" FusedConv(conv, nothing, (2, 2, 2))
    @test_throws "image of 3×8" FusedConv(conv, MaxPool((2, 2)), (3, 8, 2))
    @test_throws "got 5" FusedConv(conv, nothing, (8, 8, 2); lanes = 5)
end

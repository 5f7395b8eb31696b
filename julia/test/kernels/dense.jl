using Flux: Zygote
using PyFlux.Kernels: dense_backward!, dense_forward!

# Small integers, which no sum rounds: the results are stock Flux's exactly.
integers(rng, dims...) = Float32.(rand(rng, -3:3, dims...))

# The last two are large enough for threads: many samples, or many weights for few samples.
@testset "$inputs => $outputs, $n samples, $σ, bias $bias" for
    (inputs, outputs, n) in [(1, 1, 1), (7, 5, 3), (60, 40, 300), (300, 600, 4)],
    σ in (identity, relu), bias in (false, true)

    rng = Xoshiro(inputs)
    layer = Dense(integers(rng, outputs, inputs), bias ? integers(rng, outputs) : false, σ)
    x = integers(rng, inputs, n)
    y, back = Zygote.pullback((layer, x) -> layer(x), layer, x)
    dy = integers(rng, outputs, n)
    expected, dx = back(dy)

    found = dense_forward!(layer, similar(y), x)
    @test found == y
    db = bias ? similar(layer.bias) : nothing
    g = (weight = similar(layer.weight), bias = db, dx = similar(x))
    dense_backward!(layer, g.weight, g.bias, g.dx, copy(dy), found, x)
    @test g.weight == expected.weight
    @test g.bias == expected.bias
    @test g.dx == dx
    dense_backward!(layer, g.weight, g.bias, nothing, copy(dy), found, x)
    @test g.weight == expected.weight
end

@testset "NaN comes out of a dense layer with relu, and so does its gradient" begin
    layer = Dense(ones(Float32, 2, 3), zeros(Float32, 2), relu)
    x = Float32[1 NaN; 1 1; 1 1]
    y = dense_forward!(layer, zeros(Float32, 2, 2), x)
    @test isequal(y, layer(x))
    dw, db, dx = zeros(Float32, 2, 3), zeros(Float32, 2), zeros(Float32, 3, 2)
    dense_backward!(layer, dw, db, dx, fill(NaN32, 2, 2), y, x)
    @test all(isnan, dw)
    @test all(isnan, db)
    @test all(isnan, dx)
end

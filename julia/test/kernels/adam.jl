using Flux: Adam, Optimisers
using PyFlux.Kernels: AdamCoefficients, adam!, on_threads

# The coefficients of step `t`, as Flux has them.
function coefficients(rule::Adam, t; decay = 0.0)
    β1, β2 = Float32.(rule.beta)
    return AdamCoefficients(;
        β1, α1 = 1 - β1, β2, α2 = 1 - β2, stepsize = Float32(rule.eta) / (1 - β1^t),
        correction = 1 / (1 - β2^t), ϵ = rule.epsilon, keep = 1 - decay * rule.eta,
    )
end

# Lengths that fill vectors, or do not, for any number of threads.
@testset "$lanes lanes, $n weights: the steps are Optimisers'" for
    lanes in (4, 8, 16), n in (1, 3, 16, 33, 100, 257)

    rng, rule = Xoshiro(n), Adam(0.01, (0.8, 0.99), 1e-7)
    w = randn(rng, Float32, n)
    m, v = zero(w), zero(w)
    expected, state = copy(w), Optimisers.init(rule, w)
    for t in 1:5
        g = randn(rng, Float32, n)
        c = coefficients(rule, t)
        on_threads(thread -> adam!(w, m, v, g, c, thread, Val(lanes)))
        state, step = Optimisers.apply!(rule, state, expected, copy(g))
        expected .-= step
        @test w ≈ expected rtol = 1e-6
        @test m ≈ state[1] rtol = 1e-6
        @test v ≈ state[2] rtol = 1e-6
    end
end

@testset "arrays of any shape; decay takes a part of every weight" begin
    w = ones(Float32, 3, 5, 2)
    c = coefficients(Adam(0.1), 1; decay = 0.5)
    on_threads(t -> adam!(w, zero(w), zero(w), zero(w), c, t, Val(8)))
    @test all(≈(0.95f0), w)
end

@testset "NaN stays NaN" begin
    w = ones(Float32, 20)
    g = [NaN32; ones(Float32, 19)]
    on_threads(t -> adam!(w, zero(w), zero(w), g, coefficients(Adam(0.1), 1), t, Val(8)))
    @test isnan(w[1])
    @test all(≈(0.9f0), w[2:end])
end

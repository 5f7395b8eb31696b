using Flux: huber_loss, logitbinarycrossentropy, logitcrossentropy, mae, mse
using PyFlux: HuberLoss, loss_and_gradient, mean_loss

rng = Xoshiro(1)
outputs, labels = 2 .* randn(rng, Float32, 4, 6), rand(rng, 1:4, 6)
onehot, weights = Float32.(Flux.onehotbatch(labels, 1:4)), rand(rng, Float32, 6)
smooth = 0.9f0 .* onehot .+ 0.025f0

# Any loss with Flux's arguments.
quartic(ŷ, y; agg = Flux.mean) = agg(abs2.(abs2.(ŷ .- y)))

losses = (
    logitcrossentropy, logitbinarycrossentropy, mse, mae, huber_loss, HuberLoss(0.5),
    quartic,
)

by_zygote(loss, ŷ, y, w) = Flux.withgradient(ŷ) do ŷ
    each = vec(Flux.mean(loss(ŷ, y; agg = identity); dims = 1))
    Flux.mean(w === nothing ? each : w .* each)
end

@testset "values and gradients are Zygote's: $loss" for loss in losses
    for w in (nothing, weights)
        expected, (gradient,) = by_zygote(loss, outputs, smooth, w)
        value, found = loss_and_gradient(loss, outputs, smooth, w)
        @test value ≈ expected
        @test found ≈ gradient rtol = 1e-5
        @test mean_loss(loss, outputs, smooth, w) ≈ expected
    end
end

@testset "class numbers are their columns" begin
    for w in (nothing, weights)
        value, gradient = loss_and_gradient(logitcrossentropy, outputs, labels, w)
        expected, columns = loss_and_gradient(logitcrossentropy, outputs, onehot, w)
        @test value ≈ expected
        @test gradient ≈ columns rtol = 1e-5
        @test mean_loss(logitcrossentropy, outputs, labels, w) ≈ expected
    end
    beyond = fill(5, 6)
    @test_throws BoundsError loss_and_gradient(logitcrossentropy, outputs, beyond, nothing)
end

# Keras 3.15: keras.losses.Huber(delta=0.5), MeanAbsoluteError().
@testset "by hand" begin
    ŷ, y = Float32[0.5 2; 0 -1], Float32[0.25 0; 0 0]
    @test mean_loss(mae, ŷ, y, nothing) ≈ 3.25 / 4
    @test mean_loss(HuberLoss(0.5), ŷ, y, nothing) ≈
        (0.25^2 / 2 + 0.5 * (2 - 0.25) + 0.5 * (1 - 0.25)) / 4
    @test mean_loss(mse, ŷ, y, [2, 0]) ≈ 2 * 0.25^2 / 2 / 2
end

@testset "extreme outputs" begin
    ŷ = Float32[200 -200; -200 200]
    @test loss_and_gradient(logitcrossentropy, ŷ, [1, 1], nothing)[1] ≈ 200
    @test mean_loss(logitbinarycrossentropy, ŷ, Float32[1 1; 0 0], nothing) ≈ 100
end

@testset "the usual loss knows its types" begin
    found = @inferred loss_and_gradient(logitcrossentropy, outputs, labels, nothing)
    @test found isa Tuple{Float32,Matrix{Float32}}
end

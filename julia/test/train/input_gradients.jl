using PyFlux: BatchNormalization, ClassScore, SeededDropout, input_gradients

include("helpers/halves.jl")

# The change of `f` for a small change of each value of `x`, up and down.
function differences(f, x; step = 1e-6)
    return map(eachindex(x)) do i
        up, down = copy(x), copy(x)
        up[i] += step
        down[i] -= step
        (f(up) - f(down)) / 2step
    end
end

@testset "the gradient of a loss is that of differences, each sample's of its own" begin
    images, labels = halves(5)
    model, x = small(), images ./ 255
    body = Flux.f64(model[1:(end - 1)])
    total(x) = Flux.logitcrossentropy(body(x), Flux.onehotbatch(labels, 1:2); agg = sum)
    for batchsize in (2, 256)
        found = input_gradients(model, images, labels; batchsize)
        @test size(found) == size(images)
        @test vec(found) ≈ differences(total, x) rtol = 1e-4
        @test found[:, :, :, 3:3] ≈
              input_gradients(model, images[:, :, :, 3:3], labels[3:3])
    end
end

@testset "the gradient of a score is that of the output before its head" begin
    w = Float32[1 2 3; 4 5 6]
    x = rand(Xoshiro(1), Float32, 3, 4)
    labels = [1, 2, 2, 1]
    for model in (
        Chain(Dense(w)), Chain(Dense(w), softmax), Chain(Dense(w, zeros(2), sigmoid)),
        Chain(Dense(w), Base.Fix1(broadcast, sigmoid)),
    )
        @test input_gradients(model, x, labels; loss = ClassScore()) == w[labels, :]'
    end
end

@testset "nothing is random or changed: layers are in test mode, and then as before" begin
    normalization = BatchNormalization(3; active = nothing)
    normalization.μ .= [1, 2, 3]
    normalization.σ² .= [1, 4, 9]
    frozen = BatchNormalization(3; active = false)
    flux_layers = (BatchNorm(3), Dropout(0.5))
    model = Chain(normalization, SeededDropout(0.5), frozen, flux_layers..., Dense(3 => 2))
    before = deepcopy(Flux.trainables(model)), copy(normalization.μ), copy(flux_layers[1].μ)
    x, labels = rand(Xoshiro(1), Float32, 3, 4), [1, 2, 2, 1]
    found = input_gradients(model, x, labels; loss = ClassScore())
    expected = (last(model).weight[labels, :] ./ sqrt.([1 4 9] .+ 0.001f0))'
    @test found ≈ expected ./ sqrt(1.001f0) ./ sqrt(1 + 1.0f-5) rtol = 1e-4
    @test (Flux.trainables(model), normalization.μ, flux_layers[1].μ) == before
    @test normalization.active === nothing
    @test frozen.active === false
    @test flux_layers[1].active === flux_layers[2].active === nothing
end

@testset "images that do not matter get zeros" begin
    model = Chain(x -> zero(x)[1:2, :])
    @test input_gradients(model, ones(Float32, 3, 4), [1, 2, 2, 1]; loss = ClassScore()) ==
          zeros(Float32, 3, 4)
end

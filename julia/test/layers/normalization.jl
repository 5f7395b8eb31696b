using PyFlux: BatchNormalization

channel(x, c) = vec(selectdim(x, ndims(x) - 1, c))
average(x) = sum(x) / length(x)

sizes = ((4, 3, 2, 5), (2, 30))

@testset "training: mean 0 and variance 1 for each channel, $size" for size in sizes
    x = 3 .* randn(Xoshiro(1), Float32, size...) .+ 1
    layer = BatchNormalization(2; ϵ = 0, active = true)
    layer.γ .= [1, 2]
    layer.β .= [0, 5]
    y = layer(x)
    for (c, (scale, shift)) in enumerate(((1, 0), (2, 5)))
        @test average(channel(y, c)) ≈ shift atol = 1e-5
        @test average(abs2.(channel(y, c) .- shift)) ≈ scale^2 rtol = 1e-4
    end
end

@testset "moving averages follow the population variance" begin
    x = Float32[1 3 8]
    layer = BatchNormalization(1; momentum = 0.25, active = true)
    layer(x)
    @test layer.μ ≈ [0.25 * 4]
    @test layer.σ² ≈ [0.75 + 0.25 * 26 / 3]
end

# Keras 3.15, BatchNormalization(momentum=0.9) in training on a batch of one sample.
@testset "a batch of one sample leaves them finite" begin
    layer = only(chain([Dict("type" => "BatchNormalization", "momentum" => 0.9)], (2,)))
    state = TrainState(Chain(layer, Dense(2 => 2)))
    train!(state, Float32[2; -4;;], [1]; batchsize = 1)
    @test layer.μ ≈ [0.2, -0.4]
    @test layer.σ² ≈ [0.9, 0.9]
end

@testset "inference, and a layer that is not trainable, take the moving averages" begin
    layer = BatchNormalization(1; ϵ = 0)
    layer.μ .= 2
    layer.σ² .= 4
    @test layer(Float32[2 6]) == [0 2]
    in_training(x) = Flux.withgradient(x -> sum(abs2, layer(x)), x).val
    Flux.testmode!(layer)
    @test in_training(Float32[2 6]) == 4
    @test (layer.μ, layer.σ²) == ([2], [4])
    Flux.testmode!(layer, :auto)
    @test in_training(Float32[2 6]) ≈ 2  # by the batch's mean 4 and variance 4
    fixed = only(chain([Dict("type" => "BatchNormalization", "trainable" => false)], (1,)))
    @test fixed.active === false
end

@testset "gradients by finite differences" begin
    x, w = randn(Xoshiro(1), 2, 6), randn(Xoshiro(2), 2, 6)
    single = BatchNormalization(2; active = true)
    single.γ .= rand(Xoshiro(3), 2)
    single.β .= randn(Xoshiro(4), 2)
    layer = Flux.f64(single)
    f(layer, x) = sum(w .* layer(x))
    g, dx = gradient(f, layer, x)
    function differences(array, h = 1e-5)
        return map(eachindex(array)) do i
            value(change) = (array[i] += change; f(layer, x))
            up, down = value(h), value(-2h)
            value(h)
            (up - down) / 2h
        end
    end
    @test vec(dx) ≈ vec(differences(x)) rtol = 1e-4
    @test g.γ ≈ differences(layer.γ) rtol = 1e-4
    @test g.β ≈ differences(layer.β) rtol = 1e-4
end

cases = [(false, true, ["gamma"]), (true, false, ["beta"]), (false, false, [])]

@testset "center $center, scale $scale: no β or γ to train" for (center, scale, names) in cases
    config = Dict("type" => "BatchNormalization", "center" => center, "scale" => scale)
    dense = Dense(2 => 2; init = Flux.glorot_uniform(Xoshiro(0)))
    model = Chain(chain([config], (2,))..., dense)
    paths = filter(path -> path.layer == 1, PyFlux.parameter_paths(model))
    @test PyFlux.keras_name.(paths) == [names; "moving_mean"; "moving_variance"]
    for fast in (true, false)
        state = TrainState(deepcopy(model), Adam(0.1); fast)
        train!(state, randn(Xoshiro(1), Float32, 2, 8), rand(Xoshiro(2), 1:2, 8))
        layer = state.model[1]
        @test (layer.β == [0, 0]) == !center
        @test (layer.γ == [1, 1]) == !scale
    end
end

@testset "a BatchNorm of Flux keeps Flux's formula" begin
    layer = BatchNorm(1; momentum = 1.0f0)
    state = TrainState(Chain(layer, Dense(1 => 2)))
    train!(state, Float32[1 3 8], [1, 2, 1]; batchsize = 3)
    @test layer.σ² ≈ [26 / 2]
end

using PyFlux: ClipByGlobalNorm, ClipByNorm, ClipByValue, clip!, gradient_clipping, step!

clipped(how, gradients = [Float32[0.3, -0.4], Float32[0.1;;]]) =
    (gradients = deepcopy(gradients); clip!(how, gradients); gradients)

# Keras 3.15: SGD with the limit 0.3 on these two gradients.
@testset "values are Keras's" begin
    @test clipped(nothing) == [Float32[0.3, -0.4], Float32[0.1;;]]
    @test clipped(ClipByValue(0.3)) ≈ [[0.3, -0.3], [0.1;;]]
    @test clipped(ClipByNorm(0.3)) ≈ [[0.18, -0.24], [0.1;;]]
    @test clipped(ClipByGlobalNorm(0.3)) ≈ [[0.17650455, -0.2353394], [0.0588348;;]]
    for how in (ClipByNorm(9), ClipByGlobalNorm(9), ClipByValue(9))
        @test clipped(how) == clipped(nothing)
    end
end

@testset "an array that is the gradient of two is clipped once" begin
    g = Float32[3, 4]
    clip!(ClipByNorm(1), [g, g])
    @test g ≈ [0.6, 0.8]
end

@testset "a step takes the clipped gradient" begin
    model = Chain(Dense(ones(Float32, 1, 2), [0.0f0]))
    state = TrainState(model, Descent(1.0); clipping = ClipByValue(0.25))
    gradient = (weight = Float32[3 -0.125], bias = Float32[-1], σ = nothing)
    step!(state, (; layers = [gradient]))
    @test model[1].weight == [0.75 1.125]
    @test model[1].bias == [0.25]
end

@testset "descriptions" begin
    @test gradient_clipping(Dict("type" => "SGD")) === nothing
    description = Dict("clipnorm" => nothing, "global_clipnorm" => 2)
    @test gradient_clipping(description) == ClipByGlobalNorm(2)
    @test gradient_clipping(Dict("clipnorm" => 0.5)) == ClipByNorm(0.5)
    @test_throws "clipvalue" gradient_clipping(Dict("clipnorm" => 1, "clipvalue" => 1))
end

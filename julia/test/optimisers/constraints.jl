using PyFlux: NonNegative, NormConstraint, constrain!, constraint, step!

constrained(w, config) = constrain!(Float32.(w), constraint(config))
config(type; options...) = Dict("type" => type, (string(k) => v for (k, v) in options)...)

# Flux's (out, in): columns of Keras's (in, out) are rows here.
w = [3 -4; 0.3 0.4]

# Keras 3.15, on the transposed array.
@testset "values are Keras's" begin
    @test constrained(w, config("NonNeg")) == Float32[3 0; 0.3 0.4]
    @test constrained(w, config("MaxNorm"; max_value = 1, axis = [0])) ≈ [0.6 -0.8; 0.3 0.4]
    @test constrained(w, config("UnitNorm"; axis = [0])) ≈ [0.6 -0.8; 0.6 0.8]
    @test constrained(w, config("UnitNorm"; axis = [0, 1])) ≈ w ./ sqrt(25.25)
    @test constrained(w, config("UnitNorm"; axis = 1)) ≈ w ./ sqrt.(sum(abs2, w; dims = 1))
    halfway = config("MinMaxNorm"; min_value = 1, max_value = 2, rate = 0.5, axis = [0])
    @test constrained(w, halfway) ≈ [3 -4; 0.3 0.4] .* [3.5 / 5, 0.75 / 0.5]
    @test constrained([3, 4], config("UnitNorm")) ≈ [0.6, 0.8]
    @test constraint(nothing) === nothing
    @test_throws r"Other.*known:.*NonNeg" constraint(config("Other"))
end

@testset "axes of a convolution's kernel are (height, width, in, out)" begin
    kernel = rand(Xoshiro(1), Float32, 2, 3, 4, 5)  # (width, height, in, out)
    for (axis, dim) in zip(0:3, (2, 1, 3, 4))
        expected = kernel ./ sqrt.(sum(abs2, kernel; dims = dim))
        @test constrained(kernel, config("UnitNorm"; axis)) ≈ expected rtol = 1e-5
    end
    all_but_out = constrained(kernel, config("UnitNorm"; axis = [0, 1, 2]))
    @test sum(abs2, all_but_out; dims = 1:3) ≈ ones(1, 1, 1, 5) rtol = 1e-5
end

@testset "a step ends with the constraint: fast = $fast" for fast in (true, false)
    model = Chain(Dense([1.0f0 1.0f0], [0.5f0]))
    state = TrainState(model, Adam(2.0); fast, constraints = [NonNegative(), nothing])
    step!(state, (; layers = [(weight = Float32[1 -1], bias = Float32[1], σ = nothing)]))
    @test model[1].weight ≈ [0 3]
    @test model[1].bias ≈ [-1.5]
end

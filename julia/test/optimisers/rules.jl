using Flux.Optimisers: Optimisers
using PyFlux: DecoupledDecay, optimiser_slots, restore_state, rule

adam = Dict{String,Any}("beta_1" => 0.9, "beta_2" => 0.999, "epsilon" => 1e-7)
rmsprop = Dict{String,Any}("rho" => 0.9, "epsilon" => 1e-7)
described(type, options = (); more...) =
    Dict{String,Any}("type" => type, options..., (string(k) => v for (k, v) in more)...)

gradients(t) = Float32.([1e-5, 1e-3, 0.05, 1] .* sin(t))

# The weights, the rule and its state after ten steps.
function ten_steps(description)
    rate = description["type"] in ("SGD", "Adagrad") ? 0.1 : 0.01
    o = Optimisers.adjust(rule(description), rate)
    w = Float32[0.5, -0.3, 1, -2]
    state = Optimisers.init(o, w)
    for t in 1:10
        state, dx = Optimisers.apply!(o, state, w, gradients(t))
        w .-= dx
    end
    return w, o, state
end

# Keras 3.15, ten steps from [0.5, -0.3, 1, -2] with the gradients above; learning rate 0.1
# for SGD and Adagrad, 0.01 for the others.
golden = [
    described("SGD") => [0.49999854, -0.30014116, 0.99294412, -2.1411188],
    described("SGD"; momentum = 0.9) => [0.49999255, -0.30074486, 0.96275747, -2.7448497],
    described("SGD"; momentum = 0.9, nesterov = true) =>
        [0.49999189, -0.30081147, 0.95942581, -2.8114834],
    described("SGD"; momentum = 0.9, weight_decay = 0.2) =>
        [0.40852967, -0.24579707, 0.78331143, -2.3093727],
    described("Adam", adam) => [0.47104740, -0.33644816, 0.96345651, -2.0365458],
    described("Adam"; beta_1 = 0.8, beta_2 = 0.95, epsilon = 1e-3) =>
        [0.49991053, -0.30692783, 0.96968049, -2.0325809],
    described("AdamW", adam; weight_decay = 0.1) =>
        [0.46625826, -0.33321875, 0.95374501, -2.0163918],
    described("RMSprop", rmsprop) => [0.49955386, -0.33035010, 0.95564610, -2.0443645],
    described("RMSprop", rmsprop; momentum = 0.5) =>
        [0.49908814, -0.36171839, 0.91011107, -2.0899105],
    described("RMSprop", rmsprop; momentum = 0.5, centered = true, epsilon = 1e-4) =>
        [0.49997121, -0.30288208, 0.91956651, -2.0996699],
    described("Adagrad"; initial_accumulator_value = 0.1, epsilon = 1e-7) =>
        [0.49999556, -0.30044627, 0.97820961, -2.1303945],
    described("Nadam", adam) => [0.48059171, -0.31963828, 0.98035955, -2.0196409],
    described("Lion"; beta_1 = 0.9, beta_2 = 0.99) => [0.48, -0.32, 0.98, -2.02],
]

name(description) = join((string(k, " = ", v) for (k, v) in description), ", ")

@testset "$(name(description))" for (description, expected) in golden
    w, o, state = ten_steps(description)
    # Ten steps of rounding in Float32 for weights up to 3.
    @test w ≈ expected atol = 2e-6
    slots = optimiser_slots(o, state)
    @test all(slot -> slot isa Vector{Float32} && length(slot) == 4, slots)
    @test restore_state(o, slots, 10) == state  # bit for bit
end

@testset "every known type is tested above, or is Flux's own" begin
    known = unique(
        match[1] for method in methods(PyFlux.rule)
        for match in eachmatch(r"Val\{:(\w+)\}", string(method.sig))
    )
    tested = unique(description["type"] for (description, _) in golden)
    @test setdiff(known, tested) == ["FluxAdam"]
end

@testset "restoring after very many steps ends" begin
    o = rule(described("Adam", adam))
    m, v, powers = restore_state(o, (ones(Float32, 2), ones(Float32, 2)), 10^18)
    @test all(<(1.0f-40), powers)
    o = rule(described("Nadam", adam))
    @test restore_state(o, (ones(Float32, 2), ones(Float32, 2)), 10^18)[4] < 1.0f-40
end

@testset "FluxAdam is Optimisers' Adam" begin
    @test rule(described("FluxAdam", adam)) == Adam(0.001, (0.9, 0.999), 1e-7)
end

@testset "an unknown type is an error with those that are known" begin
    @test_throws r"Ftrl.*known:.*Adagrad" rule(described("Ftrl"))
end

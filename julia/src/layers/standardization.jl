# Normalization ↔ `Standardization`.

"""
    Standardization(mean, variance)

Subtracts a mean and divides by a standard deviation, for each channel or feature. Training
does not change them.
"""
struct Standardization{V<:AbstractVector}
    mean::V
    variance::V
    weights::Bool  # whether they are a model's weights, and not arguments
end

Flux.@layer Standardization trainable=()

Standardization(mean, variance) = Standardization(mean, variance, true)

const LEAST_DEVIATION = 1.0f-7

(layer::Standardization)(x) = (x .- per_channel(layer.mean, x)) ./
    max.(sqrt.(per_channel(layer.variance, x)), LEAST_DEVIATION)

parameter_fields(layer::Standardization) = layer.weights ? (:mean, :variance) : ()

function build(::Val{:Normalization}, config, input_size, rng)
    channels = last(input_size)
    given(name) = get(config, name, nothing)
    given("mean") === nothing && return (
        Standardization(zeros(Float32, channels), ones(Float32, channels)),
    )
    spread(values) = Float32.(values isa Number || length(values) == 1 ?
        fill(only(values), channels) : values)
    return (Standardization(spread(given("mean")), spread(given("variance")), false),)
end

describe(layer::Standardization, input_size) = "Normalization" =>
    (layer.weights ? (;) : (mean = layer.mean, variance = layer.variance))

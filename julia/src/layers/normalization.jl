# BatchNormalization ↔ a layer of our own, and Flux's `BatchNorm`.

"""
    BatchNormalization(
        channels, λ = identity;
        momentum = 0.01, ϵ = 0.001, active = nothing, center = true, scale = true,
    )

Batch normalization as Keras has it. It is `Flux.BatchNorm`, but for the moving average of
the variance, which follows the population variance of a batch (divided by the number of
values, not by one less): a batch of a single value leaves it finite. As in Flux,
`momentum` is the part of a moving average that a step replaces: 1 minus Keras's.

If `center` or `scale` is false there is no trainable shift `β` or factor `γ`.

`active` is `true` to normalize by the mean and variance of the batch, `false` by the
moving averages, and `nothing` by the former in training alone. See also `Flux.testmode!`.

# Examples
```jldoctest
julia> layer = PyFlux.BatchNormalization(1; momentum = 0.5, active = true);

julia> layer(Float32[1 3]) ≈ [-1 1] ./ sqrt(1.001)
true

julia> layer.μ, layer.σ²
(Float32[1.0], Float32[1.0])
```
"""
mutable struct BatchNormalization{F,V<:AbstractVector,W<:AbstractVector}
    const λ::F
    const β::V
    const γ::V
    const μ::W
    const σ²::W
    const ϵ::Float32
    const momentum::Float32
    active::Union{Bool,Nothing}
    const center::Bool
    const scale::Bool
end

Flux.@layer BatchNormalization

Optimisers.trainable(layer::BatchNormalization) =
    (; (layer.center ? (; layer.β) : (;))..., (layer.scale ? (; layer.γ) : (;))...)

function BatchNormalization(
    channels::Integer, λ = identity;
    momentum = 0.01, ϵ = 0.001, active = nothing, center = true, scale = true,
)
    β, γ = zeros(Float32, channels), ones(Float32, channels)
    return BatchNormalization(
        λ, β, γ, zero(β), one.(γ), Float32(ϵ), Float32(momentum), active, center, scale
    )
end

Flux.testmode!(layer::BatchNormalization, mode = true) =
    (layer.active = mode isa Bool ? !mode : nothing; layer)

Base.show(io::IO, layer::BatchNormalization) =
    print(io, "BatchNormalization(", length(layer.β), ')')

function (layer::BatchNormalization)(x::AbstractArray)
    λ, ϵ, μ, σ², active = ignore_derivatives(
        () -> (layer.λ, layer.ϵ, layer.μ, layer.σ², layer.active)
    )
    γ, β = scale_and_shift(layer)
    training = something(active, NNlib.within_gradient(x))
    μ, σ² = training ? batch_moments(layer, x) : (per_channel(μ, x), per_channel(σ², x))
    scale = per_channel(γ, x) ./ sqrt.(σ² .+ ϵ)
    return λ.(scale .* (x .- μ) .+ per_channel(β, x))
end

# Zygote has one gradient for a mutable struct, which is not the sum over the calls of a
# layer that is called several times. With this rule it sees no mutable struct.
scale_and_shift(layer) = layer.γ, layer.β
ChainRulesCore.rrule(::typeof(scale_and_shift), layer) = scale_and_shift(layer),
    ((dγ, dβ),) -> (NoTangent(), Tangent{typeof(layer)}(; γ = dγ, β = dβ))

per_channel(values, x) = reshape(values, ntuple(Returns(1), ndims(x) - 2)..., :)

function batch_moments(layer, x)
    dims = ignore_derivatives(() -> (1:(ndims(x) - 2)..., ndims(x)))
    μ = mean(x; dims)
    σ² = mean(abs2, x .- μ; dims)
    ignore_derivatives(() -> update_moving_averages!(layer, vec(μ), vec(σ²)))
    return μ, σ²
end

function update_moving_averages!(layer, μ, σ²)
    layer.μ .+= layer.momentum .* (μ .- layer.μ)
    layer.σ² .+= layer.momentum .* (σ² .- layer.σ²)
    return nothing
end

# The arrays that training changes without a gradient.
moving_averages(layer) = ()
moving_averages(layer::Union{BatchNorm,BatchNormalization}) =
    layer.active === false ? () : (layer.μ, layer.σ²)
moving_averages(model::Chain) = moving_averages(model.layers)
moving_averages(layers::Tuple) = [a for layer in layers for a in moving_averages(layer)]

parameter_fields(layer::BatchNormalization) =
    ((layer.scale ? (:γ,) : ())..., (layer.center ? (:β,) : ())..., :μ, :σ²)
parameter_fields(layer::BatchNorm) =
    ((layer.affine ? (:γ, :β) : ())..., (layer.track_stats ? (:μ, :σ²) : ())...)

# The CPU kernels have a normalization of their own.
function Kernels.specialize(layer::BatchNormalization; options...)
    usual = layer.λ === identity && layer.active !== true && layer.γ isa Vector{Float32}
    return usual ? Kernels.Normalization(layer) : layer
end
Kernels.moving_variance(::BatchNormalization, σ², m) = σ²

function build(::Val{:BatchNormalization}, config, input_size, rng)
    momentum, ϵ = 1 - get(config, "momentum", 0.99), get(config, "epsilon", 0.001)
    active = get(config, "trainable", true) ? nothing : false
    center, scale = get(config, "center", true), get(config, "scale", true)
    layer = BatchNormalization(last(input_size); momentum, ϵ, active, center, scale)
    return (layer,)
end

function describe(layer::Union{BatchNorm,BatchNormalization}, input_size)
    momentum, trainable = 1 - layer.momentum, layer.active !== false
    center, scale = layer isa BatchNorm ? (layer.affine, layer.affine) :
        (layer.center, layer.scale)
    entry = "BatchNormalization" =>
        (; momentum, epsilon = layer.ϵ, center, scale, trainable)
    layer.λ === identity && return entry
    return entry, "Activation" => (activation = activation_name(layer.λ),)
end

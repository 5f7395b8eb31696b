# Keras's random flips, translations, rotations and zooms: samplers of `RandomAffine`.
# A range is (low, high).

"Mirrors an image left to right or top to bottom, each with probability one half."
struct FlipSampler
    horizontal::Bool
    vertical::Bool
end

(s::FlipSampler)(u, v, h, w) = AffineMap(
    s.vertical && v < 0.5f0 ? -1 : 1, 0, 0, s.horizontal && u < 0.5f0 ? -1 : 1, 0, 0
)

"Moves an image down and to the right, by parts of its height and width."
struct TranslationSampler
    height::NTuple{2,Float32}
    width::NTuple{2,Float32}
end

(s::TranslationSampler)(u, v, h, w) =
    AffineMap(1, 0, 0, 1, -interpolate(s.height, u) * h, -interpolate(s.width, v) * w)

"Turns an image anticlockwise, by parts of a full turn."
struct RotationSampler
    turns::NTuple{2,Float32}
end

function (s::RotationSampler)(u, v, h, w)
    sine, cosine = sincos(interpolate(s.turns, u) * 2.0f0 * Float32(π))
    return AffineMap(cosine, sine, -sine, cosine, 0, 0)
end

"Makes the content smaller by a part of it (larger, if negative); `width` may be `nothing`."
struct ZoomSampler
    height::NTuple{2,Float32}
    width::Union{Nothing,NTuple{2,Float32}}
end

function (s::ZoomSampler)(u, v, h, w)
    height = 1 + interpolate(s.height, u)
    width = s.width === nothing ? height : 1 + interpolate(s.width, v)
    return AffineMap(height, 0, 0, width, 0, 0)
end

function build(::Val{:RandomFlip}, config, input_size::Dims{3}, rng)
    mode = get(config, "mode", "horizontal_and_vertical")
    sampler = FlipSampler(mode != "vertical", mode != "horizontal")
    return (RandomAffine(sampler; fill_mode = :any, seed = get(config, "seed", nothing)),)
end

build(::Val{:RandomTranslation}, config, input_size::Dims{3}, rng) = build_affine(
    TranslationSampler(range32(config["height_factor"]), range32(config["width_factor"])),
    config,
)
build(::Val{:RandomRotation}, config, input_size::Dims{3}, rng) =
    build_affine(RotationSampler(range32(config["factor"])), config)
build(::Val{:RandomZoom}, config, input_size::Dims{3}, rng) = build_affine(
    ZoomSampler(
        range32(config["height_factor"]), range32(get(config, "width_factor", nothing))
    ),
    config,
)

function build_affine(sampler, config)
    fill_mode = Symbol(get(config, "fill_mode", "reflect"))
    fill_value, seed = get(config, "fill_value", 0), get(config, "seed", nothing)
    return (RandomAffine(sampler; fill_mode, fill_value, seed),)
end

range32(::Nothing) = nothing
range32((low, high)) = (Float32(low), Float32(high))

function describe(layer::RandomAffine, input_size)
    return map(layer.samplers, Tuple(layer.keys.seeds)) do sampler, seed
        type, arguments = describe_sampler(sampler)
        edge = (; fill_mode = string(layer.fill_mode), layer.fill_value)
        sampler isa FlipSampler && (edge = (;))  # flips stay inside
        type => (; arguments..., edge..., seed_argument(seed)...)
    end
end

function describe_sampler(s::FlipSampler)
    s.horizontal && s.vertical && return "RandomFlip" => (mode = "horizontal_and_vertical",)
    return "RandomFlip" => (mode = s.horizontal ? "horizontal" : "vertical",)
end
describe_sampler(s::TranslationSampler) =
    "RandomTranslation" => (height_factor = s.height, width_factor = s.width)
describe_sampler(s::RotationSampler) = "RandomRotation" => (factor = s.turns,)
describe_sampler(s::ZoomSampler) =
    "RandomZoom" => (height_factor = s.height, width_factor = s.width)
describe_sampler(s) =
    throw(ArgumentError("the sampler $s has no description in Keras's words"))

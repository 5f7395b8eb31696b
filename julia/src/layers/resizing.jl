# Resizing ↔ `Resize`; CenterCrop → `Cropping`; RandomCrop ↔ a layer of the same name.

"""
    Resize(size, interpolation = :bilinear; crop = false)

Images of another size `(width, height)`, by interpolation (`:bilinear` or `:nearest`), with
the centres of pixels at halves. With `crop` the largest part in the middle that has the
aspect ratio of the result is taken, so that nothing is distorted.
"""
struct Resize
    size::Dims{2}
    interpolation::Symbol
    crop::Bool
end

Resize(size, interpolation = :bilinear; crop = false) =
    Resize(Dims{2}(size), Symbol(interpolation), crop)

Functors.@leaf Resize

function (layer::Resize)(x)
    sides = ignore_derivatives(() -> crop_sides(layer, size(x)[1:2]))
    sides == (0, 0, 0, 0) || (x = Cropping(sides)(x))
    w, h, c, n = size(x)
    across, down = ignore_derivatives() do
        map((w, h), layer.size) do from, to
            adapt_like(x, interpolation_matrix(from, to, layer.interpolation))
        end
    end
    wide = reshape(across * reshape(x, w, :), layer.size[1], h, :)
    tall = permutedims(wide, (2, 1, 3))
    resized = reshape(down * reshape(tall, h, :), layer.size[2], layer.size[1], c, n)
    return permutedims(resized, (2, 1, 3, 4))
end

# A row for each place of the result, with its weights of the pixels.
function interpolation_matrix(from, to, interpolation)
    matrix = zeros(Float32, to, from)
    for place in 1:to
        at = (place - 0.5) * from / to  # from 0, as pixels have their centres at halves
        if interpolation === :nearest
            matrix[place, floor(Int, at) + 1] = 1
        else
            at = clamp(at - 0.5, 0, from - 1)
            low = floor(Int, at)
            matrix[place, low + 1] += 1 - (at - low)
            matrix[place, min(low + 1, from - 1) + 1] += at - low
        end
    end
    return matrix
end

# What is left out at the left, right, top and bottom.
function crop_sides(layer::Resize, (w, h))
    layer.crop || return (0, 0, 0, 0)
    width, height = layer.size
    part = (clamp(h * width ÷ height, 1, w), clamp(w * height ÷ width, 1, h))
    return central_sides((w, h), part)
end

function central_sides((w, h), (width, height))
    left, top = (w - width) ÷ 2, (h - height) ÷ 2
    return (left, w - width - left, top, h - height - top)
end

build(::Val{:Resizing}, config, ::Dims{3}, rng) = (Resize(
    (Int(config["width"]), Int(config["height"])), get(config, "interpolation", "bilinear");
    crop = get(config, "crop_to_aspect_ratio", false),
),)

Kernels.outputsize(layer::Resize, (_, _, c)::Dims{3}) = (layer.size..., c)

describe(layer::Resize, input_size) = "Resizing" => (
    height = layer.size[2], width = layer.size[1],
    interpolation = string(layer.interpolation), crop_to_aspect_ratio = layer.crop,
)

# ── Parts of a given size ────────────────────────────────────────────────────────────────

build(::Val{:CenterCrop}, config, (w, h, _)::Dims{3}, rng) =
    (Cropping(central_sides((w, h), (Int(config["width"]), Int(config["height"])))),)

"""
    RandomCrop(size; seed = nothing)

In training a part `(width, height)` of each image at a place of its own, otherwise the
middle.
"""
struct RandomCrop <: RandomLayer
    size::Dims{2}
    keys::LayerKeys
end

RandomCrop(size; seed = nothing) = RandomCrop(Dims{2}(size), LayerKeys(seed))

function (layer::RandomCrop)(x)
    is_active(layer) || return Cropping(central_sides(size(x)[1:2], layer.size))(x)
    return apply(layer, x)
end

function apply(layer::RandomCrop, x)
    width, height = layer.size
    free = size(x)[1:2] .- layer.size
    key = only(layer.keys)
    parts = map(axes(x, 4)) do k
        place = 2 * (BATCH_OFFSET[] + k)
        top = random_index(uniform(key, place - 1), free[2])
        left = random_index(uniform(key, place), free[1])
        x[(left + 1):(left + width), (top + 1):(top + height), :, k:k]
    end
    return cat(parts...; dims = 4)
end

# A whole number from 0 to `last`.
random_index(u, last) = min(floor(Int, u * Float32(last + 1)), last)

build(::Val{:RandomCrop}, config, ::Dims{3}, rng) = (RandomCrop(
    (Int(config["width"]), Int(config["height"])); seed = get(config, "seed", nothing)
),)

Kernels.outputsize(layer::RandomCrop, (_, _, c)::Dims{3}) = (layer.size..., c)

describe(layer::RandomCrop, input_size) = "RandomCrop" =>
    (; height = layer.size[2], width = layer.size[1], seed_argument(layer)...)

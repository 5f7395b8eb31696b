# Layers that move, repeat, add or drop pixels. Sides are (left, right, top, bottom).

"""
    ZeroPadding(sides)

Adds columns and rows of zeros to the left, to the right, at the top and at the bottom of
images.
"""
struct ZeroPadding
    sides::NTuple{4,Int}
end

(layer::ZeroPadding)(x) = NNlib.pad_zeros(x, layer.sides; dims = (1, 2))

"""
    Cropping(sides)

Drops columns and rows to the left, to the right, at the top and at the bottom of images.
"""
struct Cropping
    sides::NTuple{4,Int}
end

function ((; sides)::Cropping)(x)
    left, right, top, bottom = sides
    w, h = size(x, 1), size(x, 2)
    return x[(left + 1):(w - right), (top + 1):(h - bottom), :, :]
end

"""
    BilinearUpsampling(scale)

Enlarges images by whole factors. Pixels have their centres at halves, as in Keras and
PyTorch; `Flux.Upsample(:bilinear)` has them at the corners.
"""
struct BilinearUpsampling
    scale::NTuple{2,Int}
end

(layer::BilinearUpsampling)(x) =
    NNlib.upsample_bilinear(x; size = layer.scale .* size(x)[1:2], align_corners = false)

"""
    Reshape(size)

Gives each sample another size, `(width, height, channels)` or `(features,)`. The order of
its values is that of [`flatten_hwc`](@ref PyFlux.flatten_hwc), as in Keras.
"""
struct Reshape{N}
    size::Dims{N}
end

(layer::Reshape{1})(x) = flatten_hwc(x)
function (layer::Reshape{3})(x)
    w, h, c = layer.size
    return permutedims(reshape(flatten_hwc(x), c, w, h, :), (2, 3, 1, 4))
end

"""
    Permutation(axes)

Changes the order of width, height and channels: the first axis of the result is the axis
`axes[1]` of the images.
"""
struct Permutation
    axes::NTuple{3,Int}
end

(layer::Permutation)(x) = permutedims(x, (layer.axes..., 4))

foreach((ZeroPadding, Cropping, BilinearUpsampling, Reshape, Permutation)) do T
    @eval Functors.@leaf $T
end

flux_sides(((top, bottom), (left, right))) = Int.((left, right, top, bottom))
keras_sides((left, right, top, bottom)) = [[top, bottom], [left, right]]

build(::Val{:ZeroPadding2D}, config, ::Dims{3}, rng) =
    (ZeroPadding(flux_sides(config["padding"])),)
build(::Val{:Cropping2D}, config, ::Dims{3}, rng) =
    (Cropping(flux_sides(config["cropping"])),)

function build(::Val{:UpSampling2D}, config, ::Dims{3}, rng)
    scale = flux_pair(config["size"])
    bilinear = get(config, "interpolation", "nearest") == "bilinear"
    return (bilinear ? BilinearUpsampling(scale) : Upsample(:nearest; scale),)
end

function build(::Val{:Reshape}, config, input_size::Dims, rng)
    target, values = Int.(config["target_shape"]), prod(input_size)
    known = prod(filter(!=(-1), target); init = 1)
    return (Reshape(flux_size(Tuple(replace(target, -1 => values ÷ known)))),)
end

# Where each axis of Keras's images, or rows, is in Flux's.
const IMAGE_AXES, ROW_AXES = (2, 1, 3), (1, 3)

function build(::Val{:Permute}, config, ::Dims, rng)
    dims = Int.(config["dims"])
    length(dims) == 1 && return ()
    at, axes = length(dims) == 3 ? IMAGE_AXES : ROW_AXES, [1, 2, 3]
    for (i, d) in enumerate(dims)
        axes[at[i]] = at[d]
    end
    return (Permutation(Tuple(axes)),)
end

function Kernels.outputsize((; sides)::ZeroPadding, (w, h, c)::Dims{3})
    left, right, top, bottom = sides
    return (w + left + right, h + top + bottom, c)
end
Kernels.outputsize((; sides)::Cropping, size::Dims{3}) =
    outputsize(ZeroPadding(.-sides), size)
Kernels.outputsize((; scale)::BilinearUpsampling, (w, h, c)::Dims{3}) =
    ((w, h) .* scale..., c)
Kernels.outputsize((; scale)::Upsample, (w, h, c)::Dims{3}) = ((w, h) .* scale..., c)
Kernels.outputsize(layer::Reshape, ::Dims) = layer.size
Kernels.outputsize(layer::Permutation, size::Dims{3}) = map(i -> size[i], layer.axes)

describe(layer::ZeroPadding, input_size) =
    "ZeroPadding2D" => (padding = keras_sides(layer.sides),)
describe(layer::Cropping, input_size) =
    "Cropping2D" => (cropping = keras_sides(layer.sides),)
describe(layer::BilinearUpsampling, input_size) =
    "UpSampling2D" => (size = keras_pair(layer.scale), interpolation = "bilinear")
describe(layer::Upsample{:nearest,<:NTuple{2,Integer}}, input_size) =
    "UpSampling2D" => (size = keras_pair(layer.scale), interpolation = "nearest")
describe(layer::Reshape{1}, input_size) = "Reshape" => (target_shape = [layer.size...],)
describe((; size)::Reshape{3}, input_size) =
    "Reshape" => (target_shape = [size[2], size[1], size[3]],)
describe(layer::Permutation, input_size) =
    "Permute" => (dims = [IMAGE_AXES[layer.axes[i]] for i in IMAGE_AXES],)

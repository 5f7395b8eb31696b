# What the tests of the kernels share: convolutions of any shape, their data, and what
# stock Flux makes of them.
using Flux: Zygote
using PyFlux.Kernels: BatchView, SegmentPlan, Workspace
using PyFlux.Kernels: backward!, forward, forward!, pack!

const WIDTHS = (4, 8, 16)

"A convolution, perhaps with a 2×2 max-pooling, for `samples` images of `(width, height)`."
@kwdef struct Shape
    image::NTuple{2,Int}
    kernel::NTuple{2,Int}
    channels::Int
    filters::Int
    pad::NTuple{4,Int} = (0, 0, 0, 0)
    relu::Bool = true
    bias::Bool = true
    pooled::Bool = true
    samples::Int = 3
end

function Base.show(io::IO, s::Shape)
    print(io, join(s.image, '×'), " images, kernel ", join(s.kernel, '×'), ", ")
    print(io, s.channels, " => ", s.filters, ", pad ", s.pad, ", ", s.samples, " samples")
    foreach(name -> getfield(s, name) && print(io, ", ", name), (:relu, :bias, :pooled))
end

"The layers of a shape; `draw(size...)` makes their arrays."
function layers(s::Shape, draw)
    weight = draw(s.kernel..., s.channels, s.filters)
    conv = Conv(weight, s.bias ? draw(s.filters) : false, s.relu ? relu : identity; s.pad)
    return s.pooled ? Any[conv, MaxPool((2, 2))] : Any[conv]
end

images(s::Shape, draw) = draw(s.image..., s.channels, s.samples)

# Small integers: Float32 adds and multiplies them without rounding, in any order. Kernels
# and stock Flux must then agree exactly, also on which of equal values wins a pooling.
integers(rng) = (dims...) -> Float32.(rand(rng, -3:3, dims...))

"Outputs and gradients as stock Flux has them, for a gradient of the outputs that is drawn."
function stock(layers, x, draw)
    y, back = Zygote.pullback(forward, Chain(layers...), x)
    dy = draw(size(y)...)
    model, dx = back(dy)
    return (; y, dy, model.layers[1].weight, model.layers[1].bias, dx)
end

"Outputs and gradients as the kernels have them, in a workspace for `spare` more samples."
function kernels(layers, x, dy; spare = 0, options...)
    ws = Workspace(SegmentPlan(layers), size(x)[1:3], size(x, 4) + spare; options...)
    pack!(ws)
    y = copy(forward!(ws, BatchView(x)))
    gradients, dx = backward!(ws, dy)
    return (; y, gradients[1].weight, gradients[1].bias, dx)
end

"Outputs without training."
function inference(layers, x; lanes)
    ws = Workspace(SegmentPlan(layers), size(x)[1:3], size(x, 4); training = false, lanes)
    pack!(ws)
    return forward!(ws, BatchView(x))
end

# A network cut into segments: runs of layers that have kernels here, and single layers
# that stay with Flux. Each has its own pullback; a network may have any number of both.

"A run of layers with kernels, and its workspaces, made when images come."
mutable struct FusedSegment
    const plan::SegmentPlan
    const input_gradient::Bool
    const lanes::Int
    training::Union{Nothing,Workspace}
    inference::Union{Nothing,Workspace}
end

"A layer by itself, and whether its input gets a gradient."
struct FluxLayer
    layer::Any
    input_gradient::Bool
end

const Segment = Union{FusedSegment,FluxLayer}

"""
    Segments(model::Chain; lanes = default_lanes(), input_gradient = false)

Cut a network into as few segments as possible. `lanes` is the width of the kernels'
vectors, 4, 8 or 16 floats; `input_gradient` is whether the first layer's input gets a
gradient.

# Examples
```jldoctest
julia> segments = PyFlux.Kernels.Segments(Chain(Dense(3 => 2, relu), Dense(2 => 1, tanh)));

julia> typeof.(segments.list)
2-element Vector{DataType}:
 PyFlux.Kernels.FusedSegment
 PyFlux.Kernels.FluxLayer

julia> size(PyFlux.Kernels.forward(segments, ones(Float32, 3, 5)))
(1, 5)
```
"""
struct Segments
    list::Vector{Segment}
end

Segments(@nospecialize(model::Chain); lanes = default_lanes(), input_gradient = false) =
    Segments(Any[model.layers...]; lanes, input_gradient)

function Segments(
    layers::Vector{Any}; lanes = default_lanes(), input_gradient::Bool = false
)
    list, i = Segment[], 1
    while i ≤ length(layers)
        plan, passes_on = SegmentPlan(layers, i), input_gradient || i > 1
        push!(list, plan === nothing ?
            FluxLayer(specialize(layers[i]; lanes, input_gradient = passes_on), passes_on) :
            FusedSegment(plan, passes_on, check_lanes(lanes), nothing, nothing))
        i += plan === nothing ? 1 : length(plan.layers)
    end
    return Segments(list)
end

"""
    accepts_view(segments)

Whether the first segment reads a [`BatchView`](@ref), so that a batch need not be gathered.
"""
accepts_view(segments::Segments) =
    !isempty(segments.list) && first(segments.list) isa FusedSegment
accepts_view(::Nothing) = false

# The workspace for a batch: an earlier one if it has room.
function workspace_for(ws, segment, batch, training)
    input_size, n = Base.front(size(batch.images)), length(batch.indices)
    ws !== nothing && fits(ws, input_size, n) && return ws
    (; plan, input_gradient, lanes) = segment
    return Workspace(plan, input_size, n; input_gradient, training, lanes)
end

# ── Inference ─────────────────────────────────────────────────────────────────────────────

pack!(segments::Segments) = foreach(pack!, segments.list)
pack!(::Nothing) = nothing
pack!(segment::FluxLayer) = pack!(segment.layer)
pack!(layer) = nothing
pack!(segment::FusedSegment) =
    segment.inference === nothing ? nothing : pack!(segment.inference)

# After `pack!`, for any number of batches.
forward(segments::Segments, x) =
    foldl((x, segment) -> forward(segment, x), segments.list; init = x)
forward(segment::FluxLayer, x) = forward(segment.layer, x)

function forward(segment::FusedSegment, x)
    batch = as_batch(x)
    ws = workspace_for(segment.inference, segment, batch, false)
    ws === segment.inference || pack!(ws)
    segment.inference = ws
    return copy(forward!(ws, batch))
end

# ── Training ──────────────────────────────────────────────────────────────────────────────

"""
    pullback(segments, x)

The outputs for a batch, and a function from their gradient to that of the network, `(;
layers)` as Zygote gives it. Its arrays are overwritten by the next call.
"""
function pullback(segments::Segments, x)
    y, back = full_pullback(segments, x)
    return y, dy -> (; layers = first(back(dy)))
end

# The same, with the gradient of `x` beside that of the layers.
function full_pullback(segments::Segments, x)
    pullbacks = Any[]
    for segment in segments.list
        x, back = layer_pullback(segment, x)
        push!(pullbacks, back)
    end
    return x, function (dy)
        layers = Any[]
        for back in Iterators.reverse(pullbacks)
            found, dy = back(dy)
            prepend!(layers, found)
        end
        return layers, dy
    end
end

layer_pullback(segment::FluxLayer, x) =
    layer_pullback(segment.layer, x; segment.input_gradient)

function layer_pullback(segment::FusedSegment, x)
    batch = as_batch(x)
    ws = segment.training = workspace_for(segment.training, segment, batch, true)
    pack!(ws)
    return copy(forward!(ws, batch)), dy -> backward!(ws, dy)
end

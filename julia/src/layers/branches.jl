# Networks with branches. In a description each layer then names its `"inputs"`. The layers
# between two points where a single value crosses become one layer of the `Chain`.

"""
    Branches(nodes, inputs)

Layers that take each other's outputs. Node `i` is a layer, or a `Chain`, called with the
outputs of the nodes `inputs[i]`, where 0 is what goes in. The last node gives the result.
A node that is [`Reuse`](@ref) calls an earlier one again.

# Examples
```jldoctest
julia> skip = PyFlux.Branches((Dense(3 => 3, relu), PyFlux.Merge(+)), ((0,), (0, 1)));

julia> size(skip(ones(Float32, 3, 5)))
(3, 5)
```
"""
struct Branches{N<:Tuple,I<:Tuple}
    nodes::N
    inputs::I
end

Flux.@layer Branches

(layer::Branches)(x) = forward(layer, x)
Kernels.forward(layer::Branches, x) =
    call_nodes(layer.nodes, layer.nodes, layer.inputs, (x,))

call_nodes(all, ::Tuple{}, ::Tuple{}, values) = last(values)
function call_nodes(all, nodes, inputs, values)
    node = called(first(nodes), all)
    y = forward(node, map(i -> values[i + 1], first(inputs))...)
    return call_nodes(all, Base.tail(nodes), Base.tail(inputs), (values..., y))
end

"""
    Reuse(i)

A node of [`Branches`](@ref) that calls node `i` again, with the same parameters.
"""
struct Reuse{I} end

Reuse(i::Integer) = Reuse{Int(i)}()

Functors.@leaf Reuse

# The layer that a node calls, and the number of the node whose parameters it uses.
called(node, nodes) = node
called(::Reuse{I}, nodes) where {I} = nodes[I]
owner(node, i) = i
owner(::Reuse{I}, i) where {I} = I

# ── Where branches meet ──────────────────────────────────────────────────────────────────

"""
    Merge(f)

A layer that joins several values, element by element, with a function of two: `+`, `-`,
`*`, `max` or `min`; or with [`mean_of`](@ref).
"""
struct Merge{F}
    f::F
end

Functors.@leaf Merge

(layer::Merge)(xs...) = foldl((x, y) -> layer.f.(x, y), xs)

"The mean of some arrays, element by element."
mean_of(xs...) = Merge(+)(xs...) ./ Float32(length(xs))

(::Merge{typeof(mean_of)})(xs...) = mean_of(xs...)

"""
    Concatenation(dims)

A layer that puts several values beside each other along a dimension.
"""
struct Concatenation
    dims::Int
end

Functors.@leaf Concatenation

(layer::Concatenation)(xs...) = cat(xs...; layer.dims)

Kernels.forward(layer::Union{Merge,Concatenation}, xs...) = layer(xs...)

const MERGES = (
    Add = Merge(+), Subtract = Merge(-), Multiply = Merge(*), Average = Merge(mean_of),
    Maximum = Merge(max), Minimum = Merge(min),
)

"The layer for an entry of a description that joins values; `nothing` for any other entry."
function merging_layer(config, rank)
    type = Symbol(config["type"])
    type === :Concatenate || return get(MERGES, type, nothing)
    # Keras's axes count the batch; Flux's images are (width, height, channels). Rows of
    # features have one dimension more here than in Keras, and join in the last alone.
    axis = Int(get(config, "axis", -1))
    axis = axis > 0 ? axis : axis + rank + 1
    return Concatenation(rank == 3 ? IMAGE_AXES[axis] : axis)
end

Kernels.outputsize(::Merge, sizes::Dims...) = map(max, sizes...)
Kernels.outputsize((; dims)::Concatenation, sizes::Dims...) = ntuple(
    d -> d == dims ? sum(size -> size[d], sizes) : first(sizes)[d], length(first(sizes))
)
function Kernels.outputsize(layer::Branches, input_size::Dims)
    sizes = Dims[input_size]
    for (node, inputs) in zip(layer.nodes, layer.inputs)
        given = (sizes[i + 1] for i in inputs)
        push!(sizes, outputsize(called(node, layer.nodes), given...))
    end
    return last(sizes)
end
Kernels.outputsize(model::Chain, input_size::Dims) =
    foldl((size, layer) -> outputsize(layer, size), model.layers; init = input_size)

# ── A description → layers ───────────────────────────────────────────────────────────────

# For each layer its name, for `Branches` a list with one for each node, and so on.
function branched_layers(description::AbstractVector, input_size::Dims, rng)
    places = Dict{String,Int}("" => 0)
    inputs, owners = Vector{Int}[], Int[]
    for (i, config) in enumerate(description)
        places[config["name"]] = i
        push!(inputs, Int[places[name] for name in config["inputs"]])
        push!(owners, haskey(config, "shares") ? owners[places[config["shares"]]] : i)
    end
    layers, names = Any[], Any[]
    row = Any[]  # layers that follow each other
    function finish_row!()
        found, found_names = row_of_layers(row, input_size, rng)
        append!(layers, found)
        append!(names, found_names)
        input_size = outputsize(Chain(found...), input_size)
        empty!(row)
    end
    for part in separate_parts(inputs, owners)
        if length(part) == 1
            push!(row, description[only(part)])
            continue
        end
        finish_row!()
        layer, layer_names = branches(description, inputs, owners, part, input_size, rng)
        push!(layers, layer)
        push!(names, layer_names)
        input_size = outputsize(layer, input_size)
    end
    finish_row!()
    return layers, names
end

# The ranges of layers between which a single value crosses, and no layer is called again.
function separate_parts(inputs, owners)
    ends, lowest = Int[], length(inputs)
    for i in length(inputs):-1:1
        lowest ≥ i && push!(ends, i)
        lowest = min(lowest, minimum(inputs[i]), owners[i] - 1)
    end
    ends = reverse(ends)
    return [(i == 1 ? 1 : ends[i - 1] + 1):ends[i] for i in eachindex(ends)]
end

# One `Branches` for a range of layers: rows of them become a `Chain` each.
function branches(description, inputs, owners, part, input_size, rng)
    uses = Dict{Int,Int}()
    foreach(i -> uses[i] = get(uses, i, 0) + 1, Iterators.flatten(inputs[part]))
    reused = Set(owners[i] for i in part if owners[i] != i)
    # A layer of a row: only the next one takes its output, and it is called once.
    alone(i) = owners[i] != i || i in reused ||
        merging_layer(description[i], length(input_size)) !== nothing
    nodes, node_inputs, names, sizes = Any[], Any[], Any[], Dims[input_size]
    node_of = Dict{Int,Int}(first(part) - 1 => 0)  # the node that gives a layer's output
    i = first(part)
    while i ≤ last(part)
        taken = [node_of[k] for k in inputs[i]]
        given = Tuple(sizes[k + 1] for k in taken)
        layer = owners[i] == i ? merging_layer(description[i], length(first(given))) :
            Reuse(node_of[owners[i]])
        name = description[i]["name"]
        if layer === nothing
            row = Any[description[i]]
            while i < last(part) && inputs[i + 1] == [i] && get(uses, i, 0) == 1 &&
                !(alone(i) || alone(i + 1))
                i += 1
                push!(row, description[i])
            end
            found, name = row_of_layers(row, only(given), rng)
            layer = Chain(found...)
        end
        push!(nodes, layer)
        push!(node_inputs, Tuple(taken))
        push!(names, name)
        push!(sizes, outputsize(called(layer, nodes), given...))
        node_of[i] = length(nodes)
        i += 1
    end
    return Branches(Tuple(nodes), Tuple(node_inputs)), names
end

random_layers!(found, layer::Branches) =
    foreach(node -> random_layers!(found, node), layer.nodes)

moving_averages(layer::Branches) = moving_averages(layer.nodes)

# ── On the kernels ───────────────────────────────────────────────────────────────────────

# The same, with each row of layers cut into segments. Each call of a row that is called
# several times has segments, and so buffers, of its own; `owners[i]` is the node with the
# parameters of node `i`.
struct BranchSegments
    nodes::Vector{Any}
    inputs::Vector{Any}
    owners::Vector{Int}
end

function Kernels.specialize(layer::Branches; lanes, input_gradient)
    owners = Int[owner(node, i) for (i, node) in enumerate(layer.nodes)]
    nodes = map(collect(Any, layer.nodes), layer.inputs) do node, inputs
        row = called(node, layer.nodes)
        row isa Chain || return row
        Segments(row; lanes, input_gradient = input_gradient || inputs != (0,))
    end
    return BranchSegments(nodes, collect(Any, layer.inputs), owners)
end

Kernels.pack!(layer::BranchSegments) =
    foreach(node -> node isa Segments && pack!(node), layer.nodes)

function Kernels.forward(layer::BranchSegments, x)
    values = Any[x]
    for (node, inputs) in zip(layer.nodes, layer.inputs)
        push!(values, forward(node, (values[i + 1] for i in inputs)...))
    end
    return last(values)
end

function Kernels.layer_pullback(layer::BranchSegments, x; input_gradient::Bool)
    values, pullbacks = Any[x], Any[]
    for (node, inputs) in zip(layer.nodes, layer.inputs)
        y, back = node_pullback(node, (values[i + 1] for i in inputs)...)
        push!(values, y)
        push!(pullbacks, back)
    end
    return last(values), dy -> branches_backward(layer, pullbacks, dy)
end

function branches_backward(layer, pullbacks, dy)
    n = length(pullbacks)
    d, gradients = Vector{Any}(nothing, n + 1), Vector{Any}(nothing, n)
    d[end] = dy
    for i in n:-1:1
        k = layer.owners[i]
        gradient, found = pullbacks[i](d[i + 1])
        gradients[k] = Zygote.accum(gradients[k], gradient)
        for (j, dj) in zip(layer.inputs[i], found)
            dj === nothing && continue
            d[j + 1] = d[j + 1] === nothing ? dj : d[j + 1] .+ dj
        end
    end
    return ((; nodes = Tuple(gradients), inputs = nothing),), first(d)
end

function node_pullback(node::Segments, x)
    y, back = full_pullback(node, x)
    return y, function (dy)
        layers, dx = back(dy)
        return (; layers = Tuple(layers)), (dx,)
    end
end

function node_pullback(node, xs...)
    y, back = Zygote.pullback(node, xs...)
    return y, dy -> (nothing, back(dy))
end

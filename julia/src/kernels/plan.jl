# Which layers of a network can be computed together: convolutions, and the dense layers
# after them.

"""
    SegmentPlan(layers, start = 1)

The longest run of layers with kernels that begins at `layers[start]`, or `nothing` if
that has none. `convs` and `dense` are the numbers in the run of those that have weights:
a pooling belongs to the convolution before it.
"""
struct SegmentPlan
    layers::Vector{Any}
    convs::Vector{Int}
    dense::Vector{Int}
    flat::Bool  # whether features come out, not images
end

function SegmentPlan(layers::Vector{Any}, start::Int = 1)
    i, n, convs, dense = start, length(layers), Int[], Int[]
    while i ≤ n && has_conv_kernel(layers[i])
        push!(convs, i - start + 1)
        i += i < n && is_2x2_pooling(layers[i + 1]) ? 2 : 1
    end
    flat = i ≤ n && layers[i] === flatten_hwc
    i += flat
    while (flat || isempty(convs)) && i ≤ n && has_dense_kernel(layers[i])
        push!(dense, i - start + 1)
        i += 1
    end
    isempty(convs) && isempty(dense) && return nothing
    return SegmentPlan(layers[start:(i - 1)], convs, dense, flat || isempty(convs))
end

has_conv_kernel(layer) = false
has_conv_kernel(
    c::Conv{2,4,<:Union{typeof(identity),typeof(relu)},<:Array{Float32,4}}
) = c.stride == (1, 1) && c.dilation == (1, 1) && c.groups == 1

is_2x2_pooling(layer) = false
is_2x2_pooling(p::MaxPool{2}) = p.k == (2, 2) && p.stride == (2, 2) && all(iszero, p.pad)

# The convolutions of a plan for images of that size.
function fused_convs(plan::SegmentPlan, image_size, lanes)
    convs = FusedConv[]
    for i in plan.convs
        pooled = i < length(plan.layers) && is_2x2_pooling(plan.layers[i + 1])
        pool = pooled ? plan.layers[i + 1] : nothing
        conv = FusedConv(plan.layers[i], pool, image_size; lanes)
        push!(convs, conv)
        image_size = (conv.output..., conv.filters)
    end
    return convs
end

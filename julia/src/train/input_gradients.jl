# Gradients for the samples: what would change a loss, or the score of a class.

"""
    ClassScore()

In the place of a loss: the output that the target names, before a softmax or sigmoid at the
end of the model.
"""
struct ClassScore end

sample_losses(::ClassScore, ŷ, labels) = sum(encode(labels, ŷ) .* ŷ; dims = 1)
sample_losses_pullback(loss::ClassScore, ŷ, labels) =
    sample_losses(loss, ŷ, labels), factors -> Float32.(encode(labels, ŷ)) .* factors

# Whichever head there is.
split_head(model, last_layer, ::ClassScore) =
    split_head(model, last_layer, score_loss(last_layer))
score_loss(last_layer) = logitcrossentropy
score_loss(::Union{Base.Fix1{typeof(broadcast),typeof(sigmoid)},Dense{typeof(sigmoid)}}) =
    logitbinarycrossentropy

"""
    input_gradients(model, images, targets; loss = logitcrossentropy, batchsize = 256)

For each sample the gradient of its loss, or with `loss = ClassScore()` of the score of its
class, as an array like `images`, on the CPU. The model computes as in prediction: no layer
is random, and nothing in the model changes. Bytes count as the floats that the model gets.

# Examples
```jldoctest
julia> model = Chain(Dense(Float32[1 2; 3 4]), softmax);

julia> x = zeros(Float32, 2, 1);

julia> PyFlux.input_gradients(model, x, [2]; loss = PyFlux.ClassScore())
2×1 Matrix{Float32}:
 3.0
 4.0
```
"""
function input_gradients(
    model::Chain, images, targets;
    loss = logitcrossentropy, batchsize::Integer = 256, lanes = default_lanes(),
)
    body, _ = split_head(model, loss)
    batches = Batches(images, targets; scale_bytes = scales_bytes(model))
    collector = OutputCollector(length(batches))
    in_test_mode(body) do
        network = images isa AnyGPUArray ? body :
            Segments(body; lanes, input_gradient = true)
        for positions in Iterators.partition(1:length(batches), batchsize)
            check_interrupt()
            indices = sample_indices(batches, positions)
            x, y = gather!(batches.buffer, indices), gather(batches.targets, indices)
            ŷ, back = input_pullback(network, x)
            losses, loss_back = sample_losses_pullback(loss, ŷ, y)
            dx = back(loss_back(fill!(similar(losses), 1)))
            collect!(collector, positions, dx === nothing ? zero(x) : dx)
        end
    end
    return to_cpu(collector.array)
end

# The outputs of a batch, and a function from their gradient to that of the batch.
function input_pullback(segments::Segments, x)
    ŷ, back = full_pullback(segments, x)
    return ŷ, dŷ -> last(back(dŷ))
end

function input_pullback(model::Chain, x)
    ŷ, back = Zygote.pullback(x -> forward(model, x), x)
    return ŷ, dŷ -> only(back(dŷ))
end

"""
    in_test_mode(f, model)

Return `f()`, during which no layer of the model takes a gradient for a sign of training.
"""
function in_test_mode(f, @nospecialize(model))
    layers = filter(layer -> hasproperty(layer, :active), Flux.modules(model))
    modes = map(layer -> layer.active, layers)
    try
        foreach(layer -> layer.active = false, layers)
        return f()
    finally
        foreach((layer, mode) -> layer.active = mode, layers, modes)
    end
end

# Loss and outputs without training.

"""
    evaluate(state, images, targets; batchsize = 256, sample_weights, from_features = false)

The loss, with penalties, and the outputs for all samples; arguments as in `train!`.
Returns an [`EvaluationResult`](@ref).
"""
function evaluate(
    state::TrainState, images, targets;
    batchsize::Integer = 256, sample_weights = nothing, from_features::Bool = false,
)
    batches = Batches(images, targets; sample_weights, state.scale_bytes)
    results = ResultCollector(batches, batchsize)
    pack!(state)
    regularisation = penalty(state)
    for positions in Iterators.partition(1:length(batches), batchsize)
        check_interrupt()
        x, y, w = load_batch(state, batches, positions, positions; from_features)
        ŷ = trained_outputs(state, x)
        loss = mean_loss(state.loss, ŷ, y, w) .+ regularisation
        collect!(results, positions, ŷ, loss)
    end
    return EvaluationResult(results, state)
end

# Images of two classes, of which the left or the right half is bright, and a small network.
function halves(n; rng = Xoshiro(1))
    labels = rand(rng, 1:2, n)
    images = [UInt8(150 * ((w > 3) == (y > 1)) + rand(rng, 0:100))
              for w in 1:6, h in 1:5, c in 1:1, y in labels]
    return images, labels
end

function small(seed = 0)
    init = Flux.glorot_uniform(Xoshiro(seed))
    return Chain(
        Conv((3, 3), 1 => 4, relu; init), MaxPool((2, 2)), Flux.flatten,
        Dense(8 => 2; init), softmax,
    )
end

trainables(state) = Flux.trainables(state.model)

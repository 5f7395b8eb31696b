# SimpleChains, as in its own MNIST example: parameters in one vector, `train_batched!` on
# all threads.

using SimpleChains

include("job.jl")

function main()
    version = string(pkgversion(SimpleChains))
    report("versions", Dict("Julia" => string(VERSION), "SimpleChains" => version))
    report("threads", Threads.nthreads())
    x, digits = read_samples()
    y = UInt32.(digits .+ 1)
    net = SimpleChain(
        (static(28), static(28), static(1)),
        SimpleChains.Conv(SimpleChains.relu, (3, 3), 16),
        SimpleChains.MaxPool(2, 2),
        SimpleChains.Conv(SimpleChains.relu, (3, 3), 32),
        SimpleChains.MaxPool(2, 2),
        Flatten(3),
        TurboDense(identity, 10),
    )
    p = SimpleChains.init_params(net)
    optimizer = SimpleChains.ADAM(0.001f0)
    train!(indices, epochs) = begin
        loss = SimpleChains.add_loss(net, LogitCrossEntropyLoss(y[indices]))
        gradients = SimpleChains.alloc_threaded_grad(loss)
        images = x[:, :, :, indices]
        @elapsed SimpleChains.train_batched!(
            gradients, p, loss, images, optimizer, epochs; batchsize = job["batch_size"],
        )
    end
    train!(warmup_range(), 1)
    # One call trains all epochs: Adam's state does not outlive it.
    seconds = train!(axes(x, 4), job["epochs"]) / job["epochs"]
    foreach(_ -> report("seconds", seconds), 1:job["epochs"])
    loss = SimpleChains.add_loss(net, LogitCrossEntropyLoss(y))
    report("loss", SimpleChains.accuracy_and_loss(loss, x, p)[2])
end

main()

# What both Julia workers do: take the job, read the samples, tell what was measured. See job.py.

import JSON

const job = JSON.parse(ARGS[1])

tell(measure, value) = println(JSON.json(Dict("measure" => measure, "value" => value)))

# Images of (N, height, width, channels) as Julia's (width, height, channels, N), in [0, 1]; labels from 0.
function samples()
    n, height, width, channels = job["shape"]
    x = read!(job["images"], Array{UInt8}(undef, channels, width, height, n))
    y = read!(job["labels"], Vector{UInt8}(undef, n))
    return permutedims(x, (2, 3, 1, 4)) ./ 255.0f0, y
end

# As many samples as have every shape of batch: two whole batches and the rest of an epoch.
warmup() = 1:min(job["shape"][1], 2 * job["batch_size"] + job["shape"][1] % job["batch_size"])

# What both Julia workers do: take the job, read the samples, report measurements. See
# job.py.

import JSON

const job = JSON.parse(ARGS[1])

report(measure, value) = println(JSON.json(Dict("measure" => measure, "value" => value)))

# Images (N, height, width, channels) as Julia's (width, height, channels, N), in [0, 1];
# labels from 0.
function read_samples()
    n, height, width, channels = job["shape"]
    x = read!(job["images"], Array{UInt8}(undef, channels, width, height, n))
    y = read!(job["labels"], Vector{UInt8}(undef, n))
    return permutedims(x, (2, 3, 1, 4)) ./ 255.0f0, y
end

# Samples that make batches of every size in an epoch: two whole batches and its last one.
function warmup_range()
    n, batchsize = job["shape"][1], job["batch_size"]
    return 1:min(n, 2 * batchsize + n % batchsize)
end

# One of the processes of data_parallel.jl.
using Serialization
include("mpi_jobs.jl")

const GROUP = PyFlux.process_group()

if ARGS[1] == "train"
    for name in sort(collect(keys(JOBS)))
        # Only the first begins with the weights of the job: the others get them from it.
        result = JOBS[name](state -> begin
            GROUP.rank == 0 || foreach(w -> w .= 0, Flux.trainables(state.model))
            PyFlux.DataParallel(state, GROUP)
        end)
        serialize(joinpath(ARGS[2], "$name-$(GROUP.rank)"), result)
    end
    @assert PyFlux.broadcast_value(GROUP, GROUP.rank + 5) == 5
else
    fail(state) = begin
        trainer = PyFlux.DataParallel(state, GROUP)
        GROUP.rank == 0 && return trainer
        ARGS[1] == "throw" && error("on purpose")
        ccall(:raise, Cint, (Cint,), 9)
    end
    JOBS["convolution"](fail)
    println("trained on")
end

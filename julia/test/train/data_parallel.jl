# Training in several processes, on the CPU. They run helpers/mpi_worker.jl, with the
# mpiexec that belongs to MPI.jl. (MPIPreferences is a dependency of the tests so that the
# MPI which is configured on this machine counts in their environment too.)
using MPI: MPI
using Serialization: deserialize

# By default Open MPI does not run as the superuser, as containers do, nor more processes
# than there are cores.
const MPI_SETTINGS = (
    "OMPI_ALLOW_RUN_AS_ROOT" => "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM" => "1",
    "OMPI_MCA_rmaps_base_oversubscribe" => "1",
    "OMPI_MCA_btl_vader_single_copy_mechanism" => "none",
    "PRTE_MCA_rmaps_default_mapping_policy" => ":oversubscribe",
)

function run_processes(n, job, arguments...; seconds = 300)
    worker = joinpath(@__DIR__, "helpers", "mpi_worker.jl")
    project = Base.active_project()
    julia = `$(Base.julia_cmd()) --startup-file=no --threads=1 --project=$project`
    command = `$(MPI.mpiexec()) -n $n $julia $worker $job $arguments`
    command = ignorestatus(addenv(command, MPI_SETTINGS...))
    out = IOBuffer()
    process = run(pipeline(command; stdout = out, stderr = out); wait = false)
    if timedwait(() -> process_exited(process), seconds) !== :ok
        kill(process)
        error("the processes do not end: $(String(take!(out)))")
    end
    return process.exitcode, String(take!(out))
end

include("helpers/mpi_jobs.jl")

works = try
    success(addenv(`$(MPI.mpiexec()) -n 1 true`, MPI_SETTINGS...))
catch e
    e isa Base.IOError || rethrow()
    false
end

if works
    @testset "$n processes give the weights and results of one" for n in (2, 4)
        folder = mktempdir()
        code, text = run_processes(n, "train", folder)
        code == 0 || @error text  # Open MPI may print warnings all the same
        @test code == 0
        for name in keys(JOBS)
            alone = JOBS[name](identity)
            for rank in 0:(n - 1)
                found = open(deserialize, joinpath(folder, "$name-$rank"))
                @test found.loss ≈ alone.loss rtol = 1e-4
                @test found.outputs ≈ alone.outputs atol = 1e-4
                @test all(isapprox.(found.weights, alone.weights; atol = 1e-4, rtol = 1e-3))
            end
        end
    end

    @testset "a process that fails ends the others" begin
        for how in ("throw", "kill")
            code, text = run_processes(2, how)
            @test code != 0
            @test !occursin("trained on", text)
        end
    end
else
    @info "Skipped: the mpiexec that belongs to MPI.jl cannot be run here."
    @test_skip works
end

@testset "parts of a batch are equal, and together all of it" begin
    state = TrainState(Chain(Dense(2 => 2)))
    for n in (1, 3, 10), processes in 1:4
        parts = map(0:(processes - 1)) do rank
            group = PyFlux.ProcessGroup(nothing, rank, processes)
            PyFlux.shard(PyFlux.DataParallel(state, group, Ref{Any}()), 5:(4 + n))
        end
        @test reduce(vcat, parts) == 5:(4 + n)
        @test maximum(length, parts) - minimum(length, parts) ≤ 1
    end
end

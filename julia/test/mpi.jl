# Training in several processes, on the CPU. The processes run mpi_worker.jl, by the mpiexec that MPI.jl goes with.
# MPIPreferences is there so that the MPI chosen for this machine counts in the environment of the tests too.
using MPI: MPI
using Serialization: deserialize

# Open MPI does not run for the superuser, as whom containers run, nor more processes than cores, unless told to.
const TOLD = (
    "OMPI_ALLOW_RUN_AS_ROOT" => "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM" => "1", "OMPI_MCA_rmaps_base_oversubscribe" => "1",
    "OMPI_MCA_btl_vader_single_copy_mechanism" => "none", "PRTE_MCA_rmaps_default_mapping_policy" => ":oversubscribe",
)

function processes(n, job, arguments...; seconds = 300)
    worker = joinpath(@__DIR__, "mpi_worker.jl")
    command = `$(MPI.mpiexec()) -n $n $(Base.julia_cmd()) --startup-file=no --threads=1 --project=$(Base.active_project()) $worker $job $arguments`
    out = IOBuffer()
    process = run(pipeline(ignorestatus(addenv(command, TOLD...)); stdout = out, stderr = out); wait = false)
    timedwait(() -> process_exited(process), seconds) === :ok || (kill(process); error("a hang: $(String(take!(out)))"))
    return process.exitcode, String(take!(out))
end

include("mpi_jobs.jl")

works = try
    success(addenv(`$(MPI.mpiexec()) -n 1 true`, TOLD...))
catch e
    e isa Base.IOError || rethrow()
    false
end

if works
    @testset "$n processes end with the weights of one, and see the same" for n in (2, 4)
        folder = mktempdir()
        code, text = processes(n, "train", folder)
        code == 0 || @error text  # Open MPI may warn of something all the same
        @test code == 0
        for name in keys(JOBS)
            alone = JOBS[name](identity)
            for rank in 0:(n - 1)
                found = open(deserialize, joinpath(folder, "$name-$rank"))
                @test found.loss ≈ alone.loss rtol = 1e-4
                @test found.outputs ≈ alone.outputs atol = 1e-4
                @test all(isapprox(a, b; atol = 1e-4, rtol = 1e-3) for (a, b) in zip(found.weights, alone.weights))
            end
        end
    end

    @testset "a process that fails ends the others" begin
        for how in ("throw", "kill")
            code, text = processes(2, how)
            @test code != 0
            @test !occursin("trained on", text)
        end
    end
else
    @info "Skipped: the mpiexec that MPI.jl goes with cannot be run here."
    @test_skip works
end

module MPIExt

using Flux: DistributedUtils, MPIBackend, NCCLBackend, Flux
using MPI: MPI
using PyFlux: PyFlux, Group

function PyFlux.join_mpi()
    if !MPI.Initialized()
        # Not MPI's own hook: it waits for the others also where this process fails under Python, which tells Julia
        # nothing of it.
        MPI.Init(; finalize_atexit = false)
        atexit(code -> code == 0 && !MPI.Finalized() && MPI.Finalize())
    end
    # NCCL is loaded by those who want it; it sets up MPI for what is not on a GPU.
    T = Base.get_extension(Flux, :FluxMPINCCLExt) === nothing ? MPIBackend : NCCLBackend
    DistributedUtils.initialized(T) || DistributedUtils.initialize(T)
    backend = DistributedUtils.get_distributed_backend(T)
    return Group(backend, DistributedUtils.local_rank(backend), DistributedUtils.total_workers(backend))
end

PyFlux.abort(::Group, code = 1) = MPI.Abort(MPI.COMM_WORLD, code)

end

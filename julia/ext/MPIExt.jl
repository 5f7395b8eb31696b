module MPIExt

using Flux: DistributedUtils, MPIBackend, NCCLBackend, Flux
using MPI: MPI
using PyFlux: PyFlux, ProcessGroup

function PyFlux.join_mpi()
    if !MPI.Initialized()
        # Not MPI's own exit hook, which waits for the other processes even if this one
        # fails: under Python Julia does not see the failure.
        MPI.Init(; finalize_atexit = false)
        atexit(code -> code == 0 && !MPI.Finalized() && MPI.Finalize())
    end
    # NCCL is used where it is loaded; it sets up MPI for what is not on a GPU.
    has_nccl = Base.get_extension(Flux, :FluxMPINCCLExt) !== nothing
    T = has_nccl ? NCCLBackend : MPIBackend
    DistributedUtils.initialized(T) || DistributedUtils.initialize(T)
    backend = DistributedUtils.get_distributed_backend(T)
    rank = DistributedUtils.local_rank(backend)
    return ProcessGroup(backend, rank, DistributedUtils.total_workers(backend))
end

PyFlux.abort(::ProcessGroup, code = 1) = MPI.Abort(MPI.COMM_WORLD, code)

end

# Ending a call that takes long, from another thread.

"Set to another number than 0, it ends the training, evaluation or prediction that runs."
const INTERRUPT = Threads.Atomic{Int32}(0)

"""
    check_interrupt()

Throw an `InterruptException` if [`INTERRUPT`](@ref) is set. It is called before each batch,
so that a model is never left between two steps.
"""
check_interrupt() = INTERRUPT[] == 0 ? nothing : throw(InterruptException())

# Work for all threads, cut the same way each time, so that the same work gives the same bits.

"What thread `t` has to do of `n`."
share(t, n) = ((t - 1) * n ÷ Threads.nthreads() + 1):(t * n ÷ Threads.nthreads())

# Multiplications that are done before other threads have heard of them.
const LITTLE = 500_000

"Calls `f(t, share(t, n))` for every thread that has something to do, or `f(1, 1:n)` where it is `little`."
function each_thread(f, n; little = n == 1)
    n == 0 && return nothing
    (Threads.nthreads() == 1 || little) && !precompiling() && return f(1, 1:n)
    # The caller does the first share itself, whatever its thread: it may be another program's. A task's code is not the
    # caller's, so that what compiles ahead, and has only one thread, starts one all the same.
    first_task = precompiling() ? 1 : 2
    tasks = [Threads.@spawn(f(t, share(t, n))) for t in first_task:Threads.nthreads() if !isempty(share(t, n))]
    try
        isempty(share(1, n)) || f(1, share(1, n))
    finally
        foreach(wait, tasks)
    end
    return nothing
end

precompiling() = ccall(:jl_generating_output, Cint, ()) == 1

"Calls `f(k)` for every sample."
each_sample(f, n) = each_thread((_, samples) -> foreach(f, samples), n)

"Calls `f(t)` for every thread."
on_threads(f) = each_thread((t, _) -> f(t), Threads.nthreads())

# Work for all threads, cut the same way each time, so that the same work gives the same bits.

"What thread `t` has to do of `n`."
share(t, n) = ((t - 1) * n ÷ Threads.nthreads() + 1):(t * n ÷ Threads.nthreads())

# Multiplications that are done before other threads have heard of them.
const LITTLE = 500_000

"Calls `f(t, share(t, n))` on every thread that has something to do, or `f(1, 1:n)` where it is `little`."
function each_thread(f, n; little = n == 1)
    n == 0 && return nothing
    # A thread's code is not the caller's: what compiles ahead has only one thread, and must go both ways all the same.
    (Threads.nthreads() == 1 || little) && !precompiling() && return f(1, 1:n)
    Threads.@threads :static for t in 1:Threads.nthreads()
        isempty(share(t, n)) || f(t, share(t, n))
    end
    return nothing
end

precompiling() = ccall(:jl_generating_output, Cint, ()) == 1

"Calls `f(t)` on every thread."
on_threads(f) = each_thread((t, _) -> f(t), Threads.nthreads())

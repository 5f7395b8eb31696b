# Work for all threads, divided the same way each time, so that the same work gives the
# same bits.

"The part of `1:n` that belongs to thread `t`."
thread_range(t, n) = ((t - 1) * n ÷ Threads.nthreads() + 1):(t * n ÷ Threads.nthreads())

# Below this many multiplications, starting threads costs more than it saves.
const SERIAL_WORK = 500_000

"""
    each_thread(f, n; serial = n == 1)

Call `f(t, thread_range(t, n))` for every thread whose range is not empty, or `f(1, 1:n)`
if `serial`.
"""
function each_thread(f, n; serial = n == 1)
    n == 0 && return nothing
    (Threads.nthreads() == 1 || serial) && !precompiling() && return f(1, 1:n)
    # The caller does the first part itself: its thread may belong to another program. A
    # task compiles its own copy of `f`, so precompilation, which has one thread, starts a
    # task too.
    first_task = precompiling() ? 1 : 2
    busy = filter(t -> !isempty(thread_range(t, n)), first_task:Threads.nthreads())
    tasks = [Threads.@spawn(f(t, thread_range(t, n))) for t in busy]
    try
        isempty(thread_range(1, n)) || f(1, thread_range(1, n))
    finally
        foreach(wait, tasks)
    end
    return nothing
end

precompiling() = ccall(:jl_generating_output, Cint, ()) == 1

"Call `f(k)` for every sample from 1 to `n`."
each_sample(f, n) = each_thread((_, samples) -> foreach(f, samples), n)

"Call `f(t)` for every thread."
on_threads(f) = each_thread((t, _) -> f(t), Threads.nthreads())

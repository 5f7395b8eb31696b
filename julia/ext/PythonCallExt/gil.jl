# Python's global interpreter lock, and the wait for the next call.
#
# One thread of Python makes all calls of pyflux. Between two calls it waits in Julia, with
# Python's lock released: so it serves Julia's event loop, on which printing, sleeping and
# reading files depend in other threads. Python sends `CALLS` when there is something to do.

const CALLS = Ref{Base.AsyncCondition}()

"""
    without_gil(f)

Release Python's lock, return `f()`, and take the lock again.

A garbage collection waits for all threads that run Julia. One that waits for Python's lock
must not be among them: the lock's holder may be what collects.
"""
function without_gil(@nospecialize(f))
    thread = PythonCall.C.PyEval_SaveThread()
    try
        return f()
    finally
        ptls = ccall(:jl_get_ptls_states, Ptr{Cvoid}, ())
        state = ccall(:jl_gc_safe_enter, Int8, (Ptr{Cvoid},), ptls)
        PythonCall.C.PyEval_RestoreThread(thread)
        ccall(:jl_gc_safe_leave, Cvoid, (Ptr{Cvoid}, Int8), ptls, state)
    end
end

"Wait until Python sends `CALLS`."
wait_for_call() = without_gil(() -> (wait(CALLS[]); nothing))

"""
    addresses()

For calls from Python that do not enter Julia: of `uv_async_send` and its argument, of
`jl_gc_safe_enter` and its argument for this thread, and of the flag of `check_interrupt`.
"""
function addresses()
    CALLS[] = Base.AsyncCondition()
    pointers = (
        cglobal(:uv_async_send), CALLS[].handle, cglobal(:jl_gc_safe_enter),
        ccall(:jl_get_ptls_states, Ptr{Cvoid}, ()),
        pointer_from_objref(PyFlux.INTERRUPT),
    )
    return map(p -> Int(UInt(p)), pointers)
end

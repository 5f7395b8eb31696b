# PyFlux for programs in other languages: one C function, which takes the name of a call and
# its arguments, and gives the answer. Arguments and answers are 64-bit words. A value
# begins with a word that says what it is:
#
#     0  nothing
#     1  an integer         itself
#     2  a float            the bits of a Float64
#     3  true or false      1 or 0
#     4  text               the number of bytes of UTF-8, their address
#     5  an array           its type, the number of axes, their lengths in row-major order,
#                           its address
#     6  an object          the number under which Julia keeps it
#     7  a list             the length, then each value
#     8  an error           two texts: its type and the message
#     9  a dictionary       the length, then for each entry its name, a text, and its value
#
# A caller's arrays are read in place, and must live while they are in use. What an answer
# points to is valid until the next call.

const NOTHING, WHOLE, NUMBER, BOOL, TEXT, ARRAY, OBJECT, LIST, ERROR, DICTIONARY = 0:9

"The types of arrays, by their number from 0."
const TYPES = (UInt8, Int32, Int64, Float32, Float64)

"What can be called, by its name."
const CALLS = Dict{String,Any}(
    # devices
    "device" => device, "precision!" => set_precision!, "is_gpu" => is_gpu,
    "device_name" => device_name,
    # a network
    "chain" => (device, description) -> to_device(device, chain(description)),
    "weights" => RowMajor.weights, "setweights!" => RowMajor.set_weights!,
    "Predictor" => Predictor, "learner" => RowMajor.train_state,
    # training and prediction
    "lend" => RowMajor.DeviceData,
    "train!" => (arguments...) -> loss_and_outputs(RowMajor.train!(arguments...)),
    "evaluate" => (arguments...) -> loss_and_outputs(RowMajor.evaluate(arguments...)),
    "predictions" => RowMajor.predict, "features" => RowMajor.features,
    "gradients" => RowMajor.gradients, "moments" => RowMajor.optimiser_slots,
    "setmoments!" => RowMajor.set_optimiser_slots!,
    # several processes
    "group" => process_group, "rank" => group -> group.rank, "size" => group -> group.size,
    "same" => broadcast_value, "Shared" => DataParallel, "abort" => abort,
    # this process
    "versions" => versions, "places" => julia_paths, "allocated" => Base.gc_bytes,
    "forget" => numbers -> foreach(n -> delete!(OBJECTS, n), numbers),
)

loss_and_outputs(result) = (; result.loss, result.outputs)

# What callers have a number for.
const OBJECTS = Dict{Int,Any}()
const COUNT = Ref(0)

# The answer, and what it points to.
struct Answer
    words::Vector{Int}
    kept::Vector{Any}
end

const ANSWER = Answer(Int[], Any[])

# ── Arguments ────────────────────────────────────────────────────────────────────────────

mutable struct Words
    at::Ptr{Int}
end

next!(w::Words) = (word = unsafe_load(w.at); w.at += sizeof(Int); word)

function value!(w::Words)
    kind = next!(w)
    kind == NOTHING && return nothing
    kind == WHOLE && return next!(w)
    kind == NUMBER && return reinterpret(Float64, next!(w))
    kind == BOOL && return next!(w) == 1
    kind == TEXT && return (bytes = next!(w); unsafe_string(Ptr{UInt8}(next!(w)), bytes))
    kind == ARRAY && return array!(w, TYPES[next!(w) + 1])
    kind == OBJECT && return OBJECTS[next!(w)]
    kind == LIST && return list!(w)
    kind == ERROR && return (ERROR, value!(w), value!(w))
    kind == DICTIONARY && return dictionary!(w)
    throw(ArgumentError("there is no kind $kind of values"))
end

function dictionary!(w::Words)
    found = Dict{String,Any}()
    for _ in 1:next!(w)
        name = value!(w)::String
        found[name] = value!(w)
    end
    return found
end

list!(w::Words) = Any[value!(w) for _ in 1:next!(w)]

function array!(w::Words, ::Type{T}) where {T}
    n = next!(w)
    n == 1 && return array!(w, T, Val(1))
    n == 2 && return array!(w, T, Val(2))
    n == 4 && return array!(w, T, Val(4))
    return array!(w, T, Val(n))
end

function array!(w::Words, ::Type{T}, ::Val{N}) where {T,N}
    shape = ntuple(_ -> next!(w), Val(N))
    return RowMajor.wrap(T, next!(w), shape)
end

# ── Answers ──────────────────────────────────────────────────────────────────────────────

send!(a::Answer, ::Nothing) = push!(a.words, NOTHING)
send!(a::Answer, x::Bool) = push!(a.words, BOOL, x)
send!(a::Answer, x::Integer) = push!(a.words, WHOLE, x)
send!(a::Answer, x::AbstractFloat) = push!(a.words, NUMBER, reinterpret(Int, Float64(x)))
send!(a::Answer, x::String) =
    (push!(a.kept, x); push!(a.words, TEXT, ncodeunits(x), Int(pointer(x))))
send!(a::Answer, x::AbstractString) = send!(a, String(x))
send!(a::Answer, x::Union{Tuple,NamedTuple,Vector{Any},Vector{<:Array}}) =
    (push!(a.words, LIST, length(x)); foreach(each -> send!(a, each), x))
send!(a::Answer, x::Dict) = (
    push!(a.words, DICTIONARY, length(x));
    foreach(each -> send!(a, each), Iterators.flatten(x))
)
send!(a::Answer, x) = (push!(a.words, OBJECT, COUNT[] += 1); OBJECTS[COUNT[]] = x)

function send!(a::Answer, x::Array{<:Union{TYPES...}})
    push!(a.kept, x)
    push!(a.words, ARRAY, findfirst(==(eltype(x)), TYPES) - 1, ndims(x))
    append!(a.words, reverse(size(x)))
    push!(a.words, Int(pointer(x)))
end

# ── The function ─────────────────────────────────────────────────────────────────────────

"Make the call of that name with these arguments, a list. It never throws."
function respond(name::String, arguments::Words)
    empty!(ANSWER.words)
    empty!(ANSWER.kept)
    try
        haskey(CALLS, name) || throw(ArgumentError("there is no call $name"))
        next!(arguments)
        send!(ANSWER, CALLS[name](list!(arguments)...))
    catch e
        empty!(ANSWER.words)
        push!(ANSWER.words, ERROR)
        send!(ANSWER, string(nameof(typeof(cause(e)))))
        send!(ANSWER, sprint(showerror, cause(e)))
    end
    return ANSWER
end

# What went wrong in a task that another one waited for.
cause(e) = e
cause(e::CompositeException) = cause(first(e.exceptions))
cause(e::TaskFailedException) = cause(e.task.exception)

"The answer to a call with these arguments, as a caller through C would see it."
function ask(name, arguments...)
    asked = Answer(Int[], Any[])
    send!(asked, arguments)
    return GC.@preserve asked arguments begin
        answer = respond(name, Words(pointer(asked.words)))
        value!(Words(pointer(answer.words)))
    end
end

function respond_c(name::Ptr{UInt8}, arguments::Ptr{Int})
    answer = respond(unsafe_string(name), Words(arguments)).words
    pushfirst!(answer, length(answer))
    return pointer(answer)
end

"""
    entry()

The addresses, as text, of the C function
`const int64_t *respond(const char *name, const int64_t *arguments)`, whose answer begins
with its length, and of the function that lets the calling thread wait outside of Julia, or
0: `int8_t jl_gc_safe_enter(void *)`, with its argument.
"""
function entry()
    respond = @cfunction(respond_c, Ptr{Int}, (Ptr{UInt8}, Ptr{Int}))
    wait = try
        cglobal(:jl_gc_safe_enter)
    catch  # a Julia that has it no more
        C_NULL
    end
    return join(UInt.((respond, wait, ccall(:jl_get_ptls_states, Ptr{Cvoid}, ()))), ' ')
end

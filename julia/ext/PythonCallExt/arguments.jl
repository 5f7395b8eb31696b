# Python's arrays, dictionaries and lists.

"""
    array(x::PyArray)

The memory of a column-major `PyArray` as an `Array`. Its owner must keep it alive: `x` lets
go of it, and cannot be used any more.
"""
function array(@nospecialize(x::PyArray))
    is_dense(x) || throw(ArgumentError(
        "an array must be column-major, got the strides $(strides(x)) for the size \
        $(size(x))",
    ))
    result = unsafe_wrap(Array, pointer(x), size(x))
    # Otherwise large arrays would live until Julia collects garbage.
    for name in (:py, :handle)
        hasfield(typeof(x), name) && PythonCall.pydel!(getfield(x, name))
    end
    return result
end

function array(x::Py)
    result = array(pyconvert(PyArray, x))
    PythonCall.pydel!(x)
    return result
end

# A dimension of length 1 may have any stride.
function is_dense(@nospecialize(x))
    expected = 1
    for (length, stride) in zip(size(x), strides(x))
        length == 1 || stride == expected || return false
        expected *= length
    end
    return true
end

arrays(values) = Any[array(x) for x in values]

"Copy a result into an array of the caller's, which may have other axes of length 1."
function copy_result!(out::Array, result::AbstractArray)
    length(out) == length(result) || throw(DimensionMismatch(
        "the result has the size $(size(result)), the array for it $(size(out))",
    ))
    copyto!(out, result)
    return nothing
end

function copy_all!(outputs, results)
    n, m = length(outputs), length(results)
    n == m || throw(DimensionMismatch("there are $m results, and arrays for $n"))
    foreach(copy_result!, outputs, results)
end

"""
    plain(x)

Python's dictionaries and lists as `Dict{String,Any}` and `Vector{Any}`, down to the numbers,
texts, Bools and `nothing` in them.
"""
plain(x) = x
plain(x::Py) = plain(pyconvert(Any, x))
plain(x::PyList) = Any[plain(each) for each in x]
plain(x::Tuple) = Any[plain(each) for each in x]
function plain(x::PyDict)
    found = Dict{String,Any}()
    for key in keys(x)  # not the pairs, whose types would be compiled at each first call
        found[pyconvert(String, key)] = plain(x[key])
    end
    return found
end

"Dictionaries and arrays as Python's, down to the numbers in them: the way back from `plain`."
python(x) = Py(x)
python(x::AbstractDict) = pydict(Pair{Py,Py}[Py(key) => python(value) for (key, value) in x])
python(x::Union{AbstractVector,Tuple}) = pylist(Py[python(each) for each in x])

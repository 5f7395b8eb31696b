# Saved models. The methods are in ext/SafeTensorsExt.jl.

"""
    save(path, model::Chain, input_size)

Write a model and its description to a safetensors file, which Python's `pyflux.load` opens
too. The file is written beside `path` first, then renamed. Needs `using SafeTensors`.
"""
function save end

"""
    load(path)

Read a model that `save`, or pyflux in Python, wrote, as a `Chain`. Throws an
`ArgumentError` if the file is no such model. Needs `using SafeTensors`.
"""
function load end

# For each array of a model the name of its tensor, "layer/kernel" say, where `names` has a
# name for each layer.
tensor_names(model::Chain, names) =
    [tensor_name(names[path.layer], path.keys.keys) for path in parameter_paths(model)]

tensor_name(name::AbstractString, keys) = string(name, '/', keras_name(keys))
# Names of `Branches`: keys such as (:nodes, 2, :layers, 1, :weight).
tensor_name(names::AbstractVector, (_, i, keys...)::Tuple) = tensor_name(names[i], keys)

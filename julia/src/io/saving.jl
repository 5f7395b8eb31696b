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
    [string(names[path.layer], '/', keras_name(path)) for path in parameter_paths(model)]

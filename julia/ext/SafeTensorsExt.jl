module SafeTensorsExt

using Flux: Chain
using JSON3: JSON3
using PyFlux: PyFlux, RowMajor, described_layers, description, named_layers, tensor_names
using Random: default_rng
using SafeTensors: SafeTensors

const FORMAT = 1

# Axes in reverse order: an array in Keras's layout as SafeTensors wants it, and back.
reversed(a) = permutedims(a, ndims(a):-1:1)
reversed(a::AbstractVector) = a

function PyFlux.save(path::AbstractString, model::Chain, input_size::Dims)
    names = tensor_names(model, last(described_layers(model, input_size)))
    tensors = Dict{String,Array}(names .=> reversed.(RowMajor.weights(model)))
    metadata = Dict(
        "format" => FORMAT, "name" => "sequential", "seed" => 0, "epochs_trained" => 0,
        "architecture" => description(model, input_size),
    )
    part = string(path, ".part")
    try
        SafeTensors.serialize(part, tensors, Dict("pyflux" => JSON3.write(metadata)))
        mv(part, path; force = true)
    finally
        rm(part; force = true)
    end
    return path
end

function PyFlux.load(path::AbstractString)
    isfile(path) || throw(ArgumentError("path: there is no file $path"))
    file = SafeTensors.deserialize(path)
    metadata = file.metadata === nothing ? nothing : get(file.metadata, "pyflux", nothing)
    metadata === nothing && throw(ArgumentError(
        "$path has no description of a network in it: give a file that pyflux has saved",
    ))
    architecture = JSON3.read(metadata, Dict{String,Any})["architecture"]
    layers, layer_names = named_layers(architecture, default_rng())
    model = Chain(layers...)
    names = tensor_names(model, layer_names)
    for name in names
        haskey(file, name) || throw(ArgumentError("$path has no tensor $name"))
    end
    RowMajor.set_weights!(model, [reversed(Array(file[name])) for name in names])
    return model
end

end

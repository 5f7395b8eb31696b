module SafeTensorsExt

using Flux: Chain
using JSON3: JSON3
using PyFlux: PyFlux, chain, description, setweights!, slots, weights
using SafeTensors: SafeTensors

const FORMAT = 1

# Axes in reverse order: a borrowed row-major array in the order that SafeTensors wants it, and back.
reversed(a) = permutedims(a, ndims(a):-1:1)
reversed(a::AbstractVector) = a

# Every trainable array as "layer/kernel" or "layer/bias". A layer in a description can be two in the model
# (its softmax apart), so the layers that have weights are counted.
function names(architecture, found)
    weighted = [layer["name"] for layer in architecture["layers"] if layer["type"] in ("Conv2D", "Dense")]
    numbers = unique(slot.layer for slot in found)
    return map(found) do slot
        string(weighted[findfirst(==(slot.layer), numbers)], slot.field === :weight ? "/kernel" : "/bias")
    end
end

function PyFlux.save(path::AbstractString, model::Chain, input_size::Dims)
    architecture, found = description(model, input_size), slots(model)
    tensors = Dict{String,Array}(names(architecture, found) .=> reversed.(weights(model)))
    about = Dict(
        "format" => FORMAT, "name" => "sequential", "seed" => 0, "epochs_trained" => 0,
        "architecture" => architecture,
    )
    beside = string(path, ".part")
    try
        SafeTensors.serialize(beside, tensors, Dict("pyflux" => JSON3.write(about)))
        mv(beside, path; force = true)
    finally
        rm(beside; force = true)
    end
    return path
end

function PyFlux.load(path::AbstractString)
    file = SafeTensors.deserialize(path)
    about = file.metadata === nothing ? nothing : get(file.metadata, "pyflux", nothing)
    about === nothing && throw(ArgumentError("$path has no description of a network in it"))
    architecture = JSON3.read(about, Dict{String,Any})["architecture"]
    model = chain(architecture)
    wanted = names(architecture, slots(model))
    for name in wanted
        haskey(file, name) || throw(ArgumentError("$path has no tensor $name"))
    end
    setweights!(model, [reversed(Array(file[name])) for name in wanted])
    return model
end

end

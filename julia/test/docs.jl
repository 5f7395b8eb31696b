# Every example in a docstring gives what it says. An example is what follows `julia>` up to its output.
function examples(path)
    found = Pair{Vector{String},String}[]
    for block in eachmatch(r"```jldoctest\n(.*?)```"s, read(path, String))
        inputs, outputs = String[], String[]
        for part in split(block[1], "julia> "; keepempty = false)
            lines = split(chomp(part), '\n')
            input = findall(!startswith("       "), lines)
            last_input = length(input) > 1 && input[2] > 2 ? input[2] - 1 : 1
            push!(inputs, join(lines[1:last_input], '\n'))
            push!(outputs, strip(join(lines[(last_input + 1):end], '\n')))
        end
        push!(found, inputs => last(outputs))
    end
    return found
end

sources = [joinpath(root, file) for (root, _, files) in walkdir(joinpath(@__DIR__, "..", "src")) for file in files]

@testset "$(basename(path))" for path in sources, (inputs, expected) in examples(path)
    sandbox = Module()
    Core.eval(sandbox, :(using Flux, PyFlux))
    value = nothing
    for input in inputs
        value = Base.include_string(sandbox, input)
    end
    shown = sprint(show, MIME("text/plain"), value; context = (:limit => true, :module => sandbox))
    @test replace(strip(shown), r" +\n" => "\n") == expected
end

@test sum(length ∘ examples, sources) ≥ 12

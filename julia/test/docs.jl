# Every example in a docstring gives what it says. An example is what follows `julia>`, up
# to its output.
function examples(path)
    found = Pair{Vector{String},String}[]
    for block in eachmatch(r"```jldoctest\n(.*?)```"s, read(path, String))
        inputs, outputs = String[], String[]
        for part in split(block[1], "julia> "; keepempty = false)
            lines = split(chomp(part), '\n')
            output = findnext(!startswith("       "), lines, 2)
            output = something(output, length(lines) + 1)
            push!(inputs, join(lines[1:(output - 1)], '\n'))
            push!(outputs, strip(join(lines[output:end], '\n')))
        end
        push!(found, inputs => last(outputs))
    end
    return found
end

tree = walkdir(joinpath(@__DIR__, "..", "src"))
sources = [joinpath(folder, file) for (folder, _, files) in tree for file in files]

@testset "$(basename(path))" for path in sources, (inputs, expected) in examples(path)
    sandbox = Module()
    Core.eval(sandbox, :(using Flux, PyFlux))
    value = nothing
    for input in inputs
        value = Base.include_string(sandbox, input)
    end
    context = (:limit => true, :module => sandbox)
    shown = sprint(show, MIME("text/plain"), value; context)
    @test replace(strip(shown), r" +\n" => "\n") == expected
end

@test sum(length ∘ examples, sources) ≥ 12

# Each file tests the source of the same name. Arguments choose some of them, by the
# beginnings of their paths: Pkg.test("PyFlux"; test_args = ["layers", "train/losses"]).
using Random, Test

# Files in folders named `helpers` are included by others.
function test_files()
    paths = [joinpath(folder, file) for (folder, _, files) in walkdir(@__DIR__)
             for file in files if endswith(file, ".jl") && basename(folder) != "helpers"]
    names = sort!(replace.(relpath.(paths, @__DIR__), '\\' => '/'))
    return filter(!=("runtests.jl"), names)
end

is_chosen(name) = isempty(ARGS) || any(argument -> startswith(name, argument), ARGS)

@testset "PyFlux" begin
    for (i, name) in enumerate(test_files())
        is_chosen(name) || continue
        Random.seed!(0)  # for what draws without a seed of its own
        # A module for each, so that none depends on another's names.
        @testset "$name" begin
            @eval module $(Symbol("Test", i))
            using Flux, PyFlux, Random, Test
            include($(joinpath(@__DIR__, name)))
            end
        end
    end
end

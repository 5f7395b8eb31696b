using Random, Test

# Each file tests the source of the same name. Names on the command line choose some of them:
# Pkg.test("PyFlux"; test_args = ["pooling", "idx"]).
const FILES = ["pooling", "noise", "seeded", "layers", "rules", "batches", "training", "pieces", "adam", "devices", "jlarrays", "mpi", "metrics", "idx", "rowmajor", "calls", "saving", "script", "docs", "aqua"]

# So that what draws without a seed of its own draws the same each time.
Random.seed!(0)

@testset "PyFlux" begin
    for name in FILES
        (isempty(ARGS) || name in ARGS) || continue
        # A module for each, so that none leans on another's names.
        @testset "$name" begin
            @eval module $(Symbol("Test_", name))
            using Flux, PyFlux, Random, Test
            include($("$name.jl"))
            end
        end
    end
end

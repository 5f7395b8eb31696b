using Flux, PyFlux, Random, Test

# Each file tests the source of the same name. Names on the command line choose some of them:
# Pkg.test("PyFlux"; test_args = ["pooling", "idx"]).
const FILES = ["pooling", "layers", "batches", "training", "metrics", "idx", "rowmajor", "saving", "script", "aqua"]

@testset "PyFlux" begin
    @testset "$name" for name in FILES
        (isempty(ARGS) || name in ARGS) && include("$name.jl")
    end
end

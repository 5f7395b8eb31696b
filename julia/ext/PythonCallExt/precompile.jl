# What Julia would compile in the first calls from Python. A workload cannot start Python while
# the package is compiled, so the statements were recorded: julia/dev/record_precompile.py
# writes `precompile_statements.txt`. One whose types another version lacks is left out.

# Recorded statements name modules as `Main` sees them.
module Scope end

for (id, loaded) in Base.loaded_modules
    name = Symbol(id.name)
    isdefined(Scope, name) || Core.eval(Scope, :(const $name = $loaded))
end
isdefined(Scope, :PyFlux) || Core.eval(Scope, :(const PyFlux = $PyFlux))
Core.eval(Scope, :(const PythonCallExt = $(@__MODULE__)))

const STATEMENTS = joinpath(@__DIR__, "precompile_statements.txt")
include_dependency(STATEMENTS)

if ccall(:jl_generating_output, Cint, ()) == 1
    for statement in eachline(STATEMENTS)
        try
            Core.eval(Scope, Meta.parse(statement))
        catch
        end
    end
end

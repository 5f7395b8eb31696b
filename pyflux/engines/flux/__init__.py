"""The Flux engine: networks trained and run by Flux.jl in Julia, in this process."""

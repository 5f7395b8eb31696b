using PyFlux: random_key, uniform

@testset "the numbers are those of every engine" begin
    # Computed apart, in Python.
    @test uniform(UInt64(1), 1) == 0.5665615f0
    @test uniform(UInt64(1), 2) == 0.7457817f0
    @test random_key(UInt64(3), 4, 5) == 9645392150110599307
end

@testset "uniform, and uncorrelated" begin
    u = uniform.(random_key(UInt64(0), 0, 1), 1:100_000)
    @test all(0 .≤ u .< 1)
    @test sum(u) / length(u) ≈ 0.5 atol = 0.01
    @test sum(abs2, u) / length(u) ≈ 1 / 3 atol = 0.01
    @test sum((u[1:(end - 1)] .- 0.5) .* (u[2:end] .- 0.5)) / length(u) ≈ 0 atol = 0.002
end

@testset "every part of a key counts, and none gives 0" begin
    keys = [random_key(UInt64(s), t, l) for s in 0:9, t in 0:9, l in 1:9]
    @test allunique(keys)
    @test all(!=(0), keys)
end

@testset "types are known" begin
    @test (@inferred uniform(UInt64(1), 1)) isa Float32
    @test (@inferred random_key(UInt64(0), 1, 1)) isa UInt64
end

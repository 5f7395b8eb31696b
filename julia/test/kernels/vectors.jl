using PyFlux.Kernels: Vec, can_permute, default_lanes, exceeds, first_lanes, permute

@testset "the width of this CPU" begin
    @test default_lanes() in (4, 8, 16)
    # The instruction is only used where the CPU has it.
    @test !can_permute() || default_lanes() == 16
end

@testset "a width that is none is refused" begin
    model = Chain(Dense(2 => 3))
    @test_throws ArgumentError PyFlux.Kernels.Segments(model; lanes = 5)
    @test_throws "got 0" PyFlux.Kernels.Segments(model; lanes = 0)
end

@testset "$lanes lanes: the first ones" for lanes in (4, 8, 16)
    for n in 0:lanes
        @test collect(Tuple(first_lanes(Val(lanes), n))) == (1:lanes .≤ n)
    end
end

@testset "NaN exceeds everything" begin
    a, b = Vec(1.0f0, NaN32, 2.0f0, NaN32), Vec(2.0f0, 1.0f0, 1.0f0, NaN32)
    @test Tuple(exceeds(a, b)) == (false, true, true, true)
end

# An instruction that only AVX-512 has.
can_permute() && @testset "a permutation of two vectors" begin
    a, b = Vec(ntuple(Float32, 16)), Vec(ntuple(i -> Float32(16 + i), 16))
    indices = shuffle(Xoshiro(1), 0:31)[1:16]
    @test collect(Tuple(permute(Vec(Int32.(indices)...), a, b))) == indices .+ 1
end

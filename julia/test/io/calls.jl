using PyFlux: ANSWER, Answer, OBJECTS, Words, ask, entry, send!, value!

@testset "a value goes round: $(repr(x))" for x in [
    nothing, 3, -1, 0.1, true, "Größe", [1, 2], Float32[1 2 3], zeros(UInt8, 2, 3, 1, 4),
    Any[1, "a", nothing],
    Dict{String,Any}("layers" => Any[Dict{String,Any}("units" => 2)], "rate" => 0.5),
]
    a = Answer(Int[], Any[])
    send!(a, x)
    back = GC.@preserve a value!(Words(pointer(a.words)))
    @test back == x
    @test typeof(back) == typeof(x)
    x isa Array && eltype(x) !== Any && @test pointer(back) == pointer(x)  # no copy
end

@testset "an array is row-major to a caller" begin
    a = Answer(Int[], Any[])
    send!(a, zeros(Float32, 5, 4))
    @test a.words[1:5] == [PyFlux.ARRAY, 3, 2, 4, 5]
end

@testset "lists of anything, and numbers that are not finite" begin
    a = Answer(Int[], Any[])
    send!(a, (; loss = NaN, parts = ([1.0], "x"), last = Inf32))
    back = GC.@preserve a value!(Words(pointer(a.words)))
    @test isequal(back, Any[NaN, Any[[1.0], "x"], Inf])
end

@testset "objects stay until the caller forgets them" begin
    before = length(OBJECTS)
    device = ask("device", "cpu")
    @test device isa CPUDevice
    @test length(OBJECTS) == before + 1
    number = maximum(keys(OBJECTS))
    @test !ask("is_gpu", device)
    ask("forget", Any[number])
    @test !haskey(OBJECTS, number)
end

@testset "a failure is an answer" begin
    @test ask("fly")[1:2] == (PyFlux.ERROR, "ArgumentError")
    @test occursin("fly", ask("fly")[3])
    @test ask("device", "moon")[2] == "ArgumentError"
    @test ask("versions", 1)[2] == "MethodError"
end

@testset "through C" begin
    address, _, thread = parse.(UInt, split(entry()))
    @test thread != 0
    words = [PyFlux.LIST, 0]
    answer = GC.@preserve words ccall(
        Ptr{Cvoid}(address), Ptr{Int}, (Cstring, Ptr{Int}), "versions", words
    )
    @test unsafe_load(answer) == length(ANSWER.words) - 1
    @test GC.@preserve answer value!(Words(answer + sizeof(Int)))[1] == string(VERSION)
end

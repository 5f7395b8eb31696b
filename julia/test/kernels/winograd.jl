include("helpers/oracle.jl")

using PyFlux.Kernels: FusedConv, uses_winograd, winograd_batch

@testset "which layers" begin
    uses(kernel, channels, pool) =
        uses_winograd(FusedConv(Conv(kernel, channels => 2), pool, (9, 9, channels)))
    pool = MaxPool((2, 2))
    @test uses((3, 3), 8, pool)
    @test !uses((3, 3), 7, pool)
    @test !uses((3, 2), 8, pool)
    @test !uses((3, 3), 8, nothing)
end

@testset "windows at once leave as few as possible to compute twice" begin
    @test [winograd_batch(n, 16) for n in 1:12] == [1, 1, 1, 1, 5, 6, 5, 5, 5, 5, 6, 6]
    @test [winograd_batch(n, 8) for n in 1:8] == [1, 1, 3, 4, 3, 3, 4, 4]
end

# Any number of windows: whole batches of them or not, over the ends of rows.
grids = [(1, 1), (3, 1), (1, 4), (5, 1), (2, 3), (7, 1), (4, 3), (3, 5)]

@testset "$lanes lanes: $columns×$rows windows" for
    lanes in WIDTHS, (columns, rows) in grids

    s = Shape(
        image = (2columns + 2, 2rows + 2), kernel = (3, 3), channels = 9, filters = 33,
        samples = 1,
    )
    draw = integers(Xoshiro(1))
    ls = layers(s, draw)
    x = images(s, draw)
    @test inference(ls, x; lanes) == forward(Chain(ls...), x)
end

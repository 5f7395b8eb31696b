using PyFlux: Window

include("helpers/jl_device.jl")

windows = [
    Window((2, 2)), Window((3, 2); stride = (2, 1)), Window((2, 3); pad = (0, 1, 1, 1)),
    Window((7, 6)),
]

# Few different values, so that there are ties; some windows have NaN.
ties = Float32.(rand(Xoshiro(1), 0:3, 7, 6, 2, 3))
with_nan = copy(ties)
with_nan[3, 2, 1, 1] = with_nan[5, 5, 2, 3] = NaN

same(a, b) =
    isnan.(a) == isnan.(b) && near(replace(a, NaN => 0), replace(b, NaN => 0))

functions = (PyFlux.maxpooling, PyFlux.meanpooling)

@testset "values and gradients are the CPU's: $pool, $window" for
    pool in functions, window in windows, x in (ties, with_nan)

    y, back = Flux.pullback(x -> pool(x, window), x)
    y2, back2 = Flux.pullback(x -> pool(x, window), gpu(x))
    dy = rand(Xoshiro(2), Float32, size(y))
    @test same(Array(y2), y)
    @test same(Array(back2(gpu(dy))[1]), back(dy)[1])
end

@testset "global pooling" begin
    for layer in (GlobalMeanPool(), GlobalMaxPool())
        @test near(PyFlux.forward(layer, gpu(ties)), layer(ties))
    end
end

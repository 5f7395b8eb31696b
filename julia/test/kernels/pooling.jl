using PyFlux.Kernels: Window, columns, maxpooling, meanpooling, outputsize, rows

windows = [
    Window((2, 2)),
    Window((3, 2)),
    Window((2, 3); stride = (1, 2)),
    Window((3, 3); stride = (2, 1), pad = (1, 0, 2, 1)),
]

# A function of each window's part of an image, said as plainly as possible.
function pooled(f, x, window)
    w, h, channels, samples = size(x)
    part(ow, oh, c, n) = x[columns(window, ow, w), rows(window, oh, h), c, n]
    places = Base.OneTo.((outputsize(window, (w, h))..., channels, samples))
    return [f(part(i...)) for i in Iterators.product(places...)]
end

@testset "agrees with NNlib: $window" for window in windows
    x = randn(Xoshiro(1), Float32, 9, 7, 3, 2)
    pdims = PoolDims(x, window.size; stride = window.stride, padding = window.pad)
    @test maxpooling(x, window) == maxpool(x, pdims)
end

@testset "gradient by finite differences: $window" for window in windows
    # Values a tenth apart: a step of a hundredth changes no winner.
    x = reshape(shuffle(Xoshiro(2), collect(1:(9 * 7 * 2))) ./ 10, 9, 7, 1, 2)
    weight = randn(Xoshiro(3), size(maxpooling(x, window))...)
    f(x) = sum(weight .* maxpooling(x, window))
    g = gradient(f, x)[1]
    for i in eachindex(x)
        up, down = copy(x), copy(x)
        up[i] += 0.01
        down[i] -= 0.01
        @test g[i] ≈ (f(up) - f(down)) / 0.02 atol = 1e-6
    end
end

@testset "mean: agrees with NNlib without padding: $window" for window in windows[1:3]
    x = randn(Xoshiro(1), Float32, 9, 7, 3, 2)
    pdims = PoolDims(x, window.size; stride = window.stride)
    @test meanpooling(x, window) ≈ meanpool(x, pdims)
end

@testset "mean: padding does not count" begin
    x = ones(Float32, 3, 3, 1, 1)
    @test all(==(1), meanpooling(x, Window((2, 2); pad = (1, 1, 1, 1))))
end

@testset "mean: gradient by finite differences: $window" for window in windows
    x = randn(Xoshiro(2), 5, 6, 1, 2)
    weight = randn(Xoshiro(3), size(meanpooling(x, window))...)
    f(x) = sum(weight .* meanpooling(x, window))
    g = gradient(f, x)[1]
    for i in eachindex(x)
        up, down = copy(x), copy(x)
        up[i] += 0.01
        down[i] -= 0.01
        @test g[i] ≈ (f(up) - f(down)) / 0.02 atol = 1e-6
    end
end

@testset "near ties go to the largest, ties to the first" begin
    pool(x) = sum(maxpooling(x, Window((2, 2))))
    g(x) = gradient(pool, reshape(Float32.(x), 2, 2, 1, 1))[1][:]
    @test g([1, 1.0001, 0, 0]) == [0, 1, 0, 0]
    @test g([1, 1, 1, 1]) == [1, 0, 0, 0]
    @test g([0, 1, 1, 0]) == [0, 1, 0, 0]
end

@testset "a window with NaN gives NaN, whose gradient is the first one's: $window" for
    window in windows

    x = randn(Xoshiro(4), Float32, 9, 7, 2, 3)
    x[shuffle(Xoshiro(5), eachindex(x))[1:20]] .= NaN32
    @test isequal(maxpooling(x, window), pooled(maximum, x, window))
    @test isequal(isnan.(meanpooling(x, window)), isnan.(pooled(sum, x, window)))
    square = reshape(Float32[2, NaN, NaN, 3], 2, 2, 1, 1)
    g = gradient(x -> sum(maxpooling(x, Window((2, 2)))), square)[1]
    @test vec(g) == [0, 1, 0, 0]
end

@testset "a MaxPool as a window" begin
    @test Window(MaxPool((2, 3))) == Window((2, 3))
    @test Window(MaxPool((3, 3); stride = 2, pad = 1)) ==
        Window((3, 3); stride = (2, 2), pad = (1, 1, 1, 1))
end

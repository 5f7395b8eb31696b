include("helpers/oracle.jl")

# NaN must come out wherever stock Flux has it, and be in the gradients of what made it.

nans(x) = isnan.(x)

# Values that are equal, and NaN in the same places.
same(a, b) = isequal(a .+ 0.0f0, b .+ 0.0f0)

unpooled = Shape(image = (7, 6), kernel = (3, 2), channels = 2, filters = 5, pooled = false)
shapes = [
    unpooled,
    Shape(
        image = (7, 6), kernel = (2, 2), channels = 9, filters = 5, relu = false,
        pooled = false,
    ),
    Shape(image = (8, 8), kernel = (3, 3), channels = 1, filters = 17),
    Shape(image = (7, 7), kernel = (2, 2), channels = 8, filters = 4),
    Shape(image = (9, 8), kernel = (3, 3), channels = 8, filters = 9),
    Shape(image = (9, 8), kernel = (4, 3), channels = 5, filters = 9, relu = false),
]

@testset "$lanes lanes: a NaN pixel, $s" for lanes in WIDTHS, s in shapes
    for seed in 1:4
        rng = Xoshiro(seed)
        draw = integers(rng)
        ls = layers(s, draw)
        x = images(s, draw)
        x[rand(rng, 1:length(x))] = NaN32
        expected = stock(ls, x, draw)
        @test any(nans(expected.y))
        @test same(inference(ls, x; lanes), expected.y)
        for input_gradient in (false, true)
            found = kernels(ls, x, expected.dy; lanes, input_gradient)
            @test same(found.y, expected.y)
            # Each filter whose NaN gets a gradient has NaN among its weights' gradients.
            reached = nans(found.y) .& (expected.dy .!= 0)
            for f in axes(reached, 3)
                any(reached[:, :, f, :]) && @test any(isnan, found.weight[:, :, :, f])
            end
        end
    end
end

@testset "$lanes lanes: a NaN weight" for lanes in WIDTHS
    ls = layers(unpooled, integers(Xoshiro(1)))
    ls[1].weight[1, 1, 1, 3] = NaN32
    x = images(unpooled, integers(Xoshiro(2)))
    y = inference(ls, x; lanes)
    @test all(isnan, y[:, :, 3, :])
    @test !any(isnan, y[:, :, [1, 2, 4, 5], :])
end

@testset "$lanes lanes: a NaN bias" for lanes in WIDTHS, pooled in (false, true)
    s = Shape(; image = (7, 6), kernel = (3, 2), channels = 2, filters = 5, pooled)
    ls = layers(s, integers(Xoshiro(1)))
    ls[1].bias[2] = NaN32
    y = inference(ls, images(s, integers(Xoshiro(2))); lanes)
    @test all(isnan, y[:, :, 2, :])
    @test !any(isnan, y[:, :, [1, 3, 4, 5], :])
end

@testset "$lanes lanes: a NaN in a batch makes its gradients NaN" for lanes in WIDTHS
    init = Flux.glorot_uniform(Xoshiro(0))
    model = Chain(
        Conv((3, 3), 1 => 5, relu; init), MaxPool((2, 2)), PyFlux.flatten_hwc,
        Dense(45 => 6, relu; init), Dense(6 => 3; init),
    )
    x = randn(Xoshiro(1), Float32, 8, 8, 1, 4)
    x[3, 3, 1, 2] = NaN32
    y, back = PyFlux.Kernels.pullback(PyFlux.Kernels.Segments(model; lanes), x)
    @test vec(any(isnan, y; dims = 1)) == [false, true, false, false]
    gradients = back(y .- 1)
    @test any(isnan, gradients.layers[1].weight)
    @test all(isnan, gradients.layers[4].weight)
    @test all(isnan, gradients.layers[5].bias)
end

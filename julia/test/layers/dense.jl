using PyFlux: ChannelDense, flatten_hwc

@testset "Dense on images acts on the channels of each pixel" begin
    layer = ChannelDense(3 => 5, tanh; init = Flux.glorot_uniform(Xoshiro(0)))
    layer.bias .= 1:5
    x = randn(Xoshiro(1), Float32, 4, 2, 3, 6)
    y = layer(x)
    @test size(y) == (4, 2, 5, 6)
    for i in 1:4, j in 1:2, k in 1:6
        @test y[i, j, :, k] ≈ tanh.(layer.weight * x[i, j, :, k] .+ layer.bias)
    end
    made = chain([Dict("type" => "Dense", "units" => 5, "use_bias" => false)], (4, 2, 3))
    @test made[1] isa ChannelDense
    @test made[1].bias === false
    @test size(made(x)) == (4, 2, 5, 6)
end

@testset "its gradient is that of a 1×1 convolution" begin
    layer = ChannelDense(3 => 5, tanh; init = Flux.glorot_uniform(Xoshiro(0)))
    conv = Conv(reshape(permutedims(layer.weight), 1, 1, 3, 5), copy(layer.bias), tanh)
    x = randn(Xoshiro(1), Float32, 4, 2, 3, 6)
    (g, dx), (g₀, dx₀) = map(l -> gradient((l, x) -> sum(abs2, l(x)), l, x), (layer, conv))
    @test g.weight ≈ permutedims(reshape(g₀.weight, 3, 5))
    @test g.bias ≈ g₀.bias
    @test dx ≈ dx₀
end

@testset "flatten_hwc: channels fastest, then columns" begin
    x = [100h + 10w + c for w in 1:2, h in 1:3, c in 1:2, _ in 1:1]
    @test flatten_hwc(x)[:, 1] ==
        [111, 112, 121, 122, 211, 212, 221, 222, 311, 312, 321, 322]
    @test flatten_hwc([1 2; 3 4]) == [1 2; 3 4]
end

using PyFlux: borrow, from_rowmajor, fromzero, gradients, images, moments, rowmajor, setmoments!, setweights!,
    slots, to_rowmajor, weights

@testset "borrow: the same memory, axes reversed" begin
    owner = collect(Float32, 1:24)
    GC.@preserve owner begin
        lent = borrow(Float32, Int(pointer(owner)), (2, 3, 4))
        @test size(lent) == (4, 3, 2)
        @test pointer(lent) == pointer(owner)
    end
end

@testset "images: row-major (N, H, W, C) as (W, H, C, N)" for c in (1, 3)
    nhwc = rand(Xoshiro(1), UInt8, 2, 5, 4, c)
    x = images(permutedims(nhwc, (4, 3, 2, 1)))
    @test x == permutedims(nhwc, (3, 2, 4, 1))
    @test rowmajor(x) == permutedims(nhwc, (4, 3, 2, 1))
end

@testset "a kernel is a correlation outside and a convolution in Flux" begin
    kernel = randn(Xoshiro(1), Float32, 4, 3, 3, 2)  # (out, in, width, height) in memory
    flux = from_rowmajor(kernel)
    @test to_rowmajor(flux) == kernel
    x = randn(Xoshiro(2), Float32, 2, 3, 3, 1)
    @test size(flux) == (3, 2, 3, 4)
    y = conv(reshape(permutedims(x, (2, 1, 3, 4)), 3, 2, 3, 1), flux)
    by_hand = [sum(kernel[o, c, w, h] * x[h, w, c] for c in 1:3, w in 1:3, h in 1:2) for o in 1:4]
    @test vec(y) ≈ by_hand
end

model() = Chain(Conv((3, 2), 1 => 2; init = Flux.glorot_uniform(Xoshiro(0))), Flux.flatten, Dense(32 => 3; bias = false))

@testset "slots are kernel before bias, layer by layer" begin
    @test [(s.layer, s.field) for s in slots(model())] == [(1, :weight), (1, :bias), (3, :weight)]
end

@testset "weights go round" begin
    a, b = model(), model()
    setweights!(b, [2 .* w for w in weights(a)])
    @test Flux.trainables(b) == 2 .* Flux.trainables(a)
end

@testset "weights are copies" begin
    m = model()
    foreach(w -> fill!(w, 7), weights(m))
    @test all(all(!=(7), w) for w in Flux.trainables(m))
end

@testset "gradients are laid out as weights" begin
    m = model()
    x, y = rand(Xoshiro(1), Float32, 6, 5, 1, 4), [1, 2, 3, 1]
    loss, grads = gradients(Learner(m), x, y)
    @test size.(grads) == size.(weights(m))
    reference = gradient(m -> Flux.logitcrossentropy(m(x), Flux.onehotbatch(y, 1:3)), m)[1]
    @test grads[1] ≈ to_rowmajor(reference.layers[1].weight)
    @test loss ≈ Flux.logitcrossentropy(m(x), Flux.onehotbatch(y, 1:3))
end

@testset "training goes on from saved moments, bit for bit" begin
    x, y = rand(Xoshiro(1), UInt8, 6, 5, 1, 12), repeat([1, 2, 3], 4)
    a = Learner(model(), Adam(0.01))
    train!(a, x, y; batchsize = 4)
    b = Learner(deepcopy(a.model), Adam(0.01))
    setmoments!(b, 3, moments(a))
    foreach(l -> train!(l, x, y; batchsize = 4), (a, b))
    @test Flux.trainables(a.model) == Flux.trainables(b.model)
end

@test fromzero(Int32[0, 9]) == Int32[1, 10]
@test eltype(fromzero(Int32[0])) == Int32

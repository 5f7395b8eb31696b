using PyFlux: BATCH_OFFSET, RandomAffine, RandomContrast, SeededDropout, fuse, random_key
using PyFlux: FlipSampler, RotationSampler, TranslationSampler, ZoomSampler

include("helpers/jl_device.jl")

small = (-0.2f0, 0.2f0)

layers = [
    fuse(
        RandomAffine(FlipSampler(true, false); fill_mode = :any),
        RandomAffine(RotationSampler(small); fill_mode = :reflect),
    ),
    RandomAffine(FlipSampler(true, true)),
    RandomAffine(TranslationSampler(small, small); fill_mode = :reflect),
    RandomAffine(RotationSampler(small); fill_mode = :constant, fill_value = 0.5),
    RandomAffine(ZoomSampler(small, nothing); fill_mode = :nearest),
    RandomContrast(0.3f0, 0.3f0; value_range = (0, 0.9)),
    SeededDropout(0.4f0),
]

@testset "layers draw what they draw on the CPU: $(nameof(typeof(layer)))" for
    (k, layer) in enumerate(layers)

    x = Float32.(images) ./ 255
    layer.keys.values .= random_key(UInt64(7), 3, k)
    for offset in (0, 5)
        BATCH_OFFSET[] = offset
        @test near(layer(gpu(x)), layer(x))
    end
    BATCH_OFFSET[] = 0
    layer.keys.values .= 0
    @test Array(layer(gpu(x))) == x
end

@testset "in training" begin
    model = Chain(layers[4], dense()[1:2]..., SeededDropout(0.4f0), dense()[3:4]...)
    test_agreement(model, images, labels)
end

using PyFlux: Rescale, scales_bytes

rescaling = Dict("type" => "Rescaling", "scale" => 1 / 127.5, "offset" => -1)
flip, flatten = Dict("type" => "RandomFlip"), Dict("type" => "Flatten")
described(layers, options...) =
    chain(Dict{String,Any}("input_shape" => [1, 3, 1], "layers" => layers, options...))

bytes = reshape(UInt8[0, 51, 255], 3, 1, 1, 1)

@testset "bytes are scaled exactly once, wherever Rescaling stands" begin
    @test vec(predict(described([flatten]), bytes)) ≈ [0, 0.2, 1]
    @test vec(predict(described([rescaling, flatten]), bytes)) ≈ [-1, -0.6, 1]
    @test vec(predict(described([flip, rescaling, flatten]), bytes)) ≈ [-1, -0.6, 1]
    @test vec(predict(described([flatten, rescaling]), bytes)) ≈ [-1, -0.6, 1]
end

@testset "the description decides where it says so" begin
    off, on = "scale_bytes" => false, "scale_bytes" => true
    @test vec(predict(described([flatten], off), bytes)) == [0, 51, 255]
    @test vec(predict(described([rescaling, flatten], on), bytes)) ≈
        [0, 51, 255] ./ 255 ./ 127.5 .- 1
    @test scales_bytes(described([flatten], on))
    @test !scales_bytes(described([rescaling], off))
end

@testset "in training too" begin
    x = rand(Xoshiro(1), UInt8, 3, 1, 1, 4)
    for options in ((), ("scale_bytes" => false,))
        dense = Dense(3 => 2; init = Flux.ones32)
        model = Chain(described([flatten], options...)..., dense)
        state = TrainState(model, Descent(0))
        @test train!(state, x, [1, 2, 1, 2]; batchsize = 2).outputs == predict(state, x)
        @test predict(state, x) ≈ predict(model, x)
    end
end

@testset "floats are taken as they are" begin
    x = rand(Xoshiro(1), Float32, 3, 1, 1, 2)
    @test predict(described([flatten]), x) == reshape(x, 3, 2)
end

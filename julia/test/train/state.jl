using Flux: logitbinarycrossentropy, logitcrossentropy, mse
using Flux.Optimisers: Optimisers
using PyFlux: split_head

include("helpers/halves.jl")

@testset "the head belongs to the loss, and shares the model's arrays" begin
    model = small()
    body, head = split_head(model, logitcrossentropy)
    @test length(body) == 4
    @test head === softmax
    @test body[1].weight === model[1].weight
    @test split_head(model[1:4], logitcrossentropy) == (model[1:4], identity)
    @test split_head(model, mse) == (model, identity)
    layered = Chain(Dense(3 => 2), PyFlux.elementwise(sigmoid))
    for yes in (Chain(Dense(3 => 2, sigmoid)), layered)
        body, head = split_head(yes, logitbinarycrossentropy)
        @test head(body(Float32[1, 2, 3])) ≈ yes(Float32[1, 2, 3])
        @test body[1].weight === yes[1].weight
    end
end

@testset "layers before the first that is trained are frozen" begin
    state = TrainState(small(); trainable = [false, false, true, false])
    @test length(state.frozen) == 3
    @test [path.layer for path in state.parameters] == [1]
    @test state.opt_state.layers[1].bias.frozen
    @test isempty(TrainState(small(); trainable = false).parameters)
    @test length(TrainState(small()).parameters) == 4
end

@testset "one state for an array that several layers share" begin
    layer = Dense(4 => 4)
    state = TrainState(Chain(layer, layer, Dense(4 => 2)))
    (first, second, _) = state.opt_state.layers
    @test first.weight === second.weight
end

@testset "numbers of entries are checked, by the argument's name" begin
    @test_throws r"trainable.*4.*2" TrainState(small(); trainable = [true, false])
    @test_throws r"penalties.*4.*1" TrainState(small(); penalties = [nothing])
    @test_throws r"lanes.*3" TrainState(small(); lanes = 3)
end

@testset "accuracy" begin
    @test accuracy([0.9 0.2 0.1; 0.1 0.8 0.9], [1, 1, 2]) ≈ 2 / 3
end

@testset "confusion matrix" begin
    @test confusion_matrix([1, 2, 2, 3], [1, 1, 2, 3], 3) == [1 1 0; 0 1 0; 0 0 1]
    @test_throws r"2.*1" confusion_matrix([1, 2], [1], 2)
end

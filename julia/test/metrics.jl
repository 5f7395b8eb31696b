@test confusion_matrix([1, 2, 2, 3], [1, 1, 2, 3], 3) == [1 1 0; 0 1 0; 0 0 1]
@test_throws "2 predictions for 1 labels" confusion_matrix([1, 2], [1], 2)

# What is measured on outputs.

"""
    accuracy(outputs, labels)

The fraction of columns of `outputs` whose largest value is at the class number in `labels`.

# Examples
```jldoctest
julia> accuracy([0.9 0.2; 0.1 0.8], [1, 1])
0.5
```
"""
accuracy(outputs, labels) = count(onecold(outputs) .== labels) / length(labels)

"""
    confusion_matrix(predicted, labels, classes)

Count how often a sample of class `i` (row) was predicted to be of class `j` (column).

# Examples
```jldoctest
julia> confusion_matrix([1, 2, 2], [1, 1, 2], 2)
2×2 Matrix{Int64}:
 1  1
 0  1
```
"""
function confusion_matrix(predicted, labels, classes::Integer)
    n, m = length(predicted), length(labels)
    n == m || throw(DimensionMismatch("got $n predictions for $m labels"))
    counts = zeros(Int, classes, classes)
    for (j, i) in zip(predicted, labels)
        counts[i, j] += 1
    end
    return counts
end

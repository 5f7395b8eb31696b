# Dense layers on the CPU: each product is cut along its longer side, so that no two threads add to the same number.

suits_dense(layer) = false
suits_dense(d::Dense{<:Union{typeof(identity),typeof(relu)},<:Matrix{Float32}}) =
    d.bias === false || d.bias isa Vector{Float32}

"The outputs `y` for the columns of `x`."
function forward!(layer::Dense, y, x)
    outputs, n = size(y)
    little = length(layer.weight) * n < LITTLE
    if n ≥ outputs
        each_thread((_, columns) -> forward_part!(layer, :, columns, y, x), n; little)
    else
        each_thread((_, rows) -> forward_part!(layer, rows, 1:n, y, x), outputs; little)
    end
    return y
end

function forward_part!(layer, rows, columns, y, x)
    z = view(y, rows, columns)
    mul!(z, view(layer.weight, rows, :), view(x, :, columns))
    b = layer.bias === false ? 0.0f0 : view(layer.bias, rows)
    z .= layer.σ.(z .+ b)
end

"""
    back!(layer, dw, db, dx, dy, y, x)

The gradients of the weights and the bias, and of `x` unless `dx` is `nothing`; `dy` is that of the outputs `y`, and is
used up.
"""
function back!(layer::Dense, dw, db, dx, dy, y, x)
    layer.σ === relu && (dy .*= y .> 0)
    db === nothing || sum!(db, dy)
    each_thread(size(x, 1); little = 2length(dw) * size(x, 2) < LITTLE) do _, inputs
        mul!(view(dw, :, inputs), dy, view(x, inputs, :)')
        dx === nothing || mul!(view(dx, inputs, :), view(layer.weight, :, inputs)', dy)
    end
end

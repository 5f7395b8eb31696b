# Dense layers on the CPU: each product is cut along its longest side, and what threads have in part is added in their
# order.

suits_dense(layer) = false
suits_dense(d::Dense{<:Union{typeof(identity),typeof(relu)},<:Matrix{Float32}}) =
    d.bias === false || d.bias isa Vector{Float32}

"The outputs `y` for the columns of `x`."
function forward!(layer::Dense, y, x)
    (outputs, n), weight = size(y), layer.weight
    little = length(weight) * n < LITTLE
    if little || n ≥ outputs
        each_thread((_, columns) -> mul!(view(y, :, columns), weight, view(x, :, columns)), n; little)
    else
        # Few columns for many weights: each thread reads its own weights, and has a part of every sum.
        parts = [zeros(Float32, outputs, n) for _ in 1:Threads.nthreads()]
        each_thread((t, inputs) -> mul!(parts[t], view(weight, :, inputs), view(x, inputs, :)), size(x, 1))
        y .= parts[1]
        foreach(part -> y .+= part, parts[2:end])
    end
    y .= layer.σ.(y .+ layer.bias)
    return y
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

# Dense layers on the CPU: each product is cut along its longest side, and what threads have in part is added in their
# order.

suits_dense(layer) = false
suits_dense(d::Dense{<:Union{typeof(identity),typeof(relu)},<:Matrix{Float32}}) =
    d.bias === false || d.bias isa Vector{Float32}

# `mul!` calls the same function of BLAS, but compiles much of its own for each kind of view.
product!(c, ta, a, tb, b) = gemm!(ta, tb, 1.0f0, a, b, 0.0f0, c)

"The outputs `y` for the columns of `x`."
function forward!(layer::Dense, y, x)
    (outputs, n), weight = size(y), layer.weight
    little = length(weight) * n < LITTLE
    if little || n ≥ outputs
        each_thread((_, columns) -> product!(view(y, :, columns), 'N', weight, 'N', view(x, :, columns)), n; little)
    else
        # Few columns for many weights: each thread reads its own weights, and has a part of every sum.
        parts = [zeros(Float32, outputs, n) for _ in 1:Threads.nthreads()]
        each_thread((t, inputs) -> product!(parts[t], 'N', view(weight, :, inputs), 'N', view(x, inputs, :)), size(x, 1))
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
        product!(view(dw, :, inputs), 'N', dy, 'T', view(x, inputs, :))
        dx === nothing || product!(view(dx, inputs, :), 'T', view(layer.weight, :, inputs), 'N', dy)
    end
end

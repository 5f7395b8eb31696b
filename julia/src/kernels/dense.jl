# Dense layers: BLAS products, each divided along its longer side. Where threads have
# parts of a sum, these are added in the order of the threads.

has_dense_kernel(layer) = false
has_dense_kernel(d::Dense{<:Union{typeof(identity),typeof(relu)},<:Matrix{Float32}}) =
    d.bias === false || d.bias isa Vector{Float32}

# `mul!` calls the same function of BLAS, but compiles much of its own for each kind of
# view.
product!(c, transpose_a, a, transpose_b, b) =
    gemm!(transpose_a, transpose_b, 1.0f0, a, b, 0.0f0, c)

"""
    dense_forward!(layer::Dense, y, x)

Compute the outputs `y` for the columns of `x`.
"""
function dense_forward!(layer::Dense, y, x)
    (outputs, n), weight = size(y), layer.weight
    serial = length(weight) * n < SERIAL_WORK
    if serial || n ≥ outputs
        each_thread(n; serial) do _, columns
            product!(view(y, :, columns), 'N', weight, 'N', view(x, :, columns))
        end
    else
        # Few columns for many weights: each thread reads its own weights, and has a part
        # of each sum.
        parts = [zeros(Float32, outputs, n) for _ in 1:Threads.nthreads()]
        each_thread(size(x, 1)) do t, inputs
            product!(parts[t], 'N', view(weight, :, inputs), 'N', view(x, inputs, :))
        end
        y .= parts[1]
        foreach(part -> y .+= part, parts[2:end])
    end
    y .= layer.σ.(y .+ layer.bias)
    return y
end

"""
    dense_backward!(layer, dw, db, dx, dy, y, x)

Compute the gradients of the weights and the bias, unless `db` is `nothing`, and of `x`,
unless `dx` is `nothing`. `dy` is that of the outputs `y`, and is overwritten.
"""
function dense_backward!(layer::Dense, dw, db, dx, dy, y, x)
    layer.σ === relu && (dy .= ifelse.(y .≤ 0, 0.0f0, dy))  # NaN keeps its gradient
    db === nothing || sum!(db, dy)
    each_thread(size(x, 1); serial = 2 * length(dw) * size(x, 2) < SERIAL_WORK) do _, inputs
        product!(view(dw, :, inputs), 'N', dy, 'T', view(x, inputs, :))
        dx === nothing ||
            product!(view(dx, inputs, :), 'T', view(layer.weight, :, inputs), 'N', dy)
    end
end

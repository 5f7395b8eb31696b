# The functions of the inner loops return one type, known to the compiler: a value of
# which it knows none would be allocated for every image.
include("helpers/oracle.jl")

using PyFlux.Kernels

K = PyFlux.Kernels

@testset "$lanes lanes, $s" for lanes in WIDTHS,
    s in [
        Shape(image = (8, 8), kernel = (3, 3), channels = 1, filters = 16),
        Shape(image = (8, 8), kernel = (2, 2), channels = 8, filters = 16),
        Shape(image = (8, 8), kernel = (3, 3), channels = 16, filters = 16),
        Shape(image = (8, 8), kernel = (3, 3), channels = 16, filters = 16, pooled = false),
    ]

    ls = layers(s, integers(Xoshiro(1)))
    ws = Workspace(SegmentPlan(ls), (s.image..., s.channels), s.samples; lanes)
    l, method, buffers = ws.convs[1], ws.methods[1], ws.threads[1]
    y, winners = K.input_image(ws, 2, 1, 0), K.image_winners(ws, 1, l, 1)
    x, weights, bias = pointer.((ws.inputs[1], ws.forward_weights[1], ws.biases[1]))
    GC.@preserve ws begin
        if K.uses_winograd(l)
            scratch = pointer(ws.scratch[1])
            result = @inferred K.winograd!(l, scratch, y, winners, x, weights, bias)
        else
            result = @inferred K.conv_forward!(l, y, winners, x, weights, bias)
        end
        @test result === nothing
        g = K.OutputGradient(K.output_gradient(ws, 1, buffers, 1, 1), y, winners)
        dw, db = pointer(buffers.dw[1]), pointer(buffers.db[1])
        null = Ptr{Float32}(C_NULL)
        @test (@inferred K.conv_backward!(
            l, method, dw, db, null, g, x, null, buffers.entries
        )) === nothing
    end
end

@testset "a step of Adam" begin
    w, m, v, g = ntuple(_ -> ones(Float32, 20), 4)
    c = AdamCoefficients(
        β1 = 0.9, α1 = 0.1, β2 = 0.9, α2 = 0.1, stepsize = 0.1, correction = 1, ϵ = 0,
        keep = 1,
    )
    @test (@inferred adam!(w, m, v, g, c, 1, Val(8))) === nothing
end

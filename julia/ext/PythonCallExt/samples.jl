# One sample at a time: for a small network a call through juliacall takes longer than what it
# computes, so Python calls a C function, which takes two plain arguments.

"""
    SamplePredictor(model, bytes, floats, outputs)

What [`predict_sample`](@ref) works with: a `Predictor` or a `TrainState`; memory of Python's
for a sample of bytes, for one of floats, and for the outputs.
"""
mutable struct SamplePredictor  # mutable, so that it has an address
    const model::Any
    const bytes::Array{UInt8}
    const floats::Array{Float32}
    const outputs::Array{Float32}
end

sample_predictor(@nospecialize(model), bytes, floats, outputs) =
    SamplePredictor(model, array(bytes), array(floats), array(outputs))

"""
    predict_sample(predictor, is_bytes)

Compute the outputs of the sample in `predictor`, the address of a `SamplePredictor`. Returns
1, or 0 after an error, which an ordinary call then finds and reports.
"""
function predict_sample(predictor::Ptr{Cvoid}, is_bytes::Cint)
    try
        (; model, bytes, floats, outputs) =
            unsafe_pointer_to_objref(predictor)::SamplePredictor
        copy_result!(outputs, RowMajor.predict(model, is_bytes == 1 ? bytes : floats, 1))
        return Cint(1)
    catch
        return Cint(0)
    end
end

"The addresses of `predict_sample` and of its first argument."
sample_addresses(predictor::SamplePredictor) = (
    Int(UInt(@cfunction(predict_sample, Cint, (Ptr{Cvoid}, Cint)))),
    Int(UInt(pointer_from_objref(predictor))),
)

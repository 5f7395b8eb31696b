# Random layers on a GPU, as one expression for each value. They draw what the CPU draws.

function dropout_mask(layer, x::AnyGPUArray)
    mask, scale = similar(x), one(eltype(x)) / (one(eltype(x)) - eltype(x)(layer.rate))
    w, h, channels, n = whcn_size(x)
    factors = reshape(mask, w, h, channels, n)
    factors .= dropout_factor.(
        only(layer.keys), layer.rate, scale, Ref((w, h, channels)), 0:(w - 1),
        reshape(0:(h - 1), 1, :), reshape(1:channels, 1, 1, :),
        reshape(BATCH_OFFSET[] .+ (0:(n - 1)), 1, 1, 1, :),
    )
    return mask
end

function dropout_factor(key, rate, scale, (w, h, channels), column, row, channel, sample)
    pixel = column + w * (row + h * sample)
    return uniform(key, channel + channels * pixel) < rate ? zero(scale) : scale
end

function apply(layer::RandomAffine, x::AnyGPUArray{<:Any,4})
    y = similar(x)
    w, h, channels, n = size(x)
    # A few numbers for each image are drawn on the host and moved.
    maps = adapt_like(x, [sample_map(layer, k, h, w) for k in 1:n])
    y .= transformed_pixel.(
        Ref(x), reshape(maps, 1, 1, 1, n), Val(layer.fill_mode), layer.fill_value,
        0:(w - 1), reshape(0:(h - 1), 1, :), reshape(1:channels, 1, 1, :),
        reshape(1:n, 1, 1, 1, :),
    )
    return y
end

function transformed_pixel(x, affine, mode, fill_value, column, row, channel, sample)
    w, h = size(x, 1), size(x, 2)
    middle_row, middle_column = (h - 1) / 2.0f0, (w - 1) / 2.0f0
    r, c = row - middle_row, column - middle_column
    row_position = affine.a * r + affine.b * c + affine.row_shift + middle_row
    column_position = affine.c * r + affine.d * c + affine.column_shift + middle_column
    from_row = source_index(mode, row_position, h)
    from_column = source_index(mode, column_position, w)
    i, j = unsafe_trunc(Int, floor(from_row)), unsafe_trunc(Int, floor(from_column))
    δi, δj = from_row - i, from_column - j
    pixel(i, j) = 0 ≤ i < h && 0 ≤ j < w ?
        @inbounds(x[j + 1, i + 1, channel, sample]) : fill_value
    above = pixel(i, j) + δj * (pixel(i, j + 1) - pixel(i, j))
    below = pixel(i + 1, j) + δj * (pixel(i + 1, j + 1) - pixel(i + 1, j))
    return above + δi * (below - above)
end

function apply(layer::RandomContrast, x::AnyGPUArray{<:Any,4})
    factors = [contrast_factor(layer, BATCH_OFFSET[] + k) for k in axes(x, 4)]
    factors = adapt_like(x, reshape(factors, 1, 1, 1, :))
    return adjust_contrast(x, factors, layer.value_range)
end

# Winograd's algorithm for a 3×3 convolution: the four outputs of a pooling window come
# from 4×4 pixels with 16 multiplications for each channel and filter, instead of 36
# (Lavin and Gray, "Fast algorithms for convolutional neural networks", 2015, F(2×2,
# 3×3)).
#
# Pixels and weights are transformed beforehand, in both directions; their 16 products,
# summed over the channels, are transformed into the four outputs. Several windows are
# computed at once, so that weights are loaded once for all of them.

# With fewer channels the transforms cost more than the multiplications that they save.
uses_winograd(l::FusedConv) = is_pooled(l) && l.kernel == (3, 3) && l.channels ≥ 8

# The transforms in one direction: of four pixels, of three weights, and of four products.
@inline transform_pixels(a, b, c, d) = (a - c, b + c, c - b, b - d)
@inline transform_weights(a, b, c) = (a, (a + b + c) * 0.5f0, (a - b + c) * 0.5f0, c)
@inline transform_products(a, b, c, d) = (a + b + c, b - c - d)

# A transform of `N` by `N` values, in row-major order: of each column, then of each row.
@inline function both_directions(transform, x::Tuple, ::Val{N}) where {N}
    columns = ntuple(j -> transform(ntuple(i -> x[(i - 1) * N + j], Val(N))...), Val(N))
    rows = ntuple(
        i -> transform(ntuple(j -> columns[j][i], Val(N))...), Val(length(columns[1]))
    )
    return reduce((a, b) -> (a..., b...), rows)
end

# Windows at once: as many as there are registers for the sums of two vectors of filters.
winograd_batches(W) = registers(W) == 32 ? (6, 5) : (4, 3)

# The number that computes the fewest twice at the end of an image of `n` windows.
function winograd_batch(n, W)
    sizes = winograd_batches(W)
    n < minimum(sizes) && return 1
    return argmin(t -> (cld(n, t) * t - n, -t), filter(≤(n), sizes))
end

windows(l::FusedConv) = l.output[1] * l.output[2]

# Floats of a thread's buffer: transformed pixels, and their sums.
winograd_buffer_length(l::FusedConv{W}) where {W} = uses_winograd(l) ?
    16 * maximum(winograd_batches(W)) * (whole_vectors(l.channels, W) + 2W) : 0

"""
    pack_winograd!(packed, weight, padded_filters, filters)

Pack the transformed weights of a range of filters as (filters padded, channels, 16).
"""
function pack_winograd!(packed, weight, padded_filters, filters)
    channels = size(weight, 3)
    for channel in 1:channels, f in filters
        before = 9 * (channel - 1 + channels * (f - 1))
        flipped = ntuple(i -> @inbounds(weight[before + 10 - i]), Val(9))
        transformed = both_directions(transform_weights, flipped, Val(3))
        for i in 1:16
            j = f + padded_filters * (channel - 1 + channels * (i - 1))
            @inbounds packed[j] = transformed[i]
        end
    end
end

"As [`conv_forward!`](@ref), with a thread's buffer."
function winograd!(
    l::FusedConv{W}, buffer, y::ImagePointer, winners, x, weights, bias
) where {W}
    n = winograd_batch(windows(l), W)
    for N in winograd_batches(W)
        n == N && return winograd!(l, Val(N), buffer, y, winners, x, weights, bias)
    end
    return winograd!(l, Val(1), buffer, y, winners, x, weights, bias)
end

function winograd!(
    l::FusedConv{W}, ::Val{N}, pixels, y, winners, x, weights, bias
) where {W,N}
    filters = padded_filters(l)
    sums = pixels + 4 * 16 * N * whole_vectors(l.channels, W)
    for start in 0:N:(windows(l) - 1)
        # The last ones are computed again where there is no whole number of batches.
        first_window = min(start, windows(l) - N)
        each_window(l, first_window, Val(N)) do n, row, column
            seen = x + 4 * window_offset(l, row, column)
            for c in 0:W:(l.channels - 1)
                winograd_pixels!(
                    Val(W), pixels + 4 * (N * 16c + n * W), N * W, seen + 4c, row_stride(l),
                    l.channels,
                )
            end
        end
        for f in 0:(2W):(filters - 1)
            F = filters - f ≥ 2W ? Val(2) : Val(1)
            winograd_filters!(
                l, Val(N), F, first_window, f, sums, pixels, y, winners, weights, bias
            )
        end
    end
end

# `F` vectors of filters for `N` windows.
function winograd_filters!(
    l::FusedConv{W}, ::Val{N}, ::Val{F}, first_window, f, sums, pixels, y, winners, weights,
    bias,
) where {W,N,F}
    winograd_products!(
        Val(W), sums, pixels, weights + 4f, Val(N), Val(F), l.channels, padded_filters(l)
    )
    each_window(l, first_window, Val(N)) do n, row, column
        for k in 0:(F - 1)
            products = unrolled_tuple(Val(16)) do i
                load(Floats{W}, sums, (i * N * F + n * F + k) * W)
            end
            outputs = both_directions(transform_products, products, Val(4))
            pool!(l, outputs, f + k * W, row, column, y, winners, bias)
        end
    end
end

# Calls f(n, row, column) for `N` windows of an image from `first_window` on.
@inline function each_window(f, l, first_window, ::Val{N}) where {N}
    row, column = divrem(first_window, l.output[1])
    for n in 0:(N - 1)
        f(n, row, column)
        column += 1
        column == l.output[1] && ((row, column) = (row + 1, 0))
    end
end

# Transform 4×4 pixels of `W` channels.
@inline function winograd_pixels!(
    ::Val{W}, destination, spacing, x, stride, channels
) where {W}
    pixels = unrolled_tuple(Val(16)) do i
        load(Floats{W}, x, (i ÷ 4) * stride + (i % 4) * channels)
    end
    transformed = both_directions(transform_pixels, pixels, Val(4))
    unrolled(i -> store!(destination, i * spacing, @inbounds transformed[i + 1]), Val(16))
end

# The sums over the channels of each of the 16 products, for `N` windows and `F` vectors
# of filters.
@generated function winograd_products!(
    ::Val{W}, sums, pixels, weights, ::Val{N}, ::Val{F}, channels, filters
) where {W,N,F}
    V = Floats{W}
    acc(n, f) = Symbol(:acc, n, :_, f)
    weight(f) = Symbol(:weight, f)
    each_acc(g) = [g(n, f) for n in 0:(N - 1) for f in 0:(F - 1)]
    add_window(n, c) = quote
        let pixel = splat($V, unsafe_load(seen, $(n * W) + $c))
            $([:($(acc(n, f)) = muladd(pixel, $(weight(f)), $(acc(n, f)))) for
               f in 0:(F - 1)]...)
        end
    end
    add_channel(c, packed) = quote
        $([:($(weight(f)) = load($V, $packed, $(f * W))) for f in 0:(F - 1)]...)
        $([add_window(n, c) for n in 0:(N - 1)]...)
    end
    return quote
        packed = weights
        for i in 0:15
            $(each_acc((n, f) -> :($(acc(n, f)) = splat($V, 0)))...)
            for block in 0:(channels ÷ $W - 1)
                seen = pixels + 4 * $(N * W) * (i + 16block)
                $([add_channel(c, :(packed + 4 * $(c - 1) * filters)) for c in 1:W]...)
                packed += 4 * $W * filters
            end
            seen = pixels + 4 * $(N * W) * (i + 16 * (channels ÷ $W))
            for c in 1:(channels % $W)
                $(add_channel(:c, :packed))
                packed += 4filters
            end
            $(each_acc() do n, f
                :(store!(sums, (i * $(N * F) + $(n * F + f)) * $W, $(acc(n, f))))
            end...)
        end
        return nothing
    end
end

# Winograd's way through a 3×3 convolution: the four outputs of a pooling window from 4×4 pixels, with 16 multiplications for
# each channel and filter where there were 36 (Lavin and Gray, "Fast algorithms for convolutional neural networks", 2015).
#
# Pixels are added up into 16 others, which meet weights that were added up likewise; the 16 products, summed over channels,
# are added up into the four outputs. Some tiles are done at once, so that weights are loaded once for all of them.

# From here on the additions are fewer than the multiplications that they save.
suits_winograd(l::Fused) = pooled(l) && l.kernel == (3, 3) && l.channels ≥ 8

# Four pixels, three weights, four products: what becomes of them in one direction.
@inline spread(a, b, c, d) = (a - c, b + c, c - b, b - d)
@inline widen(a, b, c) = (a, (a + b + c) * 0.5f0, (a - b + c) * 0.5f0, c)
@inline narrow(a, b, c, d) = (a + b + c, b - c - d)

# In both directions: `f` for each column, then for each row. Values are counted along the rows.
@inline function both(f, x::NTuple{N}, ::Val{In}) where {N,In}
    columns = ntuple(j -> f(ntuple(i -> x[(i - 1) * In + j], Val(In))...), Val(In))
    out = length(columns[1])
    rows = ntuple(i -> f(ntuple(j -> columns[j][i], Val(In))...), Val(out))
    return reduce((a, b) -> (a..., b...), rows)
end

# How many tiles at once: as many as there are registers for the sums of two vectors of filters.
const TILES = LANES == 16 ? (6, 5) : (4, 3)

# The number that repeats the least at the end of an image of `n` tiles.
tiles_at_once(n) = n < minimum(TILES) ? 1 : argmin(t -> (cld(n, t) * t - n, -t), filter(≤(n), TILES))

tiles(l::Fused) = l.output[1] * l.output[2]

# Room for one thread's tiles: their pixels, and their sums.
winograd_room(l::Fused) = suits_winograd(l) ? 16 * maximum(TILES) * (padded(l.channels) + 2LANES) : 0

"Weights, (filters padded, channels, 16): the vector of filters that begins at `f`."
function pack_winograd!(packed, weight, l::Fused, f)
    filters = padded(l.filters)
    for channel in 0:(l.channels - 1)
        taps = ntuple(Val(9)) do tap
            row, column = divrem(tap - 1, 3)
            V(ntuple(k -> f + k ≤ l.filters ? @inbounds(weight[place(l, channel, column, row, f + k - 1)]) : 0.0f0, Val(LANES)))
        end
        for (i, w) in enumerate(both(widen, taps, Val(3)))
            store!(pointer(packed), f + filters * (channel + l.channels * (i - 1)), w)
        end
    end
end

# One image, as in `forward!`.
function winograd!(l::Fused, room, y::Plane, codes, x, weights, bias)
    n = tiles_at_once(tiles(l))
    n == TILES[1] ? winograd!(l, Val(TILES[1]), room, y, codes, x, weights, bias) :
    n == TILES[2] ? winograd!(l, Val(TILES[2]), room, y, codes, x, weights, bias) :
    winograd!(l, Val(1), room, y, codes, x, weights, bias)
end

function winograd!(l::Fused, ::Val{N}, pixels, y, codes, x, weights, bias) where {N}
    sums = pixels + 4 * 16 * N * padded(l.channels)
    for some in 0:N:(tiles(l) - 1)
        first = min(some, tiles(l) - N)  # the last ones are done again where there is no whole number of them
        each_tile(l, first, Val(N)) do n, row, column
            seen = x + 4 * (2row * row_stride(l) + 2column * l.channels)
            for c in 0:LANES:(l.channels - 1)
                spread!(pixels + 4 * (N * 16c + n * LANES), N * LANES, seen + 4c, row_stride(l), l.channels)
            end
        end
        for f in 0:(2LANES):(padded(l.filters) - 1)
            padded(l.filters) - f ≥ 2LANES ? filters!(l, Val(N), Val(2), first, f, sums, pixels, y, codes, weights, bias) :
                filters!(l, Val(N), Val(1), first, f, sums, pixels, y, codes, weights, bias)
        end
    end
end

# `F` vectors of filters for `N` tiles.
function filters!(l, ::Val{N}, ::Val{F}, first, f, sums, pixels, y, codes, weights, bias) where {N,F}
    multiply!(sums, pixels, weights + 4f, Val(N), Val(F), l.channels, padded(l.filters))
    each_tile(l, first, Val(N)) do n, row, column
        for k in 0:(F - 1)
            products = tuple_of(i -> load(sums, (i * N * F + n * F + k) * LANES), Val(16))
            pool!(l, both(narrow, products, Val(4)), f + k * LANES, row, column, y, codes, bias)
        end
    end
end

# Calls f(n, row, column) for `N` tiles, the `first` one being that of an image.
@inline function each_tile(f, l, first, ::Val{N}) where {N}
    row, column = divrem(first, l.output[1])
    for n in 0:(N - 1)
        f(n, row, column)
        column += 1
        column == l.output[1] && ((row, column) = (row + 1, 0))
    end
end

# 4×4 pixels of LANES channels.
@inline function spread!(to, step, x, stride, channels)
    pixels = tuple_of(i -> load(x, (i ÷ 4) * stride + (i % 4) * channels), Val(16))
    spreads = both(spread, pixels, Val(4))
    unrolled(i -> store!(to, i * step, @inbounds spreads[i + 1]), Val(16))
end

# The sums over channels, for each of the 16 places of `N` tiles and `F` vectors of filters.
@generated function multiply!(sums, pixels, weights, ::Val{N}, ::Val{F}, channels, filters) where {N,F}
    acc(n, f) = Symbol(:acc, n, :_, f)
    all_of(g) = [g(n, f) for n in 0:(N - 1) for f in 0:(F - 1)]
    tap(c, packed) = quote
        $([:($(Symbol(:w, f)) = load($packed, $(f * LANES))) for f in 0:(F - 1)]...)
        $([quote
            let p = V(unsafe_load(seen, $(n * LANES) + $c))
                $([:($(acc(n, f)) = muladd(p, $(Symbol(:w, f)), $(acc(n, f)))) for f in 0:(F - 1)]...)
            end
        end for n in 0:(N - 1)]...)
    end
    return quote
        packed = weights
        for i in 0:15
            $(all_of((n, f) -> :($(acc(n, f)) = V(0.0f0)))...)
            for block in 0:(channels ÷ LANES - 1)
                seen = pixels + 4 * $(N * LANES) * (i + 16block)
                $([tap(c, :(packed + 4 * $(c - 1) * filters)) for c in 1:LANES]...)
                packed += 4 * LANES * filters
            end
            seen = pixels + 4 * $(N * LANES) * (i + 16 * (channels ÷ LANES))
            for c in 1:(channels % LANES)
                $(tap(:c, :packed))
                packed += 4filters
            end
            $(all_of((n, f) -> :(store!(sums, (i * $(N * F) + $(n * F + f)) * LANES, $(acc(n, f)))))...)
        end
        return nothing
    end
end

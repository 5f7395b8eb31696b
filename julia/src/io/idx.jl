# MNIST's file format (IDX): two zero bytes, the element type, the number of axes, each axis
# as a big-endian 32-bit number, then the elements, with the last axis fastest.

const IDX_UINT8 = 0x08

"""
    read_idx(path)

Read an IDX file of bytes, gzipped or not, as an array with the file's last axis first:
images are `(width, height, samples)`. Throws an `ArgumentError` if the file is damaged.

# Examples
```jldoctest
julia> path = tempname(); write(path, UInt8[0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9]);

julia> read_idx(path)
3-element Vector{UInt8}:
 0x07
 0x08
 0x09
```
"""
function read_idx(path::AbstractString)
    bytes = gunzip(read(path), path)
    length(bytes) ≥ 4 && bytes[1:2] == [0x00, 0x00] ||
        throw(ArgumentError("$path is no IDX file: it does not begin with two zero bytes"))
    bytes[3] == IDX_UINT8 || throw(ArgumentError(
        "$path has elements of type $(repr(bytes[3])), expected bytes ($(repr(IDX_UINT8)))",
    ))
    header = 4 + 4 * bytes[4]
    length(bytes) ≥ header || throw(ArgumentError("$path is cut short in its header"))
    dims = Tuple(Int.(ntoh.(reinterpret(UInt32, bytes[5:header]))))
    elements = length(bytes) - header
    elements == prod(dims) || throw(ArgumentError(
        "$path must have $(prod(dims)) elements, as its axes $dims say, got $elements",
    ))
    return reshape(bytes[(header + 1):end], reverse(dims))
end

function gunzip(bytes, path)
    length(bytes) ≥ 2 && bytes[1:2] == [0x1f, 0x8b] || return bytes
    return try
        read(GzipDecompressorStream(IOBuffer(bytes)))
    catch e
        reason = sprint(showerror, e)
        throw(ArgumentError("$path is a damaged gzip file ($reason); download it again"))
    end
end

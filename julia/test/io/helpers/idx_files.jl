# The bytes of an IDX file, and a file with some bytes.
idx(type, dims, elements) = [
    0x00; 0x00; type; UInt8(length(dims));
    reinterpret(UInt8, hton.(UInt32.(collect(dims)))); vec(elements)
]

function written(bytes; path = joinpath(mktempdir(), "a"))
    write(path, bytes)
    return path
end

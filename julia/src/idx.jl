# MNIST's file format (IDX): two zero bytes, the element type, the number of axes, each axis as a big-endian
# 32-bit number, then the elements, last axis fastest.

const IDX_UINT8 = 0x08

"""
    read_idx(path)

Read an IDX file of bytes, gzipped or not, with the file's last axis first: images come as
`(width, height, samples)`.

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
    bytes = read(path)
    if length(bytes) ≥ 2 && bytes[1:2] == [0x1f, 0x8b]
        bytes = try
            read(GzipDecompressorStream(IOBuffer(bytes)))
        catch e
            throw(ArgumentError("$path is a damaged gzip file ($(sprint(showerror, e))); get it again"))
        end
    end
    length(bytes) ≥ 4 && bytes[1:2] == [0x00, 0x00] ||
        throw(ArgumentError("$path is no IDX file: it does not begin with two zero bytes"))
    bytes[3] == IDX_UINT8 ||
        throw(ArgumentError("$path has elements of type $(repr(bytes[3])), expected bytes ($(repr(IDX_UINT8)))"))
    start = 4 + 4 * bytes[4]
    length(bytes) ≥ start || throw(ArgumentError("$path is cut short in its header"))
    dims = Tuple(Int.(ntoh.(reinterpret(UInt32, bytes[5:start]))))
    length(bytes) - start == prod(dims) ||
        throw(ArgumentError("$path must have $(prod(dims)) elements, as $dims says, got $(length(bytes) - start)"))
    return reshape(bytes[(start + 1):end], reverse(dims))
end

"""
    load_mnist(folder, part)

Read the images `(28, 28, 1, samples)` and the class numbers (a digit plus 1) of MNIST's `part`, `:train` or
`:test`, from a folder with the four original files, gzipped or not, directly or in `mnist/`.
"""
function load_mnist(folder::AbstractString, part::Symbol)
    prefix = (train = "train", test = "t10k")[part]
    images = read_idx(find_mnist(folder, "$prefix-images-idx3-ubyte"))
    labels = read_idx(find_mnist(folder, "$prefix-labels-idx1-ubyte"))
    size(images, 3) == length(labels) ||
        throw(ArgumentError("$folder has $(size(images, 3)) images and $(length(labels)) labels in its $part part"))
    return reshape(images, size(images, 1), size(images, 2), 1, :), Int.(labels) .+ 1
end

const MNIST_URL = "https://storage.googleapis.com/cvdf-datasets/mnist/"

function find_mnist(folder, name)
    places = [joinpath(folder, sub, name * ext) for sub in ("mnist", ""), ext in ("", ".gz")]
    found = findfirst(isfile, places)
    found === nothing || return places[found]
    throw(ArgumentError("""
        there is no $name or $name.gz in $(repr(folder)) or its subfolder mnist/.
        Download {train,t10k}-{images-idx3,labels-idx1}-ubyte.gz from $MNIST_URL into a folder, and name it."""))
end

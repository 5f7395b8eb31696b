# The MNIST digits, from a folder with the original files.

const MNIST_URL = "https://storage.googleapis.com/cvdf-datasets/mnist/"

"""
    load_mnist(folder, part)

Read the images `(28, 28, 1, samples)` and class numbers (a digit plus 1) of a part of
MNIST, `:train` or `:test`, from a folder with the four original files, gzipped or not,
directly in it or in `mnist/`. Throws an `ArgumentError` if a file is missing or damaged.
"""
function load_mnist(folder::AbstractString, part::Symbol)
    prefix = (train = "train", test = "t10k")[part]
    images = read_idx(find_mnist(folder, "$prefix-images-idx3-ubyte"))
    labels = read_idx(find_mnist(folder, "$prefix-labels-idx1-ubyte"))
    w, h, n = size(images)
    n == length(labels) || throw(ArgumentError(
        "$folder has $n images and $(length(labels)) labels in its $part part",
    ))
    return reshape(images, w, h, 1, n), Int.(labels) .+ 1
end

function find_mnist(folder, name)
    for subfolder in ("mnist", ""), suffix in ("", ".gz")
        path = joinpath(folder, subfolder, name * suffix)
        isfile(path) && return path
    end
    throw(ArgumentError(
        "there is no $name or $name.gz in $(repr(folder)) or its subfolder mnist/. \
        Download {train,t10k}-{images-idx3,labels-idx1}-ubyte.gz from $MNIST_URL into a \
        folder, and name it",
    ))
end

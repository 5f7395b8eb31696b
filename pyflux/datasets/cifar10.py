"""CIFAR-10: 60,000 colour pictures of animals and vehicles.

Hash and size are those in TensorFlow Datasets (tensorflow_datasets/url_checksums/cifar10.txt); other projects
give the same hash beside the MD5 that the source publishes, c32a1d4a…d87530.
"""

from .cifar_binary import BinaryDataset

__all__ = ["cifar10", "load_data"]

cifar10 = BinaryDataset(
    name="cifar10",
    title="CIFAR-10",
    class_names=(
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck",
    ),
    licence=(
        "no licence is stated; Alex Krizhevsky, Vinod Nair and Geoffrey Hinton, to be cited as: Alex "
        "Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009"
    ),
    source="https://www.cs.toronto.edu/~kriz/cifar.html",
    mirrors=(
        "https://www.cs.toronto.edu/~kriz/",
        "https://cave.cs.toronto.edu/kriz/",
        "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10/",
    ),
    folders=("cifar10", "cifar-10", "."),
    archive="cifar-10-binary.tar.gz",
    archive_size=170_052_171,
    sha256="c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    unpacked="cifar-10-batches-bin",
    train=tuple(f"data_batch_{i}.bin" for i in range(1, 6)),
    test=("test_batch.bin",),
    records=10_000,
)

load_data = cifar10.load_data

"""The data sets by name: MNIST, Fashion-MNIST, KMNIST and CIFAR-10; and synthetic ones.

    from pyflux.datasets import mnist
    (x_train, y_train), (x_test, y_test) = mnist.load_data()

The files are looked for in the folder given as ``data_dir=``, else in the one that the environment variable
``PYFLUX_DATA`` names, and then nowhere else. Without either they are downloaded once into the user's cache
folder. Importing this module opens no connection.
"""

from .base import ImageDataset, Split
from .catalog import DATASETS, load
from .cifar10 import cifar10
from .cifar_binary import BinaryDataset
from .drawn_digits import synthetic_digits
from .fashion_mnist import fashion_mnist
from .idx_dataset import IdxDataset, IdxFile
from .kmnist import kmnist
from .mnist import mnist
from .patterns import synthetic_images

__all__ = [
    "DATASETS",
    "BinaryDataset",
    "IdxDataset",
    "IdxFile",
    "ImageDataset",
    "Split",
    "cifar10",
    "fashion_mnist",
    "kmnist",
    "load",
    "mnist",
    "synthetic_digits",
    "synthetic_images",
]

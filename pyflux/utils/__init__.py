"""Helpers with Keras's names: one-hot labels, one seed for everything, images from files and folders."""

from .arrays import set_random_seed, to_categorical
from .image_dataset import image_dataset_from_directory
from .images import array_to_img, img_to_array, load_img

__all__ = [
    "array_to_img",
    "image_dataset_from_directory",
    "img_to_array",
    "load_img",
    "set_random_seed",
    "to_categorical",
]

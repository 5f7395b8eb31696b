"""The networks of well-known tutorials; `pyflux.applications.tutorials` by a shorter name."""

from .applications.tutorials import (
    flux_mnist,
    keras_cifar,
    keras_imagenet,
    keras_mnist,
    torch_cifar,
    vgg16_transfer,
)

__all__ = ["flux_mnist", "keras_cifar", "keras_imagenet", "keras_mnist", "torch_cifar", "vgg16_transfer"]

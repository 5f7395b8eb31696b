"""Examples of every layer, which the contract test asks every engine, exporter and file for.

Each is a line of code with the library left open: ``lambda lib: lib.Dense(4)`` makes pyflux's layer with
``lib = pyflux.layers``, and Keras's with ``lib = keras.layers``.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from pyflux import layers


class Example(NamedTuple):
    """A layer, and the shape of the samples that it gets.

    Attributes:
        make: Makes the layer of a library.
        shape: Shape of one sample.
    """

    make: Callable[[Any], Any]
    shape: tuple[int, ...]

    def layer(self):
        """Return pyflux's layer."""
        return self.make(layers)

    def samples(self, n=3, seed=0):
        """Return samples on both sides of 0, with no ties and nothing within 0.001 of where a slope changes."""
        rng = np.random.default_rng(seed)
        x = 2.5 * rng.normal(size=(n, *self.shape))
        for kink in (-3, 0, 0.5, 1, 3, 6):
            near = np.abs(x - kink) < 0.001
            x[near] += 0.01
        return x

    def weights(self, seed=1):
        """Return a value for each of the layer's arrays: none 0 or 1, variances positive."""
        rng = np.random.default_rng(seed)
        shapes = self.layer().weight_shapes(self.shape)
        return [
            0.5 + rng.random(shape) if name in ("moving_variance", "variance") else rng.normal(size=shape)
            for name, shape in shapes.items()
        ]


IMAGE, GREY, ROWS, ROW = (5, 4, 2), (6, 7, 1), (5, 3), (6,)

EXAMPLES = {
    "Conv2D": Example(lambda lib: lib.Conv2D(4, (3, 2)), IMAGE),
    "Conv2D same": Example(lambda lib: lib.Conv2D(4, (3, 2), padding="SAME", activation="tanh"), IMAGE),
    "Conv2D strides": Example(lambda lib: lib.Conv2D(3, (2, 3), (2, 1), "same", use_bias=False), IMAGE),
    "Conv2D dilation": Example(lambda lib: lib.Conv2D(3, (2, 3), dilation_rate=(2, 1), padding="same"), IMAGE),
    "Conv2D larger than the image": Example(lambda lib: lib.Conv2D(2, (7, 9), padding="same"), IMAGE),
    "Conv2D groups": Example(lambda lib: lib.Conv2D(4, 2, groups=2, activation="softmax"), IMAGE),
    "Conv2D leaky": Example(lambda lib: lib.Conv2D(4, 2, activation=lib.LeakyReLU(0.1)), IMAGE),
    "DepthwiseConv2D": Example(lambda lib: lib.DepthwiseConv2D((3, 2)), IMAGE),
    "DepthwiseConv2D strides": Example(lambda lib: lib.DepthwiseConv2D(3, 2, "same", use_bias=False), IMAGE),
    "DepthwiseConv2D multiplier": Example(
        lambda lib: lib.DepthwiseConv2D(2, depth_multiplier=3, dilation_rate=(2, 1), activation="tanh"), IMAGE
    ),
    "Normalization": Example(lambda lib: lib.Normalization(), IMAGE),
    "Normalization rows": Example(lambda lib: lib.Normalization(), ROWS),
    "Normalization arguments": Example(lambda lib: lib.Normalization(mean=(0.5, -1.0), variance=(2.0, 0.3)), IMAGE),
    "Dropout images": Example(lambda lib: lib.Dropout(0.4, noise_shape=(None, 1, 1, 1), seed=3), IMAGE),
    "Dropout channels": Example(lambda lib: lib.Dropout(0.4, noise_shape=(None, 1, 1, None), seed=3), IMAGE),
    "Dropout rows": Example(lambda lib: lib.Dropout(0.4, noise_shape=(None, None, 1), seed=3), ROWS),
    "MaxPooling2D": Example(lambda lib: lib.MaxPooling2D(), GREY),
    "MaxPooling2D same": Example(lambda lib: lib.MaxPooling2D((3, 2), strides=(1, 2), padding="same"), GREY),
    "MaxPooling2D larger": Example(lambda lib: lib.MaxPooling2D(9, strides=2, padding="same"), GREY),
    "AveragePooling2D": Example(lambda lib: lib.AveragePooling2D((2, 3)), GREY),
    "AveragePooling2D same": Example(lambda lib: lib.AveragePooling2D(3, 1, "same"), GREY),
    "AveragePooling2D more after": Example(lambda lib: lib.AveragePooling2D((3, 2), (1, 2), "same"), GREY),
    "AveragePooling2D larger": Example(lambda lib: lib.AveragePooling2D(9, strides=1, padding="same"), GREY),
    "GlobalMaxPooling2D": Example(lambda lib: lib.GlobalMaxPooling2D(), IMAGE),
    "GlobalMaxPooling2D keepdims": Example(lambda lib: lib.GlobalMaxPooling2D(keepdims=True), IMAGE),
    "GlobalAveragePooling2D": Example(lambda lib: lib.GlobalAveragePooling2D(), IMAGE),
    "GlobalAveragePooling2D keepdims": Example(lambda lib: lib.GlobalAveragePooling2D(keepdims=True), IMAGE),
    "Flatten": Example(lambda lib: lib.Flatten(), IMAGE),
    "Flatten rows": Example(lambda lib: lib.Flatten(), ROWS),
    "Dense": Example(lambda lib: lib.Dense(4, "relu"), ROW),
    "Dense rows": Example(lambda lib: lib.Dense(4), ROWS),
    "Dense image": Example(lambda lib: lib.Dense(4, activation="softmax", use_bias=False), IMAGE),
    "Activation image": Example(lambda lib: lib.Activation("softmax"), IMAGE),
    "ReLU": Example(lambda lib: lib.ReLU(), ROW),
    "ReLU6": Example(lambda lib: lib.ReLU(6), IMAGE),
    "ReLU all": Example(lambda lib: lib.ReLU(max_value=3, negative_slope=0.3, threshold=0.5), ROWS),
    "LeakyReLU": Example(lambda lib: lib.LeakyReLU(), ROW),
    "ELU": Example(lambda lib: lib.ELU(0.5), IMAGE),
    "Softmax": Example(lambda lib: lib.Softmax(), ROW),
    "Softmax image": Example(lambda lib: lib.Softmax(axis=3), IMAGE),
    "Dropout": Example(lambda lib: lib.Dropout(0.4), IMAGE),
    "Dropout seed": Example(lambda lib: lib.Dropout(0.4, seed=1), ROW),
    "BatchNormalization": Example(lambda lib: lib.BatchNormalization(momentum=0.9), IMAGE),
    "BatchNormalization row": Example(lambda lib: lib.BatchNormalization(epsilon=0.01), ROW),
    "BatchNormalization rows": Example(lambda lib: lib.BatchNormalization(axis=2), ROWS),
    "BatchNormalization no scale": Example(lambda lib: lib.BatchNormalization(scale=False), IMAGE),
    "BatchNormalization no shift": Example(lambda lib: lib.BatchNormalization(center=False), ROW),
    "BatchNormalization neither": Example(lambda lib: lib.BatchNormalization(center=False, scale=False), IMAGE),
    "BatchNormalization frozen": Example(lambda lib: lib.BatchNormalization(trainable=False), IMAGE),
    "Rescaling": Example(lambda lib: lib.Rescaling(1 / 127.5, offset=-1), IMAGE),
    "ZeroPadding2D": Example(lambda lib: lib.ZeroPadding2D(((0, 1), (3, 2))), IMAGE),
    "ZeroPadding2D pair": Example(lambda lib: lib.ZeroPadding2D((2, 0)), GREY),
    "Cropping2D": Example(lambda lib: lib.Cropping2D(((1, 2), (0, 1))), IMAGE),
    "UpSampling2D": Example(lambda lib: lib.UpSampling2D((2, 3)), IMAGE),
    "UpSampling2D bilinear": Example(lambda lib: lib.UpSampling2D((3, 2), interpolation="bilinear"), IMAGE),
    "Reshape": Example(lambda lib: lib.Reshape((2, -1, 4)), IMAGE),
    "Reshape row to image": Example(lambda lib: lib.Reshape((1, 3, 2)), ROW),
    "Reshape image to rows": Example(lambda lib: lib.Reshape((4, 10)), IMAGE),
    "Reshape rows to row": Example(lambda lib: lib.Reshape((-1,)), ROWS),
    "Permute": Example(lambda lib: lib.Permute((3, 1, 2)), IMAGE),
    "Permute rows": Example(lambda lib: lib.Permute((2, 1)), ROWS),
    "Permute row": Example(lambda lib: lib.Permute((1,)), ROW),
    "SeparableConv2D": Example(lambda lib: lib.SeparableConv2D(3, (3, 2), padding="same", activation="tanh"), IMAGE),
    "SeparableConv2D strides": Example(
        lambda lib: lib.SeparableConv2D(3, 2, strides=2, depth_multiplier=2, use_bias=False), IMAGE
    ),
    "Conv2DTranspose": Example(lambda lib: lib.Conv2DTranspose(3, (3, 2), activation="tanh"), IMAGE),
    "Conv2DTranspose strides": Example(lambda lib: lib.Conv2DTranspose(3, (2, 3), (2, 1), use_bias=False), IMAGE),
    "Conv2DTranspose same": Example(lambda lib: lib.Conv2DTranspose(3, (3, 4), 2, padding="same"), IMAGE),
    "Conv2DTranspose small": Example(lambda lib: lib.Conv2DTranspose(2, (2, 1), 3), IMAGE),
    "Conv2DTranspose small same": Example(lambda lib: lib.Conv2DTranspose(2, (1, 2), 3, padding="same"), IMAGE),
    "Conv2DTranspose dilation": Example(lambda lib: lib.Conv2DTranspose(2, 2, dilation_rate=(2, 1)), IMAGE),
    "LayerNormalization": Example(lambda lib: lib.LayerNormalization(), IMAGE),
    "LayerNormalization row": Example(lambda lib: lib.LayerNormalization(epsilon=0.1, scale=False), ROW),
    "LayerNormalization rows": Example(lambda lib: lib.LayerNormalization(center=False), ROWS),
    "GroupNormalization": Example(lambda lib: lib.GroupNormalization(2), (3, 4, 6)),
    "GroupNormalization row": Example(lambda lib: lib.GroupNormalization(groups=3, epsilon=0.1), ROW),
    "GroupNormalization rows": Example(lambda lib: lib.GroupNormalization(1, center=False), ROWS),
    "GroupNormalization instance": Example(lambda lib: lib.GroupNormalization(-1, scale=False), IMAGE),
    "SpatialDropout2D": Example(lambda lib: lib.SpatialDropout2D(0.4), IMAGE),
    "GaussianNoise": Example(lambda lib: lib.GaussianNoise(0.3, seed=2), IMAGE),
    "GaussianNoise row": Example(lambda lib: lib.GaussianNoise(0.3), ROW),
    "Resizing": Example(lambda lib: lib.Resizing(7, 3), IMAGE),
    "Resizing nearest": Example(lambda lib: lib.Resizing(3, 9, interpolation="nearest"), IMAGE),
    "Resizing cropped": Example(lambda lib: lib.Resizing(4, 6, crop_to_aspect_ratio=True), (9, 7, 2)),
    "CenterCrop": Example(lambda lib: lib.CenterCrop(2, 3), IMAGE),
    "RandomCrop": Example(lambda lib: lib.RandomCrop(3, 2, seed=5), IMAGE),
    "RandomBrightness": Example(lambda lib: lib.RandomBrightness((-0.2, 0.5), (-1, 2)), IMAGE),
    "RandomFlip": Example(lambda lib: lib.RandomFlip("horizontal", seed=1), IMAGE),
    "RandomTranslation": Example(lambda lib: lib.RandomTranslation(0.2, (0, 0.1)), IMAGE),
    "RandomRotation": Example(lambda lib: lib.RandomRotation(0.1, fill_mode="nearest"), IMAGE),
    "RandomZoom": Example(lambda lib: lib.RandomZoom(0.2, fill_mode="constant", fill_value=0.5), IMAGE),
    "RandomContrast": Example(lambda lib: lib.RandomContrast((0.2, 0.5), (-1, 1)), IMAGE),
} | {
    f"Activation {name}": Example(lambda lib, name=name: lib.Activation(name), ROW)
    for name in (
        "linear", "relu", "relu6", "leaky_relu", "elu", "selu", "gelu", "silu", "swish", "hard_sigmoid", "hard_silu",
        "softplus", "softsign", "sigmoid", "tanh", "exponential", "mish", "softmax", "log_softmax",
    )
}  # fmt: skip

"""The table of the layers' functions. To add a layer, add its pair to `LAYERS`."""

from __future__ import annotations

from ...layers import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    Layer,
    MaxPooling2D,
    RandomContrast,
    RandomFlip,
    RandomRotation,
    RandomTranslation,
    RandomZoom,
    Rescaling,
)
from .convolutional import conv2d, conv2d_backward
from .core import (
    activation,
    activation_backward,
    dense,
    dense_backward,
    dropout,
    dropout_backward,
    flatten,
    flatten_backward,
)
from .normalization import batch_normalization, batch_normalization_backward
from .ops import LayerOps
from .pooling import (
    average_pooling2d,
    average_pooling2d_backward,
    global_average,
    global_average_backward,
    global_max,
    global_max_backward,
    max_pooling2d,
    max_pooling2d_backward,
)
from .preprocessing import augmentation, augmentation_backward, rescaling, rescaling_backward

LAYERS: dict[type[Layer], LayerOps] = {
    Conv2D: LayerOps(conv2d, conv2d_backward),
    MaxPooling2D: LayerOps(max_pooling2d, max_pooling2d_backward),
    AveragePooling2D: LayerOps(average_pooling2d, average_pooling2d_backward),
    GlobalMaxPooling2D: LayerOps(global_max, global_max_backward),
    GlobalAveragePooling2D: LayerOps(global_average, global_average_backward),
    Flatten: LayerOps(flatten, flatten_backward),
    Dense: LayerOps(dense, dense_backward),
    Activation: LayerOps(activation, activation_backward),
    Dropout: LayerOps(dropout, dropout_backward),
    BatchNormalization: LayerOps(batch_normalization, batch_normalization_backward),
    Rescaling: LayerOps(rescaling, rescaling_backward),
} | dict.fromkeys(
    (RandomFlip, RandomTranslation, RandomRotation, RandomZoom, RandomContrast),
    LayerOps(augmentation, augmentation_backward),
)

"""The table of the layers' functions. To add a layer, add its pair to `LAYERS`."""

from __future__ import annotations

from ...layers import (
    ELU,
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Cropping2D,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    Layer,
    LeakyReLU,
    MaxPooling2D,
    Normalization,
    Permute,
    RandomContrast,
    RandomFlip,
    RandomRotation,
    RandomTranslation,
    RandomZoom,
    ReLU,
    Rescaling,
    Reshape,
    Softmax,
    UpSampling2D,
    ZeroPadding2D,
)
from . import (
    activations,
    convolutional,
    core,
    depthwise,
    normalization,
    pooling,
    preprocessing,
    reshaping,
    standardization,
)
from .ops import LayerOps

_activation = LayerOps(activations.activation, activations.activation_backward)
_geometric = LayerOps(preprocessing.geometric, preprocessing.augmentation_backward)

LAYERS: dict[type[Layer], LayerOps] = {
    Conv2D: LayerOps(convolutional.conv2d, convolutional.conv2d_backward),
    DepthwiseConv2D: LayerOps(depthwise.depthwise_conv2d, depthwise.depthwise_conv2d_backward),
    MaxPooling2D: LayerOps(pooling.max_pooling2d, pooling.max_pooling2d_backward),
    AveragePooling2D: LayerOps(pooling.average_pooling2d, pooling.average_pooling2d_backward),
    GlobalMaxPooling2D: LayerOps(pooling.global_max, pooling.global_max_backward),
    GlobalAveragePooling2D: LayerOps(pooling.global_average, pooling.global_average_backward),
    Flatten: LayerOps(core.flatten, core.flatten_backward),
    Dense: LayerOps(core.dense, core.dense_backward),
    Dropout: LayerOps(core.dropout, core.dropout_backward),
    Activation: _activation,
    ReLU: _activation,
    LeakyReLU: _activation,
    ELU: _activation,
    Softmax: _activation,
    BatchNormalization: LayerOps(
        normalization.batch_normalization, normalization.batch_normalization_backward
    ),
    Normalization: LayerOps(standardization.normalization, standardization.normalization_backward),
    Rescaling: LayerOps(preprocessing.rescaling, preprocessing.rescaling_backward),
    ZeroPadding2D: LayerOps(reshaping.zero_padding2d, reshaping.zero_padding2d_backward),
    Cropping2D: LayerOps(reshaping.cropping2d, reshaping.cropping2d_backward),
    UpSampling2D: LayerOps(reshaping.up_sampling2d, reshaping.up_sampling2d_backward),
    Reshape: LayerOps(reshaping.reshape, reshaping.reshape_backward),
    Permute: LayerOps(reshaping.permute, reshaping.permute_backward),
    RandomFlip: _geometric,
    RandomTranslation: _geometric,
    RandomRotation: _geometric,
    RandomZoom: _geometric,
    RandomContrast: LayerOps(preprocessing.contrast, preprocessing.augmentation_backward),
}

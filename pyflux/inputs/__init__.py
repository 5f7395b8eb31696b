"""What may come in as samples, labels and batches, and the one form in which engines get it.

Images become a C-ordered ``(N, height, width, channels)`` array, labels ``(N,)`` int32. What has that form
already is taken as it is, without a copy, so that a uint8 image costs one byte a pixel all the way.
"""

from .arrays import Floats, Images, Shape, as_array, as_finite_floats, as_floats, as_samples
from .batches import Batch, Batches, is_batched
from .targets import Labels, Targets, as_columns, as_labels, as_sample_weights

__all__ = [
    "Batch",
    "Batches",
    "Floats",
    "Images",
    "Labels",
    "Shape",
    "Targets",
    "as_array",
    "as_columns",
    "as_finite_floats",
    "as_floats",
    "as_labels",
    "as_sample_weights",
    "as_samples",
    "is_batched",
]

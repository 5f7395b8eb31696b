"""`InspectableModel`: what a trained network computes inside."""

from __future__ import annotations

from numpy.typing import ArrayLike

from .._internal import validation
from ..architecture import Architecture
from ..inputs import Floats, Images, as_samples
from . import parts
from .saveable import SaveableModel

BATCH_SIZE = 256


class InspectableModel(SaveableModel):
    """A model whose layers can be looked at."""

    def layer_outputs(self, x: ArrayLike, layer: str | int, batch_size: int | None = None) -> Floats:
        """Return what one of the layers gives for samples, as it does when the model predicts.

        Args:
            x: Samples, as for `predict`.
            layer: The layer's name, such as ``"conv2d_1"`` or ``"vgg16/block5_conv1"``, or its index; a
                negative one counts from the end.
            batch_size: Samples computed at once; 256 by default.

        Returns:
            ``(N, *output_shape)`` of that layer, float32.

        Raises:
            TypeError, ValueError: There is no such layer, or the samples do not fit the model.

        >>> from pyflux import networks, synthetic_digits
        >>> model = networks.flux_mnist(seed=0, engine="reference")
        >>> model.layer_outputs(synthetic_digits(2, seed=0)[0], "conv2d").shape
        (2, 26, 26, 16)
        """
        size = validation.as_int("batch_size", BATCH_SIZE if batch_size is None else batch_size)
        architecture = self.require_architecture("layer_outputs()")
        index = layer_index(architecture, layer)
        images = as_samples("x", x, architecture.input_shape, scales_bytes=architecture.scales_bytes)
        part = self._part(parts.until(architecture, index))
        return part.session().push().predict(self._unscaled(images, part), size)

    def _part(self, architecture: Architecture) -> InspectableModel:
        """Return a model of a part of this one, which shares its weights."""
        part: InspectableModel = self._of(architecture, seed=self.seed, engine=self.engine)
        part._execution = self._execution._replace(distributed=False)
        return part

    def _unscaled(self, images: Images, part: InspectableModel) -> Images:
        """Return images so that a part does with bytes what the whole does.

        Where the whole has a `Rescaling` it takes bytes as they are; the part may not have that layer.
        """
        scales = part.architecture.scales_bytes
        return (
            images.astype("float32", copy=False) if scales and not self.architecture.scales_bytes else images
        )


def layer_index(architecture: Architecture, layer: str | int) -> int:
    """Return the index of the layer with that name, or with that index.

    Raises:
        TypeError, ValueError: There is none; the error says which there are.

    >>> from pyflux.layers import Dense
    >>> architecture = Architecture((Dense(4), Dense(2)), (3,))
    >>> layer_index(architecture, "dense_1"), layer_index(architecture, -1)
    (1, 1)
    """
    if isinstance(layer, str):
        return architecture.names.index(validation.choice("layer", layer, architecture.names))
    last = len(architecture.nodes) - 1
    return validation.as_int("layer", layer, minimum=-last - 1, maximum=last) % (last + 1)

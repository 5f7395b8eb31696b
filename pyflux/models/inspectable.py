"""`InspectableModel`: what a trained network computes inside."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .._internal import validation
from ..architecture import Architecture
from ..engines import Data
from ..inputs import Floats, Images, Targets, as_labels, as_samples
from ..losses import Loss
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
        architecture = self.require_architecture("layer_outputs()")
        index = layer_index(architecture, layer)
        images = as_samples("x", x, architecture.input_shape, scales_bytes=architecture.scales_bytes)
        part = self._part(parts.until(architecture, index))
        return part.session().push().predict(self._unscaled(images, part), _size(batch_size))

    def input_gradients(
        self, x: ArrayLike, y: ArrayLike, *, of: str = "loss", batch_size: int | None = None
    ) -> Floats:
        """Return what a change of each value of a sample would change: the gradient for the samples.

        Everything is computed as in prediction: without dropout, and with the moving averages of batch
        normalizations. Bytes count as the floats that the network makes of them: scaled by 1/255, unless it
        has a `Rescaling`.

        Args:
            x: Samples, as for `predict`.
            y: The labels or target values that the loss is computed with, as for `fit`. For the score, class
                numbers ``(N,)``.
            of: ``"loss"`` for the gradient of each sample's own loss; or ``"score"`` for that of its output
                for the class ``y``, before a softmax or sigmoid at the end. A single output is the score of
                class 1, and its negative that of class 0.
            batch_size: Samples computed at once; 256 by default.

        Returns:
            ``(N, *input_shape)`` float32.

        Raises:
            TypeError, ValueError: An argument is invalid; or ``of="loss"``, and the model is not compiled.

        >>> from pyflux import Sequential, layers
        >>> model = Sequential([layers.Dense(2, activation="softmax", input_shape=(3,))], engine="reference")
        >>> model.set_weights([[[1, 2], [3, 4], [5, 6]], [0, 0]])
        >>> model.input_gradients([[0, 0, 0]], [1], of="score")
        array([[2., 4., 6.]], dtype=float32)
        """
        architecture = self.require_architecture("input_gradients()")
        images = as_samples("x", x, architecture.input_shape, scales_bytes=architecture.scales_bytes)
        targets, loss = self._targets(y, len(images), of)
        found = self.session().push().input_gradients(Data(images, targets), _size(batch_size), loss)
        return self._signed(found, y, of)

    def layer_gradients(
        self,
        x: ArrayLike,
        y: ArrayLike,
        layer: str | int,
        *,
        of: str = "loss",
        batch_size: int | None = None,
    ) -> Floats:
        """Return the gradient for the output of one of the layers, as `input_gradients` does for the samples.

        Args:
            x: Samples, as for `predict`.
            y: As for `input_gradients`.
            layer: The layer's name or index, as for `layer_outputs`; not the last, and none in a branch.
            of: As for `input_gradients`.
            batch_size: Samples computed at once; 256 by default.

        Returns:
            ``(N, *output_shape)`` of that layer, float32.

        Raises:
            TypeError, ValueError: An argument is invalid; the error names the layers that can be given in
                place of one in a branch.

        >>> from pyflux import networks, synthetic_digits
        >>> model = networks.flux_mnist(seed=0, engine="reference")
        >>> model.layer_gradients(*synthetic_digits(2, seed=0), "conv2d", of="score").shape
        (2, 26, 26, 16)
        """
        architecture = self.require_architecture("layer_gradients()")
        index = layer_index(architecture, layer)
        if index == len(architecture.nodes) - 1:
            raise ValueError(f"layer must come before the last, got {architecture.names[index]!r}")
        rest = self._part(parts.after(architecture, index))
        outputs = self.layer_outputs(x, index, batch_size)
        targets, loss = self._targets(y, len(outputs), of)
        found = rest.session().push().input_gradients(Data(outputs, targets), _size(batch_size), loss)
        return self._signed(found, y, of)

    def _targets(self, y: ArrayLike, samples: int, of: str) -> tuple[Targets, Loss | None]:
        """Return what an engine needs to know for a gradient, beside the samples."""
        if validation.choice("of", of, ("loss", "score")) == "loss":
            config = self.require_compiled("input_gradients(of='loss')")
            y_true = config.targets("y", y, self.architecture, samples, "x")
            return config.loss.smooth(y_true), config.loss
        if len(self.architecture.output_shape) != 1:
            raise ValueError(
                f"of='score' needs one row of outputs a sample, got {self.architecture.output_shape}"
            )
        outputs = self.architecture.output_shape[0]
        labels = as_labels("y", y, max(outputs, 2), samples, "x")
        return (np.zeros_like(labels) if outputs == 1 else labels), None

    def _signed(self, gradients: Floats, y: ArrayLike, of: str) -> Floats:
        """Return gradients of scores, where class 0 of a single output has its negative."""
        if of == "loss" or self.architecture.output_shape != (1,):
            return gradients
        signs = 2 * np.asarray(y, np.float32).reshape(-1, *[1] * (gradients.ndim - 1)) - 1
        return np.asarray(gradients * signs, np.float32)

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


def _size(batch_size: int | None) -> int:
    return validation.as_int("batch_size", BATCH_SIZE if batch_size is None else batch_size)


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

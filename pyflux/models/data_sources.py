"""From the arguments of `fit` and `evaluate` to the batches of a training and its validation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..inputs import Batches, is_batched
from . import training_data
from .sources import ArraySource, Source, StreamSource
from .training_data import LabelledData, with_class_weights

if TYPE_CHECKING:
    from .model import Model


class DataSources:
    """Checks the data of a compiled model, and makes sources of batches from them.

    Args:
        model: The model.
    """

    def __init__(self, model: Model) -> None:
        self.model = model

    def training(
        self,
        x: Any,
        y: Any,
        sample_weight: ArrayLike | None,
        class_weight: Mapping[int, float] | None,
        validation_split: float,
        batch_size: int,
        shuffle: bool,
        steps: int | None,
    ) -> tuple[Source, LabelledData | None]:
        """Return the batches to train on, and the samples held out for validation."""
        architecture, config = self.model.ready_to_train("fit()", x)
        outputs = architecture.output_shape[-1]

        def weighted(data: LabelledData) -> LabelledData:
            return data if class_weight is None else with_class_weights(data, class_weight, outputs)

        if is_batched(x):
            if validation_split:
                raise ValueError("validation_split needs arrays; give validation_data beside a generator")
            return self._stream(x, y, sample_weight, steps, "x", weighted), None
        data = training_data.labelled(architecture, config, x, y, sample_weight)
        train, held_out = training_data.split(data, validation_split)
        if self.model.distributed:
            self.model.session()  # which process this is, and the seed of all
        train = self.features(weighted(train), batch_size)
        return ArraySource(train, batch_size, self._shuffled() if shuffle else in_turn, steps), held_out

    def validation(
        self, given: Any, held_out: LabelledData | None, batch_size: int, steps: int | None
    ) -> Source | None:
        """Return the batches to validate on, given as such or held out of the training data, if any."""
        if given is None:
            if held_out is None:
                return None
            return ArraySource(self.features(held_out, batch_size), batch_size, in_turn, steps)
        if is_batched(given):
            return self._stream(given, None, None, steps, "validation_data")
        x, y, weights = training_data.validation_arguments(given)
        names = ("validation_data[0]", "validation_data[1]")
        return self.evaluation(x, y, weights, batch_size, steps, names)

    def evaluation(
        self,
        x: Any,
        y: Any,
        sample_weight: ArrayLike | None,
        batch_size: int,
        steps: int | None,
        names: tuple[str, str],
    ) -> Source:
        """Return the batches to evaluate; ``names`` are those of ``x`` and ``y`` in errors."""
        if is_batched(x):
            return self._stream(x, y, sample_weight, steps, names[0])
        config = self.model.require_compiled("evaluate()")
        data = training_data.labelled(self.model.architecture, config, x, y, sample_weight, names)
        return ArraySource(self.features(data, batch_size), batch_size, in_turn, steps)

    def _stream(
        self,
        x: Any,
        y: Any,
        sample_weight: ArrayLike | None,
        steps: int | None,
        argument: str,
        change: Callable[[LabelledData], LabelledData] = lambda data: data,
    ) -> StreamSource:
        """Return the batches of a generator or a data loader, each checked when it comes."""
        if sample_weight is not None:
            raise ValueError(
                f"sample_weight needs arrays; let {argument} yield batches (x, y, sample_weight)"
            )
        batches = Batches(x, y, steps, argument=argument, labelled=True)
        config, names = self.model.require_compiled("fit()"), (f"{argument}: x", f"{argument}: y")

        def checked() -> Iterator[LabelledData]:
            for batch in batches:
                yield change(training_data.labelled(self.model.architecture, config, *batch, names))

        return StreamSource(checked, batches.steps)

    def features(self, data: LabelledData, batch_size: int) -> LabelledData:
        """Return the outputs of the frozen layers at the beginning, if they are always the same."""
        frozen = self.model.architecture.layers[: self.model.architecture.frozen]
        if not frozen or any(layer.random for layer in frozen):
            return data
        return data.with_features(self.model.session().push().features(data.images, batch_size))

    def _shuffled(self) -> Callable[[int, int], NDArray[np.int64]]:
        """Return the samples' order in each pass: a function of the seed and the epochs before."""

        def order(samples: int, number: int) -> NDArray[np.int64]:
            return np.random.default_rng(
                [self.model.seed, 1, self.model.epochs_trained + number]
            ).permutation(samples)

        return order


def in_turn(samples: int, number: int) -> NDArray[np.int64]:
    """Return the samples in their own order, whatever the pass."""
    return np.arange(samples)

"""`SaveableModel`: written to files, and read from them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from .. import interchange, saving
from ..errors import SavedModelError
from . import compile_config
from .base import BaseModel


class SaveableModel(BaseModel):
    """A model whose weights, and all that its training needs to go on, can be saved."""

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        metadata: Mapping[str, str] | None = None,
        arrays: Mapping[str, NDArray[Any]] | None = None,
    ) -> None:
        """Save the network, its weights and how far its training is, as one safetensors file.

        `pyflux.load` makes the model again, and `fit` then continues as if nothing had happened, on any
        device. Of several processes that train together the first writes the file.

        Args:
            path: The file.
            metadata: Texts of your own, which go into the file's header.
            arrays: Arrays of your own, under names that no weight has, which go beside the weights.

        Raises:
            ValueError: The file's name is that of one of Keras's formats.
            SavedModelError: A weight, or the optimizer's state, is NaN or infinite; the file that was there
                stays.
            OSError: The file cannot be written.
        """
        if Path(path).suffix in interchange.KERAS_SUFFIXES:
            raise ValueError(
                f"path must not end in {Path(path).suffix}, got {path}: models are saved as safetensors, "
                f"which Keras cannot load; name it {Path(path).with_suffix('.safetensors').name}"
            )
        if self.rank > 0:
            return
        config = self._compile_config
        saving.write(
            path,
            saving.SavedModel(
                name=self.name,
                seed=self.seed,
                architecture=self.require_architecture("save()"),
                weights=self.get_weights(),
                epochs_trained=self.epochs_trained,
                compile_config=None if config is None else config.config(),
                optimizer_state=self.optimizer_state(),
            ),
            metadata,
            arrays,
        )

    def save_weights(
        self, path: str | os.PathLike[str], *, metadata: Mapping[str, str] | None = None
    ) -> None:
        """Save the weights alone, as a safetensors file of arrays named ``layer/weight``.

        Args:
            path: The file.
            metadata: Texts of your own, which go into the file's header.

        Raises:
            SavedModelError: A weight is NaN or infinite; the file that was there stays.
            OSError: The file cannot be written.
        """
        if self.rank == 0:
            architecture = self.require_architecture("save_weights()")
            saving.write_weights(path, architecture, self.get_weights(), metadata)

    def load_weights(self, path: str | os.PathLike[str]) -> None:
        """Take the weights from a file that `save` or `save_weights` wrote for a network like this one.

        Weights of other libraries are read too: Keras's ``.weights.h5``, and ``.npz``. They are matched by
        name, as `pyflux.interchange.match_weights` describes.

        Args:
            path: The file; ``.h5``, ``.hdf5`` and ``.npz`` are those of other libraries.

        Raises:
            FileNotFoundError: There is no such file.
            SavedModelError: The file is damaged, or of another network; the error names the first difference.
        """
        architecture = self.require_architecture("load_weights()")
        if Path(path).suffix not in (".h5", ".hdf5", ".npz"):
            self.set_weights(saving.weights_for(path, architecture))
            return
        try:
            self.set_weights(interchange.match_weights(architecture, interchange.read_weights(path)))
        except ValueError as e:
            raise SavedModelError(f"{path} is of another network: {e}") from e

    def restore(self, path: str | os.PathLike[str]) -> None:
        """Continue where the model was that `save` wrote: weights, optimizer, seed and epochs.

        The model keeps its own loss and metrics; the learning rate is the saved one.

        Raises:
            FileNotFoundError: There is no such file.
            SavedModelError: The file is damaged, or of another network or optimizer; the error names the
                first difference. The model is as it was.
        """
        config = self.require_compiled("restore()")
        architecture = self.require_architecture("restore()")
        weights, saved = saving.weights_for(path, architecture), saving.read(path)
        if saved.optimizer_state is not None and saved.compile_config is not None:
            name, found = type(config.optimizer).__name__, saved.compile_config["optimizer"]["type"]
            if name != found:
                raise SavedModelError(
                    f"{path} has the state of the optimizer {found}, compile() was given {name}"
                )
            flags = [weight.trainable for weight in saved.architecture.weights]
            if flags != architecture.trainable:
                raise SavedModelError(
                    f"{path} was saved with other layers frozen; freeze the same, and compile"
                )
        self.set_weights(weights)
        self._session, self._optimizer_state = None, saved.optimizer_state
        self.seed, self.epochs_trained = saved.seed, saved.epochs_trained
        if saved.compile_config is not None:
            optimizer = compile_config.from_config(saved.compile_config).optimizer
            self._compile_config = config.with_rate(optimizer.learning_rate)

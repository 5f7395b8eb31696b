"""`SaveableModel`: written to files, and read from them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from numpy.typing import NDArray

from .. import interchange, saving
from .._internal.files import atomic_write
from ..architecture import Architecture
from ..architecture import from_config as architecture_from_config
from ..errors import SavedModelError
from . import compile_config
from .base import BaseModel
from .card import card as model_card


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
                training_record=self.training_record,
            ),
            metadata,
            arrays,
        )

    def card(self, path: str | os.PathLike[str]) -> None:
        """Write a model card: a Markdown page that says what the model is, and where it comes from.

        It has the network, and of a model that `pyflux.train_mnist` trained the data set with its hash and
        licence, the recipe, the seed, the versions, and the figures on the test images.

        Args:
            path: The file; an existing one is replaced once the new one is whole.

        Raises:
            FileNotFoundError: The folder does not exist.
            OSError: The file cannot be written.

        >>> import tempfile
        >>> from pyflux import networks
        >>> path = Path(tempfile.mkdtemp()) / "README.md"
        >>> networks.flux_mnist(seed=0).card(path)
        >>> path.read_text().splitlines()[0]
        '# flux_mnist'
        """
        with atomic_write(path) as file:
            file.write(model_card(self).encode())

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

    # ── Copies and files ─────────────────────────────────────────────────────────────────────────────────

    def get_config(self) -> dict[str, Any]:
        """Return the description as plain data, without weights; `from_config` makes a new model of it."""
        return {"name": self.name, **self.require_architecture("get_config()").config()}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], **options: Any) -> Self:
        """Return a new model, with new weights, from what `get_config` returned.

        Args:
            config: The description.
            options: ``seed``, ``engine`` and ``device``, as for the constructor.
        """
        described = {key: config[key] for key in ("input_shape", "layers")}
        made: Self = cls._of(architecture_from_config(described), name=config["name"], **options)
        return made

    def to_json(self, **options: Any) -> str:
        """Return the description as JSON text; ``options`` are those of `json.dumps`."""
        config = {"class_name": type(self).__name__, "config": self.get_config()}
        return json.dumps(config, **options)

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, engine: str = "flux", device: str = "auto") -> Any:
        """Return the model that `save` wrote, or that Keras saved.

        Of Keras's files, ``.keras`` and the older ``.h5``, the layers and weights are read; compile the model
        to train it. Keras takes uint8 images as they are, from 0 to 255; here they are scaled by 1/255 unless
        the model has a `Rescaling`, so give a model trained on unscaled images floats.

        Args:
            path: The file; ``.keras``, ``.h5`` and ``.hdf5`` are Keras's.
            engine: Engine that the model is to use, whichever it was trained in.
            device: Device that it is to use, likewise.

        Raises:
            FileNotFoundError: There is no such file.
            SavedModelError: It is damaged, or was not written by `save`.
        """
        if Path(path).suffix in interchange.KERAS_SUFFIXES:
            read = interchange.read_model(path)
            model = cls._of(read.architecture, name=read.name, engine=engine, device=device)
            model.set_weights(read.weights)
            return model
        saved = saving.read(path)
        model = cls._of(saved.architecture, name=saved.name, seed=saved.seed, engine=engine, device=device)
        model.set_weights(saved.weights)
        model.epochs_trained, model._optimizer_state = saved.epochs_trained, saved.optimizer_state
        model.training_record = saved.training_record
        if saved.compile_config is not None:
            try:
                config = compile_config.from_config(saved.compile_config)
                model._compile_config = config.check(saved.architecture)
            except (ValueError, TypeError, KeyError, AttributeError) as e:
                raise SavedModelError(f"{path} holds no model that can be trained: {e}") from e
        return model

    @classmethod
    def _of(cls, architecture: Architecture, **options: Any) -> Any:
        """Return a new model of this network; ``options`` are those of the constructor."""
        raise NotImplementedError

"""Exceptions for failures that no built-in exception describes, and warnings.

A bad argument is a ``ValueError`` or a ``TypeError``, as everywhere in Python. What can go wrong although
every argument is right has a class here, so that a program can catch it by name::

    PyFluxError
    ├── DownloadError      no mirror gave the file, or what it gave does not match its hash
    ├── DataError          a data file is damaged: cut short, of another kind, of another size
    ├── SavedModelError    a saved model is damaged, or is of another network
    ├── EngineError        the engine failed while it computed
    │   └── EngineUnavailable   the engine cannot be started on this machine
    └── MissingExtraError  an optional package is needed; the message names the extra

``ScaleWarning`` is a ``UserWarning``: float images whose values are those of uint8.
"""


class PyFluxError(Exception):
    """The base of every error that pyflux defines."""


class DownloadError(PyFluxError):
    """A file could not be downloaded, or does not match its hash."""


class DataError(PyFluxError):
    """A data file is damaged or is not what its name says."""


class SavedModelError(PyFluxError):
    """A saved model cannot be read, or belongs to another network."""


class EngineError(PyFluxError):
    """The engine failed while it computed."""


class EngineUnavailable(EngineError):
    """The engine cannot be started on this machine; the message says why."""


class MissingExtraError(PyFluxError, ImportError):
    """An optional package is missing; the message names the extra that brings it."""


class ScaleWarning(UserWarning):
    """Float images have the values of uint8 images, which are scaled while floats are not."""

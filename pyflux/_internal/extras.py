"""Optional packages: imported where they are needed, with one error that names the extra that brings them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ..errors import MissingExtraError

DISTRIBUTION = "pyflux-julia"

# Names of packages that are not those of their modules.
_TITLES = {"PIL": "Pillow", "sklearn": "scikit-learn"}


def require(module: str, *, extra: str, purpose: str) -> Any:
    """Return an optional package's module, imported.

    Args:
        module: The module, such as ``"PIL.Image"``.
        extra: The extra in pyproject.toml that brings the package.
        purpose: What it is needed for, as the subject of the error's sentence.

    Raises:
        MissingExtraError: It is not installed.

    >>> require("json", extra="images", purpose="reading image files").__name__
    'json'
    >>> require("no_such_package", extra="plot", purpose="drawing curves")
    Traceback (most recent call last):
    ...
    pyflux.errors.MissingExtraError: drawing curves needs no_such_package: pip install "pyflux-julia[plot]"
    """
    package = module.partition(".")[0]
    try:
        import_module(package)
        return import_module(module)
    except ImportError as e:
        raise MissingExtraError(
            f'{purpose} needs {_TITLES.get(package, package)}: pip install "{DISTRIBUTION}[{extra}]"'
        ) from e

"""The hash that a file must have."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

_DIGITS = {"sha256": 64, "md5": 32}


@dataclass(frozen=True)
class Checksum:
    """The hash that a file must have.

    Args:
        algorithm: ``"sha256"``, or ``"md5"`` where nothing better was published.
        digits: The hash in hexadecimal digits.

    Raises:
        ValueError: ``digits`` is no such hash.
    """

    algorithm: str
    digits: str

    def __post_init__(self) -> None:
        length = _DIGITS[self.algorithm]
        if not re.fullmatch(rf"[0-9a-fA-F]{{{length}}}", self.digits):
            raise ValueError(f"{self.algorithm} must be {length} hexadecimal digits, got {self.digits!r}")
        object.__setattr__(self, "digits", self.digits.lower())

    def of(self, path: Path) -> str:
        """Return the file's hash."""
        with path.open("rb") as file:
            return hashlib.file_digest(file, self.algorithm).hexdigest()

    def matches(self, path: Path) -> bool:
        """Whether ``path`` is a readable file with this hash."""
        try:
            return path.is_file() and self.of(path) == self.digits
        except OSError:
            return False


def has_hash(path: Path, sha256: str) -> bool:
    """Whether ``path`` is a readable file with this SHA-256."""
    return Checksum("sha256", sha256).matches(path)

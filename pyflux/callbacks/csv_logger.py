"""Write the logs of a training into a CSV file."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .._internal.files import atomic_write
from .callback import Callback, Logs
from .monitor import has_validation


class CSVLogger(Callback):
    """Writes one line an epoch into a CSV file, as soon as the epoch is over.

    The columns are ``epoch``, from 0, and the logged quantities in alphabetical order. If the first epoch has
    no validation, the same columns follow once more with ``val_`` before their names, as in Keras. Missing
    values are ``NA``. A quantity that is logged later gets a new column.

    Args:
        filename: The file. Its folder must exist.
        separator: Character between two values.
        append: Whether to continue an existing file instead of replacing it. A last line that was cut off is
            removed.

    Raises:
        TypeError, ValueError: ``separator`` is not one character; in training, the file that is to be
            continued was not written by this class with this separator.
        OSError: In training, the file cannot be read or written.

    >>> import tempfile
    >>> log = CSVLogger(Path(tempfile.mkdtemp()) / "log.csv")
    >>> log.on_train_begin()
    >>> log.on_epoch_end(0, {"loss": 0.5, "val_loss": 0.75})
    >>> print(log.filename.read_text(), end="")
    epoch,loss,val_loss
    0,0.5,0.75
    """

    def __init__(self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False) -> None:
        if not isinstance(separator, str):
            raise TypeError(f"separator must be one character, got {separator!r}")
        if len(separator) != 1:
            raise ValueError(f"separator must be one character, got {separator!r}")
        self.filename = Path(filename).expanduser()
        self.separator = separator
        self.append = append
        self._columns: list[str] = []

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Create the file, or read the columns of an existing one."""
        self._columns = []
        if not self.is_leader():
            return
        # The file is opened for each line and never held open: an error in fit leaves nothing to close.
        if not self.append:
            self.filename.write_text("", encoding="utf-8")
            return
        with self.filename.open("a", encoding="utf-8"):
            pass  # fails now, not after an epoch, if it cannot be written
        rows = self._read()
        if not rows:
            return
        if "epoch" not in rows[0]:
            raise ValueError(
                f"filename: {self.filename} has no column 'epoch', its first line is {','.join(rows[0])!r}; "
                f"check the separator, or use another file"
            )
        self._columns = rows[0]

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Write the line of the epoch, and the names of the columns before the first one."""
        if not self.is_leader():
            return
        values = {**(logs or {}), "epoch": epoch}
        if not self._columns:
            names = sorted(set(values) - {"epoch"})
            later = [] if has_validation(names) else [f"val_{name}" for name in names]
            self._columns = ["epoch", *names, *later]
            self._write(self._columns)
        new = sorted(set(values) - set(self._columns))
        if new:
            self._add_columns(new)
        self._write([text(values.get(column, "NA")) for column in self._columns])

    def _read(self) -> list[list[str]]:
        """Return the rows, after removing a last line that was cut off."""
        content = self.filename.read_text(encoding="utf-8")
        rows = list(csv.reader(io.StringIO(content), delimiter=self.separator))
        if content and not content.endswith("\n"):
            if len(rows) == 1 or len(rows[-1]) < len(rows[0]):
                rows.pop()
            self._replace(rows)
        return rows

    def _add_columns(self, names: list[str]) -> None:
        rows = self._read()
        filler = ["NA"] * len(names)
        self._replace([rows[0] + names, *(row + filler for row in rows[1:])])
        self._columns = rows[0] + names

    def _replace(self, rows: list[list[str]]) -> None:
        with atomic_write(self.filename) as file:
            file.write("".join(map(self._line, rows)).encode())

    def _write(self, row: list[str]) -> None:
        with self.filename.open("a", encoding="utf-8", newline="") as file:
            file.write(self._line(row))

    def _line(self, row: list[str]) -> str:
        line = io.StringIO()
        csv.writer(line, delimiter=self.separator, lineterminator="\n").writerow(row)
        return line.getvalue()


def text(value: Any) -> str:
    """Return a value as text from which the same number can be read.

    >>> text(np.float32(0.1)), text([1, 2])
    ('0.1', '[1, 2]')
    """
    if isinstance(value, str | Mapping):
        return str(value)
    array = np.asarray(value)
    return str(value if array.ndim == 0 else array.tolist())

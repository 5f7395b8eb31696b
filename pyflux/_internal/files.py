"""Atomic file writes: a reader sees the old file or the new one, never a part of either."""

from __future__ import annotations

import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

try:
    import fcntl
except ImportError:  # Windows, where a file that is open cannot be deleted
    fcntl = None  # type: ignore[assignment]


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a new file for writing, and put it in the place of ``path`` if the block ends without an error.

    After an error ``path`` is as it was. If the process is killed, at most a temporary file stays behind,
    which the next write to the same path removes. Any number of threads and processes may write to one path
    at once: the last to finish wins. A new file gets the mode that the umask gives, a file that exists
    keeps its own; symbolic links are followed.

    Args:
        path: The file to write; ``~`` is expanded.

    Yields:
        A binary file, open for reading and writing.

    Raises:
        FileNotFoundError: The folder does not exist.
        IsADirectoryError: ``path`` is a folder.
        OSError: The file cannot be written; the error names ``path``.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.txt"
    >>> with atomic_write(path) as file:
    ...     _ = file.write(b"complete")
    >>> path.read_text()
    'complete'
    """
    target = _target(path)
    _remove_stale(target)
    file, temporary = _open_temporary(target)
    try:
        with file:
            yield file
            file.flush()
            if target.exists():
                _copy_mode(target, file)
            os.fsync(file.fileno())
            if temporary is None:
                temporary = _give_name(file, target)
            elif fcntl is None:
                file.close()  # Windows renames closed files only
            os.replace(temporary, target)
    except OSError as e:
        if e.filename is not None or e.errno is None:
            raise
        raise OSError(e.errno, e.strerror, str(target)) from e
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _target(path: str | os.PathLike[str]) -> Path:
    """Return the file that ``path`` leads to, after checking that it can be replaced."""
    given = Path(path).expanduser()
    target = Path(os.path.realpath(given))
    if target.is_dir():
        raise IsADirectoryError(f"path must name a file, got the folder {given}; add a file name to it")
    if not target.parent.is_dir():
        raise FileNotFoundError(
            f"path {given} is in a folder that does not exist; make {target.parent} first"
        )
    if target.exists():
        if not target.is_file():
            raise OSError(f"path must name a regular file, got {given}, which is a device or a pipe")
        if not os.access(target, os.W_OK):
            raise PermissionError(f"path {given} is a read-only file; choose another name or change its mode")
    return target


def _open_temporary(target: Path) -> tuple[IO[bytes], Path | None]:
    """Open a new file in the target's folder: without a name where the system can, else with one."""
    if hasattr(os, "O_TMPFILE") and os.path.exists("/proc/self/fd"):
        with suppress(OSError):  # not every file system has it
            descriptor = os.open(target.parent, os.O_TMPFILE | os.O_RDWR, 0o666)
            _lock(descriptor)
            return os.fdopen(descriptor, "w+b"), None
    while True:
        temporary = _temporary_name(target)
        descriptor = os.open(
            temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666
        )
        file = os.fdopen(descriptor, "w+b")
        # Before it is locked another writer may take it for a stale file: wait until that one has deleted it.
        _lock(descriptor, wait=True)
        if temporary.exists():
            return file, temporary
        file.close()


def _temporary_name(target: Path) -> Path:
    return target.with_name(f".{target.name}.{secrets.token_hex(6)}.part")


def _give_name(file: IO[bytes], target: Path) -> Path:
    """Link a file that has no name yet into the target's folder."""
    temporary = _temporary_name(target)
    source = f"/proc/self/fd/{file.fileno()}"
    try:
        # Only with a dir_fd does os.link follow the link that the source is.
        os.link(source, temporary, src_dir_fd=file.fileno(), follow_symlinks=True)
    except OSError:  # a file system that has unnamed files but cannot link them
        with open(temporary, "xb") as named:
            file.seek(0)
            shutil.copyfileobj(file, named)
    return temporary


def _copy_mode(target: Path, file: IO[bytes]) -> None:
    with suppress(OSError, AttributeError):  # another user's file; Windows
        os.fchmod(file.fileno(), stat.S_IMODE(target.stat().st_mode))


def _remove_stale(target: Path) -> None:
    """Delete the temporary files that processes left when they were killed while writing ``target``."""
    prefix = f".{target.name}."
    for entry in os.scandir(target.parent):
        if entry.name.startswith(prefix) and entry.name.endswith(".part"):
            with suppress(OSError), open(entry.path, "rb") as file:
                if _lock(file.fileno()):
                    if fcntl is None:
                        file.close()
                    os.unlink(entry.path)


def _lock(descriptor: int, wait: bool = False) -> bool:
    """Lock a file for as long as it is open; return whether that could be done."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:  # somebody else holds it, or the file system has no locks
        return False
    return True

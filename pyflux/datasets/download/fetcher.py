"""`fetch`: a file from the first of several mirrors that has it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ...errors import DownloadError
from .checksum import Checksum
from .deadline import Deadline
from .mirror import Limits
from .transfer import OTHER_WAY, Transfer

#: Seconds for a file with all its retries, by default.
TIMEOUT = 6 * 3600.0


def fetch(
    urls: Sequence[str],
    path: str | os.PathLike[str],
    *,
    sha256: str | None = None,
    md5: str | None = None,
    size: int | None = None,
    verbose: bool = True,
    timeout: float | Deadline | None = TIMEOUT,
    connect_timeout: float = 5.0,
    read_timeout: float = 20.0,
    min_speed: float = 1024.0,
    retries: int = 2,
    backoff: float = 0.5,
) -> Path:
    """Download a file, unless it is there already with the right hash.

    The mirrors are tried in turn. One that is out of reach, busy or slow is tried again in the next round;
    one that does not have the file, or has another one, is not. Two processes that want the same file do not
    disturb each other: one downloads, the other waits for it. Proxies are those of requests.

    Args:
        urls: Addresses of the same file, the preferred one first.
        path: The file to write; its folder is created if it is missing.
        sha256: The SHA-256 of the file, 64 hexadecimal digits.
        md5: Its MD5 instead, 32 digits, where nothing better was published.
        size: Its size in bytes: no mirror can send more. Without it a file may have 32 MiB at most.
        verbose: Whether to show a progress bar on stderr.
        timeout: Seconds for the whole, waiting and retries included; None sets no limit. Only the system's
            look-up of a host name cannot be cut short.
        connect_timeout: Seconds for a mirror to accept the connection.
        read_timeout: Seconds for a mirror to answer, and without a byte after which it counts as down.
        min_speed: Bytes per second, on average over ``read_timeout`` seconds, below which a mirror is left
            for the next one, which continues the file.
        retries: How many rounds follow the first.
        backoff: Seconds to wait before the second round; each further wait is twice as long.

    Returns:
        The path of the file.

    Raises:
        DownloadError: No mirror gave the right file in time, or the folder cannot be written. The message
            says what each mirror did. A partial file is kept and continued next time.
        ValueError: An argument is not what it should be.

    Example:
        A file that is there and has the right hash is not downloaded again:

        >>> import hashlib, tempfile
        >>> file = Path(tempfile.mkdtemp()) / "hello.txt"
        >>> _ = file.write_bytes(b"hello")
        >>> digest = hashlib.sha256(b"hello").hexdigest()
        >>> fetch(["https://example.org/hello.txt"], file, sha256=digest) == file
        True
    """
    checksum = _checksum(urls, sha256, md5)
    path = Path(path)
    if checksum.matches(path):
        return path
    deadline = timeout if isinstance(timeout, Deadline) else Deadline(timeout)
    limits = Limits(connect_timeout, read_timeout, min_speed, deadline)
    transfer = Transfer(urls, path, checksum, size, verbose, limits)
    with _explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path, deadline):
            # Another process may have brought it while this one waited for the lock.
            if not checksum.matches(path):
                transfer.run(retries, backoff)
    return path


def _checksum(urls: Sequence[str], sha256: str | None, md5: str | None) -> Checksum:
    if isinstance(urls, str) or not urls:
        raise ValueError(f"urls must be a list of at least one address, got {urls!r}")
    if sha256 is not None and md5 is None:
        return Checksum("sha256", sha256)
    if md5 is not None and sha256 is None:
        return Checksum("md5", md5)
    raise ValueError("sha256 or md5 must be given, and not both: what is downloaded is checked")


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Say in words what the file system refuses: no right to write, no space, a file in a folder's place."""
    try:
        yield
    except OSError as e:
        raise DownloadError(
            f"cannot write {path.name} into the folder {path.parent}: {e.strerror or e}. "
            f"Make the folder writable and see that the disk has space. {OTHER_WAY}"
        ) from e


@contextmanager
def _locked(path: Path, deadline: Deadline) -> Iterator[None]:
    from filelock import FileLock, Timeout

    left = deadline.remaining()
    lock = FileLock(f"{path}.lock")
    try:
        lock.acquire(timeout=-1 if left is None else left)
    except Timeout as e:
        raise DownloadError(
            f"could not download {path.name} within {deadline.seconds} s: another process holds the lock "
            f"{path}.lock, so it is probably downloading the file. Wait for it, or allow a longer timeout."
        ) from e
    try:
        yield
    finally:
        lock.release()

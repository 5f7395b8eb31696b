"""A verified download: several mirrors, one hash, and a file that is either whole or not there.

While it comes in, a file is called ``NAME.part``. It gets its name only when its SHA-256 is right. What an
interrupted download leaves is continued by the next one.
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import DownloadError

# requests, filelock and tqdm are imported where they are used: importing pyflux stays quick.
if TYPE_CHECKING:
    from requests import Response, Session

__all__ = ["Deadline", "fetch"]

_BLOCK = 1 << 16
_HEADERS = {
    "User-Agent": "pyflux",
    "Accept-Encoding": "identity",  # the bytes as they are stored, or the hash cannot match
    "Connection": "close",  # else urllib3 keeps the connection open until its pool is garbage-collected
}
_PASSING = {408, 425, 429, 500, 502, 503, 504}  # HTTP statuses that a second try may cure
_OTHER_WAY = (
    "Or get the files by other means, put them into a folder, and name it with data_dir=… or with the "
    "environment variable PYFLUX_DATA."
)


@dataclass(frozen=True)
class Deadline:
    """A point in time that several steps share.

    Args:
        seconds: Time from now on, above 0; None means for ever.

    Raises:
        ValueError: ``seconds`` is not above 0.

    Example:
        >>> Deadline(None).remaining() is None
        True
        >>> 0 < Deadline(60).remaining() <= 60
        True
    """

    seconds: float | None
    _start: float = field(default_factory=time.monotonic, repr=False)

    def __post_init__(self) -> None:
        if self.seconds is not None and not self.seconds > 0:
            raise ValueError(f"timeout must be a number of seconds above 0 or None, got {self.seconds!r}")

    def remaining(self) -> float | None:
        """Return the seconds that are left, 0 when it has passed, None when there is no limit."""
        if self.seconds is None:
            return None
        return max(0.0, self._start + self.seconds - time.monotonic())

    @property
    def passed(self) -> bool:
        """Whether the time is over."""
        return self.remaining() == 0

    def at_most(self, seconds: float) -> float:
        """Return ``seconds``, or what is left where that is less; a little above 0 in any case."""
        left = self.remaining()
        return seconds if left is None else max(min(seconds, left), 0.001)


def fetch(
    urls: Sequence[str],
    path: str | os.PathLike[str],
    *,
    sha256: str | None = None,
    md5: str | None = None,
    verbose: bool = True,
    timeout: float | Deadline | None = None,
    connect_timeout: float = 5.0,
    read_timeout: float = 20.0,
    retries: int = 2,
    backoff: float = 0.5,
) -> Path:
    """Download a file, unless it is there already with the right hash.

    The mirrors are tried in turn. One that is out of reach or busy is tried again in the next round; one that
    does not have the file, or has another one, is not. Two processes that want the same file do not disturb
    each other: one downloads, the other waits for it.

    Args:
        urls: Addresses of the same file, the preferred one first.
        path: The file to make; its folder is made where it is missing.
        sha256: The SHA-256 of the file, 64 hexadecimal digits.
        md5: Its MD5 instead, 32 digits, where nothing better was published.
        verbose: Whether to show a progress bar on stderr.
        timeout: Seconds for the whole, waiting and retries included; None sets no limit. Only the system's
            look-up of a host name cannot be cut short.
        connect_timeout: Seconds for a mirror to accept the connection.
        read_timeout: Seconds without a byte after which a mirror counts as down.
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
    if checksum.fits(path):
        return path
    deadline = timeout if isinstance(timeout, Deadline) else Deadline(timeout)
    job = _Download(urls, path, checksum, verbose, deadline, connect_timeout, read_timeout)
    with _explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path, deadline):
            # Another process may have brought it while this one waited for the lock.
            if not checksum.fits(path):
                job.run(retries, backoff)
    return path


@dataclass(frozen=True)
class Checksum:
    """What the hash of a file must be."""

    algorithm: str
    digits: str

    def of(self, path: Path) -> str:
        """Return the file's hash."""
        with path.open("rb") as file:
            return hashlib.file_digest(file, self.algorithm).hexdigest()

    def fits(self, path: Path) -> bool:
        """Whether ``path`` is a readable file with this hash."""
        try:
            return self.of(path) == self.digits
        except OSError:
            return False


def has_hash(path: Path, sha256: str) -> bool:
    """Whether ``path`` is a readable file with this SHA-256."""
    return Checksum("sha256", sha256.lower()).fits(path)


def _checksum(urls: Sequence[str], sha256: str | None, md5: str | None) -> Checksum:
    if isinstance(urls, str) or not urls:
        raise ValueError(f"urls must be a list of at least one address, got {urls!r}")
    if (sha256 is None) == (md5 is None):
        raise ValueError("sha256 or md5 must be given, and not both: what is downloaded is checked")
    name, value, length = ("sha256", sha256, 64) if sha256 is not None else ("md5", md5, 32)
    if not re.fullmatch(rf"[0-9a-fA-F]{{{length}}}", value or ""):
        raise ValueError(f"{name} must be {length} hexadecimal digits, got {value!r}")
    return Checksum(name, str(value).lower())


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Say in words what the file system refuses: no right to write, no space, a file in a folder's place."""
    try:
        yield
    except OSError as e:
        raise DownloadError(
            f"cannot write {path.name} into the folder {path.parent}: {e.strerror or e}. "
            f"Make the folder writable and see that the disk has space. {_OTHER_WAY}"
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


class _MirrorError(Exception):
    """A mirror failed; ``passing`` says whether to ask it again."""

    def __init__(self, reason: str, *, passing: bool) -> None:
        super().__init__(reason)
        self.passing = passing


class _OutOfTimeError(Exception):
    """The deadline passed in the middle of something."""


@dataclass
class _Download:
    """One file on its way. ``mirrors`` are those still worth asking, ``failures`` the last word of each."""

    urls: Sequence[str]
    path: Path
    checksum: Checksum
    verbose: bool
    deadline: Deadline
    connect_timeout: float
    read_timeout: float
    mirrors: list[str] = field(init=False)
    failures: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.mirrors = list(dict.fromkeys(self.urls))

    @property
    def part(self) -> Path:
        return self.path.with_name(self.path.name + ".part")

    def run(self, retries: int, backoff: float) -> None:
        """Try the mirrors in rounds, until the file is there.

        urllib3 can retry by itself, but it stays with one mirror, knows no deadline, and does not help once
        the body has begun.
        """
        import requests

        if self.checksum.fits(self.part):  # the last process ended just before it gave the file its name
            os.replace(self.part, self.path)
            return
        with requests.Session() as session:
            session.headers.update(_HEADERS)
            try:
                for number in range(retries + 1):
                    if number:
                        time.sleep(self.deadline.at_most(backoff * 2 ** (number - 1)))
                    if self._round(session):
                        return
                    if not self.mirrors:
                        break
            except _OutOfTimeError as e:
                raise DownloadError(self._report()) from e
        raise DownloadError(self._report())

    def _round(self, session: Session) -> bool:
        """Ask each mirror once; return whether one gave the file."""
        for url in list(self.mirrors):
            try:
                self._from_mirror(session, url)
            except _MirrorError as e:
                self.failures[url] = str(e)
                if not e.passing:
                    self.mirrors.remove(url)
            else:
                return True
        return False

    def _from_mirror(self, session: Session, url: str) -> None:
        resumed = self._receive(session, url)
        wrong = self._finish()
        if wrong and resumed:
            # The half that was there may have been the bad one: ask this mirror for the whole.
            self._receive(session, url)
            wrong = self._finish()
        if wrong:
            raise _MirrorError(wrong, passing=False)

    def _finish(self) -> str | None:
        """Give the partial file its name if its hash is right; else discard it and say what is wrong."""
        if not self.part.exists():
            return "nothing was received"
        got = self.checksum.of(self.part)
        if got == self.checksum.digits:
            os.replace(self.part, self.path)
            return None
        self.part.unlink()
        name = {"sha256": "SHA-256", "md5": "MD5"}[self.checksum.algorithm]
        return f"sent another file: its {name} is {got}, expected {self.checksum.digits}"

    def _receive(self, session: Session, url: str) -> bool:
        """Bring the partial file to its end; return whether it was continued rather than begun."""
        have = self.part.stat().st_size if self.part.exists() else 0
        with self._ask(session, url, have) as response:
            status = response.status_code
            if status == 200:  # the whole, also where only the rest was asked for
                start = 0
            elif status == 206 and have and _first_byte(response) == have:
                start = have
            elif status in (206, 416) and have:  # another part than asked for, or none: begin anew
                self.part.unlink()
                return self._receive(session, url)
            else:
                raise _MirrorError(f"HTTP status {status} {response.reason}", passing=status in _PASSING)
            self._write(response, url, start)
        return start > 0

    def _ask(self, session: Session, url: str, have: int) -> Response:
        import requests

        if self.deadline.passed:
            raise _OutOfTimeError
        connect = self.deadline.at_most(self.connect_timeout)
        read = self.deadline.at_most(self.read_timeout)
        headers = {"Range": f"bytes={have}-"} if have else {}
        try:
            return session.get(url, headers=headers, stream=True, timeout=(connect, read))
        except requests.ConnectTimeout as e:
            raise _MirrorError(f"no connection within {connect:.3g} s", passing=True) from e
        except requests.Timeout as e:
            raise _MirrorError(f"no answer within {read:.3g} s", passing=True) from e
        except requests.ConnectionError as e:
            raise _MirrorError(f"no connection ({_innermost(e)})", passing=True) from e
        except requests.RequestException as e:
            raise _MirrorError(f"the request failed ({e})", passing=False) from e

    def _write(self, response: Response, url: str, start: int) -> None:
        from tqdm.auto import tqdm

        length = response.headers.get("Content-Length", "")
        bar = tqdm(
            desc=self.path.name,
            total=start + int(length) if length.isdigit() else None,
            initial=start,
            unit="B",
            unit_scale=True,
            disable=not self.verbose,
        )
        with self.part.open("ab" if start else "wb") as file, bar:
            for block in self._blocks(response, url):
                file.write(block)
                bar.update(len(block))

    def _blocks(self, response: Response, url: str) -> Iterator[bytes]:
        """Yield the body as it comes in, and stop at the deadline."""
        from urllib3.exceptions import HTTPError

        with self._cut_off(response):
            try:
                # read1 returns what there is: a mirror that sends a byte now and then cannot hold it up.
                while block := response.raw.read1(_BLOCK, decode_content=False):
                    yield block
            except HTTPError as e:
                if not self.deadline.passed:
                    raise _MirrorError(f"the connection broke ({_innermost(e)})", passing=True) from e
        if self.deadline.passed:
            self.failures[url] = "the file did not come in whole in time"
            raise _OutOfTimeError

    @contextmanager
    def _cut_off(self, response: Response) -> Iterator[None]:
        """End the reading at the deadline, even in the middle of a wait for the next byte."""

        def stop() -> None:
            with suppress(OSError, ValueError, RuntimeError):  # the connection may have ended just now
                response.raw.shutdown()

        left = self.deadline.remaining()
        if left is None:
            yield
            return
        timer = threading.Timer(left, stop)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()

    def _report(self) -> str:
        limit = f" within {self.deadline.seconds:.3g} s" if self.deadline.passed else ""
        lines = [f"could not download {self.path.name}{limit}:"]
        lines += [f"  {url}: {self.failures.get(url, 'not asked, no time left')}" for url in self.urls]
        longer = " or allow a longer timeout" if limit else ""
        lines.append(f"Check the network connection{longer}, and try again. {_OTHER_WAY}")
        return "\n".join(lines)


def _first_byte(response: Response) -> int | None:
    """Return where a partial answer begins, None where it does not say."""
    match = re.match(r"bytes (\d+)-\d+/", response.headers.get("Content-Range", ""))
    return int(match[1]) if match else None


def _innermost(error: BaseException) -> str:
    """Return what lies under requests' and urllib3's wrappers, such as "Connection refused"."""
    inner: object = error
    while isinstance(inner, BaseException):
        reason = getattr(inner, "reason", None) or next(
            (arg for arg in inner.args if isinstance(arg, BaseException)), None
        )
        if reason is None:
            break
        inner = reason
    return str(inner).rsplit(": ", 1)[-1] or type(inner).__name__

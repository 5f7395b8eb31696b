"""One request to one mirror, of which nothing is trusted: not its speed, its headers, or its length.

Whatever a mirror answers, `request` and `Answer.blocks` raise `MirrorError` alone, so that the next mirror
gets its turn.
"""

from __future__ import annotations

import email.utils
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from .connections import Watchdog, open_session
from .deadline import Deadline

# requests is imported where it is used, so that importing pyflux stays quick.
if TYPE_CHECKING:
    from requests import Response, Session

_BLOCK = 1 << 16
_MAX_REDIRECTS = 10
_RETRYABLE = {408, 425, 429, 500, 502, 503, 504}  # HTTP statuses that a second request may not meet again


class MirrorError(Exception):
    """A mirror failed.

    Attributes:
        retryable: Whether it is worth asking again.
        wait: Seconds before which the mirror asked not to come back.
    """

    def __init__(self, reason: str, *, retryable: bool, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.retryable, self.wait = retryable, wait


@dataclass(frozen=True)
class Limits:
    """What is waited for.

    Attributes:
        connect: Seconds for a mirror to accept the connection.
        read: Seconds for it to answer, and between two bytes.
        speed: Bytes per second that it must send, on average over each ``read`` seconds.
        deadline: When all must be done.
    """

    connect: float
    read: float
    speed: float
    deadline: Deadline


@dataclass(frozen=True)
class Answer:
    """What a mirror answered: its status and headers, and the body still to come."""

    response: Response
    limits: Limits
    watchdog: Watchdog

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.response.status_code

    @property
    def length(self) -> int | None:
        """How many bytes the mirror says will come; None if it says nothing that can be understood."""
        return _digits(self.response.headers.get("Content-Length", ""))

    @property
    def first_byte(self) -> int | None:
        """Where a partial answer begins; None if it does not say."""
        match = re.match(r"bytes ([0-9]{1,18})-", self.response.headers.get("Content-Range", ""))
        return int(match[1]) if match else None

    def failure(self) -> MirrorError:
        """Return the error for a status that brings no file."""
        retryable = self.status in _RETRYABLE
        wait = _retry_after(self.response.headers.get("Retry-After", "")) if retryable else 0.0
        reason = re.sub(r"[^ -~]", "?", self.response.reason or "")[:80]
        return MirrorError(f"HTTP status {self.status} {reason}".rstrip(), retryable=retryable, wait=wait)

    def blocks(self) -> Iterator[bytes]:
        """Yield the body as it comes in.

        Raises:
            MirrorError: The connection broke, or the mirror is slower than the limits allow.
        """
        left = self.limits.deadline.remaining()
        with self.watchdog.limit(left):
            start, received = time.monotonic(), 0
            while block := self._read():
                yield block
                received += len(block)
                passed = time.monotonic() - start
                if passed > self.limits.read:
                    if received < self.limits.speed * passed:
                        raise MirrorError(
                            f"sent {received / passed:.0f} bytes a second, less than {self.limits.speed:g}",
                            retryable=True,
                        )
                    start, received = time.monotonic(), 0

    def _read(self) -> bytes:
        try:
            # read1 returns what there is: a mirror that sends a byte now and then cannot hold it up.
            block: bytes = self.response.raw.read1(_BLOCK, decode_content=False)
        except Exception as e:  # of whatever kind: it is this mirror's
            if self.watchdog.expired:
                return b""
            raise MirrorError(f"the connection broke ({_innermost(e)})", retryable=True) from e
        return block


@contextmanager
def request(url: str, headers: Mapping[str, str], limits: Limits) -> Iterator[Answer]:
    """Ask a mirror for a file, following redirects, of which no body is read.

    Raises:
        MirrorError: There is no connection, or no answer that can be understood.
    """
    watchdog = Watchdog()
    with open_session(watchdog.watch) as session:
        try:
            response = _follow(session, url, headers, limits, watchdog)
            try:
                yield Answer(response, limits, watchdog)
            finally:
                response.close()
        finally:
            watchdog.close()


def _follow(
    session: Session, url: str, headers: Mapping[str, str], limits: Limits, watchdog: Watchdog
) -> Response:
    for _ in range(_MAX_REDIRECTS):
        response = _get(session, url, headers, limits, watchdog)
        if not response.is_redirect:
            return response
        response.close()  # its body may be of any length
        url = _target(url, response.headers["Location"])
    raise MirrorError(f"redirects more than {_MAX_REDIRECTS} times", retryable=False)


def _target(url: str, location: str) -> str:
    """Return the address that a redirect leads to."""
    try:
        target = urljoin(url, location)
        if urlsplit(target).scheme in ("http", "https"):
            return target
    except ValueError:
        pass
    raise MirrorError(f"redirects to {location[:200]!r}, which is no web address", retryable=False)


def _get(
    session: Session, url: str, headers: Mapping[str, str], limits: Limits, watchdog: Watchdog
) -> Response:
    import requests

    connect, read = limits.deadline.at_most(limits.connect), limits.deadline.at_most(limits.read)
    try:
        with watchdog.limit(connect + read):
            # Session.get reads the bodies of redirects into memory, even where it is not to follow them.
            prepared = session.prepare_request(requests.Request("GET", url, headers=dict(headers)))
            address = str(prepared.url)
            settings: Any = session.merge_environment_settings(address, {}, True, None, None)
            return session.get_adapter(address).send(prepared, timeout=(connect, read), **settings)
    except requests.ConnectTimeout as e:
        raise MirrorError(f"no connection within {connect:.3g} s", retryable=True) from e
    except Exception as e:  # of whatever kind: it is this mirror's
        if watchdog.expired or isinstance(e, requests.Timeout):
            raise MirrorError(f"no answer within {read:.3g} s", retryable=True) from e
        if isinstance(e, requests.ConnectionError):
            raise MirrorError(f"no connection ({_innermost(e)})", retryable=True) from e
        raise MirrorError(f"the request failed ({_innermost(e)})", retryable=False) from e


def _digits(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None


def _retry_after(text: str) -> float:
    """Return the seconds that a ``Retry-After`` header asks for, 0 if it cannot be understood."""
    if (seconds := _digits(text)) is not None:
        return float(seconds)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError, OSError):
        return 0.0


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
    return str(inner).rsplit(": ", 1)[-1][:200] or type(inner).__name__

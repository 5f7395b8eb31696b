"""One file on its way: which mirror is asked next, what has come, and whether it is right."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import DownloadError
from .checksum import Checksum
from .mirror import Answer, Limits, MirrorError, request

#: Bytes that a file of unknown size may have.
MAX_UNKNOWN_SIZE = 32 * 1024**2
# Seconds that a busy mirror is waited for at its own request.
_MAX_WAIT = 120.0
OTHER_WAY = (
    "Or get the files by other means, put them into a folder, and name it with data_dir=… or with the "
    "environment variable PYFLUX_DATA."
)


class _OutOfTimeError(Exception):
    """The deadline passed in the middle of something."""


@dataclass
class Transfer:
    """One file on its way.

    ``mirrors`` are those still worth asking, with the time before which not to; ``failures`` what each did
    last.
    """

    urls: Sequence[str]
    path: Path
    checksum: Checksum
    size: int | None
    verbose: bool
    limits: Limits
    mirrors: dict[str, float] = field(init=False)
    failures: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.mirrors = dict.fromkeys(self.urls, 0.0)

    @property
    def part(self) -> Path:
        """The file that grows while it comes."""
        return self.path.with_name(self.path.name + ".part")

    @property
    def limit(self) -> int:
        """How many bytes the file may have."""
        return MAX_UNKNOWN_SIZE if self.size is None else self.size

    def run(self, retries: int, backoff: float) -> None:
        """Try the mirrors in rounds, until the file is there.

        urllib3 can retry by itself, but it stays with one mirror, knows no deadline, and does not help once
        the body has begun.
        """
        if self.checksum.matches(self.part):  # the last process ended just before it gave the file its name
            os.replace(self.part, self.path)
            return
        if self._received() >= self.limit:
            self.part.unlink()
        try:
            for number in range(retries + 1):
                if number:
                    busy = min(self.mirrors.values()) - time.monotonic()
                    time.sleep(self.limits.deadline.at_most(max(busy, backoff * 2 ** (number - 1))))
                if self._round():
                    return
                if not self.mirrors:
                    break
        except _OutOfTimeError:
            pass
        raise DownloadError(self._report())

    def _received(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def _round(self) -> bool:
        """Ask each mirror once; return whether one gave the file."""
        for url, not_before in list(self.mirrors.items()):
            if time.monotonic() < not_before:
                continue
            try:
                self._from_mirror(url)
            except MirrorError as e:
                self.failures[url] = str(e)
                if not e.retryable or e.wait > _MAX_WAIT:
                    del self.mirrors[url]
                else:
                    self.mirrors[url] = time.monotonic() + e.wait
            else:
                return True
        return False

    def _from_mirror(self, url: str) -> None:
        continued = self._receive(url)
        wrong = self._finish()
        if wrong and continued:
            # The half that was there may have been the bad one: ask this mirror for the whole.
            self._receive(url)
            wrong = self._finish()
        if wrong:
            raise MirrorError(wrong, retryable=False)

    def _finish(self) -> str | None:
        """Give the partial file its name if its hash is right; else discard it and return what is wrong."""
        if not self.part.exists():
            return "nothing was received"
        if self.size is not None and self._received() < self.size:
            raise MirrorError(f"sent {self._received()} of {self.size} bytes", retryable=True)
        got = self.checksum.of(self.part)
        if got == self.checksum.digits:
            os.replace(self.part, self.path)
            return None
        self.part.unlink()
        name = {"sha256": "SHA-256", "md5": "MD5"}[self.checksum.algorithm]
        return f"sent another file: its {name} is {got}, expected {self.checksum.digits}"

    def _receive(self, url: str) -> bool:
        """Complete the partial file; return whether it was continued rather than begun."""
        if self.limits.deadline.passed:
            raise _OutOfTimeError
        have = self._received()
        with request(url, {"Range": f"bytes={have}-"} if have else {}, self.limits) as answer:
            if answer.status == 200:  # the whole, also where only the rest was asked for
                self._write(answer, url, 0)
                return False
            if answer.status == 206 and have and answer.first_byte == have:
                self._write(answer, url, have)
                return True
            if not (answer.status in (206, 416) and have):
                raise answer.failure()
        self.part.unlink()  # another part than asked for, or none: begin anew
        return self._receive(url)

    def _write(self, answer: Answer, url: str, start: int) -> None:
        from tqdm.auto import tqdm

        total = None if answer.length is None else start + answer.length
        self._check_size(total)
        bar = tqdm(
            desc=self.path.name,
            total=total or self.size,
            initial=start,
            unit="B",
            unit_scale=True,
            disable=not self.verbose,
        )
        with self.part.open("ab" if start else "wb") as file, bar:
            for block in answer.blocks():
                if file.tell() + len(block) > self.limit:
                    file.truncate(0)
                    raise MirrorError(f"sent more than {self._wanted()}", retryable=False)
                file.write(block)
                bar.update(len(block))
        if self.limits.deadline.passed:
            self.failures[url] = "the file did not come in whole in time"
            raise _OutOfTimeError

    def _check_size(self, total: int | None) -> None:
        """Refuse a file of another size before its body is read."""
        if total is not None and (total > self.limit or (self.size is not None and total != self.size)):
            raise MirrorError(f"has another file: {total} bytes, expected {self._wanted()}", retryable=False)

    def _wanted(self) -> str:
        if self.size is not None:
            return f"{self.size} bytes"
        return f"{self.limit} bytes, the most that is taken where fetch() is given no size="

    def _report(self) -> str:
        deadline = self.limits.deadline
        limit = f" within {deadline.seconds:.3g} s" if deadline.passed else ""
        lines = [f"could not download {self.path.name}{limit}:"]
        lines += [f"  {url}: {self.failures.get(url, 'not asked, no time left')}" for url in self.urls]
        longer = " or allow a longer timeout" if limit else ""
        lines.append(f"Check the network connection{longer}, and try again. {OTHER_WAY}")
        return "\n".join(lines)

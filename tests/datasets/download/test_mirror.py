"""Mirrors that answer what no mirror should: each costs little time, memory and disk, and the next one is asked."""

import contextlib
import email.utils
import gzip
import hashlib
import socket
import threading
import time
import tracemalloc

import pytest

from pyflux.datasets.download import fetch
from pyflux.datasets.download.transfer import MAX_UNKNOWN_SIZE
from pyflux.errors import DownloadError

CONTENT = bytes(range(256)) * 400
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def head(status="200 OK", **headers):
    lines = [f"HTTP/1.1 {status}", *(f"{k.replace('_', '-')}: {v}" for k, v in headers.items()), "", ""]
    return "\r\n".join(lines).encode("latin1")


class RawMirror:
    """Hands every connection and the request's first line to a function, which may send anything."""

    def __init__(self, act):
        self.asked, self.stop, self._act = [], threading.Event(), act
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/file"
        self._threads = [threading.Thread(target=self._serve)]
        self._threads[0].start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            if self.stop.is_set():
                connection.close()
                return
            self._threads.append(threading.Thread(target=self._answer, args=(connection,)))
            self._threads[-1].start()

    def _answer(self, connection):
        with connection, contextlib.suppress(OSError):
            request = b""
            while b"\r\n\r\n" not in request:
                request += connection.recv(65536) or b"\r\n\r\n"
            self.asked.append(request.decode("latin1"))
            self._act(connection, self)

    def close(self):
        self.stop.set()
        with contextlib.suppress(OSError):
            socket.create_connection(self._socket.getsockname(), 1).close()
        self._socket.close()
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()


def good(connection, mirror):
    start = 0
    if "Range: bytes=" in mirror.asked[-1]:
        start = int(mirror.asked[-1].split("bytes=")[1].split("-")[0])
    span = f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"
    status = "206 Partial Content" if start else "200 OK"
    connection.sendall(
        head(status, Content_Length=len(CONTENT) - start, Content_Range=span) + CONTENT[start:]
    )


def answers(data):
    return lambda connection, mirror: connection.sendall(data)


def endless(prefix):
    def act(connection, mirror):
        connection.sendall(prefix)
        while not mirror.stop.is_set():
            connection.sendall(b"x" * 65536)

    return act


def dribbles(prefix, byte=b"x", pause=0.02):
    def act(connection, mirror):
        connection.sendall(prefix)
        while not mirror.stop.wait(pause):
            connection.sendall(byte)

    return act


def redirects(location, body=b"", **headers):
    def act(connection, mirror):
        if mirror.asked[-1].startswith("GET /good "):
            good(connection, mirror)
        else:
            connection.sendall(
                head("302 Found", Location=location, Content_Length=len(body), **headers) + body
            )

    return act


@pytest.fixture
def mirror():
    made = []

    def make(act):
        made.append(RawMirror(act))
        return made[-1]

    yield make
    for each in made:
        each.close()


def get(path, *mirrors, **options):
    options = {"sha256": SHA256, "size": len(CONTENT), "verbose": False, "backoff": 0.01} | options
    return fetch([m.url for m in mirrors], path, **options)


NONSENSE = {
    "no HTTP": answers(b"\x00\xff" * 500),
    "nothing": answers(b""),
    "an endless status line": endless(b"HTTP/1.1 200 "),
    "endless headers": endless(b"HTTP/1.1 200 OK\r\nX: "),
    "many headers": answers(head() [:-2] + b"X: y\r\n" * 1000 + b"\r\n"),
    "a status that is no number": answers(b"HTTP/1.1 two OK\r\n\r\n"),
    "a length of superscripts": answers(head(Content_Length="\xb2") + b"short"),
    "a length of 5000 digits": answers(head(Content_Length="9" * 5000) + b"short"),
    "a negative length": answers(head(Content_Length="-1") + b"short"),
    "two lengths": answers(head(Content_Length="5, 6") + b"short"),
    "chunks that are none": answers(head(Transfer_Encoding="chunked") + b"zz\r\nabc"),
    "gzip that is none": answers(head(Content_Encoding="gzip", Content_Length=len(CONTENT)) + CONTENT[::-1]),
    "a longer file": answers(head(Content_Length=10**15) + b"x" * 100),
    "a shorter file": answers(head(Content_Length=5) + b"short"),
    "an end in the middle": answers(head(Content_Length=len(CONTENT)) + CONTENT[:10]),
    "a redirect to itself": redirects("/file"),
    "a redirect to a file": redirects("file:///etc/passwd"),
    "a redirect to nothing": redirects(""),
    "a redirect to nonsense": redirects("http://[::1:99999999/"),
    "a reason with control characters": answers(b"HTTP/1.1 404 \x1b[31m\r\n\r\n"),
    "part of something else": answers(head("206 Partial Content", Content_Range="bytes ²-3/4")),
}  # fmt: skip


@pytest.mark.parametrize("name", NONSENSE)
def test_the_next_mirror_is_asked(mirror, tmp_path, name):
    path = tmp_path / "file"
    get(path, mirror(NONSENSE[name]), mirror(good), read_timeout=0.5)
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize("name", NONSENSE)
def test_alone_it_is_a_download_error(mirror, tmp_path, name):
    with pytest.raises(DownloadError) as caught:
        get(tmp_path / "file", mirror(NONSENSE[name]), read_timeout=0.5, retries=1)
    assert not (tmp_path / "file").exists()
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize("size", [len(CONTENT), None])
def test_an_endless_answer_costs_no_more_disk_than_the_file(mirror, tmp_path, size):
    most = 0

    def watch(connection, other):
        nonlocal most
        most = max((p.stat().st_size for p in tmp_path.glob("*.part")), default=0)
        good(connection, other)

    path = tmp_path / "file"
    first = mirror(endless(head()))
    get(path, first, mirror(watch), size=size)
    assert path.read_bytes() == CONTENT
    assert most == 0  # nothing of the endless one was left to continue
    assert len(first.asked) == 1


def test_a_file_of_unknown_size_is_limited_and_the_error_says_how_to_allow_more(mirror, tmp_path):
    with pytest.raises(DownloadError, match=rf"{MAX_UNKNOWN_SIZE} bytes.*size="):
        get(tmp_path / "file", mirror(answers(head(Content_Length=MAX_UNKNOWN_SIZE + 1))), size=None)


def test_a_file_of_another_size_is_not_read(mirror, tmp_path):
    with pytest.raises(DownloadError, match=rf"{len(CONTENT) + 1} bytes, expected {len(CONTENT)}"):
        get(tmp_path / "file", mirror(endless(head(Content_Length=len(CONTENT) + 1))))
    assert list(tmp_path.glob("*.part")) == []


def test_the_body_of_a_redirect_is_not_read(mirror, tmp_path):
    body = gzip.compress(bytes(30_000_000))
    act = redirects("/good", body, Content_Encoding="gzip")
    tracemalloc.start()
    try:
        get(tmp_path / "file", mirror(act))
        assert tracemalloc.get_traced_memory()[1] < 15_000_000
    finally:
        tracemalloc.stop()
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_an_endless_body_of_a_redirect_is_not_read(mirror, tmp_path):
    def act(connection, other):
        if other.asked[-1].startswith("GET /good "):
            good(connection, other)
        else:
            endless(head("302 Found", Location="/good"))(connection, other)

    get(tmp_path / "file", mirror(act))
    assert (tmp_path / "file").read_bytes() == CONTENT


@pytest.mark.parametrize("prefix", [b"", b"HTTP/1.1 ", b"HTTP/1.1 200 OK\r\nX-Slow: "])
def test_a_dribbled_header_is_cut_off(mirror, tmp_path, prefix):
    path = tmp_path / "file"
    get(path, mirror(dribbles(prefix)), mirror(good), connect_timeout=0.2, read_timeout=0.2)
    assert path.read_bytes() == CONTENT


def test_endless_interim_answers_are_cut_off(mirror, tmp_path):
    path = tmp_path / "file"
    act = dribbles(b"", b"HTTP/1.1 100 Continue\r\n\r\n")
    get(path, mirror(act), mirror(good), connect_timeout=0.2, read_timeout=0.2)
    assert path.read_bytes() == CONTENT


def test_a_slow_mirror_is_left_and_its_beginning_used(mirror, tmp_path):
    path = tmp_path / "file"

    def slow(connection, other):
        connection.sendall(head(Content_Length=len(CONTENT)))
        for i in range(len(CONTENT)):
            if other.stop.wait(0.02):
                break
            connection.sendall(CONTENT[i : i + 1])

    second = mirror(good)
    get(path, mirror(slow), second, read_timeout=0.3, min_speed=1000)
    assert path.read_bytes() == CONTENT
    assert "Range: bytes=" in second.asked[0]


def test_a_mirror_just_fast_enough_is_kept(mirror, tmp_path):
    path = tmp_path / "file"

    def steady(connection, other):
        connection.sendall(head(Content_Length=len(CONTENT)))
        for i in range(0, len(CONTENT), 5000):
            if other.stop.wait(0.02):
                break
            connection.sendall(CONTENT[i : i + 5000])

    only = mirror(steady)
    get(path, only, read_timeout=0.2, min_speed=1000, retries=0)
    assert path.read_bytes() == CONTENT
    assert len(only.asked) == 1


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_busy_mirror_is_asked_again_when_it_says(mirror, tmp_path, status, form):
    times = []

    def busy(connection, other):
        times.append(time.time())
        if len(times) > 1:
            return good(connection, other)
        wait = "1" if form == "seconds" else email.utils.formatdate(time.time() + 2, usegmt=True)
        return connection.sendall(head(status, Retry_After=wait, Content_Length=0))

    get(tmp_path / "file", mirror(busy))
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert times[1] - times[0] >= 0.9  # a date has whole seconds


@pytest.mark.parametrize("wait", ["86400", "9" * 30, "Fri, 31 Dec 2199 23:59:59 GMT", "soon", "-5", "", "²"])
def test_any_retry_after_leaves_the_next_mirror_its_turn(mirror, tmp_path, wait):
    path = tmp_path / "file"
    act = answers(head("503 Service Unavailable", Retry_After=wait, Content_Length=0))
    get(path, mirror(act), mirror(good))
    assert path.read_bytes() == CONTENT


def test_a_mirror_that_wants_to_be_left_alone_for_a_day_is(mirror, tmp_path):
    only = mirror(answers(head("503 Service Unavailable", Retry_After="86400", Content_Length=0)))
    with pytest.raises(DownloadError, match="503"):
        get(tmp_path / "file", only)
    assert len(only.asked) == 1


def test_the_deadline_holds_in_a_wait_that_a_mirror_asked_for(mirror, tmp_path):
    only = mirror(answers(head("503 Service Unavailable", Retry_After="60", Content_Length=0)))
    with pytest.raises(DownloadError, match=r"within 0\.3 s"):
        get(tmp_path / "file", only, timeout=0.3)


def test_a_partial_file_as_long_as_the_whole_is_begun_anew(mirror, tmp_path):
    (tmp_path / "file.part").write_bytes(b"?" * len(CONTENT))
    only = mirror(good)
    get(tmp_path / "file", only)
    assert "Range" not in only.asked[0]

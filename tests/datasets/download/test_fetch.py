"""Downloads from a small server on this machine that plays the mirrors, one path per kind of mirror."""

import errno
import gc
import hashlib
import http.server
import multiprocessing
import socket
import threading
import time
from pathlib import Path

import pytest
from filelock import FileLock

from pyflux.datasets.download import Deadline, fetch
from pyflux.datasets.download.mirror import Answer
from pyflux.errors import DownloadError

CONTENT = bytes(range(256)) * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Mirror(http.server.BaseHTTPRequestHandler):
    """What each path does is the method of its name; ``server.log`` holds (path, Range) of every request."""

    protocol_version = "HTTP/1.1"
    timeout = 10  # a client that leaves a connection open must not hold up the tests for ever

    def do_GET(self):
        with self.server.guard:
            self.server.log.append((self.path, self.headers.get("Range")))
        getattr(self, self.path.strip("/").split("/")[0])()

    def log_message(self, *args):
        pass

    def answer(self, body, status=200, **headers):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def times_asked(self):
        return sum(path == self.path for path, _ in self.server.log)

    def good(self):
        wanted = self.headers.get("Range")
        if wanted is None:
            self.answer(CONTENT)
            return
        start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        if start >= len(CONTENT):
            self.answer(b"", 416, Content_Range=f"bytes */{len(CONTENT)}")
        else:
            span = f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"
            self.answer(CONTENT[start:], 206, Content_Range=span)

    def slow(self):
        time.sleep(0.3)
        self.good()

    def norange(self):
        self.answer(CONTENT)

    def badrange(self):
        if self.headers.get("Range"):
            self.answer(CONTENT[1:], 206, Content_Range=f"bytes 1-{len(CONTENT) - 1}/{len(CONTENT)}")
        else:
            self.answer(CONTENT)

    def wrong(self):
        self.answer(b"<html>please log in</html>")

    def missing(self):
        self.answer(b"", 404)

    def busy(self):
        self.answer(b"", 503)

    def busyonce(self):
        self.busy() if self.times_asked() == 1 else self.good()

    def breaksonce(self):
        if self.times_asked() > 1:
            self.good()
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT[:1000])
        self.close_connection = True

    def hangs(self):
        self.server.release.wait(30)
        self.close_connection = True

    def drips(self):
        """Never silent for long, never done."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        try:
            for _ in range(100):
                if self.server.release.wait(0.05):
                    break
                self.wfile.write(b"x")
            else:
                self.server.log.append(("the mirror gave up first", None))
        except OSError:
            pass
        self.close_connection = True

    def stalls(self):
        """Send the beginning, then nothing."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT[:1000])
        self.wfile.flush()
        if not self.server.release.wait(self.server.patience):
            self.server.log.append(("the mirror gave up first", None))
        self.close_connection = True


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = False  # so that closing the server waits for all of them

    def wait_for_a_request(self):
        """A client can hang up before the thread of its request has run for the first time."""
        end = time.monotonic() + 10
        while not self.log and time.monotonic() < end:
            time.sleep(0.01)

    def handle_error(self, request, client_address):
        pass  # a client that hangs up early is part of the tests


@pytest.fixture
def server():
    with Server(("127.0.0.1", 0), Mirror) as server:
        server.log, server.guard, server.release = [], threading.Lock(), threading.Event()
        server.patience = 30
        server.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.release.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def dead():
    """Return an address where nobody listens."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{s.getsockname()[1]}/file"


def get(server, path, *kinds, **options):
    urls = [kind if kind.startswith("http") else f"{server.url}/{kind}" for kind in kinds]
    return fetch(urls, path, **({"sha256": SHA256, "verbose": False, "backoff": 0.01} | options))


def part(path):
    return Path(f"{path}.part")


def test_a_file_is_brought_into_a_new_folder(server, tmp_path):
    path = tmp_path / "new" / "folder" / "file"
    assert get(server, path, "good") == path
    assert path.read_bytes() == CONTENT
    assert not part(path).exists()


def test_a_file_that_is_there_is_not_asked_for(server, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    get(server, path, "good")
    assert server.log == []


def test_a_damaged_file_is_brought_again(server, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(CONTENT[:-1])
    get(server, path, "good")
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize("kind", ["missing", "busy", "wrong", "hangs"])
def test_the_second_mirror_helps_out(server, tmp_path, kind):
    path = tmp_path / "file"
    get(server, path, kind, "good", read_timeout=0.2)
    assert path.read_bytes() == CONTENT
    assert [p for p, _ in server.log] == [f"/{kind}", "/good"]


def test_a_mirror_that_is_down(server, tmp_path, dead):
    path = tmp_path / "file"
    get(server, path, dead, "good")
    assert path.read_bytes() == CONTENT


def test_a_busy_mirror_is_asked_again(server, tmp_path):
    path = tmp_path / "file"
    get(server, path, "busyonce")
    assert path.read_bytes() == CONTENT
    assert len(server.log) == 2


def test_a_mirror_without_the_file_is_not_asked_again(server, tmp_path):
    with pytest.raises(DownloadError, match="404"):
        get(server, tmp_path / "file", "missing")
    assert len(server.log) == 1


def test_retries_are_counted(server, tmp_path):
    with pytest.raises(DownloadError, match="503"):
        get(server, tmp_path / "file", "busy", retries=3)
    assert len(server.log) == 4


def test_a_partial_file_is_continued(server, tmp_path):
    path = tmp_path / "file"
    part(path).write_bytes(CONTENT[:100_000])
    get(server, path, "good")
    assert path.read_bytes() == CONTENT
    assert server.log == [("/good", "bytes=100000-")]


def test_a_broken_connection_is_continued_and_not_begun_anew(server, tmp_path):
    path = tmp_path / "file"
    get(server, path, "breaksonce")
    assert path.read_bytes() == CONTENT
    assert server.log == [("/breaksonce", None), ("/breaksonce", "bytes=1000-")]


@pytest.mark.parametrize("kind", ["norange", "badrange"])
def test_a_mirror_that_cannot_continue(server, tmp_path, kind):
    path = tmp_path / "file"
    part(path).write_bytes(CONTENT[:500])
    get(server, path, kind)
    assert path.read_bytes() == CONTENT


def test_a_partial_file_that_is_too_long(server, tmp_path):
    """The mirror answers 416, so the download begins anew."""
    path = tmp_path / "file"
    part(path).write_bytes(CONTENT + b"more")
    get(server, path, "good")
    assert path.read_bytes() == CONTENT


def test_a_partial_file_that_is_complete_needs_no_mirror(server, tmp_path):
    path = tmp_path / "file"
    part(path).write_bytes(CONTENT)
    get(server, path, "good")
    assert path.read_bytes() == CONTENT
    assert server.log == []


def test_a_partial_file_of_another_content_is_given_up(server, tmp_path):
    path = tmp_path / "file"
    part(path).write_bytes(b"?" * 500)
    get(server, path, "good")
    assert path.read_bytes() == CONTENT
    assert server.log == [("/good", "bytes=500-"), ("/good", None)]


def test_another_file_everywhere(server, tmp_path):
    path = tmp_path / "file"
    with pytest.raises(DownloadError, match=rf"SHA-256 is \w{{64}}, expected {SHA256}"):
        get(server, path, "wrong", "wrong/too")
    assert not path.exists()
    assert not part(path).exists()
    assert len(server.log) == 2


def test_the_error_lists_every_mirror_and_the_way_out(server, tmp_path, dead):
    with pytest.raises(DownloadError) as caught:
        get(server, tmp_path / "file", "missing", dead, "busy", "hangs", read_timeout=0.1, retries=0)
    text = str(caught.value)
    assert f"{server.url}/missing: HTTP status 404" in text
    assert f"{dead}: no connection (" in text
    assert "refused" in text
    assert f"{server.url}/busy: HTTP status 503" in text
    assert f"{server.url}/hangs: no answer within 0.1 s" in text
    assert "data_dir=" in text
    assert "PYFLUX_DATA" in text


def test_a_stalled_mirror_is_left_and_its_beginning_used(server, tmp_path):
    path = tmp_path / "file"
    get(server, path, "stalls", "good", read_timeout=0.2)
    assert path.read_bytes() == CONTENT
    assert server.log == [("/stalls", None), ("/good", "bytes=1000-")]


@pytest.mark.parametrize("kind", ["hangs", "drips", "stalls", "busy"])
def test_the_deadline_holds(server, tmp_path, kind):
    """Each of these would take far longer, or for ever, without it."""
    path = tmp_path / "file"
    with pytest.raises(DownloadError, match=r"within 1 s") as caught:
        get(server, path, kind, timeout=1, retries=10_000, backoff=2.0)
    assert not path.exists()
    assert f"{server.url}/{kind}: " in str(caught.value)
    assert "longer timeout" in str(caught.value)
    server.wait_for_a_request()
    assert set(server.log) == {(f"/{kind}", None)}


def test_the_deadline_ends_a_wait_for_the_next_byte(server, tmp_path, monkeypatch):
    """Also where the wait began with a longer time-out."""
    monkeypatch.setattr(Deadline, "at_most", lambda self, seconds: seconds)
    server.patience = 3
    with pytest.raises(DownloadError, match="did not come in whole in time"):
        get(server, tmp_path / "file", "stalls", timeout=1)
    assert server.log == [("/stalls", None)]


def test_what_came_before_the_deadline_is_kept(server, tmp_path):
    path = tmp_path / "file"
    with pytest.raises(DownloadError):
        get(server, path, "stalls", timeout=1)
    assert part(path).read_bytes() == CONTENT[:1000]


def test_mirrors_that_there_was_no_time_for(server, tmp_path):
    with pytest.raises(DownloadError, match="/good: not asked, no time left"):
        get(server, tmp_path / "file", "drips", "good", timeout=0.2)


def test_a_deadline_is_shared(server, tmp_path):
    deadline = Deadline(0.3)
    with pytest.raises(DownloadError):
        get(server, tmp_path / "one", "hangs", timeout=deadline)
    with pytest.raises(DownloadError, match="not asked, no time left"):
        get(server, tmp_path / "two", "good", timeout=deadline)


def test_the_deadline_counts_while_another_process_downloads(server, tmp_path):
    path = tmp_path / "file"
    with (
        FileLock(f"{path}.lock"),
        pytest.raises(DownloadError, match=r"within 0\.2 s: another process holds the lock"),
    ):
        get(server, path, "good", timeout=0.2)
    assert server.log == []


def test_two_processes_download_once(server, tmp_path):
    path = tmp_path / "file"
    context = multiprocessing.get_context("spawn")
    options = {"sha256": SHA256, "verbose": False}
    processes = [
        context.Process(target=fetch, args=([f"{server.url}/slow"], path), kwargs=options) for _ in range(2)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    assert path.read_bytes() == CONTENT
    assert server.log == [("/slow", None)]


def test_threads_do_not_spoil_each_other(server, tmp_path):
    path = tmp_path / "file"
    threads = [threading.Thread(target=get, args=(server, path, "slow")) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_bytes() == CONTENT
    assert len(server.log) == 1


def test_a_folder_that_cannot_be_made(server, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(
        DownloadError, match=r"into the folder .*file.inner.*data_dir=.*PYFLUX_DATA"
    ) as caught:
        get(server, tmp_path / "file" / "inner" / "data", "good")
    assert isinstance(caught.value.__cause__, OSError)


def test_a_folder_without_the_right_to_write(server, tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(DownloadError, match="Permission denied") as caught:
        get(server, tmp_path / "file", "good")
    assert str(tmp_path) in str(caught.value)


def test_a_full_disk_leaves_no_file_of_the_final_name(server, tmp_path, monkeypatch):
    def full(self):
        yield CONTENT[:1000]
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "file"
    with monkeypatch.context() as patched:
        patched.setattr(Answer, "blocks", full)
        with pytest.raises(DownloadError, match="No space left on device"):
            get(server, path, "good")
    assert not path.exists()
    get(server, path, "good")
    assert path.read_bytes() == CONTENT
    assert server.log[-1] == ("/good", "bytes=1000-")


def test_ctrl_c_leaves_what_has_come(server, tmp_path, monkeypatch):
    def interrupted(self):
        yield CONTENT[:1000]
        raise KeyboardInterrupt

    path = tmp_path / "file"
    monkeypatch.setattr(Answer, "blocks", interrupted)
    with pytest.raises(KeyboardInterrupt):
        get(server, path, "good")
    assert not path.exists()
    assert part(path).read_bytes() == CONTENT[:1000]


def test_no_connection_stays_open(server, tmp_path):
    """The server speaks HTTP/1.1 and would wait for more; its threads end only if the client hangs up."""
    gc.disable()  # the garbage collector must not be what closes it
    try:
        get(server, tmp_path / "file", "hangs", "good", read_timeout=0.2)
        server.release.set()
        for thread in server._threads:
            thread.join(5)
            assert not thread.is_alive()
    finally:
        gc.enable()


def test_progress_goes_to_stderr_and_only_if_wanted(server, tmp_path, capfd):
    get(server, tmp_path / "one", "good", verbose=True)
    out, err = capfd.readouterr()
    assert out == ""
    assert "one" in err
    get(server, tmp_path / "two", "good", verbose=False)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("urls", [[], "https://example.org/file"])
def test_urls_must_be_a_list(tmp_path, urls):
    with pytest.raises(ValueError, match="urls must be a list of at least one address"):
        fetch(urls, tmp_path / "file", sha256=SHA256)


def test_a_hash_is_64_digits(tmp_path):
    with pytest.raises(ValueError, match="64 hexadecimal digits, got 'abc'"):
        fetch(["https://example.org/file"], tmp_path / "file", sha256="abc")


@pytest.mark.parametrize("timeout", [0, -1, float("nan")])
def test_a_timeout_is_above_zero(timeout):
    with pytest.raises(ValueError, match="timeout must be a number of seconds above 0"):
        Deadline(timeout)

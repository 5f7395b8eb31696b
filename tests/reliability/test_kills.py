"""SIGKILL at random moments: what is found afterwards is whole or absent, and the next run goes on.

Twelve kills of each kind; 200 with ``PYFLUX_LONG_TESTS=1``.
"""

import csv
import hashlib
import http.server
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from pyflux import Sequential, layers, load
from pyflux.datasets.download import fetch

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")

MODEL = """
import sys
import numpy as np
from pyflux import Sequential, layers
path = sys.argv[1]
model = Sequential(
    [layers.Dense(200, input_shape=(300,)), layers.Dense(3, activation="softmax")], seed=0, engine="reference"
)
rng = np.random.default_rng(0)
x, y = rng.random((64, 300), np.float32), rng.integers(0, 3, 64)
"""

# Saves the same file again and again; all weights of a version are its number.
SAVE = (
    MODEL
    + """
print("ready", flush=True)
for version in range(1, 1000000):
    model.set_weights([np.full(w.shape, version) for w in model.get_weights()])
    model.save(path)
"""
)

CHECKPOINT = (
    MODEL
    + """
model.compile("adam")
print("ready", flush=True)
model.fit(x, y, epochs=int(sys.argv[2]), batch_size=16, verbose=0, checkpoint=path)
np.savez(path + ".npz", *model.get_weights())
"""
)

CSV = (
    MODEL
    + """
from pyflux.callbacks import CSVLogger
model.compile("adam", metrics=["accuracy"])
print("ready", flush=True)
model.fit(x, y, epochs=100000, verbose=0, callbacks=CSVLogger(path, append=True))
"""
)

DOWNLOAD = """
import sys
from pyflux.datasets.download import fetch
print("ready", flush=True)
fetch([sys.argv[2]], sys.argv[1], sha256=sys.argv[3], verbose=False)
"""


def kill_after(seconds, program, *arguments):
    """Start a program, kill it so long after it is ready, and return what it ended with."""
    command = [sys.executable, "-W", "ignore", "-c", program, *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n", process.stderr.read()
        time.sleep(seconds)
        process.kill()
    return process.returncode


def delays(count, longest, seed):
    return np.random.default_rng(seed).uniform(0, longest, count)


def litter(folder, *kept):
    """The files of a folder that nobody asked for."""
    return sorted(path.name for path in Path(folder).rglob("*") if path.is_file() and path.name not in kept)


def test_a_killed_save_leaves_a_whole_file(tmp_path, times):
    path, newest = tmp_path / "model.safetensors", 0
    for delay in delays(times(12, 200), 0.1, seed=0):
        assert kill_after(delay, SAVE, path) < 0
        if not path.exists():
            assert newest == 0
            continue
        model = load(path, engine="reference")
        versions = {float(v) for w in model.get_weights() for v in np.unique(w)}
        assert len(versions) == 1, versions
        newest = max(newest, *versions)
        assert len(litter(tmp_path, path.name)) <= 1
    assert newest > 0
    load(path, engine="reference").save(path)
    assert litter(tmp_path, path.name) == []


def test_killed_trainings_end_with_the_bits_of_one_that_was_not(tmp_path, times):
    epochs = times(60, 600)
    whole, folder = tmp_path / "whole", tmp_path / "killed"
    done = subprocess.run(
        [sys.executable, "-c", CHECKPOINT, whole, str(epochs)], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for delay in delays(times(12, 200), 0.4, seed=1):
        kill_after(delay, CHECKPOINT, folder, epochs)
        assert len(litter(folder) if folder.is_dir() else []) <= 2  # the state, and at most one beside it
    done = subprocess.run(
        [sys.executable, "-c", CHECKPOINT, folder, str(epochs)], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    with np.load(f"{whole}.npz") as wanted, np.load(f"{folder}.npz") as got:
        assert sorted(wanted) == sorted(got)
        for name in wanted:
            np.testing.assert_array_equal(got[name], wanted[name])


def test_a_killed_log_has_whole_lines_and_goes_on(tmp_path, times):
    path, lines = tmp_path / "log.csv", 0
    for delay in delays(times(12, 200), 0.5, seed=2):
        assert kill_after(delay, CSV, path) < 0
        rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
        if not rows:
            continue
        # The last line may have been cut off; the next run removes it.
        assert all(len(row) == len(rows[0]) and all(row) for row in rows[:-1])
        assert len(rows) >= lines
        lines = len(rows) - 1
    assert lines > 0
    assert litter(tmp_path, "log.csv") == []


class SlowMirror(http.server.BaseHTTPRequestHandler):
    """Sends a file in pieces, from where it is asked to."""

    content = np.random.default_rng(0).bytes(400_000)

    def do_GET(self):
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        self.send_response(206 if start else 200)
        if start:
            end = len(self.content)
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{end}")
        self.send_header("Content-Length", str(len(self.content) - start))
        self.end_headers()
        for at in range(start, len(self.content), 4000):
            try:
                self.wfile.write(self.content[at : at + 4000])
            except OSError:  # the client was killed
                return
            time.sleep(0.002)

    def log_message(self, *arguments):
        pass


def test_a_killed_download_is_absent_and_goes_on(tmp_path, times):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), SlowMirror)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}/file"
    sha256 = hashlib.sha256(SlowMirror.content).hexdigest()
    path, most = tmp_path / "file", 0
    try:
        for delay in delays(times(12, 200), 0.4, seed=3):
            kill_after(delay, DOWNLOAD, path, url, sha256)
            if path.exists():
                assert path.read_bytes() == SlowMirror.content
                path.unlink()
            part = Path(f"{path}.part")
            if part.exists():
                assert part.read_bytes() == SlowMirror.content[: part.stat().st_size]
                most = max(most, part.stat().st_size)
            assert set(litter(tmp_path)) <= {"file.part", "file.part.lock", "file.lock", ".file.lock"}
        assert most > 0
        assert fetch([url], path, sha256=sha256, verbose=False) == path
        assert path.read_bytes() == SlowMirror.content
        assert not Path(f"{path}.part").exists()
    finally:
        server.shutdown()
        server.server_close()


def test_a_model_is_saved_whole_while_it_is_read(tmp_path):
    path = tmp_path / "model.safetensors"
    model = Sequential([layers.Dense(100, input_shape=(100,))], seed=0, engine="reference")
    model.save(path)
    command = [sys.executable, "-W", "ignore", "-c", SAVE, path]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        try:
            for _ in range(100):
                found = {
                    float(v) for w in load(path, engine="reference").get_weights()[2:] for v in np.unique(w)
                }
                assert len(found) <= 1
        finally:
            process.kill()

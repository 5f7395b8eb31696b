import multiprocessing
import os
import stat
import subprocess
import sys
import threading

import pytest

from pyflux._internal import files
from pyflux._internal.files import atomic_write

LINUX = sys.platform == "linux"


def write(path, content=b"new"):
    with atomic_write(path) as file:
        file.write(content)


@pytest.fixture(params=["unnamed", "named"])
def target(request, tmp_path, monkeypatch):
    """A path to write to, with temporary files that have no name and with ones that have."""
    if request.param == "named":
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    return tmp_path / "file"


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_written_and_nothing_else_is_left(target):
    write(target, b"abc")
    assert target.read_bytes() == b"abc"
    assert names(target.parent) == ["file"]


def test_after_an_error_the_old_file_is_there_and_nothing_else(target):
    target.write_bytes(b"old")

    def fail():
        with atomic_write(target) as file:
            file.write(b"half of the n")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert target.read_bytes() == b"old"
    assert names(target.parent) == ["file"]


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_a_new_file_has_the_mode_that_the_umask_gives_and_an_old_one_keeps_its_own(target):
    before = os.umask(0o027)
    try:
        write(target)
    finally:
        os.umask(before)
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    target.chmod(0o604)
    write(target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o604


def test_a_link_is_followed(target):
    (target.parent / "elsewhere").mkdir()
    aim = target.parent / "elsewhere" / "aim"
    target.symlink_to(aim)
    write(target, b"1")
    write(target, b"2")
    assert target.is_symlink()
    assert aim.read_bytes() == b"2"
    assert names(aim.parent) == ["aim"]


def test_the_home_folder_is_expanded(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    write("~/file")
    assert names(tmp_path) == ["file"]


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(IsADirectoryError, match=str(tmp_path)):
        write(tmp_path)
    with pytest.raises(FileNotFoundError, match="missing"):
        write(tmp_path / "missing" / "file")
    if os.name == "posix":
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(OSError, match="pipe"):
            write(tmp_path / "pipe")
        assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


KILLED = """
import os, sys
from pyflux._internal.files import atomic_write
if sys.argv[2] == "named" and hasattr(os, "O_TMPFILE"):
    del os.O_TMPFILE
with atomic_write(sys.argv[1]) as file:
    file.write(bytes(1000))
    file.flush()
    os._exit(9)
"""


def killed(path, kind):
    done = subprocess.run([sys.executable, "-c", KILLED, path, kind], check=False)
    assert done.returncode == 9


def test_what_a_killed_process_leaves_is_removed_by_the_next_write(tmp_path):
    target, other = tmp_path / "file", tmp_path / "other"
    target.write_bytes(b"old")
    for path in (target, other):
        killed(path, "named")
    assert target.read_bytes() == b"old"
    assert len(names(tmp_path)) == 3
    write(target)
    assert target.read_bytes() == b"new"
    # What belongs to another file is that file's.
    assert next(name for name in names(tmp_path) if name != "file").startswith(".other.")
    assert len(names(tmp_path)) == 2


@pytest.mark.skipif(not LINUX, reason="files without a name are Linux's")
def test_a_killed_process_leaves_nothing_where_files_need_no_name(tmp_path):
    killed(tmp_path / "file", "unnamed")
    assert names(tmp_path) == []


def test_the_temporary_file_of_a_writer_that_lives_stays(target):
    with atomic_write(target) as file:
        file.write(b"slow")
        write(target, b"quick")
    assert target.read_bytes() == b"slow"
    assert names(target.parent) == ["file"]


def test_threads_write_one_path(target):
    errors, contents = [], [bytes([65 + i]) * 100_000 for i in range(4)]

    def many(content):
        try:
            for _ in range(10):
                write(target, content)
        except Exception as e:
            errors.append(e)

    threads = [threading.Thread(target=many, args=(content,)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert target.read_bytes() in contents
    assert names(target.parent) == ["file"]


def write_many(path, content):
    for _ in range(10):
        write(path, content)


def test_processes_write_one_path(tmp_path):
    target, contents = tmp_path / "file", [b"a" * 100_000, b"b" * 100_000]
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=write_many, args=(target, content)) for content in contents]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    assert target.read_bytes() in contents
    assert names(tmp_path) == ["file"]


def test_a_full_disk_is_the_systems_error_and_names_the_file(target):
    resource = pytest.importorskip("resource")
    signal = pytest.importorskip("signal")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    try:
        with pytest.raises(OSError, match=str(target)):
            write(target, bytes(20_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert names(target.parent) == []


def test_a_folder_that_vanishes_is_the_systems_error(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()

    def interrupted():
        with atomic_write(folder / "file") as file:
            file.write(b"new")
            for path in folder.iterdir():
                path.unlink()
            folder.rmdir()

    with pytest.raises(FileNotFoundError):
        interrupted()


def test_a_file_system_that_cannot_link_gets_a_copy(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError("no links")

    monkeypatch.setattr(files.os, "link", refuse)
    write(tmp_path / "file", bytes(range(256)) * 1000)
    assert (tmp_path / "file").read_bytes() == bytes(range(256)) * 1000
    assert names(tmp_path) == ["file"]

"""What only a process of its own can show of the Flux engine: starting it, and Ctrl-C."""

import os
import signal
import subprocess
import sys
import textwrap

import pytest

pytestmark = pytest.mark.usefixtures("julia")


def child(code, **environment):
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT between processes")
def test_ctrl_c_ends_fit_and_leaves_a_model_that_works():
    code = """
        import pyflux
        x, y = pyflux.synthetic_digits(2000)
        model = pyflux.networks.flux_mnist(seed=0)
        model.compile()
        model.fit(x, y, verbose=0)
        try:
            print("training", flush=True)
            model.fit(x, y, epochs=100_000, verbose=0)
        except KeyboardInterrupt:
            print("interrupted", model.predict(x[:2]).shape, model.evaluate(x, y) < 2.3)
    """
    with child(code) as process:
        assert process.stdout.readline() == "training\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    assert out == "interrupted (2, 10) True\n", err
    assert process.returncode == 0


def test_threads_are_julia_s_default_unless_the_user_says_otherwise():
    code = "from pyflux.engines import julia; print(julia.versions()['threads'])"
    for threads in ("1", "2"):
        out, err = child(code, JULIA_NUM_THREADS=threads).communicate(timeout=120)
        assert out == f"{threads}\n", err


def test_a_start_that_takes_seconds_says_nothing():
    code = "from pyflux.engines import julia; julia.start()"
    assert child(code).communicate(timeout=120) == ("", "")


def test_julia_may_be_called_from_any_thread():
    # Each call in a thread of its own, with garbage collections on the way; the first thread is busy in Python.
    code = """
        import threading
        import numpy as np
        import pyflux
        x, y = pyflux.synthetic_digits(2000)
        model = pyflux.networks.flux_mnist(seed=0)
        model.compile()
        model.fit(x, y, verbose=0)
        expected, found = model.predict(x), []
        def work():
            for _ in range(20):
                found.append(np.array_equal(model.predict(x), expected))
        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            sum(range(1000))
        print(len(found), all(found))
    """
    out, err = child(code).communicate(timeout=120)
    assert out == "60 True\n", err


@pytest.mark.parametrize("first", ["pyflux", "juliacall"])
def test_juliacall_may_be_used_beside_it(first):
    pytest.importorskip("juliacall")
    code = """
        import pyflux
        model = pyflux.networks.flux_mnist(seed=0)
        x, y = pyflux.synthetic_digits(100)
        if FIRST == "pyflux":
            model.predict(x)
        from juliacall import Main
        assert Main.seval("sum")([1, 2, 3]) == 6
        assert model.predict(x).shape == (100, 10)
        assert Main.PyFlux.is_gpu("cpu")
        print(Main.seval("1 + 1"))
    """
    out, err = child(code.replace("FIRST", repr(first)), PYTHON_JULIACALL_HANDLE_SIGNALS="yes").communicate(
        timeout=600
    )
    assert out == "2\n", err

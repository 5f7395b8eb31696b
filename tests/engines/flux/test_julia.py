"""What only a process of its own can show of Julia in it: its start, threads, signals, Ctrl-C and forks."""

import os
import signal
import subprocess
import sys
import textwrap

import pytest

pytestmark = pytest.mark.usefixtures("julia")
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")

MODEL = """
import os, signal, sys, threading, time
import numpy as np
import pyflux
x, y = pyflux.synthetic_digits(600)
model = pyflux.networks.flux_mnist(seed=0)
model.compile("adam", metrics=["accuracy"])
"""


def start(code, *arguments, **environment):
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", MODEL + textwrap.dedent(code), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
    )


def finish(process):
    """Return what a process prints until its end; one that hangs is killed."""
    try:
        return process.communicate(timeout=200)
    except subprocess.TimeoutExpired:
        process.kill()
        pytest.fail(f"hangs after {process.communicate()}")


def run(code, *arguments, **environment):
    """Return what a program prints; it must end well and say nothing on stderr."""
    with start(code, *arguments, **environment) as process:
        out, err = finish(process)
    assert (process.returncode, err) == (0, ""), err
    return out


# ── The start ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["JULIA_NUM_THREADS", "PYTHON_JULIACALL_THREADS"])
def test_the_user_sets_the_threads(name):
    code = "from pyflux.engines.flux import julia; print(julia.versions()['threads'])"
    assert run(code, **{name: "3"}) == "3\n"


@pytest.mark.parametrize(
    "name", ["flux_mnist", "keras_mnist", "keras_cifar", "torch_cifar", "keras_imagenet"]
)
def test_a_first_fit_hardly_waits_for_the_compiler(name, tmp_path):
    code = """
    from pyflux.engines.flux import julia
    name, trace = sys.argv[1:]
    def compiled():
        with open(trace) as file:
            return [line for line in file if line.startswith("precompile(")]
    julia.versions()  # starts Julia
    before = len(compiled())
    model = getattr(pyflux.networks, name)(seed=0)
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 256, (8, *model.input_shape[1:]), np.uint8), rng.integers(0, 10, 8)
    model.compile("adam", metrics=["accuracy"])
    model.fit(x, y, batch_size=4, validation_data=(x, y), verbose=0)
    print(*compiled()[before:], sep="")
    """
    trace = str(tmp_path / "trace.jl")
    found = run(code, name, trace, PYTHON_JULIACALL_TRACE_COMPILE=trace).splitlines()
    # What is left are methods of Base and PythonCall that a package cannot compile ahead.
    assert len(found) < 20, "\n".join(found)


def test_all_versions_are_known():
    code = "from pyflux.engines.flux import julia; v = julia.versions(); print(sorted(v), v['juliacall'] == v['pythoncall'])"
    assert run(code) == "['flux', 'julia', 'juliacall', 'pyflux', 'pythoncall', 'threads'] True\n"


def test_the_first_use_may_come_from_several_threads_at_once():
    code = """
        barrier, found = threading.Barrier(3), []
        def work(seed):
            barrier.wait()
            found.append(pyflux.networks.flux_mnist(seed=seed).predict(x[:4]).shape)
        threads = [threading.Thread(target=work, args=(i,)) for i in range(3)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        print(found)
    """
    assert run(code) == "[(4, 10), (4, 10), (4, 10)]\n"


# ── Threads ──────────────────────────────────────────────────────────────────────────────────────────────


def test_threads_may_predict_while_others_train():
    code = """
        expected = model.predict(x)
        found, other = [], pyflux.networks.flux_mnist(seed=1)
        other.compile("adam")
        def work():
            for _ in range(10):
                found.append(np.array_equal(model.predict(x), expected))
        threads = [threading.Thread(target=work) for _ in range(3)]
        [t.start() for t in threads]
        other.fit(x, y, epochs=2, verbose=0)
        [t.join() for t in threads]
        print(len(found), all(found))
    """
    assert run(code) == "30 True\n"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_threads_that_end_leave_nothing():
    code = """
        def virtual():
            return int(open("/proc/self/statm").read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        def predict(times):
            for _ in range(times):
                thread = threading.Thread(target=model.predict, args=(x[:1],))
                thread.start()
                thread.join()
        predict(20)
        before = virtual()
        predict(50)
        print((virtual() - before) // 2**20)
    """
    assert int(run(code)) < 50 * 8  # a thread that Julia adopts keeps more than 8 MiB


def test_juliacall_may_be_used_beside_it():
    # Printing and sleeping need Julia's event loop; a collection waits for every thread that runs Julia.
    code = """
        model.fit(x, y, verbose=0)
        from juliacall import Main
        Main.println("printed")
        Main.sleep(0.01)
        thread = threading.Thread(target=lambda: model.fit(x, y, epochs=2, verbose=0))
        thread.start()
        while thread.is_alive():
            Main.GC.gc()
            thread.join(0.01)  # the training must get a turn between two collections
        print(Main.seval("sum")([1, 2, 3]), model.predict(x).shape)
    """
    assert run(code) == "printed\n6 (600, 10)\n"


@pytest.mark.parametrize("threads", ["1", "2"])
def test_juliacall_may_have_started_julia(threads):
    code = """
        from juliacall import Main
        model.fit(x, y, verbose=0)
        Main.println(Main.seval("1 + 1"))
        print(model.predict(x).shape)
    """
    options = {"PYTHON_JULIACALL_THREADS": threads, "PYTHON_JULIACALL_HANDLE_SIGNALS": "yes"}
    with start(code, **options) as process:
        out, err = finish(process)
    assert out == "2\n(600, 10)\n", err
    assert ("PYTHON_JULIACALL_THREADS=auto" in err) == (threads == "1")


# ── Ctrl-C and other signals ─────────────────────────────────────────────────────────────────────────────


@posix
@pytest.mark.parametrize("first", ["main", "thread"])
def test_ctrl_c_ends_a_fit_and_leaves_a_model_that_works(first):
    code = """
        if sys.argv[1] == "thread":  # Julia is started in another thread than the main one
            thread = threading.Thread(target=model.predict, args=(x,))
            thread.start()
            thread.join()
        model.fit(x, y, verbose=0)
        try:
            print("training", flush=True)
            told = pyflux.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: epoch == 1 and print("an epoch", flush=True))
            model.fit(x, y, epochs=100_000, verbose=0, callbacks=told)
        except KeyboardInterrupt:
            losses = model.history.history["loss"]
            steps = model.iterations
            model.fit(x, y, verbose=0)
            print(len(losses) > 0, steps > 19, model.iterations == steps + 19, model.evaluate(x, y, verbose=0)[0] < 1)
    """
    with start(code, first) as process:
        assert process.stdout.readline() == "training\n"
        assert process.stdout.readline() == "an epoch\n"
        process.send_signal(signal.SIGINT)
        out, err = finish(process)
    assert (out, err, process.returncode) == ("True True True True\n", "", 0)


@posix
@pytest.mark.parametrize("method", ["predict", "evaluate"])
def test_ctrl_c_ends_a_prediction_or_an_evaluation(method):
    code = """
        large, labels = np.repeat(x, 200, axis=0), np.repeat(y, 200)
        call = {"predict": lambda: model.predict(large, verbose=0), "evaluate": lambda: model.evaluate(large, labels, verbose=0)}
        model.predict(x)
        try:
            print("begun", flush=True)
            while True:
                call[sys.argv[1]]()
        except KeyboardInterrupt:
            print(model.predict(x).shape)
    """
    with start(code, method) as process:
        assert process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGINT)
        out, err = finish(process)
    assert (out, err, process.returncode) == ("(600, 10)\n", "", 0)


@posix
@pytest.mark.parametrize("when", ["before", "after"])
def test_handlers_of_signals_are_called(when):
    code = """
        numbers, called = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2], []
        def install():
            for number in numbers:
                signal.signal(number, lambda number, frame: called.append(number))
        if sys.argv[1] == "before":
            install()
        model.fit(x, y, verbose=0)
        if sys.argv[1] == "after":
            install()
        for number in numbers:
            os.kill(os.getpid(), number)
            while number not in called:
                time.sleep(0.01)
        model.predict(x)
        print(called == numbers, signal.pthread_sigmask(signal.SIG_BLOCK, []))
    """
    assert run(code, when) == "True set()\n"


@posix
def test_a_child_can_be_terminated():
    code = """
        import subprocess
        model.predict(x)
        child = subprocess.Popen(["sleep", "600"])
        child.terminate()
        print(child.wait(60) == -signal.SIGTERM)
    """
    assert run(code) == "True\n"


@posix
def test_sigterm_ends_a_training():
    code = """
        model.predict(x)
        print("training", flush=True)
        model.fit(x, y, epochs=100_000, verbose=0)
    """
    with start(code) as process:
        assert process.stdout.readline() == "training\n"
        process.terminate()
        assert process.wait(60) == -signal.SIGTERM


@posix
def test_faulthandler_may_be_enabled_after_the_start():
    code = """
        import faulthandler
        model.compile("adam", fast=False)
        model.predict(x)
        faulthandler.enable()
        model.fit(x, y, epochs=2, verbose=0)  # Julia collects garbage
        from juliacall import Main
        Main.GC.gc()
        print("ok")
    """
    assert run(code) == "ok\n"


# ── Processes ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_forked_child_gets_an_error_that_says_spawn_and_ends():
    code = """
        from pyflux.errors import EngineError
        model.fit(x, y, verbose=0)
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            for use in (lambda: model.predict(x), lambda: pyflux.networks.flux_mnist(seed=1).predict(x)):
                try:
                    use()
                except EngineError as e:
                    print("spawn" in str(e))
            del model
            sys.exit(7)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), model.predict(x).shape)
    """
    assert run(code) == "True\nTrue\n7 (600, 10)\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_process_may_be_forked_while_another_thread_trains():
    code = """
        model.fit(x, y, verbose=0)
        thread = threading.Thread(target=model.fit, args=(x, y), kwargs={"epochs": 5, "verbose": 0})
        thread.start()
        codes = []
        while thread.is_alive():
            child = os.fork()
            if child == 0:
                sys.exit(3)
            codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        print(set(codes))
    """
    assert run(code) == "{3}\n"

"""The hooks: in which order they are called, and with which logs."""

import pickle

import pytest

from pyflux.callbacks import (
    BackupAndRestore,
    Callback,
    CallbackList,
    EarlyStopping,
    History,
    LambdaCallback,
    TerminateOnNaN,
)

HOOKS = [name for name in dir(Callback) if name.startswith("on_")]


class Recorder(Callback):
    """Notes every hook that is called, with its number."""

    def __init__(self):
        self.calls = []

    def __getattribute__(self, name):
        if name.startswith("on_"):
            return lambda *given: self.calls.append((name, *given[:-1]))
        return super().__getattribute__(name)


def test_all_hooks_reach_all_callbacks(model):
    recorders = [Recorder(), Recorder()]
    called = CallbackList(recorders, model=model)
    for hook in HOOKS:
        if hook in ("on_batch_begin", "on_batch_end"):
            continue
        numbered = "batch" in hook or "epoch" in hook
        getattr(called, hook)(*([3] if numbered else []))
        expected = (hook, 3) if numbered else (hook,)
        assert [recorder.calls[-1] for recorder in recorders] == [expected] * 2


def test_logs_are_one_dictionary_for_all_and_for_the_history(model):
    seen = []
    first = LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(mine=10 * epoch))
    second = LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(logs["mine"]))
    _, history = model.train([first, second], 1, 2)
    assert seen == [0, 10]
    assert history.history == {"loss": [1.0, 1.0], "val_loss": [1, 2], "mine": [0, 10]}
    assert history.epoch == [0, 1]


def test_a_hook_gets_a_dictionary_even_without_logs(model):
    seen = []
    called = CallbackList(
        LambdaCallback(on_train_begin=seen.append, on_epoch_begin=lambda e, logs: seen.append(logs)),
        model=model,
    )
    called.on_train_begin()
    called.on_epoch_begin(0)
    assert seen == [{}, {}]


def test_one_callback_needs_no_list(model):
    assert model.train(EarlyStopping("loss"), {"loss": 1}, {"loss": 2}, {"loss": 3})[0] == 1
    assert [type(c) for c in CallbackList(None, model=model, history=True)] == [History]
    assert list(CallbackList((TerminateOnNaN(), None)[:1], model=model))


def test_a_history_of_the_users_is_used(model):
    mine = History()
    assert model.train([mine, Callback()], 1)[1] is mine
    assert mine.history["val_loss"] == [1]
    assert pickle.loads(pickle.dumps(mine)).history == mine.history


def test_what_needs_the_others_comes_last(model, tmp_path):
    order = CallbackList([History(), BackupAndRestore(tmp_path), Callback()], model=model)
    assert [type(c) for c in order] == [Callback, History, BackupAndRestore]


@pytest.mark.parametrize(
    ("bad", "hint"),
    [(3, "3"), ([EarlyStopping], r"EarlyStopping\(…\)"), ([Callback(), "x"], "'x'"), ({}, "{}")],
)
def test_what_is_no_callback(model, bad, hint):
    with pytest.raises(TypeError, match=f"callbacks.*{hint}"):
        CallbackList(bad, model=model)


def test_model_and_params_are_set(model):
    callback = Callback()
    CallbackList(callback, model=model, epochs=5, steps=7, verbose=2, validation=True)
    assert callback.model is model
    assert callback.params == {"epochs": 5, "steps": 7, "verbose": 2, "validation": True}


# ── Batch hooks ──────────────────────────────────────────────────────────────────────────────────────────────


class Train(Callback):
    def on_train_batch_end(self, batch, logs=None):
        pass


class Alias(Callback):
    def on_batch_begin(self, batch, logs=None):
        pass


class Test(Callback):
    __test__ = False

    def on_test_batch_end(self, batch, logs=None):
        pass


@pytest.mark.parametrize(
    ("callback", "phases"),
    [
        (Callback(), []),
        (EarlyStopping(), []),
        (TerminateOnNaN(), []),
        (Train(), ["train"]),
        (Alias(), ["train"]),
        (Test(), ["test"]),
        (LambdaCallback(on_train_batch_end=print), ["train"]),
        (LambdaCallback(on_batch_end=print), ["train"]),
        (LambdaCallback(on_predict_batch_begin=print), ["predict"]),
        (LambdaCallback(on_epoch_end=print), []),
    ],
)
def test_who_needs_every_batch(model, callback, phases):
    called = CallbackList([Callback(), callback], model=model)
    assert [phase for phase in ("train", "test", "predict") if called.every_batch(phase)] == phases


def test_the_short_names_of_the_batch_hooks(model):
    seen = []

    class Short(Callback):
        def on_batch_begin(self, batch, logs=None):
            seen.append(("begin", batch))

        def on_batch_end(self, batch, logs=None):
            seen.append(("end", batch, logs["loss"]))

    model.train(Short(), {"loss": 0.5}, batches=2)
    assert seen == [("begin", 0), ("end", 0, 0.5), ("begin", 1), ("end", 1, 0.5)]


# ── LambdaCallback ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("hook", HOOKS)
def test_a_function_for_each_hook(hook):
    seen = []
    given = (
        ({"loss": 1},)
        if hook.split("_")[1] in ("train", "test", "predict") and "batch" not in hook
        else (2, {"loss": 1})
    )
    getattr(LambdaCallback(**{hook: lambda *args: seen.append(args)}), hook)(*given)
    assert seen == [given]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"on_epoch_end": 3}, "on_epoch_end.*3"),
        ({"on_epoch_ends": print}, "'on_epoch_ends'.*'on_epoch_end'"),
        ({"set_model": print}, "'set_model'"),
    ],
)
def test_what_is_no_hook(options, message):
    with pytest.raises(TypeError, match=message):
        LambdaCallback(**options)

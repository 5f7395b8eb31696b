import numpy as np
import pytest

from pyflux import plots

HISTORY = {"loss": [0.9, 0.5, 0.4], "val_loss": [1.0, 0.7, 0.8], "accuracy": [0.5, 0.7, 0.8]}


def lines(ax):
    return {
        line.get_label().partition(":")[0]: (line.get_xdata().tolist(), line.get_ydata().tolist())
        for line in ax.lines
    }


def test_there_is_a_panel_for_each_quantity_with_its_validation():
    loss, accuracy = plots.training_curves(HISTORY).axes
    assert (loss.get_ylabel(), accuracy.get_ylabel()) == ("loss", "accuracy")
    assert lines(loss) == {
        "training": ([1, 2, 3], [0.9, 0.5, 0.4]),
        "validation": ([1, 2, 3], [1.0, 0.7, 0.8]),
        "best": ([2], [0.7]),
    }
    assert lines(accuracy) == {"training": ([1, 2, 3], [0.5, 0.7, 0.8])}
    assert loss.get_legend() is not None
    assert accuracy.get_legend() is None


def test_the_best_accuracy_is_the_highest():
    ax = plots.training_curve({"accuracy": [0.1, 0.2, 0.3], "val_accuracy": [0.3, 0.6, 0.5]}, "accuracy")
    assert lines(ax)["best"] == ([2], [0.6])


@pytest.mark.parametrize("epochs", [4, 5])
def test_validations_stand_at_the_epochs_that_they_are_of(small, samples, epochs):
    model = small()
    model.compile()
    history = model.fit(
        *samples(), epochs=epochs, verbose=0, validation_split=0.2, validation_freq=2, initial_epoch=1
    )
    assert history.epoch == list(range(1, epochs))
    (ax,) = plots.training_curves(history).axes
    assert lines(ax)["training"][0] == list(range(2, epochs + 1))
    assert lines(ax)["validation"] == ([2, 4], history.history["val_loss"])


def test_of_a_plain_dictionary_fewer_validations_are_spread_evenly():
    ax = plots.training_curve({"loss": [5.0, 4, 3, 2, 1, 0], "val_loss": [6.0, 5.0, 4.0]})
    assert lines(ax)["validation"][0] == [2, 4, 6]


def test_a_history_is_drawn_after_it_was_saved_and_continued(small, samples):
    model = small()
    model.compile()
    history = model.fit(*samples(), epochs=2, verbose=0)
    other = type(history)()
    other.set_state(history.get_state())
    other.on_epoch_end(2, {"loss": 0.25})
    x, y = lines(plots.training_curve(other))["training"]
    assert (x, y[-1]) == ([1, 2, 3], 0.25)


def test_the_given_figure_is_used():
    from matplotlib.figure import Figure

    fig = Figure()
    assert plots.training_curves(HISTORY, fig=fig) is fig
    assert len(fig.axes) == 2


def test_many_quantities_fill_rows_of_three():
    fig = plots.training_curves({name: [1.0] for name in ("loss", "a", "b", "c")})
    assert fig.axes[3].get_subplotspec().get_geometry()[:2] == (2, 3)


@pytest.mark.parametrize(
    ("history", "error", "message"),
    [
        ({}, ValueError, "history.*no epochs"),
        ({"loss": []}, ValueError, "history.*no epochs"),
        ([0.3, 0.2], TypeError, r"history.*\[0.3, 0.2\]"),
        (np.zeros(3), TypeError, "history.*array"),
    ],
)
def test_what_is_no_history_is_refused(history, error, message):
    with pytest.raises(error, match=message):
        plots.training_curves(history)


def test_an_unknown_quantity_is_refused():
    with pytest.raises(ValueError, match="name 'acc'.*loss, accuracy"):
        plots.training_curve(HISTORY, "acc")

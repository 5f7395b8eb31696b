import numpy as np

from pyflux import Sequential, datasets, layers, load


def test_the_numbers_are_those_of_the_predictions(saved, drawn, split, report):
    code, found = report("evaluate", saved, "--engine", "reference")
    assert code == 0
    x, y = split[1]
    predicted = load(saved, engine="reference").predict(x).argmax(axis=1)
    assert found["test_accuracy"] == np.mean(predicted == y)
    matrix = np.array(found["confusion_matrix"])
    assert matrix.sum() == len(y)
    assert np.trace(matrix) == np.sum(predicted == y)
    assert matrix[3, 5] == np.sum((y == 3) & (predicted == 5))


def test_a_model_for_other_images_is_refused_before_the_data_are_loaded(tmp_path, monkeypatch, run):
    model = Sequential([layers.Flatten(input_shape=(8, 8, 3)), layers.Dense(2)], engine="reference", seed=0)
    model.save(tmp_path / "m.safetensors")
    monkeypatch.setattr(datasets, "load", lambda *args, **options: 1 / 0)
    code, _, err = run("evaluate", tmp_path / "m.safetensors", "--engine", "reference")
    assert code == 1
    assert "(8, 8, 3)" in err
    assert "(28, 28, 1)" in err

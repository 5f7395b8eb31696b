import numpy as np
import pytest

from pyflux import SavedModelError, Sequential, layers, load, networks, optimizers


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


def trained(model, data):
    model.compile(optimizers.Adam(0.01), metrics=["accuracy"])
    model.fit(*data, batch_size=8, epochs=2, verbose=0)
    return model


def test_a_loaded_model_predicts_the_same(engine, small, samples, path):
    model = trained(small(engine=engine), samples())
    model.save(path)
    x, _ = samples(9, seed=4)
    np.testing.assert_array_equal(load(path, engine=engine).predict(x), model.predict(x))


def test_training_goes_on_as_if_nothing_had_happened(engine, small, samples, path):
    model = trained(small(engine=engine), samples())
    model.save(path)
    again = load(path, engine=engine)
    histories = [m.fit(*samples(), batch_size=8, epochs=2, verbose=0).history for m in (model, again)]
    assert histories[0] == histories[1]
    for a, b in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_model_trained_in_flux_predicts_in_the_reference(julia, small, samples, path):
    model = trained(small(engine="flux"), samples())
    model.save(path)
    x, _ = samples(9, seed=4)
    reference = load(path, engine="reference")
    assert reference.engine == "reference"
    np.testing.assert_allclose(reference.predict(x), model.predict(x), rtol=1e-4, atol=1e-6)


def test_a_model_without_training_is_saved_too(small, path):
    small(seed=3).save(path)
    again = load(path, engine="reference")
    assert again.seed == 3
    for a, b in zip(again.get_weights(), small(seed=3).get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    with pytest.raises(ValueError, match="needs a compiled model"):
        again.fit(np.zeros((1, 6, 5, 2)), [0])


def test_the_file_is_plain_safetensors_in_keras_s_layout(small, path):
    from safetensors.numpy import load_file

    small().save(path)
    assert {name: t.shape for name, t in load_file(path).items()} == {
        "conv2d/kernel": (3, 2, 2, 4), "conv2d/bias": (4,), "dense/kernel": (16, 3), "dense/bias": (3,),
    }  # fmt: skip


@pytest.mark.parametrize("keep", [0, 5, 100, -1])
def test_a_file_cut_short_is_refused(keep, small, path):
    small().save(path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(SavedModelError, match=r"model\.safetensors.*cut short"):
        load(path, engine="reference")


def test_a_safetensors_file_of_another_program_is_refused(path):
    from safetensors.numpy import save_file

    save_file({"a": np.zeros(3, np.float32)}, path)
    with pytest.raises(SavedModelError, match="'pyflux' is missing.*give a file that"):
        load(path, engine="reference")


def test_a_description_that_makes_no_network_is_refused(path, small):
    from safetensors import safe_open
    from safetensors.numpy import load_file, save_file

    small().save(path)
    with safe_open(path, framework="np") as file:
        text = file.metadata()["pyflux"]
    save_file(load_file(path), path, metadata={"pyflux": text.replace("Conv2D", "Conv9D")})
    with pytest.raises(SavedModelError, match="layer 'Conv9D' is not known, did you mean 'Conv2D'"):
        load(path, engine="reference")
    save_file(load_file(path), path, metadata={"pyflux": text[:-5]})
    with pytest.raises(SavedModelError, match="holds no model that can be built"):
        load(path, engine="reference")


def test_weights_of_another_network_are_refused_with_the_first_difference(small, path):
    networks.flux_mnist().save(path)
    model = small()
    before = model.get_weights()
    with pytest.raises(SavedModelError, match=r"another network: conv2d/kernel .*\(3, 2, 2, 4\)"):
        model.load_weights(path)
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)
    longer = Sequential([*small().layers[:-1], layers.Dense(3), layers.Dense(3, activation="softmax")])
    small().save(path)
    with pytest.raises(SavedModelError, match=r"dense_1/kernel .*\(3, 3\).*nothing"):
        longer.load_weights(path)


def test_weights_of_a_network_like_it_are_taken(small, path):
    small(seed=1).save(path)
    model = small(seed=2)
    model.load_weights(path)
    for a, b in zip(model.get_weights(), small(seed=1).get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_missing_file_and_a_missing_folder_are_named(small, tmp_path):
    with pytest.raises(FileNotFoundError, match="no saved model at"):
        load(tmp_path / "none")
    with pytest.raises(FileNotFoundError, match="folder that does not exist; make"):
        small().save(tmp_path / "none" / "model")
    with pytest.raises(IsADirectoryError, match="must name a file"):
        small().save(tmp_path)

import pyflux


def train(folder):
    result = pyflux.train_mnist(epochs=1, batch_size=50, validation=0, seed=0, engine="reference", verbose=0)
    result.model.save(folder / "m.safetensors")
    return folder / "m.safetensors"


def test_the_same_weights_end_well(drawn, run, tmp_path):
    code, out, _ = run("verify", train(tmp_path))
    assert code == 0
    assert "the same weights" in out


def test_other_weights_end_with_1_and_the_reason(drawn, report, tmp_path):
    path = train(tmp_path)
    model = pyflux.load(path, engine="reference")
    record = model.training_record
    model.set_weights([w + 1 for w in model.get_weights()])
    model.save(path)
    code, found = report("verify", path)
    assert code == 1
    assert found["same"] is False
    assert found["circumstances"] == {}
    assert found["test_accuracy"] == {"recorded": record.test_accuracy, "now": record.test_accuracy}

import os

import numpy as np
import pytest

from pyflux._internal import validation


@pytest.mark.parametrize("value", [3, np.int8(3), np.uint64(3), np.array(3)])
def test_integers_of_every_kind_become_an_int(value):
    assert validation.as_int("n", value) == 3
    assert type(validation.as_int("n", value)) is int


@pytest.mark.parametrize("value", [3.0, "3", True, np.True_, None, np.float32(3), np.array([3]), 3j, b"3"])
def test_what_is_no_integer_is_refused_by_name(value):
    with pytest.raises(TypeError, match=r"^n .*integer"):
        validation.as_int("n", value)


@pytest.mark.parametrize(
    ("value", "limits", "words"),
    [
        (0, {}, ["at least 1", "0"]),
        (-(10**400), {}, ["at least 1", "-10**400"]),
        (2**63, {}, ["at most 2**63 - 1", str(2**63)]),
        (10**400, {}, ["at most 2**63 - 1", "10**400"]),
        (10**5000 + 1, {}, ["at most 2**63 - 1", "10**5000"]),
        (11, {"maximum": 10}, ["from 1 to 10", "11"]),
        (2**64, {"minimum": 0, "maximum": 2**64 - 1}, ["at most 2**64 - 1", str(2**64)]),
    ],
    ids=validation.show,
)
def test_an_integer_out_of_range_is_refused_with_the_range(value, limits, words):
    with pytest.raises(ValueError, match=r"^n ") as e:
        validation.as_int("n", value, **limits)
    assert [word for word in words if word not in str(e.value)] == []
    assert len(str(e.value)) < 120


def test_the_limits_themselves_are_allowed():
    assert validation.as_int("n", 2**63 - 1) == 2**63 - 1
    assert validation.as_int("n", -2, minimum=-2, maximum=-2) == -2
    assert validation.as_seed("seed", 2**64 - 1) == 2**64 - 1
    assert validation.as_seed("seed", 0) == 0
    for seed in (-1, 2**64):
        with pytest.raises(ValueError, match=f"seed .*{seed}"):
            validation.as_seed("seed", seed)


@pytest.mark.parametrize("value", [1, 1.0, np.float32(1), np.int64(1), np.array(1.0)])
def test_numbers_of_every_kind_become_a_float(value):
    assert validation.as_float("rate", value) == 1.0
    assert type(validation.as_float("rate", value)) is float


@pytest.mark.parametrize("value", ["1", b"1", True, np.False_, None, 1j, np.array([1.0]), [1.0], {}])
def test_what_is_no_number_is_refused_by_name(value):
    with pytest.raises(TypeError, match=r"^rate "):
        validation.as_float("rate", value)


@pytest.mark.parametrize(
    "value", [float("inf"), float("nan"), -np.inf, 10**400, -(10**5000)], ids=validation.show
)
def test_what_is_not_finite_as_a_float_is_a_value_error(value):
    with pytest.raises(ValueError, match=r"^rate .*finite"):
        validation.as_float("rate", value)


@pytest.mark.parametrize(
    ("limits", "allowed", "refused"),
    [
        ({"above": 0}, [1e-300], [0, -1]),
        ({"below": 1}, [0.999, -5], [1, 2]),
        ({"at_least": 0}, [0, 3], [-1e-9]),
        ({"at_most": 2.5}, [2.5], [2.6]),
    ],
)
def test_floats_have_limits(limits, allowed, refused):
    assert [validation.as_float("rate", x, **limits) for x in allowed] == allowed
    (limit,) = limits.values()
    for x in refused:
        with pytest.raises(ValueError, match=rf"^rate .*{limit:g}.*{x:g}"):
            validation.as_float("rate", x, **limits)


def test_a_fraction_is_below_one():
    assert validation.fraction("rate", 0) == 0.0
    for x in (1, -0.1):
        with pytest.raises(ValueError, match=rf"^rate .*\[0, 1\).*{x}"):
            validation.fraction("rate", x)


@pytest.mark.parametrize("value", [(3, 2), [3, 2], np.array([3, 2]), iter((3, 2))])
def test_two_integers_are_a_pair(value):
    assert validation.pair("size", value) == (3, 2)


def test_one_integer_is_a_pair_of_equals():
    assert validation.pair("size", np.int64(4)) == (4, 4)
    assert validation.pair("size", np.array(4)) == (4, 4)


@pytest.mark.parametrize(
    ("value", "error"),
    [((1, 2, 3), ValueError), ((), ValueError), ("33", TypeError), ({1: 2}, TypeError), ((1, 2.0), TypeError),
     ((1, 0), ValueError), (2.0, TypeError)],
)  # fmt: skip
def test_what_is_no_pair_is_refused_by_name(value, error):
    with pytest.raises(error, match=r"^size "):
        validation.pair("size", value)


@pytest.mark.parametrize("value", [True, False, np.True_, 0, 1, np.int64(1)])
def test_booleans(value):
    assert validation.as_bool("shuffle", value) is bool(value)


@pytest.mark.parametrize("value", ["False", "no", None, 2, 0.0, [], np.array([True])])
def test_what_is_no_boolean_is_refused_by_name(value):
    with pytest.raises(TypeError, match=r"^shuffle "):
        validation.as_bool("shuffle", value)


def test_a_mapping_becomes_a_dict():
    assert validation.as_mapping("class_weight", {1: 2.0}) == {1: 2.0}
    with pytest.raises(TypeError, match=r"^class_weight .*\{0: 1.0.*\[1, 1\]"):
        validation.as_mapping("class_weight", [1, 1])


def test_a_choice_is_one_of_the_known_names():
    known = ["valid", "same"]
    assert validation.choice("padding", "same", known) == "same"
    assert validation.choice("padding", "SAME", known, ignore_case=True) == "same"
    with pytest.raises(ValueError, match=r"^padding 'SAME' .*'same'.*valid, same"):
        validation.choice("padding", "SAME", known)
    with pytest.raises(TypeError, match=r"^padding .*'valid', 'same'.*3"):
        validation.choice("padding", 3, known)
    with pytest.raises(ValueError, match="padding 'x{20,}") as e:
        validation.choice("padding", "x" * 10_000, known)
    assert len(str(e.value)) < 200


@pytest.mark.parametrize("value", ["auto", "cpu", "gpu", "gpu:0", "gpu:17"])
def test_devices(value):
    assert validation.device(value) == value


@pytest.mark.parametrize("value", ["cuda", "gpu:", "gpu:-1", "gpu:٣", "gpu:123456789", "gpu\n", 0, None])
def test_what_is_no_device_is_refused(value):
    with pytest.raises(ValueError, match=r"^device .*'gpu:1'"):
        validation.device(value)


def test_an_output_file_is_one_that_can_be_written(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert validation.output_file("save", "~/m.safetensors") == tmp_path / "m.safetensors"
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(FileNotFoundError, match="^save .*missing"):
        validation.output_file("save", tmp_path / "missing" / "m.safetensors")
    with pytest.raises(IsADirectoryError, match="^save "):
        validation.output_file("save", tmp_path)
    with pytest.raises(TypeError, match="^save .*3"):
        validation.output_file("save", 3)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="this user may write everywhere")
def test_a_folder_without_write_permission_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError, match="^save "):
        validation.output_file("save", tmp_path / "m.safetensors")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (np.zeros((2, 3)), "an array of shape (2, 3)"),
        (np.float32(0.5), "0.5"),
        (np.array(7), "7"),
        (-(10**400), "-10**400"),
        (2**2000, "about 10**602"),
        (2**64, str(2**64)),
        (True, "True"),
        ([10**5000], "an object of type list"),
    ],
)
def test_values_are_shown_in_short(value, shown):
    assert validation.show(value) == shown

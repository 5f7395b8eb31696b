import sys

import pytest

from pyflux import MissingExtraError
from pyflux._internal.extras import require


@pytest.mark.parametrize(
    ("module", "extra", "package"),
    [("PIL.Image", "images", "Pillow"), ("sklearn", "sklearn", "scikit-learn")],
)
def test_a_package_that_is_missing_is_named_with_its_extra(monkeypatch, module, extra, package):
    monkeypatch.setitem(sys.modules, module.partition(".")[0], None)
    with pytest.raises(MissingExtraError) as e:
        require(module, extra=extra, purpose="the test")
    assert f'the test needs {package}: pip install "pyflux-julia[{extra}]"' == str(e.value)
    assert isinstance(e.value.__cause__, ImportError)


def test_a_package_that_is_there_is_returned():
    import json

    assert require("json", extra="images", purpose="the test") is json

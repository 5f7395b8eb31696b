import os

import pytest

#: How many times longer the tests are with PYFLUX_LONG_TESTS=1.
LONG = os.environ.get("PYFLUX_LONG_TESTS") == "1"


@pytest.fixture(scope="session")
def times():
    """Choose how often something is tried: the short number, or the long one with PYFLUX_LONG_TESTS=1."""
    return lambda short, long: long if LONG else short

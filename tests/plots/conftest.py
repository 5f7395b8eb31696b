import pytest

pytest.importorskip("matplotlib")


@pytest.fixture
def pictures():
    """Returns the arrays that axes show."""
    return lambda ax: [image.get_array() for image in ax.images]


@pytest.fixture
def texts():
    """Returns the texts that are written on axes."""
    return lambda ax: [text.get_text() for text in ax.texts]

"""Numbers as people read them."""


def number(value: float) -> str:
    """Return a number with four digits after the point, of a small one's mantissa.

    >>> number(0.0), number(12.5), number(-0.0005)
    ('0.0000', '12.5000', '-5.0000e-04')
    """
    return f"{value:.4e}" if 0 < abs(value) < 1e-3 else f"{value:.4f}"

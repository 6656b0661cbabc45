"""Slopes by measurement, and the check that compares a derivation with them.

Derived in chapter 1.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Scalar: TypeAlias = Callable[[NDArray[np.float64]], float]


def numerical_gradient(f: Scalar, x: ArrayLike, h: float = 1e-5) -> NDArray[np.float64]:
    """Measure ∂f/∂x by central differences, one entry of x at a time.

    x of any shape, float64 -> gradient of the same shape, at 2 · x.size
    evaluations of f. f gets a copy of x, so x stays as it was whatever f does.

    Raises
    ------
    TypeError
        If x is not float64 (a float32 has too few digits for h = 1e-5).
    ValueError
        If x is empty or not finite, h is not positive, or f does not return one
        finite number.
    """
    x = np.asarray(x)
    if x.dtype != np.float64:
        raise TypeError(f"x must be an array of float64, got {x.dtype}")
    if x.size == 0:
        raise ValueError(f"x is empty: its shape is {x.shape}")
    if not np.isfinite(x).all():
        raise ValueError("x must be finite, got an infinite value or nan")
    if not 0 < h < np.inf:
        raise ValueError(f"h must be positive and finite, got {h}")
    gradient = np.empty(x.shape)
    for index in np.ndindex(x.shape):
        upper, lower = x.copy(), x.copy()
        upper[index] += h
        lower[index] -= h
        rise = _value(f, upper) - _value(f, lower)
        gradient[index] = rise / (upper[index] - lower[index])
    return gradient


def check_gradient(
    f: Scalar,
    x: ArrayLike,
    gradient: ArrayLike,
    h: float = 1e-5,
    tolerance: float = 1e-6,
) -> float:
    """Assert that `gradient` is ∂f/∂x at x, and return the worst relative error.

    Shapes are compared first. Then each entry's error is taken relative to the
    larger of the two values, or to 1e-4 · max(1, |f(x)|) where both are smaller:
    below that, round-off in f hides the difference.

    Raises
    ------
    AssertionError
        If the shapes differ or an entry's relative error is not below `tolerance`.
    TypeError, ValueError
        As `numerical_gradient`.
    """
    x, gradient = np.asarray(x), np.asarray(gradient)
    if gradient.shape != x.shape:
        raise AssertionError(
            f"the gradient has shape {gradient.shape}, but x has shape {x.shape}"
        )
    measured = numerical_gradient(f, x, h)
    floor = 1e-4 * max(1.0, abs(_value(f, x.copy())))
    size = np.maximum(np.maximum(np.abs(gradient), np.abs(measured)), floor)
    error = np.abs(gradient - measured) / size
    worst = np.unravel_index(np.argmax(error), error.shape)
    if not error[worst] < tolerance:  # also where the error is nan
        at = tuple(int(i) for i in worst)
        raise AssertionError(
            f"gradient{list(at) if at else ''} is {gradient[worst]:.8g}, but a "
            f"central difference gives {measured[worst]:.8g}: relative error "
            f"{error[worst]:.1e}, tolerance {tolerance:.0e}"
        )
    return float(error[worst])


def _value(f: Scalar, x: NDArray[np.float64]) -> float:
    value = np.asarray(f(x))
    if value.shape != () or value.dtype.kind not in "fiu" or not np.isfinite(value):
        raise ValueError(
            f"f must return one finite number, got {value.dtype} "
            f"of shape {value.shape}: {value}"
        )
    return float(value)

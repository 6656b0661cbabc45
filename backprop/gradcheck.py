"""Slopes by measurement, and the check that compares a derivation with them.

Derived in chapter 1.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from backprop.validate import as_float_array, require_finite

Scalar: TypeAlias = Callable[[NDArray[np.float64]], float]

EPS = float(np.finfo(np.float64).eps)  # from 1.0 to the next number: 2.2e-16


def number_from(f: Scalar, x: NDArray[np.float64]) -> float:
    """Return f(x) as a float if it is one finite number with all its digits.

    Raises
    ------
    ValueError
        If f returns an array, nothing, something infinite or complex, or a float32,
        whose rounding would drown the differences that are to be measured.
    """
    value = np.asarray(f(x))
    fits = value.shape == () and value.dtype in (np.float64, np.int64)
    if not fits or not np.isfinite(value):
        got = f"shape {value.shape}" if value.shape else value
        wanted = "one finite number in float64"
        raise ValueError(f"f must return {wanted}, got {got} ({value.dtype})")
    return float(value)


def numerical_gradient(f: Scalar, x: ArrayLike, h: float = 1e-5) -> NDArray[np.float64]:
    """Measure ∂f/∂x by central differences (equation `numerical-gradient`).

    x of any shape, float64 -> gradient of the same shape, at 2 · x.size
    evaluations of f. f gets copies of x, so x stays as it was whatever f does.

    Raises
    ------
    TypeError
        If x is not float64 (a float32 has too few digits for h = 1e-5).
    ValueError
        If x is empty or not finite, h is not positive or is lost in the rounding of
        x ± h, or f does not return one finite number.
    """
    x = np.asarray(x)
    if x.dtype != np.float64:
        raise TypeError(f"x must be an array of float64, got {x.dtype}")
    if x.size == 0:
        raise ValueError(f"x must not be empty, got the shape {x.shape}")
    require_finite("x", x)
    if not 0 < h < np.inf:
        raise ValueError(f"h must be positive and finite, got {h}")
    gradient = np.empty(x.shape)
    for index in np.ndindex(x.shape):
        upper, lower = x.copy(), x.copy()
        upper[index] += h
        lower[index] -= h
        if not -np.inf < lower[index] < x[index] < upper[index] < np.inf:
            raise ValueError(f"h = {h} is lost in x = {x[index]}")
        step = upper[index] - lower[index]  # before f, which may write to them
        rise = number_from(f, upper) - number_from(f, lower)
        gradient[index] = rise / step
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
    larger of the two values, or to a floor where both are smaller (equations
    `relative-error`, `check-floor`): below it, round-off in f hides the difference.

    Raises
    ------
    AssertionError
        If the shapes differ or an entry's relative error is not below `tolerance`.
    TypeError, ValueError
        As `numerical_gradient`, and if `gradient` is not made of real numbers or
        `tolerance` is not between 0 and 1.
    """
    x, gradient = np.asarray(x), as_float_array("gradient", gradient)
    if not 0 < tolerance < 1:
        raise ValueError(f"tolerance must be between 0 and 1, got {tolerance}")
    if gradient.shape != x.shape:
        raise AssertionError(
            f"gradient has shape {gradient.shape}, but x has shape {x.shape}"
        )
    measured = numerical_gradient(f, x, h)
    round_off = EPS * max(1.0, abs(number_from(f, x.copy()))) / h
    floor = 5 * round_off / tolerance
    size = np.maximum(np.maximum(np.abs(gradient), np.abs(measured)), floor)
    with np.errstate(invalid="ignore"):  # inf / inf is nan, and fails below
        error = np.abs(gradient - measured) / size
    worst = np.unravel_index(np.argmax(error), error.shape)
    if not error[worst] < tolerance:  # also where the error is nan
        place = [int(i) for i in worst] or ""
        raise AssertionError(
            f"gradient{place} is {gradient[worst]:.8g}, "
            f"but measured {measured[worst]:.8g}: "
            f"relative error {error[worst]:.1e}, tolerance {tolerance:.0e}"
        )
    return float(error[worst])

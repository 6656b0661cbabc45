"""Checks of arguments: an error names the argument, what came, what was expected."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Shape = tuple[int | str, ...]


def as_float_array(name: str, value: ArrayLike) -> NDArray[np.floating]:
    """Return `value` as an array of floats; integers and booleans become float64.

    Floating-point arrays are returned as they are, without a copy.

    Raises
    ------
    TypeError
        If `value` is not made of real numbers.
    """
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{name} must be a plain array, got one with a mask")
    try:
        array = np.asarray(value)
    except ValueError as error:  # a ragged list, for one
        raise TypeError(f"{name} must be an array of numbers: {error}") from None
    if array.dtype == object and all(isinstance(item, int) for item in array.flat):
        array = array.astype(np.float64)  # integers of more than 64 bits
    if array.dtype.kind not in "fiub":
        raise TypeError(
            f"{name} must be real numbers, got {type(value).__name__} "
            f"of dtype {array.dtype}"
        )
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def as_finite_array(
    name: str, value: ArrayLike, shape: Shape | None = None
) -> NDArray[np.floating]:
    """Return `value` as a finite, non-empty float array of the given shape.

    A number in `shape` is demanded, a name stands for any size: `("n", "d")`. Without
    `shape`, any will do.

    Raises
    ------
    TypeError
        If `value` is not made of real numbers.
    ValueError
        If the shape is wrong, a size is zero, or a value is infinite or nan.
    """
    array = as_float_array(name, value)
    shape = array.shape if shape is None else shape
    fits = array.ndim == len(shape) and all(
        size == want
        for size, want in zip(array.shape, shape, strict=True)
        if not isinstance(want, str)
    )
    if not fits:
        expected = ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "")
        raise ValueError(f"{name} has shape {array.shape}, expected ({expected})")
    if array.size == 0:
        raise ValueError(f"{name} must not be empty, got the shape {array.shape}")
    require_finite(name, array)
    return array


def as_labels(
    name: str, value: ArrayLike, count: int, classes: int
) -> NDArray[np.integer]:
    """Return `value` as `count` labels, whole numbers from 0 to classes − 1.

    Raises
    ------
    TypeError
        If `value` is not made of whole numbers.
    ValueError
        If the shape is wrong, or a label is out of range; the message says where.
    """
    labels = np.asarray(value)
    if labels.dtype.kind not in "iu":
        raise TypeError(f"{name} must be whole numbers, got dtype {labels.dtype}")
    if labels.shape != (count,):
        raise ValueError(f"{name} has shape {labels.shape}, expected ({count},)")
    outside = (labels < 0) | (labels >= classes)
    if outside.any():
        index = int(np.argmax(outside))
        raise ValueError(
            f"{name} must lie between 0 and {classes - 1}, "
            f"got {labels[index]} at index {index}"
        )
    return labels


def require_count(name: str, value: object, least: int) -> None:
    """Demand a whole number that is not below `least`.

    Raises
    ------
    ValueError
        If `value` is anything else.
    """
    if not isinstance(value, int | np.integer) or value < least:
        raise ValueError(
            f"{name} must be a whole number from {least} on, got {value!r}"
        )


def require_sizes(name: str, value: object) -> None:
    """Demand two or more positive whole numbers, the widths of a network's layers.

    Raises
    ------
    ValueError
        If `value` is anything else.
    """
    if (
        np.ndim(value) != 1
        or len(value) < 2
        or not all(isinstance(n, int | np.integer) and n > 0 for n in value)
    ):
        raise ValueError(
            f"{name} must be two or more positive whole numbers, got {value!r}"
        )


def require_one_of(name: str, value: object, choices: Iterable[str]) -> None:
    """Demand one of the words in `choices`.

    Raises
    ------
    ValueError
        If `value` is anything else.
    """
    if value not in tuple(choices):
        raise ValueError(f"{name} must be one of {', '.join(choices)}, got {value!r}")


def require_finite(name: str, array: NDArray[np.floating]) -> None:
    """Check that no entry is infinite or nan.

    Raises
    ------
    ValueError
        If one is; the message says where.
    """
    if not np.isfinite(array).all():
        array = np.asarray(array)
        index = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        where = f" at index {index}" if index else ""
        raise ValueError(f"{name} must be finite, got {array[index]}{where}")


def require_weights(name: str, weights: NDArray[np.floating], shape: Shape) -> None:
    """Check that `weights` can be updated in place: finite floats, right shape.

    Raises
    ------
    TypeError
        If `weights` is not a NumPy array of floats.
    ValueError
        If it is read-only, empty, not finite or of the wrong shape.
    """
    if not isinstance(weights, np.ndarray) or weights.dtype.kind != "f":
        got = type(weights).__name__
        if isinstance(weights, np.ndarray):
            got = f"an array of {weights.dtype}"
        raise TypeError(
            f"{name} is changed in place, so it must be a NumPy array of floats, "
            f"got {got}"
        )
    if not weights.flags.writeable:
        raise ValueError(
            f"{name} is changed in place, so must be writeable, got a read-only array"
        )
    as_finite_array(name, weights, shape)  # for its errors only

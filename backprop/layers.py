"""Layers, forward and backward: squashes, the linear layer, broadcasting undone.

A backward function takes the slope of the loss with respect to what the forward
function returned, and returns the slope with respect to what it was given.

Derived in chapters 5, 6 and 7.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from backprop.validate import as_finite_array, as_float_array

Floats: TypeAlias = NDArray[np.floating]


def sigmoid_backward(dA: ArrayLike, A: ArrayLike) -> Floats:
    """Carry slopes back through A = σ(Z): dZ = dA · A(1 − A), entry by entry.

    dA and A of any one shape -> dZ of that shape (equation `grad-sigmoid`).

    Raises
    ------
    TypeError
        If an argument is not made of real numbers.
    ValueError
        If the shapes differ, or a value is not finite.
    """
    A = as_finite_array("A", A)
    return as_finite_array("dA", dA, A.shape) * A * (1 - A)


def tanh_backward(dA: ArrayLike, A: ArrayLike) -> Floats:
    """Carry slopes back through A = tanh(Z): dZ = dA · (1 − A²), entry by entry.

    dA and A of any one shape -> dZ of that shape (equation `grad-tanh`).

    Raises
    ------
    TypeError, ValueError
        As `sigmoid_backward`.
    """
    A = as_finite_array("A", A)
    return as_finite_array("dA", dA, A.shape) * (1 - A**2)


def linear(X: ArrayLike, W: ArrayLike, b: ArrayLike) -> Floats:
    """Return Z = X W + b.

    X (N, D), W (D, H), b (H,) -> Z (N, H) (equation `linear-layer`).

    Raises
    ------
    TypeError
        If an argument is not made of real numbers.
    ValueError
        If a shape does not fit, an array is empty, or a value is not finite.
    """
    X = as_finite_array("X", X, ("N", "D"))
    W = as_finite_array("W", W, (X.shape[1], "H"))
    b = as_finite_array("b", b, (W.shape[1],))
    return X @ W + b


def linear_backward(
    dZ: ArrayLike, X: ArrayLike, W: ArrayLike
) -> tuple[Floats, Floats, Floats]:
    """Carry slopes back through Z = X W + b, to all three of its arguments.

    dZ (N, H), X (N, D), W (D, H) -> dX (N, D), dW (D, H), db (H,)
    (equations `grad-linear-X`, `grad-linear-W`, `grad-linear-b`).

    Raises
    ------
    TypeError, ValueError
        As `linear`.
    """
    X = as_finite_array("X", X, ("N", "D"))
    W = as_finite_array("W", W, (X.shape[1], "H"))
    dZ = as_finite_array("dZ", dZ, (len(X), W.shape[1]))
    return dZ @ W.T, X.T @ dZ, dZ.sum(axis=0)


def unbroadcast(gradient: ArrayLike, shape: tuple[int, ...]) -> Floats:
    """Sum `gradient` over the axes along which an array of `shape` was repeated.

    gradient, of a shape that `shape` broadcasts to -> the slope with respect to the
    array before it was broadcast, of the given shape (equation `grad-broadcast`).

    Raises
    ------
    TypeError
        If the gradient is not made of real numbers.
    ValueError
        If an array of `shape` cannot be broadcast to the shape of the gradient.
    """
    gradient = as_float_array("gradient", gradient)
    new = gradient.ndim - len(shape)  # axes that the broadcast put in front
    if new < 0 or any(
        size not in (1, wide)
        for size, wide in zip(shape, gradient.shape[new:], strict=True)
    ):
        raise ValueError(
            f"gradient has shape {gradient.shape}, to which an array of shape "
            f"{tuple(shape)} cannot be broadcast"
        )
    repeated = [axis for axis, size in enumerate(shape, new) if size == 1]
    return gradient.sum(axis=(*range(new), *repeated)).reshape(shape)


def relu(z: ArrayLike) -> Floats:
    """Return max(z, 0), entry by entry; float32 stays float32 (equation `relu`).

    Raises
    ------
    TypeError
        If z is not made of real numbers.
    """
    return np.maximum(as_float_array("z", z), 0)


def relu_backward(dA: ArrayLike, A: ArrayLike) -> Floats:
    """Carry slopes back through A = relu(Z): dZ = dA where A > 0, and 0 elsewhere.

    dA and A of any one shape -> dZ of that shape (equation `grad-relu`). A is above
    0 where Z is, and at the kink itself the slope is taken to be 0.

    Raises
    ------
    TypeError, ValueError
        As `sigmoid_backward`.
    """
    A = as_finite_array("A", A)
    return as_finite_array("dA", dA, A.shape) * (A > 0)

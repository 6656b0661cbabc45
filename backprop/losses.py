"""Losses: how wrong an answer is, and the slope with which the way back begins.

Derived in chapter 4.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from backprop.neuron import sigmoid
from backprop.validate import as_finite_array, require_finite


def half_squared_error(
    a: ArrayLike, y: ArrayLike
) -> tuple[float, NDArray[np.floating]]:
    """Return the loss ½(a − y)², a mean over the batch, and ∂L/∂a = (a − y)/N.

    a (N,) or (N, K), y of the same shape -> loss (), da in the shape and dtype of a.
    The outputs of an example are added, its rows averaged; a single number is a batch
    of one (equations `gaussian-loss`, `mean-loss`).

    Raises
    ------
    TypeError
        If an argument is not made of real numbers.
    ValueError
        If the shapes differ, a batch is empty, or a value, given or computed, is not
        finite.
    """
    a = as_finite_array("a", a)
    y = as_finite_array("y", y, a.shape).astype(a.dtype, copy=False)
    n = len(a) if a.ndim else 1
    with np.errstate(over="ignore"):  # found below, and named
        miss = a - y
        loss = np.sum(miss**2) / 2 / n
    require_finite("the loss", loss)
    return float(loss), miss / n


def binary_cross_entropy(
    z: ArrayLike, y: ArrayLike
) -> tuple[float, NDArray[np.floating]]:
    """Return −y log σ(z) − (1 − y) log(1 − σ(z)), averaged, and ∂L/∂z = (σ(z) − y)/N.

    z (N,) or (N, K), the sums before the squash, y of the same shape, from 0 to 1 ->
    loss (), dz in the shape and dtype of z. The outputs of an example are added, its
    rows averaged; a single number is a batch of one. Every digit survives, whatever the
    size of z (equations `stable-bce`, `grad-bce`, `mean-loss`).

    Raises
    ------
    TypeError
        If an argument is not made of real numbers.
    ValueError
        If the shapes differ, a batch is empty, a value, given or computed, is not
        finite, or y is not between 0 and 1.
    """
    z = as_finite_array("z", z)
    y = as_finite_array("y", y, z.shape).astype(z.dtype, copy=False)
    if y.min() < 0 or y.max() > 1:
        raise ValueError(
            f"y must lie between 0 and 1, got values from {y.min()} to {y.max()}"
        )
    n = len(z) if z.ndim else 1
    with np.errstate(under="ignore", over="ignore"):  # e⁻¹⁰⁰⁰ is 0; inf is named below
        losses = np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))
        loss = np.sum(losses) / n
    require_finite("the loss", loss)
    return float(loss), (sigmoid(z) - y) / n

"""Losses: how wrong an answer is, and the slope with which the way back begins.

Derived in chapters 4 and 8.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from backprop.neuron import sigmoid
from backprop.validate import as_finite_array, as_labels, require_finite


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
    # e⁻¹⁰⁰⁰ is 0 in every digit there is, and inf is named below.
    with np.errstate(under="ignore", over="ignore"):
        losses = np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))
        loss = np.sum(losses) / n
    require_finite("the loss", loss)
    return float(loss), (sigmoid(z) - y) / n


def softmax(S: ArrayLike) -> NDArray[np.floating]:
    """Return probabilities: eˢ over the sum of its row (equation `softmax`).

    S (N, C) -> P (N, C), each row of which adds up to 1.

    Raises
    ------
    TypeError, ValueError
        If S is not a table of finite real numbers.
    """
    S = as_finite_array("S", S, ("N", "C"))
    # e⁻¹⁰⁰⁰ is 0 in every digit there is, and so is e⁻ⁱⁿᶠ.
    with np.errstate(under="ignore", over="ignore"):
        E = np.exp(S - S.max(axis=1, keepdims=True))
        return E / E.sum(axis=1, keepdims=True)


def softmax_cross_entropy(
    S: ArrayLike, y: ArrayLike, smoothing: float = 0.0
) -> tuple[float, NDArray[np.floating]]:
    """Return the mean of −log P of the right class, and ∂L/∂S = (P − Y)/N.

    S (N, C), y (N,) whole numbers from 0 to C − 1 -> loss (), dS in the shape and
    dtype of S. With `smoothing` ε, Y holds 1 − ε + ε/C for the right class and ε/C for
    each other one (equations `softmax-cross-entropy`, `grad-softmax-cross-entropy`,
    `label-smoothing`).

    Raises
    ------
    TypeError
        If S is not made of real numbers, or y not of whole ones.
    ValueError
        If a shape does not fit, a value, given or computed, is not finite, a label is
        out of range, or smoothing is not from 0 to 1.
    """
    S = as_finite_array("S", S, ("N", "C"))
    y = as_labels("y", y, *S.shape)
    if not 0 <= smoothing <= 1:
        raise ValueError(f"smoothing must lie between 0 and 1, got {smoothing}")
    N, C = S.shape
    Y = np.full(S.shape, smoothing / C, S.dtype)
    Y[np.arange(N), y] += 1 - smoothing
    with np.errstate(all="ignore"):  # e⁻¹⁰⁰⁰ is 0; inf and nan are named below
        S = S - S.max(axis=1, keepdims=True)
        E = np.exp(S)
        total = E.sum(axis=1, keepdims=True)
        loss = np.mean(np.log(total[:, 0]) - (Y * S).sum(axis=1))
        dS = (E / total - Y) / N
    require_finite("the loss", loss)
    return float(loss), dS

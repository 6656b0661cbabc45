"""The sigmoid neuron and one step of backpropagation through it.

Derived in chapter 3.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from backprop.validate import (
    as_finite_array,
    as_float_array,
    require_finite,
    require_weights,
)


def sigmoid(z: ArrayLike) -> NDArray[np.floating]:
    """Squash z into [0, 1]: a = 1 / (1 + e⁻ᶻ) (equation `sigmoid`).

    z of any shape -> a of the same shape; float32 stays float32, integers and
    booleans become float64. Neither overflows nor warns, whatever the size of z.

    Raises
    ------
    TypeError
        If z is not made of real numbers.
    """
    z = as_float_array("z", z)
    with np.errstate(under="ignore"):  # e⁻¹⁰⁰⁰ is 0 in every digit there is
        u = np.exp(-np.abs(z))  # between 0 and 1, so it cannot overflow
        return np.where(z >= 0, 1, u) / (1 + u)


def derivative_sigmoid(z: ArrayLike) -> NDArray[np.floating]:
    """Slope of the sigmoid at z: σ′(z) = σ(z) σ(−z) (equation `grad-sigmoid`).

    z of any shape -> slope of the same shape, between 0 and 1/4. The factor
    1 − σ(z) is taken as σ(−z), which keeps its digits where σ(z) rounds to 1.

    Raises
    ------
    TypeError
        If z is not made of real numbers.
    """
    z = as_float_array("z", z)
    return sigmoid(z) * sigmoid(-z)


def backpropagation(
    input: ArrayLike,
    output: ArrayLike,
    weights: NDArray[np.floating],
    lr: float = 1.0,
) -> float:
    """Take one gradient step on half the summed squared error, in place.

    input (n, d), output (n, k), weights (d, k) -> the loss before the step, where
    loss = ½ Σ (σ(input @ weights) − output)²  (equations `batch-loss`, `grad-batch`).
    `weights` is the only array that changes, and after an error not even that one.

    Raises
    ------
    TypeError
        If an argument is not made of real numbers, or `weights` not of floats.
    ValueError
        If a shape does not fit, an array is empty, or a value, given or computed, is
        not finite.
    """
    input = as_finite_array("input", input, ("n", "d"))
    output = as_finite_array("output", output, (len(input), "k"))
    require_weights("weights", weights, (input.shape[1], output.shape[1]))
    lr = as_finite_array("lr", lr, ())

    with np.errstate(over="ignore", invalid="ignore"):  # found below, and named
        # Forward pass
        z = input @ weights
        activation = sigmoid(z)
        miss = activation - output
        loss = np.sum(miss**2) / 2

        # Backward pass
        dz = miss * derivative_sigmoid(z)
        stepped = (weights - lr * (input.T @ dz)).astype(weights.dtype)

    require_finite("input @ weights", z)
    require_finite("the loss", loss)
    require_finite("weights after the step", stepped)
    weights[...] = stepped
    return float(loss)

"""The bug clinic: a network whose step is right, and twelve that differ in a line.

Derived in chapter 9.
"""

import inspect
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from backprop.layers import linear, relu
from backprop.losses import softmax, softmax_cross_entropy
from backprop.validate import as_labels, require_one_of

Floats: TypeAlias = NDArray[np.floating]
Theta: TypeAlias = Sequence[Floats]  # W1 (D, H), b1 (H,), W2 (H, C), b2 (C,)
Step: TypeAlias = Callable[..., tuple[float, Theta]]


def clinic_loss(theta: Theta, X: ArrayLike, y: ArrayLike, M: ArrayLike = 1.0) -> float:
    """Return the loss that a step should lower: forward only, from the library's parts.

    theta as in `step`, X (N, D), y (N,) whole numbers, M the dropout mask -> ().

    Raises
    ------
    TypeError, ValueError
        As `backprop.layers.linear` and `backprop.losses.softmax_cross_entropy`.
    """
    W1, b1, W2, b2 = theta
    S = linear(relu(linear(X, W1, b1)) * M, W2, b2)
    return softmax_cross_entropy(S, y)[0]


def step(
    theta: Theta, X: ArrayLike, y: ArrayLike, lr: float, M: ArrayLike = 1.0
) -> tuple[float, Theta]:
    """Take one step of gradient descent with every line of the way back in sight.

    theta = (W1 (D, H), b1 (H,), W2 (H, C), b2 (C,)), X (N, D), y (N,) whole numbers,
    M (N, H) the dropout mask, 0 where a unit is out, 2 where it is in; 1 for none ->
    the loss before the step, and a new theta. Nothing that was given is changed.

    Raises
    ------
    TypeError, ValueError
        As `backprop.layers.linear`, and if y does not hold N labels below C.
    """
    W1, b1, W2, b2 = theta
    # Forward pass
    A1 = relu(linear(X, W1, b1)) * M
    P = softmax(linear(A1, W2, b2))
    N = len(P)
    Y = np.eye(b2.size)[as_labels("y", y, N, b2.size)]
    loss = -np.log(P[np.arange(N), y]).mean()
    # Backward pass
    dS = (P - Y) / N
    dW2 = A1.T @ dS
    db2 = dS.sum(axis=0)
    dA1 = dS @ W2.T
    dZ1 = dA1 * M * (A1 > 0)
    dW1 = X.T @ dZ1
    db1 = dZ1.sum(axis=0)
    # Update
    W1 = W1 - lr * dW1
    b1 = b1 - lr * db1
    W2 = W2 - lr * dW2
    b2 = b2 - lr * db2
    return float(loss), (W1, b1, W2, b2)


# What each patient has in place of what stands in `step`.
PATIENTS = {
    "sign": {"(P - Y) / N": "(Y - P) / N"},
    "extra-slope": {"(P - Y) / N": "(P - Y) / N * P * (1 - P)"},
    "own-output": {"(A1 > 0)": "(A1 >= 0)"},
    "stale": {
        "    W2 = W2 - lr * dW2\n": "",
        "    dA1 =": "    W2 = W2 - lr * dW2\n    dA1 =",
    },
    "no-mean": {"(P - Y) / N": "P - Y"},
    "mean-twice": {"(P - Y) / N": "(P - Y) / N / N"},
    "not-transposed": {"W2.T": "W2.reshape(W2.shape[::-1])"},
    "no-sum": {"dS.sum(axis=0)": "dS[0]", "dZ1.sum(axis=0)": "dZ1[0]"},
    "elementwise": {"(P - Y) / N": "-Y * (1 - P) / N"},
    "dropout": {"dA1 * M": "dA1 * (M > 0)"},
    "broadcast": {
        "P[np.arange(N), y]": "P[:, y]",
        "(P - Y) / N": "(P - Y.mean(axis=0)) / N",
    },
    "essay": {"X.T @ dZ1": "X.T @ dA1 * (A1 > 0)"},
}


def source_of(*patients: str) -> str:
    """Return the source of `step` with the lines of a patient, or of several at once.

    Without a patient it is the healthy source.

    Raises
    ------
    ValueError
        If there is no such patient, or two want to change the same words.
    """
    source = inspect.getsource(step)
    for patient in patients:
        require_one_of("patient", patient, PATIENTS)
        for healthy, wrong in PATIENTS[patient].items():
            if source.count(healthy) != 1:
                raise ValueError(f"{patients} want to change the same words")
            source = source.replace(healthy, wrong)
    return source


def mutant(*patients: str) -> Step:
    """Return `step` with the lines of a patient, or of several, in place of its own.

    Raises
    ------
    ValueError
        As `source_of`.
    """
    names = dict(globals())
    exec(source_of(*patients), names)
    return names["step"]


def step_gradient(
    step: Step, theta: Theta, X: ArrayLike, y: ArrayLike, lr: float, M: ArrayLike = 1.0
) -> tuple[Floats, ...]:
    """Return what a step took for the gradient: (before − after) / lr, block by block.

    Arguments as in `step` -> W1 (D, H), b1 (H,), W2 (H, C), b2 (C,) (equation
    `step-gradient`).
    """
    _, after = step(theta, X, y, lr, M)
    pairs = zip(theta, after, strict=True)
    return tuple((before - after) / lr for before, after in pairs)


def block_error(gradient: ArrayLike, right: ArrayLike) -> float:
    """Return the length of the difference over the larger length, from 0 to 2.

    Two arrays of one shape -> () (equation `block-error`); 0 if both are zero.

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    gradient, right = np.asarray(gradient), np.asarray(right)
    shape = gradient.shape
    if shape != right.shape:
        raise ValueError(f"gradient has shape {shape}, expected {right.shape}")
    size = max(np.linalg.norm(gradient), np.linalg.norm(right))
    return float(np.linalg.norm(gradient - right) / size) if size else 0.0

"""The multilayer perceptron: L linear layers with a squash between them.

Derived in chapter 7.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray
from tqdm.auto import tqdm

from backprop.layers import (
    linear,
    linear_backward,
    relu,
    relu_backward,
    sigmoid_backward,
    tanh_backward,
)
from backprop.neuron import sigmoid
from backprop.validate import (
    as_finite_array,
    require_count,
    require_finite,
    require_one_of,
    require_sizes,
)

Floats: TypeAlias = NDArray[np.floating]
Loss: TypeAlias = Callable[[Floats, NDArray], tuple[float, Floats]]

ACTIVATIONS = {
    "sigmoid": (sigmoid, sigmoid_backward),
    "tanh": (np.tanh, tanh_backward),
    "relu": (relu, relu_backward),
}


def split(theta: Floats, sizes: Sequence[int]) -> tuple[list[Floats], list[Floats]]:
    """Return the weights and the biases of each layer, as views into theta.

    theta (n_params,), sizes (D, H, …, C) -> W, a list of (D, H), …, and b, a list of
    (H,), …. Writing to a view writes to theta.
    """
    W, b, start = [], [], 0
    for n_in, n_out in pairwise(sizes):
        end = start + n_in * n_out
        W.append(theta[start:end].reshape(n_in, n_out))
        b.append(theta[end : end + n_out])
        start = end + n_out
    return W, b


class MLP:
    """A multilayer perceptron: scores S (N, C) for inputs X (N, D).

    `sizes` is (D, H, …, C). Weights are drawn with a spread of 1/√(inputs of the
    layer), so that each sum starts at about the size of the inputs; biases start at 0.
    All of them lie in one vector, `theta` (n_params,), into which the lists `W` and
    `b` are views, so a step is one subtraction, which is done wholly or not at all.
    `A` holds what the last `forward` kept: the input of each layer.

    Raises
    ------
    ValueError
        If there are fewer than two sizes, one is not a positive whole number, or there
        is no such activation or dtype.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activation: str,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float64,
    ) -> None:
        require_sizes("sizes", sizes)
        require_one_of("activation", activation, ACTIVATIONS)
        if np.dtype(dtype).kind != "f":
            raise ValueError(f"dtype must be of floats, got {np.dtype(dtype)}")
        self.sizes, self.activation = tuple(sizes), activation
        n_params = sum((n_in + 1) * n_out for n_in, n_out in pairwise(sizes))
        self.theta = np.zeros(n_params, dtype)
        self.W, self.b = split(self.theta, self.sizes)
        for W in self.W:
            W[...] = rng.normal(0, 1 / np.sqrt(len(W)), W.shape)
        self.A = []

    def __setstate__(self, state: dict) -> None:
        """Give a copy, or what was unpickled, views into its own theta."""
        self.__dict__.update(state)
        self.W, self.b = split(self.theta, self.sizes)

    def forward(self, X: ArrayLike) -> Floats:
        """Return the scores, and keep in `A` what the way back will need.

        X (N, D) -> S (N, C), without a squash: the loss has its own.

        Raises
        ------
        TypeError
            If X is not made of real numbers.
        ValueError
            If its shape does not fit, it is empty, or a value, given or computed, is
            not finite.
        """
        squash, _ = ACTIVATIONS[self.activation]
        X = as_finite_array("X", X, ("N", self.sizes[0]))
        A = [X.astype(self.theta.dtype, copy=False)]
        for W, b in zip(self.W[:-1], self.b[:-1], strict=True):
            Z = linear(A[-1], W, b)
            require_finite(f"Z of layer {len(A)}", Z)
            A.append(squash(Z))
        self.A = A
        return linear(A[-1], self.W[-1], self.b[-1])

    def backward(self, dS: ArrayLike) -> Floats:
        """Return the slopes of all parameters, for the batch of the last `forward`.

        dS (N, C) -> dtheta (n_params,) (equations `bp-output` to `bp-weights`).

        Raises
        ------
        RuntimeError
            If `forward` was not called before.
        TypeError, ValueError
            If dS is not finite real numbers in the shape of the scores.
        """
        if not self.A:
            raise RuntimeError("backward needs a forward pass before it")
        _, squash_backward = ACTIVATIONS[self.activation]
        dS = as_finite_array("dS", dS, (len(self.A[0]), self.sizes[-1]))
        dtheta = np.empty_like(self.theta)
        dW, db = split(dtheta, self.sizes)
        dZ = dS.astype(dtheta.dtype, copy=False)
        for layer in reversed(range(len(self.W))):
            A = self.A[layer]
            dA, *slopes = linear_backward(dZ, A, self.W[layer])
            dW[layer][...], db[layer][...] = slopes
            if layer > 0:
                dZ = squash_backward(dA, A)
        return dtheta

    @np.errstate(over="ignore", invalid="ignore")  # found below, and named
    def train(
        self,
        X: ArrayLike,
        y: ArrayLike,
        loss: Loss,
        lr: float,
        epochs: int,
        rng: np.random.Generator,
        batch_size: int = 32,
    ) -> Floats:
        """Go down the loss by minibatch gradient descent, and return each step's loss.

        X (N, D), y with N rows, loss(S, y) -> (value, dS) as in `backprop.losses` ->
        (n_steps,). Bad arguments change nothing. An interrupt leaves the parameters as
        the last complete step made them, and so does a step into what is not finite.

        Raises
        ------
        TypeError, ValueError
            If an argument is of the wrong kind, shape or range, the loss refuses a
            target, or a step would make a parameter infinite or nan.
        """
        X = as_finite_array("X", X, ("N", self.sizes[0]))
        y = np.asarray(y)
        lr = as_finite_array("lr", lr, ()).astype(self.theta.dtype)
        if y.shape[:1] != X.shape[:1]:
            raise ValueError(f"y has shape {y.shape}, expected {len(X)} rows")
        require_count("epochs", epochs, least=0)
        require_count("batch_size", batch_size, least=1)
        # Let the loss refuse bad targets before anything has moved.
        loss(np.zeros((len(X), self.sizes[-1]), self.theta.dtype), y)

        losses = []
        bar = tqdm(range(epochs), unit="epoch", leave=False, delay=3)
        for _ in bar:
            order = rng.permutation(len(X))
            for rows in np.split(order, range(batch_size, len(X), batch_size)):
                value, dS = loss(self.forward(X[rows]), y[rows])
                stepped = self.theta - lr * self.backward(dS)
                require_finite("theta after the step", stepped)
                self.theta[...] = stepped
                losses.append(value)
            bar.set_postfix(loss=f"{losses[-1]:.4f}", refresh=False)
        return np.array(losses)

"""The multilayer perceptron in memory that is reserved once: no new table in a step.

Derived in chapter 13.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray
from scipy.linalg.blas import dgemm, sgemm

from backprop.losses import binary_cross_entropy
from backprop.network import MLP, Floats, split
from backprop.validate import (
    as_finite_array,
    as_float_array,
    as_labels,
    require_count,
    require_finite,
)

# From this width on, products are faster with a layer's arrays stored by columns.
WIDE = 256
# With this many parameters to an example, an update takes a tenth of the step, and
# `subtract_product` saves most of that. With fewer, its calls cost more than it saves.
MANY = 1000


def product(A: Floats, B: Floats, out: Floats) -> None:
    """Write A B into `out`, stored by rows or by columns.

    A (N, K), B (K, M), out (N, M). `dot` starts in half the time of `np.matmul`, but
    wants `out` by rows; the transpose of the other kind is, and (A B)ᵀ = Bᵀ Aᵀ.
    """
    if out.flags.c_contiguous:
        A.dot(B, out)
    else:
        B.T.dot(A.T, out.T)


def subtract_product(A: Floats, B: Floats, out: Floats) -> None:
    """Subtract Aᵀ B from `out`, stored by rows or by columns, without a table for it.

    A (N, K), B (N, M), out (K, M), all of float32 or all of float64. BLAS computes
    C ← αAB + βC; of this NumPy offers α = 1 and β = 0 only.
    """
    if not out.flags.f_contiguous:
        A, B, out = B, A, out.T  # outᵀ − Bᵀ A
    # BLAS reads by columns; what lies by rows is handed over as its transpose.
    turn_A, turn_B = A.flags.f_contiguous, not B.flags.f_contiguous
    gemm = sgemm if out.dtype == np.float32 else dgemm
    A, B = A if turn_A else A.T, B.T if turn_B else B
    gemm(-1, A, B, 1, out, turn_A, turn_B, overwrite_c=True)


def squash(Z: Floats, activation: str) -> None:
    """Replace Z by its activation A, in place (equations `sigmoid`, `relu`)."""
    if activation == "tanh":
        np.tanh(Z, Z)
    elif activation == "relu":
        np.maximum(Z, 0, out=Z)
    else:  # σ(z) = ½ tanh(z/2) + ½
        Z *= 0.5
        np.tanh(Z, Z)
        Z *= 0.5
        Z += 0.5


def squash_backward(dA: Floats, A: Floats, activation: str) -> None:
    """Replace dA by dZ, in place, and use up A (equations `grad-tanh`, …)."""
    if activation == "relu":
        dA *= np.sign(A, A)
        return
    if activation == "tanh":
        A *= A  # dZ = dA − A² dA
    else:
        dA *= A  # dZ = A dA − A (A dA)
    A *= dA
    dA -= A


class BufferedMLP(MLP):
    """A multilayer perceptron that trains on batches of one size, and fast.

    It is an `MLP` with one method more, `step`, and with the loss built into it:
    softmax cross-entropy, or binary cross-entropy if there is one score. The arrays
    that a step fills are made once, and the weights of wide layers lie by columns.

    Raises
    ------
    ValueError
        As `MLP`, or if batch_size is not a positive whole number, or dtype neither
        float32 nor float64.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activation: str,
        rng: np.random.Generator,
        batch_size: int,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__(sizes, activation, rng, dtype)
        if self.theta.dtype not in (np.float32, np.float64):
            raise ValueError(f"dtype must be float32 or float64, got {np.dtype(dtype)}")
        require_count("batch_size", batch_size, least=1)
        self.batch_size = batch_size
        self._store_by_columns(self.theta)
        self._reserve()

    def __setstate__(self, state: dict) -> None:
        """Give a copy, or what was unpickled, views and memory of its own."""
        self.__dict__.update(state)
        self._reserve()

    def _reserve(self) -> None:
        """Make the views into theta, and the arrays that a step fills."""
        batch_size, dtype = self.batch_size, self.theta.dtype
        self.W, self.b = self._views(self.theta)
        self._at_once = len(self.theta) >= MANY * batch_size
        if self._at_once:
            dW, db = [None] * len(self.W), [np.empty_like(b) for b in self.b]
        else:
            self._dtheta = np.zeros_like(self.theta)
            dW, db = self._views(self._dtheta)
        orders = ["F" if n >= WIDE else "C" for n in self.sizes[1:-1]] + ["F"]
        Z = [
            np.empty((batch_size, n), dtype, order)
            for n, order in zip(self.sizes[1:], orders, strict=True)
        ]
        dA = [np.empty_like(A) for A in Z[:-1]]
        self._Z, self._S, self._dW, self._db = Z[0], Z[-1], dW[0], db
        self._Z_in_a_row = Z[0].ravel("K")  # a view
        self._hidden = list(zip(Z, self.b, self.W[1:], Z[1:], strict=False))
        back = zip(self.W[1:], dW[1:], db[1:], Z[:-1], dA, strict=True)
        self._back = list(back)[::-1]
        self._rows, self._ones = np.arange(batch_size), np.ones(batch_size, dtype)
        self._ones_of_scores = np.ones(self.sizes[-1], dtype)

    def _views(self, theta: Floats) -> tuple[list[Floats], list[Floats]]:
        """Return views as `split` does, of a theta whose wide tables go by columns."""
        W, b = split(theta, self.sizes)
        for i, by_rows in enumerate(W[:-1]):
            if by_rows.shape[1] >= WIDE:
                W[i] = by_rows.reshape(-1).reshape(by_rows.shape, order="F")
        return W, b

    def _store_by_columns(self, theta: Floats) -> None:
        """Rearrange a theta that holds every table by rows, in place."""
        by_rows = [table.copy() for table in split(theta, self.sizes)[0]]
        for table, values in zip(self._views(theta)[0], by_rows, strict=True):
            table[...] = values

    def backward(self, dS: ArrayLike) -> Floats:
        """Return the slopes as `MLP.backward` does, in the order of this theta."""
        dtheta = super().backward(dS)
        self._store_by_columns(dtheta)
        return dtheta

    @np.errstate(over="ignore", invalid="ignore")  # found below, and named
    def step(self, X: Floats, y: ArrayLike, lr: float) -> float:
        """Take one step of gradient descent; return the loss before it.

        X (batch_size, D) of theta's dtype, y (batch_size,) labels, or (batch_size, 1)
        from 0 to 1 if there is one score -> loss (). After an error the parameters are
        as they were; only slopes too large for a float escape it, until the next step.
        An interrupt can leave the later layers one step ahead of the first.

        Raises
        ------
        TypeError
            If X is not of theta's dtype, or y or lr of the wrong kind.
        ValueError
            If a shape does not fit, y is out of range, or a value, given or computed,
            is not finite.
        """
        N, D, activation = self.batch_size, self.sizes[0], self.activation
        if type(X) is not np.ndarray:
            X = as_float_array("X", X)
        if X.dtype != self.theta.dtype:
            raise TypeError(f"X must be of {self.theta.dtype}, got {X.dtype}")
        if X.shape != (N, D):
            as_finite_array("X", X, (N, D))  # says what is wrong
        if type(lr) is not float or not math.isfinite(lr):
            lr = float(as_finite_array("lr", lr, ()))

        product(X, self.W[0], self._Z)
        Z = self._Z_in_a_row
        if not math.isfinite(np.vdot(Z, Z)):  # as it is if one of X is not
            as_finite_array("X", X, (N, D))
        for Z, b, W_next, Z_next in self._hidden:
            Z += b
            squash(Z, activation)
            product(Z, W_next, Z_next)
        dZ = S = self._S
        S += self.b[-1]

        find_loss = self._softmax_loss if self.sizes[-1] > 1 else self._binary_loss
        loss = find_loss(S, np.asarray(y), lr / N)
        if not math.isfinite(loss):
            require_finite("the loss", np.asarray(loss))

        ones = self._ones
        for W, dW, db, A, dA in self._back:
            product(dZ, W.T, dA)  # before W moves
            self._descend(A, dZ, W, dW)
            ones.dot(dZ, db)
            squash_backward(dA, A, activation)
            dZ = dA
        self._descend(X, dZ, self.W[0], self._dW)
        ones.dot(dZ, self._db[0])
        if self._at_once:
            for b, db in zip(self.b, self._db, strict=True):
                b -= db
        else:
            self.theta -= self._dtheta
        return loss

    def _descend(self, A: Floats, dZ: Floats, W: Floats, dW: Floats | None) -> None:
        """Subtract the slopes of W from it, or leave them in dW, if there is one."""
        if dW is None:
            subtract_product(A, dZ, W)
        else:
            product(A.T, dZ, dW)

    def _softmax_loss(self, S: Floats, y: NDArray, scale: float) -> float:
        """Return the loss, and replace S by scale · (P − Y)."""
        if y.shape != self._rows.shape or y.dtype.kind not in "iu":
            as_labels("y", y, *S.shape)  # for its errors only
        T = S.T  # one class after another, as S is stored
        try:
            right = np.ravel_multi_index((y, self._rows), T.shape)
        except ValueError:
            as_labels("y", y, *S.shape)
            raise
        flat = T.reshape(-1)
        T -= T.max(axis=0)
        S_right = flat[right]
        np.exp(T, T)
        total = self._ones_of_scores.dot(T)
        loss = self._ones.dot(np.log(total) - S_right) / len(S)
        T *= scale / total
        flat[right] -= scale
        return float(loss)

    def _binary_loss(self, S: Floats, y: NDArray, scale: float) -> float:
        """Return the loss, and replace S by scale · (σ(S) − y)."""
        real = y.shape == S.shape and y.dtype.kind in "fiub"
        # `y.item(y.argmin())` is `y.min()` in a third of its time.
        if not (real and y.item(y.argmin()) >= 0 and y.item(y.argmax()) <= 1):
            binary_cross_entropy(S, y)  # for its errors only
        softplus = np.logaddexp(0, S)  # log(1 + eˢ), so σ(s) = exp(s − softplus)
        loss = (self._ones.dot(softplus)[0] - np.vdot(y, S)) / len(S)
        S -= softplus
        np.exp(S, S)
        S -= y
        S *= scale
        return float(loss)

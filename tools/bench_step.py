"""Time one step of the sigmoid neuron, beside PyTorch's: part of `make bench`.

All methods run in one process, on one thread, in turns, and first have to agree on
the new weights to 1e-5. PyTorch is optional; `tools.bench_network` says how to get it.
"""

from tools import turns  # before NumPy

# isort: split
import numpy as np

from backprop.neuron import backpropagation, sigmoid

try:
    import torch
except ImportError:
    torch = None

SIZES = ((1, 2, 1), (32, 64, 1), (238, 65, 1), (256, 784, 10))  # n, d, k


def in_torch(X: np.ndarray, Y: np.ndarray, W: np.ndarray) -> turns.Step:
    """Return the same step, written as a user of PyTorch would write it."""
    X, Y, W = (torch.from_numpy(array) for array in (X, Y, W))
    W.requires_grad_()

    def step() -> None:
        loss = 0.5 * ((torch.sigmoid(X @ W) - Y) ** 2).sum()
        loss.backward()
        with torch.no_grad():
            W.sub_(0.01 * W.grad)
        W.grad = None

    return step


def steps(n: int, d: int, k: int) -> dict[str, turns.Step]:
    """Return the methods by name, each with weights of its own; all must agree."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, d)).astype(np.float32)
    Y = rng.uniform(size=(n, k)).astype(np.float32)
    start = (rng.normal(size=(d, k)) / np.sqrt(d)).astype(np.float32)
    dZ = sigmoid(X @ start)
    ours, theirs = start.copy(), start.copy()
    methods: dict[str, turns.Step] = {
        "products alone": lambda: (X @ start, X.T @ dZ),
        "backpropagation": lambda: backpropagation(X, Y, ours, 0.01),
    }
    if torch:
        torch.set_num_threads(1)
        methods["PyTorch"] = in_torch(X, Y, theirs)
        methods["backpropagation"](), methods["PyTorch"]()
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)
    return methods


def main() -> None:
    """Print the median microseconds of a step, and ratios taken round by round."""
    print(
        f"\none step of a neuron, float32, one thread, NumPy {np.__version__}", end=""
    )
    print(f", PyTorch {torch.__version__}" if torch else " (PyTorch is not installed)")
    for size in SIZES:
        times = turns.take_turns(steps(*size))
        cells = [f"{name} {turns.microseconds(times, name):7.1f} µs" for name in times]
        if torch:
            ratio = turns.ratio(times, "PyTorch", "backpropagation")
            cells.append(f"PyTorch / ours {ratio:.1f}")
        print(f"  n, d, k = {size}: ".ljust(28) + ", ".join(cells), flush=True)


if __name__ == "__main__":
    main()

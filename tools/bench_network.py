"""Time one training step of the same network in several ways: part of `make bench`.

`python -m tools.bench_network --save` also writes book/measured.json, which the page
"Measured" shows. All methods run in one process, on one thread, in turns, and first
have to agree on every gradient to 1e-5. Then all of it once more in another process,
where each library has the setting that suits it best on this machine.

PyTorch, JAX and HIPS autograd are optional: `.venv/bin/pip install -e '.[bench]'`.
"""

from tools import turns  # before NumPy

# isort: split
import argparse
import datetime
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from backprop.buffered import BufferedMLP, product
from backprop.losses import binary_cross_entropy, softmax_cross_entropy
from backprop.network import MLP

try:
    import torch
except ImportError:
    torch = None
try:
    import jax
    import jax.numpy as jnp
except ImportError:
    jax = None
try:
    import autograd
    import autograd.numpy as anp
except ImportError:
    autograd = None

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "book" / "measured.json"
INSTALL = ".venv/bin/pip install -e '.[bench]'"

NETWORKS = ((2, 4, 1), (64, 32, 10), (784, 128, 10), (784, 1024, 10))
BATCHES = (32, 256)
LR = 1e-3
TUNED = "with one setting each"
AVX2 = ("OpenBLAS for Haswell", "OpenBLAS for Zen")  # half as wide as AVX-512
IN_A_LOOP = 20  # steps of JAX in one call

BOUND, OURS = "products alone", "buffered"
LARGE, MOST = (
    784,
    1.3,
)  # from this many inputs on, `buffered` takes 1.3 products at most
RIVALS = ("PyTorch", "JAX")  # than which it is slower nowhere
Arrays = list[np.ndarray]
Parameters = Callable[[], Arrays]  # all W, then all b, as they are now
Method = tuple[turns.Step, Parameters]


@dataclass
class Problem:
    """One batch, and the parameters from which every method starts; all float32."""

    sizes: tuple[int, ...]
    X: np.ndarray
    y: np.ndarray
    W: Arrays
    b: Arrays

    @classmethod
    def draw(cls, sizes: tuple[int, ...], batch: int) -> "Problem":
        """Return inputs of spread 1, labels by chance, and weights as `MLP` draws them.

        The biases are not 0, so that no gradient is compared at a special place.
        """
        rng = np.random.default_rng(13)
        X = rng.normal(size=(batch, sizes[0])).astype(np.float32)
        if sizes[-1] == 1:
            y = rng.integers(0, 2, (batch, 1)).astype(np.float32)
        else:
            y = rng.integers(0, sizes[-1], batch)
        W = [rng.normal(0, 1 / np.sqrt(d), (d, h)) for d, h in pairwise(sizes)]
        b = [rng.normal(0, 0.1, h) for h in sizes[1:]]
        W, b = ([p.astype(np.float32) for p in kind] for kind in (W, b))
        return cls(sizes, X, y, W, b)

    @property
    def classes(self) -> int:
        """The number of scores; one means binary cross-entropy."""
        return self.sizes[-1]

    def start(self, model: MLP) -> MLP:
        """Give a model of ours the parameters from which all start."""
        for view, value in zip(model.W + model.b, self.W + self.b, strict=True):
            view[...] = value
        return model


def readable(problem: Problem, lr: float, dtype: type = np.float32) -> Method:
    """Chapter 7's network: a new array for each result, every argument looked at."""
    rng = np.random.default_rng(0)
    model = problem.start(MLP(problem.sizes, "tanh", rng, dtype))
    loss = binary_cross_entropy if problem.classes == 1 else softmax_cross_entropy
    lr = dtype(lr)

    def step() -> float:
        value, dS = loss(model.forward(problem.X), problem.y)
        model.theta -= lr * model.backward(dS)
        return value

    return step, lambda: model.W + model.b


def buffered(problem: Problem, lr: float) -> Method:
    """Chapter 13's network."""
    rng, batch = np.random.default_rng(0), len(problem.X)
    model = problem.start(BufferedMLP(problem.sizes, "tanh", rng, batch))
    X, y = problem.X, problem.y
    return lambda: model.step(X, y, lr), lambda: model.W + model.b


def products_alone(problem: Problem) -> turns.Step:
    """Return the matrix products of `buffered`, on arrays stored as its own are."""
    batch, X = len(problem.X), problem.X
    model = BufferedMLP(problem.sizes, "tanh", np.random.default_rng(0), batch)
    orders = ["C" if W.flags.c_contiguous else "F" for W in model.W[:-1]] + ["F"]
    A = [np.ones((batch, n), "f", o) for n, o in zip(model.sizes[1:], orders, strict=1)]
    dA, dW = [a.copy("K") for a in A], [W.copy("K") for W in model.W]
    layers = list(zip([X, *A], model.W, A, [None, *dA], dA, dW, strict=False))

    def step() -> None:
        for A_in, W, Z, *_ in layers:
            product(A_in, W, Z)
        for A_in, W, _, dA_in, dZ, dW in reversed(layers):
            product(A_in.T, dZ, dW)
            if dA_in is not None:
                product(dZ, W.T, dA_in)

    return step


def in_torch(problem: Problem, lr: float) -> Method:
    """PyTorch, eager; updating by hand is faster here than `torch.optim.SGD`."""
    linear, losses = torch.nn.functional.linear, torch.nn.functional
    X, y = torch.from_numpy(problem.X), torch.from_numpy(problem.y)
    W = [torch.tensor(W.T.copy(), requires_grad=True) for W in problem.W]
    b = [torch.tensor(b, requires_grad=True) for b in problem.b]
    if problem.classes == 1:
        find_loss = losses.binary_cross_entropy_with_logits
    else:
        find_loss = losses.cross_entropy

    def step() -> "torch.Tensor":
        A = X
        for layer in range(len(W) - 1):
            A = torch.tanh(linear(A, W[layer], b[layer]))
        loss = find_loss(linear(A, W[-1], b[-1]), y)
        loss.backward()
        with torch.no_grad():
            for parameter in (*W, *b):
                parameter.sub_(parameter.grad, alpha=lr)
                parameter.grad = None
        return loss

    def parameters() -> Arrays:
        values = [p.detach().numpy() for p in (*W, *b)]
        return [v.T if v.ndim == 2 else v for v in values]

    return step, parameters


def in_jax(problem: Problem, lr: float, loop: int | None = None) -> Method:
    """JAX: the whole step compiled, its parameters handed over to be overwritten.

    With `loop`, that many steps are compiled into one call.
    """
    X, y = jnp.array(problem.X), jnp.array(problem.y)
    layers = zip(problem.W, problem.b, strict=True)
    state = [[(jnp.array(W), jnp.array(b)) for W, b in layers]]

    def find_loss(parameters, X, y):
        A = X
        for W, b in parameters[:-1]:
            A = jnp.tanh(A @ W + b)
        S = A @ parameters[-1][0] + parameters[-1][1]
        if problem.classes == 1:
            return jnp.mean(jax.nn.softplus(S) - y * S)
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(S), y[:, None], 1))

    def update(parameters, X, y):
        loss, slopes = jax.value_and_grad(find_loss)(parameters, X, y)
        stepped = jax.tree.map(lambda p, dp: p - lr * dp, parameters, slopes)
        return stepped, loss

    def many(parameters, X, y):
        def body(_, carried):
            return update(carried[0], X, y)

        return jax.lax.fori_loop(0, loop, body, (parameters, jnp.float32(0)))

    compiled = jax.jit(many if loop else update, donate_argnums=0)

    def step() -> "jax.Array":
        state[0], loss = compiled(state[0], X, y)
        jax.block_until_ready((state[0], loss))
        return loss

    def parameters() -> Arrays:
        weights, biases = zip(*state[0], strict=True)
        return [np.array(p) for p in (*weights, *biases)]

    return step, parameters


def in_autograd(problem: Problem, lr: float) -> Method:
    """HIPS autograd: NumPy's own functions, taped."""
    X, y, layers = problem.X, problem.y, len(problem.W)
    P = [p.copy() for p in problem.W + problem.b]
    Y = np.eye(problem.classes, dtype=np.float32)[y] if problem.classes > 1 else y

    def find_loss(P):
        A = X
        for layer in range(layers - 1):
            A = anp.tanh(anp.dot(A, P[layer]) + P[layers + layer])
        S = anp.dot(A, P[layers - 1]) + P[-1]
        if problem.classes == 1:
            return anp.mean(anp.logaddexp(0, S) - Y * S)
        S = S - anp.max(S, axis=1, keepdims=True)
        log_total = anp.log(anp.sum(anp.exp(S), axis=1, keepdims=True))
        return anp.sum(Y * (log_total - S)) / len(X)

    slopes = autograd.value_and_grad(find_loss)

    def step() -> float:
        loss, dP = slopes(P)
        for parameter, slope in zip(P, dP, strict=True):
            parameter -= lr * slope
        return loss

    return step, lambda: P


def methods(problem: Problem, lr: float) -> dict[str, Method]:
    """Return every installed way to take a step, by name."""
    found = {OURS: buffered(problem, lr), "MLP": readable(problem, lr)}
    if torch:
        found["PyTorch"] = in_torch(problem, lr)
    if jax:
        found["JAX"] = in_jax(problem, lr)
    if autograd:
        found["autograd"] = in_autograd(problem, lr)
    return found


def require_agreement(problem: Problem) -> None:
    """Compare the gradients of all methods with those of `MLP` in float64.

    Raises
    ------
    AssertionError
        If one differs by more than 1e-5; the message names the method.
    """
    start = problem.W + problem.b
    step, parameters = readable(problem, 1.0, np.float64)
    step()
    expected = [a - b for a, b in zip(start, parameters(), strict=True)]
    for name, (step, parameters) in methods(problem, 1.0).items():
        step()
        for old, new, slope in zip(start, parameters(), expected, strict=True):
            np.testing.assert_allclose(
                old - new, slope, rtol=1e-5, atol=1e-5, err_msg=name
            )


def measure(jax_waits: bool) -> Iterator[dict]:
    """Yield one row of the table after the other."""
    if torch:
        torch.set_num_threads(1)
    if jax and jax_waits:
        jax.config.update("jax_cpu_enable_async_dispatch", False)
    for sizes in NETWORKS:
        for batch in BATCHES:
            problem = Problem.draw(sizes, batch)
            require_agreement(problem)
            steps = {BOUND: products_alone(problem)}
            steps |= {name: step for name, (step, _) in methods(problem, LR).items()}
            if jax:
                steps["JAX loop"], _ = in_jax(problem, LR, IN_A_LOOP)
            times = turns.take_turns(steps)
            if jax:
                times["JAX loop"] = [t / IN_A_LOOP for t in times["JAX loop"]]
            yield row(sizes, batch, times)


def row(sizes: tuple[int, ...], batch: int, times: turns.Times) -> dict:
    """Return one row of the table, with the names of those that break the budget."""
    products, ours = (
        {name: turns.ratio(times, name, base) for name in times}
        for base in (BOUND, OURS)
    )
    misses = [name for name in RIVALS if ours.get(name, 1) < 1]
    if sizes[0] >= LARGE and products[OURS] > MOST:
        misses.append(BOUND)
    return {
        "network": "-".join(map(str, sizes)),
        "batch": batch,
        "us": {name: round(turns.microseconds(times, name), 1) for name in times},
        "to products": {name: round(ratio, 3) for name, ratio in products.items()},
        "to buffered": {name: round(ratio, 3) for name, ratio in ours.items()},
        "misses": misses,
    }


def kernel(environment: dict[str, str]) -> str:
    """Return what NumPy multiplies with: OpenBLAS, and the processor it expects."""
    output = subprocess.run(
        [sys.executable, "-c", "import numpy"],
        env=os.environ | environment | {"OPENBLAS_VERBOSE": "2"},
        capture_output=True,
        encoding="utf-8",
        check=True,
    ).stderr
    core = output.partition("Core: ")[2].partition("\n")[0].strip()
    return f"OpenBLAS for {core}" if core else "another library than OpenBLAS"


def has_avx512() -> bool:
    """Tell whether NumPy finds AVX-512 in this processor."""
    found = np.show_config(mode="dicts")["SIMD Extensions"]["found"]
    return any(name == "X86_V4" or name.startswith("AVX512") for name in found)


def settings() -> Iterator[tuple[str, list[str], dict[str, str]]]:
    """Yield the name of a run, what it sets, and its environment."""
    yield "as installed", [], {}
    environment, tuned = {}, []
    if has_avx512() and kernel({}) in AVX2:
        environment = {"OPENBLAS_CORETYPE": "SkylakeX"}
        tuned.append("OPENBLAS_CORETYPE=SkylakeX")
    if jax:
        tuned.append("jax_cpu_enable_async_dispatch=False")
    if tuned:
        yield TUNED, tuned, environment


def processor() -> str:
    """Return the name of the processor, as the system gives it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2] for line in lines if line.startswith("model name")]
    return (names or [platform.processor() or platform.machine()])[0].strip()


def versions() -> dict[str, str]:
    """Return the versions of what is compared."""
    compared = {"NumPy": np, "PyTorch": torch, "JAX": jax, "autograd": autograd}
    return {"Python": platform.python_version()} | {
        name: importlib.metadata.version(module.__name__)
        for name, module in compared.items()
        if module
    }


def show(row: dict) -> None:
    """Print one row: microseconds, and how many times the products alone."""
    cells = [
        f"{name} {us:.1f} ({row['to products'][name]:.2f})"
        for name, us in row["us"].items()
    ]
    print(f"  {row['network']:>11}, {row['batch']:>3}: " + ", ".join(cells), flush=True)
    for name in row["misses"]:
        ratio = row["to buffered"][name]
        print(f"{'':16} misses the budget: {name} takes {ratio:.2f} of {OURS}'s time")


def main() -> None:
    """Run the table, once in a process of its own for each set of settings."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--save", action="store_true", help=f"write {RESULT.name}")
    parser.add_argument("--rows", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--jax-waits", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.save and not (torch and jax and autograd):
        parser.error(f"the page compares all of them: {INSTALL}")
    if options.rows:
        for row in measure(options.jax_waits):
            print(json.dumps(row), flush=True)
        return

    print("\none training step, float32, one thread: µs (times the products alone)")
    print(f"budget of {OURS}: not slower than {' or '.join(RIVALS)} anywhere, and from")
    print(f"{LARGE} inputs on at most {MOST} times the products alone")
    for name, module in (("PyTorch", torch), ("JAX", jax), ("autograd", autograd)):
        if not module:
            print(f"  without {name}, which is not installed: {INSTALL}")
    runs = []
    for name, tuned, environment in settings():
        core = kernel(environment)
        print(f" {name}: products by {core}" + "".join(f", {t}" for t in tuned))
        command = [sys.executable, "-m", "tools.bench_network", "--rows"]
        command += ["--jax-waits"] if name == TUNED else []
        rows = []
        with subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        ) as process:
            for line in process.stdout:
                rows.append(json.loads(line))
                show(rows[-1])
        if process.returncode:
            sys.exit(process.returncode)
        runs.append({"name": name, "settings": tuned, "kernel": core, "rows": rows})
    if options.save:
        result = {
            "date": datetime.date.today().isoformat(),
            "machine": {"processor": processor(), "cores": os.cpu_count()},
            "versions": versions(),
            "rounds": turns.ROUNDS,
            "runs": runs,
        }
        text = json.dumps(result, indent=1, ensure_ascii=False)
        RESULT.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

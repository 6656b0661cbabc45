"""Two layers: every equation of chapter 5, and the squashes' way back."""

import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backprop.gradcheck import check_gradient
from backprop.layers import sigmoid_backward, tanh_backward
from backprop.losses import binary_cross_entropy, half_squared_error
from backprop.neuron import derivative_sigmoid, sigmoid

SOLUTIONS = Path(__file__).parents[1] / "solutions" / "05_two_layers.ipynb"

seeds = st.integers(0, 2**32 - 1)
sizes = st.permutations(range(1, 6)).map(lambda order: order[:4])  # N, D, H, K differ

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
Y = np.array([[0.0], [1.0], [1.0], [0.0]])

SQUASHES = [
    (sigmoid, derivative_sigmoid, sigmoid_backward),
    (np.tanh, lambda z: 1 / np.cosh(z) ** 2, tanh_backward),
]
squashes = pytest.mark.parametrize(
    ("squash", "slope", "backward"), SQUASHES, ids=["sigmoid", "tanh"]
)


def network(seed, n, d, h, k):
    """Return inputs X (n, d), targets Y (n, k), and W1, b1, W2, b2."""
    rng = np.random.default_rng(seed)
    shapes = [(n, d), (d, h), (h,), (h, k), (k,)]
    X, *theta = (rng.normal(size=shape) for shape in shapes)
    return X, rng.uniform(size=(n, k)), theta


def slopes(X, dZ2, W1, b1, W2, b2, squash, backward):
    """Carry dZ2, a function of Z2, back to all four, as the chapter does."""
    A1 = squash(X @ W1 + b1)
    dZ2 = dZ2(A1 @ W2 + b2)
    dZ1 = backward(dZ2 @ W2.T, A1)
    return [X.T @ dZ1, dZ1.sum(axis=0), A1.T @ dZ2, dZ2.sum(axis=0)]


# Exclusive or


@pytest.mark.verifies("xor-bound")
@given(seeds, st.floats(0, 20))
def test_no_neuron_is_better_than_a_half_at_exclusive_or(seed, size):
    w, b = np.split(size * np.random.default_rng(seed).normal(size=3), [2])
    z = X @ w + b
    assert z[0] + z[3] == pytest.approx(z[1] + z[2], abs=1e-10)
    assert binary_cross_entropy(z, Y[:, 0])[0] >= np.log(2) - 1e-12
    assert binary_cross_entropy(0 * z, Y[:, 0])[0] == pytest.approx(np.log(2))


@pytest.mark.parametrize(("together", "level"), [(2, 0.347), (3, 0.477), (4, 0.693)])
def test_the_levels_at_which_training_sticks(together, level):
    """Examples with one answer in common, the others as right as one likes."""
    p = np.linspace(0.001, 0.999, 999)
    ones = 1 if together < 4 else 2
    cost = -ones * np.log(p) - (together - ones) * np.log(1 - p)
    assert cost.min() / 4 == pytest.approx(level, abs=5e-4)


@given(seeds, st.floats(0.1, 100))
def test_a_single_hidden_unit_does_no_better_than_the_middle_level(seed, size):
    w1, w2, b, v, c = size * np.random.default_rng(seed).normal(size=5)
    z = v * np.tanh(X @ np.array([w1, w2]) + b) + c
    level = 0.75 * np.log(3) - 0.5 * np.log(2)
    assert level == pytest.approx(0.477, abs=5e-4)
    assert binary_cross_entropy(z, Y[:, 0])[0] >= level - 1e-12


# The recursion


@pytest.mark.verifies("delta-output")
@given(seeds, st.integers(1, 5), st.integers(1, 4))
def test_slope_at_the_sums_of_the_output(seed, n, k):
    rng = np.random.default_rng(seed)
    Z2, targets = rng.normal(size=(n, k)), rng.uniform(size=(n, k))
    dZ2 = (sigmoid(Z2) - targets) * derivative_sigmoid(Z2) / n
    check_gradient(lambda Z2: half_squared_error(sigmoid(Z2), targets)[0], Z2, dZ2)


@squashes
@pytest.mark.verifies("delta-hidden")
@given(seeds, sizes)
def test_slope_at_the_sums_of_a_hidden_layer(squash, slope, backward, seed, sizes):
    X, _, (W1, b1, W2, b2) = network(seed, *sizes)
    Z1 = X @ W1 + b1
    Z2 = squash(Z1) @ W2 + b2
    dZ2 = np.cos(Z2)  # of the loss sum(sin(Z2)), which is nobody's loss
    dZ1 = np.array(
        [
            [sum(dZ2[i, k] * W2[j, k] for k in range(len(b2))) * slope(z)
             for j, z in enumerate(row)]
            for i, row in enumerate(Z1)
        ]
    )  # fmt: skip
    check_gradient(lambda Z1: np.sum(np.sin(squash(Z1) @ W2 + b2)), Z1, dZ1)
    np.testing.assert_allclose(backward(dZ2 @ W2.T, squash(Z1)), dZ1, atol=1e-12)


@squashes
@pytest.mark.verifies("delta-weights")
@given(seeds, sizes)
def test_slopes_of_both_layers(squash, slope, backward, seed, sizes):
    X, Y, theta = network(seed, *sizes)

    def loss(*theta):
        W1, b1, W2, b2 = theta
        return binary_cross_entropy(squash(X @ W1 + b1) @ W2 + b2, Y)[0]

    found = slopes(
        X, lambda Z2: binary_cross_entropy(Z2, Y)[1], *theta, squash, backward
    )
    for at, gradient in enumerate(found):
        check_gradient(
            lambda p, at=at: loss(*theta[:at], p, *theta[at + 1 :]), theta[at], gradient
        )
    # And entry by entry, as the equation has it.
    A1 = squash(X @ theta[0] + theta[1])
    dZ2 = binary_cross_entropy(A1 @ theta[2] + theta[3], Y)[1]
    for j, k in np.ndindex(theta[2].shape):
        by_sum = sum(A1[i, j] * dZ2[i, k] for i in range(len(X)))
        assert found[2][j, k] == pytest.approx(by_sum, rel=1e-9, abs=1e-14)


@pytest.mark.verifies("stale-slope")
@given(seeds, st.integers(1, 5), st.integers(1, 4), st.floats(0, 10))
def test_what_a_layer_is_handed_when_the_next_one_steps_early(seed, h, k, lr):
    rng = np.random.default_rng(seed)
    a, dz, W = rng.normal(size=h), rng.normal(size=k), rng.normal(size=(h, k))
    stepped = W.copy()
    for j in range(h):
        for m in range(k):
            stepped[j, m] -= lr * a[j] * dz[m]
    stale = stepped @ dz
    np.testing.assert_allclose(stale, W @ dz - lr * a * np.sum(dz**2), atol=1e-10)


@pytest.mark.verifies("grad-tanh")
@given(st.floats(-15, 15))
def test_slope_of_the_hyperbolic_tangent(z):
    a = np.tanh(z)
    assert a == pytest.approx(2 * sigmoid(2 * z) - 1, abs=1e-14)
    check_gradient(np.tanh, np.array(z), 1 - a**2)
    assert tanh_backward(1.0, a) == 1 - a**2


# Symmetry


@squashes
@pytest.mark.verifies("twins")
@given(seeds, sizes)
def test_twins_stay_twins(squash, slope, backward, seed, sizes):
    n, d, h, k = sizes
    X, Y, (W1, b1, W2, b2) = network(seed, n, d, h + 1, k)
    W1[:, h], b1[h], W2[h] = W1[:, 0], b1[0], W2[0]
    theta = [W1, b1, W2, b2]
    for _ in range(10):
        dtheta = slopes(
            X, lambda Z2: binary_cross_entropy(Z2, Y)[1], *theta, squash, backward
        )
        for p in (dtheta, theta):
            np.testing.assert_allclose(p[0][:, h], p[0][:, 0], rtol=1e-9, atol=1e-13)
            assert p[1][h] == pytest.approx(p[1][0], rel=1e-9, abs=1e-13)
            np.testing.assert_allclose(p[2][h], p[2][0], rtol=1e-9, atol=1e-13)
        theta = [p - dp for p, dp in zip(theta, dtheta, strict=True)]


@given(seeds, sizes)
def test_mirror_images_of_tanh_stay_mirror_images(seed, sizes):
    n, d, h, k = sizes
    X, Y, (W1, b1, W2, b2) = network(seed, n, d, h + 1, k)
    W1[:, h], b1[h], W2[h] = -W1[:, 0], -b1[0], -W2[0]
    dW1, db1, dW2, _ = slopes(
        X,
        lambda Z2: binary_cross_entropy(Z2, Y)[1],
        *(W1, b1, W2, b2, np.tanh, tanh_backward),
    )
    np.testing.assert_allclose(dW1[:, h], -dW1[:, 0], atol=1e-12)
    assert db1[h] == pytest.approx(-db1[0], abs=1e-12)
    np.testing.assert_allclose(dW2[h], -dW2[0], atol=1e-12)


def test_all_zero_and_tanh_only_the_last_bias_has_a_slope():
    X, Y, theta = network(5, 4, 3, 2, 1)
    nothing = [0 * p for p in theta]
    dW1, db1, dW2, db2 = slopes(
        X, lambda Z2: binary_cross_entropy(Z2, Y)[1], *nothing, np.tanh, tanh_backward
    )
    assert not dW1.any() and not db1.any() and not dW2.any() and db2.all()


# What set 5 says


def test_what_set_5_says_about_the_broken_function():
    names = {}
    for cell in nbformat.read(SOLUTIONS, as_version=4).cells:
        if cell.cell_type == "code" and re.match(r"import|def", cell.source):
            exec(cell.source, names)

    def after(function):
        theta = [np.array([[0.5], [-0.5]]), np.zeros(1), np.full((1, 1), 2.0)]
        theta.append(np.zeros(1))
        function(np.array([[1.0, 2.0]]), np.ones((1, 1)), *theta, 1.0)
        return theta

    W1, _, W2, _ = after(names["step"])
    np.testing.assert_allclose(W1, [[1.626042], [1.752085]], atol=6e-7)
    np.testing.assert_allclose(W2, [[1.669168]], atol=6e-7)
    assert (after(names["broken"])[0] < 0).all()

    # "From many starts it learns XOR all the same."
    learnt = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        theta = [rng.normal(size=(2, 2)), np.zeros(2)]
        theta += [rng.normal(size=(2, 1)), np.zeros(1)]
        learnt += [names["broken"](X, Y, *theta, 1.0) for _ in range(1000)][-1] < 0.1
    assert learnt >= 2

    # "its sum is 0 for every example": the start of 5.5
    A1 = np.tanh(X @ np.array([[1.0, -1.0], [-1.0, 1.0]]))
    np.testing.assert_allclose(A1[:, 0], [0, -0.76, 0.76, 0], atol=0.005)
    assert not A1.sum(axis=1).any()


# Types and arguments


@squashes
@pytest.mark.parametrize("shape", [(), (3,), (4, 2), (2, 3, 1)])
def test_way_back_through_a_squash(squash, slope, backward, shape):
    rng = np.random.default_rng(5)
    Z, dA = np.array(rng.normal(size=shape)), np.array(rng.normal(size=shape))
    dZ = backward(dA, squash(Z))
    assert dZ.shape == shape
    check_gradient(lambda Z: np.sum(dA * squash(Z)), Z, dZ)
    single = backward(dA.astype(np.float32), squash(Z).astype(np.float32))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, dZ, rtol=1e-5)


BAD = {
    "slopes of another shape": ("dA", np.ones((2, 1)), ValueError, r"\(2, 1\).*\(2,\)"),
    "one slope for all": ("dA", 1.0, ValueError, r"\(\).*\(2,\)"),
    "a slope of nan": ("dA", [1.0, np.nan], ValueError, r"nan at index \(1,\)"),
    "no slope": ("dA", None, TypeError, "NoneType"),
    "an infinite answer": ("A", [np.inf, 0.5], ValueError, "finite"),
    "words": ("A", ["high", "low"], TypeError, "real numbers"),
    "nothing": ("A", [], ValueError, "empty"),
}


@pytest.mark.parametrize("backward", [sigmoid_backward, tanh_backward])
@pytest.mark.parametrize("case", BAD)
def test_bad_arguments_are_named(backward, case):
    name, value, error, match = BAD[case]
    arguments = {"dA": np.ones(2), "A": np.full(2, 0.3)} | {name: value}
    with pytest.raises(error, match=rf"^{name} .*{match}"):
        backward(**arguments)

"""The linear layer: every equation of chapter 6, at every size, and every bad input."""

import ast
from pathlib import Path

import nbformat
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backprop.gradcheck import check_gradient, numerical_gradient
from backprop.layers import linear, linear_backward

CHAPTER = Path(__file__).parents[1] / "chapters" / "06_transpose.ipynb"

seeds = st.integers(0, 2**32 - 1)
sizes = st.permutations(range(1, 6)).map(lambda order: order[:3])  # all differ
any_sizes = st.tuples(*[st.integers(1, 4)] * 3)  # square ones among them


def from_chapter(*names):
    """Return functions of the chapter, taken from its cells."""
    space = {"np": np}
    for cell in nbformat.read(CHAPTER, as_version=4).cells:
        if cell.cell_type == "code":
            for node in ast.parse(cell.source).body:
                if isinstance(node, ast.FunctionDef) and node.name in names:
                    exec(ast.unparse(node), space)
    return [space[name] for name in names]


by_loops, by_einsum, jacobian, adjoint_gap, products = from_chapter(
    "backward_by_loops", "backward_by_einsum", "jacobian", "adjoint_gap", "products"
)


def layer(seed, N, D, H):
    """Return X (N, D), W (D, H), b (H,) and some slopes dZ (N, H)."""
    rng = np.random.default_rng(seed)
    X, W = rng.normal(size=(N, D)), rng.normal(size=(D, H))
    return X, W, rng.normal(size=H), rng.normal(size=(N, H))


def curved_loss(Z):
    """Return a loss that is not linear in Z, and ∂L/∂Z, one entry at a time.

    It is quadratic, so that a central difference has no truncation error.
    """
    loss, dZ = 0.0, np.empty(Z.shape)
    for place, (i, k) in enumerate(np.ndindex(Z.shape), start=1):
        loss += np.cos(place) * Z[i, k] ** 2 / 2 + np.sin(place) * Z[i, k]
        dZ[i, k] = np.cos(place) * Z[i, k] + np.sin(place)
    return loss, dZ


# Forward


@pytest.mark.verifies("linear-layer")
@given(seeds, any_sizes)
def test_a_layer_entry_by_entry(seed, shape):
    X, W, b, _ = layer(seed, *shape)
    Z = linear(X, W, b)
    assert Z.shape == (shape[0], shape[2])
    for i, k in np.ndindex(Z.shape):
        total = sum(X[i, j] * W[j, k] for j in range(shape[1])) + b[k]
        assert Z[i, k] == pytest.approx(total, rel=1e-12, abs=1e-12)


# Backward


@pytest.mark.verifies("grad-linear-X", "grad-linear-W", "grad-linear-b")
@given(seeds, sizes)
def test_slopes_are_as_measured(seed, shape):
    X, W, b, _ = layer(seed, *shape)
    _, dZ = curved_loss(linear(X, W, b))
    dX, dW, db = linear_backward(dZ, X, W)
    check_gradient(lambda X: curved_loss(linear(X, W, b))[0], X, dX)
    check_gradient(lambda W: curved_loss(linear(X, W, b))[0], W, dW)
    check_gradient(lambda b: curved_loss(linear(X, W, b))[0], b, db)


@pytest.mark.verifies("grad-linear-X", "grad-linear-W", "grad-linear-b")
@given(seeds, any_sizes)
def test_slopes_are_the_sums_at_every_size(seed, shape):
    (N, D, H), (X, W, _, dZ) = shape, layer(seed, *shape)
    dX, dW, db = linear_backward(dZ, X, W)
    assert (dX.shape, dW.shape, db.shape) == (X.shape, W.shape, (H,))
    close = {"rel": 1e-12, "abs": 1e-12}
    for i, j in np.ndindex(N, D):
        total = sum(dZ[i, k] * W[j, k] for k in range(H))
        assert dX[i, j] == pytest.approx(total, **close)
    for j, k in np.ndindex(D, H):
        total = sum(X[i, j] * dZ[i, k] for i in range(N))
        assert dW[j, k] == pytest.approx(total, **close)
    for k in range(H):
        assert db[k] == pytest.approx(sum(dZ[i, k] for i in range(N)), **close)


@given(seeds, any_sizes)
def test_the_three_ways_of_the_chapter_agree(seed, shape):
    X, W, _, dZ = layer(seed, *shape)
    for other in (by_loops, by_einsum):
        for one, two in zip(linear_backward(dZ, X, W), other(dZ, X, W), strict=True):
            np.testing.assert_allclose(one, two, rtol=1e-12, atol=1e-12)


def test_the_example_by_hand():
    X, W = [[1, 2, 4], [3, 6, 5]], [[1, 2], [4, 3], [5, 1]]
    dZ = [[1, 10], [100, 1000]]
    np.testing.assert_array_equal(linear(X, W, [7, 8]), [[36, 20], [59, 37]])
    dX, dW, db = linear_backward(dZ, X, W)
    np.testing.assert_array_equal(dX, [[21, 34, 15], [2100, 3400, 1500]])
    np.testing.assert_array_equal(dW, [[301, 3010], [602, 6020], [504, 5040]])
    np.testing.assert_array_equal(db, [101, 1010])


# The Jacobian


@pytest.mark.verifies("jacobian-linear")
@given(seeds, sizes)
def test_slope_of_each_entry_with_respect_to_each_weight(seed, shape):
    (N, D, H), (X, W, b, _) = shape, layer(seed, *shape)
    for i, o in np.ndindex(N, H):
        measured = numerical_gradient(lambda W, i=i, o=o: linear(X, W, b)[i, o], W)
        for j, k in np.ndindex(D, H):
            expected = X[i, j] if o == k else 0
            assert measured[j, k] == pytest.approx(expected, rel=1e-6, abs=1e-8)


@given(seeds, any_sizes)
def test_the_table_times_the_slopes(seed, shape):
    X, W, _, dZ = layer(seed, *shape)
    J = jacobian(X, shape[2])
    np.testing.assert_allclose(J, np.kron(X, np.eye(shape[2])), rtol=1e-12)
    back = (J.T @ dZ.ravel()).reshape(W.shape)
    np.testing.assert_allclose(
        back, linear_backward(dZ, X, W)[1], rtol=1e-12, atol=1e-12
    )


# Adjoints


@pytest.mark.verifies("dot-product")
@given(seeds, any_sizes)
def test_slopes_meet_a_nudge_on_either_side(seed, shape):
    X, W, b, dZ = layer(seed, *shape)
    U, V, v, _ = layer(seed + 1, *shape)  # nudges of X, W and b
    zero = np.zeros_like(b)
    moves = (linear(U, W, zero), linear(X, V, zero), np.tile(v, (len(X), 1)))
    for move, slope, nudge in zip(
        moves, linear_backward(dZ, X, W), (U, V, v), strict=True
    ):
        # ⟨g, Ju⟩ and ⟨Jᵀg, u⟩, each added up term by term
        forward = sum(float(g * m) for g, m in zip(dZ.flat, move.flat, strict=True))
        back = sum(float(d * u) for d, u in zip(slope.flat, nudge.flat, strict=True))
        assert forward == pytest.approx(back, rel=1e-10, abs=1e-10)


@given(seeds, st.integers(2, 6))
def test_the_dot_product_test_sees_what_shapes_do_not(seed, n):
    X, W, u, G = layer(seed, n, n, n)
    assert adjoint_gap(lambda U: U @ W, lambda G: G @ W.T, X, G) < 1e-12
    assert adjoint_gap(lambda U: U @ W, lambda G: G @ W, X, G) > 1e-9
    copies = (lambda u: np.tile(u, (n, 1)), lambda G: G.sum(axis=0))
    assert adjoint_gap(*copies, u, G) < 1e-12
    assert adjoint_gap(copies[0], lambda G: G.sum(axis=1), u, G) > 1e-9


@pytest.mark.parametrize(
    ("shape", "fit"),
    [((4, 3, 2), 1), ((3, 3, 2), 2), ((4, 3, 3), 2), ((2, 3, 2), 2), ((3, 3, 3), 8)],
)
def test_as_many_products_fit_as_the_chapter_says(shape, fit):
    X, W, _, dZ = layer(0, *shape)
    for target, right, *pair in (
        (W, X.T @ dZ, ("X", X), ("dZ", dZ)),
        (X, dZ @ W.T, ("dZ", dZ), ("W", W)),
    ):
        found = [value for _, value in products(*pair) if value.shape == target.shape]
        assert len(found) == fit
        assert sum(np.allclose(value, right) for value in found) == 1


# One matrix, used twice; examples in columns


@pytest.mark.verifies("grad-tied")
@given(seeds, sizes)
def test_a_matrix_that_is_used_twice(seed, shape):
    (N, D, _), (X, W, _, _) = shape, layer(seed, *shape)
    dZ = np.random.default_rng(seed + 1).normal(size=(N, D))
    dW = X.T @ dZ @ W + dZ.T @ X @ W
    check_gradient(lambda W: np.sum(dZ * (X @ W @ W.T)), W, dW)


@pytest.mark.verifies("grad-linear-columns")
@given(seeds, sizes)
def test_examples_in_columns(seed, shape):
    X, W, b, _ = layer(seed, *shape)
    X, W, b = X.T, W.T, b[:, None]  # as other books have them

    def forward(X, W, b):
        return W @ X + b

    Z = forward(X, W, b)
    np.testing.assert_allclose(Z.T, linear(X.T, W.T, b[:, 0]), rtol=1e-12)
    dZ = curved_loss(Z)[1]
    slopes = (W.T @ dZ, dZ @ X.T, dZ.sum(axis=1, keepdims=True))
    check_gradient(lambda X: curved_loss(forward(X, W, b))[0], X, slopes[0])
    check_gradient(lambda W: curved_loss(forward(X, W, b))[0], W, slopes[1])
    check_gradient(lambda b: curved_loss(forward(X, W, b))[0], b, slopes[2])


def test_weights_stored_turned():
    X, W, b, dZ = layer(0, 4, 3, 2)
    W = W.T  # (H, D)
    check_gradient(lambda X: np.sum(dZ * (X @ W.T + b)), X, dZ @ W)
    check_gradient(lambda W: np.sum(dZ * (X @ W.T + b)), W, dZ.T @ X)


# What comes in, and what goes out


def test_float32_stays_float32_and_is_close():
    X, W, b, dZ = layer(0, 5, 3, 2)
    single = [value.astype(np.float32) for value in (dZ, X, W)]
    slopes = linear_backward(*single)
    assert linear(*single[1:], b.astype(np.float32)).dtype == np.float32
    for one, two in zip(slopes, linear_backward(dZ, X, W), strict=True):
        assert one.dtype == np.float32
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-5)


def test_arguments_stay_as_they_were_and_slopes_are_new_arrays():
    X, W, b, dZ = arrays = layer(0, 1, 3, 2)
    before = [value.copy() for value in arrays]
    results = [linear(X, W, b), *linear_backward(dZ, X, W)]
    for value, old in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(value, old)
    assert not any(np.shares_memory(r, value) for r in results for value in arrays)


NAN_ROW = np.array([[1.0, np.nan, 0.0], [1.0, 0.0, 0.0]])
BAD = {
    "one example, flat": ("X", np.ones(3), ValueError, r"\(3,\).*\(N, D\)"),
    "no examples": ("X", np.ones((0, 3)), ValueError, "empty"),
    "nan": ("X", NAN_ROW, ValueError, r"nan at index \(0, 1\)"),
    "text": ("X", [["a", "b", "c"]] * 2, TypeError, "real numbers"),
    "ragged": ("X", [[1, 2], [3]], TypeError, "inhomogeneous"),
    "turned weights": ("W", np.ones((4, 3)), ValueError, r"\(4, 3\).*\(3, H\)"),
    "infinite weight": ("W", np.full((3, 4), np.inf), ValueError, "finite"),
    "no weights": ("W", None, TypeError, "NoneType"),
}
BAD_BIAS = {
    "a row": ("b", np.ones((1, 4)), ValueError, r"\(1, 4\), expected \(4,\)"),
    "a number": ("b", 1.0, ValueError, r"\(\), expected \(4,\)"),
    "one for each example": ("b", np.ones(2), ValueError, r"\(2,\), expected \(4,\)"),
}
BAD_SLOPES = {
    "turned": ("dZ", np.ones((4, 2)), ValueError, r"\(4, 2\), expected \(2, 4\)"),
    "a column that would broadcast": ("dZ", np.ones((2, 1)), ValueError, r"\(2, 1\)"),
    "a number": ("dZ", 1.0, ValueError, r"\(\), expected \(2, 4\)"),
    "complex": ("dZ", np.ones((2, 4)) * 1j, TypeError, "complex"),
    "infinite": ("dZ", np.full((2, 4), -np.inf), ValueError, "finite"),
}


@pytest.mark.parametrize("case", [*BAD, *BAD_BIAS])
def test_linear_names_bad_arguments(case):
    name, value, error, match = {**BAD, **BAD_BIAS}[case]
    arguments = {"X": np.ones((2, 3)), "W": np.ones((3, 4)), "b": np.ones(4)}
    with pytest.raises(error, match=rf"^{name} .*{match}"):
        linear(**{**arguments, name: value})


@pytest.mark.parametrize("case", [*BAD, *BAD_SLOPES])
def test_linear_backward_names_bad_arguments(case):
    name, value, error, match = {**BAD, **BAD_SLOPES}[case]
    arguments = {"dZ": np.ones((2, 4)), "X": np.ones((2, 3)), "W": np.ones((3, 4))}
    with pytest.raises(error, match=rf"^{name} .*{match}"):
        linear_backward(**{**arguments, name: value})

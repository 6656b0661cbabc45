"""The sigmoid neuron: every equation of chapter 3, every gradient, every bad input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from backprop.gradcheck import check_gradient, numerical_gradient
from backprop.neuron import backpropagation, derivative_sigmoid, sigmoid

seeds = st.integers(0, 2**32 - 1)
sizes = st.permutations(range(1, 7)).map(lambda order: order[:3])  # n, d, k all differ


def one_neuron(seed, d):
    """Return x (D,), w (D,), b, y of a neuron that is not saturated."""
    rng = np.random.default_rng(seed)
    w = rng.normal(size=d) / np.sqrt(d)
    return rng.normal(size=d), w, np.array(rng.normal()), rng.uniform()


def loss(x, w, b, y):
    return (1 / (1 + np.exp(-(x @ w + b))) - y) ** 2 / 2


def batch(seed, n, d, k):
    rng = np.random.default_rng(seed)
    weights = rng.normal(size=(d, k)) / np.sqrt(d)
    return rng.normal(size=(n, d)), rng.uniform(size=(n, k)), weights


def batch_loss(X, Y, W):
    """Half the summed squared error, one example and one output at a time."""
    total = 0.0
    for row, targets in zip(X, Y, strict=True):
        for column, target in zip(W.T, targets, strict=True):
            a = 1 / (1 + np.exp(-sum(row * column)))
            total += 0.5 * (a - target) ** 2
    return total


# The sigmoid


@pytest.mark.verifies("sigmoid")
def test_sigmoid_is_the_formula():
    z = np.linspace(-700, 700, 1401)
    np.testing.assert_allclose(sigmoid(z), 1 / (1 + np.exp(-z)), rtol=1e-15)


@given(
    arrays(
        st.sampled_from([np.float32, np.float64]),
        array_shapes(min_dims=0, max_dims=3, min_side=0),
        elements=st.floats(-(2.0**100), 2.0**100, width=32),
    )
)
def test_sigmoid_of_any_array(z):
    with np.errstate(all="raise"):
        for function, top in ((sigmoid, 1), (derivative_sigmoid, 0.25)):
            value = function(z)
            assert value.shape == z.shape
            assert value.dtype == z.dtype
            assert np.all((value >= 0) & (value <= top))


@given(st.integers(-(2**100), 2**100))
def test_sigmoid_of_integers(z):
    for function in (sigmoid, derivative_sigmoid):
        assert function(z) == function(float(z))
        assert function(np.array([z])).dtype == np.float64


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, bool])
def test_sigmoid_of_small_integers_does_not_wrap(dtype):
    z = np.array([0, 1], dtype=dtype)
    np.testing.assert_array_equal(sigmoid(z), sigmoid(z.astype(float)))
    np.testing.assert_array_equal(
        derivative_sigmoid(z), derivative_sigmoid(z.astype(float))
    )


def test_sigmoid_at_the_ends():
    assert sigmoid(np.inf) == 1
    assert sigmoid(-np.inf) == 0
    assert np.isnan(sigmoid(np.nan))
    assert derivative_sigmoid(np.inf) == derivative_sigmoid(-np.inf) == 0


def test_sigmoid_leaves_its_argument_alone():
    z = np.array([-2.0, 3.0])
    sigmoid(z)
    derivative_sigmoid(z)
    np.testing.assert_array_equal(z, [-2.0, 3.0])


@pytest.mark.verifies("grad-sigmoid")
@given(st.floats(-20, 20))
def test_slope_of_the_sigmoid(z):
    a = sigmoid(z)
    check_gradient(sigmoid, np.array(z), derivative_sigmoid(z))
    assert derivative_sigmoid(z) == pytest.approx(a * (1 - a), rel=1e-6)
    assert derivative_sigmoid(z) == a * sigmoid(-z)


@pytest.mark.parametrize("z", [-700.0, -40.0, 40.0, 700.0])
def test_slope_keeps_its_digits_where_the_sigmoid_rounds_to_one(z):
    assert derivative_sigmoid(z) == pytest.approx(np.exp(-abs(z)), rel=1e-13)


@pytest.mark.parametrize("z", ["1", 1j, None, [[1, 2], [3]], [object()]])
@pytest.mark.parametrize("function", [sigmoid, derivative_sigmoid])
def test_sigmoid_refuses_what_is_not_a_number(function, z):
    with pytest.raises(TypeError, match=r"^z must be"):
        function(z)


# One neuron


@pytest.mark.verifies("neuron")
@given(seeds, st.integers(1, 6))
def test_forward_pass_of_a_neuron(seed, d):
    x, w, b, y = one_neuron(seed, d)
    z = sum(x_i * w_i for x_i, w_i in zip(x, w, strict=True)) + b
    weights = np.append(w, b)[:, None]
    value = backpropagation(np.append(x, 1)[None], [[y]], weights)
    assert value == pytest.approx(0.5 * (sigmoid(z) - y) ** 2, rel=1e-12)


@pytest.mark.verifies("grad-z")
@given(seeds)
def test_slope_with_respect_to_the_pre_activation(seed):
    x, w, b, y = one_neuron(seed, 2)
    z = np.array(x @ w + b)
    a = sigmoid(z)
    check_gradient(lambda z: (sigmoid(z) - y) ** 2 / 2, z, (a - y) * a * (1 - a))


@pytest.mark.verifies("grad-w", "grad-b", "grad-x")
@given(seeds, st.integers(1, 6))
def test_slopes_of_a_neuron(seed, d):
    x, w, b, y = one_neuron(seed, d)
    z = x @ w + b
    dz = (sigmoid(z) - y) * derivative_sigmoid(z)
    check_gradient(lambda w: loss(x, w, b, y), w, x * dz)
    check_gradient(lambda b: loss(x, w, b, y), b, dz)
    check_gradient(lambda x: loss(x, w, b, y), x, w * dz)


@pytest.mark.verifies("update")
@given(seeds, st.integers(1, 6), st.floats(1e-3, 10))
def test_update_is_minus_rate_times_measured_slope(seed, d, lr):
    x, w, b, y = one_neuron(seed, d)
    weights = np.append(w, b)[:, None]
    backpropagation(np.append(x, 1)[None], [[y]], weights, lr)
    dw = numerical_gradient(lambda w: loss(x, w, b, y), w)
    db = numerical_gradient(lambda b: loss(x, w, b, y), b)
    np.testing.assert_allclose(weights[:-1, 0], w - lr * dw, rtol=0, atol=1e-8)
    np.testing.assert_allclose(weights[-1, 0], b - lr * db, rtol=0, atol=1e-8)


# The batch


@pytest.mark.verifies("batch-loss")
@given(seeds, sizes)
def test_loss_of_a_batch(seed, shape):
    X, Y, W = batch(seed, *shape)
    expected = batch_loss(X, Y, W)
    assert backpropagation(X, Y, W) == pytest.approx(expected, rel=1e-12)


@pytest.mark.verifies("grad-batch")
@given(seeds, sizes)
def test_step_of_a_batch_is_the_gradient(seed, shape):
    X, Y, W = batch(seed, *shape)
    stepped = W.copy()
    backpropagation(X, Y, stepped)
    check_gradient(lambda W: batch_loss(X, Y, W), W, W - stepped)


@given(seeds, st.integers(1, 6), st.integers(1, 6))
def test_one_row_agrees_with_the_essay(seed, d, k):
    X, Y, W = batch(seed, 1, d, k)
    delta, dz = Y - sigmoid(X @ W), derivative_sigmoid(X @ W)
    essay = W + np.dot(X.T, delta) * dz
    backpropagation(X, Y, W)
    np.testing.assert_allclose(W, essay, rtol=1e-12, atol=1e-15)


@given(seeds, sizes, st.floats(0, 100))
def test_learning_rate_scales_the_step(seed, shape, lr):
    X, Y, W = batch(seed, *shape)
    one, scaled = W.copy(), W.copy()
    backpropagation(X, Y, one)
    backpropagation(X, Y, scaled, lr)
    np.testing.assert_allclose(scaled, W + lr * (one - W), rtol=1e-9, atol=1e-12)


def test_float32_stays_float32_and_is_close():
    X, Y, W = batch(0, 5, 3, 2)
    single = W.astype(np.float32)
    backpropagation(X.astype(np.float32), Y.astype(np.float32), single)
    backpropagation(X, Y, W)
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, W, rtol=1e-5, atol=1e-6)


def test_integers_booleans_and_lists_are_fine_as_input_and_output():
    X, Y = [[1, 2, 3], [0, 1, 0]], [[True], [False]]
    W, same = np.full((3, 1), 0.1), np.full((3, 1), 0.1)
    value = backpropagation(X, Y, W)
    assert type(value) is float
    assert value == backpropagation(np.array(X, float), np.array(Y, float), same)
    np.testing.assert_array_equal(W, same)


def test_weights_that_are_a_view_change_in_place():
    X, Y, W = batch(0, 4, 3, 2)
    large = np.zeros((6, 4))
    large[::2, ::2] = W
    backpropagation(X, Y, W)
    backpropagation(X, Y, large[::2, ::2])
    np.testing.assert_allclose(large[::2, ::2], W, rtol=1e-12)
    assert not large[1::2].any()


def test_only_weights_change():
    X, Y, W = batch(0, 4, 3, 2)
    X_before, Y_before = X.copy(), Y.copy()
    backpropagation(X, Y, W)
    np.testing.assert_array_equal(X, X_before)
    np.testing.assert_array_equal(Y, Y_before)


NAN_ROW = np.array([[1.0, np.nan, 0.0], [1.0, 0.0, 0.0]])
BAD = {
    "one-dimensional input": ("input", np.ones(3), ValueError, r"\(3,\).*\(n, d\)"),
    "no rows": ("input", np.ones((0, 3)), ValueError, "empty"),
    "nan": ("input", NAN_ROW, ValueError, r"nan at index \(0, 1\)"),
    "ragged": ("input", [[1, 2], [3]], TypeError, "inhomogeneous"),
    "masked": ("input", np.ma.ones((2, 3)), TypeError, "mask"),
    "text": ("input", [["a", "b", "c"]], TypeError, "real numbers"),
    "complex": ("input", np.ones((2, 3)) * 1j, TypeError, "complex"),
    "too few targets": ("output", np.ones((1, 1)), ValueError, r"\(1, 1\).*\(2, k\)"),
    "flat targets": ("output", np.ones(2), ValueError, r"\(2,\).*\(2, k\)"),
    "infinite target": ("output", [[1], [np.inf]], ValueError, "inf at index"),
    "no target": ("output", None, TypeError, "NoneType"),
    "flat weights": ("weights", np.ones(3), ValueError, r"\(3,\).*\(3, 1\)"),
    "transposed weights": ("weights", np.ones((1, 3)), ValueError, r"\(1, 3\)"),
    "integer weights": ("weights", np.ones((3, 1), int), TypeError, "int64"),
    "listed weights": ("weights", [[1.0], [1.0], [1.0]], TypeError, "list"),
    "infinite weights": ("weights", np.full((3, 1), np.inf), ValueError, "finite"),
    "rate in words": ("lr", "fast", TypeError, "real numbers"),
    "rate of nan": ("lr", np.nan, ValueError, "finite, got nan"),
    "a rate for each row": ("lr", np.ones(2), ValueError, r"\(2,\)"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_arguments_are_named_and_weights_survive(case):
    name, value, error, match = BAD[case]
    arguments = {"input": np.ones((2, 3)), "output": np.zeros((2, 1)), "lr": 1.0}
    arguments["weights"] = np.full((3, 1), 0.1)
    arguments[name] = value
    before = np.array(arguments["weights"])
    with pytest.raises(error, match=rf"^{name} .*{match}"):
        backpropagation(**arguments)
    np.testing.assert_array_equal(arguments["weights"], before)


def test_read_only_weights_are_refused():
    W = np.full((3, 1), 0.1)
    W.flags.writeable = False
    with pytest.raises(ValueError, match=r"^weights .* read-only"):
        backpropagation(np.ones((2, 3)), np.zeros((2, 1)), W)


@pytest.mark.parametrize(
    ("named", "dtype", "x", "y", "w", "lr"),
    [
        ("input @ weights", np.float64, 1e200, 0.0, 1e200, 1.0),
        ("the loss", np.float64, 1.0, 1e200, 0.0, 1.0),
        ("weights after the step", np.float64, 1e300, 0.0, 0.0, 1e300),
        ("weights after the step", np.float32, 1e40, 0.0, 0.0, 1.0),
    ],
)
def test_what_overflows_is_named_and_weights_survive(named, dtype, x, y, w, lr):
    weights = np.array([[w]], dtype)
    with pytest.raises(ValueError, match=f"^{named} must be finite"):
        backpropagation([[x]], [[y]], weights, lr)
    assert weights[0, 0] == dtype(w)

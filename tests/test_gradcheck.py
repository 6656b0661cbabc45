"""The measuring instrument: right where it should be, and loud where it can't be."""

import numpy as np
import pytest

from backprop.gradcheck import check_gradient, numerical_gradient

X = np.array([[0.3, -1.2, 2.0], [0.7, 0.1, -0.4]])


def smooth(x):
    return float(np.sum(np.sin(x) * x[::-1]))


SLOPE = np.cos(X) * X[::-1] + np.sin(X)[::-1]


def test_gradient_of_a_function_of_a_matrix():
    np.testing.assert_allclose(numerical_gradient(smooth, X), SLOPE, atol=1e-9)


def test_gradient_of_a_function_of_a_number():
    slope = numerical_gradient(np.exp, np.array(1.0))
    assert slope.shape == ()
    assert slope == pytest.approx(np.e, rel=1e-9)


def test_x_is_never_modified_even_by_a_function_that_writes_and_raises():
    x = X.copy()

    def vandal(x):
        x[:] = 7
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        numerical_gradient(vandal, x)
    np.testing.assert_array_equal(x, X)


@pytest.mark.parametrize(
    ("x", "error", "match"),
    [
        (np.array([1, 2]), TypeError, "^x must be .* int64"),
        (np.array([1j]), TypeError, "^x must be .* complex"),
        (np.ones(2, np.float32), TypeError, "^x must be .* float32"),
        (np.ones((0, 3)), ValueError, r"^x is empty: its shape is \(0, 3\)"),
        (np.array([1.0, np.nan]), ValueError, "^x must be finite"),
    ],
)
def test_bad_points_are_refused(x, error, match):
    with pytest.raises(error, match=match):
        numerical_gradient(np.sum, x)


@pytest.mark.parametrize("h", [0, -1e-5, np.inf, np.nan])
def test_bad_steps_are_refused(h):
    with pytest.raises(ValueError, match=r"^h must be positive and finite"):
        numerical_gradient(smooth, X, h)


@pytest.mark.parametrize("f", [np.sin, lambda x: np.nan, lambda x: 1j, lambda x: None])
def test_a_function_that_returns_no_number_is_refused(f):
    with pytest.raises(ValueError, match=r"^f must return one finite number"):
        numerical_gradient(f, X)


def test_a_right_gradient_passes_with_its_error():
    assert check_gradient(smooth, X, SLOPE) < 1e-8


def test_shapes_are_compared_before_values():
    with pytest.raises(AssertionError, match=r"shape \(1,\), but x has shape \(\)"):
        check_gradient(np.exp, np.array(1.0), np.array([np.e]))


@pytest.mark.parametrize("wrong", [1.00001, -1.0, 0.0, 2.0, np.nan])
def test_one_wrong_entry_is_found_and_named(wrong):
    gradient = SLOPE.copy()
    gradient[1, 2] *= wrong
    with pytest.raises(AssertionError, match=r"gradient\[1, 2\] is"):
        check_gradient(smooth, X, gradient)


def test_a_zero_gradient_is_fine():
    check_gradient(lambda x: 1e3, X, np.zeros_like(X))

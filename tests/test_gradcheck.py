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
    with pytest.raises(RuntimeError, match="stop"):
        check_gradient(vandal, x, SLOPE)
    np.testing.assert_array_equal(x, X)


@pytest.mark.parametrize(
    ("x", "error", "match"),
    [
        (np.array([1, 2]), TypeError, "^x must be .* int64"),
        (np.array([1j]), TypeError, "^x must be .* complex"),
        (np.ones(2, np.float32), TypeError, "^x must be .* float32"),
        (np.ones((0, 3)), ValueError, r"^x must not be empty, .* \(0, 3\)"),
        (np.array([1.0, np.nan]), ValueError, r"^x must be finite, .* index \(1,\)"),
    ],
)
def test_bad_points_are_refused(x, error, match):
    with pytest.raises(error, match=match):
        numerical_gradient(np.sum, x)


def test_a_function_may_write_into_its_argument():
    x = X.copy()

    def vandal(x):
        value = smooth(x)
        x *= 2
        return value

    check_gradient(vandal, x, SLOPE)
    np.testing.assert_array_equal(x, X)


@pytest.mark.parametrize("x", [1e12, -1e12, np.finfo(float).max])
def test_a_step_that_is_lost_in_x_is_refused(x):
    with pytest.raises(ValueError, match=r"^h = 1e-05 is lost in x = "):
        numerical_gradient(np.tanh, np.array(x))


def test_the_step_taken_counts_not_the_step_asked_for():
    x = np.array(3e7)  # floats are 3.7e-9 apart there, h / 2700
    assert numerical_gradient(lambda x: 2 * x, x) == 2


def test_evaluations_are_two_for_each_entry():
    calls = []
    numerical_gradient(lambda x: calls.append(x.copy()) or smooth(x), X)
    assert len(calls) == 2 * X.size


@pytest.mark.parametrize("h", [0, -1e-5, np.inf, np.nan])
def test_bad_steps_are_refused(h):
    with pytest.raises(ValueError, match=r"^h must be positive and finite"):
        numerical_gradient(smooth, X, h)


@pytest.mark.parametrize(
    "f",
    [
        np.sin,
        lambda x: np.array([1.0]),
        lambda x: np.nan,
        lambda x: -np.inf,
        lambda x: 1j,
        lambda x: None,
        lambda x: "1",
        lambda x: True,
        lambda x: np.float32(1),
    ],
)
def test_a_function_that_returns_no_number_is_refused(f):
    with pytest.raises(ValueError, match=r"^f must return one finite number"):
        numerical_gradient(f, X)


def test_a_right_gradient_passes_with_its_error():
    assert check_gradient(smooth, X, SLOPE) < 1e-8


def test_shapes_are_compared_before_values():
    with pytest.raises(AssertionError, match=r"shape \(1,\), but x has shape \(\)"):
        check_gradient(np.exp, np.array(1.0), np.array([np.e]))


@pytest.mark.parametrize("wrong", [1.00001, -1.0, 0.0, 2.0, np.nan, np.inf])
def test_one_wrong_entry_is_found_and_named(wrong):
    gradient = SLOPE.copy()
    gradient[1, 2] *= wrong
    with pytest.raises(AssertionError, match=r"gradient\[1, 2\] is"):
        check_gradient(smooth, X, gradient)


def test_a_zero_gradient_is_fine():
    check_gradient(lambda x: 1e3, X, np.zeros_like(X))


@pytest.mark.parametrize("gradient", [SLOPE * 1j, np.full(X.shape, "1"), None])
def test_a_gradient_that_is_not_made_of_real_numbers_is_refused(gradient):
    with pytest.raises(TypeError, match=r"^gradient must be real numbers"):
        check_gradient(smooth, X, gradient)


@pytest.mark.parametrize("tolerance", [0, -1e-6, 1, np.nan])
def test_bad_tolerances_are_refused(tolerance):
    with pytest.raises(ValueError, match=r"^tolerance must be between 0 and 1"):
        check_gradient(smooth, X, SLOPE, tolerance=tolerance)


@pytest.mark.parametrize("h", [1e-4, 1e-5, 1e-6, 1e-7])
@pytest.mark.parametrize("offset", [0.0, 1.0, 1e3, 1e6])
def test_a_small_slope_beside_a_large_value_passes_but_not_a_wrong_one(offset, h):
    x = np.array([0.3, -0.7])

    def f(x):
        return offset + 1e-6 * x[0] + 2 * x[1]

    # Between the tolerance and round-off: what any h must let pass, and what none may.
    check_gradient(f, x, np.array([1e-6, 2.0]), h)
    wrong = 1e-6 + 20 * np.finfo(float).eps * max(1, offset) / h
    with pytest.raises(AssertionError, match=r"gradient\[0\] is"):
        check_gradient(f, x, np.array([wrong, 2.0]), h)

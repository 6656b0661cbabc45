"""The equations of chapter 1: slopes, differences, their errors, and the best h."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backprop.gradcheck import EPS, check_gradient, numerical_gradient

places = st.floats(-2, 2)
seeds = st.integers(0, 2**32 - 1)

# f and its first three derivatives
EXP = (math.exp,) * 4
SIN = (math.sin, math.cos, lambda x: -math.sin(x), lambda x: -math.cos(x))
SQRT = (
    math.sqrt,
    lambda x: x**-0.5 / 2,
    lambda x: -(x**-1.5) / 4,
    lambda x: x**-2.5 * 3 / 8,
)


def forward(f, x, h):
    high = x + h
    return (f(high) - f(x)) / (high - x)


def central(f, x, h):
    high, low = x + h, x - h
    return (f(high) - f(low)) / (high - low)


@pytest.mark.verifies("slope")
@given(places, st.integers(1, 5))
def test_the_ratio_closes_in_on_the_derivative_of_a_power(x, n):
    slope = n * x ** (n - 1)
    for h in (1e-2, 1e-4, 1e-6):
        for move in (h, -h):
            ratio = ((x + move) ** n - x**n) / move
            # (x + h)ⁿ spelt out: all that is left has a factor h
            rest = sum(math.comb(n, k) * x ** (n - k) * move ** (k - 1)
                       for k in range(2, n + 1))  # fmt: skip
            assert ratio - slope == pytest.approx(rest, abs=1e-7)
            assert abs(rest) <= 200 * h


@pytest.mark.verifies("tangent")
@pytest.mark.parametrize("derivatives", [EXP, SIN])
@given(places, st.floats(-1, 1))
def test_the_promise_is_broken_by_half_h_squared_at_most(derivatives, x, h):
    f, slope, bend, _ = derivatives
    largest = max(abs(bend(x + t)) for t in np.linspace(0, h, 201).tolist())
    broken = abs(f(x + h) - f(x) - slope(x) * h)
    # A largest value between two of the 201 points exceeds theirs by a trace.
    assert broken <= h**2 / 2 * (largest + 1e-4) + 1e-14


@pytest.mark.verifies("taylor")
@pytest.mark.parametrize("derivatives", [EXP, SIN])
@given(places)
def test_what_taylors_formula_leaves_shrinks_faster_than_the_cube(derivatives, x):
    f, d1, d2, d3 = (d(x) for d in derivatives)
    for h in (0.1, -0.1, 0.01, -0.01):
        left = derivatives[0](x + h) - (f + d1 * h + d2 * h**2 / 2 + d3 * h**3 / 6)
        assert abs(left) <= math.exp(2.1) * h**4 / 24 + 1e-14


@pytest.mark.verifies("forward-error")
@pytest.mark.parametrize("derivatives", [EXP, SIN])
@given(places)
def test_error_of_a_forward_difference(derivatives, x):
    f, slope, bend, _ = derivatives
    for h in (1e-2, 1e-3):
        error = forward(f, x, h) - slope(x)
        assert error == pytest.approx(bend(x) * h / 2, abs=1.4 * h**2 + 1e-11)


@pytest.mark.verifies("central-error")
@pytest.mark.parametrize("derivatives", [EXP, SIN])
@given(places)
def test_error_of_a_central_difference(derivatives, x):
    f, slope, _, third = derivatives
    for h in (1e-1, 1e-2):
        error = central(f, x, h) - slope(x)
        assert error == pytest.approx(third(x) * h**2 / 6, abs=0.1 * h**4 + 1e-12)


@given(places, st.floats(0.01, 1))
def test_a_central_difference_of_a_parabola_is_exact(x, h):
    assert central(lambda x: 3 * x**2 - x + 2, x, h) == pytest.approx(6 * x - 1)


def worst_error(rule, derivatives, points, h):
    f, slope, _, _ = derivatives
    return max(abs(rule(f, x, h) - slope(x)) for x in points)


BEST = {
    "exp at 1": (EXP, 1.0),
    "sqrt at 10000": (SQRT, 1e4),
    "sqrt at 0.01": (SQRT, 0.01),
}


@pytest.mark.verifies("best-h-forward", "best-h-central")
@pytest.mark.parametrize("name", BEST)
@pytest.mark.parametrize("rule", [forward, central])
def test_the_best_h_is_the_predicted_one(rule, name):
    derivatives, x = BEST[name]
    f, _, d2, d3 = (abs(derivative(x)) for derivative in derivatives)
    if rule is forward:
        best = 2 * math.sqrt(EPS * f / d2)
        bound = 2 * math.sqrt(EPS * f * d2)
    else:
        best = (3 * EPS * f / d3) ** (1 / 3)
        bound = d3 * best**2 / 2

    def error_bound(h):
        if rule is forward:
            return d2 * h / 2 + 2 * EPS * f / h
        return d3 * h**2 / 6 + EPS * f / h

    assert error_bound(best) == pytest.approx(bound)
    assert bound < min(error_bound(0.99 * best), error_bound(1.01 * best))

    points = (x * np.random.default_rng(1).uniform(0.95, 1.05, 100)).tolist()
    steps = best * 10.0 ** np.arange(-2, 2.01, 0.1)
    errors = [worst_error(rule, derivatives, points, h) for h in steps]
    assert best / 4 < steps[np.argmin(errors)] < best * 4
    assert bound / 10 < min(errors) < bound * 1.5


@pytest.mark.verifies("kink")
@given(st.floats(1e-6, 1.0), st.floats(-1, 1))
def test_a_central_difference_near_a_kink_is_a_ramp(h, place):
    x = place * h
    slope = central(lambda x: max(x, 0.0), x, h)
    assert slope == pytest.approx(0.5 + x / (2 * h), abs=1e-9)
    assert central(lambda x: max(x, 0.0), 1.01 * h, h) == 1
    assert central(lambda x: max(x, 0.0), -1.01 * h, h) == 0


def smooth(w):
    return float(np.sum(np.sin(w)) * np.exp(w[0]) + np.prod(w))


def smooth_gradient(w):
    gradient = np.cos(w) * np.exp(w[0]) + [np.prod(np.delete(w, j)) for j in range(3)]
    gradient[0] += np.sum(np.sin(w)) * np.exp(w[0])
    return gradient


@pytest.mark.verifies("gradient-promise")
@given(seeds)
def test_moves_in_all_directions_add_up(seed):
    rng = np.random.default_rng(seed)
    w, d = rng.uniform(-1, 1, 3), rng.uniform(-1, 1, 3)
    for h in (1e-1, 1e-2, 1e-3):
        promised = smooth(w) + smooth_gradient(w) @ (h * d)
        assert smooth(w + h * d) == pytest.approx(promised, abs=40 * h**2)


@pytest.mark.verifies("numerical-gradient")
@given(seeds)
def test_each_entry_is_a_central_difference_along_its_axis(seed):
    w = np.random.default_rng(seed).uniform(-1, 1, 3)
    for h in (1e-1, 1e-5):
        measured = numerical_gradient(smooth, w, h)
        for j, e in enumerate(np.eye(3)):
            ratio = (smooth(w + h * e) - smooth(w - h * e)) / (2 * h)
            assert measured[j] == pytest.approx(ratio, abs=1e-9)
        assert measured == pytest.approx(smooth_gradient(w), abs=10 * h**2 + 1e-9)


@pytest.mark.verifies("relative-error")
@given(st.floats(0.1, 10), st.floats(0.1, 10), st.sampled_from([-1, 1]))
def test_the_relative_error_is_the_one_that_is_returned(derived, true, sign):
    derived *= sign
    expected = abs(derived - true) / max(abs(derived), abs(true))
    if expected >= 0.999:
        return  # tolerance must be below 1
    x = np.array(0.3)
    got = check_gradient(lambda x: true * x, x, derived, tolerance=0.9999)
    assert got == pytest.approx(expected, rel=1e-6, abs=1e-9)


@pytest.mark.verifies("check-floor")
@given(st.floats(-1e6, 1e6), st.sampled_from([1e-4, 1e-5, 1e-6]), st.floats(1e-7, 1e-3))
def test_below_the_floor_the_error_is_absolute(value, h, tolerance):
    def constant(x):
        return value

    floor = 5 * EPS * max(1, abs(value)) / (h * tolerance)
    allowed = tolerance * floor
    x = np.array(0.3)
    assert check_gradient(
        constant, x, 0.9 * allowed, h=h, tolerance=tolerance
    ) == pytest.approx(0.9 * tolerance)
    with pytest.raises(AssertionError, match="relative error"):
        check_gradient(constant, x, 1.1 * allowed, h=h, tolerance=tolerance)


# What section 1.7 derives, by school algebra
@given(seeds, st.integers(1, 6))
def test_half_the_squared_miss_of_a_weighted_sum(seed, n):
    rng = np.random.default_rng(seed)
    x, w = rng.normal(size=n), rng.normal(size=n)
    check_gradient(lambda w: (w @ x - 1) ** 2 / 2, w, (w @ x - 1) * x)

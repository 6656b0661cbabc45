"""Softmax and its loss: every equation of chapter 8, every bad argument."""

import math
import time
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from backprop.data import load_digits
from backprop.gradcheck import check_gradient, numerical_gradient
from backprop.losses import softmax, softmax_cross_entropy
from backprop.network import MLP
from backprop.neuron import sigmoid
from backprop.validate import as_labels

seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(1, 6)
share = st.floats(0, 1)


def problem(seed, n=5, c=4, spread=2.0):
    """Return scores S (n, c) and labels y (n,)."""
    rng = np.random.default_rng(seed)
    return rng.normal(0, spread, (n, c)), rng.integers(c, size=n)


def exact(scores):
    """Return softmax and logsumexp of a row by definition, with 60 digits."""
    with localcontext() as context:
        context.prec = 60
        powers = [Decimal(float(s)).exp() for s in scores]
        total = sum(powers)
        return [float(power / total) for power in powers], float(total.ln())


def one_hot(y, c):
    return (np.arange(c) == np.asarray(y)[:, None]).astype(float)


# Softmax


@pytest.mark.verifies("softmax")
@given(seeds, sizes, sizes, st.floats(0.1, 300))
def test_softmax_has_every_digit(seed, n, c, spread):
    S, _ = problem(seed, n, c, spread)
    P = softmax(S)
    expected = [exact(row)[0] for row in S]
    np.testing.assert_allclose(P, expected, rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(P.sum(axis=1), 1, rtol=1e-15 * c)


@given(seeds, st.integers(2, 6))
def test_differences_of_scores_are_logarithms_of_odds(seed, c):
    (s,), _ = problem(seed, 1, c)
    p = softmax([s])[0]
    for i in range(c):
        for j in range(c):
            assert math.log(p[i] / p[j]) == pytest.approx(s[i] - s[j], abs=1e-12)


@pytest.mark.verifies("softmax-two")
@given(st.floats(-300, 300), st.floats(-300, 300))
def test_of_two_classes_it_is_the_sigmoid_of_the_difference(first, second):
    (p,) = softmax([[first, second]])
    assert p[0] == pytest.approx(sigmoid(first - second), rel=1e-12)
    assert p[1] == pytest.approx(sigmoid(second - first), rel=1e-12)


@pytest.mark.verifies("softmax-shift")
@given(seeds, st.integers(-5000, 5000))
def test_a_shift_of_a_row_changes_nothing(seed, c):
    S, y = problem(seed)
    S = S.round(6)
    shift = np.array([c, -c, 0, 1, c])[:, None]
    np.testing.assert_allclose(softmax(S + shift), softmax(S), rtol=1e-11)
    before, after = softmax_cross_entropy(S, y), softmax_cross_entropy(S + shift, y)
    assert after[0] == pytest.approx(before[0], rel=1e-11)
    np.testing.assert_allclose(after[1], before[1], atol=1e-11)
    # So the slopes of each row add up to 0, for any loss that is made of P.
    measured = numerical_gradient(lambda S: np.sum(np.sin(3 * softmax(S))), S)
    np.testing.assert_allclose(measured.sum(axis=1), 0, atol=1e-9)
    np.testing.assert_allclose(after[1].sum(axis=1), 0, atol=1e-15)


# The loss


@pytest.mark.verifies("softmax-cross-entropy")
@given(seeds, sizes, sizes)
def test_loss_is_minus_the_logarithm_of_a_chance(seed, n, c):
    S, y = problem(seed, n, c)
    P = softmax(S)
    chance = math.prod(P[i, y[i]] for i in range(n))
    loss, _ = softmax_cross_entropy(S, y)
    assert loss * n == pytest.approx(-math.log(chance), rel=1e-10, abs=1e-12)
    formula = -(one_hot(y, c) * np.log(P)).sum() / n
    assert loss == pytest.approx(formula, rel=1e-10, abs=1e-12)


@pytest.mark.verifies("logsumexp")
@given(seeds, sizes, st.floats(0.1, 300))
def test_loss_is_logsumexp_minus_the_right_score(seed, c, spread):
    S, y = problem(seed, 1, c, spread)
    (s,), (label,) = S, y
    lse = s.max() + math.log(sum(math.exp(each - s.max()) for each in s))
    assert lse == pytest.approx(exact(s)[1], rel=1e-13, abs=1e-13)
    loss, _ = softmax_cross_entropy(S, y)
    assert loss == pytest.approx(lse - s[label], rel=1e-12, abs=1e-12 * spread)


@pytest.mark.verifies("logsumexp-bounds")
@given(seeds, sizes, st.floats(0.1, 300))
def test_logsumexp_is_a_soft_maximum(seed, c, spread):
    (s,), _ = problem(seed, 1, c, spread)
    room = 1e-12 * spread
    assert max(s) - room <= exact(s)[1] <= max(s) + math.log(c) + room
    assert exact([s[0]] * c)[1] == pytest.approx(s[0] + math.log(c), abs=room)


# Slopes


@pytest.mark.verifies("grad-softmax")
@given(seeds, st.integers(1, 5))
def test_jacobian_of_softmax(seed, c):
    (s,), _ = problem(seed, 1, c)
    p = softmax([s])[0]
    J = np.array([[p[i] * ((i == j) - p[j]) for j in range(c)] for i in range(c)])
    for i in range(c):
        check_gradient(lambda s, i=i: softmax([s])[0, i], s, J[i])
    np.testing.assert_allclose(J, J.T)
    np.testing.assert_allclose(J.sum(axis=1), 0, atol=1e-15)


def test_jacobian_of_the_three_scores_by_hand():
    s = np.log([1.0, 2.0, 5.0])
    by_hand = np.array([[7, -2, -5], [-2, 12, -10], [-5, -10, 15]]) / 64
    measured = [
        numerical_gradient(lambda s, i=i: softmax([s])[0, i], s) for i in range(3)
    ]
    np.testing.assert_allclose(measured, by_hand, atol=1e-9)


@pytest.mark.verifies("softmax-vjp")
@given(seeds, sizes, st.integers(1, 5))
def test_the_table_is_never_needed(seed, n, c):
    S, _ = problem(seed, n, c)
    dP, P = np.random.default_rng(seed).normal(size=(n, c)), softmax(S)
    dS = P * (dP - (dP * P).sum(axis=1, keepdims=True))
    for row in range(n):
        J = np.diag(P[row]) - np.outer(P[row], P[row])
        np.testing.assert_allclose(dS[row], J.T @ dP[row], atol=1e-14)
    check_gradient(lambda S: np.sum(dP * softmax(S)), S, dS)


@pytest.mark.verifies("grad-softmax-cross-entropy")
@given(seeds, sizes, st.integers(1, 5))
def test_slope_of_the_loss_is_the_miss(seed, n, c):
    S, y = problem(seed, n, c)
    _, dS = softmax_cross_entropy(S, y)
    P, Y = softmax(S), one_hot(y, c)
    np.testing.assert_allclose(dS, (P - Y) / n, atol=1e-16)
    check_gradient(lambda S: softmax_cross_entropy(S, y)[0], S, dS)
    dP = -Y / P / n  # step by step: the loss, then softmax
    by_steps = P * (dP - (dP * P).sum(axis=1, keepdims=True))
    np.testing.assert_allclose(dS, by_steps, atol=1e-14)


@pytest.mark.verifies("grad-logsumexp")
@given(seeds, st.integers(1, 6))
def test_slope_of_logsumexp_is_softmax(seed, c):
    (s,), _ = problem(seed, 1, c)
    check_gradient(lambda s: math.log(np.exp(s).sum()), s, softmax([s])[0])


def test_repeating_every_example_changes_nothing():
    S, y = problem(8)
    A = np.random.default_rng(8).normal(size=(5, 3))
    loss, dS = softmax_cross_entropy(S, y)
    twice, dS_twice = softmax_cross_entropy(S.repeat(2, axis=0), y.repeat(2))
    assert twice == pytest.approx(loss, rel=1e-12)
    np.testing.assert_allclose(A.repeat(2, axis=0).T @ dS_twice, A.T @ dS, atol=1e-14)


# Label smoothing


@pytest.mark.verifies("label-smoothing")
@given(seeds, share, st.integers(1, 5))
def test_smoothed_loss_is_that_of_labels_drawn_from_a_hat(seed, eps, c):
    S, y = problem(seed, 3, c)
    loss, dS = softmax_cross_entropy(S, y, eps)
    # With chance ε the label is any of the C, with chance 1 − ε the one that is given.
    hat = [softmax_cross_entropy(S, np.full(3, label))[0] for label in range(c)]
    mixed = (1 - eps) * softmax_cross_entropy(S, y)[0] + eps * np.mean(hat)
    assert loss == pytest.approx(mixed, rel=1e-10, abs=1e-12)
    check_gradient(lambda S: softmax_cross_entropy(S, y, eps)[0], S, dS)
    Y = (1 - eps) * one_hot(y, c) + eps / c
    np.testing.assert_allclose(dS, (softmax(S) - Y) / 3, atol=1e-15)
    np.testing.assert_allclose(Y.sum(axis=1), 1)


@pytest.mark.verifies("label-smoothing-gap")
@pytest.mark.parametrize("c", [2, 3, 10])
@pytest.mark.parametrize("eps", [0.01, 0.1, 0.5])
def test_smoothed_loss_is_lowest_at_a_finite_gap(c, eps):
    def loss(gap):
        return softmax_cross_entropy([[gap] + [0.0] * (c - 1)], [0], eps)

    best = math.log(1 + c * (1 - eps) / eps)
    np.testing.assert_allclose(loss(best)[1], 0, atol=1e-15)

    # Descend from 0, knowing nothing of the formula.
    def loss_and_gradient(s):
        L, dS = softmax_cross_entropy([s], [0], eps)
        return L, dS[0]

    s = minimize(loss_and_gradient, np.zeros(c), jac=True, options={"gtol": 1e-15}).x
    np.testing.assert_allclose(s[0] - s[1:], best, rtol=1e-9)
    assert loss(best)[0] < min(loss(best - 0.01)[0], loss(best + 0.01)[0])
    assert loss(best)[0] > 0


# Extremes, types and arguments


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extremes(dtype):
    S = np.array([[1e4, 0, -1e4], [-1e4, 0, 1e4], [0, 0, 0]], dtype)
    with np.errstate(all="raise"):
        P = softmax(S)
        loss, dS = softmax_cross_entropy(S, [0, 0, 1])
    np.testing.assert_allclose(
        P, [[1, 0, 0], [0, 0, 1], [1 / 3] * 3], rtol=1e-6, atol=0
    )
    assert loss * 3 == pytest.approx(2e4 + math.log(3), rel=1e-6)
    np.testing.assert_allclose(dS[1] * 3, [-1, 0, 1], rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scores_at_the_end_of_the_floats(dtype):
    most = np.finfo(dtype).max
    S = np.array([[most, -most]], dtype)
    with np.errstate(all="raise"):
        np.testing.assert_array_equal(softmax(S), [[1, 0]])
        with pytest.raises(ValueError, match=r"^the loss must be finite, got inf"):
            softmax_cross_entropy(S, [1])


def test_float32_stays_float32():
    S, y = problem(8)
    single = S.astype(np.float32)
    loss, dS = softmax_cross_entropy(single, y.astype(np.int8), 0.1)
    assert softmax(single).dtype == dS.dtype == np.float32
    assert loss == pytest.approx(softmax_cross_entropy(S, y, 0.1)[0], rel=1e-6)
    assert type(loss) is float


def test_lists_and_integers_are_fine():
    assert softmax([[0, 0]]).tolist() == [[0.5, 0.5]]
    loss, dS = softmax_cross_entropy([[0, 0], [0, 0]], [0, 1])
    assert loss == pytest.approx(math.log(2))
    assert dS.tolist() == [[-0.25, 0.25], [0.25, -0.25]]


def test_arguments_stay_as_they_are_and_results_are_new():
    S, y = problem(8)
    S_before, y_before = S.copy(), y.copy()
    softmax(S)[:] = 99
    softmax_cross_entropy(S, y)[1][:] = 99
    np.testing.assert_array_equal(S, S_before)
    np.testing.assert_array_equal(y, y_before)


BAD_SCORES = {
    "a row": ([0.0, 1.0], ValueError, r"\(2,\), expected \(N, C\)"),
    "a cube": (np.ones((2, 2, 2)), ValueError, r"\(2, 2, 2\)"),
    "no rows": (np.ones((0, 2)), ValueError, "empty"),
    "no columns": (np.ones((2, 0)), ValueError, "empty"),
    "nan": ([[0, 1], [np.nan, 0]], ValueError, r"nan at index \(1, 0\)"),
    "infinite": ([[0, np.inf], [0, 0]], ValueError, r"inf at index \(0, 1\)"),
    "words": ([["3", "8"]], TypeError, "real numbers"),
    "complex": (np.ones((2, 2)) * 1j, TypeError, "complex"),
}


@pytest.mark.parametrize("case", BAD_SCORES)
@pytest.mark.parametrize(
    "function", [softmax, lambda S: softmax_cross_entropy(S, [0, 1])]
)
def test_bad_scores_are_named(function, case):
    scores, error, match = BAD_SCORES[case]
    with pytest.raises(error, match=rf"^S .*{match}"):
        function(scores)


BAD_LABELS = {
    "one-hot": (np.eye(3)[[0, 2]], TypeError, "whole numbers.*float64"),
    "floats": ([0.0, 2.0], TypeError, "whole numbers.*float64"),
    "booleans": ([True, False], TypeError, "whole numbers.*bool"),
    "none": (None, TypeError, "whole numbers.*object"),
    "too few": ([0], ValueError, r"\(1,\), expected \(2,\)"),
    "too many": ([0, 1, 2], ValueError, r"\(3,\), expected \(2,\)"),
    "a column": ([[0], [1]], ValueError, r"\(2, 1\), expected \(2,\)"),
    "a whole one-hot table": (np.eye(3, dtype=int)[:2], ValueError, r"\(2, 3\)"),
    "negative": ([0, -1], ValueError, "between 0 and 2, got -1 at index 1"),
    "counted from 1": ([3, 1], ValueError, "between 0 and 2, got 3 at index 0"),
}


@pytest.mark.parametrize("case", BAD_LABELS)
def test_bad_labels_are_named(case):
    labels, error, match = BAD_LABELS[case]
    with pytest.raises(error, match=rf"^y .*{match}"):
        softmax_cross_entropy(np.zeros((2, 3)), labels)
    with pytest.raises(error, match=rf"^labels .*{match}"):
        as_labels("labels", labels, 2, 3)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.int64])
def test_labels_of_any_whole_type(dtype):
    labels = as_labels("y", np.array([2, 0], dtype), 2, 3)
    assert labels.dtype == dtype
    assert labels.tolist() == [2, 0]


@pytest.mark.parametrize("smoothing", [-0.1, 1.1, float("nan")])
def test_smoothing_is_a_chance(smoothing):
    with pytest.raises(ValueError, match=r"^smoothing must lie between 0 and 1, got"):
        softmax_cross_entropy([[0.0, 1.0]], [0], smoothing)


def test_it_reads_the_digits_in_a_few_seconds_on_one_core():
    images, digits = load_digits()
    X, rng = images.reshape(-1, 64), np.random.default_rng(8)
    learn, unseen = np.split(rng.permutation(len(X)), [1198])
    net, start = MLP((64, 100, 10), "relu", rng), time.process_time()
    net.train(X[learn], digits[learn], softmax_cross_entropy, 0.7, 25, rng)
    assert time.process_time() - start < 5  # seconds of all cores together
    read = net.forward(X[unseen]).argmax(axis=1)
    assert np.mean(read == digits[unseen]) >= 0.97  # it is 0.98, on this split

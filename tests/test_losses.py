"""The losses and the descent: every equation of chapter 4, every bad argument."""

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backprop.gradcheck import check_gradient, numerical_gradient
from backprop.losses import binary_cross_entropy, half_squared_error
from backprop.neuron import derivative_sigmoid, sigmoid

seeds = st.integers(0, 2**32 - 1)
targets = st.floats(0, 1)
LOSSES = (half_squared_error, binary_cross_entropy)


def problem(seed, n=7, d=3):
    """Return inputs X (n, d), targets y (n,) of 0 and 1, and weights w (d,)."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, size=n).astype(float)
    return rng.normal(size=(n, d)), y, rng.normal(size=d)


def exact(z, y):
    """Cross-entropy by its definition, with 120 digits."""
    with localcontext() as context:
        context.prec = 120
        z, y = Decimal(z), Decimal(y)
        a = 1 / (1 + (-z).exp())
        return float(-y * a.ln() - (1 - y) * (1 - a).ln())


# Where a loss comes from


@pytest.mark.verifies("cross-entropy")
@given(seeds, st.integers(1, 8))
def test_cross_entropy_is_minus_the_logarithm_of_a_chance(seed, n):
    rng = np.random.default_rng(seed)
    z, y = rng.normal(size=n), rng.integers(0, 2, size=n)
    a = sigmoid(z)
    chance = math.prod(a_i if y_i else 1 - a_i for a_i, y_i in zip(a, y, strict=True))
    by_formula = -y * np.log(a) - (1 - y) * np.log(1 - a)
    assert by_formula.sum() == pytest.approx(-math.log(chance), rel=1e-9)
    assert binary_cross_entropy(z, y)[0] * n == pytest.approx(-math.log(chance))


@pytest.mark.verifies("gaussian-loss")
@pytest.mark.parametrize("s", [0.3, 1.0, 2.5])
def test_half_squared_error_is_minus_the_logarithm_of_a_bell(s):
    a, y = 0.4, np.linspace(0.4 - 12 * s, 0.4 + 12 * s, 4001)
    density = np.exp(-((y - a) ** 2) / (2 * s**2)) / (s * math.sqrt(2 * math.pi))
    assert np.sum(density) * (y[1] - y[0]) == pytest.approx(1, rel=1e-9)
    constant = math.log(s * math.sqrt(2 * math.pi))
    for target, chance in zip(y[1900:2100:20], density[1900:2100:20], strict=True):
        loss, slope = half_squared_error(a / s, target / s)
        assert loss + constant == pytest.approx(-math.log(chance), rel=1e-12)
        assert slope == pytest.approx((a - target) / s)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.75])
def test_both_losses_are_lowest_at_the_share_of_ones(share):
    y = (np.arange(20) < 20 * share).astype(float)
    z = np.full(20, math.log(share / (1 - share)))
    _, dz = binary_cross_entropy(z, y)
    _, da = half_squared_error(np.full(20, share), y)
    assert dz.sum() == pytest.approx(0, abs=1e-15)
    assert da.sum() == pytest.approx(0, abs=1e-15)


# What cancels, and what does not


@pytest.mark.verifies("grad-bce-a")
@given(st.floats(0.05, 0.95), st.sampled_from([0, 1]), targets)
def test_slope_of_cross_entropy_at_the_activation(a, y, mixed):
    check_gradient(
        lambda a: -y * np.log(a) - (1 - y) * np.log(1 - a),
        np.array(a),
        (a - y) / (a * (1 - a)),
    )
    # A target between the two mixes their losses, and so their slopes.
    slope = mixed * (a - 1) / (a * (1 - a)) + (1 - mixed) * a / (a * (1 - a))
    assert slope == pytest.approx((a - mixed) / (a * (1 - a)), abs=1e-12)


@pytest.mark.verifies("grad-bce")
@given(st.floats(-20, 20), targets)
def test_slope_of_cross_entropy_at_the_logit_is_the_miss(z, y):
    _, dz = binary_cross_entropy(z, y)
    assert dz == sigmoid(z) - y
    check_gradient(lambda z: binary_cross_entropy(z, y)[0], np.array(z), dz)


@pytest.mark.verifies("saturation")
@given(st.floats(-20, 20), targets)
def test_half_squared_error_keeps_the_slope_of_the_sigmoid(z, y):
    a = sigmoid(z)
    _, dz = binary_cross_entropy(z, y)
    _, da = half_squared_error(a, y)
    squared = da * derivative_sigmoid(z)
    assert squared == pytest.approx(a * (1 - a) * dz, rel=1e-6)
    check_gradient(lambda z: half_squared_error(sigmoid(z), y)[0], np.array(z), squared)


@pytest.mark.verifies("stable-bce")
@given(st.floats(-100, 100), st.sampled_from([0.0, 1.0]) | targets)
def test_stable_cross_entropy_has_every_digit(z, y):
    # The terms of a target between 0 and 1 may cancel; those of 0 and 1 cannot.
    lost = 1e-15 * abs(z) if 0 < y < 1 else 0
    loss, _ = binary_cross_entropy(z, y)
    formula = max(z, 0) - z * y + math.log1p(math.exp(-abs(z)))
    assert loss == pytest.approx(formula, rel=1e-14, abs=lost)
    assert loss == pytest.approx(exact(z, y), rel=1e-14, abs=lost)


@pytest.mark.parametrize("z", [-700.0, -100.0, -17.0, 0.0, 17.0, 40.0, 700.0])
@pytest.mark.parametrize("y", [0.0, 1.0])
def test_cross_entropy_of_a_certain_answer(z, y):
    right = (z > 0) == y
    loss, _ = binary_cross_entropy(z, y)
    assert loss == pytest.approx(np.log1p(np.exp(-abs(z))) + (not right) * abs(z))
    assert loss > 0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extremes(dtype):
    z = np.array([-1e4, -1e4, 0, 1e4, 1e4], dtype)
    y = np.array([0, 1, 1, 0, 1], dtype)
    with np.errstate(all="raise"):
        loss, dz = binary_cross_entropy(z, y)
    assert loss * 5 == pytest.approx(2e4 + math.log(2), rel=1e-6)
    np.testing.assert_array_equal(dz, np.array([0, -1, -0.5, 1, 0], dtype) / dtype(5))


# The largest stable step

curvature = st.floats(1e-3, 1e3)


@pytest.mark.verifies("bowl-step")
@given(curvature, st.floats(0, 1), st.integers(0, 50))
def test_descent_in_a_bowl(c, share, steps):
    lr, u = share * 2 / c, 1.3
    check_gradient(lambda u: c / 2 * u**2, np.array(u), c * u)
    for _ in range(steps):
        u -= lr * c * u
    assert u == pytest.approx((1 - lr * c) ** steps * 1.3, rel=1e-9, abs=1e-12)


@pytest.mark.verifies("largest-step")
@given(curvature, st.floats(0.01, 2))
def test_the_largest_stable_step(c, share):
    lr, u = share * 2 / c, 1.0
    for _ in range(200):
        u -= lr * c * u
    assert (abs(u) < 1) == (lr < 2 / c) or share == pytest.approx(1, abs=1e-12)


@pytest.mark.verifies("best-step")
@given(st.floats(0.1, 10), st.floats(1, 1e4))
def test_the_best_step_in_two_directions(small, kappa):
    large = small * kappa

    def slower(lr):
        return np.maximum(abs(1 - lr * small), abs(1 - lr * large))

    lr = 2 / (small + large)
    assert slower(lr) == pytest.approx((kappa - 1) / (kappa + 1), abs=1e-12)
    rates = np.linspace(0, 2 / large, 1001)
    assert slower(lr) <= slower(rates).min() + 1e-12


# Batches


@pytest.mark.verifies("mean-loss")
@given(seeds, st.integers(1, 6), st.integers(1, 4))
def test_loss_of_a_batch_is_the_mean_of_its_rows(seed, n, k):
    rng = np.random.default_rng(seed)
    z, y = rng.normal(size=(n, k)), rng.uniform(size=(n, k))
    for loss in LOSSES:
        each = [
            sum(loss(z_ij, y_ij)[0] for z_ij, y_ij in zip(z_i, y_i, strict=True))
            for z_i, y_i in zip(z, y, strict=True)
        ]
        assert loss(z, y)[0] == pytest.approx(sum(each) / n, rel=1e-12)
        assert loss(z[:, 0], y[:, 0])[0] == pytest.approx(
            loss(z[:, :1], y[:, :1])[0], rel=1e-12
        )


@pytest.mark.parametrize("shape", [(), (4,), (1,), (4, 3), (3, 4), (4, 1)])
@pytest.mark.parametrize("loss", LOSSES)
def test_slope_of_a_batch(loss, shape):
    rng = np.random.default_rng(4)
    z, y = np.array(rng.normal(size=shape)), np.array(rng.uniform(size=shape))
    value, slope = loss(z, y)
    assert type(value) is float
    assert slope.shape == shape
    check_gradient(lambda z: loss(z, y)[0], z, slope)


@pytest.mark.verifies("grad-mean")
@given(seeds, st.integers(1, 6), st.integers(1, 6))
def test_gradient_of_a_batch(seed, n, d):
    X, y, w = problem(seed, n, d)
    _, dz = binary_cross_entropy(X @ w, y)
    np.testing.assert_allclose(dz, (sigmoid(X @ w) - y) / n, rtol=1e-15)
    check_gradient(lambda w: binary_cross_entropy(X @ w, y)[0], w, X.T @ dz)


@given(seeds, st.integers(2, 4))
def test_repeating_every_example_changes_nothing(seed, times):
    X, y, w = problem(seed)
    for loss in LOSSES:
        value, dz = loss(X @ w, y)
        many = X.repeat(times, axis=0)
        repeated, dz_repeated = loss(many @ w, y.repeat(times))
        assert repeated == pytest.approx(value, rel=1e-12)
        np.testing.assert_allclose(many.T @ dz_repeated, X.T @ dz, atol=1e-14)


def hessian(X, w):
    a = sigmoid(X @ w)
    return X.T @ (X * (a * (1 - a))[:, None]) / len(X)


@pytest.mark.verifies("curvature")
@given(seeds, st.integers(1, 4))
def test_curvature_of_the_mean_cross_entropy(seed, d):
    X, y, w = problem(seed, d=d)
    H = hessian(X, w)
    for j in range(d):
        check_gradient(
            lambda w, j=j: X[:, j] @ binary_cross_entropy(X @ w, y)[1], w, H[j]
        )
    # Nowhere is it more strongly curved than at w = 0.
    top, steepest = (np.linalg.eigvalsh(hessian(X, v))[-1] for v in (w, 0 * w))
    assert top <= steepest * (1 + 1e-12)
    assert steepest == pytest.approx(np.linalg.eigvalsh(X.T @ X / len(X))[-1] / 4)


@pytest.mark.verifies("safe-step")
@given(seeds, st.floats(0.01, 1.5))
def test_the_loss_after_a_step_is_below_the_parabola(seed, share):
    X, y, w = problem(seed)
    c = np.linalg.eigvalsh(hessian(X, 0 * w))[-1]
    lr = share * 2 / c
    before, dz = binary_cross_entropy(X @ w, y)
    dw = X.T @ dz
    after, _ = binary_cross_entropy(X @ (w - lr * dw), y)
    g2 = dw @ dw
    assert after <= before - lr * g2 + c * lr**2 * g2 / 2 + 1e-12
    if share < 0.99:
        assert after <= before


@pytest.mark.verifies("minibatch")
@given(seeds, st.sampled_from([1, 2, 3, 6, 12]))
def test_minibatches_average_to_the_gradient(seed, size):
    X, y, w = problem(seed, n=12)
    rows = np.random.default_rng(seed).permutation(12).reshape(-1, size)
    parts = [X[r].T @ binary_cross_entropy(X[r] @ w, y[r])[1] for r in rows]
    whole = numerical_gradient(lambda w: binary_cross_entropy(X @ w, y)[0], w)
    np.testing.assert_allclose(np.mean(parts, axis=0), whole, atol=1e-9)


# Types and arguments


@pytest.mark.parametrize("loss", LOSSES)
def test_float32_stays_float32_whatever_the_targets_are(loss):
    z = np.array([-3.0, 0.5, 2.0, 8.0])
    y = np.array([0, 1, 1, 0])
    value, slope = loss(z, y)
    for same in (y, y.astype(bool), y.astype(float), y.astype(np.float32)):
        single, single_slope = loss(z.astype(np.float32), same)
        assert single_slope.dtype == np.float32
        assert single == pytest.approx(value, rel=1e-6)
        np.testing.assert_allclose(single_slope, slope, rtol=1e-6)


@pytest.mark.parametrize("loss", LOSSES)
def test_numbers_lists_and_integers_are_fine(loss):
    assert loss([2, 0], [1, 0])[0] == loss(np.array([2.0, 0.0]), [True, False])[0]
    assert loss(2, 1)[0] == loss([2.0], [1.0])[0]
    assert loss(np.array([2, 0], np.uint8), [1, 0])[1].dtype == np.float64


@pytest.mark.parametrize("loss", LOSSES)
def test_arguments_stay_as_they_are_and_the_slope_is_new(loss):
    z, y = np.array([0.5, -2.0]), np.array([1.0, 0.0])
    _, slope = loss(z, y)
    slope[:] = 99
    np.testing.assert_array_equal(z, [0.5, -2.0])
    np.testing.assert_array_equal(y, [1.0, 0.0])


BAD = {
    "a column of targets": ("y", np.ones((3, 1)), ValueError, r"\(3, 1\).*\(3,\)"),
    "too few targets": ("y", np.ones(2), ValueError, r"\(2,\).*\(3,\)"),
    "one target for all": ("y", 1.0, ValueError, r"\(\).*\(3,\)"),
    "no target": ("y", None, TypeError, "NoneType"),
    "a target of nan": ("y", [0, np.nan, 1], ValueError, r"nan at index \(1,\)"),
    "words": ("y", ["benign"] * 3, TypeError, "real numbers"),
    "an empty batch": ("first", np.ones((0, 2)), ValueError, "empty"),
    "an infinite answer": ("first", [1, np.inf, 0], ValueError, "inf at index"),
    "complex": ("first", np.ones(3) * 1j, TypeError, "complex"),
    "ragged": ("first", [[1, 2], [3]], TypeError, "array of numbers"),
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize(("loss", "first"), [(LOSSES[0], "a"), (LOSSES[1], "z")])
def test_bad_arguments_are_named(loss, first, case):
    name, value, error, match = BAD[case]
    answer, target = np.array([0.2, -0.5, 1.0]), np.array([0.0, 1.0, 1.0])
    if name == "first":
        name, answer = first, value
    else:
        target = value
    with pytest.raises(error, match=rf"^{name} .*{match}"):
        loss(answer, target)


@pytest.mark.parametrize("y", [[-1, 1, 1], [0, 2, 1], [0.5, 1.0001, 0]])
def test_targets_of_cross_entropy_are_chances(y):
    with pytest.raises(ValueError, match=r"^y must lie between 0 and 1, got .* from"):
        binary_cross_entropy([0.1, 0.2, 0.3], y)
    half_squared_error([0.1, 0.2, 0.3], y)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(
    ("dtype", "large"), [(np.float32, 3e38), (np.float64, 1.7e308)]
)
def test_a_loss_beyond_the_finite_numbers_is_an_error(loss, dtype, large):
    with pytest.raises(ValueError, match=r"^the loss must be finite, got inf"):
        loss(np.full(2, large, dtype), np.zeros(2, dtype))

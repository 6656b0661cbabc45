"""The bug clinic: each equation of chapter 9, the healthy step, twelve patients."""

import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backprop.clinic import (
    PATIENTS,
    block_error,
    clinic_loss,
    mutant,
    source_of,
    step,
    step_gradient,
)
from backprop.gradcheck import check_gradient, numerical_gradient
from backprop.layers import relu
from backprop.losses import softmax

seeds = st.integers(0, 2**32 - 1)
LR = 0.2

# What stands in each block when one block is wrong: said here independently.
TOUCHES = {
    "sign": "W1 b1 W2 b2",
    "extra-slope": "W1 b1 W2 b2",
    "own-output": "W1 b1",
    "stale": "W1 b1",
    "no-mean": "W1 b1 W2 b2",
    "mean-twice": "W1 b1 W2 b2",
    "not-transposed": "W1 b1",
    "no-sum": "b1 b2",
    "elementwise": "W1 b1 W2 b2",
    "dropout": "W1 b1",
    "broadcast": "W1 b1 W2",
    "essay": "W1",
}


def problem(seed, N=5, D=4, H=3, C=6):
    """Return theta, X, y of a network that has no unit near its kink, and some dead."""
    rng = np.random.default_rng(seed)
    while True:
        W1, b1 = rng.normal(size=(D, H)), rng.normal(size=H)
        X = rng.normal(size=(N, D))
        Z = X @ W1 + b1
        mixed = ((Z > 0).any(axis=0) & (Z < 0).any(axis=0)).all()
        if np.abs(Z).min() > 1e-3 and (mixed or N == 1):
            break
    theta = W1, b1, rng.normal(size=(H, C)), rng.normal(size=C)
    return theta, X, rng.integers(0, C, size=N)


def mask(seed, shape):
    return 2.0 * np.random.default_rng(seed).integers(0, 2, size=shape)


def block_losses(theta, X, y, M=1.0):
    """Return the loss as a function of each block, the others held still."""
    return [
        lambda block, k=k: clinic_loss((*theta[:k], block, *theta[k + 1 :]), X, y, M)
        for k in range(4)
    ]


def joined(blocks):
    return np.concatenate([np.ravel(block) for block in blocks])


def backward_of(theta, X, y):
    """Compute the slopes on the way back, one example and one unit at a time."""
    W1, b1, W2, b2 = theta
    A1 = np.maximum(X @ W1 + b1, 0)
    dS = softmax(A1 @ W2 + b2)
    for i, label in enumerate(y):
        dS[i, label] -= 1
    dS /= len(X)
    return A1, dS, np.einsum("ic,jc->ij", dS, W2)


# The healthy step


@pytest.mark.verifies("step-gradient")
@given(seeds, st.booleans(), st.floats(1e-3, 10))
def test_a_healthy_step_moves_by_the_measured_gradient(seed, dropout, lr):
    theta, X, y = problem(seed)
    M = mask(seed, (5, 3)) if dropout else 1.0
    loss, after = step(theta, X, y, lr, M)
    assert loss == pytest.approx(clinic_loss(theta, X, y, M), rel=1e-12)
    claimed = step_gradient(step, theta, X, y, lr, M)
    for f, before, moved, g in zip(
        block_losses(theta, X, y, M), theta, after, claimed, strict=True
    ):
        check_gradient(f, before, g)
        np.testing.assert_allclose(before - lr * g, moved, rtol=1e-12, atol=1e-12)


def test_a_step_changes_nothing_that_it_was_given():
    theta, X, y = problem(0)
    given_arrays = (*theta, X, y)
    copies = [array.copy() for array in given_arrays]
    _, after = step(theta, X, y, LR)
    for array, copy in zip(given_arrays, copies, strict=True):
        np.testing.assert_array_equal(array, copy)
    assert not any(np.shares_memory(a, b) for a, b in zip(theta, after, strict=True))


def test_repeated_rows_change_nothing():
    theta, X, y = problem(1)
    once = step_gradient(step, theta, X, y, LR)
    twice = step_gradient(step, theta, np.tile(X, (2, 1)), np.tile(y, 2), LR)
    for g, again in zip(once, twice, strict=True):
        np.testing.assert_allclose(g, again, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("function", [clinic_loss, lambda *at: step(*at, LR)])
@pytest.mark.parametrize(
    ("change", "error", "match"),
    [
        (lambda theta, X, y: (theta, X[:, :3], y), ValueError, r"^W has shape"),
        (lambda theta, X, y: (theta, X, y[:4]), ValueError, r"^y has shape \(4,\)"),
        (lambda theta, X, y: (theta, X, y + 9), ValueError, r"^y must lie between"),
        (lambda theta, X, y: (theta, X, y + 0.5), TypeError, r"^y must be whole"),
        (lambda theta, X, y: (theta, X * np.nan, y), ValueError, r"^X must be finite"),
    ],
)
def test_bad_arguments_are_named(function, change, error, match):
    with pytest.raises(error, match=match):
        function(*change(*problem(2)))


# The patients


@pytest.mark.parametrize("patient", PATIENTS)
def test_each_patient_is_wrong_where_it_should_be_and_nowhere_else(patient):
    touched = dict.fromkeys(("W1", "b1", "W2", "b2"), 0.0)
    for seed in range(5):
        theta, X, y = problem(seed, N=4, D=4)  # at which all of them run
        M = mask(seed, (4, 3)) if patient == "dropout" else 1.0
        claimed = step_gradient(mutant(patient), theta, X, y, LR, M)
        for f, name, block, g in zip(
            block_losses(theta, X, y, M), touched, theta, claimed, strict=True
        ):
            error = block_error(g, numerical_gradient(f, block))
            touched[name] = max(touched[name], error)
    wrong = [name for name, error in touched.items() if error > 1e-3]
    assert " ".join(wrong) == TOUCHES[patient]
    assert all(touched[name] < 1e-6 for name in touched if name not in wrong)


def test_only_the_essay_crashes_at_unequal_sizes():
    theta, X, y = problem(3)
    for patient in PATIENTS:
        sick = mutant(patient)
        if patient == "essay":
            with pytest.raises(ValueError, match="broadcast"):
                sick(theta, X, y, LR)
        else:
            sick(theta, X, y, LR)


def test_for_a_square_matrix_the_reshape_is_the_matrix_itself():
    theta, X, y = problem(4, H=3, C=3)
    _, dS, _ = backward_of(theta, X, y)
    A1 = relu(X @ theta[0] + theta[1])
    claimed = step_gradient(mutant("not-transposed"), theta, X, y, LR)
    expected = X.T @ (dS @ theta[2] * (A1 > 0))
    np.testing.assert_allclose(claimed[0], expected, atol=1e-12)


def test_several_patients_at_once_and_none():
    theta, X, y = problem(5)
    M = mask(5, (5, 3))
    assert source_of() == inspect.getsource(step)
    healthy, same = (step_gradient(s, theta, X, y, LR, M) for s in (step, mutant()))
    for g, h in zip(healthy, same, strict=True):
        np.testing.assert_array_equal(g, h)
    both = step_gradient(mutant("own-output", "dropout"), theta, X, y, LR, M)
    _, dS, _ = backward_of(theta, X, y)
    A1 = relu(X @ theta[0] + theta[1]) * M
    dS = softmax(A1 @ theta[2] + theta[3]) - np.eye(6)[y]
    expected = X.T @ (dS / 5 @ theta[2].T * (M > 0))
    np.testing.assert_allclose(both[0], expected, atol=1e-12)


def test_unknown_patients_and_two_in_one_bed():
    with pytest.raises(ValueError, match=r"^patient must be one of sign, .*'flu'"):
        mutant("flu")
    with pytest.raises(ValueError, match="want to change the same words"):
        mutant("no-mean", "mean-twice")


# Errors and promises


@pytest.mark.verifies("block-error")
@given(seeds, st.floats(1, 1e6))
def test_error_of_a_block(seed, factor):
    rng = np.random.default_rng(seed)
    g, h = rng.normal(size=(2, 3, 4))
    assert block_error(g, g) == block_error(0 * g, 0 * g) == 0
    assert block_error(-g, g) == 2
    assert block_error(0 * g, g) == block_error(g, 0 * g) == 1
    for one, other in ((factor * g, g), (g, factor * g)):
        assert block_error(one, other) == pytest.approx(1 - 1 / factor, abs=1e-12)
    squares = [sum(x * x for x in a.flat) for a in (g - h, g, h)]
    expected = (squares[0] / max(squares[1:])) ** 0.5
    assert block_error(g, h) == pytest.approx(expected, rel=1e-12)
    assert 0 <= block_error(g, h) <= 2


def test_error_of_blocks_of_unequal_shapes():
    with pytest.raises(ValueError, match=r"^gradient has shape \(3, 1\), .* \(3,\)"):
        block_error(np.ones((3, 1)), np.ones(3))


@pytest.mark.verifies("kept-promise")
@pytest.mark.parametrize("patient", PATIENTS)
def test_what_is_kept_of_a_promise(patient):
    theta, X, y = problem(6, N=4, D=4)
    M = mask(6, (4, 3)) if patient == "dropout" else 1.0
    claimed = step_gradient(mutant(patient), theta, X, y, LR, M)
    right = [
        numerical_gradient(f, block)
        for f, block in zip(block_losses(theta, X, y, M), theta, strict=True)
    ]
    promise = joined(claimed) @ joined(claimed)
    eps = 1e-7 / np.sqrt(promise)
    moved = [b - eps * g for b, g in zip(theta, claimed, strict=True)]
    fall = clinic_loss(theta, X, y, M) - clinic_loss(moved, X, y, M)
    expected = joined(right) @ joined(claimed) / promise
    assert fall / (eps * promise) == pytest.approx(expected, rel=1e-4, abs=1e-4)
    # A block that claims nothing promises nothing.
    less = [0 * right[0], *right[1:]]
    assert joined(right) @ joined(less) == pytest.approx(joined(less) @ joined(less))


@pytest.mark.verifies("stale-weights")
@given(seeds, st.floats(0.01, 1))
def test_what_stale_weights_add(seed, lr):
    theta, X, y = problem(seed)
    A1, dS, dA1 = backward_of(theta, X, y)
    early = theta[2] - lr * A1.T @ dS
    hat = dA1 - lr * (dS @ dS.T) @ A1
    np.testing.assert_allclose(dS @ early.T, hat, atol=1e-12)
    claimed = step_gradient(mutant("stale"), theta, X, y, lr)
    np.testing.assert_allclose(claimed[0], X.T @ (hat * (A1 > 0)), atol=1e-9)
    assert np.linalg.eigvalsh(dS @ dS.T).min() > -1e-12  # it turns nothing round
    # The rest of its step is right.
    for g, right in zip(
        claimed[2:], step_gradient(step, theta, X, y, lr)[2:], strict=True
    ):
        np.testing.assert_allclose(g, right, atol=1e-12)


@pytest.mark.verifies("broadcast-loss")
@given(seeds)
def test_the_broadcast_patient_follows_its_own_loss(seed):
    theta, X, y = problem(seed)
    sick = mutant("broadcast")
    A1, *_ = backward_of(theta, X, y)

    def loss_of_scores(S):
        P = softmax(S)
        total = sum(np.log(P[i, label]) for i in range(5) for label in y)
        return -total / 5**2

    S = A1 @ theta[2] + theta[3]
    assert sick(theta, X, y, LR)[0] == pytest.approx(loss_of_scores(S), rel=1e-12)
    mean = np.mean([np.eye(6)[label] for label in y], axis=0)
    check_gradient(loss_of_scores, S, (softmax(S) - mean) / 5)
    check_gradient(
        lambda b2: sick((*theta[:3], b2), X, y, LR)[0],
        theta[3],
        step_gradient(sick, theta, X, y, LR)[3],
    )

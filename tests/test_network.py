"""The network: every equation of chapter 7, every gradient, every bad argument."""

import copy
import pickle
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backprop.gradcheck import check_gradient, numerical_gradient
from backprop.layers import relu, relu_backward, unbroadcast
from backprop.losses import (
    binary_cross_entropy,
    half_squared_error,
    softmax_cross_entropy,
)
from backprop.network import ACTIVATIONS, MLP, split

seeds = st.integers(0, 2**32 - 1)
SIZES = ((5, 2), (5, 4, 2), (1, 7, 3, 1), (5, 4, 3, 6, 2))  # one to four layers
FORMULAS = {  # each squash and its slope, from the books
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: 1 / (2 + 2 * np.cosh(z))),
    "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
    "relu": (lambda z: z * (z > 0), lambda z: 1.0 * (z > 0)),
}


def network(seed, sizes=(5, 4, 3, 2), activation="tanh", dtype=np.float64):
    """Return a network off the kinks of relu, inputs of 6 rows, and targets."""
    rng = np.random.default_rng(seed)
    net = MLP(sizes, activation, rng, dtype)
    X = np.zeros((6, sizes[0]), dtype)
    while not away_from_kinks(net, X):
        net.theta[...] = rng.normal(0, 0.6, net.theta.shape)  # biases too
        X = rng.normal(size=X.shape).astype(dtype)
    return net, X, rng.uniform(size=(6, sizes[-1])).astype(dtype)


def away_from_kinks(net, X):
    """Tell whether no weighted sum of a hidden unit is close to 0, were it a relu."""
    A = X
    for W, b in zip(net.W[:-1], net.b[:-1], strict=True):
        Z = A @ W + b
        if np.abs(Z).min() < 1e-3:
            return False
        A = np.maximum(Z, 0)
    return bool(X.any())


def digits_of_two_kinds(seed=0, n=40):
    """Return points in the plane and their labels, 0 and 1: something to learn."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    return rng.normal(size=(n, 2)) + 2 * y[:, None], y


# Broadcasting undone

shapes = st.lists(st.integers(1, 4), max_size=3).map(tuple)


@st.composite
def broadcast_pairs(draw):
    """Draw a shape, and one that it can be broadcast to."""
    wide = draw(shapes)
    start = draw(st.integers(0, len(wide)))
    return tuple(draw(st.sampled_from([1, size])) for size in wide[start:]), wide


@pytest.mark.verifies("grad-broadcast")
@given(broadcast_pairs(), seeds)
def test_slopes_of_copies_add(pair, seed):
    shape, wide = pair
    rng = np.random.default_rng(seed)
    V, G = np.asarray(rng.normal(size=shape)), np.asarray(rng.normal(size=wide))
    numbered = np.broadcast_to(np.arange(V.size).reshape(shape), wide)
    expected = np.zeros(V.size)
    for index in np.ndindex(wide):
        expected[numbered[index]] += G[index]  # entry `index` is a copy of this one
    gradient = unbroadcast(G, shape)
    assert gradient.shape == shape
    np.testing.assert_allclose(gradient.ravel(), expected, rtol=1e-12, atol=1e-13)
    check_gradient(lambda V: np.sum(G * np.broadcast_to(V, wide)), V, gradient)


@given(broadcast_pairs(), broadcast_pairs(), seeds)
def test_both_factors_of_a_broadcast_product(one, other, seed):
    rng = np.random.default_rng(seed)
    U, V = np.asarray(rng.normal(size=one[0])), np.asarray(rng.normal(size=other[0]))
    try:
        shape = np.broadcast_shapes(U.shape, V.shape)
    except ValueError:
        return
    G = np.asarray(rng.normal(size=shape))
    check_gradient(lambda U: np.sum(G * (U * V)), U, unbroadcast(G * V, U.shape))
    check_gradient(lambda V: np.sum(G * (U * V)), V, unbroadcast(G * U, V.shape))


def test_unbroadcast_by_hand():
    G = [[1, 2, 3], [10, 20, 30]]
    np.testing.assert_array_equal(unbroadcast(G, (2, 1)), [[6], [60]])
    np.testing.assert_array_equal(unbroadcast(G, (1, 3)), [[11, 22, 33]])
    np.testing.assert_array_equal(unbroadcast(G, (3,)), [11, 22, 33])
    np.testing.assert_array_equal(unbroadcast(G, (2, 3)), G)
    assert unbroadcast(G, ()) == 66
    assert unbroadcast(5, ()) == 5
    assert unbroadcast(np.ones((0, 3)), (3,)).tolist() == [0, 0, 0]


def test_unbroadcast_returns_an_array_of_its_own():
    G = np.ones((2, 3))
    unbroadcast(G, (2, 3))[...] = 7
    np.testing.assert_array_equal(G, np.ones((2, 3)))


@pytest.mark.parametrize(
    ("G", "shape"),
    [((3, 4), (3,)), ((3, 4), (4, 3)), ((4,), (1, 4)), ((), (1,)), ((1, 4), (3, 4))],
)
def test_unbroadcast_refuses_what_numpy_cannot_have_broadcast(G, shape):
    with pytest.raises(ValueError, match=r"^gradient has shape .* cannot be broadcast"):
        unbroadcast(np.ones(G), shape)


def test_unbroadcast_refuses_what_is_no_number():
    with pytest.raises(TypeError, match=r"^gradient must be"):
        unbroadcast(["a"], (1,))


# The relu


@pytest.mark.verifies("relu")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_relu_lets_pass_what_is_positive(dtype):
    z = np.array([[-np.inf, -2, -0.0], [0, 1e-30, 3]], dtype)
    a = relu(z)
    assert a.dtype == dtype
    for before, after in zip(z.flat, a.flat, strict=True):
        assert after == (before if before > 0 else 0)
    assert np.isnan(relu(np.nan))
    assert relu([-1, 2]).tolist() == [0, 2]


@pytest.mark.verifies("grad-relu")
@given(seeds)
def test_slope_of_the_relu(seed):
    rng = np.random.default_rng(seed)
    Z = rng.normal(size=(4, 3))
    Z += 0.01 * np.sign(Z)  # away from the kink
    dA = rng.normal(size=(4, 3))
    dZ = relu_backward(dA, relu(Z))
    check_gradient(lambda Z: np.sum(dA * relu(Z)), Z, dZ)
    np.testing.assert_array_equal(dZ, np.where(Z > 0, dA, 0))


def test_relu_at_its_kink():
    assert relu_backward(3.0, relu(0.0)) == 0
    assert relu_backward(np.float32([2]), np.float32([1])).dtype == np.float32
    with pytest.raises(ValueError, match=r"^dA has shape \(3,\), expected \(2,\)"):
        relu_backward(np.ones(3), np.ones(2))
    with pytest.raises(ValueError, match=r"^A must be finite, got nan"):
        relu_backward(1.0, np.nan)


# The four equations


@pytest.mark.verifies("bp-output")
@pytest.mark.parametrize("activation", FORMULAS)
@given(seeds)
def test_slope_of_the_last_sums(activation, seed):
    rng = np.random.default_rng(seed)
    squash, slope = FORMULAS[activation]
    Z, Y = rng.normal(size=(4, 3)), rng.uniform(size=(4, 3))
    Z += 0.01 * np.sign(Z)
    _, dA = half_squared_error(squash(Z), Y)
    check_gradient(
        lambda Z: half_squared_error(squash(Z), Y)[0], Z, dA * slope(Z), tolerance=1e-5
    )


def by_equations(net, X, dS):
    """Return dZ, dW and db of each layer by the four equations, sum by sum."""
    squash, slope = FORMULAS[net.activation]
    A, Z = [X], []
    for W, b in zip(net.W, net.b, strict=True):
        Z.append(A[-1] @ W + b)
        A.append(squash(Z[-1]))
    dZ = [dS]
    for W, Z_before in zip(net.W[:0:-1], Z[-2::-1], strict=True):
        dA = [[sum(row * weights) for weights in W] for row in dZ[0]]
        dZ.insert(0, np.array(dA) * slope(Z_before))
    dW = [
        sum(np.outer(a, dz) for a, dz in zip(*rows, strict=True))
        for rows in zip(A[:-1], dZ, strict=True)
    ]
    return Z, dZ, dW, [sum(rows) for rows in dZ]


@pytest.mark.verifies("bp-hidden", "bp-bias", "bp-weights")
@pytest.mark.parametrize("activation", FORMULAS)
@pytest.mark.parametrize("sizes", SIZES)
def test_the_four_equations(sizes, activation):
    net, X, Y = network(1, sizes, activation)
    squash, _ = FORMULAS[activation]
    _, dS = binary_cross_entropy(net.forward(X), Y)
    Z, dZ, dW, db = by_equations(net, X, dS)

    def loss_from(layer, Z):
        for W, b in zip(net.W[layer + 1 :], net.b[layer + 1 :], strict=True):
            Z = squash(Z) @ W + b
        return binary_cross_entropy(Z, Y)[0]

    for layer in range(len(Z)):
        check_gradient(lambda Z, layer=layer: loss_from(layer, Z), Z[layer], dZ[layer])
    found_W, found_b = split(net.backward(dS), net.sizes)
    for found, expected in ((found_W, dW), (found_b, db)):
        for one, two in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, two, rtol=1e-10, atol=1e-14)


@pytest.mark.verifies("bp-hidden", "bp-bias", "bp-weights")
def test_the_four_equations_in_columns():
    net, X, Y = network(2)
    _, dS = binary_cross_entropy(net.forward(X), Y)
    w, a, delta = [W.T for W in net.W], [A.T for A in net.A], dS.T
    dW, db = split(net.backward(dS), net.sizes)
    for layer in (2, 1, 0):
        np.testing.assert_allclose(delta @ a[layer].T, dW[layer].T, rtol=1e-12)
        np.testing.assert_allclose(delta.sum(axis=1), db[layer], rtol=1e-12)
        delta = w[layer].T @ delta * (1 - a[layer] ** 2)


# The whole network


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("loss", [binary_cross_entropy, half_squared_error])
def test_gradient_of_the_whole_network(sizes, activation, loss):
    net, X, Y = network(3, sizes, activation)
    theta = net.theta.copy()

    def loss_at(values):
        net.theta[...] = values
        return loss(net.forward(X), Y)[0]

    _, dS = loss(net.forward(X), Y)
    check_gradient(loss_at, theta, net.backward(dS))


@given(seeds, st.integers(1, 9), st.permutations(range(1, 6)))
def test_gradient_at_any_size(seed, n, sizes):
    rng = np.random.default_rng(seed)
    net = MLP(sizes[:4], "tanh", rng)
    X, Y = rng.normal(size=(n, sizes[0])), rng.uniform(size=(n, sizes[3]))
    _, dS = binary_cross_entropy(net.forward(X), Y)
    dtheta, theta = net.backward(dS), net.theta.copy()

    def loss_at(values):
        net.theta[...] = values
        return binary_cross_entropy(net.forward(X), Y)[0]

    check_gradient(loss_at, theta, dtheta)


def test_hand_example_of_the_chapter():
    net = MLP((1, 1, 1, 1), "relu", np.random.default_rng(0))
    net.theta[...] = [2, 0, 1.5, -1, -1, 0.5]
    loss, dS = half_squared_error(net.forward([[1.0]]), [[-1.0]])
    assert loss == 0.125
    assert net.backward(dS).tolist() == [0.75, 0.75, 1, 0.5, -1, -0.5]


@given(seeds, st.integers(2, 4))
def test_a_batch_given_several_times_has_the_same_gradient(seed, times):
    net, X, Y = network(seed)
    _, dS = binary_cross_entropy(net.forward(X), Y)
    once = net.backward(dS)
    many = np.tile(X, (times, 1))
    _, dS = binary_cross_entropy(net.forward(many), np.tile(Y, (times, 1)))
    np.testing.assert_allclose(net.backward(dS), once, rtol=1e-9, atol=1e-13)


def test_backward_is_linear_in_what_it_is_handed():
    net, X, Y = network(4)
    _, dS = binary_cross_entropy(net.forward(X), Y)
    np.testing.assert_allclose(net.backward(3 * dS), 3 * net.backward(dS), rtol=1e-12)


def test_order_of_the_rows_does_not_matter():
    net, X, Y = network(5)
    _, dS = binary_cross_entropy(net.forward(X), Y)
    gradient = net.backward(dS)
    _, dS = binary_cross_entropy(net.forward(X[::-1]), Y[::-1])
    np.testing.assert_allclose(net.backward(dS), gradient, rtol=1e-10)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_float32_stays_float32_and_is_close(activation):
    net, X, Y = network(6, activation=activation)
    single, _, _ = network(6, activation=activation, dtype=np.float32)
    single.theta[...] = net.theta
    for inputs in (X, X.astype(np.float32)):  # the network decides
        S, s = net.forward(X), single.forward(inputs)
        assert s.dtype == np.float32
        assert {A.dtype for A in single.A} == {np.dtype(np.float32)}
        _, dS = binary_cross_entropy(S, Y)
        _, ds = binary_cross_entropy(s, Y)
        for handed in (ds, ds.astype(np.float64)):
            dtheta = single.backward(handed)
            assert dtheta.dtype == np.float32
            np.testing.assert_allclose(dtheta, net.backward(dS), rtol=2e-4, atol=1e-6)
    losses = single.train(
        X, Y, binary_cross_entropy, 0.1, 2, np.random.default_rng(0), 4
    )
    assert single.theta.dtype == np.float32
    assert losses.shape == (4,)


def strided(X):
    large = np.zeros((2 * X.shape[0], 3 * X.shape[1]))
    large[::2, ::3] = X
    return large[::2, ::3]


@pytest.mark.parametrize(
    "arrange", [np.asfortranarray, strided, lambda X: X[::-1][::-1], np.ndarray.tolist]
)
def test_layout_of_the_inputs_does_not_matter(arrange):
    net, X, Y = network(7)
    S = net.forward(X)
    _, dS = binary_cross_entropy(S, Y)
    gradient = net.backward(dS)
    np.testing.assert_allclose(net.forward(arrange(X)), S, rtol=1e-13)
    np.testing.assert_allclose(net.backward(arrange(dS)), gradient, rtol=1e-12)


def test_nothing_changes_its_arguments():
    net, X, Y = network(8)
    for array in (X, Y):
        array.flags.writeable = False
    theta = net.theta.copy()
    _, dS = binary_cross_entropy(net.forward(X), Y)
    dS.flags.writeable = False
    net.backward(dS)[...] = 9
    np.testing.assert_array_equal(net.theta, theta)
    net.train(X, Y, binary_cross_entropy, 0.1, 2, np.random.default_rng(0), 4)


# Parameters


@given(st.lists(st.integers(1, 6), min_size=2, max_size=5))
def test_split_gives_views_that_cover_everything(sizes):
    theta = np.zeros(sum((n_in + 1) * n_out for n_in, n_out in pairwise(sizes)))
    W, b = split(theta, sizes)
    assert [w.shape for w in W] == list(pairwise(sizes))
    assert [v.shape for v in b] == [(n,) for n in sizes[1:]]
    for number, view in enumerate((*W, *b), start=1):
        assert (view == 0).all()  # nobody else's
        view[...] = number
    assert (theta > 0).all()


def test_weights_start_at_the_right_size_and_biases_at_zero():
    net = MLP((400, 100, 25, 10), "tanh", np.random.default_rng(0))
    for W, b in zip(net.W, net.b, strict=True):
        assert W.std() * np.sqrt(len(W)) == pytest.approx(1, abs=0.15)
        assert (b == 0).all()


def test_a_copy_has_parameters_of_its_own():
    net, X, Y = network(9)
    S = net.forward(X)
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert all(np.shares_memory(view, twin.theta) for view in (*twin.W, *twin.b))
        np.testing.assert_array_equal(twin.forward(X), S)
        twin.train(X, Y, binary_cross_entropy, 0.5, 3, np.random.default_rng(0))
        assert np.abs(twin.forward(X) - S).max() > 0.01
        np.testing.assert_array_equal(net.forward(X), S)


def test_weights_and_biases_are_views_in_both_directions():
    net, X, _ = network(10)
    net.theta[...] = 0
    assert not net.forward(X).any()
    net.W[0][0, 0] = 5
    assert net.theta[0] == 5


# Training


def test_it_learns():
    X, y = digits_of_two_kinds()
    net = MLP((2, 8, 2), "tanh", np.random.default_rng(1))
    losses = net.train(X, y, softmax_cross_entropy, 0.5, 40, np.random.default_rng(2))
    assert losses.shape == (80,)
    assert losses[-1] < losses[0] / 2
    assert np.mean(net.forward(X).argmax(axis=1) == y) > 0.85


def test_same_seed_same_run():
    X, y = digits_of_two_kinds()

    def run(seed):
        rng = np.random.default_rng(seed)
        net = MLP((2, 5, 2), "relu", rng)
        return net.train(X, y, softmax_cross_entropy, 0.2, 3, rng, 7), net.theta

    for one, two in zip(run(1), run(1), strict=True):
        np.testing.assert_array_equal(one, two)
    assert (run(1)[0] != run(2)[0]).any()


def test_one_step_is_the_gradient_times_the_rate():
    net, X, Y = network(11)
    before = net.theta.copy()

    def loss_at(values):
        net.theta[...] = values
        return binary_cross_entropy(net.forward(X), Y)[0]

    measured = numerical_gradient(loss_at, before)
    net.theta[...] = before
    (loss,) = net.train(X, Y, binary_cross_entropy, 0.3, 1, np.random.default_rng(0))
    np.testing.assert_allclose(net.theta, before - 0.3 * measured, atol=1e-9)
    assert loss == pytest.approx(loss_at(before), rel=1e-12)


@pytest.mark.parametrize("batch_size", [1, 4, 6, 100])
def test_each_example_comes_once_in_each_epoch(batch_size):
    net, X, Y = network(12)
    seen = []

    def loss(S, y):
        if len(S) <= batch_size:
            seen.append(y)
        return binary_cross_entropy(S, y)

    losses = net.train(X, Y, loss, 0.0, 2, np.random.default_rng(0), batch_size)
    assert len(losses) == 2 * -(-6 // batch_size)
    rows = np.concatenate(seen[-len(losses) :])
    for epoch in (rows[:6], rows[6:]):
        assert sorted(epoch.tolist()) == sorted(Y.tolist())


def test_no_epoch_no_step():
    net, X, Y = network(13)
    before = net.theta.copy()
    losses = net.train(X, Y, binary_cross_entropy, 0.1, 0, np.random.default_rng(0))
    assert losses.shape == (0,)
    np.testing.assert_array_equal(net.theta, before)


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_interrupt_leaves_what_the_last_complete_step_made(error):
    net, X, Y = network(14)
    whole = copy.deepcopy(net)
    made = []

    def loss(S, y):
        made.append(net.theta.copy())  # before the first step twice: a look, a batch
        if len(made) == 5:
            raise error
        return binary_cross_entropy(S, y)

    with pytest.raises(error):
        net.train(X, Y, loss, 0.5, 9, np.random.default_rng(0), 2)
    np.testing.assert_array_equal(net.theta, made[-1])
    whole.train(X, Y, binary_cross_entropy, 0.5, 1, np.random.default_rng(0), 2)
    np.testing.assert_array_equal(net.theta, whole.theta)  # three steps: one epoch


NAN = np.ones((6, 5))
NAN[5, 4] = np.nan
BAD_TRAINING = {
    "nan in X": ("X", NAN, ValueError, r"nan at index \(5, 4\)"),
    "X of another width": ("X", np.ones((6, 4)), ValueError, r"\(6, 4\).*\(N, 5\)"),
    "no examples": ("X", np.ones((0, 5)), ValueError, "empty"),
    "text": ("X", [["a"] * 5] * 6, TypeError, "real numbers"),
    "label out of range": ("y", [0, 1, 1, 0, 1, 2], ValueError, "got 2 at index 5"),
    "negative label": ("y", [0, 1, 1, 0, 1, -1], ValueError, "got -1 at index 5"),
    "labels that are floats": ("y", np.zeros(6), TypeError, "whole numbers"),
    "too few labels": ("y", [0, 1], ValueError, r"\(2,\), expected 6 rows"),
    "one label for all": ("y", 1, ValueError, r"\(\), expected 6 rows"),
    "labels in a column": ("y", [[0]] * 6, ValueError, r"\(6, 1\), expected \(6,\)"),
    "rate of nan": ("lr", np.nan, ValueError, "finite, got nan"),
    "rate in words": ("lr", "fast", TypeError, "real numbers"),
    "two rates": ("lr", [0.1, 0.2], ValueError, r"\(2,\)"),
    "half an epoch": ("epochs", 0.5, ValueError, "whole number from 0 on, got 0.5"),
    "epochs below zero": ("epochs", -1, ValueError, "got -1"),
    "a batch of none": ("batch_size", 0, ValueError, "whole number from 1 on, got 0"),
    "a batch of 2.0": ("batch_size", 2.0, ValueError, "got 2.0"),
}


@pytest.mark.parametrize("case", BAD_TRAINING)
def test_bad_training_arguments_are_named_and_theta_survives(case):
    name, value, error, match = BAD_TRAINING[case]
    net, X, _ = network(15)
    before = net.theta.copy()
    arguments = {"X": X, "y": [0, 1, 1, 0, 1, 0], "lr": 0.5, "epochs": 3}
    arguments |= {"loss": softmax_cross_entropy, "batch_size": 2}
    arguments |= {"rng": np.random.default_rng(0), name: value}
    with pytest.raises(error, match=rf"^{name} .*{match}"):
        net.train(**arguments)
    np.testing.assert_array_equal(net.theta, before)


@pytest.mark.parametrize("Y", [np.full((6, 2), 2.0), np.ones((6, 3)), np.ones(6)])
def test_bad_targets_of_cross_entropy_are_refused_before_the_first_step(Y):
    net, X, _ = network(15)
    before = net.theta.copy()
    with pytest.raises(ValueError, match=r"^y "):
        net.train(X, Y, binary_cross_entropy, 0.5, 1, np.random.default_rng(0), 2)
    np.testing.assert_array_equal(net.theta, before)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_run_that_diverges_is_stopped_while_theta_is_finite(activation, dtype):
    net, X, Y = network(16, activation=activation, dtype=dtype)
    with pytest.raises(ValueError, match="must be finite, got"):
        net.train(X, Y, half_squared_error, 1e30, 100, np.random.default_rng(0))
    assert np.isfinite(net.theta).all()


def test_a_sum_that_overflows_is_named_after_its_layer():
    net, X, _ = network(17, activation="relu")
    net.theta[...] = 1e155
    with np.errstate(over="ignore"), pytest.raises(ValueError, match=r"^Z of layer 2"):
        net.forward(np.abs(X))


# Arguments

BAD_NETWORKS = {
    "a single size": (((5,), "tanh"), "^sizes must be two or more"),
    "no layer at all": ((5, "tanh"), "^sizes must be two or more .* got 5"),
    "no units": (((5, 0, 2), "tanh"), r"^sizes must be .* got \(5, 0, 2\)"),
    "half a unit": (((5, 2.5), "tanh"), "^sizes"),
    "words": ((("a", "b"), "tanh"), "^sizes"),
    "a table": ((np.ones((2, 2), int), "tanh"), "^sizes"),
    "an unknown squash": (
        ((5, 2), "swish"),
        "^activation must be one of sigmoid, tanh, relu, got 'swish'",
    ),
    "a function": (((5, 2), np.tanh), "^activation"),
    "a list": (((5, 2), ["tanh"]), "^activation"),
    "integers": (((5, 2), "tanh", int), "^dtype must be of floats, got int64"),
}


@pytest.mark.parametrize("case", BAD_NETWORKS)
def test_bad_networks_are_refused(case):
    (sizes, activation, *dtype), match = BAD_NETWORKS[case]
    with pytest.raises(ValueError, match=match):
        MLP(sizes, activation, np.random.default_rng(0), *dtype)


def test_sizes_may_be_any_sequence():
    for sizes in ([5, 2], np.array([5, 2]), range(5, 1, -3)):
        assert MLP(sizes, "tanh", np.random.default_rng(0)).sizes == (5, 2)


@pytest.mark.parametrize(
    ("X", "error", "match"),
    [
        (np.ones(5), ValueError, r"^X has shape \(5,\), expected \(N, 5\)"),
        (np.ones((2, 4)), ValueError, r"^X has shape \(2, 4\), expected \(N, 5\)"),
        (np.ones((0, 5)), ValueError, "^X must not be empty"),
        (NAN, ValueError, "^X must be finite, got nan"),
        (np.ones((2, 5)) * 1j, TypeError, "^X must be real numbers"),
        (None, TypeError, "^X must be real numbers"),
    ],
)
def test_bad_inputs_are_named_and_what_was_kept_stays(X, error, match):
    net, good, Y = network(18)
    _, dS = binary_cross_entropy(net.forward(good), Y)
    gradient = net.backward(dS)
    with pytest.raises(error, match=match):
        net.forward(X)
    np.testing.assert_array_equal(net.backward(dS), gradient)


@pytest.mark.parametrize(
    ("dS", "error", "match"),
    [
        (np.ones((6, 3)), ValueError, r"^dS has shape \(6, 3\), expected \(6, 2\)"),
        (np.ones((5, 2)), ValueError, r"^dS has shape \(5, 2\), expected \(6, 2\)"),
        (np.ones(2), ValueError, r"^dS has shape \(2,\)"),
        (np.full((6, 2), np.inf), ValueError, "^dS must be finite"),
        ("uphill", TypeError, "^dS must be real numbers"),
    ],
)
def test_bad_slopes_are_named(dS, error, match):
    net, X, _ = network(19)
    net.forward(X)
    with pytest.raises(error, match=match):
        net.backward(dS)


def test_backward_needs_a_forward_pass():
    net, _, _ = network(20)
    with pytest.raises(RuntimeError, match="needs a forward pass"):
        net.backward(np.ones((6, 2)))

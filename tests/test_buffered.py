"""The network with reused buffers: the same path as `MLP`, every bad argument."""

import copy
import itertools
import pickle
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backprop import buffered
from backprop.buffered import WIDE, BufferedMLP, product, subtract_product
from backprop.gradcheck import check_gradient
from backprop.losses import binary_cross_entropy, softmax_cross_entropy
from backprop.network import ACTIVATIONS, MLP

seeds = st.integers(0, 2**32 - 1)
# No layer; one; three, of which one is wide; one score.
NETWORKS = ((4, 3), (5, 7, 3), (6, 9, WIDE, 4, 5), (3, 4, 1), (3, WIDE + 1, 1))


@pytest.fixture(params=[False, True], ids=["slopes first", "at once"])
def both_ways(request, monkeypatch):
    """Let a network write its slopes down first, or subtract them as it finds them."""
    monkeypatch.setattr(buffered, "MANY", 0 if request.param else np.inf)


def network(sizes, activation="tanh", n=8, dtype=np.float64, seed=0):
    return BufferedMLP(sizes, activation, np.random.default_rng(seed), n, dtype)


def data(sizes, n=8, dtype=np.float64, seed=0):
    """Return inputs and targets that fit a network."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, sizes[0])).astype(dtype)
    if sizes[-1] == 1:
        return X, rng.uniform(size=(n, 1)).astype(dtype)
    return X, rng.integers(0, sizes[-1], n)


def loss_of(sizes):
    return binary_cross_entropy if sizes[-1] == 1 else softmax_cross_entropy


# What it computes


@pytest.mark.usefixtures("both_ways")
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("sizes", NETWORKS)
def test_it_takes_the_path_of_the_mlp(sizes, activation):
    plain = MLP(sizes, activation, np.random.default_rng(0))
    fast = network(sizes, activation)
    for seed in range(5):
        X, y = data(sizes, seed=seed)
        before, dS = loss_of(sizes)(plain.forward(X), y)
        plain.theta -= 0.3 * plain.backward(dS)
        assert fast.step(X, y, 0.3) == pytest.approx(before, rel=1e-12)
    for got, expected in zip(fast.W + fast.b, plain.W + plain.b, strict=True):
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-12)


@pytest.mark.usefixtures("both_ways")
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("sizes", NETWORKS)
def test_its_float32_is_that_of_the_mlp(sizes, activation):
    X, y = data(sizes, dtype=np.float32)
    plain = MLP(sizes, activation, np.random.default_rng(0), np.float32)
    fast = BufferedMLP(sizes, activation, np.random.default_rng(0), len(X))
    _, dS = loss_of(sizes)(plain.forward(X), y)
    plain.theta -= plain.backward(dS)
    fast.step(X, y, 1.0)
    for got, expected in zip(fast.W + fast.b, plain.W + plain.b, strict=True):
        assert got.dtype == np.float32
        np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-6)


@given(seeds, st.sampled_from(["sigmoid", "tanh"]), st.sampled_from([1, 3]))
def test_a_step_of_length_one_is_the_gradient(seed, activation, classes):
    sizes = (4, 5, 2, classes)
    X, y = data(sizes, seed=seed)
    fast = network(sizes, activation, seed=seed)
    before = fast.theta.copy()
    fast.step(X, y, 1.0)
    gradient = before - fast.theta

    def loss(theta):
        fast.theta[...] = theta
        return loss_of(sizes)(fast.forward(X), y)[0]

    check_gradient(loss, before, gradient)


@pytest.mark.parametrize("sizes", NETWORKS)
def test_forward_backward_and_train_are_those_of_the_mlp(sizes):
    X, y = data(sizes, n=11)  # not the size of a batch
    plain = MLP(sizes, "tanh", np.random.default_rng(0))
    fast = network(sizes)
    np.testing.assert_allclose(fast.forward(X), plain.forward(X), atol=1e-14)
    for model in (plain, fast):
        rng = np.random.default_rng(1)
        model.train(X, y, loss_of(sizes), 0.5, 3, rng, batch_size=4)
    for got, expected in zip(fast.W + fast.b, plain.W + plain.b, strict=True):
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("sizes", NETWORKS)
def test_weights_and_biases_are_views_that_cover_theta(sizes):
    fast = network(sizes)
    for i, view in enumerate(fast.W + fast.b, start=1):
        assert np.shares_memory(view, fast.theta)
        view[...] = i
    assert np.all(fast.theta > 0)
    order = ["F" if n >= WIDE else "C" for n in sizes[1:-1]] + ["C"]
    assert [W.flags[f"{o}_CONTIGUOUS"] for W, o in zip(fast.W, order, strict=True)]


@pytest.mark.usefixtures("both_ways")
@pytest.mark.parametrize("sizes", NETWORKS)
def test_a_copy_takes_the_same_path_in_memory_of_its_own(sizes):
    net, (X, y) = network(sizes), data(sizes)
    net.step(X, y, 0.3)
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        before = net.theta.copy()
        np.testing.assert_array_equal(twin.forward(X), net.forward(X))
        assert not np.shares_memory(twin.theta, net.theta)
        twin.step(X, y, 0.3)
        np.testing.assert_array_equal(net.theta, before)
        other = copy.deepcopy(net)
        other.step(X, y, 0.3)
        np.testing.assert_array_equal(twin.theta, other.theta)


def test_saturated_scores_give_finite_losses():
    X, y = data((2, 3, 1), dtype=np.float32)
    for sizes, labels in (((2, 3, 1), y.round()), ((2, 3, 2), y[:, 0] > 0.5)):
        fast = network(sizes, dtype=np.float32)
        fast.W[-1][...] *= 1e6
        plain, _ = loss_of(sizes)(fast.forward(X), labels.astype(int))
        assert fast.step(X, labels.astype(int), 0.0) == pytest.approx(plain, rel=1e-5)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int32, np.uint64])
def test_labels_of_any_whole_numbers(dtype):
    sizes, n = (3, 4, 5), 100  # 4 · 100 would not fit a byte
    X, y = data(sizes, n)
    fast, other = network(sizes, n=n), network(sizes, n=n)
    assert fast.step(X, y.astype(dtype), 1.0) == other.step(X, list(y), 1.0)
    np.testing.assert_array_equal(fast.theta, other.theta)


@given(seeds)
def test_a_product_into_either_order(seed):
    rng = np.random.default_rng(seed)
    A, B = rng.normal(size=(3, 4)), rng.normal(size=(4, 5))
    for order in "CF":
        out = np.empty((3, 5), order=order)
        product(A, B, out)
        np.testing.assert_allclose(out, A @ B, atol=1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("orders", list(itertools.product("CF", repeat=3)))
def test_a_product_subtracted_from_either_order(orders, dtype):
    rng = np.random.default_rng(0)
    A, B, W = (
        np.asarray(rng.normal(size=shape), dtype, order)
        for shape, order in zip(((5, 3), (5, 4), (3, 4)), orders, strict=True)
    )
    kept = A.copy(), B.copy()
    expected = W - A.T @ B
    subtract_product(A, B, W)
    np.testing.assert_allclose(W, expected, rtol=1e-5)
    np.testing.assert_array_equal(A, kept[0])
    np.testing.assert_array_equal(B, kept[1])


# What it costs, and what it leaves alone


@pytest.mark.usefixtures("both_ways")
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("classes", [1, 10])
def test_a_step_makes_no_table(activation, classes):
    sizes, n = (90, 100, WIDE, classes), 256
    X, y = data(sizes, n, np.float32)
    fast = network(sizes, activation, n, np.float32)
    fast.step(X, y, 0.1)
    tracemalloc.start()
    fast.step(X, y, 0.1)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # A few columns of one number an example, and a buffer of 8192 numbers in which
    # NumPy casts. The smallest table of the layers has 102,400 bytes.
    assert peak < 50_000


@pytest.mark.parametrize(
    ("sizes", "batch", "tables"), [((784, 128, 10), 32, 1), ((64, 32, 10), 32, 2)]
)
def test_many_parameters_for_few_examples_need_no_slopes(sizes, batch, tables):
    net = network(sizes, n=batch, dtype=np.float32)
    arrays = [v for v in vars(net).values() if isinstance(v, np.ndarray)]
    as_large = [array for array in arrays if array.size == net.theta.size]
    assert len(as_large) == tables  # theta, and perhaps its slopes


@pytest.mark.parametrize("sizes", NETWORKS)
def test_the_arguments_come_back_as_they_were(sizes):
    X, y = data(sizes)
    X.flags.writeable = y.flags.writeable = False
    copies = X.copy(), y.copy()
    network(sizes).step(X, y, 0.1)
    np.testing.assert_array_equal(X, copies[0])
    np.testing.assert_array_equal(y, copies[1])


def test_inputs_may_lie_in_any_order():
    sizes = (5, 6, 3)
    X, y = data(sizes)
    thetas = []
    for same in (X, np.asfortranarray(X), np.repeat(X, 2, axis=0)[::2], X.tolist()):
        fast = network(sizes)
        fast.step(same, y, 1.0)
        thetas.append(fast.theta)
    np.testing.assert_allclose(thetas[1:], [thetas[0]] * 3, atol=1e-14)


# Errors


BAD = {
    "another batch size": ({"X": np.ones((7, 3))}, ValueError, r"X has shape \(7, 3\)"),
    "another width": ({"X": np.ones((8, 4))}, ValueError, "expected \\(8, 3\\)"),
    "another dtype": ({"X": np.ones((8, 3), "f")}, TypeError, "X .* float64, got fl"),
    "words": ({"X": [["a"] * 3] * 8}, TypeError, "X must be real numbers"),
    "a mask": ({"X": np.ma.ones((8, 3))}, TypeError, "X must be a plain array"),
    "nan": ({"X": np.full((8, 3), np.nan)}, ValueError, "X must be finite, got nan"),
    "infinity": ({"X": np.full((8, 3), np.inf)}, ValueError, "X must be finite"),
    "a nan for lr": ({"lr": np.nan}, ValueError, "lr must be finite"),
    "a word for lr": ({"lr": "fast"}, TypeError, "lr must be real numbers"),
    "many lr": ({"lr": np.ones(8)}, ValueError, "lr has shape"),
}
BAD_LABELS = {
    "too large": (np.arange(8) % 6, ValueError, "y .* between 0 and 4, got 5 at .* 5"),
    "negative": (-np.arange(8) % 5 - 1, ValueError, "y must lie between 0 and 4, got"),
    "floats": (np.ones(8), TypeError, "y must be whole numbers, got dtype float64"),
    "bools": (np.ones(8, bool), TypeError, "y must be whole numbers, got dtype bool"),
    "a column": (np.ones((8, 1), int), ValueError, r"y has shape \(8, 1\)"),
    "one": (np.ones(1, int), ValueError, r"y has shape \(1,\), expected \(8,\)"),
}
BAD_TARGETS = {
    "too large": (np.full((8, 1), 1.5), ValueError, "y must lie between 0 and 1, got"),
    "negative": (np.full((8, 1), -1), ValueError, "y must lie between 0 and 1, got"),
    "nan": (np.full((8, 1), np.nan), ValueError, "y must be finite"),
    "no column": (np.ones(8), ValueError, r"y has shape \(8,\), expected \(8, 1\)"),
    "words": (np.full((8, 1), "a"), TypeError, "y must be real numbers"),
}


def assert_refused(sizes, arguments, error, match):
    fast = network(sizes)
    before = fast.theta.copy()
    X, y = data(sizes)
    with pytest.raises(error, match=match):
        fast.step(**{"X": X, "y": y, "lr": 0.1} | arguments)
    np.testing.assert_array_equal(fast.theta, before)


@pytest.mark.parametrize(("arguments", "error", "match"), BAD.values(), ids=BAD)
def test_a_bad_argument_is_named_and_changes_nothing(arguments, error, match):
    assert_refused((3, 4, 5), arguments, error, match)


@pytest.mark.parametrize(("y", "error", "match"), BAD_LABELS.values(), ids=BAD_LABELS)
def test_bad_labels_are_named_and_change_nothing(y, error, match):
    assert_refused((3, 4, 5), {"y": y}, error, match)


@pytest.mark.parametrize(("y", "error", "match"), BAD_TARGETS.values(), ids=BAD_TARGETS)
def test_bad_targets_are_named_and_change_nothing(y, error, match):
    assert_refused((3, 4, 1), {"y": y}, error, match)


def test_broken_parameters_are_noticed_before_the_next_step():
    fast = network((3, 4, 5))
    fast.W[0][1, 2] = np.nan
    with pytest.raises(ValueError, match="the loss must be finite, got nan"):
        fast.step(*data((3, 4, 5)), 0.1)


def test_large_inputs_whose_squares_overflow_are_no_error():
    X, y = data((3, 4, 5), dtype=np.float32)
    assert np.isfinite(network((3, 4, 5), dtype=np.float32).step(X * 1e30, y, 0.1))


def test_a_dtype_without_blas_is_named():
    with pytest.raises(ValueError, match="dtype must be float32 or float64, got fl"):
        network((3, 4, 5), dtype=np.float16)


@pytest.mark.parametrize("batch_size", [0, -1, 2.5, None])
def test_a_bad_batch_size_is_named(batch_size):
    with pytest.raises(ValueError, match="batch_size must be a whole number from 1 on"):
        network((3, 4, 5), n=batch_size)

"""The questions of exercise set 5, two layers."""
# ruff: noqa: D103  (what a wrong answer is about, its hint says)

import numpy as np

from backprop.checks.question import Case, Question, wrong
from backprop.layers import sigmoid_backward, tanh_backward
from backprop.losses import binary_cross_entropy, half_squared_error
from backprop.neuron import derivative_sigmoid, sigmoid

# ---------------------------------------------------------------- 5.1 output_delta


def output_delta(A2, Y):
    """Give dZ2 under half the squared error, a mean over the rows, after sigmoids."""
    _, dA2 = half_squared_error(A2, Y)
    return sigmoid_backward(dA2, A2)


def _output_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case(label, (rng.uniform(0.1, 0.9, shape), rng.uniform(0.1, 0.9, shape)))
        for label, shape in [
            ("4 rows, 3 outputs", (4, 3)),
            ("5 rows, 1 output", (5, 1)),
            ("one row, 2 outputs", (1, 2)),
        ]
    ] + [
        Case(
            "certain and wrong",
            (rng.uniform(0.99, 0.999, (3, 2)), rng.uniform(0.01, 0.1, (3, 2))),
        )
    ]


@wrong(
    "The slope of the squash is missing. (A2 − Y)/N is what cross-entropy hands back, "
    "where σ′ cancels; after half squared error it stays: section 5.3."
)
def no_slope(A2, Y):
    return (A2 - Y) / len(A2)


@wrong(
    "1/N is missing: the loss is a mean over the rows, so each row has a share of 1/N "
    "in it: section 5.3."
)
def summed(A2, Y):
    return len(A2) * output_delta(A2, Y)


@wrong(
    "You divided by the number of entries. The outputs of an example are added, and "
    "only the rows are averaged: divide by len(A2): section 5.3."
)
def over_size(A2, Y):
    return output_delta(A2, Y) / A2.shape[1]


@wrong(
    "You divided by the number of outputs. It is the rows that are averaged: section "
    "5.3."
)
def over_outputs(A2, Y):
    return output_delta(A2, Y) * len(A2) / A2.shape[1]


@wrong(
    "Every number has the wrong sign: the slope of ½(a − y)² is a − y. You have y − a, "
    "which points downhill: section 5.2."
)
def downhill(A2, Y):
    return -output_delta(A2, Y)


@wrong(
    "Every number is twice as large as it should be: the ½ of the loss cancels the 2 "
    "of the square: section 5.2."
)
def twice(A2, Y):
    return 2 * output_delta(A2, Y)


@wrong(
    "You divided by 2N, as the loss does. Its ½ waits for the 2 that comes down from "
    "the square, and then only 1/N is left: section 5.3."
)
def half_kept(A2, Y):
    return output_delta(A2, Y) / 2


@wrong(
    "You squashed the answers a second time, as derivative_sigmoid(A2) does. They have "
    "been through the squash: from A2 the slope is A2 (1 − A2): section 5.3."
)
def squashed_twice(A2, Y):
    return (A2 - Y) * derivative_sigmoid(A2) / len(A2)


@wrong("1 − A2² is the slope of tanh. These are sigmoids: section 5.3.")
def slope_of_tanh(A2, Y):
    return tanh_backward((A2 - Y) / len(A2), A2)


@wrong(
    "You took the slope where the target is, Y (1 − Y). The squash stands at its own "
    "answer, whatever the target: section 5.2."
)
def slope_at_target(A2, Y):
    return sigmoid_backward((A2 - Y) / len(A2), Y)


@wrong(
    "The slope of the squash is a product, a(1 − a), and you have only the a: section "
    "5.3."
)
def only_a(A2, Y):
    return (A2 - Y) * A2 / len(A2)


@wrong(
    "The slope of the squash is a product, a(1 − a), and you have only the 1 − a: "
    "section 5.3."
)
def only_the_rest(A2, Y):
    return (A2 - Y) * (1 - A2) / len(A2)


@wrong(
    "You averaged the slopes of the squash over the rows. Each entry has its own: "
    "section 5.3."
)
def mean_slope(A2, Y):
    return (A2 - Y) / len(A2) * np.mean(A2 * (1 - A2), axis=0)


@wrong(
    "You added up the rows. That is the slope of the bias, one step further on; dZ2 "
    "has a row for each example: section 5.3."
)
def slope_of_bias(A2, Y):
    return output_delta(A2, Y).sum(axis=0)


@wrong(
    "You divided by the slope of the squash. The way back multiplies by it, as the way "
    "of a nudge forward does: section 5.2."
)
def divided_by_slope(A2, Y):
    return (A2 - Y) / (A2 * (1 - A2)) / len(A2)


def _output_by_loops(A2, Y):
    dZ2 = np.empty(A2.shape)
    for i, k in np.ndindex(A2.shape):
        a = A2[i, k]
        dZ2[i, k] = (a - Y[i, k]) * (a - a * a) / A2.shape[0]
    return dZ2


# ---------------------------------------------------------------- 5.2 hidden_delta


def hidden_delta(dZ2, W2, Z1):
    """Give dZ1 of a layer of tanh, from the slopes of the layer that reads it."""
    return tanh_backward(dZ2 @ W2.T, np.tanh(Z1))


def _away_from_0(rng: np.random.Generator, low: float, high: float, shape):
    return rng.uniform(low, high, shape) * rng.choice([-1, 1], shape)


def _hidden_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case(
            label,
            (
                _away_from_0(rng, 0.1, 0.5, (n, k)),
                _away_from_0(rng, 0.3, 0.9, (h, k)),
                _away_from_0(rng, 0.3, 1.5, (n, h)),
            ),
        )
        for label, n, h, k in [
            ("5 rows, 4 hidden, 3 outputs", 5, 4, 3),
            ("2 rows, 5 hidden, 3 outputs", 2, 5, 3),
            ("3 rows, 2 hidden, 1 output", 3, 2, 1),
            ("one row, 3 hidden, 2 outputs", 1, 3, 2),
        ]
    ]


@wrong(
    "You stopped at the answers: this is dA1. The way back to Z1 leads through the "
    "squash, whose slope multiplies each entry: section 5.3."
)
def stopped_at_answers(dZ2, W2, Z1):
    return dZ2 @ W2.T


@wrong(
    "You took the slope of tanh at its answer, as if that had not been squashed yet. "
    "From a = tanh(z) it is 1 − a²: section 5.6."
)
def slope_at_answer(dZ2, W2, Z1):
    return tanh_backward(dZ2 @ W2.T, np.tanh(np.tanh(Z1)))


@wrong(
    "1 − Z1² never went through the squash. The formula wants the answer, 1 − a² with "
    "a = tanh(z): section 5.6."
)
def not_squashed(dZ2, W2, Z1):
    return tanh_backward(dZ2 @ W2.T, Z1)


@wrong(
    "You multiplied by σ′(Z1), the slope of the sigmoid, at most ¼. The units of this "
    "layer are tanh: section 5.6."
)
def slope_of_sigmoid(dZ2, W2, Z1):
    return dZ2 @ W2.T * derivative_sigmoid(Z1)


@wrong(
    "a(1 − a) is the sigmoid's slope written in the sigmoid's answer. With a = tanh(z) "
    "it is no slope at all, and can be negative: section 5.6."
)
def form_of_sigmoid(dZ2, W2, Z1):
    return sigmoid_backward(dZ2 @ W2.T, np.tanh(Z1))


@wrong(
    "The shapes do not fit, because the rows of W2 have to become columns: a unit adds "
    "up over its ways out, which stand in its row: section 5.3."
)
def not_transposed(dZ2, W2, Z1):
    return tanh_backward(dZ2 @ W2, np.tanh(Z1))


@wrong(
    "reshape made the shapes fit and mixed up the weights: it reads W2 row by row and "
    "fills rows again. A transpose is what turns rows into columns: section 5.3."
)
def reshaped(dZ2, W2, Z1):
    return tanh_backward(dZ2 @ W2.reshape(W2.shape[::-1]), np.tanh(Z1))


@wrong(
    "Only the first output is heard. A hidden unit reaches the loss through every "
    "output that reads it, and the paths add: section 5.3."
)
def first_output(dZ2, W2, Z1):
    return hidden_delta(dZ2[:, :1], W2[:, :1], Z1)


@wrong(
    "You averaged over the outputs. Slopes of several paths add, however many there "
    "are: section 5.3."
)
def mean_over_outputs(dZ2, W2, Z1):
    return hidden_delta(dZ2, W2, Z1) / dZ2.shape[1]


@wrong(
    "You divided by the number of rows. 1/N enters once, at the loss, and is already "
    "in dZ2: section 5.3."
)
def divided_again(dZ2, W2, Z1):
    return hidden_delta(dZ2, W2, Z1) / len(dZ2)


@wrong(
    "You added up the slopes and the weights separately and multiplied the totals. "
    "Each slope belongs to its own weight: multiply first, then add: section 5.3."
)
def product_of_sums(dZ2, W2, Z1):
    dA1 = dZ2.sum(axis=1, keepdims=True) * W2.sum(axis=1)
    return tanh_backward(dA1, np.tanh(Z1))


@wrong(
    "W2 is not in your answer: every unit is handed the same. A unit that is read with "
    "a large weight matters more, and with a negative one the other way: section 5.3."
)
def without_weights(dZ2, W2, Z1):
    return hidden_delta(dZ2, np.ones_like(W2), Z1)


@wrong(
    "You averaged the slope of the squash over the rows. Each example has its own, and "
    "it multiplies before anything is summed: section 5.3."
)
def averaged_slope(dZ2, W2, Z1):
    return dZ2 @ W2.T * np.mean(1 - np.tanh(Z1) ** 2, axis=0)


@wrong(
    "You multiplied by the answer, tanh(Z1), where its slope belongs: section 5.6 "
    "finds it, 1 − a²."
)
def height_for_slope(dZ2, W2, Z1):
    return dZ2 @ W2.T * np.tanh(Z1)


@wrong(
    "You added up the rows: that is db1. dZ1 has a row for each example: section 5.3."
)
def hidden_bias(dZ2, W2, Z1):
    return hidden_delta(dZ2, W2, Z1).sum(axis=0)


def _hidden_by_loops(dZ2, W2, Z1):
    dZ1 = np.zeros(Z1.shape)
    for i, j in np.ndindex(Z1.shape):
        for k in range(dZ2.shape[1]):
            dZ1[i, j] += dZ2[i, k] * W2[j, k]
        dZ1[i, j] /= np.cosh(Z1[i, j]) ** 2
    return dZ1


def _hidden_by_einsum(dZ2, W2, Z1):
    return np.einsum("ik,jk->ij", dZ2, W2) * (1 - np.tanh(Z1) ** 2)


# ---------------------------------------------------------------- 5.3 step


def _slopes(X, Y, theta, read=None, backward=tanh_backward, output=None):
    """Return the loss and the four slopes; what wrong answers change is an argument.

    `read` stands for W2 on the way back, `backward` goes through the hidden squash, and
    `output` changes dZ2, given the logits.
    """
    W1, b1, W2, b2 = theta
    A1 = np.tanh(X @ W1 + b1)
    Z2 = A1 @ W2 + b2
    loss, dZ2 = binary_cross_entropy(Z2, Y)
    if output:
        dZ2 = output(dZ2, Z2)
    dZ1 = backward(dZ2 @ (W2 if read is None else read).T, A1)
    return loss, [X.T @ dZ1, dZ1.sum(axis=0), A1.T @ dZ2, dZ2.sum(axis=0)]


def _write(theta, gradients, lr):
    for p, dp in zip(theta, gradients, strict=True):
        p -= lr * dp


def step(X, Y, W1, b1, W2, b2, lr):
    """Take one step in place, all slopes first, and give the loss before it."""
    theta = W1, b1, W2, b2
    loss, gradients = _slopes(X, Y, theta)
    _write(theta, gradients, lr)
    return loss


def _network(rng: np.random.Generator, d: int, h: int, k: int) -> tuple:
    return (
        _away_from_0(rng, 0.3, 0.9, (d, h)),
        _away_from_0(rng, 0.1, 0.4, (h,)),
        _away_from_0(rng, 0.3, 0.9, (h, k)),
        _away_from_0(rng, 0.1, 0.4, (k,)),
    )


def _step_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case(
            label,
            (
                _away_from_0(rng, 0.3, 1.5, (n, d)),
                rng.integers(0, 2, (n, k)).astype(float),
                *_network(rng, d, h, k),
                lr,
            ),
            changes=("W1", "b1", "W2", "b2"),
        )
        for label, n, d, h, k, lr in [
            ("5 rows, 2-4-3, lr = 1", 5, 2, 4, 3, 1.0),
            ("4 rows, 3-2-1, lr = 0.1", 4, 3, 2, 1, 0.1),
            ("3 rows, 4-5-2, lr = 2", 3, 4, 5, 2, 2.0),
        ]
    ]


def _step_early(X, Y, W1, b1, W2, b2, lr, backward):
    theta = W1, b1, W2, b2
    early = W2 - lr * _slopes(X, Y, theta)[1][2]
    loss, gradients = _slopes(X, Y, theta, early, backward)
    _write(theta, gradients, lr)
    return loss


@wrong(
    "This is still the broken function, with both of its mistakes: W2 has moved before "
    "the hidden layer reads it, and the slope of the squash is another squash's: "
    "section 5.5, then section 5.6."
)
def untouched(X, Y, W1, b1, W2, b2, lr):
    return _step_early(X, Y, W1, b1, W2, b2, lr, sigmoid_backward)


@wrong(
    "The squash is mended. The hidden layer still reads the new W2. If you kept the "
    "old one with old = W2: that is a second name for the same array, and W2 -= … "
    "changes both. Find all slopes before any step: section 5.5."
)
def still_early(X, Y, W1, b1, W2, b2, lr):
    return _step_early(X, Y, W1, b1, W2, b2, lr, tanh_backward)


@wrong(
    "The order is mended. The hidden layer still goes back through the slope of a "
    "sigmoid, a(1 − a), and its units are tanh: section 5.6."
)
def still_sigmoid(X, Y, W1, b1, W2, b2, lr):
    theta = W1, b1, W2, b2
    loss, gradients = _slopes(X, Y, theta, backward=sigmoid_backward)
    _write(theta, gradients, lr)
    return loss


@wrong(
    "You went forward a second time after layer 2 had moved, so the two layers step "
    "along slopes from two different points. One forward pass serves all four: section "
    "5.5."
)
def forward_again(X, Y, W1, b1, W2, b2, lr):
    theta = W1, b1, W2, b2
    loss, (_, _, dW2, db2) = _slopes(X, Y, theta)
    _write((W2, b2), (dW2, db2), lr)
    _, (dW1, db1, _, _) = _slopes(X, Y, theta)
    _write((W1, b1), (dW1, db1), lr)
    return loss


@wrong(
    "Now layer 1 moves first, and layer 2 takes its slopes from answers that have "
    "changed. The order of the layers does not matter; slopes before steps does: "
    "section 5.5."
)
def other_way_round(X, Y, W1, b1, W2, b2, lr):
    theta = W1, b1, W2, b2
    loss, (dW1, db1, _, _) = _slopes(X, Y, theta)
    _write((W1, b1), (dW1, db1), lr)
    _, (_, _, dW2, db2) = _slopes(X, Y, theta)
    _write((W2, b2), (dW2, db2), lr)
    return loss


@wrong(
    "W1 and b1 are right. W2 and b2 came back as they were: if you kept copies of the "
    "old ones, the step belongs to the arrays of the caller: section 5.5."
)
def layer_2_stays(X, Y, W1, b1, W2, b2, lr):
    loss, gradients = _slopes(X, Y, (W1, b1, W2, b2))
    _write((W1, b1), gradients[:2], lr)
    return loss


@wrong(
    "W2 and b2 are right. W1 and b1 do not move: the walk back goes on to the first "
    "layer: section 5.2."
)
def layer_1_stays(X, Y, W1, b1, W2, b2, lr):
    loss, gradients = _slopes(X, Y, (W1, b1, W2, b2))
    _write((W2, b2), gradients[2:], lr)
    return loss


@wrong(
    "The weights move and the biases stay. A bias is a parameter like any other; its "
    "slope is the sum of dZ over the rows: section 5.3."
)
def biases_stay(X, Y, W1, b1, W2, b2, lr):
    loss, gradients = _slopes(X, Y, (W1, b1, W2, b2))
    _write((W1, W2), gradients[::2], lr)
    return loss


@wrong(
    "Three arrays are right, and b1 is as before: its line is missing. Its slope is "
    "the sum of dZ1 over the rows: section 5.3."
)
def b1_stays(X, Y, W1, b1, W2, b2, lr):
    loss, (dW1, _, dW2, db2) = _slopes(X, Y, (W1, b1, W2, b2))
    _write((W1, W2, b2), (dW1, dW2, db2), lr)
    return loss


@wrong(
    "The weights are right. For the biases you took the mean of dZ over the rows, and "
    "1/N is in dZ already: they get its sum: section 5.3."
)
def biases_by_mean(X, Y, W1, b1, W2, b2, lr):
    loss, (dW1, db1, dW2, db2) = _slopes(X, Y, (W1, b1, W2, b2))
    _write((W1, b1, W2, b2), (dW1, db1 / len(X), dW2, db2 / len(X)), lr)
    return loss


@wrong(
    "The weights are right. dZ.sum() without axis=0 adds up the whole table, and every "
    "bias of the layer takes one and the same step. Each unit has its own sum, over "
    "the rows: section 5.3."
)
def biases_by_total(X, Y, W1, b1, W2, b2, lr):
    loss, (dW1, db1, dW2, db2) = _slopes(X, Y, (W1, b1, W2, b2))
    _write((W1, b1, W2, b2), (dW1, db1.sum(), dW2, db2.sum()), lr)
    return loss


@wrong(
    "The loss is right, and the caller's arrays are as before: W1 = … gives the name "
    "to a new array, W1 -= … writes into the caller's. That is asked here so that a "
    "training loop can go on with its own arrays: section 5.5."
)
def rebinds(X, Y, W1, b1, W2, b2, lr):
    return _slopes(X, Y, (W1, b1, W2, b2))[0]


@wrong(
    "The four arrays are right. The loss that you return was computed after the step, "
    "and the question asks for the one that the slopes belong to: section 5.5."
)
def loss_after(X, Y, W1, b1, W2, b2, lr):
    step(X, Y, W1, b1, W2, b2, lr)
    return _slopes(X, Y, (W1, b1, W2, b2))[0]


@wrong(
    "The four arrays are right, and nothing is returned. Return the loss before the "
    "step: section 5.5."
)
def no_loss(X, Y, W1, b1, W2, b2, lr):
    step(X, Y, W1, b1, W2, b2, lr)


@wrong(
    "The step goes uphill: a gradient points to where the loss grows, and a step "
    "subtracts it: section 5.5 has the line."
)
def uphill(X, Y, W1, b1, W2, b2, lr):
    return step(X, Y, W1, b1, W2, b2, -lr)


@wrong(
    "Layer 2 is right, and layer 1 walks the other way: a sign was turned between dZ2 "
    "and dZ1, or its two lines have += in place of -=: section 5.5."
)
def hidden_uphill(X, Y, W1, b1, W2, b2, lr):
    loss, (dW1, db1, dW2, db2) = _slopes(X, Y, (W1, b1, W2, b2))
    _write((W1, b1, W2, b2), (-dW1, -db1, dW2, db2), lr)
    return loss


@wrong(
    "The loss is right. You divided the slopes by the number of rows; "
    "binary_cross_entropy has done so, and 1/N is in all that follows from dZ2: "
    "section 5.3."
)
def divided_by_rows_again(X, Y, W1, b1, W2, b2, lr):
    return step(X, Y, W1, b1, W2, b2, lr / len(X))


@wrong(
    "The slope of the hidden squash is gone altogether. The other squash's was wrong, "
    "but one belongs there: 1 − a²: section 5.6."
)
def slope_removed(X, Y, W1, b1, W2, b2, lr):
    theta = W1, b1, W2, b2
    loss, gradients = _slopes(X, Y, theta, backward=lambda dA, A: dA)
    _write(theta, gradients, lr)
    return loss


@wrong(
    "1 − np.tanh(A1)² squashes once more what is squashed already. A1 is tanh(z), so "
    "the slope is 1 − A1²: section 5.6."
)
def answers_squashed_again(X, Y, W1, b1, W2, b2, lr):
    loss, gradients = _slopes(
        X, Y, (W1, b1, W2, b2), backward=lambda dA, A: dA * (1 - np.tanh(A) ** 2)
    )
    _write((W1, b1, W2, b2), gradients, lr)
    return loss


@wrong(
    "You multiplied dZ2 by the output's σ′ too. binary_cross_entropy returns the slope "
    "at the logits, in which it has cancelled: section 5.6."
)
def output_slope_added(X, Y, W1, b1, W2, b2, lr):
    theta = W1, b1, W2, b2
    loss, gradients = _slopes(
        X, Y, theta, output=lambda dZ2, Z2: dZ2 * derivative_sigmoid(Z2)
    )
    _write(theta, gradients, lr)
    return loss


def _step_on_copies(X, Y, W1, b1, W2, b2, lr):
    A1 = np.tanh(X @ W1 + b1)
    loss, dZ2 = binary_cross_entropy(A1 @ W2 + b2, Y)
    old = W2.copy()
    W2 -= lr * A1.T @ dZ2
    b2 -= lr * dZ2.sum(axis=0)
    dZ1 = dZ2 @ old.T * (1 - A1**2)
    W1[...] = W1 - lr * X.T @ dZ1
    b1[...] = b1 - lr * dZ1.sum(axis=0)
    return loss


# ---------------------------------------------------------------- 5.4 kinship


def _related(*tables):
    """Tell for each two rows whether they agree in all entries of all tables."""
    table = np.concatenate(tables, axis=1)
    return (table[:, None] == table).all(axis=2)


def _table(twins, mirrors):
    return twins.astype(int) - mirrors.astype(int)


def _kinship_of(*tables):
    units = np.concatenate(tables, axis=1)
    return _table(_related(units), (units[:, None] == -units).all(axis=2))


def kinship(W1, b1, W2):
    """Give 1 for units that stay equal for ever, −1 for mirror images, else 0."""
    return _kinship_of(W1.T, b1[:, None], W2)


def _kinship_cases(rng: np.random.Generator) -> list[Case]:
    def units(d, h, k, *copies):
        """Draw units; each copy (to, from, sign in, sign of bias, sign out)."""
        W1, b1, W2, _ = _network(rng, d, h, k)
        for to, of, *signs in copies:
            for array, sign in zip((W1.T, b1, W2), signs, strict=True):
                if sign:
                    array[to] = sign * array[of]
        return W1, b1, W2

    halves = units(3, 5, 2, (3, 0, 1, 1, 0), (4, 1, -1, -1, 0))
    halves[2][3, 0], halves[2][4, 0] = halves[2][0, 0], -halves[2][1, 0]
    partial = units(3, 4, 2, (2, 0, 0, 1, 1))
    partial[0][0, 2] = partial[0][0, 0]
    nearly = units(2, 4, 2, (2, 0, 1, 1, 1), (3, 1, -1, -1, -1))
    nearly[0][1, 2] += 1e-12
    nearly[1][3] += 1e-12
    scaled = units(3, 4, 2, (2, 0, 2, 2, 2), (3, 1, -0.5, -0.5, -0.5))
    swapped = units(3, 3, 2, (2, 0, 1, 1, 1))
    swapped[0][:2, 2] = swapped[0][1::-1, 2]
    return [
        Case("2-3-1, twins", units(2, 3, 1, (2, 0, 1, 1, 1))),
        Case(
            "3-5-2, three alike, one mirrored",
            units(3, 5, 2, (2, 0, 1, 1, 1), (4, 0, 1, 1, 1), (3, 0, -1, -1, -1)),
        ),
        Case("4-3-2, strangers", units(4, 3, 2)),
        Case("3-4-2, equal but for the bias", units(3, 4, 2, (3, 1, 1, 0, 1))),
        Case("3-4-2, equal but for the ways in", partial),
        Case("2-4-3, equal but for the ways out", units(2, 4, 3, (2, 1, 1, 1, 0))),
        Case("3-5-2, equal but for one way out", halves),
        Case("2-4-2, equal to eleven digits", nearly),
        Case("3-4-2, one twice another, one half another's mirror image", scaled),
        Case("3-3-2, equal but for the order of the ways in", swapped),
        Case("2-4-1, flipped on the way in only", units(2, 4, 1, (3, 0, -1, -1, 1))),
        Case("2-4-3, flipped, but for the bias", units(2, 4, 3, (3, 0, -1, 1, -1))),
    ]


@wrong(
    "You looked at the weights on the way in alone. Two units also need the same bias "
    "to answer alike, and the same weights on the way out to be handed the same "
    "slopes: section 5.7."
)
def ways_in_only(W1, b1, W2):
    return _kinship_of(W1.T)


@wrong(
    "The biases are missing. Units with the same weights and different biases answer "
    "differently, and so their slopes differ: section 5.7."
)
def without_bias(W1, b1, W2):
    return _kinship_of(W1.T, W2)


@wrong(
    "The ways out are missing. Units that answer alike and are read with different "
    "weights are handed different slopes, and part at the first step: section 5.7."
)
def without_ways_out(W1, b1, W2):
    return _kinship_of(W1.T, b1[:, None])


@wrong(
    "You compared what goes out of the units, and not what goes in. Units that read "
    "their inputs differently give different answers: section 5.7."
)
def ways_out_only(W1, b1, W2):
    return _kinship_of(W2)


@wrong(
    "Of the ways out you looked at the first alone. A unit's slope is a sum over all "
    "the outputs that read it: section 5.7."
)
def first_way_out(W1, b1, W2):
    return _kinship_of(W1.T, b1[:, None], W2[:, :1])


@wrong(
    "The twins are right, the mirror images are missing: with all its signs turned, "
    "in, bias and out, a tanh unit does the same for the network, and its slopes are "
    "the same but for the sign. The argument is that of section 5.7."
)
def no_mirrors(W1, b1, W2):
    return _related(W1.T, b1[:, None], W2).astype(int)


@wrong(
    "The mirror images are found, and counted as twins: −1 is asked for them, because "
    "their slopes have opposite signs: section 5.7."
)
def mirrors_as_twins(W1, b1, W2):
    return np.abs(kinship(W1, b1, W2))


@wrong(
    "You turned the signs on the way in and left the ways out as they were. Such a "
    "unit works against the first one. A mirror image has every sign turned: section "
    "5.7."
)
def half_mirrors(W1, b1, W2):
    inward = np.column_stack([W1.T, b1])
    twins = _related(inward, W2)
    flipped = (inward[:, None] == -inward).all(axis=2)
    return _table(twins, flipped & (W2[:, None] == W2).all(axis=2))


@wrong(
    "In a mirror image the bias is turned too: tanh(−z) = −tanh(z), and the bias is a "
    "part of z: section 5.7."
)
def bias_not_turned(W1, b1, W2):
    twins = _related(W1.T, b1[:, None], W2)
    units = np.concatenate([W1.T, W2], axis=1)
    flipped = (units[:, None] == -units).all(axis=2)
    return _table(twins, flipped & (b1[:, None] == b1))


@wrong(
    "You ignored the signs: comparing sizes takes units for twins, or for mirror "
    "images, that are neither. All signs agree, or all are turned: section 5.7."
)
def sizes_only(W1, b1, W2):
    same = _related(*map(np.abs, (W1.T, b1[:, None], W2)))
    return np.where(same, np.sign(W1[0] * W1[0][:, None]), 0).astype(int)


@wrong(
    "np.allclose, or rounding, takes units for equal that differ in the twelfth digit. "
    "They differ, so their slopes do, and training may carry them far apart: only == "
    "counts. Twins stay together because nothing at all parts them: section 5.7."
)
def close_is_equal(W1, b1, W2):
    units = np.column_stack([W1.T, b1, W2])
    twins = np.isclose(units[:, None], units, atol=1e-9).all(axis=2)
    return _table(twins, np.isclose(units[:, None], -units, atol=1e-9).all(axis=2))


@wrong(
    "A cosine or a correlation of ±1 says that one unit is a multiple of the other. "
    "Twice the weights make another answer, tanh(2z), and other slopes. Compare the "
    "numbers themselves: section 5.7."
)
def by_direction(W1, b1, W2):
    units = np.column_stack([W1.T, b1, W2])
    units = units / np.linalg.norm(units, axis=1, keepdims=True)
    return np.fix(units @ units.T + np.copysign(1e-9, units @ units.T)).astype(int)


@wrong(
    "You compared sums. Different weights may add up to the same, for instance the "
    "same two in another order, and read the inputs differently: compare weight by "
    "weight: section 5.7."
)
def sums_for_weights(W1, b1, W2):
    return _kinship_of(W1.sum(axis=0)[:, None], b1[:, None], W2.sum(axis=1)[:, None])


@wrong(
    "The diagonal is empty. A unit stays equal to itself: 1 belongs there. For the "
    "others the rule is that of section 5.7."
)
def empty_diagonal(W1, b1, W2):
    return kinship(W1, b1, W2) - np.eye(len(b1), dtype=int)


@wrong(
    "Only one half of the table is filled. If j is the twin of k, then k is the twin "
    "of j: section 5.7."
)
def one_half(W1, b1, W2):
    return np.triu(kinship(W1, b1, W2))


@wrong(
    "You compared the rows of W1. A row belongs to an input; a hidden unit owns a "
    "column of W1 and a row of W2: section 5.3."
)
def rows_for_units(W1, b1, W2):
    return _kinship_of(W1)


@wrong(
    "You used any where all is meant: two units that agree in one weight are no twins "
    "yet: section 5.7."
)
def any_for_all(W1, b1, W2):
    units = np.concatenate([W1.T, b1[:, None], W2], axis=1)
    twins = (units[:, None] == units).any(axis=2)
    return _table(twins, ~twins & (units[:, None] == -units).any(axis=2))


@wrong(
    "This is the number of different units. The question asks who is whose: a table "
    "with a row and a column for each unit: section 5.7."
)
def how_many(W1, b1, W2):
    table = kinship(W1, b1, W2)
    return len({tuple(row) for row in np.abs(table).tolist()})


def _kinship_by_loops(W1, b1, W2):
    units = [[*W1[:, j], b1[j], *W2[j]] for j in range(len(b1))]
    table = np.zeros((len(units), len(units)))
    for j, k in np.ndindex(table.shape):
        if units[j] == units[k]:
            table[j, k] = 1
        elif units[j] == [-p for p in units[k]]:
            table[j, k] = -1
    return table


# ---------------------------------------------------------------- 5.5 train_xor

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
Y = np.array([[0.0], [1.0], [1.0], [0.0]])


def _descend(theta, lr, steps, slopes=lambda theta: _slopes(X, Y, theta)[1]):
    for _ in range(steps):
        theta = [p - lr * dp for p, dp in zip(theta, slopes(theta), strict=True)]
    return tuple(theta)


def train_xor(W1, b1, W2, b2, lr, steps):
    """Give the parameters after `steps` full-batch steps on the four examples."""
    return _descend((W1, b1, W2, b2), lr, steps)


def _xor_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case(label, (*_network(rng, 2, h, 1), lr, steps))
        for label, h, lr, steps in [
            ("3 hidden units, 1 step", 3, 1.0, 1),
            ("5 hidden units, 4 steps", 5, 0.5, 4),
            ("3 hidden units, 20 steps", 3, 0.2, 20),
            ("no step at all", 3, 1.0, 0),
        ]
    ]


@wrong(
    "The first layer reads the new W2: layer 2 had already stepped. All slopes first, "
    "then all steps: section 5.5."
)
def early(W1, b1, W2, b2, lr, steps):
    def slopes(theta):
        early = theta[2] - lr * _slopes(X, Y, theta)[1][2]
        return _slopes(X, Y, theta, early)[1]

    return _descend((W1, b1, W2, b2), lr, steps, slopes)


@wrong(
    "Layer 1 had already moved when the slopes of layer 2 were found. All slopes "
    "belong to one point: section 5.5."
)
def first_layer_first(W1, b1, W2, b2, lr, steps):
    def slopes(theta):
        _, front = _slopes(X, Y, theta)
        moved = [p - lr * dp for p, dp in zip(theta[:2], front[:2], strict=True)]
        return front[:2] + _slopes(X, Y, [*moved, *theta[2:]])[1][2:]

    return _descend((W1, b1, W2, b2), lr, steps, slopes)


@wrong(
    "You stepped after each example. A full-batch step looks at all four and then "
    "moves once: section 5.6."
)
def one_at_a_time(W1, b1, W2, b2, lr, steps):
    theta = W1, b1, W2, b2
    for _ in range(steps):
        for i in range(4):
            rows = slice(i, i + 1)
            theta = _descend(theta, lr, 1, lambda t: _slopes(X[rows], Y[rows], t)[1])  # noqa: B023
    return theta


@wrong(
    "Your switches are −1 and 1. That is a good choice for tanh, and another problem: "
    "here up is 1 and down is 0: section 5.1."
)
def signed_inputs(W1, b1, W2, b2, lr, steps):
    return _descend(
        (W1, b1, W2, b2), lr, steps, lambda theta: _slopes(2 * X - 1, Y, theta)[1]
    )


@wrong(
    "A ValueError ended every run with a step in it. If your Y is a row, (4,): the "
    "outputs are a column, (4, 1), and so are the targets, [[0], [1], [1], [0]], as in "
    "section 5.1. If it is not, write down the shapes line by line."
)
def flat_targets(W1, b1, W2, b2, lr, steps):
    return _descend(
        (W1, b1, W2, b2), lr, steps, lambda theta: _slopes(X, Y[:, 0], theta)[1]
    )


@wrong(
    "Your steps are four times as long as they should be: you added the four losses. "
    "The loss is their mean: section 5.6."
)
def added(W1, b1, W2, b2, lr, steps):
    return train_xor(W1, b1, W2, b2, 4 * lr, steps)


@wrong(
    "Your steps have a quarter of the right length: 1/N is in dZ2 already, and you "
    "divided once more: section 5.3."
)
def divided_twice(W1, b1, W2, b2, lr, steps):
    return train_xor(W1, b1, W2, b2, lr / 4, steps)


@wrong(
    "Your steps have half of the right length. 1/(2N) belongs to half squared error, "
    "and there the 2 of the square cancels it; cross-entropy has neither: section 5.6."
)
def half_steps(W1, b1, W2, b2, lr, steps):
    return train_xor(W1, b1, W2, b2, lr / 2, steps)


@wrong("You walk uphill: a step subtracts the slopes: section 5.6.")
def climbs(W1, b1, W2, b2, lr, steps):
    return train_xor(W1, b1, W2, b2, -lr, steps)


@wrong(
    "The way back skips the hidden squash: dZ1 lacks the factor 1 − A1²: section 5.6."
)
def skips_squash(W1, b1, W2, b2, lr, steps):
    return _descend(
        (W1, b1, W2, b2),
        lr,
        steps,
        lambda theta: _slopes(X, Y, theta, backward=lambda dA, A: dA)[1],
    )


@wrong(
    "Forward you squash with tanh, and backward you multiply by the sigmoid's A1 (1 − "
    "A1). Each squash has its own slope: section 5.6."
)
def wrong_squash_back(W1, b1, W2, b2, lr, steps):
    return _descend(
        (W1, b1, W2, b2),
        lr,
        steps,
        lambda theta: _slopes(X, Y, theta, backward=sigmoid_backward)[1],
    )


@wrong(
    "Your hidden units are sigmoids, there and back, and the question asks for tanh: "
    "section 5.6."
)
def sigmoid_units(W1, b1, W2, b2, lr, steps):
    def slopes(theta):
        W1, b1, W2, b2 = theta
        A1 = sigmoid(X @ W1 + b1)
        _, dZ2 = binary_cross_entropy(A1 @ W2 + b2, Y)
        dZ1 = sigmoid_backward(dZ2 @ W2.T, A1)
        return [X.T @ dZ1, dZ1.sum(axis=0), A1.T @ dZ2, dZ2.sum(axis=0)]

    return _descend((W1, b1, W2, b2), lr, steps, slopes)


@wrong(
    "dZ2 holds σ′ of the output: that is half squared error. Cross-entropy hands back "
    "the bare (A2 − Y)/N: section 5.6."
)
def half_squared(W1, b1, W2, b2, lr, steps):
    def output(dZ2, Z2):
        return dZ2 * derivative_sigmoid(Z2)

    return _descend(
        (W1, b1, W2, b2),
        lr,
        steps,
        lambda theta: _slopes(X, Y, theta, output=output)[1],
    )


@wrong(
    "The output is not squashed before it is compared with the truth: dZ2 is (σ(Z2) − "
    "Y)/N: section 5.6."
)
def linear_output(W1, b1, W2, b2, lr, steps):
    def output(dZ2, Z2):
        return (Z2 - Y) / 4

    return _descend(
        (W1, b1, W2, b2),
        lr,
        steps,
        lambda theta: _slopes(X, Y, theta, output=output)[1],
    )


@wrong("There is one step too many: section 5.6 counts them with range(steps).")
def one_more(W1, b1, W2, b2, lr, steps):
    return train_xor(W1, b1, W2, b2, lr, steps + 1)


@wrong("There is one step too few: section 5.6 counts them with range(steps).")
def one_less(W1, b1, W2, b2, lr, steps):
    return train_xor(W1, b1, W2, b2, lr, steps - 1)


@wrong(
    "You took one step, whatever `steps` says. A return inside the loop ends it in the "
    "first round: section 5.6."
)
def one_step(W1, b1, W2, b2, lr, steps):
    return train_xor(W1, b1, W2, b2, lr, min(steps, 1))


@wrong(
    "All your steps go along the slopes of the start. After each step the network "
    "stands elsewhere, and needs a new walk back: section 5.6."
)
def slopes_of_start(W1, b1, W2, b2, lr, steps):
    return train_xor(W1, b1, W2, b2, lr * steps, 1)


@wrong(
    "The biases did not move. Each has its slope, dZ added up over the rows: section "
    "5.3."
)
def fixed_biases(W1, b1, W2, b2, lr, steps):
    def slopes(theta):
        dW1, db1, dW2, db2 = _slopes(X, Y, theta)[1]
        return [dW1, 0 * db1, dW2, 0 * db2]

    return _descend((W1, b1, W2, b2), lr, steps, slopes)


@wrong(
    "The biases step along the mean of dZ over the rows. 1/N is in dZ already, so they "
    "step along its sum: section 5.3."
)
def biases_of_the_mean(W1, b1, W2, b2, lr, steps):
    def slopes(theta):
        dW1, db1, dW2, db2 = _slopes(X, Y, theta)[1]
        return [dW1, db1 / 4, dW2, db2 / 4]

    return _descend((W1, b1, W2, b2), lr, steps, slopes)


@wrong(
    "Only the second layer learns. With hidden units that stay as they were drawn, the "
    "network is one neuron: section 5.2 walks on to the first layer."
)
def only_layer_2(W1, b1, W2, b2, lr, steps):
    def slopes(theta):
        dW1, db1, dW2, db2 = _slopes(X, Y, theta)[1]
        return [0 * dW1, 0 * db1, dW2, db2]

    return _descend((W1, b1, W2, b2), lr, steps, slopes)


@wrong(
    "Your truth is turned round: the lamp is on when exactly one switch is up: section "
    "5.1."
)
def turned_round(W1, b1, W2, b2, lr, steps):
    return _descend(
        (W1, b1, W2, b2), lr, steps, lambda theta: _slopes(X, 1 - Y, theta)[1]
    )


@wrong(
    "With both switches up your lamp is on. That is the plain or; exclusive or wants "
    "exactly one: section 5.1."
)
def plain_or(W1, b1, W2, b2, lr, steps):
    truth = X.max(axis=1, keepdims=True)
    return _descend(
        (W1, b1, W2, b2), lr, steps, lambda theta: _slopes(X, truth, theta)[1]
    )


@wrong(
    "The returned arrays are right, and the caller's were changed as well: W1 -= … "
    "writes into them. W1 = W1 - … makes new ones, as in section 5.6."
)
def writes_to_start(W1, b1, W2, b2, lr, steps):
    theta = W1, b1, W2, b2
    for p, new in zip(theta, train_xor(*theta, lr, steps), strict=True):
        p[...] = new
    return theta


@wrong(
    "The parameters are right, and the losses came along. Only the four arrays are "
    "asked for: section 5.6 has both."
)
def losses_too(W1, b1, W2, b2, lr, steps):
    theta = train_xor(W1, b1, W2, b2, lr, steps)
    return theta, [_slopes(X, Y, theta)[0]] * steps


def _xor_by_hand(W1, b1, W2, b2, lr, steps):
    W1, b1, W2, b2 = W1.copy(), b1.copy(), W2.copy(), b2.copy()
    for _ in range(steps):
        hidden = np.tanh(X.dot(W1) + b1)
        miss = (1 / (1 + np.exp(-(hidden.dot(W2) + b2))) - Y) / len(X)
        back = miss * W2[:, 0] / np.cosh(X.dot(W1) + b1) ** 2
        W2 -= lr * (hidden * miss).sum(axis=0)[:, None]
        b2 -= lr * miss.sum()
        W1 -= lr * np.dot(X.T, back)
        b1 -= lr * back.sum(axis=0)
    return [W1, b1, W2, b2]


QUESTIONS = (
    Question(
        id="5.1",
        title="The slope at the output",
        level="warm-up",
        points=2,
        function="output_delta",
        reference=output_delta,
        cases=_output_cases,
        wrong=(
            no_slope,
            summed,
            over_size,
            over_outputs,
            downhill,
            twice,
            half_kept,
            squashed_twice,
            slope_of_tanh,
            slope_at_target,
            only_a,
            only_the_rest,
            mean_slope,
            slope_of_bias,
            divided_by_slope,
        ),
        right=(_output_by_loops,),
    ),
    Question(
        id="5.2",
        title="The slope at a hidden layer",
        level="core",
        points=3,
        function="hidden_delta",
        reference=hidden_delta,
        cases=_hidden_cases,
        wrong=(
            stopped_at_answers,
            slope_at_answer,
            not_squashed,
            slope_of_sigmoid,
            form_of_sigmoid,
            not_transposed,
            reshaped,
            first_output,
            mean_over_outputs,
            divided_again,
            product_of_sums,
            without_weights,
            averaged_slope,
            height_for_slope,
            hidden_bias,
        ),
        right=(_hidden_by_loops, _hidden_by_einsum),
    ),
    Question(
        id="5.3",
        title="A step with two mistakes",
        level="find the bug",
        points=4,
        function="step",
        reference=step,
        cases=_step_cases,
        wrong=(
            untouched,
            still_early,
            still_sigmoid,
            forward_again,
            other_way_round,
            layer_2_stays,
            layer_1_stays,
            biases_stay,
            b1_stays,
            biases_by_mean,
            biases_by_total,
            rebinds,
            loss_after,
            no_loss,
            uphill,
            hidden_uphill,
            divided_by_rows_again,
            slope_removed,
            answers_squashed_again,
            output_slope_added,
        ),
        right=(_step_on_copies,),
    ),
    Question(
        id="5.4",
        title="Twins and mirror images",
        level="stretch",
        points=3,
        function="kinship",
        reference=kinship,
        cases=_kinship_cases,
        wrong=(
            ways_in_only,
            without_bias,
            without_ways_out,
            ways_out_only,
            first_way_out,
            no_mirrors,
            mirrors_as_twins,
            half_mirrors,
            bias_not_turned,
            sizes_only,
            close_is_equal,
            by_direction,
            sums_for_weights,
            empty_diagonal,
            one_half,
            rows_for_units,
            any_for_all,
            how_many,
        ),
        right=(_kinship_by_loops,),
    ),
    Question(
        id="5.5",
        title="Train XOR",
        level="stretch",
        points=4,
        function="train_xor",
        returns=("W1", "b1", "W2", "b2"),
        reference=train_xor,
        cases=_xor_cases,
        wrong=(
            early,
            first_layer_first,
            one_at_a_time,
            signed_inputs,
            flat_targets,
            added,
            divided_twice,
            half_steps,
            climbs,
            skips_squash,
            wrong_squash_back,
            sigmoid_units,
            half_squared,
            linear_output,
            one_more,
            one_less,
            one_step,
            slopes_of_start,
            fixed_biases,
            biases_of_the_mean,
            only_layer_2,
            turned_round,
            plain_or,
            writes_to_start,
            losses_too,
        ),
        right=(_xor_by_hand,),
    ),
)

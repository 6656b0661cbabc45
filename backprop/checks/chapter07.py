"""The questions of exercise set 7, batches and depth."""
# ruff: noqa: D103  (what a wrong answer is about, its hint says)

from itertools import pairwise

import numpy as np

from backprop.checks.question import Case, Question, wrong
from backprop.checks.run import Source
from backprop.layers import unbroadcast

# ------------------------------------------------------------------- 7.1 unbroadcast


def _broadcast_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case(f"{wide} to {shape}", (rng.uniform(0.5, 2, wide), shape))
        for wide, shape in [
            ((5, 3), (3,)),
            ((4, 3), (4, 1)),
            ((4, 3), (1, 3)),
            ((4, 3), (1, 1)),
            ((1, 3, 2), (3, 2)),
            ((2, 3), ()),
            ((3, 2), (3, 2)),
            ((4, 2, 3), (2, 1)),
            ((5, 4, 1, 3), (4, 1, 1)),
        ]
    ]


def _axes(gradient, shape):
    """Find the axes that were filled in, and those of size 1 that were stretched."""
    new = gradient.ndim - len(shape)
    return tuple(range(new)), tuple(
        axis for axis, size in enumerate(shape, new) if size == 1
    )


@wrong(
    "axis=0 is right for a bias and for nothing else. A column is copied along axis 1, "
    "a number along both. Ask for each axis whether it was filled in or had size 1: "
    "section 7.2."
)
def over_rows(gradient, shape):
    return gradient.sum(axis=0)


@wrong(
    "This is a single number. It is right where a single number was copied; any other "
    "array needs a slope for each of its entries: section 7.2."
)
def one_number(gradient, shape):
    return gradient.sum()


@wrong(
    "You averaged over the copies. Each copy is a use of its own, and the slopes of "
    "uses add; dividing by their number is the 1/N that has no place here: section 7.2."
)
def mean_of_copies(gradient, shape):
    return unbroadcast(gradient, shape) / (gradient.size / np.prod(shape))


@wrong(
    "mean(axis=0) is wrong twice: the slopes of copies add, they are not averaged, and "
    "which axes hold the copies depends on the shape: section 7.2."
)
def mean_over_rows(gradient, shape):
    return gradient.mean(axis=0)


@wrong(
    "You kept the slope of one copy and dropped the others. Every copy reaches the "
    "loss, so every one counts: section 7.2."
)
def one_copy(gradient, shape):
    added, stretched = _axes(gradient, shape)
    kept = gradient[(0,) * len(added)]
    for axis in stretched:
        kept = kept.take([0], axis=axis - len(added))
    return kept


@wrong(
    "gradient[:1] keeps one copy along the first axis and drops the others. They reach "
    "the loss as well, so they are added; and it is not always the first axis: section "
    "7.2."
)
def first_of_first_axis(gradient, shape):
    return gradient[:1]


@wrong(
    "The axes that NumPy filled in are summed, those of size 1 are not: a column comes "
    "back as wide as the result. Both were stretched: section 7.2."
)
def filled_in_only(gradient, shape):
    return gradient.sum(axis=_axes(gradient, shape)[0])


@wrong(
    "The axes of size 1 are summed, and the ones that NumPy put in front are still "
    "there. Sum them away too: section 7.2."
)
def stretched_only(gradient, shape):
    return gradient.sum(axis=_axes(gradient, shape)[1], keepdims=True)


@wrong(
    "The sums are right, but an axis of size 1 has vanished: (4, 1) came back as (4,). "
    "Keep it, or reshape at the end: section 7.2."
)
def ones_dropped(gradient, shape):
    added, stretched = _axes(gradient, shape)
    return gradient.sum(axis=added + stretched)


@wrong(
    "Without keepdims an axis that was summed is gone, and the next number means "
    "another axis. keepdims=True leaves it with size 1: section 7.2."
)
def loop_without_keepdims(gradient, shape):
    while gradient.ndim > len(shape):
        gradient = gradient.sum(axis=0)
    for axis, size in enumerate(shape):
        if size == 1:
            gradient = gradient.sum(axis=axis)
    return gradient


@wrong(
    "The reshape at the end comes too late for the loop: after a sum without keepdims "
    "the axes behind have moved up, and the next number means another one. "
    "keepdims=True leaves the summed axis with size 1, and the reshape is not needed: "
    "section 7.2."
)
def loop_then_reshape(gradient, shape):
    return loop_without_keepdims.function(gradient, shape).reshape(shape)


@wrong(
    "gradient.shape[i] asks for an axis that may be gone: without keepdims each sum "
    "takes one away, and those behind it move up. keepdims=True leaves it with size 1: "
    "section 7.2."
)
def loop_over_sizes(gradient, shape):
    while gradient.ndim > len(shape):
        gradient = gradient.sum(axis=0)
    for axis, size in enumerate(shape):
        if gradient.shape[axis] != size:
            gradient = gradient.sum(axis=axis)
    return gradient


@wrong(
    "The reshape at the end cannot save the loop: without keepdims a summed axis is "
    "gone, and gradient.shape then has no size at that place. keepdims=True leaves it "
    "with size 1: section 7.2."
)
def loop_over_sizes_then_reshape(gradient, shape):
    return loop_over_sizes.function(gradient, shape).reshape(shape)


@wrong(
    "The sums are right, but the axes in front were kept with size 1: (3,) came back "
    "as (1, 3). A slope has the shape of its owner: section 7.2."
)
def front_kept(gradient, shape):
    added, stretched = _axes(gradient, shape)
    return gradient.sum(axis=added + stretched, keepdims=True)


@wrong(
    "You lined the shapes up at their left ends. NumPy lines them up at the right, so "
    "the missing axes are in front: section 7.2."
)
def left_aligned(gradient, shape):
    behind = tuple(range(len(shape), gradient.ndim))
    ones = tuple(axis for axis, size in enumerate(shape) if size == 1)
    total = gradient.sum(axis=ones, keepdims=True).sum(axis=behind)
    return total


@wrong(
    "Every entry got the sum of all slopes. An entry gets those of its own copies: "
    "section 7.2."
)
def sum_of_all(gradient, shape):
    return np.full(shape, gradient.sum())


@wrong(
    "The shape is right, and nothing was summed: you cut out as many entries as fit. "
    "The slopes of the other copies are lost: section 7.2."
)
def cut_out(gradient, shape):
    return np.resize(gradient, shape)


@wrong(
    "np.broadcast_to goes forward once more, and it cannot make an array smaller. "
    "Going back, copies are added: section 7.2."
)
def broadcast_again(gradient, shape):
    return np.broadcast_to(gradient, shape)


@wrong(
    "reshape lays out the same numbers in another shape, and a dozen slopes do not fit "
    "where four belong. The slopes of the copies have to be added first: section 7.2."
)
def reshaped(gradient, shape):
    return gradient.reshape(shape)


def _unbroadcast_in_a_loop(gradient, shape):
    while gradient.ndim > len(shape):
        gradient = gradient.sum(axis=0)
    for axis, size in enumerate(shape):
        if size == 1:
            gradient = gradient.sum(axis=axis, keepdims=True)
    return gradient


def _unbroadcast_by_numbering(gradient, shape):
    total = np.zeros(shape)
    places = np.broadcast_to(np.arange(total.size).reshape(shape), gradient.shape)
    np.add.at(total.reshape(-1), places.ravel(), gradient.ravel())
    return total


# ------------------------------------------------------------------- 7.2 linear_fit


def _forward(X, Y, W, b):
    """Give the misses, and ½ Σ of their squares."""
    miss = X @ W + b - Y
    return miss, np.sum(miss**2) / 2


def _slopes(X, dA):
    return X.T @ dA, dA.sum(axis=0)


def linear_fit(X, Y, W, b):
    """Give loss, dW and db: squares halved, added over outputs, averaged over rows."""
    miss, total = _forward(X, Y, W, b)
    return total / len(X), *_slopes(X, miss / len(X))


def _fit_cases(rng: np.random.Generator) -> list[Case]:
    def problem(n, d, c):
        X = rng.uniform(0.3, 1.5, (n, d)) * rng.choice([-1, 1], (n, d))
        W = rng.uniform(0.3, 0.9, (d, c)) * rng.choice([-1, 1], (d, c))
        b = rng.uniform(0.2, 0.8, c) * rng.choice([-1, 1], c)
        return X, X @ W + b + rng.uniform(0.3, 1, (n, c)), W, b

    X, Y, W, b = problem(3, 2, 4)
    return [
        Case("5 rows, 3 inputs, 2 outputs", problem(5, 3, 2)),
        Case("2 rows, 4 inputs, 3 outputs", problem(2, 4, 3)),
        Case("4 rows, a single output", problem(4, 3, 1)),
        Case("one row", problem(1, 3, 2)),
        Case("3 rows", (X, Y, W, b)),
        Case("the same 3 rows, twice", (np.tile(X, (2, 1)), np.tile(Y, (2, 1)), W, b)),
    ]


@wrong(
    "Neither the loss nor the slopes are divided: these belong to the sum over the "
    "rows, and the loss asked for is their mean. Enter a row twice, and your step "
    "doubles: section 7.1."
)
def divided_nowhere(X, Y, W, b):
    miss, total = _forward(X, Y, W, b)
    return total, *_slopes(X, miss)


@wrong(
    "The loss is a mean, and the slopes are those of the sum: two different losses on "
    "two sides of one return. The 1/N of the loss has to start the way back as well: "
    "section 7.1."
)
def slopes_of_the_sum(X, Y, W, b):
    miss, total = _forward(X, Y, W, b)
    return total / len(X), *_slopes(X, miss)


@wrong(
    "The slopes are right. The loss beside them is the sum, so the two do not belong "
    "together: section 7.1."
)
def summed_loss(X, Y, W, b):
    _, dW, db = linear_fit(X, Y, W, b)
    return _forward(X, Y, W, b)[1], dW, db


@wrong(
    "Both slopes are divided by N a second time, after the matrix product. Its terms "
    "were divided already, at the loss: section 7.1."
)
def divided_twice(X, Y, W, b):
    loss, dW, db = linear_fit(X, Y, W, b)
    return loss, dW / len(X), db / len(X)


@wrong(
    "dW is right. db is a mean over rows that were divided by N already: a copy "
    "forward is a sum backward, not a mean: section 7.2."
)
def bias_averaged(X, Y, W, b):
    loss, dW, db = linear_fit(X, Y, W, b)
    return loss, dW, db / len(X)


@wrong(
    "db is right. dW is divided by N once more after the product, where its terms "
    "already are: section 7.1."
)
def weights_averaged(X, Y, W, b):
    loss, dW, db = linear_fit(X, Y, W, b)
    return loss, dW / len(X), db


@wrong(
    "loss and db are right. dW lies on its side: W has a row for each input, and so "
    "has X.T @ dA; dA.T @ X has one for each output. The sum over the examples, as a "
    "product: section 7.3."
)
def weights_on_their_side(X, Y, W, b):
    loss, dW, db = linear_fit(X, Y, W, b)
    return loss, dW.T, db


@wrong(
    "X @ dA does not fit, and where it does by accident it is not dW: the sum goes "
    "over the examples, which stand first in both arrays. X.T @ dA: section 7.3."
)
def inputs_not_turned(X, Y, W, b):
    loss, _, db = linear_fit(X, Y, W, b)
    return loss, X @ (X @ W + b - Y) / len(X), db


@wrong(
    "You divide everything by N · C, as np.mean over a table does. Here the outputs of "
    "an example are added, and only the examples averaged: section 7.1."
)
def mean_of_everything(X, Y, W, b):
    return tuple(value / Y.shape[1] for value in linear_fit(X, Y, W, b))


@wrong(
    "The slopes are right. np.mean over the whole table divides the loss by its "
    "outputs as well, and the slopes beside it belong to the loss divided by N alone: "
    "section 7.1."
)
def loss_over_entries(X, Y, W, b):
    loss, dW, db = linear_fit(X, Y, W, b)
    return loss / Y.shape[1], dW, db


@wrong(
    "You divide by the number of outputs, and the mean goes over the examples. N is "
    "the number of rows, len(X): section 7.1."
)
def divided_by_outputs(X, Y, W, b):
    return tuple(value * len(X) / Y.shape[1] for value in linear_fit(X, Y, W, b))


@wrong(
    "The loss is right, its slopes are twice as large as they should be: the ½ in "
    "front of the square cancels the 2: section 7.1."
)
def two_left(X, Y, W, b):
    loss, dW, db = linear_fit(X, Y, W, b)
    return loss, 2 * dW, 2 * db


@wrong(
    "The loss is right, its slopes are half as large as they should be: the ½ cancels "
    "the 2 that comes down from the square, so the slope of ½ miss² is the miss, with "
    "nothing but 1/N before it: section 7.1."
)
def half_left(X, Y, W, b):
    loss, dW, db = linear_fit(X, Y, W, b)
    return loss, dW / 2, db / 2


@wrong(
    "The slopes are right, and the loss lacks its ½. Slopes and loss have to come from "
    "one formula: section 7.1."
)
def no_half(X, Y, W, b):
    loss, dW, db = linear_fit(X, Y, W, b)
    return 2 * loss, dW, db


@wrong(
    "The loss is right, and every slope points the other way: the slope of ½(a − y)² "
    "is a − y. The lines of section 7.1 begin with that miss."
)
def downhill(X, Y, W, b):
    loss, dW, db = linear_fit(X, Y, W, b)
    return loss, -dW, -db


@wrong(
    "db came out as one number. Each output has a bias of its own; sum over the rows, "
    "axis 0, and keep the columns: section 7.2."
)
def one_bias_for_all(X, Y, W, b):
    loss, dW, db = linear_fit(X, Y, W, b)
    return loss, dW, db.sum()


@wrong(
    "db has a bracket too many, (1, C): keepdims left it there. A slope has the shape "
    "of its owner, and b is (C,): section 7.2."
)
def bias_as_a_row(X, Y, W, b):
    loss, dW, db = linear_fit(X, Y, W, b)
    return loss, dW, db[None]


@wrong(
    "The forward pass lacks the bias, so that all misses are off. b is added to each "
    "row: section 7.2."
)
def no_bias(X, Y, W, b):
    return linear_fit(X, Y, W, 0 * b)


def _fit_row_by_row(X, Y, W, b):
    loss, dW, db = 0.0, np.zeros_like(W), np.zeros_like(b)
    for x, y in zip(X, Y, strict=True):
        miss = x @ W + b - y
        loss += miss @ miss / 2
        dW += np.outer(x, miss)
        db += miss
    return loss / len(X), dW / len(X), db / len(X)


# -------------------------------------------------------------------- 7.3 is_a_mean


def _entered_twice(gradient, X, y, theta):
    once = gradient(X, y, theta)
    return once, gradient(np.tile(X, (2, 1)), np.tile(y, 2), theta)


def is_a_mean(gradient, X, y, theta):
    """Tell whether entering every example twice leaves the gradient as it is."""
    once, twice = _entered_twice(gradient, X, y, theta)
    return bool(np.abs(twice - once).max() <= 1e-6 * np.abs(once).max())


def _mean_cases(rng: np.random.Generator) -> list[Case]:
    def case(label, text, scale=1.0):
        X = rng.uniform(0.3, 1.5, (7, 3)) * rng.choice([-1, 1], (7, 3))
        theta = rng.uniform(0.3, 0.9, 3)
        y = X @ theta + rng.uniform(0.3, 1, 7)  # all misses of one sign
        return Case(label, (Source(text), scale * X, scale * y, theta))

    # Whether twice as many terms round otherwise must not depend on the machine, nor on
    # where an array lies, as in x @ t.
    one_by_one = "sum(x * (sum(x * t) - v) for x, v in zip(X, y))"

    def cancelling(label, sign):
        # The first slope is round-off, which another rounding multiplies.
        mean = Source(f"lambda X, y, t: {one_by_one} / len(X)")
        while True:
            X = rng.uniform(0.3, 1.5, (7, 3))
            miss = rng.uniform(0.3, 1, 7)
            X[:, 0] *= rng.choice([-1, 1], 7)
            X[-1, 0] = -sum(X[:-1, 0] * miss[:-1]) / miss[-1]
            theta = rng.uniform(0.3, 0.9, 3)
            y = np.array([sum(x * theta) for x in X]) - sign * miss
            case = Case(label, (mean, X, y, theta))
            once, twice = _entered_twice(eval(mean.text), X, y, theta)
            if 1e-3 * abs(once[0]) < abs(twice[0] - once[0]) < 1e-12:
                return case

    X, theta = rng.uniform(0.3, 1.5, (7, 3)), rng.uniform(0.3, 0.9, 3)
    downward = X, X @ theta + rng.uniform(0.3, 1, 7), theta
    return [
        case("a mean", f"lambda X, y, t: {one_by_one} / len(X)"),
        case("a sum", "lambda X, y, t: X.T @ (X @ t - y)"),
        case("divided twice", "lambda X, y, t: X.T @ (X @ t - y) / len(X) ** 2"),
        case(
            "a bias divided twice",
            "lambda X, y, t: np.append(X.T @ (X @ t - y), np.mean(X @ t - y)) / len(X)",
        ),
        case(
            "the same, with the bias in front",
            "lambda X, y, t: np.append(np.mean(X @ t - y), X.T @ (X @ t - y)) / len(X)",
        ),
        case(
            "a mean of signs",
            "lambda X, y, t: np.sign(X).T @ np.sign(X @ t - y) / len(X)",
        ),
        case(
            "a mean of whole numbers",
            "lambda X, y, t: np.round(9 * X).T @ np.round(9 * (X @ t - y)) / len(X)",
        ),
        case("a sum of tiny slopes", "lambda X, y, t: X.T @ (X @ t - y)", 1e-6),
        case("a mean of tiny slopes", f"lambda X, y, t: {one_by_one} / len(X)", 1e-6),
        case("divided by N − 1", "lambda X, y, t: X.T @ (X @ t - y) / (len(X) - 1)"),
        case(
            "a sum whose entries cancel",
            "lambda X, y, t: (s := X.T @ (X @ t - y)) - s.mean()",
        ),
        case("a sum, row by row", f"lambda X, y, t: {one_by_one}"),
        cancelling("a mean, one slope of which is zero", 1),
        cancelling("a mean, one slope of which is zero, the others negative", -1),
        Case(
            "a mean whose slopes are all negative",
            (Source(f"lambda X, y, t: {one_by_one} / len(X)"), *downward),
        ),
        Case(
            "a sum whose slopes are all negative",
            (Source(f"lambda X, y, t: {one_by_one}"), *downward),
        ),
        Case(
            "a sum whose slopes are all positive",
            (Source(f"lambda X, y, t: -{one_by_one}"), *downward),
        ),
        case(
            "slopes that change places with the number of rows",
            f"lambda X, y, t: np.roll({one_by_one} / len(X), len(X))",
        ),
    ]


@wrong(
    "You asked for equality to the last bit. A sum of fourteen terms rounds otherwise "
    "than one of seven, so a right gradient fails. Allow for round-off, as a fraction "
    "of its size: section 7.1."
)
def to_the_last_bit(gradient, X, y, theta):
    once, twice = _entered_twice(gradient, X, y, theta)
    return bool(np.all(once == twice))


@wrong(
    "np.allclose also allows an absolute 10⁻⁸, and tiny slopes hide below it: a sum "
    "that doubles is passed. Measure against the gradient's own size: section 7.1."
)
def absolute_tolerance(gradient, X, y, theta):
    once, twice = _entered_twice(gradient, X, y, theta)
    return bool(np.allclose(once, twice))


@wrong(
    "You compare each entry with its own size. Where the slopes of the examples "
    "cancel, an entry of a right mean is nothing but round-off, and that comes out "
    "otherwise each time. The measure is the largest entry of the gradient: section "
    "7.1."
)
def relative_to_each_entry(gradient, X, y, theta):
    once, twice = _entered_twice(gradient, X, y, theta)
    return bool(np.all(np.abs(twice - once) <= 1e-6 * np.abs(once)))


@wrong(
    "np.max(g) minds the signs: if all slopes are negative, so is your tolerance, and "
    "right means are blamed. The largest entry in size is np.max(np.abs(g)): section "
    "7.1."
)
def largest_without_sign(gradient, X, y, theta):
    once, twice = _entered_twice(gradient, X, y, theta)
    return bool(np.abs(twice - once).max() <= 1e-6 * once.max())


@wrong(
    "abs(np.max(g)) takes the size after the maximum. Of negative slopes that finds "
    "the smallest in size. First the sizes, then the largest: np.max(np.abs(g)): "
    "section 7.1."
)
def size_of_the_maximum(gradient, X, y, theta):
    once, twice = _entered_twice(gradient, X, y, theta)
    return bool(np.abs(twice - once).max() <= 1e-6 * abs(once.max()))


@wrong(
    "twice - once has a sign. A sum of negative slopes makes every difference "
    "negative, and no negative number is larger than a tolerance. Take the sizes of "
    "the differences, np.abs(twice - once): section 7.1."
)
def signed_difference(gradient, X, y, theta):
    once, twice = _entered_twice(gradient, X, y, theta)
    return bool((twice - once).max() <= 1e-6 * np.abs(once).max())


@wrong(
    "once - twice has a sign. A sum of positive slopes makes every difference "
    "negative, and no negative number is larger than a tolerance. Take the sizes of "
    "the differences, np.abs(once - twice): section 7.1."
)
def signed_difference_turned(gradient, X, y, theta):
    once, twice = _entered_twice(gradient, X, y, theta)
    return bool((once - twice).max() <= 1e-6 * np.abs(once).max())


@wrong(
    "Your tolerance is so wide that a division by N − 1 slips through: for seven rows "
    "it is off by a twelfth. Round-off is a millionth at the most: section 7.1."
)
def too_generous(gradient, X, y, theta):
    once, twice = _entered_twice(gradient, X, y, theta)
    return bool(np.abs(twice - once).max() <= 0.1 * np.abs(once).max())


@wrong(
    "You compared the sums of the entries, and entries may cancel. Compare entry by "
    "entry: section 7.1."
)
def sums_compared(gradient, X, y, theta):
    once, twice = _entered_twice(gradient, X, y, theta)
    return bool(abs(twice.sum() - once.sum()) <= 1e-6 * np.abs(once).max())


@wrong(
    "You compared two lengths. A gradient that turns keeps its length; take the length "
    "of the difference, not the difference of the lengths: section 7.1."
)
def lengths_compared(gradient, X, y, theta):
    lengths = [np.linalg.norm(g) for g in _entered_twice(gradient, X, y, theta)]
    return bool(abs(lengths[1] - lengths[0]) <= 1e-6 * lengths[0])


@wrong(
    "One entry that agrees is enough for you. A program may divide the weights once "
    "and the bias twice, so every entry has to agree: section 7.1."
)
def any_entry(gradient, X, y, theta):
    once, twice = _entered_twice(gradient, X, y, theta)
    return bool(np.any(np.abs(twice - once) <= 1e-6 * np.abs(once).max()))


@wrong(
    "You looked at the first entry alone. The mistake may sit in another one, such as "
    "the bias: section 7.1."
)
def first_entry(gradient, X, y, theta):
    once, twice = _entered_twice(gradient, X, y, theta)
    return bool(abs(twice[0] - once[0]) <= 1e-6 * abs(once[0]))


@wrong(
    "This is the test for a sum: you expect the gradient to double. That of a mean "
    "stays as it is: section 7.1."
)
def expects_double(gradient, X, y, theta):
    once, twice = _entered_twice(gradient, X, y, theta)
    return bool(np.abs(twice - 2 * once).max() <= 1e-6 * np.abs(once).max())


@wrong(
    "True and False have changed places: True should mean that nothing changes when "
    "the batch is entered twice, as in section 7.1."
)
def upside_down(gradient, X, y, theta):
    return not is_a_mean(gradient, X, y, theta)


@wrong(
    "You doubled the rows of X and left the targets as they were. An example is an "
    "input with its target: section 7.1."
)
def targets_forgotten(gradient, X, y, theta):
    once, twice = gradient(X, y, theta), gradient(np.tile(X, (2, 1)), y, theta)
    return bool(np.abs(twice - once).max() <= 1e-6 * np.abs(once).max())


@wrong(
    "np.append without an axis makes one long row of all the numbers, and no examples "
    "are left. np.append(X, X, axis=0) or np.tile(X, (2, 1)) puts the rows below one "
    "another: section 7.1."
)
def flattened(gradient, X, y, theta):
    once = gradient(X, y, theta)
    twice = gradient(np.append(X, X), np.append(y, y), theta)
    return bool(np.abs(twice - once).max() <= 1e-6 * np.abs(once).max())


@wrong(
    "You doubled the numbers in X and y. That makes other examples of them; what is "
    "wanted is each example two times: section 7.1."
)
def numbers_doubled(gradient, X, y, theta):
    once, twice = gradient(X, y, theta), gradient(2 * X, 2 * y, theta)
    return bool(np.abs(twice - once).max() <= 1e-6 * np.abs(once).max())


@wrong(
    "Every mean is blamed. The second batch must hold the same examples, each of them "
    "twice, every input with its own target. Half of the batch, one row more, or "
    "inputs beside the targets of others (np.repeat for one and np.tile for the other) "
    "are other data, and have another mean: section 7.1."
)
def half_a_batch(gradient, X, y, theta):
    once, half = gradient(X, y, theta), gradient(X[:3], y[:3], theta)
    return bool(np.abs(half - once).max() <= 1e-6 * np.abs(once).max())


@wrong(
    "You return how far the two gradients are apart. The question is answered with "
    "True or False, so compare it with a small part of the gradient's size: section "
    "7.1."
)
def the_difference(gradient, X, y, theta):
    once, twice = _entered_twice(gradient, X, y, theta)
    return float(np.abs(twice - once).max())


def _by_repeating(gradient, X, y, theta):
    many = gradient(np.repeat(X, 3, axis=0), np.repeat(y, 3), theta)
    once = gradient(X, y, theta)
    return np.allclose(many, once, rtol=0, atol=1e-6 * np.abs(once).max())


def _by_norms(gradient, X, y, theta):
    once, twice = _entered_twice(gradient, X, y, theta)
    return np.linalg.norm(twice - once) < 1e-8 * np.linalg.norm(once)


# ----------------------------------------------------------------- 7.4 deep_backward


def _walk(Ws, A, dS, back=lambda dA, A, layer: dA * (1 - A[layer] ** 2)):
    """Give dWs and dbs, with another step through the squash if given."""
    dWs, dbs, dZ = [], [], dS
    for layer in reversed(range(len(Ws))):
        dWs.insert(0, A[layer].T @ dZ)
        dbs.insert(0, dZ.sum(axis=0))
        if layer:
            dZ = back(dZ @ Ws[layer].T, A, layer)
    return dWs, dbs


def deep_backward(Ws, A, dS):
    """Give dWs and dbs of a network with tanh between its layers, first layer first."""
    return _walk(Ws, A, dS)


def _deep_cases(rng: np.random.Generator) -> list[Case]:
    def problem(n, *sizes):
        Ws = [
            rng.uniform(0.2, 0.8, shape) * rng.choice([-1, 1], shape)
            for shape in pairwise(sizes)
        ]
        A = [rng.normal(size=(n, sizes[0]))]
        for W in Ws[:-1]:
            A.append(np.tanh(A[-1] @ W + rng.uniform(-0.5, 0.5, W.shape[1])))
        return Ws, A, rng.uniform(0.3, 1, (n, sizes[-1])) / n

    return [
        Case("5-4-3-2, 6 examples", problem(6, 5, 4, 3, 2)),
        Case("one hidden layer, 3-5-2", problem(4, 3, 5, 2)),
        Case("no hidden layer, 4-2", problem(3, 4, 2)),
        Case("hidden layers of one size, 4-3-3-3-2", problem(5, 4, 3, 3, 3, 2)),
        Case("all of one size, 3-3-3-3", problem(4, 3, 3, 3, 3)),
        Case("one example", problem(1, 2, 4, 3)),
    ]


@wrong(
    "The slope of the squash is missing between the layers: dA went on as if it were "
    "dZ. Multiply by 1 − A² on the way: section 7.5."
)
def no_squash(Ws, A, dS):
    return _walk(Ws, A, dS, lambda dA, A, layer: dA)


@wrong(
    "A(1 − A) is the slope of the sigmoid. These layers squash with tanh, whose slope "
    "is 1 − A²; the place where it enters is in section 7.5."
)
def slope_of_sigmoid(Ws, A, dS):
    return _walk(Ws, A, dS, lambda dA, A, layer: dA * A[layer] * (1 - A[layer]))


@wrong(
    "The list A holds what came out of the squash, and you squashed it again before "
    "taking the slope: it is 1 − A², without another tanh: section 7.5."
)
def squashed_again(Ws, A, dS):
    return _walk(Ws, A, dS, lambda dA, A, layer: dA * (1 - np.tanh(A[layer]) ** 2))


@wrong(
    "The slope comes from the layer next door: coming out of layer l, dA has the shape "
    "of that layer's input, and its squash is the one that made this input: section "
    "7.5."
)
def slope_next_door(Ws, A, dS):
    return _walk(Ws, A, dS, lambda dA, A, layer: dA * (1 - A[layer - 1] ** 2))


@wrong(
    "The slope is always that of the last hidden layer. For one hidden layer this is "
    "right; with more, each has a slope of its own: section 7.5."
)
def slope_of_the_last(Ws, A, dS):
    return _walk(Ws, A, dS, lambda dA, A, layer: dA * (1 - A[-1] ** 2))


@wrong(
    "The weights come from the layer next door: dZ @ Ws[l].T, with the weights of the "
    "layer that dZ belongs to. What comes out has the shape of that layer's input: "
    "section 7.5."
)
def weights_next_door(Ws, A, dS):
    dWs, dbs, dZ = [], [], dS
    for layer in reversed(range(len(Ws))):
        dWs.insert(0, A[layer].T @ dZ)
        dbs.insert(0, dZ.sum(axis=0))
        if layer:
            dZ = dZ @ Ws[layer - 1].T * (1 - A[layer] ** 2)
    return dWs, dbs


@wrong(
    "No tanh stands behind the last layer, so dS is its dZ already: no slope is "
    "multiplied in before the walk begins: section 7.5."
)
def squash_at_the_scores(Ws, A, dS):
    return _walk(Ws, A, dS * (1 - A[-1] ** 2))


@wrong(
    "dZ @ W without the transpose fits only where a layer is as wide as the next one. "
    "Going back it is dZ @ W.T: section 7.5."
)
def not_turned(Ws, A, dS):
    return _walk([W.T for W in Ws], A, dS)


@wrong(
    "All slopes are right and in the order in which the walk finds them, last layer "
    "first. Put each at the front of its list, or turn the lists at the end: section "
    "7.5."
)
def in_order_of_the_walk(Ws, A, dS):
    dWs, dbs = _walk(Ws, A, dS)
    return dWs[::-1], dbs[::-1]


@wrong(
    "dbs is right. The weights are divided by N once more: dS is divided already, and "
    "so is everything that is made of it: section 7.1."
)
def divided_again(Ws, A, dS):
    dWs, dbs = _walk(Ws, A, dS)
    return [dW / len(dS) for dW in dWs], dbs


@wrong(
    "Weights and biases carry a second 1/N. The first is in dS, and every product and "
    "every sum hands it on: section 7.1."
)
def all_divided_again(Ws, A, dS):
    return _walk(Ws, A, dS / len(dS))


@wrong(
    "dWs is right. The biases were averaged over the examples, and their slopes are "
    "sums: section 7.2."
)
def biases_averaged(Ws, A, dS):
    dWs, dbs = _walk(Ws, A, dS)
    return dWs, [db / len(dS) for db in dbs]


@wrong(
    "The biases came back as rows, (1, H), because of keepdims. Each slope has the "
    "shape of its owner, (H,): section 7.2."
)
def biases_as_rows(Ws, A, dS):
    dWs, dbs = _walk(Ws, A, dS)
    return dWs, [db[None] for db in dbs]


@wrong(
    "Both lists are right, in the wrong order: dWs first, then dbs. The question gives "
    "the order, section 7.5 the equations."
)
def biases_first(Ws, A, dS):
    dWs, dbs = _walk(Ws, A, dS)
    return dbs, dWs


@wrong(
    "You put everything into a single list, dW and db in turns. The question asks for "
    "two lists; section 7.6 shows what a single vector is good for."
)
def one_list(Ws, A, dS):
    return [slope for pair in zip(*_walk(Ws, A, dS), strict=True) for slope in pair]


@wrong(
    "The numbers are right, but Ws.reverse() turned the caller's own list round. "
    "reversed(Ws) walks backward and leaves it alone: section 7.5."
)
def caller_reversed(Ws, A, dS):
    slopes = _walk(list(Ws), A, dS)
    Ws.reverse()
    return slopes


@wrong(
    "Every hidden unit was handed the plain sum of dS, without the weights in "
    "between. Each dZ is made of the one behind it, through W.T: section 7.5."
)
def no_weights(Ws, A, dS):
    dWs, dbs = _walk(Ws, A, dS)
    for layer in range(len(Ws) - 1):
        total = dS.sum(axis=1, keepdims=True) * (1 - A[layer + 1] ** 2)
        dWs[layer], dbs[layer] = A[layer].T @ total, total.sum(axis=0)
    return dWs, dbs


def _deep_by_recursion(Ws, A, dS):
    dW, db = A[-1].T @ dS, dS.sum(axis=0)
    if len(Ws) == 1:
        return [dW], [db]
    dWs, dbs = _deep_by_recursion(
        Ws[:-1], A[:-1], (1 - A[-1]) * (1 + A[-1]) * (dS @ Ws[-1].T)
    )
    return [*dWs, dW], [*dbs, db]


def _deep_in_columns(Ws, A, dS):
    dWs, dbs, delta = [], [], dS.T
    for W, a in zip(reversed(Ws), reversed([a.T for a in A]), strict=True):
        dWs, dbs = [(delta @ a.T).T, *dWs], [delta.sum(axis=1), *dbs]
        delta = W @ delta * (1 - a**2)  # of the inputs, at the end, and not used
    return tuple(dWs), tuple(dbs)


# ----------------------------------------------------------------- 7.5 deep_gradient


def _deep_forward(X, Y, Ws, bs):
    """Give the input of each layer, and the misses of the last one."""
    A = [X]
    for W, b in zip(Ws[:-1], bs[:-1], strict=True):
        A.append(np.tanh(A[-1] @ W + b))
    return A, A[-1] @ Ws[-1] + bs[-1] - Y


def _deep_gradient(X, Y, Ws, bs, **options):
    A, miss = _deep_forward(X, Y, Ws, bs)
    return np.sum(miss**2) / 2 / len(X), *_walk(Ws, A, miss / len(X), **options)


def deep_gradient(X, Y, Ws, bs):
    """Give loss, dWs and dbs of a tanh network under half squared error."""
    return _deep_gradient(X, Y, Ws, bs)


def _gradient_cases(rng: np.random.Generator) -> list[Case]:
    def problem(n, *sizes):
        Ws = [
            rng.uniform(0.3, 0.9, shape) * rng.choice([-1, 1], shape)
            for shape in pairwise(sizes)
        ]
        bs = [rng.uniform(0.1, 0.4, size) for size in sizes[1:]]
        X = rng.normal(size=(n, sizes[0]))
        _, answer = _deep_forward(X, 0, Ws, bs)
        return X, answer + rng.uniform(0.5, 1, (n, sizes[-1])), Ws, bs

    return [
        Case("one hidden layer, 4-3-2", problem(5, 4, 3, 2)),
        Case("hidden layers of one size, 4-3-3-2", problem(5, 4, 3, 3, 2)),
        Case("hidden layers that differ, 2-5-4-3-1", problem(6, 2, 5, 4, 3, 1)),
        Case("all of one size, 3-3-3-3", problem(4, 3, 3, 3, 3)),
        Case("no hidden layer, 3-2", problem(4, 3, 2)),
    ]


@wrong(
    "This is still the broken function. A[-1] is the last hidden layer, and its slope "
    "was used for all of them. With one hidden layer nobody notices: section 7.5."
)
def untouched(X, Y, Ws, bs):
    return _deep_gradient(X, Y, Ws, bs, back=lambda dA, A, layer: dA * (1 - A[-1] ** 2))


@wrong(
    "Now every layer takes the slope of the first hidden layer, A[1]. With one hidden "
    "layer that is right again, and with several it is the same mistake from the other "
    "end: section 7.5."
)
def slope_of_the_first(X, Y, Ws, bs):
    return _deep_gradient(X, Y, Ws, bs, back=lambda dA, A, layer: dA * (1 - A[1] ** 2))


@wrong(
    "Off by one: you took the slope at the input of the layer, A[l − 1], and dA "
    "belongs to what the layer before handed over, A[l]: section 7.5."
)
def off_by_one(X, Y, Ws, bs):
    return _deep_gradient(
        X, Y, Ws, bs, back=lambda dA, A, layer: dA * (1 - A[layer - 1] ** 2)
    )


@wrong(
    "The wrong slope is gone, and so is the right one. Between two layers dA is "
    "multiplied by 1 − A², each layer with its own A: section 7.5."
)
def slope_removed(X, Y, Ws, bs):
    return _deep_gradient(X, Y, Ws, bs, back=lambda dA, A, layer: dA)


@wrong(
    "You averaged 1 − A² over the examples before multiplying. Every example has a "
    "slope of its own, at every unit: section 7.5."
)
def slope_averaged(X, Y, Ws, bs):
    return _deep_gradient(
        X, Y, Ws, bs, back=lambda dA, A, layer: dA * np.mean(1 - A[layer] ** 2, axis=0)
    )


@wrong(
    "The last layer has no squash here: its scores go into the loss as they are, and "
    "no 1 − S² belongs to them: section 7.5."
)
def squash_at_the_end(X, Y, Ws, bs):
    A, miss = _deep_forward(X, Y, Ws, bs)
    S = miss + Y
    dS = miss / len(X) * (1 - S**2)
    return np.sum(miss**2) / 2 / len(X), *_walk(Ws, A, dS)


@wrong(
    "The slopes between the layers are mended. The 1/N got lost on the way, in the "
    "loss as well as in its slopes: both are those of a mean over the examples: "
    "section 7.1."
)
def summed(X, Y, Ws, bs):
    A, miss = _deep_forward(X, Y, Ws, bs)
    return np.sum(miss**2) / 2, *_walk(Ws, A, miss)


@wrong(
    "The loss is a mean, and the slopes are those of the sum: dZ begins as miss, "
    "without the 1/N of the loss. miss / len(X) starts the way back: section 7.1."
)
def slopes_undivided(X, Y, Ws, bs):
    A, miss = _deep_forward(X, Y, Ws, bs)
    return np.sum(miss**2) / 2 / len(X), *_walk(Ws, A, miss)


@wrong(
    "The slopes between the layers are mended. But a second 1/N crept in behind the "
    "matrix products: dS is divided already: section 7.1."
)
def divided_by_n_twice(X, Y, Ws, bs):
    loss, dWs, dbs = deep_gradient(X, Y, Ws, bs)
    return loss, [dW / len(X) for dW in dWs], [db / len(X) for db in dbs]


@wrong(
    "The weights are right. The biases are means over the examples, and ought to be "
    "sums of what is divided already: section 7.2."
)
def biases_as_means(X, Y, Ws, bs):
    loss, dWs, dbs = deep_gradient(X, Y, Ws, bs)
    return loss, dWs, [db / len(X) for db in dbs]


@wrong(
    "The weights stepped while the walk was still going: layers further in front were "
    "handed slopes through weights that had changed. All slopes before any step; here "
    "no step at all: section 7.6."
)
def stepped_on_the_way(X, Y, Ws, bs):
    A, miss = _deep_forward(X, Y, Ws, bs)
    dWs, dbs, dZ = [], [], miss / len(X)
    for layer in reversed(range(len(Ws))):
        dWs.insert(0, A[layer].T @ dZ)
        dbs.insert(0, dZ.sum(axis=0))
        dZ = dZ @ (Ws[layer] - dWs[0]).T * (1 - A[layer] ** 2)
    return np.sum(miss**2) / 2 / len(X), dWs, dbs


@wrong(
    "The gradient is right. The loss lost its ½, whose 2 the gradient has already "
    "cancelled: section 7.1."
)
def loss_without_half(X, Y, Ws, bs):
    loss, dWs, dbs = deep_gradient(X, Y, Ws, bs)
    return 2 * loss, dWs, dbs


@wrong(
    "The gradient is right. The loss beside it is that of the sum: it lost its 1/N: "
    "section 7.1."
)
def loss_is_the_sum(X, Y, Ws, bs):
    loss, dWs, dbs = deep_gradient(X, Y, Ws, bs)
    return loss * len(X), dWs, dbs


@wrong(
    "The gradient is right. np.mean over the whole table divides the loss by N · C; "
    "the outputs of an example are added, and only the examples averaged: section 7.1."
)
def loss_over_all_entries(X, Y, Ws, bs):
    loss, dWs, dbs = deep_gradient(X, Y, Ws, bs)
    return loss / Y.shape[1], dWs, dbs


@wrong(
    "The slopes are right, and stand in the order of the walk, from the last layer to "
    "the first: section 7.5."
)
def last_layer_first(X, Y, Ws, bs):
    loss, dWs, dbs = deep_gradient(X, Y, Ws, bs)
    return loss, dWs[::-1], dbs[::-1]


@wrong(
    "The gradient is right, and the loss is missing: the question asks for three "
    "values, loss first, as a trainer like that of section 7.6 needs them."
)
def no_loss(X, Y, Ws, bs):
    return deep_gradient(X, Y, Ws, bs)[1:]


def _gradient_by_pairs(X, Y, Ws, bs):
    A, miss = _deep_forward(X, Y, Ws, bs)
    dZ, slopes = miss / len(X), []
    for W, before in zip(Ws[::-1], A[::-1], strict=True):
        slopes.append((before.T @ dZ, np.ones(len(X)) @ dZ))
        dZ = dZ @ W.T * (1 - before**2)
    dWs, dbs = zip(*slopes[::-1], strict=True)
    return 0.5 * np.mean(np.sum(miss**2, axis=1)), dWs, dbs


QUESTIONS = (
    Question(
        id="7.1",
        title="Undo a broadcast",
        level="warm-up",
        points=2,
        function="unbroadcast",
        reference=unbroadcast,
        cases=_broadcast_cases,
        wrong=(
            over_rows,
            one_number,
            mean_of_copies,
            mean_over_rows,
            one_copy,
            first_of_first_axis,
            filled_in_only,
            stretched_only,
            ones_dropped,
            loop_without_keepdims,
            loop_then_reshape,
            loop_over_sizes,
            loop_over_sizes_then_reshape,
            front_kept,
            left_aligned,
            sum_of_all,
            cut_out,
            broadcast_again,
            reshaped,
        ),
        right=(_unbroadcast_in_a_loop, _unbroadcast_by_numbering),
    ),
    Question(
        id="7.2",
        title="1/N, once",
        level="core",
        points=2,
        function="linear_fit",
        returns=("loss", "dW", "db"),
        reference=linear_fit,
        cases=_fit_cases,
        wrong=(
            divided_nowhere,
            slopes_of_the_sum,
            summed_loss,
            divided_twice,
            bias_averaged,
            weights_averaged,
            weights_on_their_side,
            inputs_not_turned,
            mean_of_everything,
            loss_over_entries,
            divided_by_outputs,
            two_left,
            half_left,
            no_half,
            downhill,
            one_bias_for_all,
            bias_as_a_row,
            no_bias,
        ),
        right=(_fit_row_by_row,),
    ),
    Question(
        id="7.3",
        title="Is it a mean?",
        level="core",
        points=3,
        function="is_a_mean",
        reference=is_a_mean,
        cases=_mean_cases,
        wrong=(
            to_the_last_bit,
            absolute_tolerance,
            relative_to_each_entry,
            largest_without_sign,
            size_of_the_maximum,
            signed_difference,
            signed_difference_turned,
            too_generous,
            sums_compared,
            lengths_compared,
            any_entry,
            first_entry,
            expects_double,
            upside_down,
            targets_forgotten,
            flattened,
            numbers_doubled,
            half_a_batch,
            the_difference,
        ),
        right=(_by_repeating, _by_norms),
    ),
    Question(
        id="7.4",
        title="Any number of layers",
        level="stretch",
        points=4,
        function="deep_backward",
        returns=("dWs", "dbs"),
        reference=deep_backward,
        cases=_deep_cases,
        wrong=(
            no_squash,
            slope_of_sigmoid,
            squashed_again,
            slope_next_door,
            slope_of_the_last,
            weights_next_door,
            squash_at_the_scores,
            not_turned,
            in_order_of_the_walk,
            divided_again,
            all_divided_again,
            biases_averaged,
            biases_as_rows,
            biases_first,
            one_list,
            caller_reversed,
            no_weights,
        ),
        right=(_deep_by_recursion, _deep_in_columns),
    ),
    Question(
        id="7.5",
        title="Right until it is deep",
        level="find the bug",
        points=4,
        function="deep_gradient",
        returns=("loss", "dWs", "dbs"),
        reference=deep_gradient,
        cases=_gradient_cases,
        wrong=(
            untouched,
            slope_of_the_first,
            off_by_one,
            slope_removed,
            slope_averaged,
            squash_at_the_end,
            summed,
            slopes_undivided,
            divided_by_n_twice,
            biases_as_means,
            stepped_on_the_way,
            loss_without_half,
            loss_is_the_sum,
            loss_over_all_entries,
            last_layer_first,
            no_loss,
        ),
        right=(_gradient_by_pairs,),
    ),
)

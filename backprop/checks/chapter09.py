"""The questions of exercise set 9, the bug clinic."""
# ruff: noqa: D103  (what a wrong answer is about, its hint says)

from collections.abc import Callable

import numpy as np

from backprop.checks.question import Case, Question, wrong
from backprop.checks.run import Source
from backprop.clinic import (
    PATIENTS,
    block_error,
    mutant,
    source_of,
    step,
    step_gradient,
)
from backprop.gradcheck import check_gradient, numerical_gradient

TOLERANCE = 1e-6


def _entries(rng: np.random.Generator, *shape: int) -> np.ndarray:
    # Nothing close to 0, where a wrong factor would not show.
    sizes = rng.uniform(0.5, 2, shape) * rng.choice([-1, 1], shape)
    return np.array(np.round(sizes, 2))


# ---------------------------------------------------------------- 9.1 block_errors


def block_errors(claimed, measured):
    """Give the error of each block: length of the difference over the larger length."""
    return {name: block_error(claimed[name], measured[name]) for name in claimed}


def _errors_cases(rng: np.random.Generator) -> list[Case]:
    W, b = _entries(rng, 4, 3), _entries(rng, 3)
    other = W + _entries(rng, 4, 3)
    longer = round(float(rng.uniform(2, 4)), 2)
    return [
        Case("two blocks", ({"W": W, "b": b}, {"W": other, "b": 0.9 * b})),
        Case("the other way round", ({"W": other, "b": b / 2}, {"W": W, "b": b})),
        Case("turned round, and right", ({"V": -W, "c": b}, {"V": W, "c": b})),
        Case("names in another order", ({"W": W, "b": b}, {"b": b / 3, "W": other})),
        Case("too long, too short", ({"p": longer * b, "q": W}, {"p": b, "q": 3 * W})),
        Case("nothing claimed", ({"U": 0 * W}, {"U": W})),
        Case("nothing to claim", ({"b": b, "U": 0 * W}, {"b": -2 * b, "U": 0 * W})),
    ]


def _errors_by(size: Callable) -> Callable:
    """Make the function that divides by `size` of the two lengths, where that is 0."""

    def errors(claimed, measured):
        result = {}
        for name in claimed:
            g, m = claimed[name], measured[name]
            over = size(np.linalg.norm(g), np.linalg.norm(m))
            result[name] = np.linalg.norm(g - m) / over if over else 0.0
        return result

    return errors


def _errors_in(length: Callable, claimed: dict, measured: dict) -> dict:
    """Give the error of each block, with another measure of length."""
    result = {}
    for name, g in claimed.items():
        m = measured[name]
        size = max(length(g), length(m))
        result[name] = length(g - m) / size if size else 0.0
    return result


@wrong(
    "You divide by the length of the measured block. A claim a thousand times as long "
    "as it should be then has the error 999, and one a thousandth as long 0.999. The "
    "larger of the two lengths treats both alike: section 9.2."
)
def over_measured(claimed, measured):
    return _errors_by(lambda g, m: m)(claimed, measured)


@wrong(
    "You divide by the measured length, which is 0 where nothing was to be claimed. "
    "Take the larger of the two, and answer 0 where both are 0: section 9.2."
)
def over_measured_or_nothing(claimed, measured):
    return {
        name: np.linalg.norm(claimed[name] - m) / np.linalg.norm(m)
        for name, m in measured.items()
    }


@wrong(
    "You divide by the length of the claimed block: a claim of nothing then counts as "
    "right. The larger of the two lengths is never 0 unless both are: section 9.2."
)
def over_claimed(claimed, measured):
    return _errors_by(lambda g, m: g)(claimed, measured)


@wrong(
    "You divide by the sum of both lengths, so an opposite gradient gets 1 and a "
    "missing one gets 1 too. The larger of the two tells them apart: section 9.2."
)
def over_sum(claimed, measured):
    return _errors_by(lambda g, m: g + m)(claimed, measured)


@wrong(
    "This is the length of the difference, in the units of the gradient. Whether 0.01 "
    "is much depends on how long the gradients are: divide by the larger length: "
    "section 9.2."
)
def absolute(claimed, measured):
    return _errors_by(lambda g, m: 1)(claimed, measured)


@wrong(
    "You compare the lengths alone. An opposite gradient has the right length; take "
    "the length of the difference, not the difference of the lengths: section 9.2."
)
def lengths_only(claimed, measured):
    result = {}
    for name in claimed:
        lengths = np.linalg.norm(claimed[name]), np.linalg.norm(measured[name])
        rise = abs(lengths[0] - lengths[1])
        result[name] = rise / max(lengths) if max(lengths) else 0.0
    return result


@wrong(
    "These are sums of squares, and their roots are missing: a claim twice as long as "
    "it should be has the error ½, not ¼: section 9.2."
)
def squared(claimed, measured):
    return {name: error**2 for name, error in block_errors(claimed, measured).items()}


@wrong(
    "This is the worst entry of each block, as in check_gradient. It is stricter; "
    "here one number is to describe the whole block: lengths, as in section 9.2."
)
def worst_entry(claimed, measured):
    result = {}
    for name in claimed:
        g, m = claimed[name], measured[name]
        size = np.maximum(np.abs(g), np.abs(m))
        result[name] = np.max(np.abs(g - m) / np.where(size, size, 1))
    return result


@wrong(
    "You added up the sizes of the entries. The length of a block is the root of the "
    "sum of their squares, as np.linalg.norm gives it: section 9.2."
)
def sums_of_sizes(claimed, measured):
    return _errors_in(lambda v: np.sum(np.abs(v)), claimed, measured)


@wrong(
    "You compare the largest entries, and all others go unheard. The length of a block "
    "is the root of the sum of all squares: section 9.2."
)
def largest_entries(claimed, measured):
    return _errors_in(lambda v: np.max(np.abs(v)), claimed, measured)


@wrong(
    "np.linalg.norm(v, 2) is the length of a vector, but of a matrix something else: "
    "how far it can stretch a vector. Without the 2 all squares are added, whatever "
    "the shape: section 9.2."
)
def spectral(claimed, measured):
    return _errors_in(lambda v: np.linalg.norm(v, 2), claimed, measured)


@wrong(
    "A block of zeros that should be zeros is right, and you say nan: 0/0 needs an "
    "answer of its own: section 9.2."
)
def zero_over_zero(claimed, measured):
    result = {}
    for name in claimed:
        g, m = claimed[name], measured[name]
        size = np.maximum(np.linalg.norm(g), np.linalg.norm(m))
        result[name] = np.linalg.norm(g - m) / size
    return result


@wrong(
    "One number for all blocks together hides which layer is ill, and a long block "
    "drowns a short one. Give each name its own: section 9.2."
)
def all_together(claimed, measured):
    g, m = (
        np.concatenate([v.ravel() for v in d.values()]) for d in (claimed, measured)
    )
    return block_error(g, m)


@wrong(
    "The numbers are right and have lost their names. Return a dict with the names of "
    "the blocks: section 9.2."
)
def without_names(claimed, measured):
    return list(block_errors(claimed, measured).values())


@wrong(
    "You paired the blocks by their places, with zip, and a dict is read by its names: "
    "measured may hold them in another order. measured[name] finds the partner of "
    "each: section 9.2."
)
def by_position(claimed, measured):
    renamed = dict(zip(claimed, measured.values(), strict=True))
    return _errors_in(np.linalg.norm, claimed, renamed)


def _errors_in_plain_numpy(claimed, measured):
    result = {}
    for name, g in claimed.items():
        m = measured[name]
        size = max(np.sqrt(np.sum(g**2)), np.sqrt(np.sum(m**2)))
        result[name] = np.sqrt(np.sum((g - m) ** 2)) / size if size > 0 else 0
    return result


# ---------------------------------------------------------------- 9.2 kept


def kept(loss, gradient, theta, eps):
    """Give the fall of the loss after a step, over the fall that the step promised."""
    claimed = gradient(theta)
    fall = loss(theta) - loss(theta - eps * claimed)
    return fall / (eps * np.sum(claimed**2))


def _kept_cases(rng: np.random.Generator) -> list[Case]:
    squares = Source("lambda t: np.sum(t**2)")
    curve = Source("lambda t: np.sum(np.exp(t / 3)) + t.flat[0] ** 2")
    slopes = "np.exp(t / 3) / 3 + 2 * t * (np.arange(t.size).reshape(t.shape) == 0)"
    return [
        Case(
            "right, theta (4,)",
            (squares, Source("lambda t: 2 * t"), _entries(rng, 4), 0.1),
        ),
        Case(
            "right, theta (3, 2)",
            (curve, Source(f"lambda t: {slopes}"), _entries(rng, 3, 2), 0.05),
        ),
        Case(
            "wrong sign, theta (3,)",
            (squares, Source("lambda t: -2 * t"), _entries(rng, 3), 0.02),
        ),
        Case(
            "seven times as long as it should be, theta (2, 2)",
            (squares, Source("lambda t: 14 * t"), _entries(rng, 2, 2), 0.01),
        ),
        Case(
            "right, theta (2, 2, 2)",
            (squares, Source("lambda t: 2 * t"), _entries(rng, 2, 2, 2), 0.05),
        ),
        Case(
            "one slope only, theta (5,)",
            (
                squares,
                Source("lambda t: 2 * t * (np.arange(5) == 2)"),
                _entries(rng, 5),
                0.03,
            ),
        ),
    ]


@wrong(
    "The sign is turned: the loss before the step comes first, and a fall is positive. "
    "A gradient that points uphill is what should come out negative: section 9.3."
)
def after_minus_before(loss, gradient, theta, eps):
    return -kept(loss, gradient, theta, eps)


@wrong(
    "You stepped uphill and measured a rise. For a tiny step that is nearly the same; "
    "here the step is the one that training takes, theta − eps · g: section 9.3."
)
def stepped_uphill(loss, gradient, theta, eps):
    claimed = gradient(theta)
    rise = loss(theta + eps * claimed) - loss(theta)
    return rise / (eps * np.sum(claimed**2))


@wrong(
    "You took the step with a plus, and asked by how much the loss fell. Uphill it "
    "rises. Downhill is theta − eps · g; with it a right gradient keeps nearly 1: "
    "section 9.3."
)
def stepped_plus(loss, gradient, theta, eps):
    claimed = gradient(theta)
    fall = loss(theta) - loss(theta + eps * claimed)
    return fall / (eps * np.sum(claimed**2))


@wrong(
    "This is a central difference, which is what the chapter's code takes and a good "
    "idea. This question asks for one step, from theta to theta − eps · g, as the "
    "formula in section 9.3 says."
)
def central(loss, gradient, theta, eps):
    claimed = gradient(theta)
    rise = loss(theta + eps * claimed) - loss(theta - eps * claimed)
    return rise / (2 * eps * np.sum(claimed**2))


@wrong(
    "The fraction stands on its head: what the loss really fell goes above, what was "
    "promised below: section 9.3."
)
def upside_down(loss, gradient, theta, eps):
    return 1 / kept(loss, gradient, theta, eps)


@wrong(
    "The promise lacks its eps. The step is eps · g long, so it promises eps · g · g: "
    "section 9.3."
)
def promise_without_eps(loss, gradient, theta, eps):
    return eps * kept(loss, gradient, theta, eps)


@wrong(
    "a / b * c is (a / b) · c: you divided by eps and multiplied by the sum. The whole "
    "promise goes below, in brackets: section 9.3."
)
def divided_then_multiplied(loss, gradient, theta, eps):
    claimed = gradient(theta)
    fall = loss(theta) - loss(theta - eps * claimed)
    return fall / eps * np.sum(claimed**2)


@wrong(
    "The promise has an eps too many. It is slope times movement: g, without eps, "
    "times eps · g: section 9.3."
)
def promise_of_squared_step(loss, gradient, theta, eps):
    return kept(loss, gradient, theta, eps) / eps


@wrong(
    "The promise is slope times movement, and both are g: it holds g · g, the square "
    "of the length. You divided by the length itself: section 9.3."
)
def length_not_squared(loss, gradient, theta, eps):
    return kept(loss, gradient, theta, eps) * np.linalg.norm(gradient(theta))


@wrong(
    "You squared the sum of the slopes. The promises of all parameters are added, each "
    "of them a square: the sum of the squares: section 9.3."
)
def squared_sum(loss, gradient, theta, eps):
    claimed = gradient(theta)
    fall = loss(theta) - loss(theta - eps * claimed)
    return fall / (eps * np.sum(claimed) ** 2)


@wrong(
    "You took the mean of the squares. A step moves all parameters, and what they "
    "promise adds up: section 9.3."
)
def mean_square(loss, gradient, theta, eps):
    return kept(loss, gradient, theta, eps) * np.size(theta)


@wrong(
    "This is how far the loss fell. Divide by what was promised, eps · g · g, or a "
    "small fall and a broken promise look alike: section 9.3."
)
def fall_alone(loss, gradient, theta, eps):
    return loss(theta) - loss(theta - eps * gradient(theta))


@wrong(
    "You took a step of your own instead of eps. The caller decides how far to go: "
    "section 9.3."
)
def own_step(loss, gradient, theta, eps):
    return kept(loss, gradient, theta, 1e-6)


@wrong(
    "You made the step eps long, by dividing g by its length. The step asked for is "
    "eps · g itself, which is longer where the loss is steeper: section 9.3."
)
def unit_step(loss, gradient, theta, eps):
    return kept(loss, gradient, theta, eps / np.linalg.norm(gradient(theta)))


@wrong(
    "The promise was computed after the step. It is made at the place where the step "
    "begins: section 9.3."
)
def promised_too_late(loss, gradient, theta, eps):
    claimed = gradient(theta)
    after = theta - eps * claimed
    return (loss(theta) - loss(after)) / (eps * np.sum(gradient(after) ** 2))


@wrong(
    "theta -= … moves the caller's own array, and the loss before the step is then "
    "asked at the place after it: 0 for every gradient. theta − eps · g makes a new "
    "array: section 9.3."
)
def moved_theta(loss, gradient, theta, eps):
    claimed = gradient(theta)
    before = theta
    theta -= eps * claimed
    return (loss(before) - loss(theta)) / (eps * np.sum(claimed**2))


@wrong(
    "g @ g is the sum of squares for a vector. Else it multiplies matrices, if they "
    "fit at all. np.sum(g**2) works for every shape: section 9.3."
)
def matrix_product(loss, gradient, theta, eps):
    claimed = gradient(theta)
    return (loss(theta) - loss(theta - eps * claimed)) / (eps * (claimed @ claimed))


@wrong(
    "np.dot adds up squares for a vector. For a matrix it is the product of matrices, "
    "if it fits at all. np.sum(g**2) or np.vdot(g, g) takes all entries, whatever the "
    "shape: section 9.3."
)
def dot_product(loss, gradient, theta, eps):
    claimed = gradient(theta)
    promised = eps * np.dot(claimed, claimed)
    return (loss(theta) - loss(theta - eps * claimed)) / promised


def _kept_through_dot(loss, gradient, theta, eps):
    step_taken = -eps * gradient(theta)
    promised = np.vdot(step_taken, step_taken) / eps
    return (loss(theta) - loss(theta + step_taken)) / promised


# ---------------------------------------------------------------- 9.3 diagnose


def diagnose(claimed, measured):
    """Name what is wrong with a gradient: shape, sign, scale, wrong; or right."""
    if claimed.shape != measured.shape:
        return "shape"
    if block_error(claimed, measured) < TOLERANCE:
        return "right"
    factor = np.sum(claimed * measured) / (np.sum(measured**2) or 1.0)
    if factor and block_error(claimed, factor * measured) < TOLERANCE:
        return "scale" if factor > 0 else "sign"
    return "wrong"


def _diagnose_cases(rng: np.random.Generator) -> list[Case]:
    g, square = _entries(rng, 3, 2), _entries(rng, 3, 3)
    holes = _entries(rng, 5) * [1, 0, 1, 0, 1]
    row = np.full(3, 1.5)
    nearly = g.copy()
    nearly[rng.integers(3), rng.integers(2)] *= 1.2
    unknown = g.copy()
    unknown[1, 1] = np.nan
    first = square.copy()
    first[1:] *= 2  # in the first row alone it is right
    return [
        Case("right, as far as a measurement can tell", (g * (1 + 3e-8), g)),
        Case("a column for a row", (row[:, None], row)),
        Case("the transpose of (3, 2)", (g.T, g)),
        Case("the other sign", (-g, g)),
        Case("the other sign, and 3 times as long", (-3 * g, g)),
        Case("64 times as long", (64 * g, g)),
        Case("a 64th as long", (g / 64, g)),
        Case("twice as long, zeros among the slopes", (2 * holes, holes)),
        Case("a hundred-thousandth too long", (1.00001 * g, g)),
        Case("one slope off", (nearly, g)),
        Case("the transpose of (3, 3)", (square.T, square)),
        Case("half of the rows twice as long", (first, square)),
        Case("sizes right, some signs turned", (np.abs(g) * [1, -1], g)),
        Case("nothing claimed", (0 * g, g)),
        Case("nothing to claim, and right", (0 * g, 0 * g)),
        Case("tiny, twice as long", (2e-9 * g, 1e-9 * g)),
        Case("one slope is nan", (unknown, g)),
    ]


def _diagnosis(
    shape: bool = True,
    tolerance: float = TOLERANCE,
    parallel: float = TOLERANCE,
    turned: str = "sign",
) -> Callable:
    """Make the reference with one of its decisions changed."""

    def diagnosis(claimed, measured):
        if claimed.shape != measured.shape:
            if shape:
                return "shape"
            claimed, measured = np.broadcast_arrays(claimed, measured)
        if block_error(claimed, measured) < tolerance:
            return "right"
        factor = np.sum(claimed * measured) / (np.sum(measured**2) or 1.0)
        if factor and block_error(claimed, factor * measured) < parallel:
            return "scale" if factor > 0 else turned
        return "wrong"

    return diagnosis


@wrong(
    "The shapes are never compared, so a column is stretched over a row, and a "
    "transposed matrix ends in an error. Shape first, always: section 9.4."
)
def no_shapes(claimed, measured):
    return _diagnosis(shape=False)(claimed, measured)


@wrong(
    "A negative multiple is called a scale. The sign is the more urgent news: this one "
    "climbs: section 9.3."
)
def sign_is_scale(claimed, measured):
    return _diagnosis(turned="scale")(claimed, measured)


@wrong(
    "−g is found, −3g is not. A turned sign and a forgotten factor often come "
    "together; any negative multiple has the wrong sign: section 9.3."
)
def only_exact_sign(claimed, measured):
    verdict = diagnose(claimed, measured)
    if verdict == "sign" and block_error(-claimed, measured) > TOLERANCE:
        return "wrong"
    return verdict


@wrong(
    "You compare lengths, so everything of another length is a scale. A scale is the "
    "same factor for every slope: subtract the best multiple and see whether anything "
    "is left: section 9.3."
)
def scale_by_lengths(claimed, measured):
    verdict = diagnose(claimed, measured)
    lengths = np.linalg.norm(claimed), np.linalg.norm(measured)
    different = abs(lengths[0] - lengths[1]) > TOLERANCE * max(lengths)
    return "scale" if verdict == "wrong" and different else verdict


@wrong(
    "A small angle is not none: one slope off by a fifth still points nearly the same "
    "way. For a scale the difference from the best multiple must vanish, to 10⁻⁶: "
    "section 9.3."
)
def nearly_parallel(claimed, measured):
    return _diagnosis(parallel=0.3)(claimed, measured)


@wrong(
    "You divide entry by entry, and where a slope is 0 that is 0/0. A factor can be "
    "found without dividing by single slopes: g · m / m · m: section 9.3."
)
def entrywise_ratio(claimed, measured):
    if claimed.shape != measured.shape:
        return "shape"
    if block_error(claimed, measured) < TOLERANCE:
        return "right"
    ratio = claimed / measured
    if np.ptp(ratio) < TOLERANCE * np.max(np.abs(ratio)):
        return "scale" if ratio.flat[0] > 0 else "sign"
    return "wrong"


@wrong(
    "np.allclose as it comes allows 10⁻⁸, whatever the slopes are. Tiny slopes, twice "
    "as large as they should be, are right to it. Compare with the length of the "
    "gradients: section 9.2."
)
def allclose(claimed, measured):
    if claimed.shape == measured.shape and np.allclose(claimed, measured):
        return "right"
    return diagnose(claimed, measured)


@wrong(
    "You ask for more digits than a measurement has, be it with == or with too small a "
    "tolerance. A right gradient agrees to about one part in a million: section 9.1."
)
def exact(claimed, measured):
    return _diagnosis(tolerance=1e-13)(claimed, measured)


@wrong(
    "Your tolerance is too generous: a factor of 1.00001 passes, and it is a bug. "
    "Measurement and a right gradient agree to one part in a million: section 9.1."
)
def loose(claimed, measured):
    return _diagnosis(tolerance=0.01)(claimed, measured)


@wrong(
    "nan is called right, since no comparison with nan is true, neither error > 10⁻⁶ "
    "nor error < 10⁻⁶. Ask whether the error is small, not whether it is large: "
    "section 9.2."
)
def nan_is_right(claimed, measured):
    if claimed.shape != measured.shape:
        return "shape"
    if not block_error(claimed, measured) >= TOLERANCE:
        return "right"
    return diagnose(claimed, measured)


@wrong(
    "Nothing claimed is 0 times the right gradient, and you call that a scale. A "
    "gradient that is not there has no factor to correct: section 9.4."
)
def zero_is_scale(claimed, measured):
    verdict = diagnose(claimed, measured)
    return "scale" if verdict == "wrong" and not claimed.any() else verdict


@wrong(
    "You looked at the signs of the slopes alone. If all of them agree, the gradient "
    "need not be right, and if some are turned, not all are: section 9.3."
)
def by_signs(claimed, measured):
    if claimed.shape != measured.shape:
        return "shape"
    if np.array_equal(np.sign(claimed), np.sign(measured)):
        return "right"
    return "sign"


def _diagnose_by_directions(claimed, measured):
    if claimed.shape != measured.shape:
        return "shape"
    lengths = np.linalg.norm(claimed), np.linalg.norm(measured)
    if np.linalg.norm(claimed - measured) <= TOLERANCE * max(lengths):
        return "right"
    if not all(lengths):
        return "wrong"
    u, v = claimed / lengths[0], measured / lengths[1]
    for sign, name in ((1, "scale"), (-1, "sign")):
        if np.linalg.norm(u - sign * v) < TOLERANCE:
            return name
    return "wrong"


# ---------------------------------------------------------------- 9.4 network_gradient


def _gradient_with(*patients: str) -> Callable:
    """Make the gradient of a network with patients' lines, as its step shows it."""
    sick = mutant(*patients)

    def gradient(W1, b1, W2, b2, X, y):
        return step_gradient(sick, (W1, b1, W2, b2), X, y, 1.0)

    return gradient


BROKEN = ("own-output", "not-transposed", "no-sum")


def network_gradient(W1, b1, W2, b2, X, y):
    """Give the gradient of a relu network under the mean softmax cross-entropy."""
    return _gradient_with()(W1, b1, W2, b2, X, y)


def _network(rng: np.random.Generator, N: int, D: int, H: int, C: int) -> tuple:
    while True:
        W1, b1 = rng.normal(0, 1, (D, H)), rng.normal(0, 0.5, H)
        X = rng.normal(size=(N, D))
        Z = X @ W1 + b1
        # Some units alive, some dead, none at its kink.
        if (Z > 0).any(axis=0).all() and (Z < 0).any() and np.abs(Z).min() > 1e-3:
            break
    W2, b2 = rng.normal(0, 1, (H, C)), rng.normal(0, 0.5, C)
    return W1, b1, W2, b2, X, rng.integers(0, C, N)


def _network_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case("5 rows, 4 inputs, 3 hidden, 6 scores", _network(rng, 5, 4, 3, 6)),
        Case("4 rows of 4, 3 hidden, 3 scores", _network(rng, 4, 4, 3, 3)),
        Case("6 rows, 2 inputs, 5 hidden, 4 scores", _network(rng, 6, 2, 5, 4)),
    ]


@wrong(
    "This is still the broken function, with its three mistakes. Measure dS, dA1 and "
    "dZ1 on the way back, and the biases beside them: section 9.5."
)
def untouched(W1, b1, W2, b2, X, y):
    return _gradient_with(*BROKEN)(W1, b1, W2, b2, X, y)


@wrong(
    "Two mistakes are mended. The slope of the relu is still asked of its output with "
    ">=, and that is always true: dead units learn: section 9.5."
)
def left_relu(W1, b1, W2, b2, X, y):
    return _gradient_with("own-output")(W1, b1, W2, b2, X, y)


@wrong(
    "Two mistakes are mended. W2 is still reshaped where it should be turned: the "
    "shape is that of the transpose, the order of the entries is not: section 9.2."
)
def left_reshape(W1, b1, W2, b2, X, y):
    return _gradient_with("not-transposed")(W1, b1, W2, b2, X, y)


@wrong(
    "dW1 and dW2 are right. The biases still listen to the first row only: they are "
    "used by every row, so their slopes are sums over the rows: section 9.4."
)
def left_first_row(W1, b1, W2, b2, X, y):
    return _gradient_with("no-sum")(W1, b1, W2, b2, X, y)


@wrong(
    "db2 is mended, and db1 still listens to one row. Both biases are used by every "
    "row: section 9.4."
)
def first_bias_left(W1, b1, W2, b2, X, y):
    dW1, _, dW2, db2 = network_gradient(W1, b1, W2, b2, X, y)
    return dW1, left_first_row.function(W1, b1, W2, b2, X, y)[1], dW2, db2


@wrong(
    "db1 is mended, and db2 still listens to one row. Both biases are used by every "
    "row: section 9.4."
)
def second_bias_left(W1, b1, W2, b2, X, y):
    dW1, db1, dW2, _ = network_gradient(W1, b1, W2, b2, X, y)
    return dW1, db1, dW2, left_first_row.function(W1, b1, W2, b2, X, y)[3]


@wrong(
    "The biases are mended. Both dA1 and dZ1 are still wrong; measure dA1 first, since "
    "it comes first on the way back: section 9.5."
)
def mended_sum(W1, b1, W2, b2, X, y):
    return _gradient_with("own-output", "not-transposed")(W1, b1, W2, b2, X, y)


@wrong(
    "The slope of the relu is mended. dA1 is wrong before it gets there, and a bias is "
    "used by every row, not only by the first: section 9.5."
)
def mended_relu(W1, b1, W2, b2, X, y):
    return _gradient_with("not-transposed", "no-sum")(W1, b1, W2, b2, X, y)


@wrong(
    "The transpose is mended: dA1 is as measured, dZ1 is not, so the line between them "
    "is next. And compare the slopes of the biases: section 9.5."
)
def mended_transpose(W1, b1, W2, b2, X, y):
    return _gradient_with("own-output", "no-sum")(W1, b1, W2, b2, X, y)


@wrong(
    "The biases get the mean of the rows. 1/N is in dS already, and with a second one "
    "they are an N-th of what they should be: sum over the rows: section 9.4."
)
def mean_of_biases(W1, b1, W2, b2, X, y):
    dW1, db1, dW2, db2 = network_gradient(W1, b1, W2, b2, X, y)
    return dW1, db1 / len(X), dW2, db2 / len(X)


@wrong(
    "The slope of the relu is 1 where it is alive, and you multiplied by its output "
    "instead: section 9.5."
)
def relu_for_its_slope(W1, b1, W2, b2, X, y):
    A1 = np.maximum(X @ W1 + b1, 0)
    _, _, dW2, db2 = network_gradient(W1, b1, W2, b2, X, y)
    dZ1 = _score_slopes(W1, b1, W2, b2, X, y) @ W2.T * A1
    return X.T @ dZ1, dZ1.sum(axis=0), dW2, db2


def _score_slopes(W1, b1, W2, b2, X, y):
    S = np.maximum(X @ W1 + b1, 0) @ W2 + b2
    E = np.exp(S - S.max(axis=1, keepdims=True))
    return (E / E.sum(axis=1, keepdims=True) - np.eye(b2.size)[y]) / len(X)


@wrong(
    "The slope of the relu has disappeared instead of being mended: that is what >= "
    "did too, but now the mask of dead units must come back: (A1 > 0): section 9.5. "
    "And every number is N times what it should be, since 1/N went with it."
)
def mended_too_much(W1, b1, W2, b2, X, y):
    return _gradient_with("own-output", "no-mean")(W1, b1, W2, b2, X, y)


@wrong(
    "All four gradients are N times as large as they should be: 1/N was in the broken "
    "function, and is missing in yours: section 9.2."
)
def lost_mean(W1, b1, W2, b2, X, y):
    return _gradient_with("no-mean")(W1, b1, W2, b2, X, y)


@wrong(
    "All four have the wrong sign: dS is P − Y, which points uphill, as a gradient "
    "does: section 9.2."
)
def downhill(W1, b1, W2, b2, X, y):
    return _gradient_with("sign")(W1, b1, W2, b2, X, y)


@wrong(
    "These are the parameters after a step. The function returns the gradient, and "
    "moves nothing: section 9.1."
)
def returns_parameters(W1, b1, W2, b2, X, y):
    return step((W1, b1, W2, b2), X, y, 1.0)[1]


@wrong(
    "The four gradients are right, in another order: (dW1, db1, dW2, db2), as the "
    "arguments stand. The question gives the order; section 9.1 has the blocks."
)
def weights_first(W1, b1, W2, b2, X, y):
    dW1, db1, dW2, db2 = network_gradient(W1, b1, W2, b2, X, y)
    return dW1, dW2, db1, db2


def _gradient_row_by_row(W1, b1, W2, b2, X, y):
    sums = [np.zeros_like(block) for block in (W1, b1, W2, b2)]
    for x, label in zip(X, y, strict=True):
        z = x @ W1 + b1
        a = np.maximum(z, 0)
        p = np.exp(a @ W2 + b2)
        ds = p / p.sum()
        ds[label] -= 1
        dz = np.where(z > 0, W2 @ ds, 0)
        for total, part in zip(
            sums, (np.outer(x, dz), dz, np.outer(a, ds), ds), strict=True
        ):
            total += part / len(X)
    return sums


def _gradient_in_matrices(W1, b1, W2, b2, X, y):
    dS = _score_slopes(W1, b1, W2, b2, X, y)
    A1 = np.maximum(X @ W1 + b1, 0)
    dZ1 = np.where(A1 > 0, dS @ W2.T, 0)
    return X.T @ dZ1, dZ1.sum(axis=0), A1.T @ dS, dS.sum(axis=0)


# ---------------------------------------------------------------- 9.5 is_healthy


def _verdict(agrees: Callable, points: int = 2, allowed: int = 0) -> Callable:
    """Make the check that asks `agrees(loss, gradient, at)` at random places.

    It allows so many disagreements, in which a kink may be to blame.
    """

    def check(loss, gradient, theta):
        rng = np.random.default_rng(0)
        failures = 0
        for _ in range(points):
            at = rng.normal(size=theta.shape)
            failures += not agrees(loss, gradient, at)
            if failures > allowed:
                return False
        return True

    return check


def _compared(loss, gradient, at, agree: Callable) -> bool:
    """Ask `agree(claimed, measured)` at one place, if the shape is right."""
    claimed = np.asarray(gradient(at))
    if claimed.shape != at.shape:
        return False
    return agree(claimed, numerical_gradient(loss, at))


def _measured(loss, gradient, at, tolerance=TOLERANCE):
    def agree(claimed, measured):
        return block_error(claimed, measured) < tolerance

    return _compared(loss, gradient, at, agree)


def _by_comparing(agree: Callable) -> Callable:
    """Make the check that asks `agree(claimed, measured)` at random places."""

    def agrees(loss, gradient, at):
        return _compared(loss, gradient, at, agree)

    return _verdict(agrees)


def is_healthy(loss, gradient, theta):
    """Say whether `gradient` is the gradient of `loss`, at places of one's own."""
    return _verdict(_measured, points=4, allowed=1)(loss, gradient, theta)


D, H, C, N = 3, 3, 2, 3  # sizes at which every patient runs
LR = 0.2


def _listed(array: np.ndarray) -> str:
    return f"np.array({np.round(array, 2).tolist()})"


def _sources(rng: np.random.Generator, *patients: str) -> tuple[Source, Source]:
    """Give loss and gradient of a network of `clinic`, each one expression in theta."""
    X, y = 1.5 * _entries(rng, N, D), np.array([0, 1, 1])
    X[1] = -X[0]  # so that few units are alive, or dead, for all rows
    M = np.array([[2, 0, 2], [0, 2, 2], [2, 2, 0]]) if "dropout" in patients else 1
    shapes = {"W1": (D, H), "b1": (H,), "W2": (H, C), "b2": (C,)}
    lines, start = [f"X := {_listed(X)}", f"y := np.array({y.tolist()})"], 0
    lines.append(f"M := np.array({np.asarray(M).tolist()})")
    for name, shape in shapes.items():
        end = start + int(np.prod(shape))
        lines.append(f"{name} := theta[{start}:{end}].reshape{shape}")
        start = end
    forward = [
        "A1 := np.maximum(X @ W1 + b1, 0) * M",
        "E := np.exp(A1 @ W2 + b2)",
        "P := E / E.sum(axis=1, keepdims=True)",
    ]
    loss = [*lines, *forward, "-np.log(P[np.arange(len(X)), y]).mean()"]

    # The way back is the clinic's own text, from dS on.
    body = source_of(*patients).split("# Backward pass\n")[1].split("    return")[0]
    back = [
        line.strip().replace(" = ", " := ", 1)
        for line in body.splitlines()
        if "=" in line
    ]
    gradient = [
        *lines,
        *forward,
        f"lr := {LR}",
        "N := len(X)",
        "Y := np.eye(b2.size)[y]",
        *back,
        "(theta - np.concatenate([W1.ravel(), b1, W2.ravel(), b2])) / lr",
    ]
    return tuple(
        Source("lambda theta: [\n    " + ",\n    ".join(lines) + "\n][-1]")
        for lines in (loss, gradient)
    )


def _scaled(source: Source, factor: float, shift: float = 0) -> Source:
    return Source(f"lambda theta: {factor} * ({source.text})(theta) + {shift}")


def _changed(source: Source, change: str) -> Source:
    """Make the gradient g of a source into what `change`, text in g, says."""
    return Source(f"lambda theta: (lambda g: {change})(({source.text})(theta))")


def _healthy_cases(rng: np.random.Generator) -> list[Case]:
    size = (D + 1) * H + (H + 1) * C
    theta = np.round(rng.normal(size=size), 2)
    no_W2 = theta.copy()
    no_W2[(D + 1) * H : (D + 1) * H + H * C] = 0
    loss, right = _sources(rng)
    cubes = Source("lambda theta: np.sum(np.abs(theta) ** 3)")
    cubes_right = Source("lambda theta: 3 * theta * np.abs(theta)")
    cubes_wrong = Source("lambda theta: 3 * theta**2")
    relus = Source("lambda theta: np.sum(np.maximum(theta, 0))")
    relus_right = Source("lambda theta: (theta > 0) * 1.0")
    # Between floats around 30,000 lies 2⁻³⁸, and 2⁻³⁸ / 2e-5 goes into the first slope
    # 1100½ times: measured with h = 1e-5, it has three digits at the most.
    mixed = Source("lambda theta: np.sum(theta[1:] ** 2) + 2.0018e-4 * theta[0] + 3e4")
    mixed_right = Source("lambda theta: np.append(2.0018e-4, 2 * theta[1:])")
    steep = Source("lambda theta: 1e6 * np.sum(np.exp(theta))")
    six, kinks = np.round(rng.normal(size=6), 2), np.zeros(5)
    some = int(rng.integers(size))
    return [
        Case("healthy: a network", (loss, right, theta)),
        Case("healthy: cubes", (cubes, cubes_right, six)),
        Case("healthy: theta at its kinks", (relus, relus_right, kinks)),
        Case("healthy: a loss around 30,000", (mixed, mixed_right, six)),
        Case(
            "healthy: very steep",
            (steep, Source("lambda theta: 1e6 * np.exp(theta)"), six),
        ),
        Case(
            "healthy: very flat",
            (_scaled(loss, 3e-9), _scaled(right, 3e-9), theta),
        ),
        Case(
            "healthy: gradient in float32",
            (loss, _changed(right, "g.astype(np.float32)"), theta),
        ),
        *(Case(f"mutant: {name}", (*_sources(rng, name), theta)) for name in PATIENTS),
        Case("mutant: own-output, at W2 = 0", (*_sources(rng, "own-output"), no_W2)),
        Case("mutant: essay, at W2 = 0", (*_sources(rng, "essay"), no_W2)),
        Case(
            "mutant: very flat, twice as long as it should be",
            (_scaled(loss, 3e-9), _scaled(right, 6e-9), theta),
        ),
        Case(
            "mutant: W1 claims nothing",
            (loss, _changed(right, f"g * (np.arange({size}) >= {D * H})"), theta),
        ),
        Case(
            "mutant: one slope a thousandth too large",
            (
                cubes,
                _changed(cubes_right, "g * (1 + 0.001 * (np.arange(6) == 3))"),
                six,
            ),
        ),
        Case(
            "mutant: right where theta is positive", (cubes, cubes_wrong, np.abs(six))
        ),
        Case("mutant: a column", (relus, _changed(relus_right, "g[:, None]"), six[:5])),
        Case(
            "mutant: one slope is nan",
            (
                loss,
                _changed(right, f"np.where(np.arange({size}) == {some}, np.nan, g)"),
                theta,
            ),
        ),
        Case(
            "mutant: two slopes change places",
            (cubes, _changed(cubes_right, "g[[1, 0, 2, 3, 4, 5]]"), six),
        ),
    ]


@wrong(
    "You find no mutant at all: the answer is always True. A check is worth what it "
    "can find: section 9.8."
)
def always_true(loss, gradient, theta):
    return True


@wrong(
    "You find every mutant, and blame every healthy network too: the answer is always "
    "False. A right gradient has to pass: section 9.8."
)
def always_false(loss, gradient, theta):
    return False


@wrong(
    "You check at theta, where somebody else stood. With W2 = 0 wrong slopes pass, and "
    "at a kink right ones are blamed. Choose places of your own: section 9.6."
)
def at_given_theta(loss, gradient, theta):
    return _measured(loss, gradient, theta)


@wrong(
    "You ask once, at the place that you are given, where wrong slopes may pass and "
    "right ones fail; and block_error stops at a gradient of another shape, which "
    "deserves a False. Choose the places yourself, shape first: section 9.6."
)
def as_it_stands(loss, gradient, theta):
    return block_error(gradient(theta), numerical_gradient(loss, theta)) < TOLERANCE


@wrong(
    "A gradient of another shape is wrong, and your function ends in an error there: "
    "block_error wants two arrays of one shape. Compare the shapes, and return False: "
    "section 9.4."
)
def stops_at_a_column(loss, gradient, theta):
    def agrees(loss, gradient, at):
        return block_error(gradient(at), numerical_gradient(loss, at)) < TOLERANCE

    return _verdict(agrees)(loss, gradient, theta)


@wrong(
    "You check where all parameters are 0. Nothing comes back through weights of 0, "
    "so wrong slopes pass, and every relu stands at its kink. Take random places: "
    "section 9.6."
)
def at_zero(loss, gradient, theta):
    return _measured(loss, gradient, np.zeros(theta.shape))


@wrong(
    "One mutant slips through, the one that is right where all parameters are "
    "positive: so are they at all of your places, whether drawn like that or near a "
    "theta like that. Draw both signs, with rng.normal, and leave theta out of it: "
    "section 9.6."
)
def at_positive_places(loss, gradient, theta):
    at = np.random.default_rng(0).uniform(0.5, 1.5, theta.shape)
    return _measured(loss, gradient, at)


@wrong(
    "You only ask whether the loss falls after a step. So it does for nearly every "
    "wrong gradient: section 9.3."
)
def loss_falls(loss, gradient, theta):
    def agrees(loss, gradient, at):
        claimed = np.asarray(gradient(at))
        if claimed.shape != at.shape:
            return False
        eps = 1e-5 / (np.linalg.norm(claimed) or 1)
        return bool(loss(at - eps * claimed) < loss(at))

    return _verdict(agrees)(loss, gradient, theta)


@wrong(
    "The promise is a good test, and it looks along the claimed gradient only. Where "
    "W1 claims nothing, it is kept in full. Every parameter has to be asked: section "
    "9.4."
)
def promise_kept(loss, gradient, theta):
    def agrees(loss, gradient, at):
        claimed = np.asarray(gradient(at))
        if claimed.shape != at.shape or not np.isfinite(claimed).all():
            return False
        eps = 1e-5 / np.linalg.norm(claimed)
        rise = loss(at + eps * claimed) - loss(at - eps * claimed)
        return abs(rise / (2 * eps * np.sum(claimed**2)) - 1) < TOLERANCE

    return _verdict(agrees)(loss, gradient, theta)


@wrong(
    "kept looks along the claimed gradient and nowhere else, with a step that is too "
    "long for a steep loss. A block that claims nothing keeps its promise in full. "
    "Every parameter has to be asked: section 9.4."
)
def kept_alone(loss, gradient, theta):
    def agrees(loss, gradient, at):
        if np.shape(gradient(at)) != at.shape:
            return False
        return abs(kept(loss, gradient, at, 1e-5) - 1) < 1e-3

    return _verdict(agrees)(loss, gradient, theta)


@wrong(
    "You compare shapes, and nothing else. A wrong sign has the right shape: section "
    "9.4."
)
def shapes_only(loss, gradient, theta):
    return np.shape(gradient(theta)) == theta.shape


@wrong(
    "You compare lengths. A gradient of the right length can point anywhere; take the "
    "length of the difference: section 9.2."
)
def lengths_agree(loss, gradient, theta):
    def agree(claimed, measured):
        lengths = np.linalg.norm(claimed), np.linalg.norm(measured)
        return abs(lengths[0] - lengths[1]) < TOLERANCE * max(lengths)

    return _by_comparing(agree)(loss, gradient, theta)


@wrong(
    "You compare signs alone. What is twice as long as it should be, or a thousandth "
    "as long, has the right signs, and so has a good deal else: section 9.3."
)
def signs_agree(loss, gradient, theta):
    def agree(claimed, measured):
        large = np.abs(measured) > TOLERANCE * np.abs(measured).max()
        return np.array_equal(np.sign(claimed[large]), np.sign(measured[large]))

    return _by_comparing(agree)(loss, gradient, theta)


@wrong(
    "np.allclose as it comes passes everything below 10⁻⁸, and on a flat loss that is "
    "the whole gradient. The error has to be relative: section 9.2."
)
def allclose_alone(loss, gradient, theta):
    def agree(claimed, measured):
        return np.allclose(claimed, measured, rtol=1e-4)

    return _by_comparing(agree)(loss, gradient, theta)


@wrong(
    "You measure each slope by its own size. When the loss is large, round-off drowns "
    "the smallest slopes, and the healthy are blamed. The measure is the length of the "
    "whole gradient: section 9.2."
)
def each_slope_by_its_own_size(loss, gradient, theta):
    def agree(claimed, measured):
        size = np.maximum(np.maximum(np.abs(claimed), np.abs(measured)), 1e-4)
        return np.max(np.abs(claimed - measured) / size) < 1e-5

    return _by_comparing(agree)(loss, gradient, theta)


@wrong(
    "Your error is a length in the units of the gradient: on a steep loss a right one "
    "is blamed for its round-off, on a flat one anything passes. Divide by the larger "
    "of the two lengths: section 9.2."
)
def absolute_error(loss, gradient, theta):
    def agree(claimed, measured):
        return np.linalg.norm(claimed - measured) < TOLERANCE

    return _by_comparing(agree)(loss, gradient, theta)


@wrong(
    "A column passes. Subtracting a row from it makes a table, and no entry of the "
    "table is wrong. Compare the shapes first: section 9.4."
)
def no_shape(loss, gradient, theta):
    def agrees(loss, gradient, at):
        claimed, measured = np.asarray(gradient(at)), numerical_gradient(loss, at)
        if claimed.ndim > at.ndim:
            claimed = claimed[:, 0]
        return block_error(claimed, measured) < TOLERANCE

    return _verdict(agrees)(loss, gradient, theta)


@wrong(
    "nan passes: error > 10⁻⁶ is false for it. Ask whether the error is small, not "
    "whether it is large: section 9.2."
)
def nan_passes(loss, gradient, theta):
    def agree(claimed, measured):
        return not block_error(claimed, measured) > TOLERANCE

    return _by_comparing(agree)(loss, gradient, theta)


@wrong(
    "Your tolerance is a hundredth, and a slope a thousandth too large passes. A right "
    "gradient agrees with a measurement to one part in a million: section 9.1."
)
def too_generous(loss, gradient, theta):
    def agrees(loss, gradient, at):
        return _measured(loss, gradient, at, tolerance=0.01)

    return _verdict(agrees)(loss, gradient, theta)


@wrong(
    "Your tolerance is below what a measurement can give when the loss is large, or a "
    "gradient in float32, and the healthy are blamed. One part in a million is what "
    "chapter 1 asks: section 9.7."
)
def too_strict(loss, gradient, theta):
    def agrees(loss, gradient, at):
        return _measured(loss, gradient, at, tolerance=1e-8)

    return _verdict(agrees)(loss, gradient, theta)


@wrong(
    "You look at the first parameters only. A bug in another block is none of their "
    "business: section 9.8."
)
def first_three(loss, gradient, theta):
    def agree(claimed, measured):
        return block_error(claimed[:3], measured[:3]) < TOLERANCE

    return _by_comparing(agree)(loss, gradient, theta)


@wrong(
    "You compare the sums of all slopes. Two that change places have the same sum: "
    "compare slope by slope, or the length of the difference: section 9.2."
)
def sums_agree(loss, gradient, theta):
    def agree(claimed, measured):
        difference = abs(claimed.sum() - measured.sum())
        return difference < TOLERANCE * np.linalg.norm(measured)

    return _by_comparing(agree)(loss, gradient, theta)


@wrong(
    "A wrong gradient ends in an AssertionError. This function answers the question: "
    "catch it, and return False: section 9.8."
)
def asserts(loss, gradient, theta):
    if not is_healthy(loss, gradient, theta):
        raise AssertionError("the gradient is wrong")
    return True


@wrong("Your answer is the wrong way round: True should say healthy: section 9.8.")
def opposite(loss, gradient, theta):
    return not is_healthy(loss, gradient, theta)


@wrong(
    "One forward difference is too coarse to tell a right gradient: its error is that "
    "of h, and the healthy are blamed. Measure to both sides: section 9.7."
)
def one_sided(loss, gradient, theta):
    def agrees(loss, gradient, at):
        claimed = np.asarray(gradient(at))
        if claimed.shape != at.shape:
            return False
        measured = [
            (loss(at + 1e-5 * unit) - loss(at)) / 1e-5 for unit in np.eye(at.size)
        ]
        return block_error(claimed, np.array(measured)) < TOLERANCE

    return _verdict(agrees)(loss, gradient, theta)


def _by_check_gradient(loss, gradient, theta):
    rng = np.random.default_rng(9)
    for _ in range(2):
        at = rng.normal(size=theta.shape)
        claimed = np.asarray(gradient(at), dtype=float)
        # Scaled to slopes of about 1, where the floor of check_gradient does not reach.
        size = np.abs(claimed).max()
        try:
            check_gradient(lambda t, size=size: loss(t) / size, at, claimed / size)
        except (AssertionError, ValueError):
            return False
    return True


def _once(loss, gradient, theta):
    return _verdict(_measured, points=1, allowed=0)(loss, gradient, theta)


QUESTIONS = (
    Question(
        id="9.1",
        title="The error of each block",
        level="warm-up",
        points=2,
        function="block_errors",
        reference=block_errors,
        cases=_errors_cases,
        wrong=(
            over_measured,
            over_measured_or_nothing,
            over_claimed,
            over_sum,
            absolute,
            lengths_only,
            squared,
            worst_entry,
            sums_of_sizes,
            largest_entries,
            spectral,
            zero_over_zero,
            all_together,
            without_names,
            by_position,
        ),
        right=(_errors_in_plain_numpy,),
    ),
    Question(
        id="9.2",
        title="What is kept of a promise",
        level="core",
        points=2,
        function="kept",
        reference=kept,
        cases=_kept_cases,
        wrong=(
            after_minus_before,
            stepped_uphill,
            stepped_plus,
            central,
            upside_down,
            promise_without_eps,
            divided_then_multiplied,
            promise_of_squared_step,
            length_not_squared,
            squared_sum,
            mean_square,
            fall_alone,
            own_step,
            unit_step,
            promised_too_late,
            moved_theta,
            matrix_product,
            dot_product,
        ),
        right=(_kept_through_dot,),
    ),
    Question(
        id="9.3",
        title="A diagnosis in one word",
        level="core",
        points=3,
        function="diagnose",
        reference=diagnose,
        cases=_diagnose_cases,
        wrong=(
            no_shapes,
            sign_is_scale,
            only_exact_sign,
            scale_by_lengths,
            nearly_parallel,
            entrywise_ratio,
            allclose,
            exact,
            loose,
            nan_is_right,
            zero_is_scale,
            by_signs,
        ),
        right=(_diagnose_by_directions,),
    ),
    Question(
        id="9.4",
        title="Three mistakes in one backward pass",
        level="find the bug",
        points=4,
        function="network_gradient",
        returns=("dW1", "db1", "dW2", "db2"),
        reference=network_gradient,
        cases=_network_cases,
        wrong=(
            untouched,
            left_relu,
            left_reshape,
            left_first_row,
            first_bias_left,
            second_bias_left,
            mended_sum,
            mended_relu,
            mended_transpose,
            mean_of_biases,
            relu_for_its_slope,
            mended_too_much,
            lost_mean,
            downhill,
            returns_parameters,
            weights_first,
        ),
        right=(
            _gradient_row_by_row,
            _gradient_in_matrices,
        ),
    ),
    Question(
        id="9.5",
        title="The check that finds every mutant",
        level="stretch",
        points=4,
        function="is_healthy",
        reference=is_healthy,
        cases=_healthy_cases,
        wrong=(
            always_true,
            always_false,
            at_given_theta,
            as_it_stands,
            stops_at_a_column,
            at_zero,
            at_positive_places,
            loss_falls,
            promise_kept,
            kept_alone,
            shapes_only,
            lengths_agree,
            signs_agree,
            allclose_alone,
            each_slope_by_its_own_size,
            absolute_error,
            no_shape,
            nan_passes,
            too_generous,
            too_strict,
            first_three,
            sums_agree,
            asserts,
            opposite,
            one_sided,
        ),
        right=(
            _by_check_gradient,
            _once,
        ),
    ),
)

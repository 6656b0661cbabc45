"""The questions of exercise set 3, the sigmoid neuron."""
# ruff: noqa: D103  (what a wrong answer is about, its hint says)

import math

import numpy as np

from backprop.checks.question import Case, Question, wrong
from backprop.neuron import backpropagation, derivative_sigmoid, sigmoid

# ---------------------------------------------------------------- 3.1 stable_sigmoid


def _sigmoid_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case("a number", (float(rng.uniform(1, 3)),)),
        Case("a whole number", (-2,)),
        Case("an array (5,)", (rng.uniform(-6, 6, 5),)),
        Case("an array (2, 3)", (rng.uniform(-6, 6, (2, 3)),)),
        Case("whole numbers", (np.array([-3, 0, 4]),)),
        Case("far out", (np.array([-1000, -700, -600, -50, 50, 1000.0]),)),
        Case(
            "float32 stays float32",
            (np.append(rng.uniform(-9, 9, 2), [-200, 200]).astype(np.float32),),
            same_dtype=True,
        ),
    ]


@wrong(
    "This is the formula as it stands in the book, and it is right wherever e⁻ᶻ is "
    "finite. At z = −1000 it is not. Arrange the formula so that no exponent is ever "
    "positive: section 3.2."
)
def naive(z):
    return 1 / (1 + np.exp(-z))


@wrong(
    "eᶻ / (1 + eᶻ) is good for negative z. At z = 1000 it is inf / inf, which is nan. "
    "Each sign of z needs its own form: section 3.2."
)
def exp_over_one_plus_exp(z):
    return np.exp(z) / (1 + np.exp(z))


@wrong(
    "np.where picks the right branch, but both branches are computed for every z "
    "before it picks, so the unused one still overflows. Let −|z| be the only "
    "exponent: section 3.2."
)
def both_branches(z):
    return np.where(z >= 0, 1 / (1 + np.exp(-z)), np.exp(z) / (1 + np.exp(z)))


@wrong(
    "Clipping z at ±30 keeps the exponential finite but gives every z beyond the limit "
    "the same answer: σ(−50) is 2 · 10⁻²², not 9 · 10⁻¹⁴. Change the formula instead "
    "of the input: section 3.2."
)
def clipped(z):
    limited = np.clip(np.asarray(z), -30, 30)
    return 1 / (1 + np.exp(-limited))


@wrong(
    "Clipping z at ±500 is pasted often. It gives σ(−600) the value of σ(−500), 10⁴³ "
    "times as large, and in float32 e⁵⁰⁰ overflows all the same. Change the formula "
    "instead of the input: section 3.2."
)
def clipped_at_500(z):
    return 1 / (1 + np.exp(-np.clip(z, -500, 500)))


@wrong(
    "No warning is left, and the limit of 500 is: below −500 every z gets one answer, "
    "so that σ(−600) is 10⁴³ times as large as it should be. Change the formula "
    "instead of the input: section 3.2."
)
def clipped_at_500_quietly(z):
    z = np.asarray(z)
    a = 1 / (1 + np.exp(-np.clip(z.astype(float), -500, 500)))
    return a.astype(z.dtype if z.dtype.kind == "f" else float)


@wrong(
    "Clipping z at ±700 is as far as it can be done in double precision; in single "
    "precision eᶻ overflows from 89 on. Where no exponent is ever positive there is "
    "nothing to clip: section 3.2."
)
def clipped_at_700(z):
    return 1 / (1 + np.exp(-np.clip(z, -700, 700)))


@wrong(
    "You subtract nearly equal numbers, as 1 − 1/(1 + eᶻ) and (1 + tanh(z/2))/2 do, or "
    "you put 0 there yourself: at z = −50 no digit of σ is left. A fraction of "
    "positive terms keeps them, eᶻ/(1 + eᶻ): section 3.2."
)
def by_tanh(z):
    return (1 + np.tanh(np.asarray(z) / 2)) / 2


@wrong(
    "Your curve falls where σ rises: the exponent lacks its minus sign. A large z "
    "should give an answer near 1: section 3.2."
)
def no_minus(z):
    return 1 / (1 + np.exp(z))


@wrong(
    "tanh is another squash: it runs from −1 to 1, the sigmoid from 0 to 1, with σ(0) "
    "= ½: section 3.1."
)
def plain_tanh(z):
    return np.tanh(z)


@wrong(
    "math.exp takes one number and cannot take an array, and it raises OverflowError "
    "where np.exp gives inf. Use np.exp, which works entry by entry: section 3.2."
)
def math_exp(z):
    return 1 / (1 + math.exp(-z))


@wrong(
    "|z| keeps the exponential small, but it also forgets the sign of z: your curve is "
    "the same on both sides of 0. A negative z has e⁻|ᶻ| above the line too: section "
    "3.2."
)
def forgot_sign(z):
    return 1 / (1 + np.exp(-np.abs(z)))


@wrong(
    "The numbers are right, but float32 came in and float64 went out: a network in "
    "float32 would double its memory here. Convert only what is not yet a float: "
    "section 3.2."
)
def always_float64(z):
    z = np.asarray(z, dtype=np.float64)
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)


@wrong(
    "np.empty_like(z) and np.zeros_like(z) take over the dtype of z. When z holds "
    "whole numbers, so does your result, and every σ is cut to 0. Make sure of floats "
    "first: section 3.2."
)
def like_integers(z):
    z = np.asarray(z)
    a = np.empty_like(z)
    e = np.exp(-np.abs(z))
    a[...] = np.where(z >= 0, 1, e) / (1 + e)
    return a


def _silenced(z):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-z))


def _through_logaddexp(z):
    return np.exp(-np.logaddexp(0, -z))


def _by_masks(z):
    z = np.asarray(z)
    a = np.empty(z.shape, z.dtype if z.dtype.kind == "f" else float)
    high = z >= 0
    a[high] = 1 / (1 + np.exp(-z[high]))
    e = np.exp(z[~high])
    a[~high] = e / (1 + e)
    return a


# ---------------------------------------------------------------- 3.2 sigmoid_slopes


def sigmoid_slopes(z, a):
    """Give the slope of σ from pre-activations z, and from activations a."""
    return derivative_sigmoid(z), a * (1 - a)


def _slopes_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case("numbers", (float(rng.uniform(1, 3)), float(rng.uniform(0.6, 0.9)))),
        Case("z (4,), a (3,)", (rng.uniform(-4, 4, 4), rng.uniform(0.05, 0.95, 3))),
        Case(
            "z (2, 3), a (4, 2)",
            (rng.uniform(-4, 4, (2, 3)), rng.uniform(0.05, 0.95, (4, 2))),
        ),
        Case("flat ends", (np.array([-30.0, 0.0, 30.0]), np.array([0.0, 0.5, 1.0]))),
    ]


@wrong(
    "The first slope is right. For the second you took σ′ of an activation, but a has "
    "already been through the squash: from a, the slope is a(1 − a): section 3.2."
)
def squashed_twice(z, a):
    return derivative_sigmoid(z), derivative_sigmoid(a)


@wrong(
    "derivative_sigmoid wants z and squashes for itself. Elsewhere a function of this "
    "name often wants the activation, and so you squashed before both calls; here the "
    "first takes z as it is, and from a the slope is a(1 − a): section 3.2."
)
def always_squashed(z, a):
    return derivative_sigmoid(sigmoid(z)), derivative_sigmoid(a)


@wrong(
    "The second slope is right. For the first you put z where a belongs: z(1 − z) is "
    "−6 at z = 3, and a rising curve has no negative slope. Squash z first: section "
    "3.2."
)
def not_squashed(z, a):
    return z * (1 - z), a * (1 - a)


@wrong(
    "You have each formula at the other's argument: z(1 − z) and σ′(a). σ′ is a "
    "function of z; a(1 − a) is the same slope written in a: section 3.2."
)
def crossed(z, a):
    return z * (1 - z), derivative_sigmoid(a)


@wrong(
    "Both slopes are right, in the wrong order: the one from z comes first. The "
    "question gives the order, section 3.2 the two formulas."
)
def wrong_order(z, a):
    return a * (1 - a), derivative_sigmoid(z)


@wrong(
    "1 − a² is the slope of tanh. The slope of the sigmoid is a(1 − a), at most ¼: "
    "section 3.2."
)
def slope_of_tanh(z, a):
    return 1 - sigmoid(z) ** 2, 1 - a**2


@wrong(
    "These are the heights of the curve, σ(z) and a, not its slopes. Differentiate: "
    "section 3.2 does it in four lines."
)
def heights(z, a):
    return sigmoid(z), a


@wrong(
    "A sign slipped: a(1 + a) grows towards the top of the curve, where the slope must "
    "vanish. The slope is a(1 − a): section 3.2."
)
def plus_sign(z, a):
    return sigmoid(z) * (1 + sigmoid(z)), a * (1 + a)


@wrong(
    "Every slope has the wrong sign: the curve rises everywhere, so none is negative. "
    "In the derivative of 1/(1 + e⁻ᶻ) there are two minus signs, of the power and of "
    "−z, and they cancel: section 3.2."
)
def falling(z, a):
    return -derivative_sigmoid(z), a * (a - 1)


@wrong(
    "Your second slope was computed from z too. The two arrays come from different "
    "colleagues and different neurons: the second slope has only a to go on: section "
    "3.2."
)
def ignored_a(z, a):
    return derivative_sigmoid(z), derivative_sigmoid(z)


@wrong(
    "1 − σ(z) and 1 − a are only one of the two factors. The slope is the product of a "
    "and 1 − a: section 3.2."
)
def one_factor(z, a):
    return 1 - sigmoid(z), 1 - a


def _slopes_by_formula(z, a):
    s = sigmoid(z)
    return [s - s * s, a - a * a]


# ---------------------------------------------------------------- 3.3 neuron_gradient


def neuron_gradient(x, y, w, b):
    """Give ∂L/∂w and ∂L/∂b of one sigmoid neuron under half the squared error."""
    a = sigmoid(x @ w + b)
    dz = (a - y) * a * (1 - a)
    return dz * x, dz


def _example(rng: np.random.Generator, d: int, b: float) -> tuple:
    # Weights of a size that keeps z moderate, and nothing close to 0, where a wrong
    # factor would not show.
    x = rng.uniform(0.5, 2, d) * rng.choice([-1, 1], d)
    w = rng.uniform(0.3, 0.9, d) * rng.choice([-1, 1], d)
    return x, float(rng.uniform(0.1, 0.4)), w, b


def _gradient_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case("3 inputs", _example(rng, 3, 0.7)),
        Case("5 inputs", _example(rng, 5, -0.4)),
        Case("a single input", _example(rng, 1, 0.5)),
        Case("a saturated neuron", _example(rng, 2, 6.0)),
    ]


@wrong(
    "The slope of the squash is missing: from the error a − y to dz you pass through "
    "σ, and that stretches by σ′(z): section 3.3."
)
def no_slope(x, y, w, b):
    dz = sigmoid(x @ w + b) - y
    return dz * x, dz


@wrong(
    "You multiplied by σ′(a) instead of σ′(z). The slope belongs to the point at which "
    "the neuron stood before the squash; from a it is a(1 − a): section 3.3."
)
def slope_at_a(x, y, w, b):
    a = sigmoid(x @ w + b)
    dz = (a - y) * derivative_sigmoid(a)
    return dz * x, dz


@wrong(
    "z(1 − z) never went through the squash, and far from 0 it is negative, where σ "
    "only rises. Written in the answer the slope is a(1 − a): section 3.2."
)
def slope_from_z(x, y, w, b):
    z = x @ w + b
    dz = (sigmoid(z) - y) * z * (1 - z)
    return dz * x, dz


@wrong(
    "Every number has the wrong sign: the slope of ½(a − y)² in a is a − y. You have y "
    "− a, which points downhill, and a gradient points uphill: section 3.3."
)
def downhill(x, y, w, b):
    a = sigmoid(x @ w + b)
    dz = (y - a) * a * (1 - a)
    return dz * x, dz


@wrong(
    "Every number is twice as large as it should be: the loss is ½(a − y)², and its ½ "
    "cancels the 2 from the square: section 3.3."
)
def twice(x, y, w, b):
    a = sigmoid(x @ w + b)
    dz = 2 * (a - y) * a * (1 - a)
    return dz * x, dz


@wrong(
    "You divided by len(x), the number of inputs. A mean is taken over examples, and "
    "here is only one; the slopes of its inputs are not averaged: section 3.3."
)
def over_inputs(x, y, w, b):
    dw, db = neuron_gradient(x, y, w, b)
    return dw / len(x), db / len(x)


@wrong(
    "This is the gradient of a linear neuron: you compared z with y, and never "
    "squashed. The loss looks at a = σ(z): section 3.1."
)
def linear_neuron(x, y, w, b):
    dz = x @ w + b - y
    return dz * x, dz


@wrong(
    "dw is right. db is not the sum of dw: b reaches z with slope 1, whatever x is, so "
    "db = dz: section 3.3."
)
def bias_sums_weights(x, y, w, b):
    dw, _ = neuron_gradient(x, y, w, b)
    return dw, dw.sum()


@wrong(
    "dw is right, and db lost the slope of the squash. Both go through the same dz: "
    "compute it once and use it twice: section 3.3."
)
def bias_without_slope(x, y, w, b):
    dw, _ = neuron_gradient(x, y, w, b)
    return dw, sigmoid(x @ w + b) - y


@wrong(
    "dw is right. 1 is how z moves with b, the last step of the walk back. Before it "
    "comes dz, and db = dz · 1: section 3.3."
)
def bias_of_z_alone(x, y, w, b):
    return neuron_gradient(x, y, w, b)[0], 1.0


@wrong(
    "The numbers are right and stand in a column. A gradient has the shape of what it "
    "is the gradient of: w is (D,), so dw is (D,): section 3.3."
)
def column(x, y, w, b):
    dw, db = neuron_gradient(x, y, w, b)
    return dw.reshape(-1, 1), db


@wrong(
    "You multiplied dz by w where x belongs. dz · w is the slope in the input; seen "
    "from w, the slope of z = x·w + b is x: section 3.3."
)
def gradient_of_input(x, y, w, b):
    _, dz = neuron_gradient(x, y, w, b)
    return dz * w, dz


@wrong(
    "The bias is missing from your forward pass: z is x·w + b. A gradient is taken at "
    "the point where the neuron really stands: section 3.1."
)
def forgot_bias(x, y, w, b):
    return neuron_gradient(x, y, w, 0.0)


@wrong(
    "Both gradients are right, and they come back in the wrong order: dw first, then "
    "db. The question gives the order, section 3.3 the walk."
)
def bias_first(x, y, w, b):
    dw, db = neuron_gradient(x, y, w, b)
    return db, dw


@wrong(
    "You walked from a back to w, but never from the loss to a: the first slope, a − "
    "y, is missing: section 3.3."
)
def no_error(x, y, w, b):
    a = sigmoid(x @ w + b)
    return a * (1 - a) * x, a * (1 - a)


def _gradient_by_calls(x, y, w, b):
    z = np.dot(w, x) + b
    dz = np.array((sigmoid(z) - y) * derivative_sigmoid(z))
    return np.outer(dz, x)[0], dz


# ---------------------------------------------------------------- 3.4 update


def update(x, y, w, b, lr):
    """Give the parameters after one step of gradient descent."""
    dw, db = neuron_gradient(x, y, w, b)
    return w - lr * dw, b - lr * db


def _update_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case("lr = 0.5", (*_example(rng, 3, 0.7), 0.5)),
        Case("lr = 3", (*_example(rng, 4, -0.4), 3.0)),
        Case("lr = 0.1, a single input", (*_example(rng, 1, 0.5), 0.1)),
    ]


@wrong(
    "You walked uphill: the gradient points to where the loss grows, and a step "
    "subtracts it: section 3.4."
)
def uphill(x, y, w, b, lr):
    return update(x, y, w, b, -lr)


@wrong(
    "The step has the size of the gradient itself: the learning rate lr is not in it: "
    "section 3.4."
)
def no_learning_rate(x, y, w, b, lr):
    return update(x, y, w, b, 1.0)


@wrong(
    "w is right. For b you took the gradient again after w had moved, so the two "
    "belong to different points. Find both slopes first, then take both steps: section "
    "3.4."
)
def stale(x, y, w, b, lr):
    new_w, _ = update(x, y, w, b, lr)
    _, new_b = update(x, y, new_w, b, lr)
    return new_w, new_b


@wrong(
    "The returned numbers are right, but w -= … wrote them into the caller's array as "
    "well. w - lr * dw makes a new one: section 3.4."
)
def in_place(x, y, w, b, lr):
    dw, db = neuron_gradient(x, y, w, b)
    w -= lr * dw
    return w, b - lr * db


@wrong(
    "w moved, b stayed. The bias is a parameter like any other and takes its own step: "
    "section 3.4."
)
def bias_stays(x, y, w, b, lr):
    return update(x, y, w, b, lr)[0], b


@wrong("b moved, w stayed. All parameters step, each along its own slope: section 3.4.")
def weights_stay(x, y, w, b, lr):
    return w.copy(), update(x, y, w, b, lr)[1]


@wrong(
    "These are the gradients dw and db. Backpropagation ends there; gradient descent "
    "goes on, and steps from w and b against them: section 3.4."
)
def returns_gradient(x, y, w, b, lr):
    return neuron_gradient(x, y, w, b)


@wrong(
    "These are the steps −lr · dw and −lr · db. Add them to where you stood: section "
    "3.4."
)
def returns_step(x, y, w, b, lr):
    dw, db = neuron_gradient(x, y, w, b)
    return -lr * dw, -lr * db


@wrong(
    "w has its learning rate and b has none. The same lr scales both steps: section "
    "3.4."
)
def rate_for_weights_only(x, y, w, b, lr):
    return update(x, y, w, b, lr)[0], update(x, y, w, b, 1.0)[1]


@wrong(
    "You divided by the learning rate. A smaller lr should make a smaller step: "
    "section 3.4."
)
def divides_by_rate(x, y, w, b, lr):
    return update(x, y, w, b, 1 / lr)


@wrong(
    "The step follows the error times x and leaves out σ′(z). Steps of this kind "
    "belong to another loss; for ½(a − y)² take the gradient of section 3.3."
)
def step_without_slope(x, y, w, b, lr):
    dz = sigmoid(x @ w + b) - y
    return w - lr * dz * x, b - lr * dz


@wrong(
    "Your step is twice as long as it should be: the ½ of the loss cancels the 2 of "
    "the square. The gradient is that of section 3.3."
)
def double_step(x, y, w, b, lr):
    return update(x, y, w, b, 2 * lr)


def _update_on_a_copy(x, y, w, b, lr):
    dw, db = neuron_gradient(x, y, w, b)
    w = w.copy()
    w -= lr * dw
    b -= lr * db
    return w, b


# ---------------------------------------------------------------- 3.5 backpropagation


def _batch(rng: np.random.Generator, n: int, d: int, k: int, *lr: float) -> tuple:
    return (
        rng.uniform(0.2, 1, (n, d)) * rng.choice([-1, 1], (n, d)),
        rng.uniform(0.05, 0.95, (n, k)),
        rng.normal(0, 0.7, (d, k)),
        *lr,
    )


def _backpropagation_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case(label, _batch(rng, *sizes), changes=("weights",))
        for label, *sizes in [
            ("one row", 1, 3, 1),
            ("4 rows of 3", 4, 3, 1),
            ("3 rows of 3", 3, 3, 1),
            ("5 rows of 2, 3 outputs", 5, 2, 3),
            ("lr = 0.1", 4, 3, 2, 0.1),
        ]
    ]


def _forward(input, output, weights):
    z = input @ weights
    activation = sigmoid(z)
    return z, activation, activation - output


def _loss(error):
    return 0.5 * np.sum(error**2)


@wrong(
    "This is still the broken function: the slope multiplies after the matrix product, "
    "where row i of the batch is already mixed with all others, and no loss is "
    "returned: section 3.5."
)
def untouched(input, output, weights, lr=1.0):
    z, _, error = _forward(input, output, weights)
    weights[...] = weights - lr * np.dot(input.T, error) * derivative_sigmoid(z)


@wrong(
    "The loss is right. The slope still multiplies after the matrix product: each row "
    "needs its own σ′(z) on its own error, before the rows are summed: section 3.5."
)
def slope_after_product(input, output, weights, lr=1.0):
    z, _, error = _forward(input, output, weights)
    weights[...] = weights - lr * np.dot(input.T, error) * derivative_sigmoid(z)
    return _loss(error)


@wrong(
    "You averaged σ′ over the rows so that the shapes fit. Each row has its own slope: "
    "multiply it by that row's error, before the matrix product: section 3.6."
)
def mean_slope(input, output, weights, lr=1.0):
    z, _, error = _forward(input, output, weights)
    slope = derivative_sigmoid(z).mean(axis=0)
    weights -= lr * (input.T @ error) * slope
    return _loss(error)


@wrong(
    "Your step is divided by the number of rows. The loss here is a sum over the rows, "
    "so its gradient is a sum: section 3.6."
)
def mean_step(input, output, weights, lr=1.0):
    return backpropagation(input, output, weights, lr / len(input))


@wrong(
    "Loss and step are both divided by the number of rows: they belong together, and "
    "to another loss, the mean. Here the loss is a sum over the rows: section 3.6."
)
def all_by_rows(input, output, weights, lr=1.0):
    n = len(input)
    return backpropagation(input, output, weights, lr / n) / n


@wrong(
    "You stepped after each row, so that the second row meets weights which the first "
    "has moved. One step: sum over the rows first, and move once: section 3.6."
)
def row_by_row(input, output, weights, lr=1.0):
    return sum(
        backpropagation(input[i : i + 1], output[i : i + 1], weights, lr)
        for i in range(len(input))
    )


@wrong(
    "The loss is right. Your step is twice as long as it should be: the ½ of the loss "
    "cancels the 2 of the square: section 3.6."
)
def twofold_step(input, output, weights, lr=1.0):
    return backpropagation(input, output, weights, 2 * lr)


@wrong(
    "The loss is right, but the caller's weights are as before: weights = … gives the "
    "name to a new array. weights[...] = … or weights -= … writes into the caller's: "
    "section 3.5."
)
def rebinds(input, output, weights, lr=1.0):
    return backpropagation(input, output, weights.copy(), lr)


@wrong(
    "You returned the new weights and left the caller's as they were. This function "
    "changes weights in place and returns the loss: section 3.6."
)
def returns_weights(input, output, weights, lr=1.0):
    weights = weights.copy()
    backpropagation(input, output, weights, lr)
    return weights


@wrong(
    "The step is right, and the caller has it already, for weights changed in place. "
    "What is returned is the loss before the step: section 3.6."
)
def returns_weights_too(input, output, weights, lr=1.0):
    backpropagation(input, output, weights, lr)
    return weights


@wrong(
    "The step goes uphill. output − activation is added, activation − output is "
    "subtracted: each is right alone, and mixed they are wrong: section 3.5."
)
def wrong_sign(input, output, weights, lr=1.0):
    return backpropagation(input, output, weights, -lr)


@wrong(
    "The slope of the squash is gone: the shapes fit without it, and the gradient is "
    "another one. Multiply the error by σ′(z), entry by entry: section 3.6."
)
def without_slope(input, output, weights, lr=1.0):
    _, _, error = _forward(input, output, weights)
    weights -= lr * input.T @ error
    return _loss(error)


@wrong(
    "derivative_sigmoid got the activation, and it wants the z before the squash: "
    "section 3.2."
)
def slope_of_activation(input, output, weights, lr=1.0):
    _, activation, error = _forward(input, output, weights)
    weights -= lr * input.T @ (error * derivative_sigmoid(activation))
    return _loss(error)


@wrong(
    "The weights are right. The loss that you return was computed after the step: "
    "return the one that the forward pass saw: section 3.6."
)
def loss_after(input, output, weights, lr=1.0):
    backpropagation(input, output, weights, lr)
    return _loss(_forward(input, output, weights)[2])


@wrong(
    "The weights are right. The loss is twice as large as it should be: it is half the "
    "summed squared error: section 3.6."
)
def loss_without_half(input, output, weights, lr=1.0):
    return 2 * backpropagation(input, output, weights, lr)


@wrong(
    "The weights are right. The loss is averaged over the rows, while the step belongs "
    "to the sum: section 3.6."
)
def mean_loss(input, output, weights, lr=1.0):
    return backpropagation(input, output, weights, lr) / len(input)


@wrong(
    "The weights are right. np.mean divided the loss by the number of all entries, "
    "rows times outputs; the loss is a sum: section 3.6."
)
def mean_of_all_entries(input, output, weights, lr=1.0):
    return backpropagation(input, output, weights, lr) / np.size(output)


@wrong(
    "The weights are right. The loss still has one number per row or output: sum them "
    "all: section 3.6."
)
def loss_per_entry(input, output, weights, lr=1.0):
    _, _, error = _forward(input, output, weights)
    backpropagation(input, output, weights, lr)
    return 0.5 * error**2


@wrong(
    "The learning rate is not in your step: with lr = 1 it does not show, with lr = "
    "0.1 the step is ten times as long as it should be: section 3.6."
)
def ignores_rate(input, output, weights, lr=1.0):
    return backpropagation(input, output, weights)


@wrong(
    "The weights are right, and nothing is returned. Return the loss before the step, "
    "so that a training loop can watch it fall: section 3.6."
)
def no_loss(input, output, weights, lr=1.0):
    backpropagation(input, output, weights, lr)


def _backpropagation_in_numpy(input, output, weights, lr=1.0):
    activation = 1 / (1 + np.exp(-np.dot(input, weights)))
    delta = output - activation
    weights += lr * np.dot(input.T, delta * activation * (1 - activation))
    return np.sum(delta * delta) / 2


def _backpropagation_row_by_row(input, output, weights, lr=1.0):
    loss, step = 0.0, np.zeros_like(weights)
    for x, y in zip(input, output, strict=True):
        z = x @ weights
        error = sigmoid(z) - y
        step += np.outer(x, error * derivative_sigmoid(z))
        loss += error @ error / 2
    weights[:] = weights - lr * step
    return np.float64(loss)


QUESTIONS = (
    Question(
        id="3.1",
        title="A sigmoid that never overflows",
        level="warm-up",
        points=2,
        function="stable_sigmoid",
        reference=sigmoid,
        cases=_sigmoid_cases,
        atol=0,  # σ(−700) is 10⁻³⁰⁴ and has all its digits; σ(−1000) is 0
        wrong=(
            naive,
            exp_over_one_plus_exp,
            both_branches,
            clipped,
            clipped_at_500,
            clipped_at_500_quietly,
            clipped_at_700,
            by_tanh,
            no_minus,
            plain_tanh,
            math_exp,
            forgot_sign,
            always_float64,
            like_integers,
        ),
        right=(_silenced, _through_logaddexp, _by_masks),
    ),
    Question(
        id="3.2",
        title="Two slopes",
        level="core",
        points=3,
        function="sigmoid_slopes",
        returns=("slope from z", "slope from a"),
        reference=sigmoid_slopes,
        cases=_slopes_cases,
        wrong=(
            squashed_twice,
            always_squashed,
            not_squashed,
            crossed,
            wrong_order,
            slope_of_tanh,
            heights,
            plus_sign,
            falling,
            ignored_a,
            one_factor,
        ),
        rtol=1e-12,  # no measured slope has as many digits
        right=(_slopes_by_formula,),
    ),
    Question(
        id="3.3",
        title="The gradient of one neuron",
        level="core",
        points=3,
        function="neuron_gradient",
        returns=("dw", "db"),
        reference=neuron_gradient,
        cases=_gradient_cases,
        wrong=(
            no_slope,
            slope_at_a,
            slope_from_z,
            downhill,
            twice,
            over_inputs,
            linear_neuron,
            bias_sums_weights,
            bias_without_slope,
            bias_of_z_alone,
            column,
            gradient_of_input,
            forgot_bias,
            bias_first,
            no_error,
        ),
        rtol=1e-12,  # no measured slope has as many digits
        right=(_gradient_by_calls,),
    ),
    Question(
        id="3.4",
        title="One step downhill",
        level="stretch",
        points=3,
        function="update",
        returns=("new_w", "new_b"),
        reference=update,
        cases=_update_cases,
        wrong=(
            uphill,
            no_learning_rate,
            stale,
            in_place,
            bias_stays,
            weights_stay,
            returns_gradient,
            returns_step,
            rate_for_weights_only,
            divides_by_rate,
            step_without_slope,
            double_step,
        ),
        right=(_update_on_a_copy,),
    ),
    Question(
        id="3.5",
        title="The essay's function, repaired",
        level="find the bug",
        points=4,
        function="backpropagation",
        reference=backpropagation,
        cases=_backpropagation_cases,
        wrong=(
            untouched,
            slope_after_product,
            mean_slope,
            mean_step,
            all_by_rows,
            row_by_row,
            twofold_step,
            rebinds,
            returns_weights,
            returns_weights_too,
            wrong_sign,
            without_slope,
            slope_of_activation,
            loss_after,
            loss_without_half,
            mean_loss,
            mean_of_all_entries,
            loss_per_entry,
            ignores_rate,
            no_loss,
        ),
        right=(_backpropagation_in_numpy, _backpropagation_row_by_row),
    ),
)

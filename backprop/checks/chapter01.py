"""The questions of exercise set 1, slopes."""
# ruff: noqa: D103  (what a wrong answer is about, its hint says)

import math

import numpy as np

from backprop.checks.question import Case, Question, wrong
from backprop.checks.run import Source
from backprop.gradcheck import EPS, check_gradient, numerical_gradient


def _number(rng: np.random.Generator, low: float, high: float) -> float:
    # Few digits, so that a learner can type it in and look for himself.
    return round(float(rng.uniform(low, high)), 2)


def _entries(rng: np.random.Generator, *shape: int) -> np.ndarray:
    # Nothing close to 0, where a wrong factor would not show.
    sizes = rng.uniform(0.5, 2, shape) * rng.choice([-1, 1], shape)
    return np.array(np.round(sizes, 2))


# --------------------------------------------------------------- 1.1 central_difference


def central_difference(f, x, h):
    """Measure the slope of f at the number x from one point on each side."""
    return (f(x + h) - f(x - h)) / (2 * h)


def _difference_cases(rng: np.random.Generator) -> list[Case]:
    a = _number(rng, 1, 3)
    return [
        Case("a cubic", (Source(f"lambda x: x**3 - {a} * x"), _number(rng, 2, 3), 0.1)),
        Case("a sine", (Source("np.sin"), _number(rng, 0.2, 1.2), 0.01)),
        Case("a large h", (Source("np.exp"), _number(rng, -1, 1), 0.5)),
        Case("a parabola", (Source("lambda x: x**2"), _number(rng, -3, -1), 2.0)),
    ]


@wrong(
    "This is the forward difference, whose error shrinks with h. The central one asks "
    "f on both sides of x, and its error shrinks with h²: section 1.2."
)
def forward(f, x, h):
    return (f(x + h) - f(x)) / h


@wrong(
    "This is the backward difference: x and one point to its left. Take a point on "
    "each side, so that the errors of the two sides cancel: section 1.2."
)
def backward(f, x, h):
    return (f(x) - f(x - h)) / h


@wrong(
    "Every slope is twice as large as it should be. From x − h to x + h the input "
    "moves by 2h, and that is what you divide by: section 1.2."
)
def over_h(f, x, h):
    return (f(x + h) - f(x - h)) / h


@wrong(
    "/ 2 * h divides by 2 and then multiplies by h, because Python reads from left to "
    "right. Put 2 * h in brackets; the formula is in section 1.2."
)
def times_h(f, x, h):
    return (f(x + h) - f(x - h)) / 2 * h


@wrong(
    "Division comes before subtraction, so only f(x − h) was divided. Put the "
    "difference of the two values in brackets: section 1.2."
)
def half_divided(f, x, h):
    return f(x + h) - f(x - h) / (2 * h)


@wrong(
    "You have how far the output moved. A slope says how many times as far as the "
    "input: divide by the distance between the two points: section 1.1."
)
def not_divided(f, x, h):
    return f(x + h) - f(x - h)


@wrong(
    "Every slope has the wrong sign. You went from x + h back to x − h in the outputs "
    "and forward in the inputs: section 1.2."
)
def flipped(f, x, h):
    return (f(x - h) - f(x + h)) / (2 * h)


@wrong(
    "You added the two values. A slope is about how far the output moved, which is "
    "their difference: section 1.1."
)
def added(f, x, h):
    return (f(x + h) + f(x - h)) / (2 * h)


@wrong(
    "f(x) + h moves the output, and you get 1 for every function. Move the input, f(x "
    "+ h), and see what f makes of it: section 1.1."
)
def moved_the_output(f, x, h):
    return ((f(x) + h) - (f(x) - h)) / (2 * h)


@wrong(
    "A good central difference, with half the step: your points are x ± h/2. This "
    "question and section 1.2 go a whole h to each side."
)
def half_steps(f, x, h):
    return (f(x + h / 2) - f(x - h / 2)) / h


@wrong(
    "You measured with an h of your own, 10⁻⁵, and not with the one that was given. It "
    "is an excellent h for most functions, but the caller decides: section 1.3."
)
def own_step(f, x, h):
    return central_difference(f, x, 1e-5)


def _over_the_step_taken(f, x, h):
    high, low = x + h, x - h
    return (f(high) - f(low)) / (high - low)


def _mean_of_two_sides(f, x, h):
    return ((f(x + h) - f(x)) / h + (f(x) - f(x - h)) / h) / 2


# ---------------------------------------------------------------- 1.2 best_steps


def best_steps(value, second, third, eps):
    """Give the h with the smallest worst error, forward and central."""
    return (
        2 * math.sqrt(eps * abs(value / second)),
        (3 * eps * abs(value / third)) ** (1 / 3),
    )


def _steps_cases(rng: np.random.Generator) -> list[Case]:
    at = _number(rng, 0.5, 2)
    e = math.exp(at)
    far = round(float(rng.uniform(5_000, 20_000)))
    root, hundredth = math.sqrt(far), round(math.sin(3 * at) + 2, 2)
    return [
        Case(f"eˣ at {at}", (e, e, e, EPS)),
        Case(f"eˣ at {at}, float32", (e, e, e, float(np.finfo(np.float32).eps))),
        Case(f"√x at {far}", (root, -(root**-3) / 4, root**-5 * 3 / 8, EPS)),
        Case("all three differ", (-hundredth, 3 * at, -7 - at, EPS)),
    ]


def _steps(forward, central):
    """Make the function that multiplies ε|f/f″| and ε|f/f‴| before the roots."""

    def steps(value, second, third, eps):
        return (
            math.sqrt(forward * eps * abs(value / second)),
            math.cbrt(central * eps * abs(value / third)),
        )

    return steps


@wrong(
    "√ε and ∛ε are rules of thumb: they know the computer and not the function. Small "
    "means small compared with the distance over which f bends: section 1.3."
)
def rules_of_thumb(value, second, third, eps):
    return eps ** (1 / 2), eps ** (1 / 3)


@wrong(
    "These are the bounds E(h) at their lowest, how large the errors are there. The "
    "question asks where that is, for the two h: section 1.3."
)
def bounds(value, second, third, eps):
    forward, central = best_steps(value, second, third, eps)
    return (
        abs(second) * forward / 2 + 2 * eps * abs(value) / forward,
        abs(third) * central**2 / 6 + eps * abs(value) / central,
    )


@wrong(
    "These are the best h of eˣ, whose derivatives are all equal. For other functions "
    "|f/f″| and |f/f‴| stand under the roots: section 1.3."
)
def only_of_exp(value, second, third, eps):
    return 2 * eps ** (1 / 2), (3 * eps) ** (1 / 3)


@wrong(
    "The fractions stand on their heads. The more a function bends, the smaller its "
    "best h, so f″ and f‴ belong below: section 1.3."
)
def upside_down(value, second, third, eps):
    return best_steps(1 / value, 1 / second, 1 / third, eps)


@wrong(
    "The forward h is right. For the central difference f″ cancels, and truncation "
    "begins with f‴: section 1.2."
)
def second_twice(value, second, third, eps):
    return best_steps(value, second, second, eps)


@wrong(
    "The forward h is right. The central one is a cube root: its truncation grows like "
    "h², its slope like h, and h · h² leaves h³ on one side: section 1.3."
)
def square_root_twice(value, second, third, eps):
    return best_steps(value, second, third, eps)[0], (
        math.sqrt(3 * eps * abs(value / third))
    )


@wrong(
    "The roots are right and their factors are missing. Set the slope of each E(h) to "
    "zero and keep the numbers; 2 and 3 come out: section 1.3."
)
def no_factors(value, second, third, eps):
    return _steps(1, 1)(value, second, third, eps)


@wrong(
    "The central h is right, the forward one is half as large as it should be: h² = "
    "4ε|f/f″|, and the root of 4 is 2. The 4 comes from the ½ of ½|f″|h and the 2 of "
    "2ε|f|/h: section 1.3."
)
def forward_two_missing(value, second, third, eps):
    return _steps(1, 3)(value, second, third, eps)


@wrong(
    "The central h is right. In the forward one you have √2 in place of 2. Either "
    "truncation lost its half, ½|f″|h, or round-off its two: each of the two values "
    "may be off by ε|f|: section 1.3."
)
def forward_root_of_two(value, second, third, eps):
    return _steps(2, 3)(value, second, third, eps)


@wrong(
    "The forward h is right, and in the central one the 3 is missing. The slope of "
    "⅙|f‴|h² is ⅓|f‴|h; set it equal to ε|f|/h², and the third becomes a 3 on the "
    "other side: section 1.3."
)
def central_three_missing(value, second, third, eps):
    return _steps(4, 1)(value, second, third, eps)


@wrong(
    "The forward h is right. In the central one your 3 stands outside the root. It is "
    "h³ that is 3ε|f/f‴|, so the 3 is under it: section 1.3."
)
def three_outside(value, second, third, eps):
    return _steps(4, 27)(value, second, third, eps)


@wrong(
    "The forward h is right. In the central one you have 6 in place of 3: either the "
    "two errors were set equal, but their sum is lowest where their slopes cancel, or "
    "the forward round-off 2ε|f|/h was used again: section 1.3."
)
def balanced(value, second, third, eps):
    return _steps(4, 6)(value, second, third, eps)


@wrong(
    "You allowed ε/2 for the error of each value, which is one rounding. We allow ε, "
    "since a function that computes in steps rounds more than once: section 1.3."
)
def one_rounding(value, second, third, eps):
    return best_steps(value, second, third, eps / 2)


@wrong(
    "Both are right, in the wrong order: the forward h comes first. The question gives "
    "the order, section 1.3 the formulas."
)
def wrong_order(value, second, third, eps):
    return best_steps(value, second, third, eps)[::-1]


@wrong(
    "Right for float64, whatever eps says. float32 has an ε of its own, half a billion "
    "times as large, and its best h are larger too: section 1.3."
)
def always_float64(value, second, third, eps):
    return best_steps(value, second, third, EPS)


@wrong(
    "A root of a negative number is nan. f and f″ may have different signs; only their "
    "sizes, |f/f″| and |f/f‴|, matter to an error bound: section 1.3."
)
def signed_in_numpy(value, second, third, eps):
    return 2 * np.sqrt(eps * value / second), np.cbrt(3 * eps * value / third)


@wrong(
    "A negative number to the power of ½ or ⅓ became a complex one. An error bound "
    "knows sizes only, so take |f/f″| and |f/f‴|: section 1.3."
)
def signed_powers(value, second, third, eps):
    return 2 * (eps * value / second) ** (1 / 2), (3 * eps * value / third) ** (1 / 3)


@wrong(
    "math.sqrt stopped at a negative number. f and f″ may have different signs, but an "
    "error bound knows sizes only: take |f/f″| and |f/f‴|: section 1.3."
)
def signed_in_math(value, second, third, eps):
    return 2 * math.sqrt(eps * value / second), math.cbrt(3 * eps * value / third)


@wrong(
    "** binds tighter than /, so ** 1 / 3 takes the first power and a third of it. "
    "Write ** (1 / 3) for the cube root of section 1.3."
)
def no_brackets(value, second, third, eps):
    forward, _ = best_steps(value, second, third, eps)
    return forward, (3 * eps * abs(value / third)) ** 1 / 3


def _steps_in_numpy(value, second, third, eps):
    size = np.abs(value) * eps
    return 2 * np.sqrt(size / np.abs(second)), np.cbrt(3 * size / np.abs(third))


# ---------------------------------------------------------------- 1.3 one_sided_slopes


def one_sided_slopes(f, x, h):
    """Measure the slope of f to the left of x and to the right of it."""
    return (f(x) - f(x - h)) / h, (f(x + h) - f(x)) / h


def _sides_cases(rng: np.random.Generator) -> list[Case]:
    kink = _number(rng, 1, 3)
    low, high = _number(rng, -2, -0.5), _number(rng, 0.5, 2)
    tilted = Source(f"lambda x: max({low} * x, {high} * x) + {kink}")
    return [
        Case("at the kink of |x|", (Source("abs"), 0.0, 0.1)),
        Case("at a kink elsewhere", (Source(f"lambda x: abs(x - {kink})"), kink, 0.01)),
        Case("unequal sides", (tilted, 0.0, 0.1)),
        Case("beside a kink, within h", (tilted, 0.03, 0.1)),
        Case("a kink out of reach", (tilted, -_number(rng, 1, 2), 0.1)),
        Case("a smooth curve", (Source("np.exp"), _number(rng, 0, 1), 0.01)),
    ]


@wrong(
    "The right slope is right, the left one has the wrong sign. From x − h to x the "
    "output moves by f(x) − f(x − h), and the input moves by +h: section 1.1."
)
def left_flipped(f, x, h):
    left, right = one_sided_slopes(f, x, h)
    return -left, right


@wrong(
    "Both slopes are right, in the wrong order: the left one comes first. The question "
    "gives the order, section 1.4 says what the two sides tell."
)
def right_first(f, x, h):
    return one_sided_slopes(f, x, h)[::-1]


@wrong(
    "You have one central difference, twice. It averages the two sides, and the "
    "average is what hides the kink: section 1.4."
)
def central_twice(f, x, h):
    return (central_difference(f, x, h),) * 2


@wrong(
    "Both slopes are half as large as they should be. Each side is only one h wide; 2h "
    "belongs to the central difference: section 1.2."
)
def over_two_steps(f, x, h):
    left, right = one_sided_slopes(f, x, h)
    return left / 2, right / 2


@wrong(
    "You took central differences at x − h and x + h. They reach 2h to each side, so "
    "that a kink too far away counts; start from x itself: section 1.4."
)
def central_next_door(f, x, h):
    return central_difference(f, x - h, h), central_difference(f, x + h, h)


@wrong(
    "f(x) is missing. That is right where f(x) is 0, as for |x| at its kink, and "
    "nowhere else: each slope compares two values of f: section 1.2."
)
def without_the_middle(f, x, h):
    return -f(x - h) / h, f(x + h) / h


@wrong(
    "You dropped the signs. A slope of −1 moves the output the opposite way, and at "
    "the kink of |x| the sign is all that differs: section 1.1."
)
def only_sizes(f, x, h):
    left, right = one_sided_slopes(f, x, h)
    return abs(left), abs(right)


@wrong(
    "This is the jump from one slope to the other. It is what gives a kink away, but "
    "return the two slopes, and let the caller subtract: section 1.4."
)
def the_jump(f, x, h):
    left, right = one_sided_slopes(f, x, h)
    return right - left


@wrong(
    "You measured with an h of your own, 10⁻⁵. Whether a kink lies within reach "
    "depends on h, so use the one that was given: section 1.4."
)
def own_reach(f, x, h):
    return one_sided_slopes(f, x, 1e-5)


@wrong(
    "These are the two differences f(x) − f(x − h) and f(x + h) − f(x). Divide each by "
    "the h that the input moved: section 1.1."
)
def rises(f, x, h):
    return f(x) - f(x - h), f(x + h) - f(x)


def _one_rule_for_both(f, x, h):
    return [(f(x + step) - f(x)) / step for step in (-h, h)]


# ---------------------------------------------------------------- 1.4 gradient


def gradient(f, x, h):
    """Measure ∂f/∂x for an array of any shape by central differences."""
    x = np.array(x, dtype=float)
    slopes = np.empty(x.shape)
    for index in np.ndindex(x.shape):
        upper, lower = x.copy(), x.copy()
        upper[index] += h
        lower[index] -= h
        slopes[index] = (f(upper) - f(lower)) / (2 * h)
    return slopes


def _gradient_cases(rng: np.random.Generator) -> list[Case]:
    bend = Source("lambda x: np.sum(np.cumsum(x) ** 3)")  # no two entries play one part
    whole = rng.choice([2, 3, 4], (2, 2))
    # 0.1 + 0.01 − 0.02 + 0.01 is not 0.1: a nudge in place always leaves a trace.
    row = np.append(_entries(rng, 3), 0.1)
    return [
        Case("x (2,)", (Source("lambda x: x[0] ** 2 * x[1]"), _entries(rng, 2), 0.1)),
        Case("x (4,)", (bend, row, 0.01)),
        Case("x (2, 3)", (bend, _entries(rng, 2, 3), 0.01)),
        Case("x (3, 1)", (Source("np.prod"), _entries(rng, 3, 1), 0.01)),
        Case("x (), a single number", (Source("np.exp"), _entries(rng), 0.1)),
        Case(
            "whole numbers",
            (Source("lambda x: np.log(np.sum(x**2)) + np.sin(x[0, 1])"), whole, 0.01),
        ),
    ]


def _with_nudges(measure, x, slopes):
    for index in np.ndindex(x.shape):
        slopes[index] = measure(index)
    return slopes


@wrong(
    "This is the chapter's first try. It moves whole rows at once, finds no room for "
    "the nudge in an array of integers, and writes into the caller's x: section 1.5."
)
def first_try(f, x, h):
    slopes = np.empty_like(x)
    for i in range(len(x)):
        x[i] += h
        upper = f(x)
        x[i] -= 2 * h
        lower = f(x)
        x[i] += h
        slopes[i] = (upper - lower) / (2 * h)
    return slopes


@wrong(
    "range(len(x)) counts the rows, so in a matrix x[i] moves a whole row and its "
    "slopes are added up; a single number has no len at all. np.ndindex(x.shape) "
    "visits every place of any shape: section 1.5."
)
def whole_rows(f, x, h):
    x = np.array(x, dtype=float)
    slopes = np.empty(x.shape)
    for i in range(len(x)):
        upper, lower = x.copy(), x.copy()
        upper[i] += h
        lower[i] -= h
        slopes[i] = (f(upper) - f(lower)) / (2 * h)
    return slopes


@wrong(
    "Right for a row of floats. In a matrix x[i] moves a whole row; in an array of "
    "integers the copies have no room for the nudge, nor the result for the slope; and "
    "a single number has no len: section 1.5."
)
def only_a_row(f, x, h):
    slopes = np.zeros_like(x)
    for i in range(len(x)):
        upper, lower = x.copy(), x.copy()
        upper[i] += h
        lower[i] -= h
        slopes[i] = (f(upper) - f(lower)) / (2 * h)
    return slopes


@wrong(
    "x + h moves all entries together, and what you get is the sum of their slopes. "
    "Move one, hold the others still: section 1.5."
)
def all_together(f, x, h):
    return (f(x + h) - f(x - h)) / (2 * h)


@wrong(
    "You nudged the caller's own array. Adding h, subtracting 2h and adding h rounds "
    "three times, and whole numbers lose the fraction: nudge a copy: section 1.5."
)
def in_place(f, x, h):
    slopes = np.empty(x.shape)
    for index in np.ndindex(x.shape):
        x[index] += h
        upper = f(x)
        x[index] -= 2 * h
        lower = f(x)
        x[index] += h
        slopes[index] = (upper - lower) / (2 * h)
    return slopes


@wrong(
    "The first slope is right, and the others are measured somewhere else: the entries "
    "before them were never moved back. Start each one from a fresh copy: section 1.5."
)
def never_back(f, x, h):
    moved = np.array(x, dtype=float)

    def measure(index):
        moved[index] += h
        upper = f(moved)
        moved[index] -= 2 * h
        return (upper - f(moved)) / (2 * h)

    return _with_nudges(measure, moved, np.empty(moved.shape))


@wrong(
    "Every slope is 0, because upper = lower = … gives one array two names: the second "
    "nudge takes back the first. Make two copies: section 1.5."
)
def two_names(f, x, h):
    def measure(index):
        upper = lower = np.array(x, dtype=float)
        upper[index] += h
        lower[index] -= h
        return (f(upper) - f(lower)) / (2 * h)

    return _with_nudges(measure, x, np.empty(x.shape))


@wrong(
    "The slopes are right and stand in a row. A gradient has one slope for each entry, "
    "in the shape of x: section 1.5."
)
def flat(f, x, h):
    return gradient(f, x, h).ravel()


@wrong(
    "The nudges are right, but np.empty_like and np.zeros_like take over the dtype of "
    "x: from whole numbers come whole slopes. Ask for floats: section 1.5."
)
def whole_slopes(f, x, h):
    slopes = np.empty_like(x)
    slopes[...] = gradient(f, x, h)
    return slopes


def _nudging_its_dtype(f, x, h, slopes):
    def measure(index):
        upper, lower = x.copy(), x.copy()
        upper[index] += h
        lower[index] -= h
        return (f(upper) - f(lower)) / (2 * h)

    return _with_nudges(measure, x, slopes)


@wrong(
    "An array of integers has no room for 3.01: NumPy cuts the nudge off, without a "
    "word, in x itself and in a copy. Nudge an array of floats, np.array(x, "
    "dtype=float): section 1.5."
)
def nudge_cut_off(f, x, h):
    return _nudging_its_dtype(f, x, h, np.empty(x.shape))


@wrong(
    "Right for floats. For whole numbers the array that you nudge is made of integers, "
    "and your result is too: both lose what is behind the point: section 1.5."
)
def whole_throughout(f, x, h):
    return _nudging_its_dtype(f, x, h, np.empty_like(x))


@wrong(
    "These are forward differences, one entry at a time. Here each entry is nudged to "
    "both sides: section 1.2."
)
def forward_differences(f, x, h):
    x = np.array(x, dtype=float)

    def measure(index):
        upper = x.copy()
        upper[index] += h
        return (f(upper) - f(x)) / h

    return _with_nudges(measure, x, np.empty(x.shape))


@wrong(
    "Every slope is twice as large as it should be: the two nudged points are 2h "
    "apart: section 1.2."
)
def twice(f, x, h):
    return 2 * gradient(f, x, h)


def _by_unit_arrays(f, x, h):
    slopes = np.zeros(x.shape)
    for i in range(x.size):
        unit = np.zeros(x.size)
        unit[i] = 1
        step = h * unit.reshape(x.shape)
        slopes.ravel()[i] = (f(x + step) - f(x - step)) / h / 2
    return slopes


def _restored(f, x, h):
    x = x.astype(float)
    slopes = np.zeros_like(x)
    for index in np.ndindex(*x.shape):
        before = x[index]
        x[index] = before + h
        upper = f(x)
        x[index] = before - h
        lower = f(x)
        x[index] = before
        slopes[index] = (upper - lower) / (2 * h)
    return slopes


# ---------------------------------------------------------------- 1.5 agrees

TOLERANCE = 1e-6


def agrees(f, x, gradient):
    """Say whether `gradient` is ∂f/∂x at x, as far as a measurement can tell."""
    if np.shape(gradient) != x.shape:
        return False
    return bool(np.max(np.abs(_errors(f, x, gradient))) < TOLERANCE)


def _errors(f, x, gradient):
    """Divide the signed differences by the larger slope, or by the floor."""
    measured = numerical_gradient(f, x)
    floor = 5 * EPS * max(1.0, abs(f(x))) / (1e-5 * TOLERANCE)
    size = np.maximum(np.abs(gradient), np.abs(measured))
    return (gradient - measured) / np.maximum(size, floor)


def _agrees_cases(rng: np.random.Generator) -> list[Case]:
    squares, steep = (Source(f"lambda x: {a}np.sum(x**2)") for a in ("", "1e6 * "))
    x, pair, matrix = _entries(rng, 3), _entries(rng, 2), _entries(rng, 2, 3)
    many = np.round(rng.uniform(1, 1.2, 10), 2)
    below, above, unknown = 2 * x, 2 * x, 2 * x
    i, j = rng.choice(3, 2, replace=False)
    # Below means below: of a negative slope, half would lie above it.
    below[i] -= abs(x[i])
    above[i] += abs(x[i])
    unknown[j] = np.nan
    nearly = 2 * many
    nearly[rng.integers(10)] *= 1 + 8e-6  # more than 10⁻⁶, and less on average
    slightly, inside = 2 * x * (1 + 1.5e-6), 2 * x * (1 + 5e-7)
    return [
        Case("right", (squares, x, 2 * x)),
        Case("one slope too low", (squares, x, below)),
        Case("one slope too high", (squares, x, above)),
        Case("one slope in ten a little too high", (squares, many, nearly)),
        Case("all slopes a little over the tolerance", (squares, x, slightly)),
        Case("all slopes within the tolerance", (squares, x, inside)),
        Case("one slope is nan", (squares, x, unknown)),
        Case(
            "a column for a row",
            (Source("lambda x: 3 * np.sum(x)"), x, np.full((3, 1), 3.0)),
        ),
        Case(
            "one row for two",
            (Source("lambda x: np.sum(x @ [1, 2, 3])"), matrix, np.array([1.0, 2, 3])),
        ),
        Case("two slopes for three", (squares, x, 2 * x[:2])),
        Case("steep, right", (steep, x, 2e6 * x)),
        Case(
            "steep and flat, the flat one wrong",
            (
                Source("lambda x: 1e6 * x[0] ** 2 + x[1]"),
                pair,
                np.array([2e6 * pair[0], 1.5]),
            ),
        ),
        Case(
            "a slope of 0, right",
            (Source("lambda x: x[0] ** 2"), pair, np.array([2 * pair[0], 0])),
        ),
        Case(
            "tiny slopes, twice as large as right",
            (Source("lambda x: 1e-9 * np.sum(x**2)"), x, 4e-9 * x),
        ),
        Case(
            "a tiny slope under round-off, right",
            (Source("lambda x: 1000 + 1e-6 * np.sum(x)"), x, np.full(3, 1e-6)),
        ),
    ]


@wrong(
    "This is still the broken checker, and three kinds of wrong gradients get through: "
    "too low, nan, and of another shape. What to ask is in section 1.6."
)
def untouched(f, x, gradient):
    return not np.max(_errors(f, x, gradient)) > TOLERANCE


@wrong(
    "The signs are mended. nan still passes, because no comparison with nan is true, "
    "and so do shapes that NumPy stretches to fit: section 1.6."
)
def mended_signs(f, x, gradient):
    return not np.max(np.abs(_errors(f, x, gradient))) > TOLERANCE


@wrong(
    "nan is caught now. A slope that is too low still passes, since its error is "
    "negative, and so do shapes that NumPy stretches to fit: section 1.6."
)
def mended_nan(f, x, gradient):
    return np.max(_errors(f, x, gradient)) < TOLERANCE


@wrong(
    "Shapes are compared now. A slope that is too low still passes, since its error is "
    "negative; and ask yourself whether nan > 10⁻⁶ is true: section 1.6."
)
def mended_shapes(f, x, gradient):
    if np.shape(gradient) != x.shape:
        return False
    return not np.max(_errors(f, x, gradient)) > TOLERANCE


@wrong(
    "One hole is left: a gradient of another shape, which NumPy stretches before it "
    "subtracts. Compare the shapes before the values: section 1.6."
)
def left_shapes(f, x, gradient):
    return np.max(np.abs(_errors(f, x, gradient))) < TOLERANCE


@wrong(
    "One hole is left: nan. nan > 10⁻⁶ is false, and so is nan < 10⁻⁶; ask for what "
    "must be true, that the worst error is below the tolerance: section 1.6."
)
def left_nan(f, x, gradient):
    if np.shape(gradient) != x.shape:
        return False
    return not np.max(np.abs(_errors(f, x, gradient))) > TOLERANCE


@wrong(
    "One hole is left: the error of a slope that is too low is negative, and the "
    "largest of all errors hides it. A relative error is made of |g − m|: section 1.6."
)
def left_signs(f, x, gradient):
    if np.shape(gradient) != x.shape:
        return False
    return np.max(_errors(f, x, gradient)) < TOLERANCE


@wrong(
    "You reshaped the gradient until it fitted. That passes a column for a row, which "
    "the next line of a program would stretch: a wrong shape is wrong: section 1.6."
)
def reshapes(f, x, gradient):
    return agrees(f, x, np.reshape(gradient, x.shape))


@wrong(
    "You compare how many entries there are. A column has as many as a row, and NumPy "
    "stretches the two to a square: compare the whole .shape: section 1.6."
)
def same_size(f, x, gradient):
    if gradient.size != x.size:
        return False
    return np.max(np.abs(_errors(f, x, gradient))) < TOLERANCE


@wrong(
    "You average the errors, and nine right slopes dilute a wrong one. A gradient is "
    "as good as its worst entry: section 1.6."
)
def averages(f, x, gradient):
    if np.shape(gradient) != x.shape:
        return False
    return np.mean(np.abs(_errors(f, x, gradient))) < TOLERANCE


@wrong("np.any is content with one good entry. All of them must be right: section 1.6.")
def any_entry(f, x, gradient):
    if np.shape(gradient) != x.shape:
        return False
    return np.any(np.abs(_errors(f, x, gradient)) < TOLERANCE)


@wrong(
    "You compare the plain difference, not divided by anything. Tiny slopes are then "
    "never wrong and steep ones never right: section 1.6."
)
def plain_difference(f, x, gradient):
    if np.shape(gradient) != x.shape:
        return False
    return np.max(np.abs(gradient - numerical_gradient(f, x))) < TOLERANCE


@wrong(
    "You divide by the sum of the two sizes, and every error looks half as large as it "
    "is. Divide by the larger of the two, or by the floor: section 1.6."
)
def sum_of_sizes(f, x, gradient):
    if np.shape(gradient) != x.shape:
        return False
    measured = numerical_gradient(f, x)
    floor = 5 * EPS * max(1.0, abs(f(x))) / (1e-5 * TOLERANCE)
    size = np.maximum(np.abs(gradient) + np.abs(measured), floor)
    return np.max(np.abs(gradient - measured) / size) < TOLERANCE


@wrong(
    "You divide the length of the difference by the length of the gradient. One steep "
    "entry then hides what is wrong with all the flat ones: judge each entry by its "
    "own size: section 1.6."
)
def by_length(f, x, gradient):
    if np.shape(gradient) != x.shape:
        return False
    measured = numerical_gradient(f, x)
    size = np.maximum(np.linalg.norm(gradient), np.linalg.norm(measured))
    floor = 5 * EPS * max(1.0, abs(f(x))) / (1e-5 * TOLERANCE)
    return np.linalg.norm(gradient - measured) / np.maximum(size, floor) < TOLERANCE


@wrong(
    "np.allclose as it comes stretches shapes, allows an error of 10⁻⁵ and forgives "
    "any difference below 10⁻⁸, so that tiny slopes are never wrong: section 1.6."
)
def allclose(f, x, gradient):
    return np.allclose(gradient, numerical_gradient(f, x))


@wrong(
    "The shapes are compared, and the rest is left to np.allclose with rtol = 10⁻⁶. It "
    "adds an atol of 10⁻⁸, whatever f is: too much for tiny slopes, and too little "
    "where the round-off is larger. The floor takes its place: section 1.6."
)
def allclose_rtol(f, x, gradient):
    if np.shape(gradient) != x.shape:
        return False
    return np.allclose(gradient, numerical_gradient(f, x), rtol=TOLERANCE)


@wrong(
    "You ask for equality to the last bit. A measurement carries round-off and never "
    "agrees that far: section 1.3."
)
def equal(f, x, gradient):
    return np.array_equal(gradient, numerical_gradient(f, x))


@wrong(
    "Your line is stricter than 10⁻⁶, and right gradients are called wrong: where the "
    "floor counts, round-off alone makes errors of up to a fifth of 10⁻⁶. The "
    "tolerance is given: section 1.6."
)
def too_strict(f, x, gradient):
    if np.shape(gradient) != x.shape:
        return False
    return np.max(np.abs(_errors(f, x, gradient))) < 1e-8


@wrong(
    "Your line is laxer than 10⁻⁶, and slopes pass that are wrong in the sixth digit. "
    "The tolerance is given: section 1.6."
)
def too_lax(f, x, gradient):
    if np.shape(gradient) != x.shape:
        return False
    return np.max(np.abs(_errors(f, x, gradient))) < 1e-5


@wrong(
    "The floor is gone. A slope of 0 is then divided by 0, and a tiny one, measured "
    "right to a per cent, is called wrong: section 1.6."
)
def no_floor(f, x, gradient):
    if np.shape(gradient) != x.shape:
        return False
    measured = numerical_gradient(f, x)
    size = np.maximum(np.abs(gradient), np.abs(measured))
    return np.max(np.abs(gradient - measured) / size) < TOLERANCE


@wrong(
    "Your answer is the wrong way round: True should say that the gradient agrees, "
    "with an error below the tolerance: section 1.6."
)
def opposite(f, x, gradient):
    return not agrees(f, x, gradient)


@wrong(
    "A wrong gradient ended in an AssertionError, as in section 1.6. This function "
    "answers the question, so it returns False."
)
def asserts(f, x, gradient):
    if not agrees(f, x, gradient):
        raise AssertionError("the gradient is wrong")
    return True


def _through_check_gradient(f, x, gradient):
    try:
        check_gradient(f, x, gradient)
    except AssertionError:
        return False
    return True


def _entry_by_entry(f, x, gradient):
    if gradient.shape != x.shape or np.isnan(gradient).any():
        return False
    return not (abs(_errors(f, x, gradient)) > TOLERANCE).any()


QUESTIONS = (
    Question(
        id="1.1",
        title="A central difference",
        level="warm-up",
        points=2,
        function="central_difference",
        reference=central_difference,
        cases=_difference_cases,
        wrong=(
            forward,
            backward,
            over_h,
            times_h,
            half_divided,
            not_divided,
            flipped,
            added,
            moved_the_output,
            half_steps,
            own_step,
        ),
        right=(_over_the_step_taken, _mean_of_two_sides),
    ),
    Question(
        id="1.2",
        title="The best h",
        level="core",
        points=3,
        function="best_steps",
        returns=("forward", "central"),
        reference=best_steps,
        cases=_steps_cases,
        atol=0,  # the right answers are as small as 10⁻⁸
        wrong=(
            rules_of_thumb,
            bounds,
            only_of_exp,
            upside_down,
            second_twice,
            square_root_twice,
            no_factors,
            forward_two_missing,
            forward_root_of_two,
            central_three_missing,
            three_outside,
            balanced,
            one_rounding,
            wrong_order,
            always_float64,
            signed_in_numpy,
            signed_powers,
            signed_in_math,
            no_brackets,
        ),
        right=(_steps_in_numpy,),
    ),
    Question(
        id="1.3",
        title="Both sides of a kink",
        level="core",
        points=3,
        function="one_sided_slopes",
        returns=("left slope", "right slope"),
        reference=one_sided_slopes,
        cases=_sides_cases,
        wrong=(
            left_flipped,
            right_first,
            central_twice,
            over_two_steps,
            central_next_door,
            without_the_middle,
            only_sizes,
            the_jump,
            own_reach,
            rises,
        ),
        right=(_one_rule_for_both,),
    ),
    Question(
        id="1.4",
        title="A gradient of any shape",
        level="stretch",
        points=3,
        function="gradient",
        reference=gradient,
        cases=_gradient_cases,
        wrong=(
            first_try,
            whole_rows,
            only_a_row,
            all_together,
            in_place,
            never_back,
            two_names,
            flat,
            whole_slopes,
            nudge_cut_off,
            whole_throughout,
            forward_differences,
            twice,
        ),
        right=(_by_unit_arrays, _restored),
    ),
    Question(
        id="1.5",
        title="The checker that passed too much",
        level="find the bug",
        points=4,
        function="agrees",
        reference=agrees,
        cases=_agrees_cases,
        wrong=(
            untouched,
            mended_signs,
            mended_nan,
            mended_shapes,
            left_shapes,
            left_nan,
            left_signs,
            reshapes,
            same_size,
            averages,
            any_entry,
            plain_difference,
            sum_of_sizes,
            by_length,
            allclose,
            allclose_rtol,
            equal,
            too_strict,
            too_lax,
            no_floor,
            opposite,
            asserts,
        ),
        right=(_through_check_gradient, _entry_by_entry),
    ),
)

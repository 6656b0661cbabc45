"""The questions of exercise set 4, loss and descent."""
# ruff: noqa: D103  (what a wrong answer is about, its hint says)

import numpy as np

from backprop.checks.question import Case, Question, wrong
from backprop.neuron import derivative_sigmoid, sigmoid

# ---------------------------------------------------------- 4.1 stable_cross_entropy


def stable_cross_entropy(z, y):
    """Give the cross-entropy of each answer, from its logit."""
    return np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))


def _entropy_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case("numbers", (float(rng.uniform(1, 3)), 0.0)),
        Case("whole numbers", (np.array([-2, 0, 3]), np.array([0, 1, 1]))),
        Case("mixed targets", (rng.uniform(-4, 4, 4), rng.uniform(0.1, 0.9, 4))),
        Case(
            "arrays (2, 3)",
            (rng.uniform(-4, 4, (2, 3)), rng.integers(0, 2, (2, 3)).astype(float)),
        ),
        Case("certain and right", (np.array([-40.0, 40.0]), np.array([0.0, 1.0]))),
        Case("certain and wrong", (np.array([-40.0, 40.0]), np.array([1.0, 0.0]))),
        Case("far out", (np.array([-1000.0, 1000.0]), np.array([1.0, 0.0]))),
    ]


@wrong(
    "This is the formula as it stands in the book, and while a is neither 0 nor 1 it "
    "is good. At z = 40 it has to take the logarithm of 1 − a, and that is 0. Compute "
    "from z and never squash: section 4.3."
)
def naive(z, y):
    a = sigmoid(z)
    return -y * np.log(a) - (1 - y) * np.log(1 - a)


@wrong(
    "You clip a at 10⁻⁷, so no mistake costs more than 16.1: at z = 40 the true cost "
    "is 40. Clipping hides what the squash has lost. Compute from z instead: section "
    "4.3."
)
def clipped(z, y):
    a = np.clip(sigmoid(z), 1e-7, 1 - 1e-7)
    return -y * np.log(a) - (1 - y) * np.log(1 - a)


@wrong(
    "You clip a at 10⁻¹². Beyond z = 27.6 the loss is flat, and a neuron that is wrong "
    "there has no slope to learn from. Compute from z instead: section 4.3."
)
def clipped_at_a_trillionth(z, y):
    a = np.clip(sigmoid(z), 1e-12, 1 - 1e-12)
    return -y * np.log(a) - (1 - y) * np.log(1 - a)


@wrong(
    "A limit of 10⁻¹⁵ for a is about as fine as float64 allows, and only moves the "
    "wall: now no mistake costs more than 34.5, and at z = 40 the true cost is 40. "
    "Compute from z instead: section 4.3."
)
def clipped_finely(z, y):
    a = np.clip(sigmoid(z), 1e-15, 1 - 1e-15)
    return -y * np.log(a) - (1 - y) * np.log(1 - a)


def _with_inside(z, y, tiny):
    a = sigmoid(z)
    return -y * np.log(a + tiny) - (1 - y) * np.log(1 - a + tiny)


@wrong(
    "10⁻⁸ inside the logarithm keeps it finite and moves every loss a little: an "
    "answer that is right may even get a negative one. Compute from z, and nothing has "
    "to be added: section 4.3."
)
def added(z, y):
    return _with_inside(z, y, 1e-8)


@wrong(
    "10⁻¹² inside the logarithm is the best-known cure of all. It keeps the loss "
    "finite, and no mistake costs more than 27.6: at z = 40 the true cost is 40, and "
    "at z = 1000 it is 1000. Compute from z, and nothing has to be added: section 4.3."
)
def added_a_trillionth(z, y):
    return _with_inside(z, y, 1e-12)


@wrong(
    "10⁻¹⁵ inside the logarithm keeps the loss finite, and the wall stands at 34.5: at "
    "z = 40 the true cost is 40. A smaller number only moves it. Compute from z: "
    "section 4.3."
)
def added_finely(z, y):
    return _with_inside(z, y, 1e-15)


@wrong(
    "log(1 + eᶻ) − yz is the right loss, but at z = 1000 the exponential overflows. "
    "For z > 0 take eᶻ out of the sum, so that no exponent is ever positive: section "
    "4.3."
)
def overflows(z, y):
    return np.log(1 + np.exp(z)) - y * z


@wrong(
    "np.log1p keeps the digits for negative z, and at z = 1000 eᶻ still overflows. "
    "For z > 0 use log(1 + eᶻ) = z + log(1 + e⁻ᶻ): section 4.3."
)
def overflows_in_log1p(z, y):
    return np.log1p(np.exp(z)) - y * z


@wrong(
    "Nothing overflows any more, and one thing is left: 1 + e⁻⁴⁰ rounds to 1, and its "
    "logarithm to 0. np.log1p(u) is log(1 + u) without that loss: section 4.3."
)
def no_log1p(z, y):
    return np.maximum(z, 0) - z * y + np.log(1 + np.exp(-np.abs(z)))


@wrong(
    "All the terms are right, their order is not: at z = 40, y = 1 you add 4 · 10⁻¹⁸ "
    "to 40, where it is lost, and then subtract 40. Let the large terms cancel first "
    "and add the small one last, as the formula in section 4.3 does."
)
def small_term_too_early(z, y):
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z))) - z * y


@wrong(
    "Your exponent is −z without the bars: for negative z it is positive, and the "
    "formula with max(z, 0) needs e⁻|ᶻ|: section 4.3."
)
def no_bars(z, y):
    return np.maximum(z, 0) - z * y + np.log1p(np.exp(-z))


@wrong(
    "Every number is right, and np.where still warns: both branches are computed for "
    "every z before it picks, so the unused one overflows. One form with −|z| serves "
    "both signs: section 4.3."
)
def where_with_both(z, y):
    return np.where(
        np.asarray(z) > 0,
        z - z * y + np.log1p(np.exp(-np.asarray(z))),
        -z * y + np.log1p(np.exp(z)),
    )


@wrong(
    "A sign slipped at zy: a target of 1 must make a large z cheap, so zy is "
    "subtracted: section 4.3."
)
def plus_target(z, y):
    return np.maximum(z, 0) + z * y + np.log1p(np.exp(-np.abs(z)))


@wrong(
    "y and 1 − y have changed places: an answer near 1 costs much when the truth is 1. "
    "The truth y belongs to log a: section 4.1."
)
def swapped_targets(z, y):
    return stable_cross_entropy(z, 1 - y)


@wrong(
    "The term max(z, 0) is missing. It is what stays of log(1 + eᶻ) when eᶻ has been "
    "taken out of the sum, for z > 0: section 4.3."
)
def no_max(z, y):
    return -z * y + np.log1p(np.exp(-np.abs(z)))


@wrong(
    "You squashed z and then put a where the formula wants the logit. It does the "
    "squashing itself: section 4.3."
)
def squashed_first(z, y):
    return stable_cross_entropy(sigmoid(z), y)


@wrong(
    "You took the logarithm of z itself. z is the logit, any number at all; the "
    "chance whose logarithm counts is σ(z): section 4.1."
)
def logarithm_of_logit(z, y):
    return -y * np.log(z) - (1 - y) * np.log(1 - z)


@wrong(
    "Every sign is turned: this is the logarithm of the chance, which should rise. "
    "The loss is minus that: section 4.1."
)
def upside_down(z, y):
    return -stable_cross_entropy(z, y)


@wrong(
    "You treat each target as a plain 0 or 1. A target may lie between, and then each "
    "of the two costs counts with its share, y and 1 − y: section 4.1."
)
def rounded_target(z, y):
    return np.where(np.asarray(y) > 0.5, np.logaddexp(0, -z), np.logaddexp(0, z))


@wrong(
    "Only the term with y is here. When the truth is 0 it is gone, and the loss must "
    "come from the other one, −(1 − y) log(1 − a): section 4.1."
)
def one_term(z, y):
    return y * np.logaddexp(0, -z)


@wrong(
    "You averaged. The mean comes in section 4.6; this question asks for the loss of "
    "each answer, in the shape of z. The formula of section 4.3 works entry by entry."
)
def averaged_loss(z, y):
    return np.mean(stable_cross_entropy(z, y))


@wrong(
    "max and if ask for one truth value, and an array has one for each entry. "
    "np.maximum chooses entry by entry, and section 4.3 uses it."
)
def python_max(z, y):
    return max(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))


def _by_two_costs(z, y):
    return y * np.logaddexp(0, -z) + (1 - y) * np.logaddexp(0, z)


def _by_masks(z, y):
    z, y = np.broadcast_arrays(np.asarray(z, float), y)
    loss = np.empty(z.shape)
    high = z > 0
    loss[high] = z[high] * (1 - y[high]) + np.log1p(np.exp(-z[high]))
    loss[~high] = -z[~high] * y[~high] + np.log1p(np.exp(z[~high]))
    return loss


# -------------------------------------------------------- 4.2 cross_entropy_gradient


def cross_entropy_gradient(z, y):
    """Give the gradient in z of the mean cross-entropy of a batch."""
    return (sigmoid(z) - y) / len(z)


def _entropy_gradient_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case("z (4,)", (rng.uniform(-3, 3, 4), np.array([0.0, 1.0, 1.0, 0.0]))),
        Case("z (5, 1)", (rng.uniform(-3, 3, (5, 1)), rng.uniform(0, 1, (5, 1)))),
        Case("z (2, 3)", (rng.uniform(-3, 3, (2, 3)), rng.uniform(0, 1, (2, 3)))),
        Case("a batch of one", (rng.uniform(1, 3, 1), np.array([0.0]))),
        Case(
            "far out",
            (np.array([-1000.0, -40.0, 40.0, 1000.0]), np.array([0.0, 1.0, 0.0, 1.0])),
        ),
    ]


@wrong(
    "This is the gradient of the sum over the batch. The loss is a mean, so the slope "
    "of each example is a share of its miss: the 1/N is missing: section 4.6."
)
def summed(z, y):
    return sigmoid(z) - y


@wrong(
    "You divided by N twice. The 1/N enters once, at the loss, and a − y has no other: "
    "section 4.6."
)
def twice_divided(z, y):
    return (sigmoid(z) - y) / len(z) ** 2


@wrong(
    "You divided by all entries of z, as np.mean would. The outputs of an example are "
    "added and only the rows averaged, so N is the number of rows: section 4.6."
)
def divided_by_size(z, y):
    return (sigmoid(z) - y) / np.size(z)


@wrong(
    "You divided by the length of the last axis. For z (2, 3) that counts the outputs, "
    "and N counts the examples, which are the rows: section 4.6."
)
def divided_by_outputs(z, y):
    return (sigmoid(z) - y) / np.shape(z)[-1]


@wrong(
    "Every sign is turned: the slope is a − y, the miss. You have y − a, which points "
    "downhill: section 4.2."
)
def downhill(z, y):
    return (y - sigmoid(z)) / len(z)


@wrong(
    "Your factor a(1 − a) belongs to half squared error. Cross-entropy divides by it "
    "on the way from L to a, and on the way to z it cancels: section 4.2."
)
def slope_of_squared(z, y):
    return (sigmoid(z) - y) * derivative_sigmoid(z) / len(z)


@wrong(
    "You stopped at a: (a − y) / (a(1 − a)) is ∂L/∂a. One more step back, through the "
    "squash, and the denominator goes: section 4.2."
)
def at_activation(z, y):
    a = sigmoid(z)
    return (a - y) / (a * (1 - a)) / len(z)


@wrong(
    "You multiplied ∂L/∂a by a(1 − a) as numbers. Far out a(1 − a) is 0, ∂L/∂a "
    "divides by 0, and the product is nan. Cancel on paper and compute a − y: section "
    "4.2."
)
def uncancelled(z, y):
    a = sigmoid(z)
    da = -y / a + (1 - y) / (1 - a)
    return da * a * (1 - a) / len(z)


@wrong(
    "You compared z with y, and nothing was squashed. The miss is σ(z) − y: section "
    "4.2."
)
def not_squashed(z, y):
    return (z - y) / len(z)


@wrong(
    "You squashed twice: z is the number before the squash, and one σ makes it the "
    "answer a: section 4.2."
)
def squashed_twice(z, y):
    return (sigmoid(sigmoid(z)) - y) / len(z)


@wrong(
    "Every number is right, and NumPy warned: your own 1/(1 + e⁻ᶻ) has to compute "
    "e¹⁰⁰⁰. The library's sigmoid never hands the exponential a positive number, nor "
    "does the loss of section 4.3."
)
def overflowing_squash(z, y):
    return (1 / (1 + np.exp(-z)) - y) / len(z)


@wrong(
    "You cut the answer to 0 or 1 before you compared. A neuron that is right and "
    "undecided still has something to learn: the miss is a − y with a = σ(z): section "
    "4.2."
)
def decided(z, y):
    return ((z > 0) - y) / len(z)


@wrong(
    "You returned one number, the mean of all misses. A gradient has a slope for each "
    "entry of z, each of them divided by N: section 4.6."
)
def mean_miss(z, y):
    return np.mean(sigmoid(z) - y)


@wrong(
    "You averaged the misses over the rows. A gradient has the shape of what it is the "
    "gradient of: each entry of z keeps its own miss, divided by N: section 4.6."
)
def mean_over_rows(z, y):
    return np.mean(sigmoid(z) - y, axis=0)


@wrong(
    "This is the loss. The question asks for its gradient, one slope for each entry of "
    "z: section 4.2."
)
def the_loss(z, y):
    return np.sum(stable_cross_entropy(z, y)) / len(z)


@wrong(
    "You returned the loss too. That is how the library's binary_cross_entropy does "
    "it in section 4.6; here only the gradient is asked for."
)
def loss_too(z, y):
    return the_loss.function(z, y), cross_entropy_gradient(z, y)


def _gradient_row_by_row(z, y):
    dz = np.zeros(np.shape(z))
    for i in range(len(z)):
        dz[i] = (sigmoid(z[i]) - y[i]) / len(z)
    return dz


def _gradient_by_tanh(z, y):
    return ((1 + np.tanh(z / 2)) / 2 - y) / z.shape[0]


# ------------------------------------------------------------------- 4.3 slope_ratio


def slope_ratio(z, y):
    """Give the slope at z of half squared error over that of cross-entropy."""
    return derivative_sigmoid(z)


def _ratio_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case("numbers", (float(rng.uniform(1, 3)), 0.0)),
        Case("arrays (4,)", (rng.uniform(-4, 4, 4), np.array([0.0, 1.0, 1.0, 0.0]))),
        Case(
            "arrays (2, 3), mixed targets",
            (rng.uniform(-4, 4, (2, 3)), rng.uniform(0.1, 0.9, (2, 3))),
        ),
        Case("certain and wrong", (np.array([-100.0, 40.0]), np.array([1.0, 0.0]))),
        Case("certain and right", (np.array([-40.0, 100.0]), np.array([0.0, 1.0]))),
        Case("no miss at all", (np.array([0.0, 0.0]), np.array([0.5, 0.5]))),
    ]


@wrong(
    "Both slopes are right, and where the miss is 0 you divide 0 by 0. Divide on paper "
    "before you compute: a factor stands in both slopes, and section 4.4 shows which."
)
def divides(z, y):
    miss = sigmoid(z) - y
    return miss * derivative_sigmoid(z) / miss


@wrong(
    "Two things get lost. Where the miss is 0 you divide 0 by 0; divide on paper "
    "first: section 4.4. And at z = 40 your 1 − a rounds to 0; σ(−z) is the same and "
    "keeps its digits: section 4.3."
)
def divides_rounded(z, y):
    a = sigmoid(z)
    return (a - y) * a * (1 - a) / (a - y)


@wrong(
    "Where both slopes are 0 you decided for 0. There the ratio is what it is beside "
    "that point, for the miss cancels whatever its size: section 4.4."
)
def zero_for_nan(z, y):
    a = sigmoid(z)
    slope = (a - y) * a * (1 - a)
    return np.divide(slope, a - y, out=np.zeros(np.shape(z)), where=a != y)


@wrong(
    "You found what is left when the miss cancels. One thing remains: at z = 40 a "
    "rounds to 1, and your 1 − a is 0, not 4 · 10⁻¹⁸. σ(−z) is the same without a "
    "subtraction: section 4.3."
)
def rounded(z, y):
    a = sigmoid(z)
    return a * (1 - a)


@wrong(
    "You have the ratio upside down: how many times larger cross-entropy's slope is. "
    "Half squared error's stands on top: section 4.4."
)
def upside_down_ratio(z, y):
    a = sigmoid(z)
    return 1 / (a * (1 - a))


@wrong(
    "No digit is lost, and the fraction is turned over: (1 + e⁻ᶻ)(1 + eᶻ) is how many "
    "times as steep cross-entropy is, 4 and more. Half squared error's slope stands on "
    "top: section 4.4."
)
def reciprocal(z, y):
    return (1 + np.exp(-z)) * (1 + np.exp(z))


@wrong(
    "This is half squared error's slope at z. Divide it by cross-entropy's, and "
    "something cancels: section 4.4."
)
def slope_of_squared_only(z, y):
    a = sigmoid(z)
    return (a - y) * a * (1 - a)


@wrong(
    "This is a − y, cross-entropy's slope at z. It belongs below the line, and half "
    "squared error's above: section 4.4."
)
def slope_of_entropy_only(z, y):
    return sigmoid(z) - y


@wrong(
    "You divided the losses. Descent never sees a loss, only its slope at z: section "
    "4.4."
)
def ratio_of_losses(z, y):
    return (sigmoid(z) - y) ** 2 / 2 / stable_cross_entropy(z, y)


@wrong(
    "For half squared error you stopped at a, where its slope is a − y too. At z it "
    "has been through the squash: section 4.4."
)
def stopped_at_activation(z, y):
    miss = sigmoid(z) - y
    return miss / miss


@wrong(
    "You took the slope of σ at a, but its argument is the number before the squash: "
    "σ′(z). The two slopes stand side by side in section 4.4."
)
def slope_at_a(z, y):
    return derivative_sigmoid(sigmoid(z))


@wrong(
    "z(1 − z) is the right form of the wrong letter: what is left when the miss "
    "cancels is written in a = σ(z): section 4.4."
)
def form_of_z(z, y):
    return np.multiply(z, 1 - z)


@wrong(
    "Your ratio is twice as large as it should be: half squared error is ½(a − y)², "
    "and its ½ cancels the 2 of the square. Its slope at z is in section 4.4."
)
def without_half(z, y):
    a = sigmoid(z)
    return 2 * a * (1 - a)


@wrong(
    "e⁻|ᶻ| is what the ratio comes close to far out; at z = 0 it is 1, and the ratio "
    "¼. For the exact factor divide the two slopes on paper: section 4.4."
)
def approximation(z, y):
    return np.exp(-np.abs(z))


@wrong(
    "This is one of the two factors that are left. The other counts too: a neuron can "
    "be certain on either side: section 4.4."
)
def one_factor(z, y):
    return 1 - sigmoid(z)


def _ratio_by_exponential(z, y):
    e = np.exp(-np.abs(z))
    return e / (1 + e) ** 2


def _ratio_by_cosh(z, y):
    return 1 / (2 + 2 * np.cosh(z))


# ------------------------------------------------------------------------- 4.4 rates


def rates(H):
    """Give the largest stable learning rate on ½ wᵀHw, and the fastest one."""
    c = np.linalg.eigvalsh(H)
    return 2 / c[-1], 2 / (c[0] + c[-1])


def _bowl(rng: np.random.Generator, *ranges: tuple[float, float]) -> tuple:
    # Curvatures drawn from ranges that keep them apart, along axes turned at random.
    c = np.array([rng.uniform(*limits) for limits in ranges])
    axes, _ = np.linalg.qr(rng.normal(size=(len(c), len(c))))
    H = axes * c @ axes.T
    return ((H + H.T) / 2,)  # symmetric to the last bit


def _rates_cases(rng: np.random.Generator) -> list[Case]:
    low, middle, high = rng.uniform([0.5, 2.0, 7.0], [1.0, 4.0, 9.0])
    return [
        Case("one weight", (np.array([[rng.uniform(2, 5)]]),)),
        Case("axes along the weights", (np.diag([middle, high, low]),)),
        Case("two weights, askew", _bowl(rng, (0.5, 1), (6, 9))),
        Case("three weights, askew", _bowl(rng, (0.5, 1), (1.5, 2), (6, 9))),
        Case(
            "a long valley",
            _bowl(rng, (0.01, 0.02), (0.5, 1), (2, 3), (4, 6), (20, 30)),
        ),
    ]


def _both(c_min, c_max):
    return 2 / c_max, 2 / (c_min + c_max)


@wrong(
    "You read the curvatures off the diagonal. That is right as long as the bowl's "
    "axes are those of the weights; this one lies askew, and eigvalsh turns it: "
    "section 4.5."
)
def diagonal(H):
    return _both(np.diag(H).min(), np.diag(H).max())


@wrong(
    "The second rate is right. The first uses the smallest curvature, and at that rate "
    "the steep direction has long diverged: the largest sets the limit: section 4.5."
)
def shallow_limit(H):
    c = np.linalg.eigvalsh(H)
    return 2 / c[0], 2 / (c[0] + c[-1])


@wrong(
    "The second rate is right. The first is half of the limit: at 1/c one step lands "
    "on the bottom of the steep direction, and up to 2/c it still settles: section "
    "4.5."
)
def half_the_limit(H):
    c = np.linalg.eigvalsh(H)
    return 1 / c[-1], 2 / (c[0] + c[-1])


@wrong(
    "Both rates are half of what they can be. The ½ in ½ wᵀHw has cancelled already, "
    "so the gradient is Hw and the curvatures are H's own, without a 2: section 4.5."
)
def doubled_curvature(H):
    first, second = rates(H)
    return first / 2, second / 2


@wrong(
    "You divided 2 by the condition number. It says how slow descent will be, not how "
    "long a step may be; in section 4.5 the smallest curvature happens to be 1, and "
    "the two look alike."
)
def by_condition(H):
    c = np.linalg.eigvalsh(H)
    return 2 * c[0] / c[-1], 2 / (c[0] + c[-1])


@wrong(
    "You divided by the sum of all curvatures, the trace. Directions do not disturb "
    "each other, so only the steepest one limits the step: section 4.5."
)
def by_trace(H):
    c = np.linalg.eigvalsh(H)
    return 2 / np.trace(H), 2 / (c[0] + c[-1])


@wrong(
    "np.linalg.norm of a matrix, with no second argument, is the root of the sum of "
    "all its squares: a little more than the largest curvature, which eigvalsh gives: "
    "section 4.5."
)
def by_norm(H):
    c = np.linalg.eigvalsh(H)
    return 2 / np.linalg.norm(H), 2 / (c[0] + c[-1])


@wrong(
    "np.linalg.eigvals gives the curvatures in no particular order, so the last one "
    "need not be the largest. eigvalsh, for symmetric tables, sorts them: section 4.5."
)
def unsorted(H):
    c = np.linalg.eigvals(H)
    return 2 / c[-1], 2 / (c[0] + c[-1])


@wrong(
    "np.linalg.eigh returns two things, the curvatures and the directions, and your "
    "c[-1] is the table of directions. Unpack both, or ask eigvalsh for the curvatures "
    "alone: section 4.5."
)
def eigh_not_unpacked(H):
    c = np.linalg.eigh(H)
    return 2 / c[-1], 2 / (c[0] + c[-1])


@wrong(
    "c[0] and c[1] are the smallest and the largest curvature if there are two "
    "weights. With one there is no c[1], and with more the largest is c[-1]: section "
    "4.5."
)
def first_two(H):
    c = np.linalg.eigvalsh(H)
    return 2 / c[1], 2 / (c[0] + c[1])


@wrong(
    "The first rate is right. In the second, c[-2] is the second largest curvature: "
    "the smallest only if there are two weights, and with one there is none. The "
    "smallest is c[0]: section 4.5."
)
def last_two(H):
    c = np.linalg.eigvalsh(H)
    return 2 / c[-1], 2 / (c[-2] + c[-1])


@wrong(
    "The first rate is right. At your second, 1/c, the steepest direction is done in "
    "one step and all others wait for the shallow one. Give a little of the first to "
    "the last: make their factors equal: section 4.5."
)
def steep_in_one_step(H):
    c = np.linalg.eigvalsh(H)
    return 2 / c[-1], 1 / c[-1]


@wrong(
    "The first rate is right. For the second you took the mean of all curvatures. Only "
    "the smallest and the largest compete for the slowest factor; those between are "
    "faster at any rate: section 4.5."
)
def mean_curvature(H):
    c = np.linalg.eigvalsh(H)
    return 2 / c[-1], 1 / c.mean()


@wrong(
    "The first rate is right. In the second you added up all curvatures. Only the "
    "smallest and the largest count: with two weights those are all there are, and "
    "with one the same curvature counts twice: section 4.5."
)
def sum_of_curvatures(H):
    c = np.linalg.eigvalsh(H)
    return 2 / c[-1], 2 / c.sum()


@wrong(
    "The first rate is right. For the second you took the root of the smallest "
    "curvature times the largest. The factors 1 − ηc are straight lines in η, and two "
    "of them meet at the ordinary mean: section 4.5."
)
def geometric_mean(H):
    c = np.linalg.eigvalsh(H)
    return 2 / c[-1], 1 / np.sqrt(c[0] * c[-1])


@wrong(
    "The first rate is right. Your second is the factor by which the fastest descent "
    "shrinks at each step; the question asks for the rate that leads to it. Both are "
    "in the same line of section 4.5."
)
def factor_for_rate(H):
    c = np.linalg.eigvalsh(H)
    return 2 / c[-1], (c[-1] - c[0]) / (c[-1] + c[0])


@wrong(
    "Both rates are right, in the wrong order: the largest stable one comes first. The "
    "question gives the order, section 4.5 the two formulas."
)
def fastest_first(H):
    first, second = rates(H)
    return second, first


@wrong(
    "This is one rate, the largest stable one, and it is right. The fastest one is "
    "still asked for: section 4.5."
)
def limit_alone(H):
    return rates(H)[0]


@wrong(
    "These are curvatures, the smallest and the largest. The rates are made of them, "
    "with a 2 above the line: section 4.5."
)
def curvatures(H):
    c = np.linalg.eigvalsh(H)
    return c[0], c[-1]


def _rates_by_eigvals(H):
    c = np.linalg.eigvals(H).real
    return [2 / max(c), 2 / (min(c) + max(c))]


def _rates_by_norms(H):
    steep, shallow = np.linalg.norm(H, 2), 1 / np.linalg.norm(np.linalg.inv(H), 2)
    return 2 / steep, 2 / (shallow + steep)


# ------------------------------------------------------------------------- 4.5 train


def _with_ones(M):
    return np.column_stack([M, np.ones(len(M))])


def _statistics(X):
    return X.mean(axis=0), X.std(axis=0)


def _train(inputs, y, unseen, lr, steps, dz_of=None):
    """Descend from zero weights, with another slope if given; answer `unseen`."""
    w = np.zeros(inputs.shape[1])
    for _ in range(steps):
        a = sigmoid(inputs @ w)
        dz = dz_of(a, y) if dz_of else (a - y) / len(y)
        w = w - lr * inputs.T @ dz
    return w, sigmoid(unseen @ w)


def _with_slope(a, y):
    return (a - y) * a * (1 - a) / len(y)


def _both_prepared(X, unseen):
    mean, spread = _statistics(X)
    return _with_ones((X - mean) / spread), _with_ones((unseen - mean) / spread)


def _each_prepared(X, unseen):
    def prepare(M):
        mean, spread = _statistics(M)
        return _with_ones((M - mean) / spread)

    return prepare(X), prepare(unseen)


def train(X, y, unseen, lr, steps):
    """Train one neuron on standardised inputs; give its weights and its answers."""
    inputs, others = _both_prepared(X, unseen)
    return _train(inputs, y, others, lr, steps)


def _train_cases(rng: np.random.Generator) -> list[Case]:
    def problem(n, unseen, d, shift, lr, steps):
        scale = 10.0 ** rng.integers(-1, 4, d)  # a smoothness beside an area
        y = rng.permutation(np.arange(n) % 2).astype(float)
        X = scale * (rng.normal(size=(n, d)) + 3 + y[:, None])
        others = scale * (rng.normal(size=(unseen, d)) + 3 + shift)
        return X, y, others, lr, steps

    return [
        Case("6 samples, 4 unseen", problem(6, 4, 2, 0.5, 0.5, 20)),
        Case("9 samples, 3 unseen, all of one kind", problem(9, 3, 4, 1, 0.3, 50)),
        Case("a single step", problem(4, 2, 1, 0.5, 2.0, 1)),
        Case("a single unseen sample", problem(5, 1, 3, 0, 0.5, 10)),
    ]


@wrong(
    "This is still the broken function: cross-entropy's slope has a factor that it "
    "should not have, section 4.2, and unseen samples are standardised with the wrong "
    "statistics, section 4.7."
)
def untouched(X, y, unseen, lr, steps):
    inputs, others = _each_prepared(X, unseen)
    return _train(inputs, y, others, lr, steps, _with_slope)


@wrong(
    "One of the two is mended: unseen samples now get the statistics of training. The "
    "weights still learn too slowly. The factor a(1 − a) has no business in "
    "cross-entropy's slope: section 4.2."
)
def slope_left(X, y, unseen, lr, steps):
    inputs, others = _both_prepared(X, unseen)
    return _train(inputs, y, others, lr, steps, _with_slope)


@wrong(
    "The weights are right. The unseen samples are still standardised with their own "
    "mean and spread, which removes what they have in common; a single one becomes "
    "0 / 0. Mean and spread belong to the model: section 4.7."
)
def own_statistics(X, y, unseen, lr, steps):
    inputs, others = _each_prepared(X, unseen)
    return _train(inputs, y, others, lr, steps)


@wrong(
    "The slope is right. Your mean and spread are those of X and unseen together, so "
    "that the weights depend on samples that do not exist yet when one trains. Learn "
    "them from X alone: section 4.7."
)
def statistics_of_all(X, y, unseen, lr, steps):
    mean, spread = _statistics(np.concatenate([X, unseen]))
    inputs, others = (_with_ones((M - mean) / spread) for M in (X, unseen))
    return _train(inputs, y, others, lr, steps)


@wrong(
    "Two things are left. The factor a(1 − a) is not part of cross-entropy's slope: "
    "section 4.2. And your mean and spread know the unseen samples; they should come "
    "from X alone: section 4.7."
)
def statistics_of_all_and_slope(X, y, unseen, lr, steps):
    mean, spread = _statistics(np.concatenate([X, unseen]))
    inputs, others = (_with_ones((M - mean) / spread) for M in (X, unseen))
    return _train(inputs, y, others, lr, steps, _with_slope)


@wrong(
    "The weights are right. The unseen samples went in as they came, an area of a "
    "thousand beside a smoothness of a tenth. They need the same preparation as X, "
    "with X's numbers: section 4.7."
)
def unseen_raw(X, y, unseen, lr, steps):
    inputs, _ = _both_prepared(X, unseen)
    return _train(inputs, y, _with_ones(unseen), lr, steps)


@wrong(
    "The weights are right. The unseen samples get the mean of training and a spread "
    "of their own. Both numbers were learnt from X, and both come along: section 4.7."
)
def own_spread(X, y, unseen, lr, steps):
    inputs, _ = _both_prepared(X, unseen)
    others = (unseen - X.mean(axis=0)) / unseen.std(axis=0)
    return _train(inputs, y, _with_ones(others), lr, steps)


@wrong(
    "Nothing is standardised any more. Without it the bowl is a long narrow valley, "
    "and the same lr may not even settle: section 4.7."
)
def all_raw(X, y, unseen, lr, steps):
    return _train(_with_ones(X), y, _with_ones(unseen), lr, steps)


@wrong(
    "X.mean() without axis=0 mixes all columns, an area with a smoothness. Each column "
    "has a mean and a spread of its own: section 4.7."
)
def one_mean_for_all(X, y, unseen, lr, steps):
    mean, spread = X.mean(), X.std()
    inputs = _with_ones((X - mean) / spread)
    return _train(inputs, y, _with_ones((unseen - mean) / spread), lr, steps)


@wrong(
    "You subtract the mean and do not divide by the spread, so the largest column "
    "still rules the largest curvature: section 4.7."
)
def only_centred(X, y, unseen, lr, steps):
    mean = X.mean(axis=0)
    return _train(_with_ones(X - mean), y, _with_ones(unseen - mean), lr, steps)


@wrong(
    "Your spread divides by N − 1, as ddof=1 does. np.std divides by N, and so does "
    "the standardising of section 4.7; either would do, but all must use the same."
)
def spread_of_n_minus_1(X, y, unseen, lr, steps):
    mean, spread = X.mean(axis=0), X.std(axis=0, ddof=1)
    inputs = _with_ones((X - mean) / spread)
    return _train(inputs, y, _with_ones((unseen - mean) / spread), lr, steps)


@wrong(
    "The column of ones was standardised too: its spread is 0, and 0 / 0 is nan. "
    "Standardise first and add the ones after: section 4.7."
)
def ones_standardised(X, y, unseen, lr, steps):
    inputs, others = _both_prepared(_with_ones(X), _with_ones(unseen))
    return _train(inputs[:, :-1], y, others[:, :-1], lr, steps)


@wrong(
    "The column of ones is gone, and with it the bias: w has one entry more than X has "
    "columns: section 4.6."
)
def no_bias(X, y, unseen, lr, steps):
    inputs, others = _both_prepared(X, unseen)
    return _train(inputs[:, :-1], y, others[:, :-1], lr, steps)


@wrong(
    "The answers are right. Your column of ones stands first, and so does the bias in "
    "w; the question wants it last: np.column_stack([M, np.ones(len(M))]), as in "
    "section 4.6."
)
def bias_first(X, y, unseen, lr, steps):
    w, p = train(X, y, unseen, lr, steps)
    return np.roll(w, 1), p


@wrong(
    "The 1/N went out together with a(1 − a): your step belongs to the sum of the "
    "losses, and the loss is their mean: section 4.6."
)
def summed_loss(X, y, unseen, lr, steps):
    inputs, others = _both_prepared(X, unseen)
    return _train(inputs, y, others, lr, steps, lambda a, y: a - y)


@wrong(
    "You divide by N twice, in dz and in the step. It enters once, at the loss: "
    "section 4.6."
)
def divided_twice(X, y, unseen, lr, steps):
    inputs, others = _both_prepared(X, unseen)
    return _train(inputs, y, others, lr / len(y), steps)


@wrong(
    "The steps go uphill: with a − y the step is subtracted, with y − a it would be "
    "added. The rule w ← w − η ∂L/∂w stands in section 4.5."
)
def uphill(X, y, unseen, lr, steps):
    inputs, others = _both_prepared(X, unseen)
    return _train(inputs, y, others, -lr, steps)


@wrong(
    "The weights are right. You cut the answers to yes and no, and where to cut is not "
    "for the trainer to decide; return the chance itself, σ(z): section 4.8."
)
def decided_answers(X, y, unseen, lr, steps):
    w, p = train(X, y, unseen, lr, steps)
    return w, p > 0.5


@wrong(
    "The weights are right. Your answers are labels, 0 or 1, and chances are asked "
    "for: σ(z) as it is, so that whoever asks can choose where to cut: section 4.8."
)
def labels(X, y, unseen, lr, steps):
    w, p = train(X, y, unseen, lr, steps)
    return w, np.where(p > 0.5, 1, 0)


@wrong(
    "The weights are right. The answers are logits: they lack the squash that makes a "
    "chance of them: section 4.3."
)
def logits(X, y, unseen, lr, steps):
    inputs, others = _both_prepared(X, unseen)
    w, _ = _train(inputs, y, others, lr, steps)
    return w, others @ w


@wrong(
    "The numbers are right, but X -= … and X /= … wrote into the caller's array. "
    "(X - mean) / spread makes a new one, as in section 4.7."
)
def in_place(X, y, unseen, lr, steps):
    mean, spread = _statistics(X)
    X -= mean
    X /= spread
    others = _with_ones((unseen - mean) / spread)
    return _train(_with_ones(X), y, others, lr, steps)


def _train_by_cross_entropy_gradient(X, y, unseen, lr, steps):
    mean, spread = np.mean(X, axis=0), np.std(X, axis=0)
    w, b = np.zeros(X.shape[1]), 0.0
    for _ in range(steps):
        dz = cross_entropy_gradient((X - mean) / spread @ w + b, y)
        w, b = w - lr * ((X - mean) / spread).T @ dz, b - lr * dz.sum()
    return np.append(w, b), 1 / (1 + np.exp(-((unseen - mean) / spread @ w + b)))


QUESTIONS = (
    Question(
        id="4.1",
        title="A loss that keeps its digits",
        level="warm-up",
        points=2,
        function="stable_cross_entropy",
        reference=stable_cross_entropy,
        cases=_entropy_cases,
        # The loss of an answer that is certain and right is a digit like any other.
        atol=1e-30,
        wrong=(
            naive,
            clipped,
            clipped_at_a_trillionth,
            clipped_finely,
            added,
            added_a_trillionth,
            added_finely,
            overflows,
            overflows_in_log1p,
            no_log1p,
            small_term_too_early,
            no_bars,
            where_with_both,
            plus_target,
            swapped_targets,
            no_max,
            squashed_first,
            logarithm_of_logit,
            upside_down,
            rounded_target,
            one_term,
            averaged_loss,
            python_max,
        ),
        right=(_by_two_costs, _by_masks),
    ),
    Question(
        id="4.2",
        title="What a batch hands back",
        level="warm-up",
        points=2,
        function="cross_entropy_gradient",
        reference=cross_entropy_gradient,
        cases=_entropy_gradient_cases,
        wrong=(
            summed,
            twice_divided,
            divided_by_size,
            divided_by_outputs,
            downhill,
            slope_of_squared,
            at_activation,
            uncancelled,
            not_squashed,
            squashed_twice,
            overflowing_squash,
            decided,
            mean_miss,
            mean_over_rows,
            the_loss,
            loss_too,
        ),
        rtol=1e-12,  # no measured slope has as many digits
        right=(_gradient_row_by_row, _gradient_by_tanh),
    ),
    Question(
        id="4.3",
        title="What a saturated neuron loses",
        level="core",
        points=3,
        function="slope_ratio",
        reference=slope_ratio,
        cases=_ratio_cases,
        atol=1e-60,  # e⁻¹⁰⁰ is 4 · 10⁻⁴⁴, and all its digits count
        wrong=(
            divides,
            divides_rounded,
            zero_for_nan,
            rounded,
            upside_down_ratio,
            reciprocal,
            slope_of_squared_only,
            slope_of_entropy_only,
            ratio_of_losses,
            stopped_at_activation,
            slope_at_a,
            form_of_z,
            without_half,
            approximation,
            one_factor,
        ),
        right=(_ratio_by_exponential, _ratio_by_cosh),
    ),
    Question(
        id="4.4",
        title="Two learning rates",
        level="stretch",
        points=4,
        function="rates",
        returns=("largest rate", "fastest rate"),
        reference=rates,
        cases=_rates_cases,
        wrong=(
            diagonal,
            shallow_limit,
            half_the_limit,
            doubled_curvature,
            by_condition,
            by_trace,
            by_norm,
            unsorted,
            eigh_not_unpacked,
            first_two,
            last_two,
            steep_in_one_step,
            mean_curvature,
            sum_of_curvatures,
            geometric_mean,
            factor_for_rate,
            fastest_first,
            limit_alone,
            curvatures,
        ),
        right=(_rates_by_eigvals, _rates_by_norms),
    ),
    Question(
        id="4.5",
        title="A trainer that looks healthy",
        level="find the bug",
        points=4,
        function="train",
        returns=("weights", "answers"),
        reference=train,
        cases=_train_cases,
        wrong=(
            untouched,
            slope_left,
            own_statistics,
            statistics_of_all,
            statistics_of_all_and_slope,
            unseen_raw,
            own_spread,
            all_raw,
            one_mean_for_all,
            only_centred,
            spread_of_n_minus_1,
            ones_standardised,
            no_bias,
            bias_first,
            summed_loss,
            divided_twice,
            uphill,
            decided_answers,
            labels,
            logits,
            in_place,
        ),
        right=(_train_by_cross_entropy_gradient,),
    ),
)

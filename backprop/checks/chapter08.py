"""The questions of exercise set 8, softmax and cross-entropy."""
# ruff: noqa: D103  (what a wrong answer is about, its hint says)

import numpy as np

from backprop.checks.question import Case, Question, wrong
from backprop.losses import softmax, softmax_cross_entropy


def _one_hot(y, classes):
    return np.eye(classes)[y]


# ---------------------------------------------------------------- 8.1 softmax_jacobian


def softmax_jacobian(p):
    """Give the table of slopes ∂P_i/∂S_j of one row, from its answers."""
    return np.diag(p) - np.outer(p, p)


def _jacobian_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case("3 classes", (softmax(rng.normal(size=(1, 3)))[0],)),
        Case("5 classes", (softmax(rng.normal(size=(1, 5)))[0],)),
        Case("2 classes", (softmax(rng.normal(size=(1, 2)))[0],)),
        Case("a certain answer", (np.array([0.0, 1.0, 0.0, 0.0]),)),
    ]


@wrong(
    "P(1 − P) is right on the diagonal, and off it you have zeros: softmax taken entry "
    "by entry, like a sigmoid. Every score moves every answer: section 8.4."
)
def only_the_diagonal(p):
    return np.diag(p * (1 - p))


@wrong(
    "This is a row of C numbers. C answers have slopes with respect to C scores, which "
    "is a table of C × C: section 8.4."
)
def a_row(p):
    return p * (1 - p)


@wrong(
    "Off the diagonal you have P_i(1 − P_j), which is positive. There [i = j] is 0, "
    "and what is left is −P_i P_j: section 8.4."
)
def one_everywhere(p):
    return np.outer(p, 1 - p)


@wrong(
    "Off the diagonal the sign is wrong: when another score rises, you lose. The "
    "second term is subtracted: section 8.4."
)
def added_terms(p):
    return np.diag(p) + np.outer(p, p)


@wrong(
    "The diagonal is right. Off it you have +P_i P_j, as if the others rose along with "
    "a score; they lose what it gains, and each row adds up to 0: section 8.4."
)
def others_gain(p):
    return np.diag(p * (1 - p)) + np.outer(p, p) * (1 - np.eye(len(p)))


@wrong(
    "Every slope has the opposite sign: an answer rises with its own score, so the "
    "diagonal is positive: section 8.4."
)
def mirrored(p):
    return np.outer(p, p) - np.diag(p)


@wrong(
    "The nudge of the sum T is there, but not the nudge of the numerator: on the "
    "diagonal P_i itself is to be added: section 8.4."
)
def only_through_the_sum(p):
    return -np.outer(p, p)


@wrong(
    "p * p is a row of C squares, not a table, and NumPy stretched it: in column j you "
    "subtract P_j² from every row. Every pair i, j needs its own product, np.outer: "
    "section 8.4."
)
def squares_stretched(p):
    return np.diag(p) - p * p


@wrong(
    "p @ p, like p.T @ p, is a single number, the sum of the squares, and you took it "
    "from every entry of the table. For each pair i, j there is a product of its own, "
    "np.outer(p, p): section 8.4."
)
def inner_product(p):
    return np.diag(p) - p @ p


@wrong(
    "You have P_i[i = j] − P_j: NumPy stretched p over the rows, and the second term "
    "lost its factor P_i. The bracket as a whole is multiplied by P_i: section 8.4."
)
def bracket_not_closed(p):
    return np.diag(p) - p


@wrong(
    "This is the bracket [i = j] − P_j alone. It has to be multiplied by P_i, row by "
    "row: section 8.4."
)
def the_bracket(p):
    return np.eye(len(p)) - p


@wrong(
    "You have P_i([i = j] − P_i), with the row's own answer twice. Inside the bracket "
    "stands the answer whose score is nudged, P_j: section 8.4."
)
def own_answer_twice(p):
    return p[:, None] * (np.eye(len(p)) - p[:, None])


@wrong(
    "You took softmax of p, which is a softmax already. These answers need no second "
    "squash: section 8.4."
)
def squashed_again(p):
    return softmax_jacobian(softmax([p])[0])


def _jacobian_by_loops(p):
    C = len(p)
    J = np.zeros((C, C))
    for i, j in np.ndindex(C, C):
        J[i, j] = p[i] * ((i == j) - p[j])
    return J


def _jacobian_by_brackets(p):
    p = p[:, None]
    return p * (np.eye(len(p)) - p.T)


# ---------------------------------------------------------------- 8.2 loss_gradient


def loss_gradient(P, y):
    """Give the slope of the mean cross-entropy in the scores, from the answers."""
    return (P - _one_hot(y, P.shape[1])) / len(P)


def _answers(rng: np.random.Generator, n: int, c: int, spread: float = 1.5) -> tuple:
    S = rng.normal(0, spread, (n, c))
    y = S.argsort(axis=1)[np.arange(n), rng.permutation(n) % c]  # seldom the largest
    return softmax(S), y


def _loss_gradient_cases(rng: np.random.Generator) -> list[Case]:
    P, y = _answers(rng, 2, 3)
    certain = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    return [
        Case("4 examples, 3 classes", _answers(rng, 4, 3)),
        Case("3 examples, 5 classes", _answers(rng, 3, 5)),
        Case("one example, 4 classes", _answers(rng, 1, 4)),
        Case("equal labels", (P, np.full_like(y, rng.integers(3)))),
        Case("certain: one wrong, one right", (certain, np.array([1, 2]))),
    ]


@wrong(
    "The numbers are right, but subtracting the 1 changed P itself, the answers of "
    "your caller, who reads a gradient there from now on. P[...] -= 1 writes into it, "
    "and so does dS[...] -= 1 after dS = P, which is one array with two names. "
    "P.copy() or P - Y makes a new one: section 8.5."
)
def aliased(P, y):
    dS = P
    dS[np.arange(len(P)), y] -= 1
    return dS / len(P)


@wrong(
    "P -= Y and P /= N write into the array that you were given; it now holds the "
    "gradient, and the answers are lost. Compute into a new one: section 8.5."
)
def in_place(P, y):
    P -= _one_hot(y, P.shape[1])
    P /= len(P)
    return P


@wrong(
    "This is the gradient of the sum over the batch. The loss is a mean, and its 1/N "
    "enters here: section 8.5."
)
def summed(P, y):
    return loss_gradient(P, y) * len(P)


@wrong(
    "You divided by the number of all entries, N · C. The classes of an example are "
    "added, and only the examples averaged: section 8.3."
)
def mean_over_entries(P, y):
    return loss_gradient(P, y) / P.shape[1]


@wrong(
    "You divided by the number of classes. The mean runs over the rows: len(P), not "
    "P.shape[1]: section 8.3."
)
def divided_by_classes(P, y):
    return loss_gradient(P, y) * len(P) / P.shape[1]


@wrong(
    "Only the 1 was divided by N, and P was not: P − Y/N. The 1/N of the mean belongs "
    "to the whole miss, (P − Y)/N: section 8.5."
)
def only_labels_divided(P, y):
    return P - _one_hot(y, P.shape[1]) / len(P)


@wrong(
    "Only P was divided by N, and the 1 was not: P/N − Y. The 1/N of the mean belongs "
    "to the whole miss, (P − Y)/N: section 8.5."
)
def only_answers_divided(P, y):
    return P / len(P) - _one_hot(y, P.shape[1])


@wrong(
    "This is Y − P: it points downhill, and a gradient points uphill. The miss is what "
    "you answered minus what is true: section 8.5."
)
def downhill(P, y):
    return -loss_gradient(P, y)


@wrong(
    "dS[:, y] -= 1 takes whole columns: every row lost a 1 in every class that occurs "
    "in y. Each row has one right class: dS[np.arange(N), y]: section 8.5."
)
def whole_columns(P, y):
    dS = P.copy()
    dS[:, y] -= 1
    return dS / len(P)


@wrong(
    "Only the right class has a slope here, and it is the right one; the others have "
    "0. This comes of taking softmax entry by entry, and the row does not add up to 0: "
    "section 8.6."
)
def right_class_only(P, y):
    return loss_gradient(P, y) * _one_hot(y, P.shape[1])


@wrong(
    "You subtracted the 1 at the largest answer, where the network thinks the truth "
    "is. The truth is in y: section 8.5."
)
def own_answer(P, y):
    return loss_gradient(P, P.argmax(axis=1))


@wrong(
    "This is dP, the slope with respect to the answers. One step back is missing, "
    "through softmax to the scores; there −Y/P becomes P − Y: section 8.5."
)
def slope_of_answers(P, y):
    return -_one_hot(y, P.shape[1]) / P / len(P)


@wrong(
    "You wrote −1/P in the column of each right class. That is the slope with respect "
    "to the answers. One step back is missing, through softmax to the scores, where it "
    "becomes P − Y: section 8.5."
)
def slope_of_right_answers(P, y):
    dP, right = np.zeros(P.shape), (np.arange(len(P)), y)
    dP[right] = -1 / P[right] / len(P)
    return dP


@wrong(
    "You went back in two steps, −Y/P and then through softmax. On paper they cancel; "
    "where P has rounded to 0 they leave nan. Compute what remains, P − Y: section 8.5."
)
def two_steps(P, y):
    dP = -_one_hot(y, P.shape[1]) / P / len(P)
    return P * (dP - (dP * P).sum(axis=1, keepdims=True))


@wrong(
    "You multiplied the miss by P(1 − P). Loss and softmax have cancelled already, and "
    "no such factor is left: section 8.5."
)
def slope_twice(P, y):
    return loss_gradient(P, y) * P * (1 - P)


@wrong(
    "You subtracted the labels themselves, as if class 3 were a target of 3. A label "
    "is a name: what is subtracted is a 1 in its column: section 8.3."
)
def labels_as_numbers(P, y):
    return (P - y[:, None]) / len(P)


@wrong(
    "P is (N, C), y is (N,), and P - y does not fit; where it does by accident, it is "
    "wrong. y are labels, the numbers of columns. Y, (N, C), has a 1 in those columns: "
    "section 8.3."
)
def labels_stretched(P, y):
    return (P - y) / len(P)


@wrong(
    "You counted the classes from 1, so the 1 stands a column too far to the left. "
    "Labels go from 0 to C − 1: section 8.3."
)
def counted_from_one(P, y):
    return loss_gradient(P, y - 1)


@wrong(
    "You took softmax of P. P are the answers already; softmax was applied to the "
    "scores they came from: section 8.5."
)
def softmax_again(P, y):
    return loss_gradient(softmax(P), y)


@wrong(
    "These are the slopes added up over the batch, one for each class: that is the "
    "gradient of the biases. dS has the shape of P: section 8.5."
)
def bias_gradient(P, y):
    return loss_gradient(P, y).sum(axis=0)


def _loss_gradient_on_a_copy(P, y):
    dS = P.copy()
    dS[np.arange(len(P)), y] -= 1
    dS /= len(P)
    return dS


def _loss_gradient_by_loops(P, y):
    dS = np.empty(P.shape)
    for i, j in np.ndindex(P.shape):
        dS[i, j] = (P[i, j] - (y[i] == j)) / len(P)
    return dS


# ---------------------------------------------------------------- 8.3 logsumexp


def logsumexp(S):
    """Give log Σ exp of each row."""
    m = S.max(axis=1)
    return m + np.log(np.exp(S - m[:, None]).sum(axis=1))


def _logsumexp_cases(rng: np.random.Generator) -> list[Case]:
    S = rng.uniform(-2, 2, (3, 4))
    return [
        Case("3 rows of 4", (S,)),
        Case("2 rows of 5", (rng.uniform(-3, 3, (2, 5)),)),
        Case("one row of 2", (rng.uniform(-1, 1, (1, 2)),)),
        Case("a thousand more", (S + 1000,)),
        Case("a thousand less", (S - 1000,)),
        Case("rows far apart", (S + np.array([[1000.0], [0.0], [-1000.0]]),)),
        # Harmless are: minus its mean, the first row; minus its first score, the first
        # and the last one; minus its smallest, none.
        Case(
            "scores far apart",
            (S[:, :3] + [[600, 0, 1000], [0, -2000, 2000], [2000, 0, -2000]],),
        ),
    ]


def _shifted(S, m):
    return m + np.log(np.exp(S - m[:, None]).sum(axis=1))


@wrong(
    "This is the definition, and it is right for small scores. e¹⁰⁰⁰ is infinite, and "
    "the sum of e⁻¹⁰⁰⁰ is 0, whose logarithm is −inf. Take the largest score out of "
    "the sum first: section 8.3."
)
def definition(S):
    return np.log(np.exp(S).sum(axis=1))


@wrong(
    "You subtracted the largest score, and did not add it back. A shift changes "
    "nothing in softmax; logsumexp moves along with it: section 8.3."
)
def not_added_back(S):
    return logsumexp(S) - S.max(axis=1)


@wrong(
    "The m went back with the wrong sign: what was taken out of the sum as eᵐ comes "
    "out of the logarithm as + m: section 8.3."
)
def taken_off_twice(S):
    return logsumexp(S) - 2 * S.max(axis=1)


@wrong(
    "You multiplied by the m that was taken out. It is eᵐ that stands before the sum; "
    "its logarithm is m, and it is added: section 8.3."
)
def multiplied_back(S):
    return S.max(axis=1) * (logsumexp(S) - S.max(axis=1))


@wrong(
    "You subtracted the largest score of the whole batch. In a row that lies a "
    "thousand lower, every exponential becomes 0, and log 0 is −inf. Each row needs "
    "its own m: section 8.3."
)
def one_maximum_for_all(S):
    return _shifted(S, np.full(len(S), S.max()))


@wrong(
    "(N, C) − (N,) does not fit: NumPy lines shapes up at the right, where C meets N. "
    "keepdims=True keeps the maxima as a column, (N, 1), and each row loses its own: "
    "section 8.2."
)
def maximum_without_keepdims(S):
    return S.max(axis=1) + np.log(np.exp(S - S.max(axis=1)).sum(axis=1))


@wrong(
    "You summed down the columns, over the examples. Logsumexp belongs to a row, whose "
    "scores compete: axis=1: section 8.3."
)
def down_the_columns(S):
    return logsumexp(S.T)


@wrong(
    "This is a single number for the whole batch: a sum without an axis runs over all "
    "entries. Every row has its own: section 8.3."
)
def all_in_one(S):
    return logsumexp(S.reshape(1, -1))[0]


@wrong(
    "You subtracted the mean of the row. Any shift is right on paper, but a score far "
    "above the mean still overflows; only the maximum leaves no positive exponent: "
    "section 8.3."
)
def mean_taken_out(S):
    return _shifted(S, S.mean(axis=1))


@wrong(
    "You took the smallest score out, and all exponents became positive. It has to be "
    "the largest: section 8.3."
)
def minimum_taken_out(S):
    return _shifted(S, S.min(axis=1))


@wrong(
    "You took the first score of each row out. Any shift is right on paper, but a "
    "score far above the first still overflows, and only the largest leaves no "
    "positive exponent: section 8.3."
)
def first_taken_out(S):
    return _shifted(S, S[:, 0])


@wrong(
    "This is the maximum itself. Logsumexp lies above it, by as much as log C when all "
    "scores are equal: section 8.3."
)
def hard_maximum(S):
    return S.max(axis=1)


@wrong(
    "You took the logarithm of the mean of the exponentials, and everything is too "
    "small by log C. It is their sum: section 8.3."
)
def mean_of_powers(S):
    return logsumexp(S) - np.log(S.shape[1])


@wrong(
    "The numbers are right and stand in a column. One number for each row is asked "
    "for, in the shape (N,): keepdims=True was useful before the last sum, and not "
    "after it: section 8.3."
)
def kept_the_column(S):
    return logsumexp(S)[:, None]


@wrong(
    "With keepdims the maxima are a column, (N, 1), the logarithms are (N,), and their "
    "sum is a table, (N, N). Subtract the column, and add it back as m[:, 0], or keep "
    "the dimension in both and drop it at the end: section 8.3."
)
def column_plus_row(S):
    m = S.max(axis=1, keepdims=True)
    return m + np.log(np.exp(S - m).sum(axis=1))


@wrong(
    "Clipping the scores stops the overflow, and gives every score beyond the limit "
    "the same value. Change the formula and not its input: section 8.3."
)
def clipped(S):
    return np.log(np.exp(np.clip(S, -500, 500)).sum(axis=1))


def _logsumexp_pairwise(S):
    return np.logaddexp.reduce(S, axis=1)


def _logsumexp_from_the_loss(S):
    rows = [softmax_cross_entropy([row], [0])[0] + row[0] for row in S]
    return np.array(rows)


# ---------------------------------------------------------------- 8.4 softmax_vjp


def softmax_vjp(S, dP):
    """Give the answers of each row, and the slopes carried back through them."""
    P = softmax(S)
    return P, P * (dP - (dP * P).sum(axis=1, keepdims=True))


def _vjp_cases(rng: np.random.Generator) -> list[Case]:
    def case(label, n, c, shift=0.0):
        S = rng.normal(size=(n, c)) + shift
        return Case(label, (S, rng.normal(size=(n, c))))

    return [
        case("one row", 1, 4),
        case("4 rows of 3", 4, 3),
        case("2 rows of 5", 2, 5),
        case("rows far apart", 3, 4, np.array([[1000.0], [0.0], [-1000.0]])),
        case("scores far apart", 2, 3, np.array([2000.0, 0.0, -2000.0])),
    ]


def _forward(S, m):
    E = np.exp(S - m)
    return E / E.sum(axis=1, keepdims=True)


def _row_maximum(S):
    return S.max(axis=1, keepdims=True)


def _back(P, dP, mean):
    return P, P * (dP - mean)


def _weighted_mean(P, dP):
    return (dP * P).sum(axis=1, keepdims=True)


@wrong(
    "This is still the broken function. Both of its mistakes are of one kind: a "
    "quantity that belongs to a row was taken over the batch: sections 8.2 and, for "
    "the way back, section 8.5."
)
def untouched(S, dP):
    P = _forward(S, S.max())
    return _back(P, dP, (dP * P).sum())


@wrong(
    "The answers survive now; the way back does not. np.sum(dP * P) still adds up the "
    "whole batch, so one example disturbs the slopes of another: section 8.5."
)
def back_still_broken(S, dP):
    P = softmax(S)
    return _back(P, dP, (dP * P).sum())


@wrong(
    "The way back is mended. Forward, S.max() is still the largest score of all rows, "
    "and a row far below it becomes 0/0: section 8.2."
)
def forward_still_broken(S, dP):
    P = _forward(S, S.max())
    return _back(P, dP, _weighted_mean(P, dP))


@wrong(
    "You take the largest score of each column now. What competes stands in one row: "
    "axis=1: section 8.2."
)
def maximum_of_columns(S, dP):
    P = _forward(S, S.max(axis=0))
    return _back(P, dP, _weighted_mean(P, dP))


@wrong(
    "dP · P is added up over the examples here, a number for each class. It is one "
    "number for each row: axis=1: section 8.5."
)
def products_down_the_columns(S, dP):
    P = softmax(S)
    return _back(P, dP, (dP * P).sum(axis=0))


@wrong(
    "A number for each row is (N,), and beside an (N, C) it does not fit: NumPy lines "
    "shapes up at the right, where N meets C. keepdims=True keeps it as a column, (N, "
    "1), for the maximum, for the sum of E and for that of dP · P: section 8.2."
)
def row_without_keepdims(S, dP):
    P = _forward(S, _row_maximum(S))
    return P, P * (dP - (dP * P).sum(axis=1))


@wrong(
    "You subtract nothing any more, and a score of 1000 overflows. Subtracting was "
    "right; it has to be the largest score of the row: section 8.2."
)
def subtracts_nothing(S, dP):
    P = _forward(S, 0.0)
    return _back(P, dP, _weighted_mean(P, dP))


@wrong(
    "You subtract the mean of each row. On paper every shift is as good as any other; "
    "in floats a score far above the mean still overflows: section 8.2."
)
def mean_of_the_row(S, dP):
    P = _forward(S, S.mean(axis=1, keepdims=True))
    return _back(P, dP, _weighted_mean(P, dP))


@wrong(
    "A tiny number in the denominator hides the nan and leaves a row of zeros, which "
    "does not add up to 1. The row had an answer before it underflowed: section 8.2."
)
def tiny_denominator(S, dP):
    E = np.exp(S - S.max())
    P = E / (E.sum(axis=1, keepdims=True) + 1e-300)
    return _back(P, dP, _weighted_mean(P, dP))


@wrong(
    "np.nan_to_num turns the nan into 0, and a belief that should add up to 1 into "
    "nothing. Find the step that made it: section 8.2."
)
def nan_painted_over(S, dP):
    P = np.nan_to_num(_forward(S, S.max()))
    return _back(P, dP, _weighted_mean(P, dP))


@wrong("S -= … writes into the caller's scores. S - m makes a new array: section 8.2.")
def shifts_in_place(S, dP):
    S -= _row_maximum(S)
    return softmax_vjp(S, dP)


@wrong(
    "Forward is right. On the way back you multiply by P(1 − P), as if each answer had "
    "only its own score: section 8.6."
)
def diagonal_only(S, dP):
    P = softmax(S)
    return P, dP * P * (1 - P)


@wrong(
    "The mean of dP is to be subtracted, not added: otherwise a row of slopes does not "
    "add up to 0: section 8.5."
)
def mean_added(S, dP):
    P = softmax(S)
    return _back(P, dP, -_weighted_mean(P, dP))


@wrong(
    "P · dP is only the first half: on the way back dP loses its weighted mean, "
    "because a score that rises takes from all other answers: section 8.5."
)
def mean_forgotten(S, dP):
    P = softmax(S)
    return P, P * dP


@wrong(
    "You subtracted the plain mean of dP. Each slope counts as much as its answer: the "
    "weights are P: section 8.5."
)
def plain_mean(S, dP):
    return _back(softmax(S), dP, dP.mean(axis=1, keepdims=True))


@wrong(
    "You subtracted the sum of dP, without weights. What is subtracted is dP · P, in "
    "which each slope counts as much as its answer: section 8.5."
)
def plain_sum(S, dP):
    return _back(softmax(S), dP, dP.sum(axis=1, keepdims=True))


@wrong(
    "You took the mean of the products dP · P, and so divided by C. The weights P add "
    "up to 1 already, so the sum of the products is the mean: section 8.5."
)
def mean_of_products(S, dP):
    P = softmax(S)
    return _back(P, dP, (dP * P).mean(axis=1, keepdims=True))


@wrong(
    "The slopes are divided by the number of rows. There is no mean here: if the loss "
    "is one, its 1/N is in dP already: section 8.5."
)
def divided_by_rows(S, dP):
    P, dS = softmax_vjp(S, dP)
    return P, dS / len(S)


@wrong(
    "The slopes have the opposite sign: a class whose dP lies above the mean gets a "
    "positive slope, so it is dP minus the mean: section 8.5."
)
def sign_turned(S, dP):
    P, dS = softmax_vjp(S, dP)
    return P, -dS


@wrong("The last factor P is missing: you return dP minus its mean: section 8.5.")
def not_multiplied(S, dP):
    P = softmax(S)
    return P, dP - _weighted_mean(P, dP)


@wrong(
    "Both results are right, in the wrong order: answers first, then slopes. The "
    "question gives the order, section 8.5 the formula."
)
def slopes_first(S, dP):
    return softmax_vjp(S, dP)[::-1]


def _vjp_by_tables(S, dP):
    P = softmax(S)
    slopes = [softmax_jacobian(p) @ g for p, g in zip(P, dP, strict=True)]
    return P, np.array(slopes)


# ---------------------------------------------------------------- 8.5 smoothed_loss


def smoothed_loss(S, y, eps):
    """Give the mean cross-entropy with smoothed labels, and its slope in the scores."""
    return softmax_cross_entropy(S, y, eps)


def _smoothed_cases(rng: np.random.Generator) -> list[Case]:
    def case(label, n, c, eps, scale=1.0):
        S = rng.uniform(-2, 2, (n, c)) * scale
        return Case(label, (S, rng.integers(c, size=n), eps))

    return [
        case("4 examples, 3 classes, ε = 0.1", 4, 3, 0.1),
        case("3 examples, 5 classes, ε = 0.3", 3, 5, 0.3),
        case("one example, 2 classes, ε = 0.2", 1, 2, 0.2),
        case("no smoothing, ε = 0", 2, 4, 0.0),
        case("scores far apart", 5, 3, 0.1, 1000.0),
    ]


def _with_targets(S, y, Y):
    """Give loss and slope for any targets Y, whether or not they add up to 1."""
    m = S.max(axis=1, keepdims=True)
    log_P = S - m - np.log(np.exp(S - m).sum(axis=1, keepdims=True))
    return -(Y * log_P).sum() / len(S), (np.exp(log_P) - Y) / len(S)


def _smooth(y, c, eps):
    return (1 - eps) * _one_hot(y, c) + eps / c


@wrong(
    "You dealt ε out among the other C − 1 classes. The hat holds all C, the right one "
    "too, which comes to 1 − ε + ε/C: section 8.9."
)
def among_the_others(S, y, eps):
    Y, c = _one_hot(y, S.shape[1]), S.shape[1]
    return _with_targets(S, y, (1 - eps) * Y + eps / (c - 1) * (1 - Y))


@wrong(
    "Your right class has the target 1 − ε and the others ε/C, which adds up to less "
    "than 1. The hat holds the right class too: + ε/C: section 8.9."
)
def right_class_too_low(S, y, eps):
    Y = _one_hot(y, S.shape[1])
    return _with_targets(S, y, np.where(Y == 1, 1 - eps, eps / S.shape[1]))


@wrong(
    "The right class has 1 − ε, and nobody has the rest. The ε goes into the hat, of "
    "which every class gets ε/C, so that the targets add up to 1: section 8.9."
)
def hat_forgotten(S, y, eps):
    return _with_targets(S, y, (1 - eps) * _one_hot(y, S.shape[1]))


@wrong(
    "You gave ε to every class. It is the chance of drawing from the hat, and is "
    "shared by all: ε/C each: section 8.9."
)
def eps_for_each(S, y, eps):
    return _with_targets(S, y, (1 - eps) * _one_hot(y, S.shape[1]) + eps)


@wrong(
    "You added ε/C to all targets and took nothing from the right one, so they add up "
    "to more than 1. Its 1 becomes 1 − ε first: section 8.9."
)
def nothing_taken(S, y, eps):
    return _with_targets(S, y, _one_hot(y, S.shape[1]) + eps / S.shape[1])


@wrong(
    "The loss is right, and the slope is that of one-hot labels. It is P − Y with the "
    "same Y as in the loss: section 8.9."
)
def slope_of_one_hot(S, y, eps):
    return smoothed_loss(S, y, eps)[0], smoothed_loss(S, y, 0)[1]


@wrong(
    "The slope is right, and the loss is that of one-hot labels. All classes have a "
    "share in it now: section 8.9."
)
def loss_of_one_hot(S, y, eps):
    return smoothed_loss(S, y, 0)[0], smoothed_loss(S, y, eps)[1]


@wrong("This is the loss with one-hot labels: eps is never used: section 8.9.")
def eps_ignored(S, y, eps):
    return smoothed_loss(S, y, 0)


@wrong(
    "1 − ε and ε have traded places: ε is the small chance that the label was drawn "
    "from the hat: section 8.9."
)
def traded_places(S, y, eps):
    return smoothed_loss(S, y, 1 - eps)


@wrong(
    "The targets are right, and the loss takes the logarithm of P. With scores far "
    "apart an answer rounds to 0, its logarithm is −inf, and with smoothed labels even "
    "a right row has such answers. Compute log P from the scores: section 8.3."
)
def logarithm_of_answers(S, y, eps):
    P, Y = softmax(S), _smooth(y, S.shape[1], eps)
    return -(Y * np.log(P)).sum() / len(S), (P - Y) / len(S)


@wrong(
    "A tiny number inside the logarithm avoids −inf and puts a ceiling on the price: "
    "with 10⁻¹² nothing costs more than 28, and with scores far apart the truth may "
    "cost a thousand. Compute log P from the scores: section 8.3."
)
def padded_logarithm(S, y, eps):
    P, Y = softmax(S), _smooth(y, S.shape[1], eps)
    return -(Y * np.log(P + 1e-12)).sum() / len(S), (P - Y) / len(S)


@wrong(
    "You smoothed the answers and left the labels as they were. It is the target that "
    "is mixed with the hat; the network's answer stays its own: section 8.9."
)
def answers_smoothed(S, y, eps):
    P, Y = softmax(S), _one_hot(y, S.shape[1])
    with np.errstate(divide="ignore"):
        logs = np.log(_smooth_answers(P, eps)[np.arange(len(S)), y])
    return -logs.mean(), (_smooth_answers(P, eps) - Y) / len(S)


def _smooth_answers(P, eps):
    return (1 - eps) * P + eps / P.shape[1]


@wrong("The loss is the mean over the batch, and its slope lacks the 1/N: section 8.5.")
def slope_not_divided(S, y, eps):
    loss, dS = smoothed_loss(S, y, eps)
    return loss, dS * len(S)


@wrong(
    "Loss and slope are those of the sum over the batch. Both are means: divide by N, "
    "once: section 8.3."
)
def both_not_divided(S, y, eps):
    loss, dS = smoothed_loss(S, y, eps)
    return loss * len(S), dS * len(S)


@wrong(
    "Both are divided by N · C. The classes of an example are added, and the examples "
    "averaged: section 8.3."
)
def divided_by_all(S, y, eps):
    loss, dS = smoothed_loss(S, y, eps)
    return loss / S.shape[1], dS / S.shape[1]


@wrong(
    "The slope is right. np.mean over the whole table divides the loss by the number "
    "of classes, too; they are added, and only the examples averaged: section 8.3."
)
def loss_over_entries(S, y, eps):
    loss, dS = smoothed_loss(S, y, eps)
    return loss / S.shape[1], dS


@wrong(
    "The slope points downhill: it is P − Y, what was answered minus what was wanted: "
    "section 8.5."
)
def slope_downhill(S, y, eps):
    loss, dS = smoothed_loss(S, y, eps)
    return loss, -dS


@wrong(
    "The slope is right. The loss lost its minus: logarithms of chances are negative, "
    "a cost is positive: section 8.3."
)
def loss_negative(S, y, eps):
    loss, dS = smoothed_loss(S, y, eps)
    return -loss, dS


def _smoothed_by_mixing(S, y, eps):
    N, C = S.shape
    loss, dS = softmax_cross_entropy(S, y)
    loss, dS = (1 - eps) * loss, (1 - eps) * dS
    for label in range(C):
        each, slope = softmax_cross_entropy(S, np.full(N, label))
        loss, dS = loss + eps / C * each, dS + eps / C * slope
    return loss, dS


def _smoothed_by_targets(S, y, eps):
    return _with_targets(S, y, _smooth(y, S.shape[1], eps))


QUESTIONS = (
    Question(
        id="8.1",
        title="A table of slopes",
        level="warm-up",
        points=2,
        function="softmax_jacobian",
        reference=softmax_jacobian,
        cases=_jacobian_cases,
        wrong=(
            only_the_diagonal,
            a_row,
            one_everywhere,
            added_terms,
            others_gain,
            mirrored,
            only_through_the_sum,
            squares_stretched,
            inner_product,
            bracket_not_closed,
            the_bracket,
            own_answer_twice,
            squashed_again,
        ),
        right=(_jacobian_by_loops, _jacobian_by_brackets),
    ),
    Question(
        id="8.2",
        title="The miss",
        level="core",
        points=3,
        function="loss_gradient",
        reference=loss_gradient,
        cases=_loss_gradient_cases,
        wrong=(
            aliased,
            in_place,
            summed,
            mean_over_entries,
            divided_by_classes,
            only_labels_divided,
            only_answers_divided,
            downhill,
            whole_columns,
            right_class_only,
            own_answer,
            slope_of_answers,
            slope_of_right_answers,
            two_steps,
            slope_twice,
            labels_as_numbers,
            labels_stretched,
            counted_from_one,
            softmax_again,
            bias_gradient,
        ),
        right=(_loss_gradient_on_a_copy, _loss_gradient_by_loops),
    ),
    Question(
        id="8.3",
        title="A soft maximum",
        level="core",
        points=2,
        function="logsumexp",
        reference=logsumexp,
        cases=_logsumexp_cases,
        wrong=(
            definition,
            not_added_back,
            taken_off_twice,
            multiplied_back,
            one_maximum_for_all,
            maximum_without_keepdims,
            down_the_columns,
            all_in_one,
            mean_taken_out,
            minimum_taken_out,
            first_taken_out,
            hard_maximum,
            mean_of_powers,
            kept_the_column,
            column_plus_row,
            clipped,
        ),
        right=(_logsumexp_pairwise, _logsumexp_from_the_loss),
    ),
    Question(
        id="8.4",
        title="Right for one row",
        level="find the bug",
        points=4,
        function="softmax_vjp",
        returns=("P", "dS"),
        reference=softmax_vjp,
        cases=_vjp_cases,
        wrong=(
            untouched,
            back_still_broken,
            forward_still_broken,
            maximum_of_columns,
            products_down_the_columns,
            row_without_keepdims,
            subtracts_nothing,
            mean_of_the_row,
            tiny_denominator,
            nan_painted_over,
            shifts_in_place,
            diagonal_only,
            mean_added,
            mean_forgotten,
            plain_mean,
            plain_sum,
            mean_of_products,
            divided_by_rows,
            sign_turned,
            not_multiplied,
            slopes_first,
        ),
        right=(_vjp_by_tables,),
    ),
    Question(
        id="8.5",
        title="Labels that may lie",
        level="stretch",
        points=4,
        function="smoothed_loss",
        returns=("loss", "dS"),
        reference=smoothed_loss,
        cases=_smoothed_cases,
        wrong=(
            among_the_others,
            right_class_too_low,
            hat_forgotten,
            eps_for_each,
            nothing_taken,
            slope_of_one_hot,
            loss_of_one_hot,
            eps_ignored,
            traded_places,
            logarithm_of_answers,
            padded_logarithm,
            answers_smoothed,
            slope_not_divided,
            both_not_divided,
            divided_by_all,
            loss_over_entries,
            slope_downhill,
            loss_negative,
        ),
        right=(_smoothed_by_mixing, _smoothed_by_targets),
    ),
)

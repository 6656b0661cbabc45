"""The questions of exercise set 6, where the transpose comes from."""
# ruff: noqa: D103  (what a wrong answer is about, its hint says)

import numpy as np

from backprop.checks.question import Case, Question, wrong
from backprop.layers import linear_backward


def _array(rng: np.random.Generator, *shape: int) -> np.ndarray:
    # Nothing close to 0, where a wrong factor would not show.
    return rng.uniform(0.3, 1.5, shape) * rng.choice([-1, 1], shape)


# ---------------------------------------------------------------- 6.1 weight_slopes


def weight_slopes(dZ, X):
    """Give ∂L/∂W of Z = X W + b."""
    return X.T @ dZ


def _weight_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case(f"dZ ({N}, {H}), X ({N}, {D})", (_array(rng, N, H), _array(rng, N, D)))
        for N, D, H in ((4, 3, 2), (2, 4, 3), (1, 3, 2), (3, 2, 5), (3, 3, 2))
    ]


@wrong(
    "The numbers are right and lie on their side: dZ.T @ X has a row for each unit. W "
    "has a row for each input, and dW the shape of W. X.T stands first: section 6.4."
)
def on_its_side(dZ, X):
    return dZ.T @ X


@wrong(
    "In your product, rows meet columns that do not count the same thing, and @ "
    "refuses, unless there happen to be as many examples as inputs. The index to be "
    "summed over is that of the examples, and it stands first in both arrays: section "
    "6.4."
)
def nothing_turned(dZ, X):
    return X @ dZ


@wrong(
    "With * the entries meet one by one, and there is no sum. An input meets the "
    "slopes of all units of its example, and the products are added over the examples, "
    "which @ does: section 6.4."
)
def entry_by_entry(dZ, X):
    return X * dZ


@wrong(
    "reshape gave X the shape of its transpose, and its numbers new neighbours. "
    "Reading the same numbers in rows of another length is not turning: X.T puts "
    "entry ij at ji: section 6.4."
)
def reshaped(dZ, X):
    return X.reshape(X.shape[::-1]) @ dZ


@wrong(
    "You divided by the number of examples. If the loss is a mean, its 1/N is in dZ "
    "already: here the uses of a weight add: section 6.3."
)
def averaged(dZ, X):
    return X.T @ dZ / len(X)


@wrong(
    "Only the last example is left: with = instead of += each example overwrites the "
    "one before it, while the slopes of all uses add: section 6.3."
)
def last_example(dZ, X):
    return np.outer(X[-1], dZ[-1])


@wrong(
    "You added up the inputs and the slopes first and multiplied the totals. Each "
    "example multiplies its own input by its own slope, and then the products are "
    "added: section 6.2."
)
def totals_multiplied(dZ, X):
    return np.outer(X.sum(axis=0), dZ.sum(axis=0))


@wrong(
    "One table for each example: the sum over the examples, the index that dW does not "
    "have, is still to be done: section 6.3."
)
def not_summed(dZ, X):
    return X[:, :, None] * dZ[:, None, :]


@wrong(
    "This is the Jacobian ∂Z/∂W. What is asked for is that table, transposed, times "
    "the slopes, and it can be had without the table: section 6.6."
)
def whole_table(dZ, X):
    return np.kron(X, np.eye(dZ.shape[1]))


@wrong(
    "Every sign is turned. dZ is a slope, and so is dW; the minus belongs to the step "
    "of gradient descent, not to the gradient: section 6.2."
)
def downhill(dZ, X):
    return -X.T @ dZ


@wrong(
    "dZ is not in your answer: you added up the factors X alone. A nudge of W moves Z "
    "by X times as much, and the loss by dZ times that: section 6.2."
)
def without_slopes(dZ, X):
    return np.repeat(X.sum(axis=0)[:, None], dZ.shape[1], axis=1)


@wrong(
    "X is not in your answer: you added up the slopes dZ alone, which is right for a "
    "bias, whose factor is 1. The factor of a weight is its input: section 6.2."
)
def without_inputs(dZ, X):
    return np.repeat(dZ.sum(axis=0)[None], X.shape[1], axis=0)


def _weights_by_loops(dZ, X):
    (N, D), H = X.shape, dZ.shape[1]
    dW = np.zeros((D, H))
    for i in range(N):
        for j in range(D):
            for k in range(H):
                dW[j, k] += X[i, j] * dZ[i, k]
    return dW


def _weights_by_einsum(dZ, X):
    return np.einsum("ij,ik->jk", X, dZ)


def _weights_turned_twice(dZ, X):
    return (dZ.T @ X).T


def _weights_by_examples(dZ, X):
    return sum(np.outer(x, dz) for x, dz in zip(X, dZ, strict=True))


# ---------------------------------------------------------------- 6.2 input_slopes


def input_slopes(dZ, W):
    """Give ∂L/∂X of Z = X W + b."""
    return dZ @ W.T


def _input_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case(f"dZ ({N}, {H}), W ({D}, {H})", (_array(rng, N, H), _array(rng, D, H)))
        for N, D, H in ((4, 3, 2), (2, 4, 3), (1, 2, 3), (3, 5, 4), (4, 3, 3))
    ]


@wrong(
    "The numbers are right and lie on their side: W @ dZ.T has an example in each "
    "column. dX has the shape of X, an example in each row: section 6.4."
)
def examples_in_columns(dZ, W):
    return W @ dZ.T


@wrong(
    "In dZ @ W the units of dZ meet the inputs of W, and @ refuses, unless there "
    "happen to be as many units as inputs. Both arrays have the units last; to sum "
    "over them, turn W: section 6.4."
)
def weights_not_turned(dZ, W):
    return dZ @ W


@wrong(
    "With * the entries meet one by one, and there is no sum. A slope goes back "
    "through all weights of its unit, and the shares of the units are added, which @ "
    "does: section 6.4."
)
def entry_by_entry_too(dZ, W):
    return dZ * W


@wrong(
    "reshape gave W the shape of its transpose, and its numbers new neighbours. To "
    "turn W is to put entry jk at kj, which W.T does: section 6.4."
)
def weights_reshaped(dZ, W):
    return dZ @ W.reshape(W.shape[::-1])


@wrong(
    "The inverse of W would undo the layer and tell which input gave an output. Slopes "
    "go back through the same connections with the same weights, so it is W.T: section "
    "6.7."
)
def inverted(dZ, W):
    return dZ @ np.linalg.pinv(W)


@wrong(
    "Only the last unit is left: with = instead of += each unit overwrites the one "
    "before it. An input reaches the loss through all units, and their shares add: "
    "section 6.3."
)
def last_unit(dZ, W):
    return np.outer(dZ[:, -1], W[:, -1])


@wrong(
    "You divided by the number of units. The input is used once by each of them, and "
    "the slopes of uses add: section 6.3."
)
def averaged_over_units(dZ, W):
    return dZ @ W.T / W.shape[1]


@wrong(
    "You divided by the number of examples. An input belongs to one example and has "
    "nothing to do with how many others there are: section 6.3."
)
def averaged_over_examples(dZ, W):
    return dZ @ W.T / len(dZ)


@wrong(
    "You added up the slopes and the weights first and multiplied the totals. Each "
    "unit multiplies its own slope by its own weight: section 6.2."
)
def totals_first(dZ, W):
    return np.outer(dZ.sum(axis=1), W.sum(axis=1))


@wrong(
    "One number for each input: you added up the examples. A weight is shared by all "
    "of them; an input is not, each example has its own row of X: section 6.3."
)
def examples_added(dZ, W):
    return dZ.sum(axis=0) @ W.T


@wrong(
    "A number for each example, input and unit: the sum over the units, the index that "
    "dX does not have, is still to be done: section 6.3."
)
def units_not_summed(dZ, W):
    return dZ[:, None, :] * W[None]


@wrong(
    "Every sign is turned. The slope of a loss goes back as it is; the minus belongs "
    "to the step that a weight takes: section 6.2."
)
def negative(dZ, W):
    return -dZ @ W.T


def _inputs_by_loops(dZ, W):
    dX = np.zeros((dZ.shape[0], W.shape[0]))
    for i, j in np.ndindex(dX.shape):
        for k in range(W.shape[1]):
            dX[i, j] += dZ[i, k] * W[j, k]
    return dX


def _inputs_by_einsum(dZ, W):
    return np.einsum("ik,jk->ij", dZ, W)


def _inputs_row_by_row(dZ, W):
    return np.array([W @ row for row in dZ])


# ---------------------------------------------------------------- 6.3 bias_slopes


def bias_slopes(dZ):
    """Give ∂L/∂b of Z = X W + b."""
    return dZ.sum(axis=0)


def _bias_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case("4 examples, 3 units", (_array(rng, 4, 3),)),
        Case("2 examples, 5 units", (_array(rng, 2, 5),)),
        Case("a batch of one", (_array(rng, 1, 3),)),
        Case("a single unit", (_array(rng, 4, 1),)),
    ]


@wrong(
    "This is the mean. A bias is used once for each example, and the slopes of uses "
    "add; the 1/N of a mean loss is in dZ already: section 6.3."
)
def mean_of_rows(dZ):
    return dZ.mean(axis=0)


@wrong(
    "axis=1 adds along a row, over the units, and gives a number for each example. A "
    "bias belongs to a unit: add down the columns: section 6.4."
)
def other_axis(dZ):
    return dZ.sum(axis=1)


@wrong(
    "The numbers are right, and keepdims left them in a table with one row. b is (H,), "
    "so db is (H,); b - lr * db would turn your bias into a table: section 6.4."
)
def kept_dimension(dZ):
    return dZ.sum(axis=0, keepdims=True)


@wrong(
    "The numbers are right and stand in a column. b is (H,), without a second axis, "
    "and so is db: section 6.4."
)
def column(dZ):
    return dZ.sum(axis=0)[:, None]


@wrong(
    "You added up everything, units too. Each unit has a bias of its own: only the "
    "index of the examples is summed over: section 6.3."
)
def summed_over_all(dZ):
    return dZ.sum()


@wrong(
    "This is dZ itself. ∂Z/∂b is 1, and yet there is something to do: the same b was "
    "used in every row, so the rows add: section 6.3."
)
def rows_not_added(dZ):
    return dZ.copy()


@wrong(
    "You counted the uses: N for each unit. Each use passes on its own slope, so add "
    "up dZ instead of ones: section 6.2."
)
def counted(dZ):
    return np.full(dZ.shape[1], float(len(dZ)))


@wrong(
    "Only one example is left, the last. All rows used the bias, and the slopes of all "
    "uses add: section 6.3."
)
def last_row(dZ):
    return dZ[-1].copy()


@wrong(
    "The sums are right, and you copied them into every row. Forward, b was copied; "
    "backward there is one slope for each b: section 6.7."
)
def copied_again(dZ):
    return np.tile(dZ.sum(axis=0), (len(dZ), 1))


@wrong(
    "Every sign is turned. The slope of b has the sign of the slopes it collects; "
    "minus comes with the step: section 6.2."
)
def bias_downhill(dZ):
    return -dZ.sum(axis=0)


@wrong(
    "You added up sizes without their signs. Slopes of opposite sign cancel, because "
    "one nudge of b moves all rows together: section 6.2."
)
def sizes_added(dZ):
    return np.abs(dZ).sum(axis=0)


def _bias_by_ones(dZ):
    return np.ones(len(dZ)) @ dZ


def _bias_by_loop(dZ):
    db = np.zeros(dZ.shape[1])
    for row in dZ:
        db += row
    return db


# ---------------------------------------------------------------- 6.4 layer_backward


def layer_backward(dZ, X, W):
    """Give ∂L/∂X, ∂L/∂W and ∂L/∂b of Z = X W + b."""
    return linear_backward(dZ, X, W)


def _layer_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case(label, (_array(rng, N, H), _array(rng, N, D), _array(rng, D, H)))
        for label, N, D, H in [
            ("5 examples, 3 inputs, 3 units", 5, 3, 3),
            ("4 examples, 3 inputs, 2 units", 4, 3, 2),
            ("2 examples, 3 inputs, 4 units", 2, 3, 4),
            ("3 examples, 2 inputs, 3 units", 3, 2, 3),
            ("a batch of one", 1, 2, 3),
        ]
    ]


@wrong(
    "This is still the broken function: with as many units as inputs it runs, and dX "
    "and dW are wrong; with other sizes it stops. Its lines belong to a layer that "
    "stores W the other way round: section 6.9."
)
def untouched(dZ, X, W):
    return dZ @ W, dZ.T @ X, dZ.sum(axis=0)


@wrong(
    "dX is right now. dW still lies on its side, which does not show in its shape as "
    "long as W is square: section 6.4."
)
def weights_left(dZ, X, W):
    return dZ @ W.T, dZ.T @ X, dZ.sum(axis=0)


@wrong(
    "dW is right now. dX still sums over the wrong index of W, which @ cannot know as "
    "long as W is square: section 6.4."
)
def inputs_left(dZ, X, W):
    return dZ @ W, X.T @ dZ, dZ.sum(axis=0)


@wrong(
    "You repaired it where it stopped with an error, and left it alone where it ran. "
    "With as many units as inputs it is still wrong: one line must serve all sizes: "
    "section 6.5."
)
def only_where_it_crashed(dZ, X, W):
    repaired = len(W) != W.shape[1]
    return (layer_backward if repaired else untouched.function)(dZ, X, W)


@wrong(
    "You repaired the square layer, and with other sizes the function still stops: one "
    "line must serve all sizes, and dZ @ W.T and X.T @ dZ do: section 6.4."
)
def only_square_repaired(dZ, X, W):
    square = len(W) == W.shape[1]
    return (layer_backward if square else untouched.function)(dZ, X, W)


@wrong(
    "reshape made dW fit and scattered its numbers. An array that lies on its side has "
    "to be turned, with .T: section 6.4."
)
def result_reshaped(dZ, X, W):
    return dZ @ W.T, (dZ.T @ X).reshape(W.shape), dZ.sum(axis=0)


@wrong(
    "dW is right. In dX you gave W the turned shape with reshape, which reads the same "
    "numbers in another order; W.T turns it: section 6.4."
)
def weights_were_reshaped(dZ, X, W):
    return dZ @ W.reshape(W.shape[::-1]), X.T @ dZ, dZ.sum(axis=0)


@wrong(
    "dX is right. In dW you gave X the turned shape with reshape, which mixes the "
    "inputs of different examples; X.T turns it: section 6.4."
)
def inputs_were_reshaped(dZ, X, W):
    return dZ @ W.T, X.reshape(X.shape[::-1]) @ dZ, dZ.sum(axis=0)


@wrong(
    "You wrote reshape in both places where .T belongs. It reads the numbers in the "
    "same order and only breaks the rows elsewhere; .T puts entry jk at kj: section "
    "6.4."
)
def both_reshaped(dZ, X, W):
    dX = dZ @ W.reshape(W.shape[::-1])
    return dX, X.reshape(X.shape[::-1]) @ dZ, dZ.sum(axis=0)


@wrong(
    "Every slope is right, in the wrong order: dX first, then dW, then db, as in the "
    "broken function. The question gives the order, section 6.4 the formulas."
)
def weights_first(dZ, X, W):
    dX, dW, db = layer_backward(dZ, X, W)
    return dW, dX, db


@wrong(
    "dX and dW are right. db had been right before you began: down the columns, one "
    "number for each unit: section 6.4."
)
def bias_along_rows(dZ, X, W):
    return dZ @ W.T, X.T @ dZ, dZ.sum(axis=1)


@wrong(
    "dX and dW are right. db came out as a table with one row, because of keepdims; b "
    "is (H,), and so is db: section 6.4."
)
def bias_kept_dimension(dZ, X, W):
    return dZ @ W.T, X.T @ dZ, dZ.sum(axis=0, keepdims=True)


@wrong(
    "dX is right. dW and db are divided by the number of examples, which nobody asked "
    "for: the 1/N of a mean is in dZ: section 6.3."
)
def divided_by_examples(dZ, X, W):
    dX, dW, db = layer_backward(dZ, X, W)
    return dX, dW / len(X), db / len(X)


@wrong(
    "dX is right. dW and db hold one table or row for each example: the sum over the "
    "examples is missing: section 6.3."
)
def examples_kept_apart(dZ, X, W):
    return dZ @ W.T, X[:, :, None] * dZ[:, None, :], dZ.copy()


@wrong(
    "You turned dZ as well. With a batch as large as the layer is wide even that fits; "
    "elsewhere it stops: X.T @ dZ sums over the examples as it is: section 6.5."
)
def slopes_turned(dZ, X, W):
    return dZ @ W.T, X.T @ dZ.T, dZ.sum(axis=0)


@wrong(
    "np.array makes a single array of what it is given, and your three differ in "
    "shape. Separated by commas they are three values: return dX, dW, db. Their shapes "
    "are those of X, W and b: section 6.4."
)
def packed_into_one(dZ, X, W):
    return np.array(layer_backward(dZ, X, W))


def _layer_by_einsum(dZ, X, W):
    dX = np.einsum("ik,jk->ij", dZ, W)
    return dX, np.einsum("ij,ik->jk", X, dZ), np.einsum("ik->k", dZ)


def _layer_turned_afterwards(dZ, X, W):
    return [(W @ dZ.T).T, (dZ.T @ X).T, np.ones(len(dZ)) @ dZ]


# ---------------------------------------------------------------- 6.5 bilinear_slopes


def bilinear_slopes(ds, X, M, Y):
    """Give ∂L/∂X, ∂L/∂M and ∂L/∂Y of s_i = Σ_jk X_ij M_jk Y_ik."""
    scaled = ds[:, None] * Y
    return scaled @ M.T, X.T @ scaled, ds[:, None] * (X @ M)


def _bilinear_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case(
            f"X ({N}, {D}), M ({D}, {H}), Y ({N}, {H})",
            (_array(rng, N), _array(rng, N, D), _array(rng, D, H), _array(rng, N, H)),
        )
        for N, D, H in ((4, 3, 2), (2, 4, 3), (1, 3, 2), (2, 3, 3), (3, 3, 2))
    ]


@wrong(
    "These are the slopes of s, not of L: each of them is still to be multiplied by "
    "the ds of its example: section 6.3."
)
def without_upstream(ds, X, M, Y):
    return bilinear_slopes(np.ones_like(ds), X, M, Y)


@wrong(
    "ds is (N,), and NumPy lays it along the columns of an (N, D): that fits by "
    "accident or not at all. ds[:, None] stands it up, (N, 1), one slope for each row. "
    "It is row i that uses ds_i: section 6.3."
)
def upstream_as_a_row(ds, X, M, Y):
    return ds * (Y @ M.T), X.T @ (ds[:, None] * Y), ds * (X @ M)


@wrong(
    "You multiplied everything by the sum of ds. Each example has a slope of its own, "
    "and passes it on to its own row of X and of Y, and to M: section 6.3."
)
def upstream_summed(ds, X, M, Y):
    dX, dM, dY = bilinear_slopes(np.ones_like(ds), X, M, Y)
    return ds.sum() * dX, ds.sum() * dM, ds.sum() * dY


@wrong(
    "You multiplied everything by the mean of ds. Each example has a slope of its own, "
    "and passes it on to its own row of X and of Y, and to M: section 6.3."
)
def upstream_mean(ds, X, M, Y):
    return bilinear_slopes(np.full_like(ds, ds.mean()), X, M, Y)


@wrong(
    "dX and dY are right. In dM the slopes ds were summed apart from the products that "
    "they belong to: each example multiplies by its own ds, inside the sum: section "
    "6.2."
)
def upstream_outside(ds, X, M, Y):
    dX, _, dY = bilinear_slopes(ds, X, M, Y)
    return dX, X.T @ Y * ds.sum(), dY


@wrong(
    "dX and dY are right. In dM the ds are missing: what an example adds to dM counts "
    "ds times: section 6.3."
)
def upstream_missing_in_matrix(ds, X, M, Y):
    dX, _, dY = bilinear_slopes(ds, X, M, Y)
    return dX, X.T @ Y, dY


@wrong(
    "dX and dY are right. dM was divided by the number of examples; all of them use "
    "the same M, and the slopes of uses add: section 6.3."
)
def matrix_averaged(ds, X, M, Y):
    dX, dM, dY = bilinear_slopes(ds, X, M, Y)
    return dX, dM / len(X), dY


@wrong(
    "All three are divided by N. If the loss is a mean, its 1/N is in ds already; what "
    "is left to do is to add: section 6.3."
)
def all_averaged(ds, X, M, Y):
    return bilinear_slopes(ds / len(ds), X, M, Y)


@wrong(
    "dX and dY are right. dM lies on its side: jk is an entry of M, j for X and k for "
    "Y, so X.T stands first: section 6.4."
)
def matrix_on_its_side(ds, X, M, Y):
    dX, dM, dY = bilinear_slopes(ds, X, M, Y)
    return dX, dM.T, dY


@wrong(
    "dX and dY are right. dM has a table for each example: M is used by all of them, "
    "so the tables add: section 6.3."
)
def matrix_not_summed(ds, X, M, Y):
    dX, _, dY = bilinear_slopes(ds, X, M, Y)
    return dX, ds[:, None, None] * X[:, :, None] * Y[:, None, :], dY


@wrong(
    "dX and dY are right. dM still contains M: s is M times something, and the slope "
    "is that something alone: section 6.2."
)
def matrix_times_itself(ds, X, M, Y):
    dX, dM, dY = bilinear_slopes(ds, X, M, Y)
    return dX, dM * M, dY


@wrong(
    "dM is right. dX and dY still contain X and Y themselves: what stands with X in s "
    "is M and Y, and what stands with Y is X and M: section 6.2."
)
def vectors_times_themselves(ds, X, M, Y):
    dX, dM, dY = bilinear_slopes(ds, X, M, Y)
    return dX * X, dM, dY * Y


@wrong(
    "dM is right. dX lacks Y, and dY lacks X: the factor of an entry of X is a sum of "
    "weights times entries of Y: section 6.3."
)
def other_vector_forgotten(ds, X, M, Y):
    one_Y, one_X = np.ones_like(Y), np.ones_like(X)
    dX, _, _ = bilinear_slopes(ds, X, M, one_Y)
    _, dM, _ = bilinear_slopes(ds, X, M, Y)
    _, _, dY = bilinear_slopes(ds, one_X, M, Y)
    return dX, dM, dY


@wrong(
    "dM is right. dX and dY have changed places: dX has the shape of X: section 6.3."
)
def vectors_exchanged(ds, X, M, Y):
    dX, dM, dY = bilinear_slopes(ds, X, M, Y)
    return dY, dM, dX


@wrong(
    "Each is right, in the wrong order: dX, then dM, then dY, as in s. The question "
    "gives the order, section 6.3 the way to each."
)
def matrix_last(ds, X, M, Y):
    dX, dM, dY = bilinear_slopes(ds, X, M, Y)
    return dX, dY, dM


@wrong(
    "dM is right. In dX and dY you added up the examples, but each example has its own "
    "row of X and of Y: i is not missing there: section 6.3."
)
def rows_added(ds, X, M, Y):
    dX, dM, dY = bilinear_slopes(ds, X, M, Y)
    return dX.sum(axis=0), dM, dY.sum(axis=0)


@wrong(
    "M has not been turned: in M, k stands last, and so it does in Y. To sum over k "
    "for dX, one of them must have it first: section 6.4."
)
def matrix_not_turned(ds, X, M, Y):
    _, dM, dY = bilinear_slopes(ds, X, M, Y)
    return ds[:, None] * (Y @ M), dM, dY


@wrong(
    "np.array makes a single array of what it is given, and your three differ in "
    "shape. Separated by commas they are three values: return dX, dM, dY. Each has the "
    "shape of what it belongs to: section 6.3."
)
def all_in_one(ds, X, M, Y):
    return np.array(bilinear_slopes(ds, X, M, Y))


def _bilinear_by_einsum(ds, X, M, Y):
    return (
        np.einsum("i,jk,ik->ij", ds, M, Y),
        np.einsum("i,ij,ik->jk", ds, X, Y),
        np.einsum("i,ij,jk->ik", ds, X, M),
    )


def _bilinear_in_two_steps(ds, X, M, Y):
    T = X @ M  # then s is the row sums of T * Y
    dT, dY = ds[:, None] * Y, ds[:, None] * T
    dX, dM, _ = linear_backward(dT, X, M)
    return dX, dM, dY


def _bilinear_by_loops(ds, X, M, Y):
    dX, dM, dY = np.zeros(X.shape), np.zeros(M.shape), np.zeros(Y.shape)
    for i in range(len(X)):
        for j, k in np.ndindex(M.shape):
            dX[i, j] += ds[i] * M[j, k] * Y[i, k]
            dM[j, k] += ds[i] * X[i, j] * Y[i, k]
            dY[i, k] += ds[i] * X[i, j] * M[j, k]
    return dX, dM, dY


QUESTIONS = (
    Question(
        id="6.1",
        title="The slopes of the weights",
        level="warm-up",
        points=2,
        function="weight_slopes",
        reference=weight_slopes,
        cases=_weight_cases,
        wrong=(
            on_its_side,
            nothing_turned,
            entry_by_entry,
            reshaped,
            averaged,
            last_example,
            totals_multiplied,
            not_summed,
            whole_table,
            downhill,
            without_slopes,
            without_inputs,
        ),
        right=(
            _weights_by_loops,
            _weights_by_einsum,
            _weights_turned_twice,
            _weights_by_examples,
        ),
    ),
    Question(
        id="6.2",
        title="The slopes of the inputs",
        level="core",
        points=2,
        function="input_slopes",
        reference=input_slopes,
        cases=_input_cases,
        wrong=(
            examples_in_columns,
            weights_not_turned,
            entry_by_entry_too,
            weights_reshaped,
            inverted,
            last_unit,
            averaged_over_units,
            averaged_over_examples,
            totals_first,
            examples_added,
            units_not_summed,
            negative,
        ),
        right=(_inputs_by_loops, _inputs_by_einsum, _inputs_row_by_row),
    ),
    Question(
        id="6.3",
        title="The slopes of the biases",
        level="core",
        points=2,
        function="bias_slopes",
        reference=bias_slopes,
        cases=_bias_cases,
        wrong=(
            mean_of_rows,
            other_axis,
            kept_dimension,
            column,
            summed_over_all,
            rows_not_added,
            counted,
            last_row,
            copied_again,
            bias_downhill,
            sizes_added,
        ),
        right=(_bias_by_ones, _bias_by_loop),
    ),
    Question(
        id="6.4",
        title="Square, and wrong",
        level="find the bug",
        points=4,
        function="layer_backward",
        returns=("dX", "dW", "db"),
        reference=layer_backward,
        cases=_layer_cases,
        wrong=(
            untouched,
            weights_left,
            inputs_left,
            only_where_it_crashed,
            only_square_repaired,
            result_reshaped,
            weights_were_reshaped,
            inputs_were_reshaped,
            both_reshaped,
            weights_first,
            bias_along_rows,
            bias_kept_dimension,
            divided_by_examples,
            examples_kept_apart,
            slopes_turned,
            packed_into_one,
        ),
        right=(_layer_by_einsum, _layer_turned_afterwards),
    ),
    Question(
        id="6.5",
        title="A bilinear form",
        level="stretch",
        points=4,
        function="bilinear_slopes",
        returns=("dX", "dM", "dY"),
        reference=bilinear_slopes,
        cases=_bilinear_cases,
        wrong=(
            without_upstream,
            upstream_as_a_row,
            upstream_summed,
            upstream_mean,
            upstream_outside,
            upstream_missing_in_matrix,
            matrix_averaged,
            all_averaged,
            matrix_on_its_side,
            matrix_not_summed,
            matrix_times_itself,
            vectors_times_themselves,
            other_vector_forgotten,
            vectors_exchanged,
            matrix_last,
            rows_added,
            matrix_not_turned,
            all_in_one,
        ),
        right=(_bilinear_by_einsum, _bilinear_in_two_steps, _bilinear_by_loops),
    ),
)

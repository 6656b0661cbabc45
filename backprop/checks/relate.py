"""Find out that an answer is right but for one thing, which any question may meet.

Each relation is a wrong answer that is made from the right one: its negative, its
double, its transpose. It counts only if it explains the answer to every case.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from backprop.checks.question import Case, Question
from backprop.checks.run import Plain

Values = Sequence[Plain]
Agree = Callable[[Case, Plain, Plain], bool]  # whether it is what is wanted in a case
Change = Callable[[np.ndarray, np.ndarray], np.ndarray]  # of wanted, seeing what came

_FACTORS = {
    -1: "−1 times what it should be: look for a sign.",
    2: "exactly twice what it should be: look for a factor of 2.",
    0.5: "exactly half of what it should be: look for a factor of 2.",
}


@np.errstate(all="ignore")
def relation(
    question: Question,
    cases: Sequence[Case],
    wanted: Values,
    values: Values,
    agree: Agree,
) -> str:
    """Say how `values`, one for each case, come from `wanted`; "" if it is not known.

    Of several values some may be right, and all others related in the same way.
    """
    rows = list(zip(cases, wanted, values, strict=True))
    count = _count([*wanted, *values])
    if count == 1:
        items, names = [rows], [""]
    else:
        items = [[(case, w[i], v[i]) for case, w, v in rows] for i in range(count)]
        names = question.returns
        if len(names) != count:
            names = [f"value {i}" for i in range(1, count + 1)]
    if _in_another_order(items, agree):
        return f"The values are right, in another order: return {', '.join(names)}."
    wrong = [i for i in range(count) if not all(agree(*row) for row in items[i])]
    pairs = {i: [list(_pairs(w, v)) for _, w, v in items[i]] for i in wrong}
    every = [pair for i in wrong for of_case in pairs[i] for pair in of_case]
    if not all(_is_numeric(value) for pair in every for value in pair):
        return ""
    sizes = {size for want, _ in every for size in np.abs(want).ravel().tolist()}
    if len(sizes - {0}) < 2:  # too few to be sure of anything
        return ""
    of = "" if len(wrong) == count else f" in {' and '.join(names[i] for i in wrong)}"
    for says, changes in _relations(question, cases):
        if all(
            agree(case, change(np.asarray(want), np.asarray(have)), have)
            for i in wrong
            for case, change, of_case in zip(cases, changes, pairs[i], strict=True)
            for want, have in of_case
        ):
            return says.replace("{of}", of) + (" The rest is right." if of else "")
    return ""


def _relations(
    question: Question, cases: Sequence[Case]
) -> Iterator[tuple[str, list[Change]]]:
    """Yield what to say, and how to change what is wanted in each case."""
    for factor, says in _FACTORS.items():
        yield "Every number{of} is " + says, [_times(factor)] * len(cases)
    shared = zip(*(case.args for case in cases), strict=False)  # lr may be left out
    for name, args in zip(question.parameters, shared, strict=False):
        if all(isinstance(a, np.ndarray) and a.ndim and len(a) for a in args):
            says = "Every number{of} is what it should be, %s len(%s): "
            says += "is a mean taken where it belongs?"
            yield says % ("times", name), [_times(len(a)) for a in args]
            yield says % ("divided by", name), [_times(1 / len(a)) for a in args]
    yield (
        "The numbers{of} are right, but the shape has an axis of size 1 too many, or "
        "too few: (N, 1) is not (N,).",
        [_reshaped] * len(cases),
    )
    yield (
        "The numbers{of} are right, but rows and columns have changed places: look "
        "for a transpose.",
        [_transposed] * len(cases),
    )


def _times(factor: float) -> Change:
    return lambda want, have: factor * want


def _reshaped(want: np.ndarray, have: np.ndarray) -> np.ndarray:
    """Give `want` the shape that came, if they differ in axes of size 1 only."""
    long, came = ([n for n in a.shape if n != 1] for a in (want, have))
    return want.reshape(have.shape) if long == came else want


def _transposed(want: np.ndarray, have: np.ndarray) -> np.ndarray:
    return want.T if want.ndim == 2 else want


def _pairs(want: Plain, have: Plain) -> Iterator[tuple[Plain, Plain]]:
    """Take apart what is alike in structure, down to the numbers."""
    if isinstance(want, dict) and isinstance(have, dict) and want.keys() == have.keys():
        want, have = list(want.values()), [have[key] for key in want]
    both = isinstance(want, tuple | list) and isinstance(have, tuple | list)
    if both and len(want) == len(have):
        for pair in zip(want, have, strict=True):
            yield from _pairs(*pair)
    else:
        yield want, have


def _is_numeric(value: Plain) -> bool:
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "iuf"
    return type(value) in (int, float)


def _in_another_order(items: Sequence[Sequence[tuple]], agree: Agree) -> bool:
    """Whether the values that came are those that are wanted, but for their order."""
    left = list(range(len(items)))
    for rows in items:
        fits = (
            i
            for i in left
            if all(
                agree(case, want, have)
                for (case, want, _), (_, _, have) in zip(items[i], rows, strict=True)
            )
        )
        if (fit := next(fits, None)) is None:
            return False
        left.remove(fit)
    return len(items) > 1


def _count(values: Values) -> int:
    """Count the items, if all are tuples or lists of the same length; 1 otherwise."""
    lengths = {len(v) if isinstance(v, tuple | list) else 1 for v in values}
    return lengths.pop() if len(lengths) == 1 else 1

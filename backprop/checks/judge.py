"""Compare what an answer did with what the reference does, and find out why not.

This is the trusted side: it runs the reference and the known wrong answers, and sees
a learner's function only as outcomes, which `run` made into plain data elsewhere.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from backprop.checks.question import Case, Question
from backprop.checks.run import Opaque, Outcome, Plain, clean, run
from backprop.checks.show import (
    ALL_SHOWN,
    CaseResult,
    Problem,
    Status,
    Verdict,
    write,
    write_apart,
)

CLOSE = 1e-6  # relative error below which a number is called close

# What to tell a learner whose answer is wrong in a way that the question does not know.
ADVICE = {
    "crash": "Your function stopped with an error before it returned. Call it with the "
    "arguments below and follow the shapes, line by line.",
    "printed": "Your function printed its answer and returned None. print shows a "
    "value to a person, return hands it to the caller.",
    "none": "Your function returned None. It needs a return at its end.",
    "type": "A check can compare numbers, arrays, and tuples of them.",
    "structure": "Count the values that the question asks for, and return them in that "
    "order, separated by commas.",
    "shape": "Arrays of different shapes are different, also where NumPy would stretch "
    "one to fit the other. Note the shape of every array beside its line.",
    "dtype": "The numbers are of the wrong kind. Look for a conversion that you did "
    "not mean, such as an array created with another array's dtype.",
    "nan": "nan is what inf − inf, inf / inf and 0 · inf leave behind. Look for the "
    "step that became infinite first.",
    "infinite": "An exponential overflowed, or something was divided by zero.",
    "close": "Some digits are right, the last ones are not: look for a difference of "
    "nearly equal numbers, or for float32 on the way.",
    "changed": "The caller still needs that array. w -= step and w[...] = … write into "
    "it; w = w - step makes a new one.",
    "unchanged": "The caller looks at its own array after the call. w = … only moves "
    "your name w to a new array; w[...] = … writes into the caller's.",
    "warning": "NumPy warned: on the way to the result, a part of the computation "
    "left the range of floating-point numbers.",
}


def judge(
    question: Question, cases: Sequence[Case], outcomes: Sequence[Outcome]
) -> Verdict:
    """Judge the outcomes of calling an answer with the arguments of `cases`."""
    if all(o.error and o.error.type == "NotImplementedError" for o in outcomes):
        return verdict(question, "unanswered")
    results = tuple(
        CaseResult(
            case.label,
            _details(question, case, outcome),
            tuple(_problems(question, case, expected, outcome)),
        )
        for case, expected, outcome in zip(
            cases, outcomes_of(question.reference, cases), outcomes, strict=True
        )
    )
    if not any(result.problems for result in results):
        return verdict(question, "right", results)
    for wrong in question.wrong:
        if all(  # it is called no further than to the first case that differs
            not any(
                _problems(question, case, *outcomes_of(wrong.function, [case]), got)
            )
            for case, got in zip(cases, outcomes, strict=True)
        ):
            return verdict(question, "wrong", results, wrong.name, (wrong.hint,))
    kinds = {problem.kind for result in results for problem in result.problems}
    advice = tuple(ADVICE[kind] for kind in ADVICE if kind in kinds)
    return verdict(question, "wrong", results, advice=advice)


def _details(question: Question, case: Case, got: Outcome) -> tuple:
    details = tuple(zip(question.parameters, map(write, case.args), strict=False))
    if case.use:
        details = (("used as", case.use.text), *details)
    if got.error and got.error.line:
        details += (("stopped at", got.error.line),)
    return details


def verdict(
    question: Question,
    status: Status,
    cases: tuple[CaseResult, ...] = (),
    misconception: str = "",
    advice: tuple[str, ...] = (),
) -> Verdict:
    """Say something about `question`."""
    return Verdict(
        question.id,
        question.title,
        question.points,
        status,
        cases,
        misconception,
        advice,
    )


def misnamed(question: Question, name: str) -> str:
    """Say that a function of this name is not the one asked for, "" if it is."""
    if name == question.function:
        return ""
    return (
        f"Question {question.id} asks for a function named "
        f"{question.function}; this one is named {name}."
    )


def outcomes_of(function: Callable, cases: Sequence[Case]) -> list[Outcome]:
    """Call `function` on the arguments of each case."""
    return [run(function, case.args, case.use) for case in cases]


def _problems(
    question: Question, case: Case, expected: Outcome, got: Outcome
) -> Iterator[Problem]:
    """Yield what tells `got` from `expected`, the outcome of any other function."""
    if expected.error and got.error and expected.error.type == got.error.type:
        return
    if got.error:
        message = " ".join(got.error.message.split())
        yield Problem("crash", f"{got.error.type}: {message}")
        return
    if expected.error:
        yield Problem("no crash", f"expected {expected.error.type}")
        return

    rule = _Rule(case.rtol or question.rtol, question.atol, case.same_dtype)
    if got.value is None and expected.value is not None and got.printed:
        yield Problem(
            "printed", f"printed {clean(got.printed.strip(), 80)!r}, returned None"
        )
    else:
        yield from _compare("the returned value", expected.value, got.value, rule)
    for name, before, want, have in zip(
        question.parameters, case.args, expected.args, got.args, strict=False
    ):
        if _same(want, before) and not _same(have, before):
            texts = write_apart(before, have)
            yield Problem("changed", f"the argument {name} was changed", *texts)
        elif _same(have, before) and not _same(want, before):
            texts = write_apart(want, have)
            yield Problem("unchanged", f"{name} was not changed", *texts)
        elif not _same(want, before):
            yield from _compare(f"{name} after the call", want, have, rule)
    if _first_words(expected.warnings) != _first_words(got.warnings):
        said = "; ".join(got.warnings) or "nothing"
        yield Problem("warning", f"NumPy warned: {said}")


class _Rule(NamedTuple):
    rtol: float
    atol: float
    same_dtype: bool


def _compare(where: str, want: Plain, have: Plain, rule: _Rule) -> Iterator[Problem]:
    """Yield what tells one value from another: kind and shape first, then numbers."""
    if have is None and want is not None:
        yield Problem("none", f"{where} is None", write(want), "None")
    elif isinstance(want, dict):
        if not isinstance(have, dict) or want.keys() != have.keys():
            says = f"{where} is not a dict of {', '.join(want)}"
            yield Problem("structure", says, write(want), write(have))
            return
        for key in want:
            yield from _compare(f"value {key!r}", want[key], have[key], rule)
    elif isinstance(want, tuple | list):
        if not isinstance(have, tuple | list) or len(want) != len(have):
            says = f"{where} is not {len(want)} values"
            yield Problem("structure", says, write(want), write(have))
            return
        for i, (item, other) in enumerate(zip(want, have, strict=True), 1):
            yield from _compare(f"value {i} of {len(want)}", item, other, rule)
    elif want is None or isinstance(want, str | Opaque):
        if type(want) is not type(have) or want != have:
            yield Problem("value", f"{where} is wrong", *write_apart(want, have))
    elif isinstance(have, str | Opaque):
        yield Problem("type", f"{where} is not a number", write(want), write(have))
    elif isinstance(have, tuple | list | dict):
        kind = "one array" if np.ndim(want) else "one number"
        yield Problem("structure", f"{where} is not {kind}", write(want), write(have))
    else:
        yield from _compare_numbers(where, np.asarray(want), np.asarray(have), rule)


def _compare_numbers(
    where: str, want: np.ndarray, have: np.ndarray, rule: _Rule
) -> Iterator[Problem]:
    if want.shape != have.shape:
        says = f"{where} has shape {have.shape}, expected {want.shape}"
        yield Problem("shape", says, write(want), write(have))
        return
    real = want.dtype.kind in "iuf" and have.dtype.kind in "iuf"
    if (not real or rule.same_dtype) and want.dtype != have.dtype:
        says = f"{where} is made of {have.dtype}, expected {want.dtype}"
        yield Problem("dtype", says, write(want), write(have))
        return
    rtol, atol = rule.rtol, rule.atol
    if want.dtype.kind == "f" and want.dtype.itemsize < 8:  # seven digits, or three
        rtol = max(rtol, 100 * float(np.finfo(want.dtype).eps))
        atol = max(atol, float(np.finfo(want.dtype).eps))
    wide = np.complex128 if want.dtype.kind == "c" else np.float64
    with np.errstate(all="ignore"):
        size = np.abs(want.astype(wide))
        error = np.abs(have.astype(wide) - want.astype(wide))
        equal = (have == want) | (np.isnan(have) & np.isnan(want))
        close = np.isfinite(want) & (error <= atol + rtol * size)
        relative = np.nan_to_num(error / np.maximum(size, atol), nan=np.inf)
    wrong = ~(equal | close)
    if not wrong.any():
        return
    broken = np.isfinite(want) & ~np.isfinite(have)
    if broken.any():
        at = np.unravel_index(np.argmax(broken), want.shape)
        kind = "nan" if np.isnan(have[at]) else "infinite"
        says = f"{where} is {kind}" if not at else f"{where} holds {have[at]}"
    else:
        at = np.unravel_index(np.argmax(np.where(wrong, relative, -1)), want.shape)
        kind = "close" if relative[at] < CLOSE else "value"
        says = f"{where} is {'close but not right' if kind == 'close' else 'wrong'}"
    if want.size > ALL_SHOWN:  # the others would not tell more
        index = ", ".join(map(str, at))
        yield Problem(kind, f"{says} at [{index}]", *write_apart(want[at], have[at]))
    else:
        yield Problem(kind, says, *write_apart(want, have))


def _same(one: Plain, other: Plain) -> bool:
    """Whether two values are the same in type, shape and every bit."""
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        return (one.dtype, one.shape, one.tobytes()) == (
            other.dtype,
            other.shape,
            other.tobytes(),
        )
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(one[k], other[k]) for k in one)
    return repr(one) == repr(other)  # of a float, also nan and −0


def _first_words(warnings: Sequence[str]) -> set[str]:
    """Tell warnings apart by "overflow", "invalid" or "divide", not by the function."""
    return {warning.partition(" ")[0] for warning in warnings}

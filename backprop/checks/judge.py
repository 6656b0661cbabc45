"""Compare what an answer did with what the reference does, and find out why not.

This is the trusted side: it runs the reference and the known wrong answers, and sees
a learner's function only as outcomes, which `run` made into plain data elsewhere.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from backprop.checks.advice import (
    advise,
    is_array_of,
    kind_of_crash,
    kind_of_type,
    same_crash,
)
from backprop.checks.question import Case, Question
from backprop.checks.relate import relation
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

RESULT = "the returned value"

# What our own functions do in a case, as long as somebody holds the case.
_known: WeakKeyDictionary[Case, dict[Callable, Outcome]] = WeakKeyDictionary()


def judge(
    question: Question, cases: Sequence[Case], outcomes: Sequence[Outcome]
) -> Verdict:
    """Judge the outcomes of calling an answer with the arguments of `cases`."""
    if all(o.error and o.error.type == "NotImplementedError" for o in outcomes):
        return verdict(question, "unanswered")
    wanted = [_known_outcome(question.reference, case) for case in cases]
    results = tuple(
        CaseResult(
            case.label,
            _details(question, case, outcome),
            tuple(_problems(question, case, expected, outcome)),
        )
        for case, expected, outcome in zip(cases, wanted, outcomes, strict=True)
    )
    if not any(result.problems for result in results):
        return verdict(question, "right", results)
    # In the order of the cases, as the answer was: some remember their last call.
    for wrong in question.wrong:
        if all(  # it is called no further than to the first case that differs
            _is_outcome_of(wrong.function, question, case, expected, outcome)
            for case, expected, outcome in zip(cases, wanted, outcomes, strict=True)
        ):
            return verdict(question, "wrong", results, wrong.name, (wrong.hint,))
    kinds = {problem.kind for result in results for problem in result.problems}
    related = _relation(question, cases, wanted, outcomes)
    advice = (related,) if related else advise(kinds, question)
    return verdict(question, "wrong", results, advice=advice)


def _relation(
    question: Question,
    cases: Sequence[Case],
    wanted: Sequence[Outcome],
    outcomes: Sequence[Outcome],
) -> str:
    """Say how the values are related to those wanted, if they alone are wrong."""

    def agree(case: Case, want: Plain, have: Plain) -> bool:
        return not any(_compare(RESULT, want, have, _rule(question, case)))

    for case, expected, got in zip(cases, wanted, outcomes, strict=True):
        rest = replace(expected, value=None), replace(got, value=None)
        if expected.error or got.error or any(_problems(question, case, *rest)):
            return ""
    values = [[outcome.value for outcome in some] for some in (wanted, outcomes)]
    return relation(question, cases, *values, agree)


def _is_outcome_of(
    wrong: Callable, question: Question, case: Case, expected: Outcome, got: Outcome
) -> bool:
    """Whether `wrong`, given what `case` holds, does what an answer did."""
    known = _known_outcome(wrong, case)
    if known.error and got.error and not expected.error:
        return same_crash(known.error, got.error)
    return not any(_problems(question, case, known, got))


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
    if name in (question.function, "<lambda>"):  # a lambda has no name of its own
        return ""
    return (
        f"Question {question.id} asks for a function named "
        f"{question.function}; this one is named {name}."
    )


def outcomes_of(function: Callable, cases: Sequence[Case]) -> list[Outcome]:
    """Call `function` on the arguments of each case."""
    return [run(function, case.args, case.use) for case in cases]


def _known_outcome(function: Callable, case: Case) -> Outcome:
    """Call a reference or a known wrong answer, once for each case."""
    outcomes = _known.setdefault(case, {})
    if function not in outcomes:
        (outcomes[function],) = outcomes_of(function, [case])
    return outcomes[function]


def _problems(
    question: Question, case: Case, expected: Outcome, got: Outcome
) -> Iterator[Problem]:
    """Yield what tells `got` from `expected`, the outcome of any other function."""
    if expected.error and got.error and expected.error.type == got.error.type:
        return
    if got.error:
        message = " ".join(got.error.message.split())
        kind = kind_of_crash(got.error, case)
        yield Problem(kind, f"{got.error.type}: {message}")
        return
    if expected.error:
        yield Problem("no crash", f"expected {expected.error.type}")
        return

    rule = _rule(question, case)
    if got.value is None and expected.value is not None and got.printed:
        yield Problem(
            "printed", f"printed {clean(got.printed.strip(), 80)!r}, returned None"
        )
    else:
        yield from _compare(RESULT, expected.value, got.value, rule)
    for name, before, want, have in zip(
        question.parameters, case.args, expected.args, got.args, strict=False
    ):
        if _same(want, before) and not _same(have, before):
            texts = write_apart(before, have)
            kind = "changed" if isinstance(before, np.ndarray) else "changed items"
            yield Problem(kind, f"the argument {name} was changed", *texts, name)
        elif _same(have, before) and not _same(want, before):
            texts = write_apart(want, have)
            yield Problem("unchanged", f"{name} was not changed", *texts, name)
        elif not _same(want, before):
            for problem in _compare(name, want, have, rule):
                yield replace(problem, says=f"after the call, {problem.says}")
    if _first_words(expected.warnings) != _first_words(got.warnings):
        said = "; ".join(got.warnings) or "nothing"
        is_log = any("divide by zero encountered in log" in w for w in got.warnings)
        yield Problem("log" if is_log else "warning", f"NumPy warned: {said}")


class _Rule(NamedTuple):
    rtol: float
    atol: float
    same_dtype: bool
    names: tuple[str, ...]  # of the values that are returned, () if not known


def _rule(question: Question, case: Case) -> _Rule:
    rtol = case.rtol or question.rtol
    return _Rule(rtol, question.atol, case.same_dtype, question.returns)


def _compare(where: str, want: Plain, have: Plain, rule: _Rule) -> Iterator[Problem]:
    """Yield what tells one value from another: kind and shape first, then numbers."""
    if have is None and want is not None:
        yield _problem("none", where, "is None", want, have)
    elif isinstance(want, dict):
        if not isinstance(have, dict):
            says = f"is not a dict of {', '.join(want)}"
            yield _problem("dict", where, says, want, have)
        elif missing := [repr(key) for key in want if key not in have]:
            says = f"lacks {', '.join(missing)}"
            yield _problem("keys", where, says, want, have)
        elif len(have) > len(want):
            says = "has more names than it should"
            yield _problem("keys", where, says, want, have)
        else:
            for key in want:
                name = f"value {key!r}" if where == RESULT else _part(where, repr(key))
                yield from _compare(name, want[key], have[key], rule)
    elif isinstance(want, tuple | list):
        count = len(want)
        if not isinstance(have, tuple | list) or len(have) != count:
            asked = f"{count} values" if count != 1 else "a list of 1"
            kind, says = "structure", f"is not {asked}"
            if isinstance(have, np.ndarray) and have.ndim:
                kind = "array" if len(have) == count else kind
                says = f"is one array of shape {have.shape}, not {asked}"
            yield _problem(kind, where, says, want, have)
            return
        names = [_part(where, str(i)) for i in range(count)]
        if where == RESULT:
            named = len(rule.names) == count
            numbers = [f"value {i} of {count}" for i in range(1, count + 1)]
            names = rule.names if named else numbers
        for name, item, other in zip(names, want, have, strict=True):
            yield from _compare(name, item, other, rule)
    elif want is None or isinstance(want, Opaque):
        if type(want) is not type(have) or want != have:
            yield _problem("value", where, "is wrong", want, have)
    elif isinstance(want, str) and isinstance(have, str):
        if want != have:
            yield _problem("value", where, "is wrong", want, have)
    elif isinstance(want, str) or isinstance(have, str | Opaque):
        kind = kind_of_type(want, have)
        asked = {"truth": "True or False", "word": "text"}.get(kind, "a number")
        yield _problem(kind, where, f"is not {asked}", want, have)
    elif isinstance(have, tuple | list | dict):
        asked = "array" if np.ndim(want) else "number"
        is_list = is_array_of(have, np.shape(want))
        says = f"is a {type(have).__name__}, not one {asked}"
        yield _problem("list" if is_list else "structure", where, says, want, have)
    elif isinstance(want, bool) and np.asarray(have).dtype != bool:
        yield _problem("truth", where, "is not True or False", want, have)
    else:
        yield from _compare_numbers(where, np.asarray(want), np.asarray(have), rule)


def _problem(
    kind: str, where: str, says: str, want: Plain, have: Plain, at: str = ""
) -> Problem:
    """Put a problem into words; `at` is the index of the one entry that is written."""
    name = "" if where == RESULT else _part(where, at) if at else where
    says = f"{where} {says}" + (f" at [{at}]" if at else "")
    written = (write(want), write(have))
    if kind in ("value", "close"):
        written = write_apart(want, have)
    return Problem(kind, says, *written, name)


def _part(where: str, index: str) -> str:
    """Name a part of what has a name, as in the learner's code if that is a name."""
    return f"[{index}] of {where}" if " " in where else f"{where}[{index}]"


def _compare_numbers(
    where: str, want: np.ndarray, have: np.ndarray, rule: _Rule
) -> Iterator[Problem]:
    if want.shape != have.shape:
        says = f"has shape {have.shape}, expected {want.shape}"
        yield _problem("shape", where, says, want, have)
        return
    real = want.dtype.kind in "iuf" and have.dtype.kind in "iuf"
    if (not real or rule.same_dtype) and want.dtype != have.dtype:
        says = f"is made of {have.dtype}, expected {want.dtype}"
        yield _problem("dtype", where, says, want, have)
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
        says = f"is {kind}" if not at else f"holds {have[at]}"
    else:
        at = np.unravel_index(np.argmax(np.where(wrong, relative, -1)), want.shape)
        kind = "close" if relative[at] < CLOSE else "value"
        says = f"is {'close but not right' if kind == 'close' else 'wrong'}"
    if want.size > ALL_SHOWN:  # the others would not tell more
        index = ", ".join(map(str, at))
        yield _problem(kind, where, says, want[at], have[at], index)
    else:
        yield _problem(kind, where, says, want, have)


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

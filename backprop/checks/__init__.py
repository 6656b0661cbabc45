"""Instant feedback on the exercises: `check("3.1", stable_sigmoid)`, `report()`.

One engine serves the learner, the tests and the batch grader:
`question` says what is asked, `run` calls an answer, `judge` compares, `show` displays.
"""

import importlib
import pkgutil
import types
from collections.abc import Callable

from backprop.checks.judge import judge, misnamed, outcomes_of, verdict
from backprop.checks.question import Question
from backprop.checks.run import clean, type_name
from backprop.checks.show import Report, Verdict

__all__ = ["QUESTIONS", "check", "report"]

# The modules named chapterNN beside this one, in the order of the book.
_CHAPTERS = [
    importlib.import_module(f"{__name__}.{module.name}")
    for module in pkgutil.iter_modules(__path__)
    if module.name.startswith("chapter")
]
QUESTIONS: dict[str, Question] = {
    question.id: question for chapter in _CHAPTERS for question in chapter.QUESTIONS
}

_verdicts: dict[str, Verdict] = {}  # the latest on each question of this session


def check(
    id: str | float, function: Callable | None = None, *, seed: int = 0
) -> Verdict:
    """Check the answer to a question; the verdict displays itself in a notebook.

    The same seed draws the same inputs, so that feedback changes only with the answer.

    Raises
    ------
    ValueError
        If there is no question with this id, or if the id does not come first.
    """
    question = _question(id)
    id = question.id
    reason = _not_an_answer(question, function)
    if reason:
        result = verdict(question, "wrong", advice=(reason,))
    else:
        cases = question.draw(seed)
        result = judge(question, cases, outcomes_of(function, cases))
    _verdicts[id] = result
    return result


def report() -> Report:
    """Sum up the exercise sets of which a question was checked in this session."""
    sets = {QUESTIONS[id].set for id in _verdicts}
    return Report(
        tuple(
            _verdicts.get(id) or verdict(question, "unanswered")
            for id, question in QUESTIONS.items()
            if question.set in sets
        )
    )


def _question(id: object) -> Question:
    if callable(id):
        raise ValueError('the id comes first: check("1.1", central_difference)')
    # 3.10 is the number 3.1: where there is a question 3.10, only text will do.
    if isinstance(id, float) and f"{id}0" not in QUESTIONS:
        id = str(id)
    if not isinstance(id, str) or id not in QUESTIONS:
        known = ", ".join(QUESTIONS)
        raise ValueError(f"there is no question {id!r}; the questions are {known}")
    return QUESTIONS[id]


def _not_an_answer(question: Question, function: object) -> str:
    """Say why `function` cannot be the answer at all, "" if it can."""
    if function is None or not callable(function):
        got = "nothing" if function is None else f"a {clean(type_name(type(function)))}"
        return (
            f"check was given {got}, but it needs the function itself, without "
            f'parentheses: check("{question.id}", {question.function})'
        )
    # Only a plain function surely carries its own name.
    if type(function) is types.FunctionType:
        return misnamed(question, clean(function.__name__, 60))
    return ""

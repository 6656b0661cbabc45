"""What a check found, and how it is shown: as text and as HTML.

The HTML inherits its colours, so that it holds on any background; the coloured edge
repeats what a symbol and a word already say. Whatever came from a learner is escaped.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from textwrap import indent
from typing import Literal

import numpy as np

from backprop.checks.run import Opaque, Plain, Source

Status = Literal["right", "wrong", "unanswered"]

SYMBOL = {"right": "✓", "wrong": "✗", "unanswered": "○"}
# Okabe and Ito's green and vermillion, and a grey: 3:1 on white and on black.
EDGE = {"right": "#009E73", "wrong": "#D55E00", "unanswered": "#808080"}
ALL_SHOWN = 6  # items of an axis up to which all are shown
MAX_LINE = 300  # characters of a written value
MAX_SAID = 3  # problems of a case that are put into words, others are only named
SHORT = 24  # characters of a value that finds a place in a line


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with the outcome of a case, in words."""

    kind: str
    says: str
    expected: str = ""
    got: str = ""
    where: str = ""  # what was expected and got: a name, "" of the one returned value


@dataclass(frozen=True)
class CaseResult:
    """One case: its label, details such as ("z", "0.5"), and what is wrong."""

    label: str
    details: tuple[tuple[str, str], ...]
    problems: tuple[Problem, ...]

    @property
    def status(self) -> Status:
        """Right without a problem."""
        return "wrong" if self.problems else "right"


@dataclass(frozen=True, repr=False)
class Verdict:
    """What a check found about one answer. Displays itself in a notebook."""

    id: str
    title: str
    max_points: int
    status: Status
    cases: tuple[CaseResult, ...] = ()
    misconception: str = ""  # name of the known wrong answer, "" if none is known
    advice: tuple[str, ...] = ()

    @property
    def points(self) -> int:
        """All of the question's points, or none."""
        return self.max_points if self.status == "right" else 0

    def __repr__(self) -> str:
        """Say it on a terminal."""
        lines = [f"{SYMBOL[self.status]} {_title(self)} · {_score(self)}"]
        lines += [f"  {sentence}" for sentence in self.advice]
        for status, summary, details in _rows(self):
            lines.append(f"  {SYMBOL[status]} {summary}")
            lines += [indent(details, " " * 6)] if details else []
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        items = [
            f'<li style="margin:.1em 0">{_mark(status)} {escape(summary)}'
            f"{_block(details)}</li>"
            for status, summary, details in _rows(self)
        ]
        return _frame(
            self.status,
            f"{_mark(self.status)} <strong>{escape(_title(self))}</strong>"
            f" · {_score(self)}",
            *(f'<p style="margin:.4em 0">{escape(text)}</p>' for text in self.advice),
            _list(items),
        )


@dataclass(frozen=True, repr=False)
class Report:
    """The verdicts on all questions of one or more exercise sets. Displays itself."""

    verdicts: tuple[Verdict, ...]

    @property
    def points(self) -> int:
        """Sum over the questions."""
        return sum(verdict.points for verdict in self.verdicts)

    @property
    def max_points(self) -> int:
        """Sum over the questions."""
        return sum(verdict.max_points for verdict in self.verdicts)

    @property
    def progress(self) -> str:
        """How far the learner is, such as "3 of 5 questions, 9 of 15 points"."""
        right = sum(verdict.status == "right" for verdict in self.verdicts)
        return (
            f"{right} of {len(self.verdicts)} questions, "
            f"{self.points} of {self.max_points} points"
        )

    @property
    def title(self) -> str:
        """Name the sets and the progress, or say that there is none yet."""
        if not self.verdicts:
            return "Nothing to report yet: run the cells with check(...) first."
        sets = dict.fromkeys(verdict.id.partition(".")[0] for verdict in self.verdicts)
        return f"Exercises {', '.join(sets)}: {self.progress}"

    def __repr__(self) -> str:
        """Say it on a terminal."""
        width = max((len(_title(verdict)) for verdict in self.verdicts), default=0)
        rows = [
            f"  {SYMBOL[v.status]} {_title(v):{width}}  {_score(v)}"
            for v in self.verdicts
        ]
        return "\n".join([self.title, *rows])

    def _repr_html_(self) -> str:
        done = all(verdict.status == "right" for verdict in self.verdicts)
        items = [
            f'<li style="margin:.1em 0">{_mark(v.status)} {escape(_title(v))}'
            f" · {_score(v)}</li>"
            for v in self.verdicts
        ]
        return _frame(
            "right" if done else "unanswered",
            f"<strong>{self.title}</strong>",
            _list(items),
        )


def write(value: Plain, digits: int = 5) -> str:
    """Write plain data: rounded, long arrays abbreviated, a matrix row by row."""
    text = _write(value, digits)
    return text if len(text) <= MAX_LINE else text[:MAX_LINE] + "…"


def write_apart(*values: Plain) -> tuple[str, ...]:
    """Write values with as few digits as tell them apart."""
    for digits in (5, 8, 12, 17):
        texts = tuple(write(value, digits) for value in values)
        if len(set(texts)) == len(texts):
            break
    return texts


def _write(value: Plain, digits: int) -> str:
    if isinstance(value, Opaque):
        return value.description
    if isinstance(value, Source):
        return value.text
    if isinstance(value, np.ndarray):
        if value.ndim > 3:
            return f"an array of shape {value.shape}"
        if not value.ndim:
            return _write(value.item(), digits)
        return _items(value, digits, "[]")
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, tuple | list):
        return _items(value, digits, "()" if isinstance(value, tuple) else "[]")
    if isinstance(value, dict):
        pairs = itertools.islice(value.items(), MAX_LINE)  # more would be cut off
        texts = [f"{key!r}: {_write(item, digits)}" for key, item in pairs]
        return "{" + ", ".join(texts) + "}"
    if isinstance(value, float | complex):
        return f"{value:.{digits}g}"
    return repr(value)


def _items(values: Sequence, digits: int, brackets: str) -> str:
    long = len(values) > ALL_SHOWN
    texts = [_write(value, digits) for value in (values[:3] if long else values)]
    if long:
        texts += ["…", _write(values[-1], digits)]
    if brackets == "()" and len(texts) == 1:
        return f"({texts[0]},)"
    is_array = isinstance(values, np.ndarray)
    matrix = is_array and values.ndim == 2 and values.shape[1] > 1
    apart = matrix or any("\n" in text for text in texts)  # each begins its own line
    texts = [text.replace("\n", "\n ") for text in texts]
    return brackets[0] + (",\n " if apart else ", ").join(texts) + brackets[1]


def _title(verdict: Verdict) -> str:
    return f"{verdict.id} {verdict.title}"


def _score(verdict: Verdict) -> str:
    if verdict.status == "unanswered":
        return "not answered yet"
    return f"{verdict.points} of {verdict.max_points} points"


def _summary(case: CaseResult, is_first: bool) -> str:
    """Say what is wrong in one line, which holds short numbers if nothing else does."""
    said = [problem.says for problem in case.problems[:MAX_SAID]]
    if left := case.problems[MAX_SAID:]:
        said.append("also " + ", ".join(p.where or p.says for p in left))
    if not is_first and len(case.problems) == 1:
        (problem,) = case.problems
        if 0 < len(problem.expected) <= SHORT and len(problem.got) <= SHORT:
            said[0] += f" (expected {problem.expected}, got {problem.got})"
    return f"{case.label}: {'; '.join(said)}" if said else case.label


def _rows(verdict: Verdict) -> Iterable[tuple[Status, str, str]]:
    """Give each case in one line, and the details of the first failure."""
    first = next((case for case in verdict.cases if case.problems), None)
    for case in verdict.cases:
        details = _details(case) if case is first else ""
        yield case.status, _summary(case, case is first), details


def _details(case: CaseResult) -> str:
    """Write what the case takes, and what was expected and got."""
    pairs = list(case.details)
    for problem in case.problems[:MAX_SAID]:
        if problem.expected:
            name = f" {problem.where}" if problem.where else ""
            pairs += [
                (f"expected{name}", problem.expected),
                (f"got{name}", problem.got),
            ]
    width = max((len(name) for name, _ in pairs), default=0)
    margin = "\n" + " " * (width + 2)
    return "\n".join(
        f"{name:{width}}  " + text.replace("\n", margin) for name, text in pairs
    )


def _mark(status: Status) -> str:
    label = "not answered yet" if status == "unanswered" else status
    return f'<span role="img" aria-label="{label}">{SYMBOL[status]}</span>'


def _block(text: str) -> str:
    if not text:
        return ""
    style = (
        "margin:.2em 0 .4em 1.4em;padding:0;border:0;background:none;color:inherit;"
        "white-space:pre-wrap;overflow-wrap:anywhere"
    )
    return f'<pre style="{style}">{escape(text)}</pre>'


def _list(items: list[str]) -> str:
    style = "list-style:none;margin:.3em 0 0;padding:0"
    return f'<ul style="{style}">{"".join(items)}</ul>' if items else ""


def _frame(status: Status, head: str, *parts: str) -> str:
    style = f"border-left:.3em solid {EDGE[status]};padding:.2em 0 .2em .8em"
    return f'<div style="{style}"><div>{head}</div>{"".join(parts)}</div>'

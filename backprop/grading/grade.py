"""Grade one submission: its code in the sandbox, the questions out here."""

import time
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path

from backprop.checks import QUESTIONS
from backprop.checks.judge import judge, misnamed, verdict
from backprop.checks.question import Case, Question
from backprop.checks.run import Failure, Outcome
from backprop.checks.show import Verdict
from backprop.grading.sandbox import EndedError, Limits, Sandbox, SandboxError
from backprop.grading.submissions import Submission

MAX_NOTE = 300  # characters


def questions_of(number: str) -> list[Question]:
    """Return the questions of an exercise set, in order."""
    return [question for question in QUESTIONS.values() if question.set == number]


class _Code:
    """A submission's code in a sandbox, started anew after an answer that ended it."""

    def __init__(self, cells: Sequence[str], inside: Path, limits: Limits) -> None:
        self._cells = list(cells)
        until = time.monotonic() + limits.seconds
        self._new = partial(Sandbox, inside, limits, until)
        self._sandbox: Sandbox | None = None
        self._defined: dict[str, str] = {}
        self._over = ""  # why it cannot be started again
        self.notes: list[str] = []

    def verdict_on(self, question: Question, cases: Sequence[Case]) -> Verdict:
        """Call the answer with each case, and judge what it did."""
        outcomes: list[Outcome] = []
        try:
            if not self._sandbox:
                self._start()
            own_name = self._defined.get(question.function)
            if own_name is None:
                return verdict(question, "unanswered")
            if advice := misnamed(question, own_name):
                return verdict(question, "wrong", advice=(advice,))
            for case in cases:
                outcomes.append(self._sandbox.call(question.function, case))
        except EndedError as error:
            self.close()
            if not self._over:
                self.notes.append(f"question {question.id}: {error}")
            lost = Outcome(None, Failure("Ended", str(error), ""), (), "", ())
            outcomes += [lost] * (len(cases) - len(outcomes))
        return judge(question, cases, outcomes)

    def close(self) -> None:
        """End what runs."""
        if self._sandbox:
            self._sandbox.close()
        self._sandbox = None

    def _start(self) -> None:
        if self._over:
            raise EndedError(self._over)
        try:
            self._sandbox = self._anew()
            errors, self._defined = self._sandbox.run_cells(self._cells)
        except EndedError as error:
            self._over = f"its cells: {error}"
            self.notes.append(self._over)
            raise
        self.notes = self.notes or errors

    def _anew(self) -> Sandbox:
        try:
            return self._new()
        except SandboxError:
            if not self.notes:  # the first one: no sandbox is to be had here
                raise
            raise EndedError("it could not be started again") from None


class Grader:
    """Grades submissions one after another; each worker of a run has one.

    `inside` holds, for each set, a folder that `write_inside` made.
    """

    def __init__(self, inside: Path, limits: Limits, seed: int) -> None:
        self._inside, self._limits = inside, limits
        self._draw = cache(lambda question: question.draw(seed))  # once for a class

    def grade(self, submission: Submission) -> tuple[dict, list[Verdict]]:
        """Return the record of a submission, and a verdict on each question.

        Raises
        ------
        SandboxError
            If there is no sandbox to be had.
        """
        start = time.monotonic()
        verdicts, notes = [], [submission.problem]
        if not submission.problem:
            inside = self._inside / submission.set
            code = _Code(submission.cells, inside, self._limits)
            try:
                for question in questions_of(submission.set):
                    cases = self._draw(question)
                    verdicts.append(code.verdict_on(question, cases))
            finally:
                code.close()
            notes = code.notes
        record = {
            "student": submission.student,
            "file": submission.file,
            "digest": submission.digest,
            "set": submission.set,
            "points": sum(verdict.points for verdict in verdicts),
            "maximum": sum(verdict.max_points for verdict in verdicts),
            "note": "; ".join(notes)[:MAX_NOTE],
            "seconds": round(time.monotonic() - start, 3),
            "questions": {verdict.id: _summary(verdict) for verdict in verdicts},
        }
        return record, verdicts


def _summary(verdict: Verdict) -> dict:
    """Return what grades.json says about an answer."""
    return {
        "title": verdict.title,
        "status": verdict.status,
        "points": verdict.points,
        "maximum": verdict.max_points,
        "misconception": verdict.misconception,
        "hint": verdict.advice[0] if verdict.misconception else "",
        "cases": [
            {"case": case.label, "passed": case.status == "right"}
            for case in verdict.cases
        ],
    }

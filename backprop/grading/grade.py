"""Grade one submission: its code in the sandbox, the questions out here."""

import time
from pathlib import Path

from backprop.checks import QUESTIONS
from backprop.checks.judge import judge, verdict
from backprop.checks.question import Question
from backprop.checks.run import Failure, Outcome
from backprop.checks.show import Verdict
from backprop.grading.sandbox import EndedError, Limits, Sandbox
from backprop.grading.submissions import Submission

MAX_NOTE = 300  # characters


def questions_of(number: str) -> list[Question]:
    """Return the questions of an exercise set, in order."""
    return [question for question in QUESTIONS.values() if question.set == number]


class Grader:
    """Grades submissions one after another; each worker of a run has one.

    `inside` holds, for each set, a folder that `write_inside` made.
    """

    def __init__(self, inside: Path, limits: Limits, seed: int, number: int) -> None:
        self._inside, self._limits = inside, limits
        self._seed, self._number = seed, number

    def grade(self, submission: Submission) -> tuple[dict, list[Verdict]]:
        """Return the record of a submission, and a verdict on each question.

        Raises
        ------
        SandboxError
            If there is no sandbox to be had.
        """
        start = time.monotonic()
        verdicts, note = [], submission.problem
        if not note:
            verdicts, note = self._verdicts(submission)
        record = {
            "student": submission.student,
            "file": submission.file,
            "digest": submission.digest,
            "set": submission.set,
            "points": sum(verdict.points for verdict in verdicts),
            "maximum": sum(verdict.max_points for verdict in verdicts),
            "note": note[:MAX_NOTE],
            "seconds": round(time.monotonic() - start, 3),
            "questions": {verdict.id: _summary(verdict) for verdict in verdicts},
        }
        return record, verdicts

    def _verdicts(self, submission: Submission) -> tuple[list[Verdict], str]:
        sandbox, verdicts, notes = None, [], []
        until = time.monotonic() + self._limits.seconds
        try:
            for question in questions_of(submission.set):
                cases, outcomes = question.draw(self._seed), []
                ended = ""
                try:
                    if sandbox is None:
                        sandbox = Sandbox(
                            self._inside / submission.set,
                            self._limits,
                            self._number,
                            until,
                        )
                        errors, defined = sandbox.run_cells(list(submission.cells))
                        notes = notes or errors
                    if question.function in defined:
                        for case in cases:
                            outcomes.append(sandbox.call(question.function, case.args))
                except EndedError as error:
                    ended = str(error)
                    notes.append(f"question {question.id}: {ended}")
                    sandbox.close()
                    sandbox = None
                if not ended and not outcomes:
                    verdicts.append(verdict(question, "unanswered"))
                    continue
                lost = Outcome(None, Failure("Ended", ended, ""), (), "", ())
                outcomes += [lost] * (len(cases) - len(outcomes))
                verdicts.append(judge(question, cases, outcomes))
        finally:
            if sandbox is not None:
                sandbox.close()
        return verdicts, "; ".join(notes)


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

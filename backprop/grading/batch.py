"""The command: options, workers, and a run that can be interrupted and resumed."""

import argparse
import dataclasses
import itertools
import multiprocessing
import multiprocessing.connection
import os
import secrets
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from tqdm import tqdm

from backprop.checks import QUESTIONS
from backprop.checks.run import clean
from backprop.grading import report
from backprop.grading.grade import Grader, questions_of
from backprop.grading.progress import Progress
from backprop.grading.sandbox import Limits, SandboxError, write_inside
from backprop.grading.submissions import Submission, find

AHEAD = 4  # submissions in memory for each worker

_grader: Grader  # of this worker's process
_out: Path
_gradescope: bool


def arguments(words: list[str]) -> argparse.Namespace:
    """Return the options of a command."""
    parser = argparse.ArgumentParser(
        prog="python -m backprop.grading",
        description="Grade exercise notebooks. Their code runs in a sandbox.",
    )
    add = parser.add_argument
    add("submissions", type=Path, help="a folder or a zip of notebooks")
    add("--out", type=Path, required=True, help="where the grades go")
    add("-j", type=_positive, default=os.cpu_count(), help="how many at a time")
    add("--seed", type=int, help="draw the same inputs again (default: new ones)")
    add("--only", metavar="SET", choices=_sets(), help="grade this exercise set only")
    add("--resume", action="store_true", help="go on with what is in --out")
    add("--gradescope", action="store_true", help="write Gradescope's results, too")
    for field in dataclasses.fields(Limits):
        name = "--" + field.name.replace("_", "-")
        kind = type(field.default)
        text = f"limit of a submission (default: {field.default})"
        add(name, type=kind, default=field.default, help=text)
    return parser.parse_args(words)


def _positive(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {number}")
    return number


def _sets() -> list[str]:
    return list(dict.fromkeys(question.set for question in QUESTIONS.values()))


# --- in a worker ----------------------------------------------------------------------


def _prepare(inside, limits, seed, out, gradescope) -> None:
    global _grader, _out, _gradescope
    _grader = Grader(inside, limits, seed)
    _out, _gradescope = out, gradescope
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Wait for the run to be killed; without it, a worker would wait for ever."""
    multiprocessing.connection.wait([multiprocessing.parent_process().sentinel])
    os._exit(1)


def _grade(submission: Submission) -> dict:
    try:
        return _graded(submission)
    except (SandboxError, OSError):  # no other one could be graded either
        raise
    except Exception as error:  # a mistake of the grader costs one submission
        return _graded(_refused(submission, f"the grader failed: {error!r}"))


def _refused(submission: Submission, reason: str) -> Submission:
    return dataclasses.replace(submission, cells=(), problem=clean(reason, 200))


def _graded(submission: Submission) -> dict:
    record, verdicts = _grader.grade(submission)
    name = record["page"] = report.page_name(submission.student, submission.file)
    page = report.feedback(record, verdicts)
    report.write(_out / "feedback" / f"{name}.html", page)
    if _gradescope:
        results = report.gradescope(record, verdicts)
        report.write(_out / "gradescope" / name / "results.json", [results])
    return record


# --- the run --------------------------------------------------------------------------


def to_grade(
    submissions: Iterator[Submission], only: str | None, progress: Progress
) -> Iterator[Submission]:
    """Yield what is still to be graded; of two for one set, only the first counts."""
    for submission in submissions:
        if only and submission.set and submission.set != only:
            continue
        if not submission.problem:
            set_, file = submission.set, submission.file
            other = progress.first(submission.student, set_, file)
            if other != file:
                reason = f"a second notebook for set {set_}, beside {other}"
                submission = _refused(submission, reason)
        if not progress.holds(submission.file, submission.digest):
            yield submission


def main(words: list[str]) -> int:
    """Grade, and say what became of it."""
    options = arguments(words)
    out: Path = options.out
    kinds = [field.name for field in dataclasses.fields(Limits)]
    limits = Limits(**{kind: getattr(options, kind) for kind in kinds})
    run = {"seed": options.seed, "only": options.only}
    try:
        graded, others = _run(options, out, limits, run)
    except (SandboxError, ValueError, OSError) as error:
        print(f"✗ {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(
            "\nInterrupted. To go on: the same command with --resume", file=sys.stderr
        )
        return 130
    print(f"✓ {graded} graded, {others} not: {out}/index.html")
    return 0


def _run(options, out: Path, limits: Limits, run: dict) -> tuple[int, int]:
    """Grade what is left, write the reports, count what is graded and what is not."""
    submissions = find(options.submissions, set(_sets()))
    first = next(submissions, None)
    if first is None:
        raise ValueError(f"{options.submissions} holds no submission")
    out.mkdir(parents=True, exist_ok=True)
    with Progress(out) as progress, tempfile.TemporaryDirectory() as folder:
        if before := progress.run:
            if not options.resume:
                raise ValueError(
                    f"{out} holds the grades of another run: add --resume to go on "
                    "with it, or name another folder"
                )
            seed_differs = run["seed"] not in (None, before["seed"])
            if seed_differs or run["only"] != before["only"]:
                raise ValueError(
                    f"{out} was graded with {before}, and this run asks {run}"
                )
            run = before
        else:
            if run["seed"] is None:
                run["seed"] = secrets.randbelow(2**31)
            progress.run = run
        inside = Path(folder)
        for number in _sets():
            (inside / number).mkdir()
            names = {question.function for question in questions_of(number)}
            write_inside(inside / number, names)
        inside.chmod(0o755)
        settings = (inside, limits, run["seed"], out, options.gradescope)
        waiting = to_grade(itertools.chain([first], submissions), run["only"], progress)
        for record in _in_parallel(waiting, options.j, settings):
            progress.add(record)
        return report.write_all(out, run, progress)


def _in_parallel(waiting: Iterator[Submission], j: int, settings) -> Iterator[dict]:
    """Yield a record of each; those that a dying worker left are graded one by one.

    So whatever ends a worker (as a rule the system, short of memory) costs the one
    submission that it was graded for, and not the run.
    """
    with tqdm(unit="submission", disable=None) as bar:
        while left := (yield from _in_pool(waiting, j, settings, bar)):
            for submission in left:
                if (yield from _in_pool(iter([submission]), 1, settings, bar)):
                    reason = "the grader's process died of it: memory?"
                    again = iter([_refused(submission, reason)])
                    yield from _in_pool(again, 1, settings, bar)


def _in_pool(waiting: Iterator[Submission], j: int, settings, bar) -> Iterator[dict]:
    """Yield a record of each; return those that are left when a worker has died."""
    context = multiprocessing.get_context("spawn")
    left: list[Submission] = []
    running: dict[Future, Submission] = {}
    with ProcessPoolExecutor(j, context, _prepare, settings) as pool:
        try:
            while True:
                for submission in itertools.islice(waiting, AHEAD * j - len(running)):
                    left.append(submission)
                    running[pool.submit(_grade, submission)] = submission
                if not running:
                    return left
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    record = future.result()
                    left.remove(running.pop(future))
                    bar.update()
                    yield record
        except BrokenProcessPool:
            return left
        except (KeyboardInterrupt, GeneratorExit):
            for worker in multiprocessing.active_children():
                worker.terminate()  # and its sandbox with it: nobody waits for them
            raise
        finally:
            pool.shutdown(cancel_futures=True)

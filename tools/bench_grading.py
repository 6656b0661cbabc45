"""Grade 500 submissions, and 500 with two other graders: `make bench-grading`.

Ours grades a class with every attack in it. otter-grader and nbgrader, installed beside
each other in an environment of their own, grade 500 copies of the solution of set 3
against equivalent tests, which takes about an hour (`--copies` for fewer), and those
attacks that do no harm outside of a sandbox; all of it in bubblewrap all the same.
Of the others, what is timed is the processor, so that other work hardly matters.
"""

import argparse
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
import numpy as np

from backprop.checks.judge import outcomes_of
from backprop.grading.grade import questions_of
from tests.hostile import ATTACKS
from tools.notebooks import ROOT

SET, CLASS = "3", 500
QUESTIONS = questions_of(SET)
SOLUTION = ROOT / "solutions" / "03_sigmoid_neuron.ipynb"

# Attacks that stay within a process. The others would fill, fork or delete.
HARMLESS = (
    "patched-comparisons",
    "always-equal-array",
    "always-equal-object",
    "object-that-claims-a-class",
    "metaclass",
    "exit",
    "exit-in-a-cell",
    "loop-that-swallows-interrupts",
    "loop-in-a-cell",
    "environment",
    "writes-outside",
)
SECONDS = 30  # after which a grader counts as hung by one submission

# Runs a command, and adds the seconds of its processes to a file.
TIMED = """
import resource, subprocess, sys
subprocess.run(sys.argv[2:])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(sys.argv[1], "a") as file:
    print(used.ru_utime + used.ru_stime, file=file)
"""

COMPARE = """
import copy
import numpy as np
from numpy import array, float32
def same(have, want):
    if isinstance(want, (tuple, list)):
        assert len(have) == len(want)
        for pair in zip(have, want):
            same(*pair)
    else:
        assert np.shape(have) == np.shape(want)
        assert np.allclose(have, want, rtol=1e-6, atol=1e-12)
def case(function, args, value, after):
    args = copy.deepcopy(args)
    same(function(*args), value)
    same(args, after)
"""


def code(source: str) -> dict:
    """Return a code cell."""
    return {"cell_type": "code", "source": source, "metadata": {}, "outputs": []}


def notebook(*sources: str) -> str:
    """Return a notebook of set 3 with these cells."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel, "backprop": {"set": SET}}
    cells = [
        code(source) | {"id": f"c{i}", "execution_count": None}
        for i, source in enumerate(sources)
    ]
    return json.dumps(
        {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    )


def answers() -> list[str]:
    """Return the solution's cells, without its own checks."""
    cells = nbformat.read(SOLUTION, as_version=4).cells
    lines = (
        [line for line in cell.source.splitlines() if "check" not in line]
        for cell in cells
        if cell.cell_type == "code" and "report()" not in cell.source
    )
    return ["\n".join(kept) for kept in lines if any(kept)]


def cases(question) -> Iterator[str]:
    """Return a line of a test for each case: the call, and what it should do."""
    drawn = question.draw(1)
    for case, outcome in zip(
        drawn, outcomes_of(question.reference, drawn), strict=True
    ):
        args, value, after = tuple(case.args), outcome.value, outcome.args
        with np.printoptions(precision=17, threshold=sys.maxsize):
            yield f"case({question.function}, {args!r}, {value!r}, {after!r})"


# --- ours -----------------------------------------------------------------------------


def grade(folder: Path, out: Path, workers: int) -> tuple[list[dict], float]:
    """Grade a folder; return the records, and the seconds that it took."""
    words = [sys.executable, "-m", "backprop.grading", folder, "--out", out]
    start = time.perf_counter()
    subprocess.run([*map(str, words), "-j", str(workers)], check=True, cwd=ROOT)
    spent = time.perf_counter() - start
    return json.loads((out / "grades.json").read_text())["submissions"], spent


def copies(folder: Path, number: int) -> Path:
    """Make a folder with so many copies of the solution, and return it."""
    folder.mkdir()
    for i in range(number):
        shutil.copy(SOLUTION, folder / f"student{i:03}.ipynb")
    return folder


def ours(folder: Path, workers: int) -> None:
    """Grade 500 copies, then a class with every attack; print what came of it."""
    records, _ = grade(copies(folder / "copies", CLASS), folder / "out", workers)
    print(
        f"ours: {sum(r['seconds'] for r in records) / CLASS:.3f} s each, {CLASS} "
        f"copies, {sum(r['points'] == 15 for r in records)} with all points"
    )

    submissions = copies(folder / "class", CLASS - len(ATTACKS))
    for name, attack in ATTACKS.items():
        text = notebook(attack.replace("<canary>", str(folder)))
        (submissions / f"hostile-{name}.ipynb").write_text(text)
    records, spent = grade(submissions, folder / "grades", workers)
    honest = [r for r in records if r["student"].startswith("student")]
    hostile = [r for r in records if r["student"].startswith("hostile")]
    print(f"{len(records)} submissions in {spent:.0f} s with {workers} workers")
    print(
        f"  honest : {len(honest)}, {sum(r['points'] == 15 for r in honest)} with all "
        "points"
    )
    print(
        f"  hostile: {len(hostile)}, {sum(r['points'] > 0 for r in hostile)} with "
        f"points, the longest {max(r['seconds'] for r in hostile):.0f} s"
    )


# --- theirs ---------------------------------------------------------------------------


def in_sandbox(folder: Path, command: list[str], seconds: float) -> float | None:
    """Run a command that sees the system and may write to `folder` only.

    Return the seconds it took, None if it took too long. The seconds of the processor
    are added to the file `used` in there.
    """
    program = ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
    program += ["--bind", str(folder), str(folder)]
    program += ["--unshare-net", "--unshare-pid", "--die-with-parent", "--clearenv"]
    settings = {
        "PATH": f"{Path(command[0]).parent}:/usr/bin:/bin",
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
    }
    program += [part for pair in settings.items() for part in ("--setenv", *pair)]
    start = time.perf_counter()
    try:
        subprocess.run(
            [*program, sys.executable, "-c", TIMED, str(folder / "used"), *command],
            cwd=folder,
            timeout=seconds,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    return time.perf_counter() - start


class Otter:
    """otter-grader: `otter run`, a process for each submission."""

    name = "otter-grader"

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder, self.otter = folder, str(programs / "otter")
        (folder / "tests").mkdir(parents=True)
        for question in QUESTIONS:
            tests = "".join(
                f"\n@test_case()\ndef test_{i}({question.function}):\n    {line}\n"
                for i, line in enumerate(cases(question))
            )
            head = f"OK_FORMAT = False\nname = 'q{question.id}'\n"
            head += (
                f"points = {question.points}\nfrom otter.test_files import test_case"
            )
            file = folder / "tests" / f"q{question.id.replace('.', '_')}.py"
            file.write_text(head + COMPARE + tests)
        make = [self.otter, "generate", "-t", "tests", "-o", "autograder.zip"]
        in_sandbox(folder, make, 120)

    def grade_copies(self, copies: int) -> list[float]:
        """Return the points of each."""
        return [self.grade(f"copy{i:03}", answers())[1] for i in range(copies)]

    def grade(self, name: str, cells: list[str]) -> tuple[float | None, float]:
        """Return the seconds, None if it hung, and the points."""
        out = self.folder / name
        out.mkdir()
        (out / "a.ipynb").write_text(notebook(*cells))
        command = [self.otter, "run", "-a", "autograder.zip", "-o", name, "--no-logo"]
        seconds = in_sandbox(self.folder, [*command, f"{name}/a.ipynb"], SECONDS)
        results = out / "results.json"
        tests = json.loads(results.read_text())["tests"] if results.exists() else []
        return seconds, sum(test.get("score", 0) for test in tests)


class Nbgrader:
    """nbgrader: one `nbgrader autograde`, a kernel for each submission."""

    name = "nbgrader"

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder, self.nbgrader = folder, str(programs / "nbgrader")
        self.cells = self._with_tests(answers())
        source = folder / "source" / "ps"
        source.mkdir(parents=True)
        (source / "a.ipynb").write_text(self._text(self.cells))
        (folder / "nbgrader_config.py").write_text(
            "c = get_config()\nc.CourseDirectory.course_id = 'course'\n"
            f"c.ExecutePreprocessor.timeout = {SECONDS // 3}\n"
        )
        in_sandbox(folder, [self.nbgrader, "generate_assignment", "ps"], 120)

    @staticmethod
    def _with_tests(cells: list[str]) -> list[dict]:
        made = []
        for source in cells:
            asked = [q for q in QUESTIONS if f"def {q.function}(" in source]
            kind = {"locked": False, "schema_version": 3, "task": False}
            for q in asked:
                tagged = kind | {
                    "grade_id": q.function,
                    "grade": False,
                    "solution": True,
                }
                made.append(code(source) | {"metadata": {"nbgrader": tagged}})
                lines = COMPARE + "\n".join(cases(q))
                tagged = kind | {"grade_id": f"test_{q.function}", "points": q.points}
                tagged |= {"locked": True, "grade": True, "solution": False}
                made.append(code(lines) | {"metadata": {"nbgrader": tagged}})
            if not asked:
                made.append(code(source))
        return made

    @staticmethod
    def _text(cells: list[dict]) -> str:
        document = json.loads(notebook())
        document["cells"] = [
            cell | {"id": f"c{i}", "execution_count": None}
            for i, cell in enumerate(cells)
        ]
        return json.dumps(document)

    def grade_copies(self, copies: int) -> list[float]:
        """Return the points of each."""
        names = [f"copy{i:03}" for i in range(copies)]
        for name in names:
            self._submit(name, self.cells)
        self._autograde(copies * SECONDS)
        points = self._points()
        return [points.get(name, 0) for name in names]

    def grade(self, name: str, attack: list[str]) -> tuple[float | None, float]:
        """Return the seconds, None if it hung, and the points of an attack.

        It stands in place of every answer.
        """
        tests = [
            c for c in self.cells if c["metadata"].get("nbgrader", {}).get("grade")
        ]
        self._submit(name, [code("\n".join(attack)), *tests])
        return self._autograde(SECONDS, "--student", name), self._points().get(name, 0)

    def _submit(self, name: str, cells: list[dict]) -> None:
        submitted = self.folder / "submitted" / name / "ps"
        submitted.mkdir(parents=True)
        (submitted / "a.ipynb").write_text(self._text(cells))

    def _autograde(self, seconds: float, *options: str) -> float | None:
        command = [self.nbgrader, "autograde", "ps", "--create", *options]
        return in_sandbox(self.folder, command, seconds)

    def _points(self) -> dict[str, float]:
        """Return the points of every student graded so far."""
        table = self.folder / "grades.csv"
        table.unlink(missing_ok=True)
        in_sandbox(self.folder, [self.nbgrader, "export"], 60)
        if not table.exists():
            return {}
        with table.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file)
            return {row["student_id"]: float(row["score"] or 0) for row in rows}


def theirs(grader: Otter | Nbgrader, copies: int) -> None:
    """Time copies of the solution, then try the attacks; print what came of it."""
    (grader.folder / "used").unlink(missing_ok=True)
    points = grader.grade_copies(copies)
    used = sum(map(float, (grader.folder / "used").read_text().split()))
    print(
        f"{grader.name}: {used / copies:.2f} s each, {copies} copies, "
        f"{points.count(15)} with all points",
        flush=True,
    )
    for name in HARMLESS:
        attack = ATTACKS[name].replace("<canary>", str(grader.folder))
        seconds, points = grader.grade(f"attack-{name}", [attack])
        written = grader.folder / "written"
        outcome = [f"{points:g} points"]
        outcome += ["hung"] if seconds is None else []
        outcome += ["wrote outside"] if written.exists() else []
        print(f"  {name:<32}{', '.join(outcome)}", flush=True)


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--copies", type=int, default=CLASS, help="for the others")
    parser.add_argument("--graders", type=Path, help="the bin folder that holds them")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ours(Path(folder), options.workers)
        for kind in (Otter, Nbgrader) if options.graders else ():
            grader = kind(Path(folder, kind.name), options.graders.absolute())
            theirs(grader, options.copies)


if __name__ == "__main__":
    main()

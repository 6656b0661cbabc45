"""The batch grader: the same verdicts as in the notebook, and no way round it."""

import contextlib
import csv
import dataclasses
import functools
import io
import json
import os
import shutil
import signal
import sqlite3
import stat
import struct
import subprocess
import sys
import time
import tracemalloc
import zipfile
from contextlib import closing
from pathlib import Path

import nbformat
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from hostile import ATTACKS
from hypothesis import given
from hypothesis import strategies as st
from killed import grade_or_be_killed

from backprop import checks
from backprop.checks import QUESTIONS, check
from backprop.checks.question import Case, Question, wrong
from backprop.checks.run import Opaque, Outcome, Source, run
from backprop.grading import batch, report, sandbox, syscalls, wire
from backprop.grading.grade import Grader, questions_of
from backprop.grading.progress import Progress
from backprop.grading.sandbox import (
    EndedError,
    Limits,
    Sandbox,
    SandboxError,
    write_inside,
)
from backprop.grading.submissions import MAX_BYTES, Submission, find

ROOT = Path(__file__).parents[1]
SETS = list(dict.fromkeys(question.set for question in QUESTIONS.values()))
SECONDS = 1.0  # for one call of an attack

needs_sandbox = pytest.mark.skipif(
    not shutil.which("bwrap") and os.environ.get("REQUIRE_BUBBLEWRAP") != "1",
    reason="bubblewrap is not installed: grading was not tested",
)


def cells_of(path):
    nb = nbformat.read(path, as_version=4)
    return tuple(cell.source for cell in nb.cells if cell.cell_type == "code")


SOLUTIONS = {
    path.name.split("_")[0].lstrip("0"): cells_of(path)
    for path in sorted(ROOT.glob("solutions/*.ipynb"))
}


def prepared(folder, answers):
    """Write what the sandbox shows for each set, without the answers to it."""
    for number in SETS:
        (folder / number).mkdir()
        write_inside(folder / number, answers(number))
    return folder


@pytest.fixture(scope="module")
def inside(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inside")
    return prepared(folder, lambda n: {q.function for q in questions_of(n)})


@pytest.fixture(scope="module")
def grade(inside):
    """Grade the cells of one submission; return its record and verdicts."""
    grader = functools.cache(lambda limits, seed: Grader(inside, limits, seed))

    def grade(number, *cells, seed=1, **limits):
        limits = Limits(**{"seconds": 100, "call_seconds": 30} | limits)
        submission = Submission("somebody", "a.ipynb", number, cells)
        return grader(limits, seed).grade(submission)

    return grade


def processes():
    """Return the command lines of what runs in a sandbox now."""
    lines = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if b"/grader/worker.py" in line and b"bwrap" not in line.split(b"\0")[0]:
            lines.append(line)
    return lines


# --- the same verdicts as in the notebook ---------------------------------------------


@needs_sandbox
@pytest.mark.parametrize("number", SETS)
def test_solutions_get_full_marks(number, grade):
    record, verdicts = grade(number, *SOLUTIONS[number])
    assert record["note"] == ""
    assert record["points"] == record["maximum"] > 0, verdicts


@needs_sandbox
@pytest.mark.parametrize("number", SETS)
def test_unanswered_exercises_get_no_points_and_no_blame(number, grade):
    [path] = ROOT.glob(f"exercises/{int(number):02}_*.ipynb")
    record, verdicts = grade(number, *cells_of(path))
    assert record["points"] == 0
    assert {verdict.status for verdict in verdicts} == {"unanswered"}


# A chapter's file of questions, as a cell: its wrong answers are then the learner's.
AS_A_CELL = """
import sys, types
answers = {}  # by line, because two questions may give one name to two functions
question = types.ModuleType("backprop.checks.question")
def wrong(hint):
    def keep(function):
        function.function = function  # as of a Wrong
        return answers.setdefault(function.__code__.co_firstlineno, function)
    return keep
question.wrong = wrong
question.Case = question.Question = lambda *args, **kwargs: None
sys.modules["backprop.checks.question"] = question
import run
sys.modules["backprop.checks.run"] = run
import backprop.checks
backprop.checks.__path__ = []
"""


@needs_sandbox
@pytest.mark.parametrize("number", SETS)
def test_known_wrong_answers_get_the_hint_of_the_notebook(
    number, tmp_path, monkeypatch
):
    asked, given, expected = [], [], []
    for question in questions_of(number):
        cases = question.draw(0)
        own = {"cases": lambda _, cases=cases: cases}  # drawn once for all its answers
        for i, known in enumerate(question.wrong):
            name = f"answer_{len(asked)}"
            line = known.function.__code__.co_firstlineno
            given.append(f"{name} = answers[{line}]\n{name}.__name__ = {name!r}")
            own["id"] = f"{question.id}.{i}"
            asked.append(dataclasses.replace(question, function=name, **own))
            expected.append((own["id"], known.name, known.hint))
    module = sys.modules[f"backprop.checks.chapter{int(number):02}"]
    source = Path(module.__file__).read_text(encoding="utf-8")
    define = f"exec({source!r}, types.ModuleType('book').__dict__)"
    # All in one notebook, as if each had a question of its own.
    monkeypatch.setattr("backprop.grading.grade.questions_of", lambda number: asked)
    grader = Grader(prepared(tmp_path, lambda number: ()), Limits(600, 30), seed=0)
    cells = (AS_A_CELL, define, "\n".join(given))
    record, _ = grader.grade(Submission("somebody", "a.ipynb", number, cells))
    assert record["note"] == ""
    found = record["questions"].items()
    assert [(id_, q["misconception"], q["hint"]) for id_, q in found] == expected


@needs_sandbox
def test_the_verdict_is_that_of_the_notebook_word_for_word(grade):
    def update(x, y, w, b, lr):
        w -= lr * x  # writes into the caller's array
        print("a trace")
        return w.astype(np.float32), b

    source = (
        "def update(x, y, w, b, lr):\n"
        "    w -= lr * x  # writes into the caller's array\n"
        "    print('a trace')\n"
        "    return w.astype('float32'), b\n"
    )
    _, verdicts = grade("3", source, seed=0)
    assert repr(verdicts[3]) == repr(check("3.4", update, seed=0))


@needs_sandbox
def test_a_function_by_a_second_name_is_refused_as_in_the_notebook(grade):
    from backprop.neuron import sigmoid

    cell = "from backprop.neuron import sigmoid\nstable_sigmoid = sigmoid"
    record, verdicts = grade("3", cell)
    assert record["points"] == 0
    assert repr(verdicts[0]) == repr(check("3.1", sigmoid))


@needs_sandbox
def test_a_lambda_a_crash_and_a_factor_are_seen_as_in_the_notebook(grade):
    source = (
        "import numpy as np\n"
        "weight_slopes = lambda dZ, X: X.T @ dZ\n"
        "def input_slopes(dZ, W): return np.dot(dZ, W)\n"
        "bias_slopes = lambda dZ: dZ.sum(axis=0) / 2\n"
        "def layer_backward(dZ, X, W): raise ValueError('oops')\n"
    )
    answers = {}
    exec(compile(source, "<cell 1>", "exec"), answers)
    _, verdicts = grade("6", source, seed=0)
    for verdict in verdicts[:4]:
        function = answers[QUESTIONS[verdict.id].function]
        mine = check(verdict.id, function, seed=0)
        assert (verdict.status, verdict.misconception, verdict.advice) == (
            mine.status,
            mine.misconception,
            mine.advice,
        )
    assert verdicts[0].points == 2
    known = [verdict.misconception for verdict in verdicts[:4]]
    assert known == ["", "weights_not_turned", "", ""]
    assert "exactly half" in verdicts[2].advice[0]


VALUE = """
class Value:
    def __init__(self, data):
        self.data, self.grad = data, 0.0
    def __mul__(self, other):
        out = Value(self.data * other.data)
        out.parents = (self, other)
        return out
    def backward(self):
        a, b = self.parents
        a.grad += b.data
        b.grad += a.data
"""


@needs_sandbox
def test_a_class_is_used_in_the_sandbox_as_in_the_notebook(grade, monkeypatch):
    right, silent = {}, {}
    exec(VALUE, right)
    exec(VALUE.replace("+=", "="), silent)
    square = Source("lambda Value, x: [y := Value(x), (y * y).backward(), y.grad][2]")
    question = Question(
        id="3.9",
        title="an engine",
        level="core",
        points=2,
        function="Value",
        reference=right["Value"],
        cases=lambda rng: [Case("x · x", (float(rng.uniform(2, 3)),), use=square)],
        wrong=(wrong("= forgets one of the uses")(silent["Value"]),),
    )
    monkeypatch.setitem(QUESTIONS, "3.9", question)
    monkeypatch.setattr(checks, "_verdicts", {})  # report() knows no 3.9
    for cell, points in ((VALUE, 2), (VALUE.replace("+=", "="), 0)):
        record, verdicts = grade("3", cell, seed=0)
        assert record["points"] == points
        answer = {}
        exec(cell, answer)
        assert repr(verdicts[-1]) == repr(check("3.9", answer["Value"], seed=0))
    assert verdicts[-1].advice == ("= forgets one of the uses",)


@needs_sandbox
def test_cells_that_fail_and_magics_do_not_stop_the_others(grade):
    cells = [
        "%matplotlib inline\n!ls\nx = 1",
        "1 / 0",
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\ndisplay(1)",
        "%%bash\nexit 1",
        "raise SystemExit",
        *SOLUTIONS["3"],
    ]
    record, _ = grade("3", *cells)
    assert record["points"] == record["maximum"]
    assert record["note"].startswith("cell 2: ZeroDivisionError")
    assert "cell 5: SystemExit" in record["note"]
    assert "cell 4" not in record["note"]


@needs_sandbox
def test_a_sandbox_that_cannot_be_started_again_ends_one_submission(grade, monkeypatch):
    sandboxes = iter([Sandbox])

    def once(*args):
        if sandbox := next(sandboxes, None):
            return sandbox(*args)
        raise SandboxError("no time, no memory")

    monkeypatch.setattr("backprop.grading.grade.Sandbox", once)
    record, verdicts = grade("3", "import os\ndef stable_sigmoid(z): os._exit(0)")
    assert record["note"].endswith("its cells: it could not be started again")
    assert {verdict.status for verdict in verdicts} == {"wrong"}


@needs_sandbox
def test_a_sandbox_that_never_starts_is_an_error_and_no_wait(inside, tmp_path):
    shutil.copytree(inside / "3", tmp_path / "3")
    (tmp_path / "3/grader/worker.py").write_text("import time\ntime.sleep(60)")
    with pytest.raises(SandboxError, match="does not start"):
        Sandbox(tmp_path / "3", Limits(seconds=1), time.monotonic() + 1)


@needs_sandbox
def test_one_endless_answer_does_not_cost_the_others(grade):
    endless = "def stable_sigmoid(z):\n    while True: pass"
    record, verdicts = grade("3", *SOLUTIONS["3"], endless, call_seconds=5)
    assert record["points"] == record["maximum"] - verdicts[0].max_points
    assert "3.1: it took longer than 5 s" in record["note"]


@needs_sandbox
def test_the_same_seed_gives_the_same_and_another_seed_other_inputs(grade):
    first, again, other = (
        repr(grade("3", "def stable_sigmoid(z): return z", seed=seed)[1])
        for seed in (1, 1, 2)
    )
    assert first == again != other


# --- attacks --------------------------------------------------------------------------


@needs_sandbox
@pytest.mark.parametrize("name", ATTACKS)
def test_no_attack_gets_points_hangs_or_leaves_anything(
    name, grade, tmp_path, monkeypatch
):
    monkeypatch.setenv("SECRET", "the-secret")
    (tmp_path / "canary").write_text("alive")
    cell = ATTACKS[name].replace("<canary>", str(tmp_path))
    outside = {
        p: p.stat().st_mtime_ns for p in [tmp_path, ROOT, Path("/"), Path("/usr")]
    }
    start = time.monotonic()
    record, verdicts = grade("3", cell, memory=600, seconds=10, call_seconds=SECONDS)
    spent = time.monotonic() - start

    assert record["points"] == 0, verdicts
    assert spent < 10 + 3
    page = "".join(report.feedback(record, verdicts))
    assert len(page) < 50_000
    for word in ("the-secret", "<script", "<img", "connected", "written", "escaped"):
        assert word not in page.replace("not connected", ""), word
    page.encode("utf-8")
    assert (tmp_path / "canary").read_text() == "alive"
    assert {p: p.stat().st_mtime_ns for p in outside} == outside
    for _ in range(50):
        if not processes():
            break
        time.sleep(0.1)
    assert processes() == []


def test_a_checkout_among_what_is_shown_is_hidden():
    assert sandbox._hidden(["/usr/nowhere"]) == []
    hidden = sandbox._hidden([str(ROOT)])
    assert {str(ROOT / "backprop"), str(ROOT / "solutions")} <= set(hidden)


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_of_system_calls_is_short_and_ends_in_a_verdict(machine):
    steps = list(struct.iter_unpack("=HBBI", syscalls.program(machine)))
    assert len(steps) < 4096
    assert steps[-1][0] == syscalls.RETURN
    for at, (code, if_so, if_not, _) in enumerate(steps):
        if code != syscalls.RETURN:
            assert at + 1 + max(if_so, if_not) < len(steps)
    with pytest.raises(ValueError, match="riscv"):
        syscalls.program("riscv64")


@needs_sandbox
def test_what_the_sandbox_shows_holds_no_answer(grade):
    cell = """
import os, sys
places = [os.path.join(folder, name)
          for folder, _, names in os.walk("/")
          if not folder.startswith(("/proc", "/usr"))
          for name in names if "backprop" in folder or name.endswith(".ipynb")]
def stable_sigmoid(z): return sorted(places)
"""
    _, [verdict, *_] = grade("3", cell)
    found = verdict.cases[0].problems[0].got
    assert "library/backprop/neuron.py" in found or "…" in found
    assert "chapter" not in found
    assert "solutions" not in found


def test_the_library_inside_lacks_the_answers_and_the_questions(inside):
    assert (
        "def backpropagation"
        not in (inside / "3/library/backprop/neuron.py").read_text()
    )
    assert (
        "def backpropagation" in (inside / "4/library/backprop/neuron.py").read_text()
    )
    for number in SETS:
        names = {p.name for p in (inside / number).rglob("*")}
        assert not any(name.startswith(("chapter", "judge")) for name in names)


@needs_sandbox
def test_without_bubblewrap_nothing_runs(grade, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SandboxError, match="sudo apt install bubblewrap"):
        grade("3", "")


# --- the pipe -------------------------------------------------------------------------

PLAIN = [
    None,
    True,
    -3,
    2.5,
    "text",
    np.arange(6.0).reshape(2, 3),
    np.array(1.5, np.float32),
    np.zeros((0, 2), np.int8),
    (1, [2.0, {"a": np.array([1 + 2j])}]),
    Source("lambda x: x"),
    Opaque("a generator"),
]


@pytest.mark.parametrize("value", PLAIN, ids=lambda value: type(value).__name__)
def test_plain_data_crosses_as_it_is(value):
    line = wire.write(wire.encode(value))
    assert line.count(b"\n") == 1
    again = wire.decode(wire.read(line))
    np.testing.assert_equal(again, value)
    assert type(again) is type(value)
    if isinstance(value, np.ndarray):
        assert again.dtype == value.dtype
        assert again.flags.writeable


FORGED = [
    b"",
    b"{",
    b"[" * 100_000,
    b"9" * 10_000,
    b"\xff",
    b'{"array": ["<O8", [1], "AAAAAAAAAAA="]}',
    b'{"array": ["<U1", [1], "AAAA"]}',
    b'{"array": ["<f8", [1], "AAAA"]}',
    b'{"array": ["<f8", [-1], ""]}',
    b'{"array": ["<f8", [10000000000], ""]}',
    b'{"array": ["<f8", [true], "AAAAAAAAAAA="]}',
    b'{"array": ["f8,f8", [0], ""]}',
    b'{"array": [",", [0], ""]}',
    b'{"array": ["0(", [0], ""]}',
    b'{"array": ["2f", [0], ""]}',
    b'{"array": ["<f8", [0, 1000000000000000000000], ""]}',
    b'{"array": ["<f8", [0, 1000000, 1000000, 1000000, 1000000], ""]}',
    b'{"source": "\\ud800"}',
    b'{"source": "' + b"x" * 20_000 + b'"}',
    b'{"array": ["<f8", "11", ""]}',
    b'{"array": 1}',
    b'{"pickle": "gASVAAAA"}',
    b'{"list": 1, "tuple": []}',
    b'{"list": [[1]]}',
    b'{"dict": [[1, 2]]}',
    b'{"dict": [["a"]]}',
    b'{"list": [' + b'{"list": [' * 20 + b"1" + b"]}" * 20 + b"]}",
    b"100000000000000000000000",
]


@pytest.mark.parametrize("line", FORGED, ids=range(len(FORGED)))
def test_nothing_else_crosses(line):
    with pytest.raises(wire.WireError):
        wire.decode(wire.read(line))


def test_what_is_refused_is_not_repeated_at_length():
    with pytest.raises(wire.WireError) as caught:
        wire.decode({"x" * 1_000_000: 1})
    assert len(str(caught.value)) < 100


@pytest.mark.parametrize(
    "change",
    [
        {"value": {"array": []}},
        {"error": ["one"]},
        {"error": [1, 2, 3]},
        {"warnings": ["w"] * 21},
        {"warnings": "text"},
        {"printed": 3},
        {"args": []},
        {"args": [1, 2]},
        {"more": 1},
    ],
)
def test_an_outcome_is_checked_in_every_part(change):
    outcome = wire.encode_outcome(run(lambda x: x, (1,)))
    assert wire.decode_outcome(outcome, 1).value == 1
    with pytest.raises(wire.WireError):
        wire.decode_outcome(outcome | change, 1)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["<f8", "array", "errors", "defined"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["array", "list", "dict", "tuple", "opaque", "source"]),
            inner,
            max_size=2,
        )
    ),
)


@given(
    st.fixed_dictionaries({"errors": JSON, "defined": JSON}),
    st.fixed_dictionaries(
        dict.fromkeys(("value", "error", "warnings", "printed"), JSON)
        | {"args": st.lists(JSON, max_size=1)}
    ),
)
def test_whatever_is_forged_it_is_read_or_refused(cells, outcome):
    sandbox = object.__new__(Sandbox)
    sandbox._limits, replies = Limits(), iter([cells, outcome])
    sandbox._ask = lambda request, seconds: next(replies)
    with contextlib.suppress(EndedError):
        errors, defined = sandbox.run_cells([])
        texts = [*errors, *defined, *defined.values()]
        assert all(isinstance(text, str) for text in texts)
    with contextlib.suppress(EndedError):
        assert isinstance(sandbox.call("f", Case("", (1,))), Outcome)


@needs_sandbox
def test_a_closed_sandbox_leaves_no_process_and_no_open_file(inside):
    before = len(os.listdir("/proc/self/fd"))
    with Sandbox(inside / "3", Limits(), time.monotonic() + 10) as sandbox:
        assert sandbox.run_cells(["def f(x): return x + 1"]) == (
            [],
            {"display": "<lambda>", "f": "f"},
        )
        assert sandbox.call("f", Case("", (1,))).value == 2
        with pytest.raises(EndedError):
            sandbox.call("nothing of this name", Case("", ()))
    assert len(os.listdir("/proc/self/fd")) == before


# --- reading submissions --------------------------------------------------------------


def notebook(*cells, **metadata):
    cells = [{"cell_type": "code", "source": cell} for cell in cells]
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4})


OF_SET_3 = {"backprop": {"set": "3"}}


def found(place):
    return {each.file: each for each in find(place, set(SETS))}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "the file is empty"),
        (b" \n", "the file is empty"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (notebook("x = 1", **OF_SET_3)[:-20].encode(), "cut off"),
        (b"[" * 100_000, "cut off"),
        (b" " * MAX_BYTES + b"{}", "larger than 5 MiB"),
        (b"[1, 2]", "no cells"),
        (b'{"cells": {}}', "no cells"),
        (b'{"cells": [{"cell_type": "code", "source": [1]}]}', "no text"),
        (notebook(kernelspec={"language": "R"}).encode(), "its kernel is for 'R'"),
        (notebook(backprop={"set": "77"}).encode(), "says '77'"),
        (notebook(backprop={"set": ["3"]}).encode(), "does not say"),
        (notebook().encode(), "does not say"),
    ],
)
def test_what_cannot_be_graded_gets_a_reason(content, problem, tmp_path):
    (tmp_path / "somebody.ipynb").write_bytes(content)
    [submission] = find(tmp_path, set(SETS))
    assert submission.student == "somebody"
    assert problem in submission.problem
    assert submission.cells == ()


def test_the_set_is_read_from_the_metadata_or_the_name(tmp_path):
    (tmp_path / "a.ipynb").write_text(notebook("x", **OF_SET_3))
    (tmp_path / "doe_12345_04_loss_and_descent-2.ipynb").write_text(notebook("y"))
    (tmp_path / "b.ipynb").write_text("\ufeff" + notebook("z", **OF_SET_3))
    assert [(s.set, s.cells) for s in find(tmp_path, set(SETS))] == [
        ("3", ("x",)),
        ("3", ("z",)),
        ("4", ("y",)),
    ]


def test_students_are_folders_or_files_and_junk_is_none(tmp_path):
    for name in (
        "Ann Doe_1_file_/03_x.ipynb",
        "bob.ipynb",
        "bob/.ipynb_checkpoints/03_x-checkpoint.ipynb",
        "__MACOSX/x.ipynb",
        ".hidden.ipynb",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(notebook("x", **OF_SET_3))
    (tmp_path / "carl").mkdir()
    (tmp_path / "dora").mkdir()
    (tmp_path / "dora" / "essay.pdf").write_text("%PDF")
    students = {s.student: s.problem for s in find(tmp_path, set(SETS))}
    assert students == {
        "Ann Doe_1_file_": "",
        "bob": "",
        "carl": "there is no notebook to be read",
        "dora": "this is not a notebook",
    }


def test_links_and_devices_are_not_followed(tmp_path):
    secret = tmp_path / "secret.ipynb"
    secret.write_text(notebook("secret", **OF_SET_3))
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.ipynb").symlink_to(secret)
    (folder / "b.ipynb").symlink_to("/dev/zero")
    (folder / "c").symlink_to(tmp_path)
    os.mkfifo(folder / "d.ipynb")
    problems = {s.file: s.problem for s in find(folder, set(SETS))}
    assert problems == {
        "a.ipynb": "this is a link",
        "b.ipynb": "this is a link",
        "c": "this is not a notebook",
        "d.ipynb": "this is not a file",
    }


def test_a_zip_is_read_and_never_unpacked(tmp_path):
    path, good = tmp_path / "all.zip", notebook("x", **OF_SET_3)
    link = zipfile.ZipInfo("link.ipynb")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../up.ipynb", good)
        archive.writestr("/etc/absolute.ipynb", good)
        archive.writestr("Ann\\03.ipynb", good)
        archive.writestr(link, "/etc/passwd")
        archive.writestr("bomb.ipynb", bytes(1 << 28))
        archive.writestr("damaged.ipynb", good)
    data = bytearray(path.read_bytes())
    at = data.index(b"damaged.ipynb") + len(b"damaged.ipynb") + 5
    data[at] ^= 0xFF
    path.write_bytes(data)
    start = time.monotonic()
    submissions = found(path)
    assert time.monotonic() - start < 5
    problems = {file: each.problem for file, each in submissions.items()}
    assert problems.pop("damaged.ipynb").startswith("its zip is damaged")
    assert problems == {
        "up.ipynb": "",
        "//etc/absolute.ipynb": "",
        "Ann/03.ipynb": "",
        "link.ipynb": "this is a link",
        "bomb.ipynb": "it is larger than 5 MiB: clear its outputs",
    }
    assert sorted(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("kind", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_that_unpacks_without_a_limit_is_not_unpacked(kind, tmp_path):
    with zipfile.ZipFile(tmp_path / "all.zip", "w", kind) as archive:
        archive.writestr("a.ipynb", notebook("x", **OF_SET_3))
    [submission] = find(tmp_path / "all.zip", set(SETS))
    assert submission.problem == "it is packed in an unknown way"


def test_a_zip_with_a_damaged_index_is_refused(tmp_path):
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.ipynb", notebook("x", **OF_SET_3))
    data = path.read_bytes()
    path.write_bytes(data.replace(b"PK\1\2", b"PK\0\0"))
    with pytest.raises(ValueError, match="damaged"):
        next(find(path, set(SETS)))


def test_a_name_that_is_twice_in_a_zip_is_two_submissions(tmp_path):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("ann.ipynb", notebook("x", **OF_SET_3))
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("ann.ipynb", notebook("y", **OF_SET_3))
    assert list(found(tmp_path / "all.zip")) == ["ann.ipynb", "ann.ipynb (2)"]


@pytest.mark.parametrize(("name", "depth"), [("a", 1200), ("a" * 250, 30)])
def test_folders_within_folders_stop_nobody(name, depth, tmp_path):
    (tmp_path / "bob.ipynb").write_text(notebook("x", **OF_SET_3))
    (tmp_path / "ann").mkdir()
    here = os.open(tmp_path / "ann", os.O_RDONLY)
    for _ in range(depth):
        os.mkdir(name, dir_fd=here)
        below = os.open(name, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    try:
        problems = {s.student: s.problem for s in find(tmp_path, set(SETS))}
    finally:
        subprocess.run(["rm", "-rf", tmp_path / "ann"], check=True)
    assert problems == {"bob": "", "ann": "there is no notebook to be read"}


def test_an_empty_folder_that_is_named_as_a_notebook_is_none(tmp_path):
    (tmp_path / "ann.ipynb").mkdir()
    (tmp_path / "bob.ipynb").mkdir()
    (tmp_path / "bob.ipynb" / "03_x.ipynb").write_text(notebook("x", **OF_SET_3))
    problems = {s.student: s.problem for s in find(tmp_path, set(SETS))}
    empty = "there is no notebook to be read"
    assert problems == {"ann.ipynb": empty, "bob.ipynb": ""}


def test_something_else_is_refused(tmp_path):
    with pytest.raises(ValueError, match="neither a folder nor a zip"):
        next(find(tmp_path / "nothing", set(SETS)))


# --- a run ----------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    """Hand in four: right, misled, with a formula for a name, and not a notebook."""
    folder = tmp_path / "in"
    folder.mkdir()
    solution = "\n".join(SOLUTIONS["3"])
    naive = "import numpy as np\ndef stable_sigmoid(z): return 1 / (1 + np.exp(-z))"
    for name, text in {
        "right": notebook(solution, **OF_SET_3),
        "misled": notebook(solution, naive, **OF_SET_3),
        "=1+1": notebook("1 / 0", **OF_SET_3),
        "broken": "{",
    }.items():
        (folder / f"{name}.ipynb").write_text(text)
    return folder


def grade_all(folder, out, *options):
    return batch.main([str(folder), "--out", str(out), "-j", "2", *options])


@needs_sandbox
def test_a_run_writes_grades_and_pages(folder, tmp_path, capsys):
    out = tmp_path / "out"
    assert grade_all(folder, out, "--seed", "3", "--gradescope") == 0
    assert "3 graded, 1 not" in capsys.readouterr().out
    rows = list(csv.DictReader(io.StringIO((out / "grades.csv").read_text())))
    by_name = {row["student"]: row for row in rows}
    assert [by_name[n]["total"] for n in ("right", "misled", "broken")] == [
        "15",
        "13",
        "0",
    ]
    assert by_name["misled"]["3.1"] == "0"
    assert by_name["right"]["maximum"] == "15"
    assert "'=1+1" in by_name
    assert by_name["broken"]["note"].startswith("it is cut off")
    grades = json.loads((out / "grades.json").read_text())
    assert grades["seed"] == 3
    [misled] = [s for s in grades["submissions"] if s["student"] == "misled"]
    answer = misled["questions"]["3.1"]
    assert answer["misconception"] == "naive"
    assert "no exponent is ever positive" in answer["hint"]
    assert {"case": "far out", "passed": False} in answer["cases"]
    overview = (out / "index.html").read_text()
    assert "no exponent is ever positive" in overview
    for record in grades["submissions"]:
        page = (out / "feedback" / f"{record['page']}.html").read_text()
        assert f"feedback/{record['page']}.html" in overview
        assert "http://" not in page.replace("http-equiv", "")
        results = out / "gradescope" / record["page"] / "results.json"
        assert json.loads(results.read_text())["score"] == record["points"]


@needs_sandbox
def test_pages_are_accessible_and_run_no_script(folder, tmp_path, browser):
    evil = "<script>document.title = 'run'</script><img src=x onerror=alert(1)>"
    cell = notebook(f"raise ValueError({evil!r})", **OF_SET_3)
    (folder / "<b onclick=alert(2)>.ipynb").write_text(cell)
    assert grade_all(folder, tmp_path / "out", "--seed", "1") == 0
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    said = []
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: said.append(request.url))
    for file in sorted((tmp_path / "out").glob("**/*.html")):
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            page.goto(file.as_uri())
            assert page.title() != "run"
            assert said.pop() == file.as_uri()
            assert said == []
            found = Axe().run(page).response["violations"]
            assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []
            wide = "document.documentElement.scrollWidth > innerWidth"
            assert not page.evaluate(wide)
    context.close()


@needs_sandbox
def test_the_same_seed_gives_the_same_bytes_apart_from_seconds(folder, tmp_path):
    texts = []
    for name in ("one", "two"):
        out = tmp_path / name
        assert grade_all(folder, out, "--seed", "5") == 0
        grades = json.loads((out / "grades.json").read_text())
        for record in grades["submissions"]:
            record["seconds"] = 0
        pages = sorted(out.glob("**/*.html"))
        texts.append([grades, *(page.read_bytes() for page in pages)])
    assert texts[0] == texts[1]


@needs_sandbox
def test_an_interrupted_run_goes_on_and_grades_nothing_twice(
    folder, tmp_path, capsys, monkeypatch
):
    out = tmp_path / "out"

    def interrupt(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(report, "write_all", interrupt)
        assert grade_all(folder, out, "--seed", "3") == 130
    assert "--resume" in capsys.readouterr().err
    with closing(sqlite3.connect(out / "progress.sqlite")) as database, database:
        database.execute("DELETE FROM records WHERE file >= 'm'")
        kept = [
            json.loads(r) for (r,) in database.execute("SELECT record FROM records")
        ]
    assert len(kept) == 2

    assert grade_all(folder, out) == 2
    assert "add --resume" in capsys.readouterr().err
    assert grade_all(folder, out, "--resume", "--seed", "4") == 2
    assert "was graded with" in capsys.readouterr().err
    assert grade_all(folder, out, "--resume") == 0
    submissions = json.loads((out / "grades.json").read_text())["submissions"]
    assert len(submissions) == 4
    for record in kept:
        assert record in submissions  # with the seconds of the first run


@needs_sandbox
def test_a_notebook_handed_in_anew_replaces_the_old_one(folder, tmp_path):
    out = tmp_path / "out"
    for name in ("misled", "=1+1", "broken"):
        (folder / f"{name}.ipynb").unlink()
    right = (folder / "right.ipynb").read_text()
    (folder / "right.ipynb").write_text("{")
    for options in ((), ("--resume",)):
        assert grade_all(folder, out, *options) == 0
        (folder / "right.ipynb").write_text(right)
    [record] = json.loads((out / "grades.json").read_text())["submissions"]
    assert (record["points"], record["note"]) == (15, "")
    assert len(list((out / "feedback").iterdir())) == 1


@needs_sandbox
def test_the_memory_of_a_run_does_not_grow_with_the_class(tmp_path):
    record = {
        "student": "ann",
        "set": "3",
        "points": 15,
        "maximum": 15,
        "note": "",
        "seconds": 0.1,
        "page": "ann",
        "questions": {
            "3.1": {
                "title": "A sigmoid",
                "status": "right",
                "points": 2,
                "hint": "",
                "cases": [{"case": "x" * 30, "passed": True}] * 100,
            }
        },
    }
    peaks = []
    for number in (100, 1000):
        out = tmp_path / str(number)
        out.mkdir()
        tracemalloc.start()
        with Progress(out) as progress:
            for i in range(number):
                progress.add({"file": f"{i}.ipynb", "digest": f"{i}"} | record)
            report.write_all(out, {"seed": 1, "only": None}, progress)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert (
            len(json.loads((out / "grades.json").read_text())["submissions"]) == number
        )
    assert peaks[1] < 1.2 * peaks[0]


def test_a_strange_file_for_the_progress_is_refused(folder, tmp_path, capsys):
    out = tmp_path / "out"
    out.mkdir()
    (out / "progress.sqlite").write_text("no database, but long enough to look like it")
    assert grade_all(folder, out, "--resume") == 2
    assert "progress.sqlite cannot be read" in capsys.readouterr().err


@needs_sandbox
def test_the_workers_of_a_run_that_is_killed_end_too(folder, tmp_path):
    run = start_with_slow_ones(folder, tmp_path / "out", "a", "b")
    workers = [
        process
        for process in Path("/proc").glob("[0-9]*")
        if state_and_parent(process)[1] == str(run.pid)
    ]
    assert len(workers) >= 2
    run.kill()
    run.wait()
    until = time.monotonic() + 20
    while processes() or any(state_and_parent(w)[0] not in "Z" for w in workers):
        assert time.monotonic() < until
        time.sleep(0.1)


def state_and_parent(process):
    """Read /proc: "Z" is a process that has ended and nobody waits for, "" is none."""
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return "", ""


def start_with_slow_ones(folder, out, *names):
    """Start a run with submissions that sleep; return it when one is in its sandbox."""
    for name in names:
        slow = notebook("import time\ntime.sleep(60)", **OF_SET_3)
        (folder / f"{name}.ipynb").write_text(slow)
    command = [sys.executable, "-m", "backprop.grading", str(folder), "--out", str(out)]
    run = subprocess.Popen([*command, "-j", "2", "--call-seconds", "50"])
    while not processes():
        time.sleep(0.1)
        assert run.poll() is None
    return run


@needs_sandbox
def test_a_worker_that_is_killed_costs_one_submission(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(batch, "_grade", grade_or_be_killed)
    assert grade_all(folder, tmp_path / "out") == 0
    submissions = json.loads((tmp_path / "out/grades.json").read_text())["submissions"]
    notes = {s["student"]: (s["points"], s["note"]) for s in submissions}
    assert notes["right"] == (15, "")
    assert notes["misled"] == (0, "the grader's process died of it: memory?")
    assert len(notes) == len(submissions) == 4


def test_a_mistake_of_the_grader_costs_one_submission(tmp_path, monkeypatch):
    def fail(*args):
        raise RecursionError("too deep")

    grader = Grader(tmp_path, Limits(), 1)
    monkeypatch.setattr("backprop.grading.grade._Code.verdict_on", fail)
    for name, value in (("_grader", grader), ("_out", tmp_path), ("_gradescope", 0)):
        monkeypatch.setattr(batch, name, value, raising=False)
    record = batch._grade(Submission("ann", "ann.ipynb", "3", ("x",)))
    assert record["points"] == 0
    assert record["note"] == "the grader failed: RecursionError('too deep')"
    assert (
        "RecursionError" in (tmp_path / f"feedback/{record['page']}.html").read_text()
    )


@needs_sandbox
def test_an_interrupt_ends_the_run_promptly_and_leaves_nothing(folder, tmp_path):
    out = tmp_path / "out"
    run = start_with_slow_ones(folder, out, "a", "b", "c")
    start = time.monotonic()
    run.send_signal(signal.SIGINT)
    assert run.wait(30) == 130
    assert time.monotonic() - start < 10
    time.sleep(0.5)
    assert processes() == []
    (folder / "a.ipynb").unlink()
    (folder / "b.ipynb").unlink()
    (folder / "c.ipynb").unlink()
    assert grade_all(folder, out, "--resume") == 0


@needs_sandbox
def test_of_two_notebooks_for_one_set_the_first_counts(folder, tmp_path):
    (folder / "ann").mkdir()
    for name in ("1.ipynb", "2.ipynb"):
        shutil.copy(folder / "right.ipynb", folder / "ann" / name)
    (folder / "ann" / "4.ipynb").write_text(notebook("", backprop={"set": "4"}))
    assert grade_all(folder, tmp_path / "out", "--only", "3") == 0
    submissions = json.loads((tmp_path / "out/grades.json").read_text())["submissions"]
    ann = {
        s["file"]: (s["points"], s["note"]) for s in submissions if "ann/" in s["file"]
    }
    assert ann == {
        "ann/1.ipynb": (15, ""),
        "ann/2.ipynb": (0, "a second notebook for set 3, beside ann/1.ipynb"),
    }


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["nothing", "--out", "out"], "neither a folder nor a zip"),
        (["empty", "--out", "out"], "holds no submission"),
    ],
)
def test_a_wrong_command_says_so_and_writes_nothing(
    options, words, tmp_path, capsys, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    assert batch.main(options) == 2
    assert words in capsys.readouterr().err
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        (" @x", "' @x"),
        ("＝1", "'＝1"),
        ("doe;=1+1", "doe;'=1+1"),
        ('doe; "=1', "doe;' \"=1"),
        ("a\n-2", "a\n'-2"),
        ("cell 1: a = -1, -2", "cell 1: a = -1, -2"),
    ],
)
def test_no_cell_of_the_table_is_a_formula(text, cell):
    assert report._cell(text) == cell


def test_pages_of_learners_with_strange_names_are_safe_and_unlike():
    names = ["../../etc/passwd", "Ünï", "Uni", "", "con", "a" * 500, "日本語"]
    pages = [report.page_name(name, "a.ipynb") for name in names]
    assert len(set(pages)) == len(pages)
    for page in pages:
        assert page.replace("-", "").isalnum()
        assert page.isascii()
        assert len(page) < 60

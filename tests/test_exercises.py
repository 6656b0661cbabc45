"""Exercise sets: generated from the solutions, and in step with their questions."""

import ast
import contextlib
import io
import re

import numpy as np
import pytest

from backprop.checks import QUESTIONS
from backprop.data import load_breast_cancer
from backprop.neuron import derivative_sigmoid, sigmoid
from tools import exercises, notebooks

SOLUTIONS = notebooks.paths("solutions")
EXERCISES = notebooks.paths("exercises")


def each(paths):
    return pytest.mark.parametrize("path", paths, ids=notebooks.name)


def questions_of(nb):
    return [q for q in QUESTIONS.values() if q.set == nb.metadata.backprop.set]


def displays(nb):
    """Give the text of what each check and report displays."""
    return [
        "".join(output.data["text/plain"])
        for cell in nb.cells
        if cell.cell_type == "code" and re.match(r"(check|report)\(", cell.source)
        for output in cell.outputs
    ]


def test_every_solution_has_an_exercise_and_the_other_way_round():
    assert [exercises.target(path) for path in SOLUTIONS] == EXERCISES


@each(SOLUTIONS)
def test_exercises_are_what_the_solutions_generate(path):
    target = exercises.target(path)
    generated = notebooks.dumps(exercises.generate(path)).encode()
    assert target.read_bytes() == generated, (
        f"{notebooks.name(target)} is not what {notebooks.name(path)} generates: "
        "change the solution, then run `make exercises`"
    )


@each(SOLUTIONS)
def test_solutions_get_full_marks(path):
    nb = notebooks.read(path)
    *checks, report = displays(nb)
    questions = questions_of(nb)
    assert [text.split(" · ")[0] for text in checks] == [
        f"✓ {question.id} {question.title}" for question in questions
    ]
    points = sum(question.points for question in questions)
    assert f"{points} of {points} points" in report


@each(EXERCISES)
def test_exercises_are_not_answered_yet(path):
    nb = notebooks.read(path)
    *checks, report = displays(nb)
    assert checks == [
        f"○ {question.id} {question.title} · not answered yet"
        for question in questions_of(nb)
    ]
    assert "0 of" in report and report.count("not answered yet") == len(checks)


@each(EXERCISES)
def test_exercises_hold_no_solution(path):
    nb = notebooks.read(path)
    code = [cell.source for cell in nb.cells if cell.cell_type == "code"]
    stubs = [source for source in code if 'NotImplementedError("your turn")' in source]
    assert len(stubs) == len(questions_of(nb))
    for question, stub in zip(questions_of(nb), stubs, strict=True):
        (function,) = ast.parse(stub).body
        assert function.name == question.function
        assert [a.arg for a in function.args.args] == list(question.parameters)
    assert not any("solution" in cell.metadata.get("tags", ()) for cell in nb.cells)
    assert "SOLUTION" not in notebooks.dumps(nb)


@each(SOLUTIONS)
def test_each_question_is_introduced_as_its_data_says(path):
    nb = notebooks.read(path)
    prose = [cell.source for cell in nb.cells if cell.cell_type == "markdown"]
    for question in questions_of(nb):
        start = (
            f"## {question.id} {question.title}\n\n"
            f"*{question.level} · {question.points} points*\n\n"
        )
        assert any(text.startswith(start) for text in prose), (
            f"{notebooks.name(path)} has no cell that starts with {start!r}"
        )


@each(SOLUTIONS)
def test_the_numbers_to_compare_with_are_right(path):
    """Prose says "To compare: `call` is `value`": run it in the notebook."""
    nb = notebooks.read(path)
    names = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in nb.cells:
            if cell.cell_type == "code":
                exec(cell.source, names)
    claims = [
        claim
        for cell in nb.cells
        if cell.cell_type == "markdown"
        for claim in re.findall(r"To compare: `(.+?)` is `(.+?)`", cell.source)
    ]
    assert len(claims) == len(questions_of(nb))
    for call, value in claims:
        got, claimed = eval(call, names), ast.literal_eval(value)
        got = got if isinstance(got, tuple) else (got,)
        claimed = claimed if isinstance(claimed, tuple) else (claimed,)
        for one, other in zip(got, claimed, strict=True):
            assert np.shape(one) == np.shape(other), f"{call} is {got}, not {value}"
            assert np.allclose(one, other, rtol=0, atol=6e-7), f"{call} is {got}"


def test_what_sets_1_3_and_4_say_about_digits():
    # 1.2: "it rises by no more than 6 per cent", at an h "26 per cent too large"
    h = np.cbrt([3.0, 6.0])
    lowest, balanced = h**2 / 6 + 1 / h
    assert 1.05 < balanced / lowest < 1.06 and round(h[1] / h[0], 2) == 1.26
    # 3.1: "five hundred million" at ±30, and "a factor of 10⁴³" at ±500
    for z, limit, factor in ((-50.0, -30.0, 4.9e8), (-600.0, -500.0, 2.7e43)):
        assert np.isclose(sigmoid(limit) / sigmoid(z), factor, rtol=0.02)
    # 4.3: "half of them are left", "about three", "a is 1, and the product 0"
    a, right = sigmoid([20.0, 30.0]), derivative_sigmoid([20.0, 30.0])
    left = -np.log10(np.abs(a * (1 - a) / right - 1))
    assert left.round().tolist() == [7, 3]
    assert sigmoid(37.0) == 1 > sigmoid(36.0)


def test_what_set_3_says_about_the_broken_function():
    nb = notebooks.read(notebooks.ROOT / "solutions" / "03_sigmoid_neuron.ipynb")
    names = {}
    for cell in nb.cells:
        if cell.cell_type == "code" and re.match(r"import|def broken", cell.source):
            exec(cell.source, names)
    broken = names["broken"]
    # "the broken function gets 0.5 and 0.75 as well"
    weights = np.zeros((2, 1))
    broken(np.array([[1.0, 2.0], [3.0, 4.0]]), np.ones((2, 1)), weights)
    assert weights.ravel().tolist() == [0.5, 0.75]
    # "stops with an error for most others"
    with pytest.raises(ValueError, match="broadcast"):
        broken(np.ones((4, 3)), np.ones((4, 1)), np.ones((3, 1)))


def test_what_set_7_says_about_the_broken_function():
    nb = notebooks.read(notebooks.ROOT / "solutions" / "07_batches_and_depth.ipynb")
    names = {}
    for cell in nb.cells:
        if cell.cell_type == "code" and re.match(r"import|def broken", cell.source):
            exec(cell.source, names)
    broken, right = names["broken"], QUESTIONS["7.5"].reference
    cases = {case.label: case.args for case in QUESTIONS["7.5"].draw(0)}

    def places_that_differ(args):
        return [
            not np.allclose(one, other)
            for mine, its in zip(right(*args)[1:], broken(*args)[1:], strict=True)
            for one, other in zip(mine, its, strict=True)
        ]

    # "With one hidden layer `A[-1]` *is* `A[layer]`."
    assert not any(places_that_differ(cases["one hidden layer, 4-3-2"]))
    # "With several of different sizes NumPy refuses the product."
    with pytest.raises(ValueError, match="broadcast"):
        broken(*cases["hidden layers that differ, 2-5-4-3-1"])
    # "the last layer and the last hidden one are right"
    args = cases["all of one size, 3-3-3-3"]
    assert places_that_differ(args) == [True, False, False] * 2
    # "The broken function has another number in two of the places."
    unit = np.ones((1, 1)), np.zeros((1, 1)), [np.full((1, 1), 0.5)] * 3
    assert sum(places_that_differ((*unit, [np.zeros(1)] * 3))) == 2


def test_what_set_2_says_about_wrong_turns():
    nb = notebooks.read(notebooks.ROOT / "solutions" / "02_chain_rule.ipynb")
    names = {}
    for cell in nb.cells:
        if cell.cell_type == "code" and re.match(r"import|def", cell.source):
            exec(cell.source, names)
    # 2.1: "the product becomes 2.937"
    assert np.isclose(2 * np.cos(1) * np.exp(1), 2.937, rtol=0, atol=5e-4)
    # 2.3: "it finds the 2⁴⁰ paths of the ladder with 120 multiplications"
    order = [f"{name}{k}" for k in range(40) for name in "xv"] + ["x40"]
    ladder = {}
    for k in range(40):
        ladder[f"v{k}"] = [(f"x{k}", 1.0)]
        ladder[f"x{k + 1}"] = [(f"x{k}", 1.0), (f"v{k}", 1.0)]
    assert sum(map(len, ladder.values())) == 120
    assert names["sweep_back"](ladder, order, "x40")["x0"] == 2**40
    # 2.4: 60 from the narrow end, 48 from the wide one
    J1, J2, J3 = np.ones((6, 3)), np.ones((2, 6)), np.ones((2, 2))
    assert names["cheap_product"](J1, J2, J3)[1] == 48
    assert len(J3) * (J2.size + J1.size) == 60
    # 2.5: right on a chain, 24 on the example, and 0 when it is written backward
    broken, example = names["broken"], names["example"]
    chain = {"b": [("a", 2.0)], "c": [("b", 3.0)]}
    assert broken(chain, list("abc"), "c") == {"a": 6.0, "b": 3.0, "c": 1.0}
    assert broken(example, list("absd"), "d")["a"] == 24
    backward = dict(reversed(example.items()))
    assert broken(backward, list("absd"), "d")["a"] == 0


def test_what_set_4_says_about_the_broken_trainer():
    nb = notebooks.read(notebooks.ROOT / "solutions" / "04_loss_and_descent.ipynb")
    names = {}
    for cell in nb.cells:
        if re.match(r"import|def (broken|train)", cell.source):
            exec(cell.source, names)
    broken, train = names["broken"], names["train"]
    X, malignant = load_breast_cancer()
    y = malignant.astype(float)
    order = np.random.default_rng(4).permutation(len(X))
    learn, test = order[:379], order[379:]
    only = test[malignant[test] == 1]
    # "188 of the 190 unseen right", "calls 37 % of them malignant, and yours 99 %"
    for trainer, right, percent in ((broken, 188, 37), (train, 189, 99)):
        _, p = trainer(X[learn], y[learn], X[test], 0.5, 300)
        assert (np.sum((p > 0.5) == malignant[test]), len(test)) == (right, 190)
        _, p = trainer(X[learn], y[learn], X[only], 0.5, 300)
        assert round(100 * np.mean(p > 0.5)) == percent
    # "weights of 0.25 and 0, and nan"
    with np.errstate(invalid="ignore"):
        two, zero_and_one = np.array([[1.0], [3.0]]), np.array([0.0, 1.0])
        w, p = broken(two, zero_and_one, np.array([[3.0]]), 2.0, 1)
    assert w.tolist() == [0.25, 0.0] and np.isnan(p).all()


BAD_SOLUTIONS = {
    "is not a title": ["# Answers", "def f():\n    pass"],
    "do not belong together": [
        "# Solutions 9",
        "def f():\n    ### BEGIN SOLUTION\n    return 1",
    ],
}


@pytest.mark.parametrize("message", BAD_SOLUTIONS)
def test_a_solution_that_cannot_be_stripped_says_where(tmp_path, message):
    title, code = BAD_SOLUTIONS[message]
    path = tmp_path / "bad.ipynb"
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": title},
        {
            "cell_type": "code",
            "metadata": {},
            "source": code,
            "outputs": [],
            "execution_count": None,
        },
    ]
    nb = notebooks.nbformat.from_dict(
        {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    )
    notebooks.write(path, nb)
    with pytest.raises(notebooks.NotebookError, match=rf"bad\.ipynb, cell.*{message}"):
        exercises.generate(path)


def test_answers_are_replaced_where_they_stand():
    source = (
        "class A:\n    def f(self):\n"
        "        ### BEGIN SOLUTION\n        return 1\n        ### END SOLUTION\n\n"
        "    def g(self):\n"
        "        ### BEGIN SOLUTION\n        return 2\n        ### END SOLUTION"
    )
    assert exercises.ANSWER.sub(exercises.STUB, source) == (
        "class A:\n    def f(self):\n"
        '        raise NotImplementedError("your turn")\n\n'
        "    def g(self):\n"
        '        raise NotImplementedError("your turn")'
    )

"""An answer that is right but for one thing is told for which."""

import dataclasses

import numpy as np
import pytest

from backprop.checks import QUESTIONS
from backprop.checks.judge import judge, outcomes_of
from backprop.checks.question import Case, Question, wrong


def cases(rng):
    return [
        Case(f"{n} rows", (rng.normal(size=(n, 3)), rng.normal(size=2)))
        for n in (4, 1, 5)
    ]


def several(X, w):
    return X.sum(), X.T @ X[:, :2], [w, X[:, 0]], {"w": w[0]}


def one(X, w):
    return X @ X.T[:, :1] + np.arange(len(X))[:, None]


def square(X, w):
    return X.T @ (X + np.arange(3))


QUESTION = Question(
    id="9.1",
    title="t",
    level="core",
    points=1,
    function="f",
    reference=several,
    cases=cases,
    wrong=(),
    returns=("loss", "dX", "dWs", "more"),
)


def advice(reference, answer, **options):
    options = {"returns": ()} | options if reference is not several else options
    question = dataclasses.replace(QUESTION, reference=reference, **options)
    drawn = question.draw(0)
    verdict = judge(question, drawn, outcomes_of(answer, drawn))
    assert verdict.status == "wrong" and verdict.points == 0
    return " ".join(verdict.advice)


def times(factor, value):
    """Multiply all numbers in a value."""
    if isinstance(value, tuple | list):
        return type(value)(times(factor, item) for item in value)
    if isinstance(value, dict):
        return {key: times(factor, item) for key, item in value.items()}
    return factor * value


@pytest.mark.parametrize("reference", [several, one, square])
@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (lambda X, w: -1, "is −1 times what it should be: look for a sign."),
        (lambda X, w: 2, "is exactly twice what it should be"),
        (lambda X, w: 1 / 2, "is exactly half of what it should be"),
        (lambda X, w: len(X), "is what it should be, times len(X): is a mean taken"),
        (lambda X, w: 1 / len(X), "is what it should be, divided by len(X): is a mean"),
    ],
    ids=["minus", "twice", "half", "N", "1/N"],
)
def test_a_factor(reference, factor, words):
    def answer(X, w):
        return times(factor(X, w), reference(X, w))

    assert advice(reference, answer).startswith(f"Every number {words}")


def test_a_factor_of_some_values():
    def answer(X, w):
        loss, dX, dWs, more = several(X, w)
        return loss, -dX, times(-1, dWs), more

    says = "Every number in {} is −1 times what it should be: look for a sign. The rest"
    assert advice(several, answer).startswith(says.format("dX and dWs"))
    unnamed = advice(several, answer, returns=())
    assert unnamed.startswith(says.format("value 2 and value 3"))


def test_another_order():
    def answer(X, w):
        return several(X, w)[::-1]

    said = "The values are right, in another order: return loss, dX, dWs, more."
    assert advice(several, answer) == said


@pytest.mark.parametrize(
    ("reference", "change"),
    [
        (one, lambda value: value[:, 0]),
        (one, lambda value: value[None]),
        (lambda X, w: X[:, 0], lambda value: value[:, None]),
        (lambda X, w: X.sum(), np.atleast_2d),
    ],
)
def test_an_axis_of_size_one(reference, change):
    said = advice(reference, lambda X, w: change(reference(X, w)))
    assert said.startswith("The numbers are right, but the shape has an axis of size 1")


def test_a_transpose():
    said = advice(square, lambda X, w: square(X, w).T)
    assert said.startswith("The numbers are right, but rows and columns have changed")

    def answer(X, w):
        loss, dX, *rest = several(X, w)
        return loss, dX.T, *rest

    said = advice(several, answer)
    assert said.startswith("The numbers in dX are right, but rows and columns")


def but_one_case(X, w):
    return (2 if len(X) > 1 else 3) * one(X, w)


def but_one_number(X, w):
    value = -one(X, w)
    value[0] += 1e-3
    return value


def and_a_change(X, w):
    value = -one(X, w)
    w[:] = 0
    return value


def and_a_warning(X, w):
    np.exp(np.float64(1000))
    return -one(X, w)


def and_an_error(X, w):
    return -one(X, w) if len(X) > 1 else {}["x"]


@pytest.mark.parametrize(
    "answer", [but_one_case, but_one_number, and_a_change, and_a_warning, and_an_error]
)
def test_a_relation_explains_everything_or_nothing(answer):
    said = advice(one, answer)
    assert "should be" not in said and "right" not in said


@pytest.mark.parametrize(
    ("reference", "answer"),
    [
        (lambda X, w: 1.0, lambda X, w: -1.0),
        (
            lambda X, w: np.array([0.0, 1.0, 1.0]),
            lambda X, w: np.array([0.0, 2.0, 2.0]),
        ),
        (lambda X, w: np.zeros(3), lambda X, w: np.ones(3)),
        (lambda X, w: X > 0, lambda X, w: X < 0),
        (lambda X, w: "right", lambda X, w: "wrong"),
        (lambda X, w: (), lambda X, w: (1.0,)),
    ],
)
def test_a_few_numbers_prove_nothing(reference, answer):
    said = advice(reference, answer)
    assert "should be" not in said and "right" not in said


def test_a_known_wrong_answer_comes_first():
    @wrong("Look for the sign: section 9.1.")
    def downhill(X, w):
        return -one(X, w)

    said = advice(one, lambda X, w: -one(X, w), wrong=(downhill,))
    assert said == "Look for the sign: section 9.1."


def test_an_argument_may_be_left_out():
    def backpropagation(input, output, weights, lr=1.0):
        return -question.reference(input, output, weights, lr)

    question = QUESTIONS["3.5"]
    drawn = question.draw(0)
    assert len({len(case.args) for case in drawn}) == 2
    (said,) = judge(question, drawn, outcomes_of(backpropagation, drawn)).advice
    assert said.startswith("Every number is −1 times what it should be")

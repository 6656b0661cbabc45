"""What a learner reads: each kind of wrong answer has its own plain message."""

import contextlib
import io
import re

import numpy as np
import pytest

from backprop import checks
from backprop.checks import QUESTIONS, check, report
from backprop.checks.judge import ADVICE, judge, outcomes_of
from backprop.checks.question import Case, Question, wrong
from backprop.neuron import backpropagation as right_step
from backprop.neuron import sigmoid


@pytest.fixture(autouse=True)
def fresh_session(monkeypatch):
    monkeypatch.setattr(checks, "_verdicts", {})


def right(x, y, w, b):
    a = sigmoid(x @ w + b)
    dz = (a - y) * a * (1 - a)
    return dz * x, dz


def change_argument(x, y, w, b):
    answer = right(x, y, w, b)
    x *= 2
    return answer


def printed(x, y, w, b):
    print(*right(x, y, w, b))


def overflow_aside(x, y, w, b):
    np.exp(np.float64(1000))
    return right(x, y, w, b)


def rounded(x, y, w, b):
    dw, db = right(x, y, w, b)
    return dw.astype(np.float32), db


def of_nan(x, y, w, b):
    dw, db = right(x, y, w, b)
    dw[-1] = np.nan
    return dw, db


# function of question 3.3 -> the kind of its problem, and words from its message
PLAIN = {
    "an error": (lambda x, y, w, b: x @ np.ones(9), "crash", "ValueError: matmul"),
    "None": (lambda x, y, w, b: None, "none", "the returned value is None"),
    "half an answer": (lambda x, y, w, b: (x, None), "none", "value 2 of 2 is None"),
    "printed": (printed, "printed", "returned None"),
    "one value": (lambda x, y, w, b: right(x, y, w, b)[0], "structure", "not 2 values"),
    "a scalar": (lambda x, y, w, b: (0.5, 0.5), "shape", "shape (), expected (3,)"),
    "a row": (
        lambda x, y, w, b: (right(x, y, w, b)[0][None], 0.5),
        "shape",
        "shape (1, 3), expected (3,)",
    ),
    "a list": (lambda x, y, w, b: ([0.5, 1], 0.5), "structure", "not one array"),
    "text": (lambda x, y, w, b: ("0.5", "0.5"), "type", "not a number"),
    "a complex": (lambda x, y, w, b: (x * 1j, 1j), "dtype", "complex128"),
    "a truth": (lambda x, y, w, b: (x > 0, True), "dtype", "bool"),
    "nan": (of_nan, "nan", "holds nan"),
    "infinite": (lambda x, y, w, b: (x, np.inf), "infinite", "is infinite"),
    "too few digits": (rounded, "close", "close but not right"),
    "an argument changed": (change_argument, "changed", "argument x was changed"),
    "a warning": (overflow_aside, "warning", "overflow encountered"),
}


@pytest.mark.parametrize("name", PLAIN)
def test_plain_messages(name):
    function, kind, words = PLAIN[name]
    function.__name__ = "neuron_gradient"
    verdict = check("3.3", function)
    assert verdict.status == "wrong" and not verdict.misconception
    assert kind in {problem.kind for problem in verdict.cases[0].problems}
    assert ADVICE[kind] in verdict.advice
    for text in (repr(verdict), verdict._repr_html_()):
        assert words in text and "0 of 3 points" in text
    assert "✗" in repr(verdict)


def test_an_error_names_the_line():
    def neuron_gradient(x, y, w, b):
        return x @ np.ones(9)

    assert "stopped at  return x @ np.ones(9)" in repr(check("3.3", neuron_gradient))


def test_not_written_in_place():
    def backpropagation(input, output, weights, lr=1.0):
        loss = right_step(input, output, weights.copy(), lr)
        return loss * 3

    verdict = check("3.5", backpropagation)
    assert "weights was not changed" in repr(verdict)
    assert ADVICE["unchanged"] in verdict.advice


def test_an_answer_that_is_not_given_yet():
    def neuron_gradient(x, y, w, b):
        raise NotImplementedError("your turn")

    verdict = check("3.3", neuron_gradient)
    assert verdict.status == "unanswered" and verdict.points == 0
    assert repr(verdict) == "○ 3.3 The gradient of one neuron · not answered yet"


def test_what_is_equal_enough_passes():
    def neuron_gradient(x, y, w, b):
        dw, db = right(x, y, w, b)
        return [dw[::-1][::-1], np.array(db)]  # a list, a 0-d array

    assert check("3.3", neuron_gradient).status == "right"


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        (None, "given nothing"),
        (0.5, "given a float"),
        (np.zeros(3), "given a ndarray"),
        (sigmoid, "named stable_sigmoid; this one is named sigmoid"),
    ],
    ids=["nothing", "a number", "an array", "another function"],
)
def test_what_is_not_the_answer(argument, words):
    verdict = check("3.1", argument)
    assert verdict.status == "wrong" and words in repr(verdict)
    if argument is None:
        assert check("3.1").advice == verdict.advice


def test_an_unknown_question_is_an_error_that_names_the_known():
    with pytest.raises(ValueError, match=r"no question '3.9'.* 3.1, 3.2, 3.3, 3"):
        check("3.9", sigmoid)


def test_text_of_a_known_misconception():
    def update(x, y, w, b, lr):
        return w - lr * right(x, y, w, b)[0], b

    assert repr(check("3.4", update)) == (
        "✗ 3.4 One step downhill · 0 of 3 points\n"
        "  w moved, b stayed. The bias is a parameter like any other and takes its "
        "own step: section 3.4.\n"
        "  ✗ lr = 0.5: value 2 of 2 is wrong\n"
        "      x         [-1.1485, -1.4926, 0.74356]\n"
        "      y         0.14403\n"
        "      w         [-0.33215, 0.43662, -0.53285]\n"
        "      b         0.7\n"
        "      lr        0.5\n"
        "      expected  0.65447\n"
        "      got       0.7\n"
        "  ✗ lr = 3: value 2 of 2 is wrong\n"
        "      expected  -0.37368\n"
        "      got       -0.4\n"
        "  ✗ lr = 0.1, a single input: value 2 of 2 is wrong\n"
        "      expected  0.49718\n"
        "      got       0.5"
    )


def test_html_is_escaped_self_contained_and_says_more_than_colour():
    def stable_sigmoid(z):
        raise ValueError("<b>&</b>")

    html = check("3.1", stable_sigmoid)._repr_html_()
    assert "&lt;b&gt;&amp;&lt;/b&gt;" in html and "<b>" not in html
    assert not re.search(r"https?:|src=|<style|<script|class=|id=", html)
    assert 'role="img" aria-label="wrong"' in html and "✗" in html


def test_report_of_nothing():
    assert "Nothing to report yet" in repr(report())
    assert "Nothing to report yet" in report()._repr_html_()


def test_report():
    def stable_sigmoid(z):
        return sigmoid(z)

    def neuron_gradient(x, y, w, b):
        return right(x, y, w, b)

    def update(x, y, w, b, lr):
        return None

    check("3.1", stable_sigmoid)
    check("3.3", update)
    check("3.3", neuron_gradient)  # the latest counts
    check("3.4", update)
    summary = report()
    assert summary.points == 5 and summary.max_points == 15
    assert repr(summary) == (
        "Exercises 3: 2 of 5 questions, 5 of 15 points\n"
        "  ✓ 3.1 A sigmoid that never overflows  2 of 2 points\n"
        "  ○ 3.2 Two slopes                      not answered yet\n"
        "  ✓ 3.3 The gradient of one neuron      3 of 3 points\n"
        "  ✗ 3.4 One step downhill               0 of 3 points\n"
        "  ○ 3.5 The essay's function, repaired  not answered yet"
    )
    html = summary._repr_html_()
    assert "2 of 5 questions, 5 of 15 points" in html and html.count("<li") == 5
    assert html.count("not answered yet</li>") == 2


def test_the_same_answer_gets_the_same_feedback():
    def stable_sigmoid(z):
        return np.tanh(z)

    assert repr(check("3.1", stable_sigmoid)) == repr(check("3.1", stable_sigmoid))
    other = check("3.1", stable_sigmoid, seed=1)
    assert repr(other) != repr(check("3.1", stable_sigmoid))


def question_on(reference, *cases, **options):
    return Question(
        id="9.1",
        title="t",
        level="core",
        points=1,
        function="f",
        reference=reference,
        cases=lambda rng: cases,
        wrong=(),
        **options,
    )


def status(reference, answer, *args, **options):
    question = question_on(reference, Case("case", args, **options))
    cases = question.draw(0)
    return judge(question, cases, outcomes_of(answer, cases)).status


@pytest.mark.parametrize(
    ("expected", "got", "passes"),
    [
        (2.0, 2, True),
        (2, 2.0, True),
        (2.0, np.float32(2), True),
        (2.0, np.array([2.0]), False),
        (np.zeros((3, 1)), np.zeros(3), False),
        (np.zeros(3), 0.0, False),
        (np.array([0.1, 0.2], np.float32), np.array([0.1, 0.2]), True),
        (np.array([0.1, 0.2]), np.array([0.1, 0.2], np.float32), False),
        (np.array([np.nan, np.inf]), np.array([np.nan, np.inf]), True),
        (np.array([np.nan, np.inf]), np.array([np.nan, 1.0]), False),
        (np.inf, -np.inf, False),
        (0.0, 1e-13, True),
        (0.0, 1e-11, False),
        (np.zeros(0), np.zeros(0), True),
        (True, True, True),
        (True, 1, False),
        (1.0, True, False),
        ("a", "a", True),
        ("a", np.zeros(2), False),
        (None, None, True),
        (None, np.zeros(2), False),
        ({"w": 1.0}, {"w": 1.0}, True),
        ({"w": 1.0}, {"v": 1.0}, False),
        ((1.0, 2.0), (1.0,), False),
        (1j, 1j, True),
        (np.arange(1000.0), np.append(np.arange(999.0), 7), False),
    ],
    ids=repr,
)
def test_comparison(expected, got, passes):
    assert (status(lambda: expected, lambda: got) == "right") is passes


def test_dtype_is_demanded_only_where_a_case_says_so():
    half = np.float32(0.5)
    assert status(lambda x: x, float, half) == "right"
    assert status(lambda x: x, float, half, same_dtype=True) == "wrong"


def test_a_change_of_the_smallest_bit_is_a_change():
    def nudge(x):
        x[0] = np.nextafter(x[0], 1)
        return 1.0

    def flip_zero(x):
        x[1] = -0.0
        return 1.0

    given = np.array([0.5, 0.0])
    assert status(lambda x: 1.0, lambda x: 1.0, given) == "right"
    assert status(lambda x: 1.0, nudge, given) == "wrong"
    assert status(lambda x: 1.0, flip_zero, given) == "wrong"


def test_a_known_crash_is_recognised_by_its_type():
    @wrong("Not like this: section 9.1.")
    def stops(x):
        return {}["reference"]

    question = question_on(lambda x: x, Case("case", (1.0,)))
    question = Question(**(vars(question) | {"wrong": (stops,)}))
    cases = question.draw(0)

    def answer(x):
        return {}["mine"]

    verdict = judge(question, cases, outcomes_of(answer, cases))
    assert verdict.misconception == "stops" and "KeyError" in repr(verdict)


def test_check_prints_nothing():
    stream = io.StringIO()
    with contextlib.redirect_stdout(stream):
        check("3.3", printed)
    assert stream.getvalue() == ""


def test_every_question_is_known_by_its_id():
    assert list(QUESTIONS) == [f"{set}.{n}" for set in (3, 4) for n in range(1, 6)]

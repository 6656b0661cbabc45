"""What a learner reads: each kind of wrong answer has its own plain message."""

import contextlib
import dataclasses
import io
import math
import re
from pathlib import Path

import numpy as np
import pytest

from backprop import checks
from backprop.checks import QUESTIONS, check, report
from backprop.checks.advice import ADVICE
from backprop.checks.judge import judge, outcomes_of
from backprop.checks.question import Case, Question, wrong
from backprop.checks.show import write
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


def overflow_and_wrong(x, y, w, b):
    return tuple(3 + value for value in overflow_aside(x, y, w, b))


def log_of_zero(x, y, w, b):
    return np.log(0 * x), 0.5


def rounded(x, y, w, b):
    dw, db = right(x, y, w, b)
    return dw.astype(np.float32), db


def of_nan(x, y, w, b):
    dw, db = right(x, y, w, b)
    dw[-1] = np.nan
    return dw, db


# function of question 3.3 -> the kind of its problem, and words from its message
PLAIN = {
    "an error": (lambda x, y, w, b: x.no_such, "crash", "AttributeError: "),
    "a typo": (lambda x, y, w, b: sigmod(x), "undefined", "NameError: name "),  # noqa: F821
    "an `if`": (lambda x, y, w, b: max(x, y), "if", "ValueError: The truth value"),
    "a product": (lambda x, y, w, b: x @ np.ones(9), "product", "ValueError: matmul"),
    "a dot": (lambda x, y, w, b: np.dot(x, np.ones(9)), "product", "not aligned"),
    "a sum": (lambda x, y, w, b: x + np.ones(9), "broadcast", "could not be broadcast"),
    "no logarithm": (lambda x, y, w, b: math.log(-1), "domain", "ValueError"),
    "a reshape": (lambda x, y, w, b: x.reshape(9), "shapes", "cannot reshape"),
    "None": (lambda x, y, w, b: None, "none", "the returned value is None"),
    "half an answer": (lambda x, y, w, b: (x, None), "none", "db is None"),
    "printed": (printed, "printed", "returned None"),
    "one value": (lambda x, y, w, b: right(x, y, w, b)[0], "structure", "not 2 values"),
    "a scalar": (lambda x, y, w, b: (0.5, 0.5), "shape", "shape (), expected (3,)"),
    "a row": (
        lambda x, y, w, b: (right(x, y, w, b)[0][None], 0.5),
        "shape",
        "shape (1, 3), expected (3,)",
    ),
    "a short list": (lambda x, y, w, b: ([0.5, 1], 0), "structure", "not one array"),
    "a list": (
        lambda x, y, w, b: (x.tolist(), 0.5),
        "list",
        "is a list, not one array",
    ),
    "one array": (
        lambda x, y, w, b: np.array([1.0, 2.0]),
        "array",
        "is one array of shape (2,), not 2 values",
    ),
    "text": (lambda x, y, w, b: ("0.5", "0.5"), "text", "not a number"),
    "a function": (lambda x, y, w, b: (x.sum, np.exp), "function", "not a number"),
    "an object": (lambda x, y, w, b: (object(), x), "type", "not a number"),
    "a complex": (lambda x, y, w, b: (x * 1j, 1j), "dtype", "complex128"),
    "a truth": (lambda x, y, w, b: (x > 0, True), "dtype", "bool"),
    "nan": (of_nan, "nan", "holds nan"),
    "infinite": (lambda x, y, w, b: (x, np.inf), "infinite", "is infinite"),
    "too few digits": (rounded, "close", "close but not right"),
    "an argument changed": (change_argument, "changed", "argument x was changed"),
    "a warning": (overflow_aside, "only a warning", "overflow encountered"),
    "a warning too": (overflow_and_wrong, "warning", "overflow encountered"),
    "a logarithm": (log_of_zero, "log", "divide by zero encountered in log"),
}


@pytest.mark.parametrize("name", PLAIN)
def test_plain_messages(name):
    function, kind, words = PLAIN[name]
    function.__name__ = "neuron_gradient"
    verdict = check("3.3", function)
    assert verdict.status == "wrong" and not verdict.misconception
    found = {problem.kind for problem in verdict.cases[0].problems}
    assert {"only a warning": "warning"}.get(kind, kind) in found
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
    for id in (3.9, 3, None, [3.1], np.zeros(2)):
        with pytest.raises(ValueError, match="there is no question"):
            check(id, sigmoid)


def test_a_number_is_an_id_unless_two_ids_look_like_it(monkeypatch):
    def stable_sigmoid(z):
        return sigmoid(z)

    assert check(3.1, stable_sigmoid).points == 2
    assert report().points == 2
    monkeypatch.setitem(QUESTIONS, "3.10", QUESTIONS["3.2"])
    with pytest.raises(ValueError, match=r"there is no question 3\.1;"):
        check(3.1, stable_sigmoid)


@pytest.mark.parametrize("arguments", [(sigmoid, "3.1"), (sigmoid, 3.1), (sigmoid,)])
def test_the_id_comes_first(arguments):
    with pytest.raises(ValueError, match=r"the id comes first: check\("):
        check(*arguments)


def test_a_lambda_is_an_answer():
    stable_sigmoid = lambda z: sigmoid(z)  # noqa: E731
    assert check("3.1", stable_sigmoid).points == 2


def test_a_call_with_other_arguments_is_told_how_it_is_called():
    def stable_sigmoid(z, w):
        return z

    (advice,) = check("3.1", stable_sigmoid).advice
    assert "The check calls it as sigmoid(z): " not in advice
    assert "The check calls it as stable_sigmoid(z): " in advice

    def stable_sigmoid(z):
        return math.exp()  # a wrong call, but not this one

    assert check("3.1", stable_sigmoid).advice == (ADVICE["crash"],)


def test_text_of_a_known_misconception():
    def update(x, y, w, b, lr):
        return w - lr * right(x, y, w, b)[0], b

    assert repr(check("3.4", update)) == (
        "✗ 3.4 One step downhill · 0 of 3 points\n"
        "  w moved, b stayed. The bias is a parameter like any other and takes its "
        "own step: section 3.4.\n"
        "  ✗ lr = 0.5: new_b is wrong\n"
        "      x               [-1.1485, -1.4926, 0.74356]\n"
        "      y               0.14403\n"
        "      w               [-0.33215, 0.43662, -0.53285]\n"
        "      b               0.7\n"
        "      lr              0.5\n"
        "      expected new_b  0.65447\n"
        "      got new_b       0.7\n"
        "  ✗ lr = 3: new_b is wrong (expected -0.37368, got -0.4)\n"
        "  ✗ lr = 0.1, a single input: new_b is wrong (expected 0.49718, got 0.5)"
    )


def test_text_of_a_function_among_the_arguments():
    def central_difference(f, x, h):
        return (f(x + h) - f(x)) / h

    assert "f         lambda x: x**3 - 2.7 * x\n" in repr(
        check("1.1", central_difference)
    )


def test_truth_is_written_as_truth():
    def agrees(f, x, gradient):
        return True

    assert "expected  False\n      got       True" in repr(check("1.5", agrees))


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


def raises(error):
    def f(x):
        raise error

    return f


def dot(x):
    return np.dot(np.ones((2, 3)), np.ones(9))


def known(function, reference=lambda x: x):
    """Make a question that knows one wrong answer, which this function gives."""
    hint = wrong("Not like this: section 9.1.")
    question = question_on(reference, Case("case", (np.ones(3),)))
    return dataclasses.replace(question, wrong=(hint(function),))


@pytest.mark.parametrize(
    ("theirs", "mine", "same"),
    [
        (raises(KeyError("theirs")), raises(KeyError("mine")), True),
        (raises(AssertionError("so")), raises(AssertionError), True),
        (lambda x: x @ np.ones(5), lambda x: x @ np.ones((9, 2)), True),
        (lambda x: x @ np.ones(5), dot, True),
        (lambda x: x + np.ones(5), lambda x: x * np.ones((2, 2)), True),
        (lambda x: x @ np.ones(5), lambda x: x * np.ones(5), False),
        (lambda x: x @ np.ones(5), lambda x: x.reshape(5), False),
        (lambda x: x @ np.ones(5), raises(ValueError("oops")), False),
        (lambda x: x @ np.ones(5), raises(ValueError), False),
        (raises(KeyError("x")), raises(IndexError("x")), False),
        (raises(KeyError("x")), lambda x: x, False),
    ],
)
def test_a_known_crash_is_recognised_by_its_words(theirs, mine, same):
    question = known(theirs, reference=lambda x: x + 1)
    cases = question.draw(0)
    verdict = judge(question, cases, outcomes_of(mine, cases))
    assert verdict.status == "wrong" and bool(verdict.misconception) is same


def test_where_the_reference_raises_any_words_will_do():
    def reference(x, y):
        if y:
            raise ValueError("y is not 0, it is {y}")
        return x

    def one(x, y):
        return x if not y else reference(x, y)

    def another(x, y):
        if y:
            raise ValueError("no")
        return 7 * x

    @wrong("Not like this: section 9.1.")
    def known(x, y):
        return 7 * reference(x, y)

    both = Case("zero", (1.5, 0.0)), Case("one", (1.5, 1.0))
    question = dataclasses.replace(question_on(reference, *both), wrong=(known,))
    cases = question.draw(0)
    assert judge(question, cases, outcomes_of(one, cases)).status == "right"
    verdict = judge(question, cases, outcomes_of(another, cases))
    assert verdict.misconception == "known"


def test_values_are_named_as_in_the_learners_code():
    def reference(x):
        return 1.5, [x, 2 * np.ones((4, 2))], {"w": 3.0}

    def answer(x):
        loss, (dw, dv), _ = reference(x)
        return loss + 1, (dw, dv + 0.5), {"w": 4.0}

    def verdict(**options):
        case = Case("case", (np.ones(3),))
        question = question_on(reference, case, case, **options)
        cases = question.draw(0)
        return judge(question, cases, outcomes_of(answer, cases))

    named = verdict(returns=("loss", "dWs", "more"))
    assert repr(named).split("\n")[1:] == [
        "  ✗ case: loss is wrong; dWs[1] is wrong at [0, 0]; more['w'] is wrong",
        "      x                      [1, 1, 1]",
        "      expected loss          1.5",
        "      got loss               2.5",
        "      expected dWs[1][0, 0]  2",
        "      got dWs[1][0, 0]       2.5",
        "      expected more['w']     3",
        "      got more['w']          4",
        "  ✗ case: loss is wrong; dWs[1] is wrong at [0, 0]; more['w'] is wrong",
    ]
    assert "dWs[1] is wrong at [0, 0]" in named._repr_html_()
    assert named._repr_html_().count("expected") == 3
    unnamed = repr(verdict())
    assert "value 1 of 3 is wrong; [1] of value 2 of 3 is wrong" in unnamed


def test_only_the_first_problems_of_a_case_are_put_into_words():
    def reference(*values):
        return tuple(values)

    def answer(*values):
        return tuple(value + i for i, value in enumerate(values))

    question = question_on(
        reference, Case("case", (0.1,) * 6), returns=("a", "b", "c", "d", "e", "f")
    )
    cases = question.draw(0)
    text = repr(judge(question, cases, outcomes_of(answer, cases)))
    assert "case: b is wrong; c is wrong; d is wrong; also e, f\n" in text
    assert text.count("expected") == 3


def test_matrices_in_a_list_stand_apart():
    matrix = np.arange(4.0).reshape(2, 2)
    assert write([matrix, matrix]) == ("[[[0, 1],\n  [2, 3]],\n [[0, 1],\n  [2, 3]]]")
    assert write([1.0, np.zeros(2)]) == "[1, [0, 0]]"


def test_an_argument_that_is_changed_gets_advice_for_its_kind():
    def pops(x):
        return x.pop()

    question = question_on(lambda x: x[-1], Case("case", ([0.5, 0.7],)))
    cases = question.draw(0)
    verdict = judge(question, cases, outcomes_of(pops, cases))
    assert verdict.advice == (ADVICE["changed items"],)
    assert "the argument x was changed" in repr(verdict)


@pytest.mark.parametrize(
    ("expected", "got", "kind"),
    [
        ({"w": 1.0}, 1.0, "dict"),
        ({"w": 1.0}, [("w", 1.0)], "dict"),
        ({"w": 1.0}, {}, "keys"),
        ({"w": 1.0}, {"w": 1.0, "v": 1.0}, "keys"),
        (True, 1, "truth"),
        (True, "True", "truth"),
        (True, np.array(1.0), "truth"),
        ("right", 1.0, "word"),
        (np.ones((2, 2)), [[1.0, 1.0], [1.0, 1.0]], "list"),
        (np.ones((2, 2)), (np.ones(2), np.ones(2)), "list"),
        (np.ones((2, 2)), [[1.0, 1.0], [1.0]], "structure"),
        (np.ones(2), [1.0, "x"], "structure"),
        (np.ones(2), {"a": 1.0, "b": 1.0}, "structure"),
        (1.0, [1.0], "structure"),
        ((1.0, 2.0), np.ones(3), "structure"),
    ],
    ids=repr,
)
def test_what_is_of_another_kind(expected, got, kind):
    question = question_on(lambda: expected, Case("case", ()))
    cases = question.draw(0)
    verdict = judge(question, cases, outcomes_of(lambda: got, cases))
    assert verdict.advice == (ADVICE[kind],)


def test_check_prints_nothing():
    stream = io.StringIO()
    with contextlib.redirect_stdout(stream):
        check("3.3", printed)
    assert stream.getvalue() == ""


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_several_values_have_names(question):
    for outcome in outcomes_of(question.reference, question.draw(0)):
        several = isinstance(outcome.value, tuple | list)
        assert len(question.returns) == (len(outcome.value) if several else 0)
    assert len(set(question.returns)) == len(question.returns)


def test_every_question_is_known_by_its_id():
    files = sorted(Path(checks.__file__).parent.glob("chapter[0-9][0-9].py"))
    sets = [int(file.stem.removeprefix("chapter")) for file in files]
    assert list(QUESTIONS) == [f"{set}.{n}" for set in sets for n in range(1, 6)]

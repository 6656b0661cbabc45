"""The untrusted side: whatever a learner's function does, its outcome is plain data."""

import dataclasses
import functools
import sys
import types
import warnings
from pathlib import Path

import numpy as np
import pytest

from backprop.checks import QUESTIONS, check
from backprop.checks.judge import judge, outcomes_of
from backprop.checks.run import MAX_TEXT, Opaque, Source, plain, run


class AlwaysEqual(np.ndarray):
    def __eq__(self, other):
        return True

    __hash__ = None

    def __array_ufunc__(self, *args, **kwargs):
        return True

    def __array_function__(self, *args, **kwargs):
        return True

    def __array_finalize__(self, other):
        if other is not None:  # not when it is made, but whenever it is viewed
            raise SystemExit

    @property
    def shape(self):
        return (2,)

    @property
    def dtype(self):
        return np.dtype(float)


class Chameleon(type):
    """A metaclass whose classes claim to be any other."""

    def __eq__(cls, other):
        return True

    def __hash__(cls):
        return hash(float)

    def __instancecheck__(cls, value):
        return True

    def __subclasscheck__(cls, other):
        return True

    @property
    def __name__(cls):
        raise SystemExit


class Poison(BaseException):
    pass


class Evil(metaclass=Chameleon):
    """Raises whatever is asked of it, and claims to be a float."""

    def _raise(self, *args, **kwargs):
        raise Poison("gotcha")

    __getattribute__ = __array__ = __bool__ = __len__ = __iter__ = _raise
    __repr__ = __str__ = __eq__ = __float__ = __index__ = __getitem__ = _raise
    __deepcopy__ = __reduce_ex__ = __call__ = __contains__ = __format__ = _raise
    __hash__ = None
    __class__ = float


class Endless:
    def __iter__(self):
        while True:
            yield 1.0

    def __len__(self):
        return sys.maxsize


class EqualFloat(float):
    def __eq__(self, other):
        return True

    def __sub__(self, other):
        return 0.0

    __hash__ = None


class EvilText(str):
    def __str__(self):
        raise Poison

    __repr__ = __len__ = __getitem__ = __iter__ = __format__ = __str__


class EvilList(list):
    def __iter__(self):
        raise Poison

    __len__ = __getitem__ = __eq__ = __repr__ = __iter__
    __hash__ = None


class EvilDict(dict):
    def items(self):
        raise Poison

    __iter__ = keys = __len__ = __getitem__ = __repr__ = items


def always_equal():
    return np.ndarray.__new__(AlwaysEqual, (3,))


def self_containing():
    nest = []
    nest.append(nest)
    return nest


def deep():
    nest = []
    for _ in range(100_000):
        nest = [nest]
    return nest


def evil_object_array():
    array = np.empty(2, dtype=object)
    array[0] = Endless()
    return array


def renamed_class():
    return type("K", (), {})()


def generator():
    yield 1.0


HOSTILE = {
    "an array that equals everything": always_equal,
    "an object that raises whatever is asked": lambda: Evil.__new__(Evil),
    "such an object inside a tuple": lambda: (Evil.__new__(Evil), 1.0),
    "an endless iterable": Endless,
    "a float that equals everything": lambda: EqualFloat(0.5),
    "a string that raises": lambda: EvilText("x"),
    "a list that raises": lambda: EvilList([1.0]),
    "a dict that raises": lambda: EvilDict(a=1.0),
    "a dict with strange keys": lambda: {(1, 2): 3},
    "a list that contains itself": self_containing,
    "a very deep list": deep,
    "a generator": generator,
    "an array of objects": evil_object_array,
    "a huge array that takes no memory": lambda: np.broadcast_to(1.0, (10**9, 10)),
    "a long list": lambda: [0.0] * 2_000_000,
    "a huge int": lambda: 10**5000,
    "a complex number": lambda: 1j,
    "a long string": lambda: "x" * 10**7,
    "half a character": lambda: "\ud800",
    "terminal escapes": lambda: "\x1b[2J\u202e",
    "HTML": lambda: "<script>alert(1)</script>",
    "bytes": lambda: b"abc",
    "a set": lambda: {1.0},
    "a structured array": lambda: np.zeros(2, dtype=[("a", float)]),
    "dates": lambda: np.array(["2026-01-01"], dtype="datetime64[D]"),
    "an empty array": lambda: np.zeros((0, 3)),
    "an array of 40 dimensions": lambda: np.zeros((1,) * 40),
    "a masked array": lambda: np.ma.masked_array([1.0, 2.0], [True, False]),
    "a function": lambda: print,
    "a class": lambda: Evil,
    "a module": lambda: types,
    "its own kind of exception": lambda: Poison("x"),
    "NotImplemented": lambda: NotImplemented,
    "Ellipsis": lambda: ...,
}


def raising(error):
    def function():
        raise error

    return function


class MuteError(Exception):
    def __str__(self):
        raise Poison


class MisnamedError(Exception):
    def __str__(self):
        return EvilText("message")


def recurse():
    return recurse()


def tamper():
    """Leave the process as different as a function can."""
    sys.stdout = None
    np.seterr(all="ignore")
    np.set_printoptions(precision=1)
    warnings.simplefilter("ignore")
    warnings.showwarning = None


def spoil_stdout():
    sys.stdout._parts = None
    sys.stdout.close()


def flood():
    for i in range(2000):
        print("x" * 1000)
        warnings.warn(f"warning {i}", RuntimeWarning, stacklevel=1)


HOSTILE_CALLS = {
    "SystemExit": raising(SystemExit()),
    "GeneratorExit": raising(GeneratorExit()),
    "an error of no known kind": raising(Poison("x")),
    "an error without a message": raising(MuteError()),
    "an error with a strange message": raising(MisnamedError()),
    "endless recursion": recurse,
    "tampering": tamper,
    "a spoilt standard output": spoil_stdout,
    "a flood of prints and warnings": flood,
}


@pytest.mark.parametrize("name", [*HOSTILE, *HOSTILE_CALLS])
def test_nothing_that_a_function_does_makes_check_raise(name):
    act = (HOSTILE | HOSTILE_CALLS)[name]

    def function(*args):
        return act()

    for question in (QUESTIONS["3.1"], QUESTIONS["3.5"]):
        function.__name__ = question.function
        verdict = check(question.id, function)
        assert verdict.status == "wrong", "a hostile value passed"
        for text in (repr(verdict), verdict._repr_html_()):
            assert len(text) < 20_000
            text.encode("utf-8")
            assert "\x1b" not in text and "\u202e" not in text
        assert "<script" not in verdict._repr_html_()
        assert " at 0x" not in repr(verdict)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_value_becomes_plain_data(name):
    def is_plain(value):
        if type(value) in (tuple, list):
            return all(map(is_plain, value))
        if type(value) is dict:
            return all(map(is_plain, [*value, *value.values()]))
        if type(value) is np.ndarray:
            return value.dtype.kind in "biufc"
        return type(value) in (type(None), bool, int, float, str, Opaque)

    assert is_plain(plain(HOSTILE[name]()))


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_function_gets_a_message(name):
    verdict = check("3.1", HOSTILE[name]())
    assert verdict.status == "wrong" and verdict.points == 0 and verdict.advice
    assert repr(verdict) and verdict._repr_html_()


def test_the_stop_button_stops():
    with pytest.raises(KeyboardInterrupt):
        run(raising(KeyboardInterrupt()), ())


def test_a_call_leaves_the_process_as_it_was():
    before = sys.stdout, np.geterr(), list(warnings.filters), warnings.showwarning
    with np.printoptions():
        run(tamper, ())
    after = sys.stdout, np.geterr(), list(warnings.filters), warnings.showwarning
    assert after == before


def test_a_setting_of_an_earlier_cell_hides_no_warning():
    def overflow():
        return np.exp(np.float64(1000))

    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert run(overflow, ()).warnings == ("overflow encountered in exp",)
    with np.errstate(all="raise"):
        assert run(overflow, ()).error is None


def test_arguments_are_copies_and_come_back_as_they_were_left():
    given = np.array([1.0, 2.0])

    def spoil(x):
        x[0] = 5
        return x

    outcome = run(spoil, (given,))
    assert given.tolist() == [1, 2]
    assert outcome.args[0].tolist() == [5, 2]
    assert outcome.value.tolist() == [5, 2] and outcome.value is not outcome.args[0]


def test_a_function_is_given_by_its_source_and_stays_text():
    given = Source("lambda x: np.sum(x**2)")
    outcome = run(lambda f, x: f(x), (given, np.array([1.0, 2.0])))
    assert outcome.error is None and outcome.value == 5
    assert outcome.args[0] == given
    kept = run(lambda f, x: f, (given, 0.0)).value
    assert kept == Opaque("an object of type function")


def test_an_error_inside_a_given_function_is_blamed_on_the_line_that_called_it():
    def function(f):
        return f(0)  # the line

    failure = run(function, (Source("lambda x: 1 / x"),)).error
    assert failure.type == "ZeroDivisionError"
    assert failure.line == "return f(0)  # the line"


def test_what_a_function_keeps_cannot_change_the_outcome():
    kept = []

    def keep(x):
        kept.append(x)
        return x

    outcome = run(keep, (np.array([1.0]),))
    kept[0][0] = 7
    assert outcome.value[0] == outcome.args[0][0] == 1


def test_prints_are_kept_in_part():
    outcome = run(lambda: print("é" * 10**6), ())
    assert outcome.printed == "é" * MAX_TEXT + "…" and outcome.value is None


def test_a_failure_names_the_line_of_the_learners_code():
    def function(x):
        return np.zeros((2, 3)) @ x  # the line

    failure = run(function, (np.zeros(4),)).error
    assert failure.type == "ValueError"
    assert failure.line == "return np.zeros((2, 3)) @ x  # the line"
    assert run(functools.partial(int, "x"), ()).error.line == ""


def test_plain_values_stay_themselves():
    for value in (None, True, 3, -0.5, "text", (1, [2.0]), {"a": None}):
        assert plain(value) == value and type(plain(value)) is type(value)
    array = plain(np.arange(6, dtype=">f4").reshape(2, 3).T)
    assert array.dtype == np.float32 and array.tolist() == [[0, 3], [1, 4], [2, 5]]
    assert plain(np.float32(0.5)).dtype == np.float32
    point = plain(np.array(2.5))
    assert type(point) is np.ndarray and point.shape == ()


def test_run_knows_no_question():
    """A sandbox can hold run.py alone."""
    import backprop.checks.run as module

    source = Path(module.__file__).read_text(encoding="utf-8")
    assert "import backprop" not in source and "from backprop" not in source


def test_the_verdict_needs_only_outcomes():
    question = QUESTIONS["3.4"]
    cases = question.draw(seed=5)
    outcomes = outcomes_of(question.reference, cases)
    outcomes = [dataclasses.replace(outcome) for outcome in outcomes]
    assert judge(question, cases, outcomes).status == "right"

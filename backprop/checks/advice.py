"""What to tell a learner whose answer is wrong in a way that no question knows.

Each kind of problem has its advice. An error, or a value of another kind than asked,
has one of several kinds: they are told apart here.
"""

import re
from collections.abc import Iterable

import numpy as np

from backprop.checks.question import Case, Question
from backprop.checks.run import Failure, Opaque, Plain

# kind of problem -> what to say, in the order in which it is said
ADVICE = {
    "undefined": "A name is not defined: run the cell that defines it, or look for a "
    "typo.",
    "call": "The check calls it as {call}: it must take these arguments, in this "
    "order.",
    "if": "`if`, `and`, `or` and Python's own max and min ask about one number, and "
    "they got an array. np.where, np.maximum and np.minimum go entry by entry.",
    "product": "The shapes do not fit in @: the last axis of the first array must be "
    "as long as the first axis of the second. Note both shapes beside that line.",
    "broadcast": "The shapes do not fit entry by entry. NumPy compares them from the "
    "right, so that (N, C) and (N,) do not fit. keepdims=True keeps a summed axis, as "
    "(N, 1), which fits (N, C).",
    "domain": "math.log stops at 0 and math.sqrt below 0. Find out how the number "
    "became one that they do not take.",
    "shapes": "Your function stopped with an error before it returned. Call it with "
    "the arguments below and follow the shapes, line by line.",
    "crash": "Your function stopped with an error before it returned. Call it with "
    "the arguments below, and print what goes into the line that stopped.",
    "printed": "Your function printed its answer and returned None. print shows a "
    "value to a person, return hands it to the caller.",
    "none": "Your function returned None. It needs a return at its end; or the return "
    "stands inside a loop or in one branch of an if; or what it returns came from "
    "list.reverse() or list.sort(), which work in place and return None.",
    "function": "You returned a function. Call it, and return what it gives.",
    "text": "You returned text. Return the number.",
    "word": "The question asks for a word: return text, in quotes.",
    "truth": "Return True or False itself.",
    "type": "A check can compare numbers, arrays, and tuples of them.",
    "list": "You returned a list or a tuple. np.array(…) makes an array of it.",
    "array": "One array is one value. Return the values themselves, separated by "
    "commas.",
    "dict": "The question asks for a dict from name to number.",
    "keys": "The dict must have each of the names that the question asks for, and no "
    "other.",
    "structure": "Count the values that the question asks for, and return them in that "
    "order, separated by commas.",
    "shape": "Arrays of different shapes are different, also where NumPy would stretch "
    "one to fit the other. Note the shape of every array beside its line.",
    "dtype": "The numbers are of the wrong kind. Look for a conversion that you did "
    "not mean, such as an array created with another array's dtype.",
    "nan": "nan is what inf − inf, inf / inf and 0 · inf leave behind. Look for the "
    "step that became infinite first.",
    "infinite": "An exponential overflowed, or something was divided by zero.",
    "close": "Some digits are right, the last ones are not: look for a difference of "
    "nearly equal numbers, or for float32 on the way.",
    "changed": "The caller still needs that array. w -= step and w[...] = … write into "
    "it; w = w - step makes a new one.",
    "changed items": "The caller still needs that list or dict. pop, append, sort, "
    "reverse, setdefault and d[key] = … change it: work on a copy, list(…) or dict(…).",
    "unchanged": "The caller looks at its own array after the call, and it was never "
    "updated. w = … only moves your name w to a new array; w[...] = … writes into the "
    "caller's.",
    "log": "NumPy took the logarithm of 0: a probability has rounded to 0.",
    "warning": "NumPy warned: on the way to the result, a part of the computation "
    "left the range of floating-point numbers.",
    "only a warning": "What your function returned is right, but NumPy warned on the "
    "way: a part of the computation left the range of floating-point numbers. Remember "
    "that np.where computes both of its branches for every entry.",
}

# The type of an error, a pattern of its message, the kind of problem that it is.
_CRASHES = (
    ("NameError", r"is not defined", "undefined"),
    ("ValueError", r"truth value of an", "if"),
    ("ValueError", r"core dimension|not aligned|mismatch for sum", "product"),
    ("ValueError", r"broadcast", "broadcast"),
    ("ValueError", r"math domain error|expected a \w+ input", "domain"),
)
_FUNCTIONS = {
    Opaque(f"an object of type {name}")
    for name in ("function", "method", "builtin_function_or_method", "ufunc")
}


def advise(kinds: Iterable[str], question: Question) -> tuple[str, ...]:
    """Say what helps against problems of these kinds."""
    kinds = set(kinds)
    if kinds == {"warning"}:
        kinds = {"only a warning"}
    if "log" in kinds:  # it says why
        kinds -= {"infinite", "warning"}
    if "structure" in kinds:  # that an array was as long as asked was by chance
        kinds -= {"array"}
    return tuple(
        text.replace("{call}", question.call)
        for kind, text in ADVICE.items()
        if kind in kinds
    )


def kind_of_crash(error: Failure, case: Case) -> str:
    """Tell the kinds of errors apart."""
    for name, pattern, kind in _CRASHES:
        if error.type == name and re.search(pattern, error.message):
            return kind
    # An error of the call itself happens in no line of the learner's.
    wrong_call = r"\) (takes .* argument|missing .* argument|got .* argument)"
    if error.type == "TypeError" and not error.line and not case.use:
        if re.search(wrong_call, error.message):
            return "call"
    if error.type == "ValueError" and any(map(_has_shape, case.args)):
        return "shapes"
    return "crash"


def _has_shape(value: Plain) -> bool:
    if isinstance(value, tuple | list):
        return any(map(_has_shape, value))
    return isinstance(value, np.ndarray) and value.ndim > 0


def same_crash(one: Failure, other: Failure) -> bool:
    """Whether two functions stopped for the same reason.

    The messages must agree, names and numbers in them aside. A key that is not there
    and an assertion that fails say nothing but what the learner wrote.
    """
    if one.type != other.type:
        return False
    if one.type in ("KeyError", "AssertionError"):
        return True
    return _words(one.message) == _words(other.message)


def _words(message: str) -> list[str]:
    if re.search("core dimension|not aligned|mismatch for sum", message):
        return ["@ or np.dot"]
    return re.sub(r"'[^']*'|\([^)]*\)|\[[^]]*\]|\d+", " ", message[:200]).split()


def kind_of_type(want: Plain, have: Plain) -> str:
    """Tell apart why `have` is no number, array, text or truth as `want` is."""
    if isinstance(want, bool):
        return "truth"
    if isinstance(have, Opaque) and have in _FUNCTIONS:
        return "function"
    if isinstance(want, str):
        return "word"
    return "text" if isinstance(have, str) else "type"


def is_array_of(have: Plain, shape: tuple[int, ...]) -> bool:
    """Whether np.array makes an array of this shape out of `have`.

    It is not asked itself: one long text among many numbers would fill the memory.
    """
    if isinstance(have, tuple | list):
        return len(have) == next(iter(shape), -1) and all(
            is_array_of(item, shape[1:]) for item in have
        )
    if isinstance(have, np.ndarray):
        return have.shape == shape
    return not shape and isinstance(have, int | float)

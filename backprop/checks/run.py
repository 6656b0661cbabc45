"""Call a learner's function and bring back what it did, as plain data.

This is the untrusted side: it knows no question, and it imports nothing of this
package, so that a sandbox can hold this file alone. No method of a returned object
is ever called: its real type is read, and what is not plain data is only described.
"""

import contextlib
import copy
import io
import linecache
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

MAX_SIZE = 1_000_000  # numbers and items that one returned value may hold
MAX_DEPTH = 8  # lists within lists
MAX_TEXT = 1000  # characters of a string, a message or a print
NUMERIC = "biufc"  # NumPy's kinds: bool, int, unsigned, float, complex

# Scalars of exactly these types are read. A subclass could override any method.
_NUMPY_SCALARS = tuple(
    {t for t in np.sctypeDict.values() if np.dtype(t).kind in NUMERIC}
)


@dataclass(frozen=True)
class Opaque:
    """Stands for a value that is not plain data, such as "a generator"."""

    description: str


@dataclass(frozen=True)
class Source:
    """Stands for a function among the arguments: its source, which sees NumPy as np.

    Text can be shown, compared and sent to a sandbox; a function cannot.
    """

    text: str


type_name = type.__dict__["__name__"].__get__  # a metaclass cannot override this one

Plain = (
    None | bool | int | float | str | np.ndarray | tuple | list | dict | Opaque | Source
)  # tuples, lists and dicts hold such values again


@dataclass(frozen=True)
class Failure:
    """The error that ended a call: its type's name, its message, the line of code."""

    type: str
    message: str
    line: str


@dataclass(frozen=True, eq=False)
class Outcome:
    """All that one call did: value or error, warnings, prints, the arguments after."""

    value: Plain
    error: Failure | None
    warnings: tuple[str, ...]
    printed: str
    args: tuple[Plain, ...]


def run(
    function: Callable, args: tuple[Plain, ...], use: Source | None = None
) -> Outcome:
    """Call `function` on a deep copy of `args`, whatever it does.

    In place of a Source among `args` it gets the function that the text describes. With
    `use`, that function is called instead, on `function` and the arguments.
    Only KeyboardInterrupt passes, because it is the notebook's stop button.
    """
    args = copy.deepcopy(args)
    given = [_function(a) if type(a) is Source else a for a in args]
    value, error = None, None
    printed, warned = _Tape(), {}
    with _watched(printed, warned):
        try:
            value = plain(_function(use)(function, *given) if use else function(*given))
        except KeyboardInterrupt:
            raise
        except BaseException as exception:
            error = _failure(exception)
    args = tuple(a if type(a) is Source else plain(a) for a in args)
    return Outcome(value, error, tuple(warned), printed.text(), args)


def _function(source: Source) -> Callable:
    return eval(source.text, {"np": np})


def plain(value: object) -> Plain:
    """Copy `value` as plain data, without calling any of its own methods."""
    try:
        return _plain(value, MAX_DEPTH, _Budget(MAX_SIZE))
    except _TooLargeError as error:
        return Opaque(str(error))


class _TooLargeError(Exception):
    pass


class _Budget:
    def __init__(self, left: int):
        self.left = left

    def spend(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise _TooLargeError(f"more than {MAX_SIZE:,} numbers")


def _plain(value: object, depth: int, budget: _Budget) -> Plain:
    # isinstance() would ask the value for its __class__, == and `in` would ask its
    # metaclass. `is`, and issubclass() of Python's own types, ask nobody.
    kind = type(value)
    budget.spend(1)
    if value is None or kind is bool or kind is float:
        return value
    if kind is int:
        return value if value.bit_length() < 64 else Opaque("an int beyond 64 bits")
    if kind is str:
        return clean(value)
    if kind is complex or any(kind is scalar for scalar in _NUMPY_SCALARS):
        return np.array(value)
    if issubclass(kind, np.ndarray):
        array = np.ndarray.view(value, np.ndarray)  # drops what a subclass overrides
        if array.dtype.kind not in NUMERIC:
            return Opaque(f"an array of dtype {clean(array.dtype.name)}")
        budget.spend(array.size)
        return array.astype(array.dtype.newbyteorder("="), order="C")
    if issubclass(kind, (tuple, list, dict)) and not depth:
        raise _TooLargeError(f"lists nested more than {MAX_DEPTH} deep")
    for base in (tuple, list):
        if issubclass(kind, base):
            items = base.__iter__(value)
            return base(_plain(item, depth - 1, budget) for item in items)
    if issubclass(kind, dict):
        items = list(dict.items(value))
        if any(type(key) is not str for key, _ in items):
            return Opaque("a dict whose keys are not strings")
        return {clean(key): _plain(item, depth - 1, budget) for key, item in items}
    return Opaque(f"an object of type {clean(type_name(kind), 60)}")


def clean(text: str, limit: int = MAX_TEXT) -> str:
    """Cut `text` and spell out what cannot be printed: escapes, half characters."""
    text = str.__str__(text)  # of a subclass of str, the plain string
    cut = "".join(
        c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text[:limit]
    )
    return cut + "…" if len(text) > limit else cut


class _Tape(io.TextIOBase):
    """A standard output that keeps the first characters and forgets the rest."""

    def __init__(self):
        self._parts, self._length = [], 0

    def write(self, text: str) -> int:
        text = str.__str__(text)
        if self._length <= MAX_TEXT:
            self._parts.append(text[: MAX_TEXT + 1])
            self._length += len(self._parts[-1])
        return len(text)

    def text(self) -> str:
        try:
            return clean("".join(self._parts))
        except Exception:  # sys.stdout was tampered with
            return ""


@contextlib.contextmanager
def _watched(printed: _Tape, warned: dict[str, None]) -> Iterator[None]:
    """Collect prints and RuntimeWarnings, and put back all that a call may change."""

    def keep(message, category, *_args, **_kwargs):
        # A dict keeps the order and holds each text once, however often it came.
        if issubclass(category, RuntimeWarning) and len(warned) < 20:
            with contextlib.suppress(Exception):
                warned[clean(str(message))] = None

    with (
        contextlib.redirect_stdout(printed),
        warnings.catch_warnings(),
        np.errstate(divide="warn", over="warn", invalid="warn", under="ignore"),
    ):
        warnings.simplefilter("always")
        warnings.showwarning = keep
        yield


def _failure(exception: BaseException) -> Failure:
    line = _line(sys.exc_info()[2])
    try:
        message = clean(str(exception))
    except KeyboardInterrupt:
        raise
    except BaseException:  # the learner's own __str__ failed
        message = ""
    return Failure(clean(type_name(type(exception)), 60), message, line)


def _line(trace: types.TracebackType) -> str:
    """Find the last line of the learner's own file in a traceback, "" if none."""
    trace, line = trace.tb_next, ""  # the first frame is run's
    file = trace.tb_frame.f_code.co_filename if trace else None
    while trace:
        if trace.tb_frame.f_code.co_filename == file:
            with contextlib.suppress(Exception):  # a file name can be anything
                line = linecache.getline(file, trace.tb_lineno)
        trace = trace.tb_next
    return clean(line.strip(), 200)

"""What crosses between the grader and the sandbox: JSON that holds plain data only.

Both sides use this file; the sandbox holds a copy. Whatever arrives is checked: types,
sizes, depth. Nothing that arrives can be more than a value.
"""

import base64
import json
import math
import re

import numpy as np

try:
    from backprop.checks import run
except ImportError:  # in the sandbox, where the two files lie side by side
    import run

MAX_SOURCE = 10_000  # characters of the source of a function
DTYPE = re.compile(r"[<>|=][biufc]\d\d?")  # as in "<f8", of the kinds in run.NUMERIC
NESTED = {"tuple": tuple, "list": list}


class WireError(ValueError):
    """Something came that is not plain data of a reasonable size."""


def encode(value: run.Plain) -> object:
    """Return plain data as what json.dumps can write."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.ndarray):
        data = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()
        return {"array": [value.dtype.str, list(value.shape), data]}
    if isinstance(value, tuple | list):
        return {type(value).__name__: [encode(item) for item in value]}
    if isinstance(value, dict):
        return {"dict": [[key, encode(item)] for key, item in value.items()]}
    if isinstance(value, run.Source):
        return {"source": value.text}
    if isinstance(value, run.Opaque):
        return {"opaque": value.description}
    raise WireError(f"cannot send an object of type {type(value).__name__}")


def decode(value: object) -> run.Plain:
    """Return the plain data that `encode` wrote, or that somebody forged.

    Raises
    ------
    WireError
        If it is no such data, or holds more than `run` would have let out.
    """
    return _decode(value, run.MAX_DEPTH, [run.MAX_SIZE])


def _decode(value: object, depth: int, left: list[int]) -> run.Plain:
    left[0] -= 1
    if left[0] < 0:
        raise WireError("too many values")
    if value is None or type(value) in (bool, float):
        return value
    if type(value) is int and value.bit_length() < 64:
        return value
    if type(value) is str:
        return run.clean(value)
    if type(value) is not dict or len(value) != 1:
        raise WireError(f"unexpected {type(value).__name__}")
    [(kind, content)] = value.items()
    if kind == "source" and type(content) is str:
        if run.clean(content, MAX_SOURCE) != content:  # it is shown as it came
            raise WireError("not the source of a function")
        return run.Source(content)
    if kind == "opaque" and type(content) is str:
        return run.Opaque(run.clean(content))
    unexpected = WireError(f"unexpected {run.clean(kind, 40)!r}")
    if type(content) is not list:
        raise unexpected
    if kind == "array":
        return _array(content, left)
    if depth and kind in NESTED:
        return NESTED[kind](_decode(item, depth - 1, left) for item in content)
    if depth and kind == "dict":
        if any(
            type(pair) is not list or len(pair) != 2 or type(pair[0]) is not str
            for pair in content
        ):
            raise WireError("a dict must be pairs of a string and a value")
        return {run.clean(k): _decode(item, depth - 1, left) for k, item in content}
    raise unexpected


def _array(content: list, left: list[int]) -> np.ndarray:
    if len(content) != 3 or type(content[0]) is not str or len(content[0]) > 4:
        raise WireError("an array must be a dtype, a shape and its bytes")
    text, shape, data = content
    if not DTYPE.fullmatch(text):  # NumPy would read much more than this as a dtype
        raise WireError("not a numeric dtype")
    try:
        dtype = np.dtype(text)
    except TypeError:
        raise WireError("unknown dtype") from None
    if (
        type(shape) is not list
        or len(shape) > 8
        or any(type(n) is not int or not 0 <= n <= run.MAX_SIZE for n in shape)
        or type(data) is not str
    ):
        raise WireError("not the shape and the bytes of an array")
    size = math.prod(shape)
    left[0] -= size
    if left[0] < 0:
        raise WireError("too many numbers")
    try:
        raw = base64.b64decode(data, validate=True)
    except ValueError:
        raise WireError("not the bytes of an array") from None
    if len(raw) != size * dtype.itemsize:
        raise WireError("shape and bytes of an array do not agree")
    try:
        return np.frombuffer(raw, dtype).reshape(shape).copy()
    except ValueError:  # without any numbers, but too large for NumPy nonetheless
        raise WireError("an impossible shape") from None


def encode_outcome(outcome: run.Outcome) -> object:
    """Return all that one call did as what json.dumps can write."""
    error = outcome.error
    return {
        "value": encode(outcome.value),
        "error": error and [error.type, error.message, error.line],
        "warnings": list(outcome.warnings),
        "printed": outcome.printed,
        "args": [encode(arg) for arg in outcome.args],
    }


def decode_outcome(reply: object, count: int) -> run.Outcome:
    """Return the outcome of a call with `count` arguments, checked in every part.

    Raises
    ------
    WireError
        If any part of it is not what a call can have left.
    """
    keys = {"value", "error", "warnings", "printed", "args"}
    if type(reply) is not dict or reply.keys() != keys:
        raise WireError("not the outcome of a call")
    error, args = reply["error"], reply["args"]
    if error is not None:
        kind, message, line = _texts(error, 3)
        error = run.Failure(run.clean(kind, 60), message, run.clean(line, 200))
    if type(args) is not list or len(args) != count:
        raise WireError("not the arguments of the call")
    return run.Outcome(
        decode(reply["value"]),
        error,
        _texts(reply["warnings"]),
        *_texts([reply["printed"]]),
        tuple(decode(arg) for arg in args),
    )


def _texts(items: object, count: int | None = None) -> tuple[str, ...]:
    if (
        type(items) is not list
        or len(items) > 20
        or (count is not None and len(items) != count)
        or any(type(item) is not str for item in items)
    ):
        raise WireError("not a short list of texts")
    return tuple(run.clean(item) for item in items)


def write(message: object) -> bytes:
    """Return a message as one line."""
    return json.dumps(message).encode() + b"\n"


def read(line: bytes) -> object:
    """Return the message in a line, which anybody may have written.

    Raises
    ------
    WireError
        If it is not JSON, or too deep to be read.
    """
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        raise WireError("not JSON") from None

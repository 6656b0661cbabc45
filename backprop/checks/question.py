"""What a question is: a reference, inputs drawn from a seed, known wrong answers."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from backprop.checks.run import Plain, Source


@dataclass(frozen=True, eq=False)
class Case:
    """One call that a question makes.

    An answer that is a class is used rather than called: `use` is then the source of a
    function of the answer and the arguments, "lambda Value, a: (Value(a) * 2).data".
    `changes` names the arguments that the call must change in place: they are
    compared after it. All others must come back as they were. `same_dtype` demands
    the reference's dtype, where otherwise any real one will do.
    """

    label: str
    args: tuple[Plain, ...]
    changes: tuple[str, ...] = ()
    same_dtype: bool = False
    rtol: float | None = None
    use: Source | None = None


@dataclass(frozen=True)
class Wrong:
    """An answer that is known to be given, and what to tell whoever gives it."""

    function: Callable
    hint: str

    @property
    def name(self) -> str:
        """The function's name, which tells wrong answers apart in a test's message."""
        return self.function.__name__


def wrong(hint: str) -> Callable[[Callable], Wrong]:
    """Make the function below a known wrong answer: @wrong("what it misses")."""
    return lambda function: Wrong(function, hint)


@dataclass(frozen=True, eq=False)
class Question:
    """One question of an exercise set, as data.

    A number is right if it is within atol + rtol · |expected|. All cases must pass
    for the points: a misconception that is right in most cases is still one. `returns`
    names the values that are returned, if there are several.
    """

    id: str  # "3.2": the second question of chapter 3
    title: str
    level: str  # "warm-up", "core", "stretch" or "find the bug"
    points: int
    function: str  # the name that the answer must have
    reference: Callable
    cases: Callable[[np.random.Generator], Sequence[Case]]
    wrong: tuple[Wrong, ...]
    right: tuple[Callable, ...] = ()
    returns: tuple[str, ...] = ()
    rtol: float = 1e-9  # tells float64 from float32, and asks for no luck
    atol: float = 1e-12

    @property
    def set(self) -> str:
        """The exercise set that the question belongs to, named after its chapter."""
        return self.id.partition(".")[0]

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the arguments, in order."""
        return tuple(inspect.signature(self.reference).parameters)

    @property
    def call(self) -> str:
        """How the answer is called, such as "update(x, y, w, b, lr)"."""
        return f"{self.function}({', '.join(self.parameters)})"

    def draw(self, seed: int) -> tuple[Case, ...]:
        """Draw the cases: the same seed gives the same cases, alone or in a set."""
        number = map(int, self.id.split("."))
        return tuple(self.cases(np.random.default_rng([seed, *number])))

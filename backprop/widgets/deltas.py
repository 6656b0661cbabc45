"""The deltas figure of chapter 5."""

from typing import ClassVar

import traitlets
from numpy.typing import ArrayLike

from backprop.widgets.figure import Figure, Real


class DeltasFigure(Figure):
    """A 2-2-1 network of sigmoids, and its slopes on their way back, step by step.

    z1 = x W1 + b1, a1 = σ(z1), z2 = a1 W2 + b2, a2 = σ(z2), L = ½(a2 − y)².
    x (2,), W1 (2, 2), b1 (2,), W2 (2, 1), b2 (1,), y () in [0, 1], lr () in [0, 20].
    `step` says how far the way back has come: at 0 only the values are there, and at
    `last` every slope. With `stale`, layer 2 is updated before the way back leaves it.
    `chosen` is the parameter under the slider, 1-based: "W1_12", "b1_2", "W2_21", "b2".

    Raises
    ------
    TypeError
        If x, W1, b1, W2, b2, y or lr is not made of real numbers.
    ValueError
        If one of them has the wrong shape, is not finite or is out of bounds.
    traitlets.TraitError
        If `step` is not a whole number from 0 to `last`, `stale` not a bool, or there
        is no such `chosen`.
    """

    last: ClassVar[int] = 9

    x = Real((2,))
    W1 = Real((2, 2))
    b1 = Real((2,))
    W2 = Real((2, 1))
    b2 = Real((1,))
    y = Real((), 0, 1)
    lr = Real((), 0, 20)
    step = traitlets.Int(min=0, max=last).tag(sync=True)
    stale = traitlets.Bool().tag(sync=True)
    chosen = traitlets.Enum(
        ["W1_11", "W1_12", "W1_21", "W1_22", "b1_1", "b1_2", "W2_11", "W2_21", "b2"]
    ).tag(sync=True)

    def __init__(
        self,
        x: ArrayLike = (1.2, -0.8),
        W1: ArrayLike = ((0.5, -0.9), (0.3, -0.4)),
        b1: ArrayLike = (0.1, 0.6),
        W2: ArrayLike = ((0.7,), (-0.3,)),
        b2: ArrayLike = (0.2,),
        y: float = 1.0,
        lr: float = 4.0,
        step: int = 0,
        stale: bool = False,
        chosen: str = "W2_11",
        name: str = "fig-deltas",
    ) -> None:
        super().__init__(
            name,
            x=x,
            W1=W1,
            b1=b1,
            W2=W2,
            b2=b2,
            y=y,
            lr=lr,
            step=step,
            stale=stale,
            chosen=chosen,
        )

"""The neuron figure of chapter 3."""

from typing import ClassVar

import traitlets
from numpy.typing import ArrayLike

from backprop.widgets.figure import Figure, Real


class NeuronFigure(Figure):
    """A sigmoid neuron with every number on it, walked forward and backward.

    z = w·x + b, a = σ(z), L = ½(a − y)². x (2,), w (2,), b (), y () in [0, 1],
    lr () in [0, 10]. `step` says how far the walk has gone: 0 shows the inputs,
    1–4 go forward to L, 5–11 back to every gradient, and `last` shows it whole.

    Raises
    ------
    TypeError
        If x, w, b, y or lr is not made of real numbers.
    ValueError
        If one of them has the wrong shape, is not finite or is out of bounds.
    traitlets.TraitError
        If `step` is not a whole number from 0 to `last`.
    """

    last: ClassVar[int] = 12

    x = Real((2,))
    w = Real((2,))
    b = Real(())
    y = Real((), 0, 1)
    lr = Real((), 0, 10)
    step = traitlets.Int(min=0, max=last).tag(sync=True)

    def __init__(
        self,
        x: ArrayLike = (1.2, 0.8),
        w: ArrayLike = (0.5, -0.3),
        b: float = 0.1,
        y: float = 1.0,
        lr: float = 1.0,
        step: int = 0,
        name: str = "fig-neuron",
    ) -> None:
        super().__init__(name, x=x, w=w, b=b, y=y, lr=lr, step=step)

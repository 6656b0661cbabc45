"""The shapes figure of chapter 7."""

from typing import ClassVar

import traitlets

from backprop.widgets.figure import Figure


class ShapesFigure(Figure):
    """The shape of every array of a multilayer perceptron, forward and backward.

    N examples of D numbers go through L layers, D-H-…-H-C, with N, D and H from 1 to
    `largest`, L from 1 to 4 and C from 1 to 20. `step` counts the operations, forward
    and then backward; beyond the last one, it stays there.

    Raises
    ------
    traitlets.TraitError
        If an argument is not a whole number, or out of bounds.
    """

    largest: ClassVar[int] = 128

    N = traitlets.Int(min=1, max=largest).tag(sync=True)
    D = traitlets.Int(min=1, max=largest).tag(sync=True)
    H = traitlets.Int(min=1, max=largest).tag(sync=True)
    L = traitlets.Int(min=1, max=4).tag(sync=True)
    C = traitlets.Int(min=1, max=20).tag(sync=True)
    step = traitlets.Int(min=0, max=21).tag(sync=True)

    def __init__(
        self,
        N: int = 32,
        D: int = 64,
        H: int = 24,
        L: int = 3,
        C: int = 10,
        step: int = 0,
        name: str = "fig-shapes",
    ) -> None:
        super().__init__(name, N=N, D=D, H=H, L=L, C=C, step=step)

"""The logits figure of chapter 8."""

from typing import ClassVar

import traitlets
from numpy.typing import ArrayLike

from backprop.widgets.figure import Figure, Real


class LogitsFigure(Figure):
    """Five logits as sliders, with P, the slopes P − Y, the loss, and steps downhill.

    S (5,) in [-most, most], y the right class, `smoothing` ε in [0, 0.3], lr () in
    [0, 10]. `elementwise` shows beside P − Y, and steps along, what softmax gives when
    it is taken for five separate squashes.

    Raises
    ------
    TypeError
        If S, smoothing or lr is not made of real numbers.
    ValueError
        If one of them has the wrong shape, is not finite or is out of bounds.
    traitlets.TraitError
        If y is not a whole number from 0 to 4, or `elementwise` not a bool.
    """

    most: ClassVar[int] = 50

    S = Real((5,), -most, most)
    y = traitlets.Int(min=0, max=4).tag(sync=True)
    smoothing = Real((), 0, 0.3)
    lr = Real((), 0, 10)
    elementwise = traitlets.Bool().tag(sync=True)

    def __init__(
        self,
        S: ArrayLike = (1.5, 2.5, 0.5, -1.0, 0.0),
        y: int = 2,
        smoothing: float = 0.0,
        lr: float = 2.0,
        elementwise: bool = False,
        name: str = "fig-logits",
    ) -> None:
        super().__init__(
            name, S=S, y=y, smoothing=smoothing, lr=lr, elementwise=elementwise
        )

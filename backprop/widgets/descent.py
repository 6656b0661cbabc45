"""The descent figure of chapter 4."""

from typing import ClassVar

import traitlets
from numpy.typing import ArrayLike

from backprop.widgets.figure import Figure, Real


class DescentFigure(Figure):
    """A ball that goes down a bowl by gradient descent, with the learning rate in hand.

    L = ½(c₁u² + c₂v²), where `curvature` (2,) holds c₁ and c₂ in [0.1, 100]. The ball
    starts at u () in [-4, 4], v () in [-2, 2] and takes `steps` steps of rate lr () in
    [0, 10], or fewer where it leaves for good.

    Raises
    ------
    TypeError
        If u, v, lr or curvature is not made of real numbers.
    ValueError
        If one of them has the wrong shape, is not finite or is out of bounds.
    traitlets.TraitError
        If `steps` is not a whole number from 0 to `most`.
    """

    most: ClassVar[int] = 200

    curvature = Real((2,), 0.1, 100)
    u = Real((), -4, 4)
    v = Real((), -2, 2)
    lr = Real((), 0, 10)
    steps = traitlets.Int(min=0, max=most).tag(sync=True)

    def __init__(
        self,
        curvature: ArrayLike = (1.0, 10.0),
        u: float = 3.0,
        v: float = 1.0,
        lr: float = 0.18,
        steps: int = 0,
        name: str = "fig-descent",
    ) -> None:
        super().__init__(name, curvature=curvature, u=u, v=v, lr=lr, steps=steps)

"""The paths figure of chapter 2."""

from typing import ClassVar

import traitlets

from backprop.widgets.figure import Figure, Real


class PathsFigure(Figure):
    """A small graph: slopes multiply along each path, and the paths add up.

    c = a·b, s = sin a, t = c + s, L = c·t, with a and b in [-3, 3]. `origin`, "a" or
    "b", is the input whose first `followed` paths are added up, and which is nudged by
    `epsilon` in [-1, 1]. The sweep backward has reached the last `swept` nodes.

    Raises
    ------
    TypeError, ValueError
        If a, b or epsilon is not a number or out of bounds.
    traitlets.TraitError
        If `origin` is neither "a" nor "b", `followed` not a whole number from 0 to 3,
        or `swept` not one from 0 to `nodes`.
    """

    nodes: ClassVar[int] = 6

    a = Real((), -3, 3)
    b = Real((), -3, 3)
    origin = traitlets.Enum(["a", "b"]).tag(sync=True)
    followed = traitlets.Int(min=0, max=3).tag(sync=True)
    epsilon = Real((), -1, 1)
    swept = traitlets.Int(min=0, max=nodes).tag(sync=True)

    def __init__(
        self,
        a: float = 2.0,
        b: float = 1.5,
        origin: str = "a",
        followed: int = 0,
        epsilon: float = 0.0,
        swept: int = 0,
        name: str = "fig-paths",
    ) -> None:
        super().__init__(
            name,
            a=a,
            b=b,
            origin=origin,
            followed=followed,
            epsilon=epsilon,
            swept=swept,
        )

"""The step-size figure of chapter 1."""

import traitlets

from backprop.widgets.figure import Figure, Real


class StepSizeFigure(Figure):
    """The error of a measured slope of exp at x = 1 against the step h.

    h () in [1e-16, 1], `method` "forward" or "central", `precision` "float64" or
    "float32". A magnifying glass as wide as h shows what the computer sees of exp.

    Raises
    ------
    TypeError, ValueError
        If h is not a number or out of bounds.
    traitlets.TraitError
        If `method` or `precision` is none of its two names.
    """

    h = Real((), 1e-16, 1)
    method = traitlets.Enum(["forward", "central"]).tag(sync=True)
    precision = traitlets.Enum(["float64", "float32"]).tag(sync=True)

    def __init__(
        self,
        h: float = 0.1,
        method: str = "forward",
        precision: str = "float64",
        name: str = "fig-step-size",
    ) -> None:
        super().__init__(name, h=h, method=method, precision=precision)

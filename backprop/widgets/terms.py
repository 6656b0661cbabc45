"""The terms figure of chapter 6."""

import numpy as np
import traitlets
from numpy.typing import ArrayLike

from backprop.validate import as_finite_array
from backprop.widgets.figure import Figure, Real


class TermsFigure(Figure):
    """A linear layer with all its numbers: which of them enter which, and which leave.

    Z = X W + b, dX = dZ Wᵀ, dW = Xᵀ dZ, db = Σᵢ dZᵢ. X (N, D), W (D, H), b (H,),
    dZ (N, H), with sizes up to 4. `array`, `row` and `column`, counted from 1, say
    which entry is looked at.

    Raises
    ------
    TypeError
        If X, W, b or dZ is not made of real numbers.
    ValueError
        If a shape does not fit, a size is above 4, or a value is not finite.
    traitlets.TraitError
        If there is no such `array`, or `row` or `column` is not from 1 to 4.
    """

    X = Real(("N", "D"))
    W = Real(("D", "H"))
    b = Real(("H",))
    dZ = Real(("N", "H"))  # noqa: N815
    array = traitlets.Enum(["X", "W", "b", "Z", "dX", "dW", "db", "dZ"]).tag(sync=True)
    row = traitlets.Int(min=1, max=4).tag(sync=True)
    column = traitlets.Int(min=1, max=4).tag(sync=True)

    def __init__(
        self,
        X: ArrayLike = ((3, -1, 2), (0, 4, 1), (2, 1, -2), (1, -3, 5)),
        W: ArrayLike = ((2, -1), (1, 3), (-2, 4)),
        b: ArrayLike = (1, -2),
        dZ: ArrayLike = ((1, -2), (2, 1), (-1, 3), (3, -1)),
        array: str = "dW",
        row: int = 2,
        column: int = 1,
        name: str = "fig-terms",
    ) -> None:
        super().__init__(
            name, X=X, W=W, b=b, dZ=dZ, array=array, row=row, column=column
        )

    @traitlets.validate("X", "W", "b", "dZ")
    def _fits(self, proposal: dict) -> list:
        """Compare the shape with those of the other arrays."""
        name = proposal["trait"].name
        new = {n: getattr(self, n) for n in ("X", "W", "b", "dZ")}
        new[name] = proposal["value"]
        (N, D), H = np.shape(new["X"]), len(new["b"])
        for array, shape in {"W": (D, H), "dZ": (N, H)}.items():
            as_finite_array(array, new[array], shape)
        if max(N, D, H) > 4:
            raise ValueError(f"sizes must be 4 at most, got {N}, {D} and {H}")
        return proposal["value"]

"""The clinic figure of chapter 9."""

from collections.abc import Sequence
from typing import ClassVar

import traitlets

from backprop.widgets.figure import Figure, Real


class ClinicFigure(Figure):
    """The relative error of every parameter while bugs are switched on and off.

    A small network with a relu and softmax, as in chapter 9. `bugs` are names out of
    `known`. `sizes` is "5-2-4-3" or "3-3-3-3": rows, inputs, hidden units, classes.
    `weights` is "random" or "W2 = 0". lr () in [0.05, 2] is the learning rate, and
    `trained` says whether 200 steps with the bugs are drawn beside the healthy ones.

    Raises
    ------
    TypeError, ValueError
        If lr is not a number or out of bounds.
    traitlets.TraitError
        If another argument is none of those named.
    """

    known: ClassVar[tuple[str, ...]] = (
        "sign",
        "extra-slope",
        "own-output",
        "stale",
        "no-mean",
        "mean-twice",
        "not-transposed",
        "no-sum",
        "elementwise",
        "dropout",
        "broadcast",
        "essay",
        "plus",
    )

    bugs = traitlets.List(traitlets.Enum(known)).tag(sync=True)
    sizes = traitlets.Enum(["5-2-4-3", "3-3-3-3"]).tag(sync=True)
    weights = traitlets.Enum(["random", "W2 = 0"]).tag(sync=True)
    lr = Real((), 0.05, 2)
    trained = traitlets.Bool().tag(sync=True)

    def __init__(
        self,
        bugs: Sequence[str] = (),
        sizes: str = "5-2-4-3",
        weights: str = "random",
        lr: float = 0.5,
        trained: bool = False,
        name: str = "fig-clinic",
    ) -> None:
        super().__init__(
            name, bugs=bugs, sizes=sizes, weights=weights, lr=lr, trained=trained
        )

"""What every interactive figure shares."""

import inspect
import math
import pathlib
import re
from typing import ClassVar

import anywidget
import ipywidgets
import traitlets

from backprop.validate import as_finite_array


class Figure(anywidget.AnyWidget):
    """A figure drawn by the .js and .css file beside the Python file of its class.

    `name` is its model id, in the page and in the notebook's saved state: fixed, so
    that running a notebook twice gives the same bytes. Two figures in one notebook
    need two names; a figure made again under its old name replaces the old one.

    Raises
    ------
    TypeError, ValueError
        If `name` is not a lower-case identifier such as "fig-neuron".
    """

    _open: ClassVar[dict[str, "Figure"]] = {}

    def __init_subclass__(cls, **kwargs: object) -> None:
        """Find the .js and the .css file of a new kind of figure."""
        if not hasattr(cls, "_esm"):  # anywidget derives further classes of its own
            source = pathlib.Path(inspect.getfile(cls))
            cls._esm, cls._css = source.with_suffix(".js"), source.with_suffix(".css")
        super().__init_subclass__(**kwargs)

    def __init__(self, name: str, **state: object) -> None:
        if not isinstance(name, str):
            raise TypeError(f"name must be a string, got {type(name).__name__}")
        if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
            raise ValueError(
                "name must be lower-case letters, digits and hyphens, "
                f"such as 'fig-neuron', got {name!r}"
            )
        self.name = name
        # Running a cell again makes the same ids again. Closed only when Python
        # collects it, the old figure would then take the new one off the page.
        if name in self._open:
            old = self._open.pop(name)
            old.layout.close()
            old.close()
        layout = ipywidgets.Layout(model_id=f"{name}-layout")
        super().__init__(model_id=name, layout=layout, **state)
        self._open[name] = self

    def __repr__(self) -> str:
        """Return the same text in every run: notebooks keep it."""
        return f"{type(self).__name__}(name={self.name!r})"


class Real(traitlets.TraitType):
    """A synchronised trait: finite numbers of one shape, between two bounds.

    Holds a float for the shape (), a list for (n,). A wrong value raises
    TypeError or ValueError with the trait's name, what came, what was expected.
    """

    def __init__(
        self, shape: tuple[int, ...], low: float = -math.inf, high: float = math.inf
    ) -> None:
        super().__init__()
        self.shape, self.low, self.high = shape, low, high
        self.tag(sync=True)

    def validate(self, obj: traitlets.HasTraits, value: object) -> float | list[float]:
        """Return `value` as a float or a list of floats."""
        array = as_finite_array(self.name, value, self.shape)
        if ((array < self.low) | (array > self.high)).any():
            raise ValueError(
                f"{self.name} must lie between {self.low:g} and {self.high:g}, "
                f"got {value}"
            )
        return array.tolist()

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

_SHARED = pathlib.Path(__file__)
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./figure\.js";\n', re.MULTILINE)


class Figure(anywidget.AnyWidget):
    """A figure drawn by the .js and .css file beside the Python file of its class.

    What figures share is in figure.js and figure.css. A notebook saves one module and
    one style for each figure, so the shared text is put in when the class is made.

    `name` is its model id, in the page and in the notebook's saved state: fixed, so
    that running a notebook twice gives the same bytes. Two figures in one notebook
    need two names; a figure made again under its old name replaces the old one.

    Raises
    ------
    TypeError, ValueError
        If `name` is not a lower-case identifier such as "fig-neuron".
    """

    start = traitlets.Dict().tag(sync=True)  # where Reset goes back to

    _open: ClassVar[dict[str, "Figure"]] = {}

    def __init_subclass__(cls, **kwargs: object) -> None:
        """Read the .js and the .css file of a new kind of figure."""
        if not hasattr(cls, "_esm"):  # anywidget derives further classes of its own
            own = pathlib.Path(inspect.getfile(cls))
            script, shared = (
                file.with_suffix(".js").read_text("utf-8") for file in (own, _SHARED)
            )
            cls._esm = _IMPORT.sub(lambda _: shared, script)
            cls._css = "".join(
                file.with_suffix(".css").read_text("utf-8") for file in (_SHARED, own)
            )
        super().__init_subclass__(**kwargs)

    def __init__(self, name: str, **state: object) -> None:
        if not isinstance(name, str):
            raise TypeError(f"name must be a string, got {type(name).__name__}")
        if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
            raise ValueError(
                "name must be lower-case letters, digits and hyphens, "
                f"such as 'fig-neuron', got {name!r}"
            )
        self.name, self._given = name, tuple(state)
        # Running a cell again makes the same ids again. Closed only when Python
        # collects it, the old figure would then take the new one off the page.
        if name in self._open:
            old = self._open.pop(name)
            old.layout.close()
            old.close()
        layout = ipywidgets.Layout(model_id=f"{name}-layout")
        try:
            super().__init__(model_id=name, layout=layout, **state)
        except BaseException:
            layout.close()  # or the next figure of this name would lose its own
            raise
        self._open[name] = self

    @traitlets.default("start")
    def _start(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in self._given}

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

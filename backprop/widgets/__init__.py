"""Interactive figures: they compute in the browser, so a page needs no kernel."""

from backprop.widgets.clinic import ClinicFigure
from backprop.widgets.descent import DescentFigure
from backprop.widgets.logits import LogitsFigure
from backprop.widgets.neuron import NeuronFigure
from backprop.widgets.paths import PathsFigure
from backprop.widgets.step_size import StepSizeFigure

__all__ = [
    "ClinicFigure",
    "DescentFigure",
    "LogitsFigure",
    "NeuronFigure",
    "PathsFigure",
    "StepSizeFigure",
]

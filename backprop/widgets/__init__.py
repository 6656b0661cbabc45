"""Interactive figures: they compute in the browser, so a page needs no kernel."""

from backprop.widgets.clinic import ClinicFigure
from backprop.widgets.deltas import DeltasFigure
from backprop.widgets.descent import DescentFigure
from backprop.widgets.logits import LogitsFigure
from backprop.widgets.neuron import NeuronFigure
from backprop.widgets.paths import PathsFigure
from backprop.widgets.shapes import ShapesFigure
from backprop.widgets.step_size import StepSizeFigure
from backprop.widgets.terms import TermsFigure

__all__ = [
    "ClinicFigure",
    "DeltasFigure",
    "DescentFigure",
    "LogitsFigure",
    "NeuronFigure",
    "PathsFigure",
    "ShapesFigure",
    "StepSizeFigure",
    "TermsFigure",
]

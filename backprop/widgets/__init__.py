"""Interactive figures: they compute in the browser, so a page needs no kernel."""

from backprop.widgets.neuron import NeuronFigure

__all__ = ["NeuronFigure"]

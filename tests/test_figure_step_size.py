"""The figure of step sizes: it measures as Python does."""

import math

import numpy as np
import pytest
from figures import drawn, words

from backprop.gradcheck import numerical_gradient
from backprop.widgets import StepSizeFigure


def measured(method, precision, h):
    """Measure the slope of exp at 1 as chapter 1 does, with what was really stepped."""
    real = {"float64": np.float64, "float32": np.float32}[precision]
    upper, lower = real(1 + h), real(1 - h) if method == "central" else real(1)
    rise = real(math.exp(upper)) - real(math.exp(lower))
    return rise / (upper - lower)


@pytest.mark.parametrize("method", ["forward", "central"])
@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_step_size_measures_as_python_does_and_keeps_below_its_prediction(
    method, precision, script
):
    epsilon = np.finfo(precision).eps
    for h in 10.0 ** np.arange(-6 if precision == "float32" else -15, 0):
        state = {"h": float(h), "method": method, "precision": precision}
        got = script("state => StepSizeFigure.compute(state)", state)
        # The browser's exp may differ from Python's in the last digit.
        close = pytest.approx(
            measured(method, precision, h), abs=4 * epsilon * math.e / h
        )
        assert got["estimate"] == close
        assert got["error"] == got["estimate"] - math.e
        assert abs(got["error"]) <= 1.1 * got["truncation"] + got["roundoff"]


def test_step_size_agrees_with_numerical_gradient(script):
    state = {"h": 1e-5, "method": "central", "precision": "float64"}
    got = script("state => StepSizeFigure.compute(state)", state)
    expected = float(numerical_gradient(np.exp, np.array(1.0), 1e-5))
    assert got["estimate"] == pytest.approx(expected, abs=2e-10)


@pytest.mark.parametrize("method", ["forward", "central"])
@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_best_step_has_the_least_predicted_error(method, precision, script):
    state = {"method": method, "precision": precision}
    best = script("state => StepSizeFigure.bestStep(state)", state)

    def predicted(h):
        got = script("state => StepSizeFigure.compute(state)", {**state, "h": h})
        return got["truncation"] + got["roundoff"]

    assert predicted(best) < min(predicted(best * 0.95), predicted(best * 1.05))


def test_step_size_is_dragged_along_the_walls(browser):
    with drawn(browser, StepSizeFigure(h=1e-16)) as page:
        story = page.locator("[aria-live]")
        assert "1 + h is rounded to 1" in words(story)
        box = page.get_by_role("img").first.bounding_box()
        page.mouse.move(box["x"] + 100, box["y"] + 100)
        page.mouse.down()
        assert "round-off" in words(story)
        page.mouse.move(box["x"] + 380, box["y"] + 100)
        page.mouse.up()
        assert "ten times smaller makes it ten times smaller" in words(story)
        page.get_by_role("radio", name="central").check()
        assert "ten times smaller makes it a hundred times smaller" in words(story)

"""All interactive figures: bad arguments, fixed state, sliders, phones."""

import inspect
import json
import math
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
import traitlets
from figures import drawn, words

from backprop import widgets
from backprop.widgets import (
    ClinicFigure,
    DeltasFigure,
    DescentFigure,
    LogitsFigure,
    NeuronFigure,
    PathsFigure,
    ShapesFigure,
    StepSizeFigure,
    TermsFigure,
)

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("figure", "arguments", "error", "message"),
    [
        (NeuronFigure, {"x": 1.0}, ValueError, r"x has shape \(\), expected \(2,\)"),
        (
            NeuronFigure,
            {"w": [1, 2, 3]},
            ValueError,
            r"w has shape \(3,\), expected \(2,\)",
        ),
        (
            NeuronFigure,
            {"x": ["a", "b"]},
            TypeError,
            "x must be real numbers, got list",
        ),
        (NeuronFigure, {"b": None}, TypeError, "b must be real numbers, got NoneType"),
        (NeuronFigure, {"w": [1, math.nan]}, ValueError, "w must be finite, got nan"),
        (NeuronFigure, {"y": 2}, ValueError, "y must lie between 0 and 1, got 2"),
        (NeuronFigure, {"lr": -1}, ValueError, "lr must lie between 0 and 10, got -1"),
        (
            NeuronFigure,
            {"step": 13},
            traitlets.TraitError,
            "'step' .* greater than 12, .* 13",
        ),
        (
            NeuronFigure,
            {"step": 0.5},
            traitlets.TraitError,
            "'step' .* an int, not the float 0.5",
        ),
        (NeuronFigure, {"name": 3}, TypeError, "name must be a string, got int"),
        (
            NeuronFigure,
            {"name": "Fig 3"},
            ValueError,
            "name must be lower-case .* got 'Fig 3'",
        ),
        (
            NeuronFigure,
            {"height": 3},
            TypeError,
            "unexpected keyword argument 'height'",
        ),
        (StepSizeFigure, {"h": 0}, ValueError, "h must lie between 1e-16 and 1, got 0"),
        (StepSizeFigure, {"h": None}, TypeError, "h must be real numbers, got None"),
        (StepSizeFigure, {"method": "up"}, traitlets.TraitError, "'method' .* 'up'"),
        (StepSizeFigure, {"precision": 64}, traitlets.TraitError, "'precision' .* 64"),
        (PathsFigure, {"a": 4}, ValueError, "a must lie between -3 and 3, got 4"),
        (PathsFigure, {"epsilon": "x"}, TypeError, "epsilon must be real numbers"),
        (PathsFigure, {"origin": "c"}, traitlets.TraitError, "'origin' .* 'c'"),
        (PathsFigure, {"followed": 4}, traitlets.TraitError, "'followed' .* 3, .* 4"),
        (PathsFigure, {"swept": -1}, traitlets.TraitError, "'swept' .* 0, .* -1"),
        (DescentFigure, {"u": 5}, ValueError, "u must lie between -4 and 4, got 5"),
        (DescentFigure, {"v": "up"}, TypeError, "v must be real numbers, got str"),
        (DescentFigure, {"lr": -0.1}, ValueError, "lr must lie between 0 and 10"),
        (DescentFigure, {"curvature": (1, 0)}, ValueError, "curvature must lie betw"),
        (DescentFigure, {"curvature": 1}, ValueError, r"curvature has shape \(\)"),
        (DescentFigure, {"steps": 201}, traitlets.TraitError, "'steps' .* 200, .* 201"),
        (DeltasFigure, {"W2": [1, 2]}, ValueError, r"W2 has shape \(2,\), expected"),
        (DeltasFigure, {"lr": 21}, ValueError, "lr must lie between 0 and 20, got 21"),
        (DeltasFigure, {"step": 10}, traitlets.TraitError, "'step' .* 9, .* 10"),
        (DeltasFigure, {"chosen": "W1"}, traitlets.TraitError, "'chosen' .* 'W1'"),
        (
            TermsFigure,
            {"X": [[1, 2]]},
            ValueError,
            r"W has shape \(3, 2\), .* \(2, 2\)",
        ),
        (TermsFigure, {"b": [1]}, ValueError, r"W has shape \(3, 2\), .* \(3, 1\)"),
        (TermsFigure, {"dZ": [[1, 2]]}, ValueError, r"dZ has shape \(1, 2\), .* \(4,"),
        (
            TermsFigure,
            {"X": np.ones((5, 3)), "dZ": np.ones((5, 2))},
            ValueError,
            "sizes must be 4 at most, got 5, 3 and 2",
        ),
        (TermsFigure, {"array": "dY"}, traitlets.TraitError, "'array' .* 'dY'"),
        (TermsFigure, {"row": 0}, traitlets.TraitError, "'row' .* 1, .* 0"),
        (ShapesFigure, {"N": 0}, traitlets.TraitError, "'N' .* 1, .* 0"),
        (ShapesFigure, {"L": 5}, traitlets.TraitError, "'L' .* 4, .* 5"),
        (ShapesFigure, {"H": 2.5}, traitlets.TraitError, "'H' .* an int"),
        (LogitsFigure, {"S": [0] * 4}, ValueError, r"S has shape \(4,\), expected \(5"),
        (
            LogitsFigure,
            {"S": [51, 0, 0, 0, 0]},
            ValueError,
            "S must lie between -50 an",
        ),
        (LogitsFigure, {"y": 5}, traitlets.TraitError, "'y' .* 4, .* 5"),
        (
            LogitsFigure,
            {"smoothing": 0.4},
            ValueError,
            "smoothing must lie between 0 a",
        ),
        (
            LogitsFigure,
            {"elementwise": "yes"},
            traitlets.TraitError,
            "'elementwise' .* 'yes'",
        ),
        (ClinicFigure, {"bugs": ["typo"]}, traitlets.TraitError, "bugs.*'typo'"),
        (ClinicFigure, {"sizes": "3"}, traitlets.TraitError, "'sizes' .* '3'"),
        (ClinicFigure, {"weights": 0}, traitlets.TraitError, "'weights' .* 0"),
        (ClinicFigure, {"lr": 0}, ValueError, "lr must lie between 0.05 and 2, got 0"),
        (ClinicFigure, {"trained": "no"}, traitlets.TraitError, "'trained' .* 'no'"),
    ],
)
def test_bad_argument_is_named(figure, arguments, error, message):
    with pytest.raises(error, match=message):
        figure(**arguments)


def test_bad_assignment_leaves_the_figure_as_it_was():
    figure = NeuronFigure()
    with pytest.raises(ValueError, match="x must be finite"):
        figure.x = [1, math.inf]
    assert figure.x == [1.2, 0.8]


@pytest.mark.parametrize("name", widgets.__all__)
def test_saved_module_is_whole_and_its_class_prefixes_every_rule(name):
    figure = getattr(widgets, name)
    first, again = figure().get_state(), figure()
    assert again.get_state() == first
    assert first["start"] == {name: first[name] for name in first["start"]}
    assert again.model_id == again.name
    assert not re.search(r"^import ", first["_esm"], re.MULTILINE)
    source = Path(inspect.getfile(figure))
    prefix = ".bp-" + source.stem.replace("_", "-")
    style = source.with_suffix(".css").read_text(encoding="utf-8")
    for rule in re.findall(
        r"[^{}]+(?=\{)", re.sub(r"@keyframes.*|@media[^{]*\{", "", style)
    ):
        assert all(s.strip().startswith(prefix) for s in rule.split(",")), rule


def test_state_is_deterministic_and_names_do_not_collide():
    first, again = NeuronFigure().get_state(), NeuronFigure()
    assert again.get_state() == first
    assert again.model_id == "fig-neuron"
    assert first["layout"] == "IPY_MODEL_fig-neuron-layout"
    other = NeuronFigure(name="fig-other", step=NeuronFigure.last)
    assert (other.model_id, other.layout.model_id) == ("fig-other", "fig-other-layout")
    assert repr(other) == "NeuronFigure(name='fig-other')"


def test_figure_made_again_replaces_the_old_one():
    old, new = NeuronFigure(), NeuronFigure()
    assert old.comm is None
    assert old.layout.comm is None
    assert new.comm.comm_id == "fig-neuron"


def test_saved_notebooks_hold_the_current_figures():
    current = {}
    for name in widgets.__all__:
        state = getattr(widgets, name)().get_state()
        current[state["_anywidget_id"]] = state["_esm"], state["_css"]
    stale = []
    for path in notebooks():
        metadata = json.loads(path.read_text(encoding="utf-8"))["metadata"]
        for saved in metadata.get("widgets", {}).values():
            for model in saved["state"].values():
                state = model["state"]
                known = current.get(state.get("_anywidget_id"))
                if known and known != (state["_esm"], state["_css"]):
                    stale.append(str(path.relative_to(ROOT)))
    assert not stale, f"older figures saved in {stale}: run `make execute`"


def notebooks():
    listed = subprocess.run(
        ["git", "ls-files", "*.ipynb"], cwd=ROOT, capture_output=True, text=True
    )
    return [ROOT / line for line in listed.stdout.splitlines()]


@pytest.mark.parametrize(
    ("value", "least", "text"),
    [
        (0.5, 0, "0.5"),
        (0.5, 2, "0.50"),
        (-0.3, 2, "−0.30"),
        (2, 0, "2"),
        (0.613014, 2, "0.6130"),
        (-0.09181, 0, "−0.0918"),
        (0, 2, "0.00"),
        (-0.0, 0, "0"),
        (2.26e-6, 0, "2.26·10⁻⁶"),
        (-1e-12, 2, "−1.00·10⁻¹²"),
        (12345.6, 0, "1.23·10⁴"),
    ],
)
def test_numbers_have_true_minus_signs_and_no_noise(script, value, least, text):
    # JSON has no −0, so the sign travels apart.
    sign, size = math.copysign(1, value), abs(value)
    assert (
        script("([s, v, n]) => NeuronFigure.format(s * v, n)", [sign, size, least])
        == text
    )


@pytest.mark.parametrize("name", widgets.__all__)
def test_every_figure_answers_its_sliders_fits_a_phone_and_lets_go(name, browser):
    with drawn(browser, getattr(widgets, name)()) as page:
        figure, story = (
            page.get_by_role("group").first,
            page.locator("[aria-live=polite]"),
        )
        assert figure.get_attribute("aria-label").startswith("Interactive figure: ")
        assert page.get_by_role("img").first.get_attribute("aria-label")
        drawing = "[...document.querySelectorAll('svg')].map(e => e.innerHTML).join()"
        heights = set()
        for width, layout in ((800, "wide"), (340, "tall")):
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_selector(f"[data-layout={layout}]")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            heights.add((layout, figure.bounding_box()["height"]))
            for slider in page.locator("input[type=range]").all():
                assert slider.get_attribute("aria-valuetext")
                for key in ("Home", "End"):
                    before = page.evaluate(drawing)
                    slider.press(key)
                    assert page.evaluate(drawing) != before
                    heights.add((layout, figure.bounding_box()["height"]))
            assert words(story)
        assert len(heights) == 2, "the layout jumps"
        page.get_by_role("button", name="Reset").click()
        assert page.evaluate(
            "JSON.stringify(Object.keys(model.get('start')).map(model.get))"
        ) == page.evaluate("JSON.stringify(Object.values(model.get('start')))")
        page.evaluate("cleanup()")
        assert page.locator("svg").count() == 0
        assert page.evaluate("Object.values(listeners).flat().length") == 0


def test_two_figures_on_one_page_keep_their_choices_apart(browser):
    with drawn(browser, PathsFigure()) as page:
        page.evaluate(
            """async () => {
                const url = "data:text/javascript;base64," + again + "#2";
                const el = document.body.appendChild(document.createElement("div"));
                (await import(url)).default.render({ model, el });
            }"""
        )
        assert page.locator("input:checked").count() == 2

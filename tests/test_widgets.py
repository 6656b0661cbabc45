"""Interactive figures: bad arguments, fixed state, and the figure's own arithmetic."""

import base64
import inspect
import json
import math
import re
import subprocess
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import traitlets

from backprop import widgets
from backprop.gradcheck import check_gradient, numerical_gradient
from backprop.layers import linear, linear_backward, relu, sigmoid_backward
from backprop.losses import softmax, softmax_cross_entropy
from backprop.network import MLP
from backprop.neuron import sigmoid
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


@pytest.fixture(scope="module")
def script(browser):
    """Evaluate JavaScript with each figure's module loaded under its class's name."""
    page = browser.new_page()
    for name in widgets.__all__:
        code = getattr(widgets, name)().get_state()["_esm"].encode()
        module = "data:text/javascript;base64," + base64.b64encode(code).decode()
        page.evaluate(f"async url => {{ window.{name} = await import(url) }}", module)
    yield page.evaluate
    page.close()


def compute(script, values, y):
    """Run the figure's arithmetic; values (5,) are x1, x2, w1, w2, b."""
    x1, x2, w1, w2, b = map(float, values)
    state = {"x": [x1, x2], "w": [w1, w2], "b": b, "y": float(y)}
    return script("state => NeuronFigure.compute(state)", state)


def loss(values, y):
    x, w, b = values[:2], values[2:4], values[4]
    return 0.5 * (float(sigmoid(w @ x + b)) - y) ** 2


def test_figure_computes_the_gradient_of_its_loss(script):
    rng = np.random.default_rng(3)
    for _ in range(40):
        values, y = rng.uniform(-2, 2, 5), rng.uniform()
        got = compute(script, values, y)
        z = values[2:4] @ values[:2] + values[4]
        assert got["p"] == pytest.approx(list(values[2:4] * values[:2]))
        assert got["z"] == pytest.approx(z)
        assert got["a"] == pytest.approx(float(sigmoid(z)))
        assert got["L"] == pytest.approx(loss(values, y))
        assert got["da"] == pytest.approx(float(sigmoid(z)) - y)
        assert got["dz"] == pytest.approx(got["da"] * got["slope"])
        measured = numerical_gradient(lambda v, y=y: loss(v, y), values)
        np.testing.assert_allclose(
            [*got["dx"], *got["dw"], got["db"]], measured, rtol=1e-6, atol=1e-9
        )


@pytest.mark.parametrize("z", [-800, -40, 40, 800])
def test_figure_survives_saturation(script, z):
    got = compute(script, [1, 1, 0, 0, z], 1 if z < 0 else 0)
    numbers = [*got.pop("p"), *got.pop("dw"), *got.pop("dx"), *got.values()]
    assert np.isfinite(numbers).all()
    assert got["a"] == pytest.approx(float(sigmoid(z)))
    assert got["slope"] == pytest.approx(math.exp(-abs(z)), rel=1e-12)


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


def test_walk_has_as_many_steps_as_the_library_says(script):
    assert script("NeuronFigure.STEPS") + 1 == NeuronFigure.last


@contextmanager
def drawn(browser, figure, **options):
    """Draw a figure on an empty page, with the simplest of models."""
    state = figure.get_state()
    page = browser.new_page(viewport={"width": 800, "height": 900}, **options)
    page.set_content("<body><div id=at></div>")
    page.add_style_tag(content=state.pop("_css"))
    module = base64.b64encode(state.pop("_esm").encode()).decode()
    traits = {name: state[name] for name in ("start", *state["start"])}
    page.evaluate(
        """async ([module, state]) => {
            const figure = await import("data:text/javascript;base64," + module);
            const heard = window.heard = {};
            window.model = {
                get: (name) => state[name],
                set: (name, value) => { state[name] = value; heard[name] = true;
                    (window.listeners["change:" + name] ?? []).forEach((f) => f()); },
                save_changes() {},
                on: (event, f) => (window.listeners[event] ??= []).push(f),
                off: (event, f) => { window.listeners[event] =
                    window.listeners[event].filter((g) => g !== f); },
            };
            window.listeners = {};
            window.again = module;
            window.cleanup = figure.default.render(
                { model: window.model, el: document.getElementById("at") });
        }""",
        [module, traits],
    )
    yield page
    page.close()


@pytest.fixture
def page(browser):
    with drawn(browser, NeuronFigure()) as page:
        yield page


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


def values(page, kind):
    nodes = page.locator(f"[data-{kind}]")
    texts = nodes.evaluate_all(
        f"all => all.map(n => [n.getAttribute('data-{kind}'), n.textContent])"
    )
    return {name: text for name, text in texts if text}


def test_walk_reveals_one_thing_at_a_time_and_back(page):
    forward = page.get_by_role("button", name="Step forward")
    given = {"x1", "x2", "w1", "w2", "b", "y"}
    steps = ["p1 p2", "z", "a", "L"], ["a", "z", "w1", "w2", "b", "x1", "x2"]
    assert values(page, "value").keys() == given
    for names in steps[0]:
        forward.click()
        given |= set(names.split())
        assert values(page, "value").keys() == given
        assert not values(page, "gradient")
    back = set()
    for name in steps[1]:
        forward.click()
        back.add(name)
        assert values(page, "gradient").keys() == back
    forward.click()
    assert forward.get_attribute("aria-disabled") == "true"
    for _ in range(NeuronFigure.last):
        page.get_by_role("button", name="Step back").click()
    assert not values(page, "gradient")
    assert page.get_by_role("img").get_attribute("aria-label")


def test_story_tells_the_numbers(page):
    story = page.locator("[aria-live=polite]")
    for _ in range(2):
        page.get_by_role("button", name="Step forward").click()
    assert "z = 0.5 × 1.2 + (−0.3) × 0.8 + 0.1 = 0.46" in words(story)
    for _ in range(4):
        page.get_by_role("button", name="Step forward").click()
    assert "∂L/∂z = (a − y) × a(1 − a) = −0.3870 × 0.2372 = −0.0918" in words(story)


def words(locator):
    return " ".join(locator.inner_text().split())


def test_slider_moves_the_whole_chain_and_reset_puts_it_back(page):
    page.get_by_role("button", name="Whole walk").click()
    before = values(page, "gradient")
    bias = page.get_by_role("slider", name="bias b")
    bias.focus()
    page.keyboard.press("End")
    assert values(page, "value")["z"] == "3.36"
    after = values(page, "gradient")
    assert all(before[name] != after[name] for name in before)
    assert bias.get_attribute("aria-valuetext") == "3.00"
    page.get_by_role("button", name="Reset").click()
    assert values(page, "value")["b"] == "0.10"
    assert not values(page, "gradient")


def test_step_downhill_moves_weights_and_bias_against_the_slopes(page):
    page.get_by_role("button", name="Take a step").click()
    got = page.evaluate("[...model.get('w'), model.get('b')]")
    start = np.array([1.2, 0.8, 0.5, -0.3, 0.1])
    after = start - numerical_gradient(lambda v: loss(v, 1.0), start) * [0, 0, 1, 1, 1]
    assert got == pytest.approx(list(after[2:]), abs=1e-8)
    told = f"The loss went from {loss(start, 1.0):.4f} to {loss(after, 1.0):.4f}."
    assert told in words(page.locator("[aria-live]"))


def test_narrow_page_gets_the_upright_graph_and_nothing_jumps(page):
    figure = page.get_by_role("group")
    assert figure.get_attribute("data-layout") == "wide"
    page.set_viewport_size({"width": 372, "height": 800})
    page.wait_for_selector("[data-layout=tall]")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    heights = set()
    for _ in range(NeuronFigure.last):
        page.get_by_role("button", name="Step forward").click()
        heights.add(figure.bounding_box()["height"])
    assert len(heights) == 1


def test_kernel_moves_the_figure(page):
    page.evaluate("model.set('step', 4)")
    assert values(page, "value")["L"] == "0.0749"


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


# --- step size ------------------------------------------------------------------------


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


# --- paths ----------------------------------------------------------------------------


def example(inputs):
    """Compute L of chapter 2's graph."""
    a, b = inputs
    c = a * b
    return c * (c + math.sin(a))


def test_paths_and_sweep_find_the_measured_gradient(script):
    rng = np.random.default_rng(2)
    for a, b in rng.uniform(-3, 3, (20, 2)):
        got = script("([a, b]) => PathsFigure.compute({ a, b })", [a, b])
        measured = numerical_gradient(example, np.array([a, b]))
        assert got["value"]["L"] == pytest.approx(example([a, b]))
        for origin, expected in zip("ab", measured, strict=True):
            close = pytest.approx(expected, rel=1e-6, abs=1e-8)
            assert got["gradient"][origin] == close
            assert sum(path["product"] for path in got["paths"][origin]) == close


def test_paths_are_those_of_the_chapter(script):
    paths = script("PathsFigure.compute({ a: 2, b: 1.5 }).paths")
    rounded = [
        {path["nodes"]: round(path["product"], 4) for path in paths[origin]}
        for origin in "ab"
    ]
    assert rounded == [
        {"acL": 5.8639, "actL": 4.5, "astL": -1.2484},
        {"bcL": 7.8186, "bctL": 6.0},
    ]


@pytest.mark.parametrize(
    ("origin", "followed", "swept", "work"),
    [
        ("a", 0, 0, {"paths": 0, "sweep": 0}),
        ("a", 2, 1, {"paths": 5, "sweep": 0}),
        ("a", 3, 4, {"paths": 8, "sweep": 4}),
        ("b", 2, PathsFigure.nodes, {"paths": 5, "sweep": 7}),
    ],
)
def test_one_multiplication_is_counted_for_each_edge(
    origin, followed, swept, work, script
):
    state = {"origin": origin, "followed": followed, "swept": swept}
    assert script("state => PathsFigure.work(state)", state) == work


@pytest.mark.parametrize("origin", ["a", "b"])
def test_nudge_leaves_over_what_is_of_second_order(origin, script):
    point, i = np.array([2.0, 1.5]), "ab".index(origin)
    for epsilon in (0.5, -0.01):
        state = {"a": 2, "b": 1.5, "origin": origin, "followed": 3, "swept": 0}
        got = script("state => PathsFigure.nudge(state)", {**state, "epsilon": epsilon})
        moved = point + epsilon * np.eye(2)[i]
        promised = numerical_gradient(example, point)[i] * epsilon
        assert got["change"]["L"] == pytest.approx(example(moved) - example(point))
        assert got["promised"] == pytest.approx(promised)
        assert got["rest"] == pytest.approx(got["change"]["L"] - promised, abs=1e-8)
        assert abs(got["rest"]) < 5 * epsilon**2


def test_paths_are_followed_one_by_one_and_swept_backward(browser):
    with drawn(browser, PathsFigure()) as page:
        story = page.locator("[aria-live]")
        for product in ("5.8639", "4.5", "−1.2484"):
            page.get_by_role("button", name="Next path").click()
            assert words(story).partition(" = ")[2].startswith(product)
        assert "add up to ∂L/∂a = 9.1155" in words(story)
        nudge = page.get_by_role("slider", name="nudge a")
        for _ in range(10):
            nudge.press("ArrowRight")
        assert "a moves by 0.1, and L by 0.9137" in words(story)
        for node in "Ltscba":
            page.get_by_role("button", name="Sweep backward").click()
            assert node in values(page, "gradient")
        assert values(page, "gradient")["a"] == "9.1155"
        page.get_by_role("radio", name="b").check()
        assert "Two paths lead from b" in words(story)


# --- descent --------------------------------------------------------------------------

BOWL = np.array([1.0, 10.0])


def descent(script, **state):
    state = {"curvature": [1, 10], "u": 3, "v": 1, "lr": 0.18, "steps": 0, **state}
    return script("state => DescentFigure.compute(state)", state)


@pytest.mark.parametrize("lr", [0, 0.02, 0.1, 0.18, 0.2, 0.21])
def test_descent_goes_against_the_measured_slopes(lr, script):
    def loss(place):
        return float(BOWL @ place**2 / 2)

    place = np.array([3.0, 1.0])
    for u, v, height in descent(script, lr=lr, steps=8)["walk"]:
        np.testing.assert_allclose([u, v], place, rtol=1e-7, atol=1e-9)
        assert height == pytest.approx(loss(place), rel=1e-7)
        place = place - lr * numerical_gradient(loss, place)


def test_descent_multiplies_each_direction_by_its_factor(script):
    got = descent(script, curvature=[2, 0.5], lr=0.3, steps=5)
    assert got["factors"] == pytest.approx([0.4, 0.85])
    assert got["walk"][-1][:2] == pytest.approx([3 * 0.4**5, 0.85**5])
    assert (got["limit"], got["fastest"]) == pytest.approx((1.0, 0.8))


def test_descent_at_the_limit_bounces_and_beyond_it_stays_finite(script):
    edge = descent(script, lr=0.2, steps=DescentFigure.most)["walk"]
    assert [v for _, v, _ in edge] == [(-1.0) ** k for k in range(len(edge))]
    for lr in (0.21, 0.25, 10):
        walk = descent(script, lr=lr, steps=DescentFigure.most)["walk"]
        assert np.isfinite(np.array(walk, dtype=float)).all()
        assert np.hypot(*walk[-2][:2]) < 1e9


def test_descent_takes_as_many_steps_as_the_library_says(script):
    assert script("DescentFigure.MOST") == DescentFigure.most


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ({"lr": 0.02}, "It crawls along the valley. The slowest, u, needs 114 steps"),
        ({"lr": 0.1}, "v reaches 0 in a single step. The slowest, u, needs 22 steps"),
        ({"lr": 0.18}, "It zigzags: v changes sign at each step."),
        ({"lr": 0.2}, "Exactly on the edge: each step turns v into −v"),
        ({"lr": 0.21}, "It diverges: v is multiplied by −1.1 at each step. Above 0.2"),
        ({"lr": 0.21, "v": 0}, "It glides down. The slowest, u, needs 10 steps"),
        ({"lr": 0}, "A learning rate of 0"),
        ({"u": 0, "v": 0}, "The ball lies at the bottom."),
        ({"lr": 0.25, "steps": DescentFigure.most}, "The ball is gone."),
    ],
)
def test_descent_says_what_happens(state, told, browser):
    with drawn(browser, DescentFigure(**state)) as page:
        assert told in words(page.locator("[aria-live]"))
        paths = page.locator("path").evaluate_all("all => all.map(p => p.outerHTML)")
        assert not re.search("NaN|Infinity|e\\+", "".join(paths))


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_ball_rolls_and_is_carried_back(motion, browser):
    with drawn(browser, DescentFigure(), reduced_motion=motion) as page:
        ball = page.get_by_role("slider", name="ball")
        ball.press("ArrowLeft")
        ball.press("ArrowDown")
        assert page.evaluate("[model.get('u'), model.get('v')]") == [2.9, 0.9]
        page.get_by_role("button", name="Run 20").click()
        page.wait_for_function("model.get('steps') === 20")
        page.wait_for_selector("[aria-live]:not([aria-busy=true])")
        page.get_by_role("button", name="Step", exact=True).click()
        assert "After 21 steps" in words(page.locator("[aria-live]"))
        there, field = ball.bounding_box(), page.get_by_role("img").first.bounding_box()
        page.mouse.move(there["x"] + 22, there["y"] + 22)
        page.mouse.down()
        page.mouse.move(field["x"] + field["width"] / 4, field["y"] + 10)
        page.mouse.move(
            field["x"] + field["width"] / 4, field["y"] + field["height"] / 4
        )
        page.mouse.up()
        got = page.evaluate("['u', 'v', 'steps'].map(model.get)")
        assert got == pytest.approx([-2, 1, 0], abs=0.02)


# --- deltas ---------------------------------------------------------------------------


def two_layers(rng):
    """Draw the numbers of a 2-2-1 network, far enough from 0."""
    size = {"x": (2,), "W1": (2, 2), "b1": (2,), "W2": (2, 1), "b2": (1,)}
    draws = {
        name: rng.uniform(0.2, 2, shape) * rng.choice([-1, 1], shape)
        for name, shape in size.items()
    }
    return {**draws, "y": rng.uniform(), "lr": 4.0}


def two_layer_slopes(n, W2):
    """Return the slopes by the library's layers, with W2 on the way back."""
    X = n["x"][None]
    A1 = sigmoid(linear(X, n["W1"], n["b1"]))
    A2 = sigmoid(linear(A1, n["W2"], n["b2"]))
    dZ2 = sigmoid_backward(A2 - n["y"], A2)
    _, dW2, db2 = linear_backward(dZ2, A1, n["W2"])
    dZ1 = sigmoid_backward(dZ2 @ W2.T, A1)
    _, dW1, db1 = linear_backward(dZ1, X, n["W1"])
    loss = float(((A2 - n["y"]) ** 2).sum() / 2)
    return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}, loss


def deltas(script, function, numbers, **state):
    """Call a function of the figure with these numbers."""
    state |= {name: np.asarray(value).tolist() for name, value in numbers.items()}
    return script(f"state => DeltasFigure.{function}(state)", state)


def test_deltas_are_those_of_the_layers_and_of_the_finite_differences(script):
    rng = np.random.default_rng(5)
    for _ in range(20):
        n = two_layers(rng)
        got = deltas(script, "compute", n)
        expected, loss = two_layer_slopes(n, n["W2"])
        assert got["L"] == pytest.approx(loss)
        for name, slope in expected.items():
            np.testing.assert_allclose(got["d" + name], slope, rtol=1e-12)

            def measure(value, n=n, name=name):
                return two_layer_slopes({**n, name: value}, n["W2"])[1]

            measured = numerical_gradient(measure, n[name])
            np.testing.assert_allclose(slope, measured, rtol=1e-5, atol=1e-10)


def test_stale_deltas_come_through_the_weights_after_the_step(script):
    rng = np.random.default_rng(55)
    for _ in range(20):
        n = two_layers(rng)
        slopes, _ = two_layer_slopes(n, n["W2"])
        ahead = n["W2"] - n["lr"] * slopes["W2"]
        stale, _ = two_layer_slopes(n, ahead)
        got = deltas(script, "compute", n)["late"]
        np.testing.assert_allclose(got["W2"], ahead, rtol=1e-12)
        for name in ("W1", "b1"):
            np.testing.assert_allclose(got["d" + name], stale[name], rtol=1e-12)
            assert np.abs(stale[name] / slopes[name] - 1).max() > 1e-3
        for late, taken in ((False, slopes), (True, {**stale, "W2": slopes["W2"]})):
            after = deltas(script, "descend", n, stale=late)
            for name, slope in taken.items():
                expected = n[name] - n["lr"] * slope
                np.testing.assert_allclose(after[name], expected, rtol=1e-12)


def test_deltas_figure_has_as_many_steps_as_the_library_says(script):
    assert script("DeltasFigure.STEPS") + 1 == DeltasFigure.last


def test_deltas_go_back_one_step_at_a_time_with_their_numbers(browser):
    revealed = ["a2", "z2", "W2_11 W2_21 b2", "a1_1 a1_2", "z1_1", "z1_2"]
    revealed += ["W1_11 W1_21 b1_1", "W1_12 W1_22 b1_2"]
    told = {
        2: "dz2 = da2 × a2(1 − a2) = −0.3796 × 0.2355 = −0.0894",
        3: "dW2₁₁ = 0.6130 × (−0.0894) = −0.0548",
        6: "δ for hidden unit 2: −0.3 × (−0.0894) × 0.2484 = 0.0067",
        8: "dW1₂₂ = −0.8 × 0.0067 = −0.0053",
    }
    with drawn(browser, DeltasFigure()) as page:
        assert len(values(page, "value")) == 2 + 9 + 6 + 2
        given = set()
        for step, names in enumerate(revealed, 1):
            page.get_by_role("button", name="Step forward").click()
            given |= set(names.split())
            assert values(page, "slope").keys() == given
            assert told.get(step, "") in words(page.locator("[aria-live]"))
        assert page.locator("desc").text_content().count("dW1") == 4
        assert not values(page, "late")


def test_stale_deltas_stand_beside_the_right_ones(browser):
    with drawn(browser, DeltasFigure(step=6)) as page:
        before = values(page, "slope")
        page.get_by_role("radio", name="layer 2 at once").check()
        assert values(page, "slope") == before
        late = values(page, "late")
        assert (late["W2_21"], late["z1_2"]) == ("now −0.1355", "0.0030")
        story = words(page.locator("[aria-live]"))
        assert "comes out as −0.1355 × (−0.0894) × 0.2484 = 0.0030" in story
        assert "Right is −0.3 × (−0.0894) × 0.2484 = 0.0067." in story
        page.get_by_role("button", name="Step downhill").click()
        told = words(page.locator("[aria-live]"))
        assert re.search(r"from 0\.0721 to (0\.\d+)\. All slopes first would", told)


def test_a_weight_is_chosen_in_the_drawing_and_moved(browser):
    with drawn(browser, DeltasFigure()) as page:
        page.locator("[data-value=W1_12]").click()
        assert page.get_by_role("radio", name="W1₁₂").is_checked()
        page.get_by_role("slider", name="weight W1₁₂").press("End")
        assert page.evaluate("model.get('W1')") == [[0.5, 3], [0.3, -0.4]]
        for name in ("b1₂", "W2₁₁", "b2"):
            page.get_by_role("radio", name=name).check()
            page.get_by_role("slider", name=name).press("Home")
        got = page.evaluate("['b1', 'W2', 'b2'].map(model.get)")
        assert got == [[0.1, -3], [[-3], [-0.3]], [-3]]


# --- terms ----------------------------------------------------------------------------

SIZE = {"i": 4, "j": 3, "k": 2}


def layer(rng):
    """Draw the arrays of a linear layer with three different sizes, by name."""
    shapes = {"X": (4, 3), "W": (3, 2), "b": (2,), "dZ": (4, 2)}
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}


def all_arrays(n):
    """Return the four sums of a layer by the library."""
    dX, dW, db = linear_backward(n["dZ"], n["X"], n["W"])
    return {"Z": linear(n["X"], n["W"], n["b"]), "dX": dX, "dW": dW, "db": db}


def as_place(array, *index):
    """Write an entry as the figure does: with a row, even for b and db."""
    return [array, *([0] * (2 - len(index))), *index]


def test_terms_add_up_to_the_arrays_of_the_library(script):
    n = layer(np.random.default_rng(6))
    state = {name: value.tolist() for name, value in n.items()}
    got = script("state => TermsFigure.compute(state)", state)
    for name, expected in all_arrays(n).items():
        np.testing.assert_allclose(np.reshape(got[name], expected.shape), expected)
        for index, entry in np.ndenumerate(expected):
            to = as_place(name, *index)
            terms = script("([s, to]) => TermsFigure.terms(s, to)", [SIZE, to])
            products = [
                math.prod(np.atleast_2d(n[a])[r, c] for a, r, c in cells)
                for cells in terms
            ]
            assert sum(products) == pytest.approx(entry)


def test_what_lights_up_is_what_matters(script):
    """An entry lights up with a sum if and only if the sum moves with it."""
    n = layer(np.random.default_rng(66))
    before, moved = all_arrays(n), {}
    for name, array in n.items():
        for index, _ in np.ndenumerate(array):
            nudged = array.copy()
            nudged[index] += 1
            after = all_arrays({**n, name: nudged})
            moved[tuple(as_place(name, *index))] = {
                tuple(as_place(other, *at))
                for other, sums in before.items()
                for at in zip(*np.nonzero(after[other] - sums), strict=True)
            }
    for other, sums in before.items():
        for at, _ in np.ndenumerate(sums):
            to = as_place(other, *at)
            lit = script("([s, to]) => TermsFigure.lights(s, to)", [SIZE, to])
            enters = {cell for cell, reach in moved.items() if tuple(to) in reach}
            assert {tuple(cell) for cell in lit} == enters
    for cell, reach in moved.items():
        got = script("([s, at]) => TermsFigure.reached(s, at)", [SIZE, [*cell]])
        way = {"Z"} if cell[0] != "dZ" else {"dX", "dW", "db"}
        assert {tuple(c) for c in got} == {to for to in reach if to[0] in way}


def lit(page):
    """Return the names of the cells that are lit in the grids."""
    cells = page.locator("[role=gridcell].bp-lit")
    labels = cells.evaluate_all("all => all.map(e => e.ariaLabel)")
    return {label.split(" = ")[0] for label in labels}


def test_terms_are_reached_by_keyboard_mouse_and_touch(browser):
    with drawn(browser, TermsFigure(), has_touch=True) as page:
        story, grid = page.locator("[aria-live]"), page.get_by_role("grid", name="dW")
        assert "dW₂₁ = X₁₂ dZ₁₁ + X₂₂ dZ₂₁ + X₃₂ dZ₃₁ + X₄₂ dZ₄₁" in words(story)
        assert "= (−1)·1 + 4·2 + 1·(−1) + (−3)·3 = −3." in words(story)
        column = {"X₁₂", "X₂₂", "X₃₂", "X₄₂", "dZ₁₁", "dZ₂₁", "dZ₃₁", "dZ₄₁"}
        assert lit(page) == column
        assert page.locator("[role=gridcell][tabindex='0']").count() == 8

        grid.get_by_label("dW₂₁").focus()
        for key in ("ArrowDown", "ArrowRight", "ArrowRight", "ArrowUp", "Home"):
            page.keyboard.press(key)
        assert page.evaluate("['array', 'row', 'column'].map(model.get)") == [
            *("dW", 2, 1)
        ]
        page.keyboard.press("Tab")  # one stop for each grid
        assert page.evaluate("model.get('array')") == "db"

        page.get_by_label("dX₁₃").tap()
        assert lit(page) == {"dZ₁₁", "dZ₁₂", "W₃₁", "W₃₂"}
        assert words(story).startswith("X₁₃ is used once for each unit")

        page.get_by_label(re.compile("^Z₂₂")).hover()
        assert lit(page) == {"X₂₁", "X₂₂", "X₂₃", "W₁₂", "W₂₂", "W₃₂", "b₂"}
        page.mouse.move(0, 0)
        assert lit(page) == {"dZ₁₁", "dZ₁₂", "W₃₁", "W₃₂"}


def test_a_given_number_shows_where_it_goes_and_can_be_changed(browser):
    with drawn(browser, TermsFigure(array="W", row=2, column=1)) as page:
        story, more = (
            page.locator("[aria-live]"),
            page.get_by_role("button", name="1 m"),
        )
        assert {"Z₁₁", "Z₂₁", "Z₃₁", "Z₄₁", "X₁₂", "dW₂₁", "dZ₄₁"} <= lit(page)
        assert words(story).startswith("W₂₁ is used in Z₁₁, Z₂₁, Z₃₁ and Z₄₁.")
        more.click()
        assert "W₂₁ is now 2. With it moves Z₁₁ by −1, Z₂₁ by 4" in words(story)
        assert "and the loss by −3." in words(story)  # which is dW₂₁
        page.get_by_label("dZ₃₂ =").click()
        more.click()
        assert "dX₃₁ by −1" in words(story)
        assert "db₂ by 1." in words(story)
        page.get_by_label("db₂ =").click()
        assert more.get_attribute("aria-disabled") == "true"
        assert page.evaluate("model.get('dZ')[2]") == [-1, 4]


def test_the_product_is_drawn_with_the_right_one_turned(browser):
    with drawn(browser, TermsFigure()) as page:
        picture = page.get_by_role("img").locator("desc")
        for label, told in {
            "Z₁₁": "Z = X times W plus b. Lit: X₁₁, W₁₁",
            "dW₁₁": "dW = X transposed times dZ. Lit: X₁₁, dZ₁₁",
            "dX₁₁": "dX = dZ times W transposed. Lit: dZ₁₁, W₁₁",
            "db₁": "db = a row of ones times dZ. Lit: dZ₁₁, dZ₂₁",
        }.items():
            page.get_by_label(re.compile("^" + label)).focus()
            assert picture.text_content().startswith(told)


# --- shapes ---------------------------------------------------------------------------

SIZES = [
    {"N": 32, "D": 64, "H": 24, "L": 3, "C": 10},
    {"N": 7, "D": 5, "H": 3, "L": 1, "C": 2},
    {"N": 6, "D": 5, "H": 4, "L": 2, "C": 3},
    {"N": 4, "D": 4, "H": 3, "L": 2, "C": 2},
    {"N": 3, "D": 5, "H": 5, "L": 4, "C": 5},
    {"N": 6, "D": 6, "H": 6, "L": 2, "C": 6},
    {"N": 1, "D": 1, "H": 2, "L": 3, "C": 1},
]


def network(sizes):
    """Go forward and back through a network of these sizes; return every array."""
    D, H, C = sizes["D"], sizes["H"], sizes["C"]
    rng = np.random.default_rng(7)
    model = MLP((D, *[H] * (sizes["L"] - 1), C), "tanh", rng)
    S = model.forward(rng.normal(size=(sizes["N"], D)))
    arrays = {"X": model.A[0], f"Z{sizes['L']}": S}
    dZ = arrays[f"dZ{sizes['L']}"] = rng.normal(size=S.shape)
    for layer in range(sizes["L"], 0, -1):
        A, W = model.A[layer - 1], model.W[layer - 1]
        name = f"A{layer - 1}" if layer > 1 else "X"
        dA, dW, db = linear_backward(dZ, A, W)
        arrays |= {name: A, f"W{layer}": W, f"b{layer}": model.b[layer - 1]}
        arrays |= {"d" + name: dA, f"dW{layer}": dW, f"db{layer}": db}
        dZ = dA * (1 - A**2)
        if layer > 1:
            arrays |= {f"Z{layer - 1}": np.arctanh(A), f"dZ{layer - 1}": dZ}
    arrays |= {"dX": arrays["X"]}  # of its shape; nobody needs it
    return model, arrays


@pytest.mark.parametrize("sizes", SIZES)
def test_shapes_are_those_of_the_network(sizes, script):
    model, arrays = network(sizes)
    got = script("state => ShapesFigure.compute(state)", sizes)
    assert got["all"] == {name: [*array.shape] for name, array in arrays.items()}
    assert got["parameters"] == model.theta.size
    assert got["kept"] == sum(A.size for A in model.A)
    assert got["kept"] == max(held["size"] for held in got["held"])
    made = [operation["make"] for operation in got["list"]]
    inputs = {"X", *(name for name in arrays if name[0] in "Wb")}
    assert {*made, *inputs, "dX"} == arrays.keys()
    known = set(inputs)
    for operation in got["list"]:  # in an order that can be run
        assert known.issuperset(operation["of"])
        known.add(operation["make"])


def typed(left, right):
    """Return every product of two arrays that one may type, with its code."""
    for (p, P), (q, Q) in (left, right), (right, left):
        for name, a in ((p, P), (p + ".T", P.T)):
            for other, b in ((q, Q), (q + ".T", Q.T)):
                if a.shape[1] == b.shape[0]:
                    yield f"{name} @ {other}", a @ b


@pytest.mark.parametrize("sizes", SIZES)
def test_mistakes_that_fit_are_all_found(sizes, script):
    _, arrays = network(sizes)
    got = script("state => ShapesFigure.compute(state)", sizes)
    forward, backward, flagged = 0, 0, 0
    for operation, wrong, work in zip(
        got["list"], got["wrong"], got["work"], strict=True
    ):
        make, of = operation["make"], operation["of"]
        flagged += bool(wrong)
        result = arrays[make]
        if make.startswith("db"):
            slopes = arrays[of[0]]
            fits = slopes.sum(axis=1).shape == result.shape and len(slopes) > 1
            assert wrong == [f"{of[0]}.sum(axis=1)"] * fits
            continue
        if "turned" not in operation:
            assert not wrong and not work
            continue
        right = " @ ".join(n + ".T" * (n == operation["turned"]) for n in of)
        ways = dict(typed(*((name, arrays[name]) for name in of)))
        bias = arrays[operation["plus"]] if "plus" in operation else 0
        np.testing.assert_allclose(ways[right] + bias, result, atol=1e-12)
        fits = {
            code
            for code, value in ways.items()
            if value.shape == result.shape and not np.allclose(value, ways[right])
        }
        assert set(wrong) == fits
        sides = [arrays[name].size for name in (*of, make)]
        assert work == math.isqrt(math.prod(sides))  # each size stands in two of them
        forward += work * (make[0] != "d")
        backward += work * (make[0] == "d")
    assert (got["forward"], got["backward"]) == (forward, backward)
    first = sizes["N"] * sizes["D"] * got["all"]["W1"][1]
    assert backward == 2 * forward - first
    distinct = len({sizes[name] for name in "NDHC"}) == 4 and sizes["L"] < 3
    assert not (distinct and flagged)


def test_shapes_are_walked_forward_and_back(browser):
    with drawn(browser, ShapesFigure()) as page:
        forward = page.get_by_role("button", name="Step forward")
        story, code = page.locator("[aria-live]"), page.locator("code")
        seen = []
        while True:
            seen.append(code.inner_text())
            assert page.locator(".bp-array.bp-now").count() == 1
            if forward.get_attribute("aria-disabled") == "true":
                break
            forward.click()
        assert seen[:3] == ["Z1 = X @ W1 + b1", "A1 = φ(Z1)", "Z2 = A1 @ W2 + b2"]
        assert seen[5:9] == [
            "dZ3 = from the loss",
            "dW3 = A2.T @ dZ3",
            "db3 = dZ3.sum(axis=0)",
            "dA2 = dZ3 @ W3.T",
        ]
        assert seen[-2:] == ["dW1 = X.T @ dZ1", "db1 = dZ1.sum(axis=0)"]
        page.locator("[data-array=dW2]").click()
        assert "The 32 vanishes: each weight is used by all 32 examples" in words(story)
        assert "18,432 multiplications" in words(story)
        flag = page.locator(".bp-flag")
        assert "if you wrote dZ2.T @ A1, since W2 is square." in words(flag)
        page.evaluate("model.set('L', 2)")
        page.evaluate("model.set('step', 1)")
        assert words(flag).startswith("At these sizes the shapes would catch")
        page.evaluate("model.set('L', 1)")  # beyond the last step, it stays there
        page.evaluate("model.set('step', 21)")
        assert code.inner_text() == "db1 = dZ1.sum(axis=0)"
        page.get_by_role("button", name="Step back").click()
        assert code.inner_text() == "dW1 = X.T @ dZ1"


@pytest.mark.parametrize(
    ("sizes", "step", "told"),
    [
        ({"N": 24}, 2, "A1 @ W2.T or A1.T @ W2, or 5 more, since N = H."),
        ({"H": 64}, 0, "you wrote X @ W1.T, since D = H."),
        ({"H": 10}, 8, "you wrote dZ3 @ W3, since C = H."),
        ({"N": 10}, 7, "you wrote dZ3.sum(axis=1), since N = C."),
        ({}, 6, "Here the shapes would catch a wrong transpose. At the 3 arrays"),
    ],
)
def test_equal_sizes_are_named_where_they_hide_a_mistake(sizes, step, told, browser):
    with drawn(browser, ShapesFigure(**sizes, step=step)) as page:
        assert told in words(page.locator(".bp-flag"))


# --- logits ---------------------------------------------------------------------------


def logits(script, S, y, smoothing):
    state = {"S": list(map(float, S)), "y": int(y), "smoothing": float(smoothing)}
    return script("state => LogitsFigure.compute(state)", state)


def test_logits_have_the_loss_and_the_slopes_of_the_library(script):
    rng = np.random.default_rng(8)
    for smoothing in (0, 0.1, 0.3):
        for S in rng.uniform(-50, 50, (10, 5)) * rng.choice([1, 0.1], (10, 1)):
            y = rng.integers(5)
            got = logits(script, S, y, smoothing)
            loss, slope = softmax_cross_entropy(S[None], [y], smoothing)
            assert got["loss"] == pytest.approx(loss, rel=1e-12, abs=1e-12)
            np.testing.assert_allclose(got["slope"], slope[0], rtol=1e-9, atol=1e-14)
            P = softmax(S[None])[0]
            np.testing.assert_allclose(got["P"], P, rtol=1e-12)
            Y = P - slope[0]
            np.testing.assert_allclose(got["Y"], Y, rtol=1e-9, atol=1e-14)
            jacobian_without_its_corners = P * (1 - P)
            wrong = -Y / P * jacobian_without_its_corners
            np.testing.assert_allclose(got["separate"], wrong, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("elementwise", [False, True])
def test_logits_step_against_the_slopes(elementwise, script):
    S, y, smoothing, lr = np.array([1.5, 2.5, 0.5, -1, 0]), 2, 0.1, 2.0
    state = {"S": S.tolist(), "y": y, "smoothing": smoothing, "lr": lr}
    for _ in range(3):
        if elementwise:
            P = softmax(S[None])[0]
            Y = smoothing / 5 + (1 - smoothing) * np.eye(5)[y]
            S = S + lr * Y * (1 - P)
        else:
            S = S - lr * softmax_cross_entropy(S[None], [y], smoothing)[1][0]
    got = script(
        "state => LogitsFigure.descend(state, 3)", {**state, "elementwise": elementwise}
    )
    np.testing.assert_allclose(got, S, rtol=1e-12)


def test_logits_reach_as_far_as_the_library_says(script, browser):
    assert script("LogitsFigure.MOST") == LogitsFigure.most
    with drawn(browser, LogitsFigure(S=[49.5, 0, 0, 0, -50])) as page:
        for name in ("All logits +1", "All logits −1"):
            button = page.get_by_role("button", name=name)
            assert button.get_attribute("aria-disabled") == "true"
            button.click(force=True)
        assert page.evaluate("model.get('S')") == [49.5, 0, 0, 0, -50]


def test_a_logit_says_what_it_took_from_each_other_one(browser):
    with drawn(browser, LogitsFigure()) as page:
        story, logit = page.locator("[aria-live]"), page.get_by_role("slider")
        for _ in range(5):
            logit.nth(2).press("ArrowRight")
        S = np.array([[1.5, 2.5, 0.5, -1, 0], [1.5, 2.5, 1.0, -1, 0]])
        before, after = softmax(S)
        assert "Raising logit 2 by 0.5 raised its P by 0.047" in words(story)
        for i in (0, 1, 3, 4):
            assert f"{before[i] - after[i]:.3f} from" in words(story)
        factors = np.delete(after / before, 2)
        np.testing.assert_allclose(factors, factors[0])
        assert f"shrank by the same factor, {factors[0]:.3f}." in words(story)
        logit.nth(0).press("ArrowLeft")
        assert "Lowering logit 0 by 0.1 lowered its P" in words(story)


def test_shifting_all_logits_changes_nothing_else(browser):
    with drawn(browser, LogitsFigure()) as page:
        rows = ".bp-row rect, .bp-row text"
        shown = f"[...document.querySelectorAll('{rows}')].map(e => e.outerHTML).join()"
        before = page.evaluate(shown)
        page.get_by_role("button", name="All logits +1").click()
        assert page.evaluate("model.get('S')") == [2.5, 3.5, 1.5, 0, 1]
        assert page.evaluate(shown) == before
        assert "Every logit is higher by 1, and nothing else" in words(
            page.locator("[aria-live]")
        )


def test_logits_come_to_rest_at_a_finite_gap_only_where_targets_are_smoothed(browser):
    with drawn(browser, LogitsFigure(smoothing=0.1)) as page:
        story = page.locator("[aria-live]")
        page.get_by_role("button", name="Step downhill").click()
        assert "Step 1: logit 2 up by" in words(story)
        for _ in range(8):
            page.get_by_role("button", name="20 steps").click()
        assert "comes to rest ahead of the others by log(0.920/0.020)" in words(story)
        S = page.evaluate("model.get('S')")
        assert S[2] - max(np.delete(S, 2)) == pytest.approx(math.log(46), abs=0.01)
        page.get_by_role("slider", name="target").press("End")
        page.get_by_role("button", name="20 steps").click()
        gap = np.subtract(S[2], np.delete(S, 2)).max()
        S = page.evaluate("model.get('S')")
        assert S[2] - max(np.delete(S, 2)) > gap + 0.5


def test_element_by_element_no_logit_is_lowered(browser):
    with drawn(browser, LogitsFigure()) as page:
        page.get_by_role("radio", name="element by element").check()
        assert "for the others it is 0" in words(page.locator("[aria-live]"))
        before = page.evaluate("model.get('S')")
        page.get_by_role("button", name="Step downhill").click()
        after = page.evaluate("model.get('S')")
        assert [b - a for a, b in zip(before, after, strict=True) if a != b] == (
            pytest.approx([2 * (1 - softmax(np.array([before]))[0, 2])])
        )
        assert "the other four where they were" in words(page.locator("[aria-live]"))


# --- clinic ---------------------------------------------------------------------------

BLOCKS = "W1", "b1", "W2", "b2"
SIZES, WEIGHTS = ("5-2-4-3", "3-3-3-3"), ("random", "W2 = 0")
BUGS = [[bug] for bug in ClinicFigure.known]
COMBINED = [
    [],
    ["own-output", "dropout"],
    ["sign", "elementwise", "mean-twice"],
    ["stale", "plus", "broadcast", "extra-slope"],
    ["not-transposed", "no-sum", "no-mean", "sign"],
]


def patient(bugs, sizes="5-2-4-3", weights="random", lr=0.5):
    return {"bugs": bugs, "sizes": sizes, "weights": weights, "lr": lr}


def clinic(script, function, *arguments):
    return script(f"all => ClinicFigure.{function}(...all)", list(arguments))


def ward(script, state):
    """Return X, Y, M and theta of the figure; a bias has one axis, as in the book."""
    net = {k: v for k, v in clinic(script, "setting", state).items() if k != "theta"}
    X, Y, M = (np.array(net[name], dtype=float) for name in ("X", "Y", "M"))
    W1, b1, W2, b2 = map(np.array, clinic(script, "setting", state)["theta"])
    return X, Y, M, (W1.astype(float), b1[0], W2.astype(float), b2[0])


def clinic_loss(theta, X, Y, M):
    W1, b1, W2, b2 = theta
    S = linear(relu(linear(X, W1, b1)) * M, W2, b2)
    return softmax_cross_entropy(S, Y.argmax(axis=1))[0]


def step_as_listed(lines, theta, X, Y, M, lr):
    """Take the step that the figure shows as code."""
    W1, b1, W2, b2 = theta
    names = dict(zip(BLOCKS, theta, strict=True)) | {"X": X, "Y": Y, "M": M, "lr": lr}
    names |= {"N": len(X), "H": W2.shape[0], "C": W2.shape[1]}
    names["A1"] = relu(linear(X, W1, b1)) * M
    names["P"] = softmax(linear(names["A1"], W2, b2))
    exec("\n".join(lines), names)
    sign = 1 if "+ lr" in lines[-1] else -1
    return tuple(
        names[name]
        if names[name] is not before
        else before + sign * lr * names["d" + name]
        for name, before in zip(BLOCKS, theta, strict=True)
    )


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("bugs", BUGS + COMBINED, ids="+".join)
def test_clinic_steps_as_its_code_says_and_judges_as_check_gradient(
    bugs, sizes, weights, script
):
    state = patient(bugs, sizes, weights)
    lines, found = clinic(script, "listing", bugs), clinic(script, "compute", state)
    X, Y, M, theta = ward(script, state)
    assert (np.unique(M).tolist() == [0, 2]) == ("dropout" in bugs)
    if "essay" in bugs and sizes == "5-2-4-3":
        with pytest.raises(ValueError, match="could not be broadcast"):
            step_as_listed(lines, theta, X, Y, M, 0.5)
        assert found["blocks"] is None
        return
    after = step_as_listed(lines, theta, X, Y, M, 0.5)
    for k, block in enumerate(found["blocks"]):
        claimed = (theta[k] - after[k]) / 0.5
        got = np.reshape(block["claimed"], claimed.shape)
        np.testing.assert_allclose(got, claimed, rtol=1e-9, atol=1e-13)

        def loss(value, k=k):
            return clinic_loss((*theta[:k], value, *theta[k + 1 :]), X, Y, M)

        measured = numerical_gradient(loss, theta[k])
        got = np.reshape(block["measured"], claimed.shape)
        np.testing.assert_allclose(got, measured, rtol=1e-6, atol=1e-9)
        try:
            check_gradient(loss, theta[k], claimed)
            passes = True
        except AssertionError:
            passes = False
        assert block["fails"] is not passes
        big = np.maximum(abs(claimed), abs(measured)) > 1e-3
        error = (
            abs(claimed - measured)[big] / np.maximum(abs(claimed), abs(measured))[big]
        )
        got = np.reshape(block["error"], claimed.shape)[big]
        np.testing.assert_allclose(got, error, rtol=1e-4, atol=1e-7)
        lengths = [np.linalg.norm(a) for a in (claimed - measured, claimed, measured)]
        whole = lengths[0] / (max(lengths[1:]) or 1)
        assert block["whole"] == pytest.approx(whole, rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("sizes", SIZES)
def test_clinic_stands_away_from_kinks_and_asks_every_unit(sizes, script):
    X, Y, _, (W1, b1, *_) = ward(script, patient([], sizes))
    Z = linear(X, W1, b1)
    assert abs(Z).min() > 0.01
    assert (Z > 0).any(axis=0).all()
    assert (Z < 0).any(axis=0).all()
    assert Y.any(axis=0).all()
    assert [len(X), *W1.shape, Y.shape[1]] == [int(n) for n in sizes.split("-")]


@pytest.mark.parametrize(
    "bugs", [[], ["own-output"], ["stale", "no-sum"]], ids="+".join
)
def test_clinic_trains_with_the_bugs(bugs, script):
    state = patient(bugs)
    losses = clinic(script, "train", state, bugs)
    lines = clinic(script, "listing", bugs)
    X, Y, M, theta = ward(script, state)
    assert len(losses) == 201
    for loss in losses:
        assert loss == pytest.approx(clinic_loss(theta, X, Y, M), rel=1e-6)
        theta = step_as_listed(lines, theta, X, Y, M, 0.5)


def test_clinic_knows_the_bugs_that_the_library_says(script):
    assert tuple(script("Object.keys(ClinicFigure.BUGS)")) == ClinicFigure.known


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ({}, "No bug: every entry agrees with its central difference"),
        ({"bugs": ["sign"]}, "All four blocks are wrong, by the same factor −1"),
        ({"bugs": ["no-mean"]}, "by the same factor 5"),
        ({"bugs": ["mean-twice"]}, "by the same factor 0.2"),
        ({"bugs": ["extra-slope"]}, "All four blocks are wrong: the bug is where the"),
        ({"bugs": ["elementwise"]}, "All four blocks are wrong: the bug is where the"),
        *(
            ({"bugs": [bug]}, "W2 and b2 are clean, W1 and b1 are wrong: the bug sits")
            for bug in ("own-output", "stale", "not-transposed")
        ),
        ({"bugs": ["dropout"]}, "W1 and b1 are wrong, by the same factor 0.5: the bug"),
        ({"bugs": ["no-sum"]}, "W1 and W2 are clean, b1 and b2 are wrong: dS and dZ1"),
        ({"bugs": ["broadcast"]}, "b2 is clean, W1, b1 and W2 are wrong"),
        ({"bugs": ["essay"]}, "(2, 4) and A1 > 0 the shape (5, 4): NumPy stops"),
        ({"bugs": ["essay"], "sizes": "3-3-3-3"}, "b1, W2 and b2 are clean, W1 is wr"),
        ({"bugs": ["sign", "plus"]}, "Every entry passes, with 2 bugs on. They undo"),
        (
            {"bugs": ["own-output", "no-sum"]},
            "W2 is clean, W1, b1 and b2 are wrong: no",
        ),
        ({"bugs": ["own-output"], "weights": "W2 = 0"}, "Every entry passes, with a b"),
        ({"bugs": ["sign"], "weights": "W2 = 0"}, "W1 and b1 pass, and are not clear"),
        ({"bugs": ["stale"], "weights": "W2 = 0"}, "W2 and b2 are clean, W1 and b1"),
    ],
)
def test_clinic_says_where_to_look(state, told, browser):
    with drawn(browser, ClinicFigure(**state)) as page:
        assert told in words(page.locator("[aria-live]"))


def test_clinic_marks_the_cells_that_fail_and_tells_their_numbers(browser):
    with drawn(browser, ClinicFigure()) as page:
        failing = page.locator("td .bp-fails")
        assert failing.count() == 0
        page.get_by_role("checkbox", name="own-output").check()
        assert page.evaluate("model.get('bugs')") == ["own-output"]
        assert failing.count() == 12
        assert page.locator(".bp-code .bp-wrong").all_inner_texts() == [
            "dZ1 = dA1 * M * (A1 >= 0)"
        ]
        page.get_by_role("checkbox", name="stale").check()
        assert page.locator(".bp-code .bp-wrong").all_inner_texts() == [
            "W2 = W2 - lr * dW2  # too early",
            "dZ1 = dA1 * M * (A1 >= 0)",
        ]
        page.get_by_role("checkbox", name="stale").uncheck()
        first = page.get_by_role("button", name="W1[0, 0]")
        assert first.get_attribute("aria-label").endswith("0.77, fails.")
        first.focus()
        for key, cell in (
            ("ArrowRight", "W1[0, 1]"),
            ("ArrowDown", "W1[1, 1]"),
            ("ArrowDown", "b1[1]"),
            ("ArrowLeft", "b1[0]"),
        ):
            page.keyboard.press(key)
            focused = page.evaluate("document.activeElement.ariaLabel")
            assert focused.startswith(cell + ": the step took")
            assert words(page.locator(".bp-detail")) == focused
        page.get_by_role("radio", name="3-3-3-3").check()
        assert page.locator("td button").count() == 24
        assert page.locator("td button[tabindex='0']").count() == 1
        page.get_by_role("button", name="b2[2]").hover()
        assert words(page.locator(".bp-detail")).startswith("b2[2]: the step took")


def test_clinic_draws_a_curve_from_which_nobody_would_know(browser):
    with drawn(browser, ClinicFigure(bugs=["own-output"])) as page:
        status = page.get_by_role("status")
        assert not status.inner_text()
        page.get_by_role("button", name="Train 200 steps").click()
        assert words(status).endswith("From the curve, nobody would know.")
        page.get_by_role("checkbox", name="sign").check()
        assert words(status).endswith("out of sight. Nobody could miss that.")
        page.get_by_role("checkbox", name="essay").check()
        assert "Not one step is taken" in words(status)
        paths = page.locator("path").evaluate_all("all => all.map(p => p.outerHTML)")
        assert not re.search("NaN|Infinity|e\\+", "".join(paths))
        page.get_by_role("button", name="Take the curve away").click()
        assert not status.inner_text()

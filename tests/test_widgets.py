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
from backprop.gradcheck import numerical_gradient
from backprop.layers import linear, linear_backward, sigmoid_backward
from backprop.network import MLP
from backprop.neuron import sigmoid
from backprop.widgets import (
    DeltasFigure,
    DescentFigure,
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

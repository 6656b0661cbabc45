"""The neuron's figure: its arithmetic, its walk, and the hand that moves it."""

import math

import numpy as np
import pytest
from figures import drawn, values, words

from backprop.gradcheck import numerical_gradient
from backprop.neuron import sigmoid
from backprop.widgets import NeuronFigure


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


def test_walk_has_as_many_steps_as_the_library_says(script):
    assert script("NeuronFigure.STEPS") + 1 == NeuronFigure.last


@pytest.fixture
def page(browser):
    with drawn(browser, NeuronFigure()) as page:
        yield page


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

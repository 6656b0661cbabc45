"""The figure of descent: the bowl, the ball, and its limits."""

import re

import numpy as np
import pytest
from figures import drawn, words

from backprop.gradcheck import numerical_gradient
from backprop.widgets import DescentFigure

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

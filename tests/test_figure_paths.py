"""The figure of paths: every path, and the sweep that replaces them."""

import math

import numpy as np
import pytest
from figures import drawn, values, words

from backprop.gradcheck import numerical_gradient
from backprop.widgets import PathsFigure


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

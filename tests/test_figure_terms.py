"""The figure of terms: what enters an entry, and what lights up."""

import math
import re

import numpy as np
import pytest
from figures import drawn, words

from backprop.layers import linear, linear_backward
from backprop.widgets import TermsFigure

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

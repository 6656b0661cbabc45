"""The figure of two layers: the slopes of the library, fresh and stale."""

import re

import numpy as np
import pytest
from figures import drawn, values, words

from backprop.gradcheck import numerical_gradient
from backprop.layers import linear, linear_backward, sigmoid_backward
from backprop.neuron import sigmoid
from backprop.widgets import DeltasFigure


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

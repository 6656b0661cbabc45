"""The figure of logits: the loss and the slopes of the library."""

import math

import numpy as np
import pytest
from figures import drawn, words

from backprop.losses import softmax, softmax_cross_entropy
from backprop.widgets import LogitsFigure


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

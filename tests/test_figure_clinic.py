"""The figure of the clinic: its bugs are the library's, its verdicts the check's."""

import re

import numpy as np
import pytest
from figures import drawn, words

from backprop.gradcheck import check_gradient, numerical_gradient
from backprop.layers import linear, relu
from backprop.losses import softmax, softmax_cross_entropy
from backprop.widgets import ClinicFigure

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

"""The figure of shapes: a network's, and the mistakes that fit."""

import math

import numpy as np
import pytest
from figures import drawn, words

from backprop.layers import linear_backward
from backprop.network import MLP
from backprop.widgets import ShapesFigure

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

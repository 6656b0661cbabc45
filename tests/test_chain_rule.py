"""The chain rule: every equation of chapter 2, and the functions that it writes."""

import ast
import itertools
from pathlib import Path

import nbformat
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from backprop.gradcheck import check_gradient, numerical_gradient

CHAPTER = Path(__file__).parents[1] / "chapters" / "02_chain_rule.ipynb"

seeds = st.integers(0, 2**32 - 1)
sizes = st.permutations(range(1, 6)).map(lambda order: order[:3])  # all differ
points = st.floats(-2, 2)

# Smooth machines of one number, each with its slope.
MACHINES = [
    (np.sin, np.cos),
    (np.exp, np.exp),
    (lambda x: x**2, lambda x: 2 * x),
    (lambda x: x / (1 + x**2), lambda x: (1 - x**2) / (1 + x**2) ** 2),
    (lambda x: 1 - x / 2, lambda x: -0.5),
]
machines = st.sampled_from(MACHINES)

# A central difference errs by h² f‴/6, which is not small beside a slope near 0.
MEASURABLE = 0.2


def from_chapter(*names):
    """Return functions of the chapter, taken from its cells."""
    space = {"pairwise": itertools.pairwise}
    for cell in nbformat.read(CHAPTER, as_version=4).cells:
        if cell.cell_type == "code":
            for node in ast.parse(cell.source).body:
                if isinstance(node, ast.FunctionDef) and node.name in names:
                    exec(ast.unparse(node), space)
    return [space[name] for name in names]


paths, sweep_back, ladder, multiplications = from_chapter(
    "paths", "sweep_back", "ladder", "multiplications"
)


def error_per_nudge(f, slope, x, eps):
    """Return r(ε) of f(x + ε) = f(x) + f′(x) ε + r(ε) ε."""
    return (f(x + eps) - f(x)) / eps - slope(x)


# One machine, two machines, many


@pytest.mark.verifies("chain-linearised")
@given(machines, points)
def test_the_error_per_nudge_goes_to_zero(machine, x):
    f, slope = machine
    coarse, fine = (abs(error_per_nudge(f, slope, x, eps)) for eps in (1e-2, 1e-4))
    assert fine <= coarse / 20 + 1e-4
    assert fine < 1e-2


def test_the_error_per_nudge_of_squaring_is_the_nudge():
    f, slope = MACHINES[2]
    for eps in (0.1, -0.01):
        assert error_per_nudge(f, slope, 3.0, eps) == pytest.approx(eps, rel=1e-9)


def test_a_wrong_slope_leaves_an_error_that_stays():
    f, _ = MACHINES[2]
    assert error_per_nudge(f, lambda x: 5.0, 3.0, 1e-6) == pytest.approx(1, rel=1e-5)


@pytest.mark.verifies("chain-error")
@given(machines, machines, points, st.sampled_from([0.3, -0.1, 1e-2, -1e-3]))
def test_the_error_of_two_machines_has_three_terms(first, second, x, eps):
    (g, g_slope), (f, f_slope) = first, second
    u, delta = g(x), g(x + eps) - g(x)
    r_g = error_per_nudge(g, g_slope, x, eps)
    r_f = error_per_nudge(f, f_slope, u, delta) if delta else 0.0
    straight = f_slope(u) * g_slope(x)
    error = f_slope(u) * r_g + r_f * g_slope(x) + r_f * r_g
    move = f(g(x + eps)) - f(g(x))
    scale = 1 + abs(f(u)) + abs(f(g(x + eps)))
    assert move == pytest.approx((straight + error) * eps, rel=1e-9, abs=1e-9 * scale)


@pytest.mark.verifies("chain-rule")
@given(machines, machines, points)
def test_two_slopes_multiply(first, second, x):
    (g, g_slope), (f, f_slope) = first, second
    slope = f_slope(g(x)) * g_slope(x)
    assume(MEASURABLE < abs(slope) < 1e2)
    check_gradient(lambda x: f(g(x)), np.array(x), slope)


def test_a_machine_that_does_not_move_is_no_exception():
    check_gradient(lambda x: np.sin(0 * x + 2), np.array(1.0), np.cos(2.0) * 0)


@pytest.mark.verifies("chain-product")
@given(st.lists(st.sampled_from(MACHINES[:1] + MACHINES[3:]), max_size=8), points)
def test_slopes_multiply_along_a_chain(chain, x):
    def run(x):
        for machine, _ in chain:
            x = machine(x)
        return x

    slope, value = 1.0, x
    for machine, slope_of in chain:
        slope, value = slope * slope_of(value), machine(value)
    assume(abs(slope) > MEASURABLE / 100)  # these machines are tame
    check_gradient(run, np.array(x), slope)


# A quantity used twice


@pytest.mark.verifies("chain-fork")
@given(machines, machines, points)
def test_the_slopes_of_two_uses_add(first, second, x):
    (g, g_slope), (h, h_slope) = first, second

    def join(u, v):
        return u * np.sin(v) + v**2

    u, v = g(x), h(x)
    slope_u, slope_v = np.sin(v), u * np.cos(v) + 2 * v
    slope = slope_u * g_slope(x) + slope_v * h_slope(x)
    assume(MEASURABLE < abs(slope) < 1e2)
    check_gradient(lambda x: join(g(x), h(x)), np.array(x), slope)


@given(st.floats(1e-3, 0.5))
def test_the_cross_term_of_a_product_is_the_product_of_the_nudges(nudge):
    c, e = 3.0, 3.0 + np.sin(2.0)
    both = (c + nudge) * (e + nudge) - c * e
    one_at_a_time = nudge * e + c * nudge
    assert both - one_at_a_time == pytest.approx(nudge**2, rel=1e-6)


# Graphs

KINDS = st.sampled_from(["add", "sin", "product"])
steps = st.lists(st.tuples(KINDS, st.integers(0), st.integers(0)), max_size=6)


def calculation(inputs, steps):
    """Return the values and the graph: node: [(who uses it, slope of that use)].

    A step takes two of the nodes so far, perhaps the same one twice.
    """
    values, graph = list(inputs), {}
    for kind, i, j in steps:
        i, j, new = i % len(values), j % len(values), len(values)
        u, v = values[i], values[j]
        if kind == "add":
            value, uses = (u + v) / 2, [(i, 0.5), (j, 0.5)]
        elif kind == "sin":
            value, uses = np.sin(u), [(i, np.cos(u))]
        else:
            value, uses = u * v, [(i, v), (j, u)]
        for node, slope in uses:
            graph.setdefault(node, []).append((new, slope))
        values.append(value)
    return values, graph


@pytest.mark.verifies("chain-paths", "chain-backward")
@given(st.lists(st.floats(-1, 1), min_size=1, max_size=3), steps)
def test_sums_over_paths_are_the_gradient(inputs, steps):
    x = np.array(inputs)
    values, graph = calculation(x, steps)
    end = len(values) - 1
    sums = [sum(product for _, product in paths(graph, i, end)) for i in range(len(x))]
    measured = numerical_gradient(lambda x: calculation(x, steps)[0][-1], x)
    np.testing.assert_allclose(sums, measured, rtol=1e-6, atol=1e-6)
    d, count = sweep_back(graph, range(len(values)), end)
    np.testing.assert_allclose([d[i] for i in range(len(x))], sums, atol=1e-12)
    assert count == sum(len(uses) for uses in graph.values())


def test_a_square_has_two_paths():
    values, graph = calculation([3.0], [("product", 0, 0)])
    assert values[-1] == 9
    assert list(paths(graph, 0, 1)) == [((0, 1), 3.0), ((0, 1), 3.0)]
    assert sweep_back(graph, range(2), 1)[0] == {0: 6.0, 1: 1.0}


@given(st.integers(0, 8), st.floats(1, 4))
def test_a_ladder_has_a_path_for_each_choice(rungs, x):
    graph, _ = ladder(x, rungs)
    found = list(paths(graph, "x0", f"x{rungs}"))
    assert len(found) == len({path for path, _ in found}) == 2**rungs
    assert 2 * sum(len(path) - 1 for path, _ in found) == 3 * rungs * 2**rungs
    slope = sum(product for _, product in found)
    check_gradient(lambda x: ladder(x, rungs)[1], np.array(x), slope)


# Arrays


def layers(seed, shape):
    """Return x, two machines between arrays of three sizes, and their Jacobians."""
    rng = np.random.default_rng(seed)
    n, m, k = shape
    A, B = rng.normal(size=(m, n)), rng.normal(size=(k, m))

    def g(x):
        return np.sin(A @ x)

    def f(y):
        return (B @ y) ** 2 + B @ y

    def slopes_g(x):
        return np.cos(A @ x)[:, None] * A

    def slopes_f(y):
        return (2 * (B @ y) + 1)[:, None] * B

    return rng.normal(size=n), g, f, slopes_g, slopes_f


@pytest.mark.verifies("chain-jacobians")
@given(seeds, sizes)
def test_jacobians_multiply(seed, shape):
    x, g, f, slopes_g, slopes_f = layers(seed, shape)
    n, _, k = shape
    J = slopes_f(g(x)) @ slopes_g(x)
    assert J.shape == (k, n)
    for i, row in enumerate(J):
        check_gradient(lambda x, i=i: f(g(x))[i], x, row)
    y = g(x)
    for i, j in itertools.product(range(k), range(n)):
        total = sum(slopes_f(y)[i, m] * slopes_g(x)[m, j] for m in range(len(y)))
        assert J[i, j] == pytest.approx(total, rel=1e-9, abs=1e-12)


@pytest.mark.verifies("chain-vjp")
@given(seeds, sizes)
def test_a_row_times_the_jacobian_is_the_gradient(seed, shape):
    x, g, _, slopes_g, _ = layers(seed, shape)
    weights = np.random.default_rng(seed).normal(size=shape[1])

    def loss(y):
        return weights @ y**2

    y = g(x)
    dy = numerical_gradient(loss, y)
    np.testing.assert_allclose(slopes_g(x).T @ dy, dy @ slopes_g(x), atol=1e-12)
    check_gradient(lambda x: loss(g(x)), x, slopes_g(x).T @ (2 * weights * y))


@given(st.lists(st.integers(1, 9), min_size=2, max_size=5))
def test_multiplications_are_counted(sizes):
    tables = [(out, into) for into, out in itertools.pairwise(sizes)]

    def count(tables):
        total, (rows, columns) = 0, tables[0]
        for out, into in tables[1:]:
            assert columns == out
            total, columns = total + rows * out * into, into
        return total

    from_right = count([(into, out) for out, into in tables])  # transposed
    assert multiplications(sizes) == (count(tables[::-1]), from_right)

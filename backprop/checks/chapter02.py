"""The questions of exercise set 2, the chain rule."""
# ruff: noqa: D103  (what a wrong answer is about, its hint says)

import math
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from backprop.checks.question import Case, Question, wrong

# ---------------------------------------------------------------- 2.1 chain_slope


def chain_slope(x):
    """Give the slope of e^sin(x²)."""
    u = x**2
    return 2 * x * math.cos(u) * math.exp(math.sin(u))


def _chain_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case("right of 0", (float(rng.uniform(0.6, 1.4)),)),
        Case("left of 0", (float(rng.uniform(-1.4, -0.6)),)),
        Case("farther out", (float(rng.uniform(2, 3)),)),
        Case("at 0", (0.0,)),
    ]


@wrong(
    "You took all three slopes at x. Only the first machine sees x: the sine gets u, "
    "and the exponential gets v. Run the chain forward and keep its values: section "
    "2.2."
)
def slopes_at_x(x):
    return 2 * x * math.cos(x) * math.exp(x)


@wrong(
    "Each slope is taken at what its machine hands out. It belongs to what comes in: "
    "x, then u, then v: section 2.2."
)
def slopes_at_outputs(x):
    u = x**2
    v = math.sin(u)
    return 2 * u * math.cos(v) * math.exp(math.exp(v))


@wrong(
    "Two links are right. The third machine stands behind the sine and never sees u: "
    "its slope is taken at v = sin(u): section 2.2."
)
def exponential_at_u(x):
    u = x**2
    return 2 * x * math.cos(u) * math.exp(u)


@wrong(
    "Two links are right. The second machine never sees x: what comes into the sine is "
    "u, so its slope is cos(u) with u = x²: section 2.2."
)
def cosine_at_x(x):
    return 2 * x * math.cos(x) * math.exp(math.sin(x**2))


@wrong(
    "Two links are right. You took the exponential of cos(u), the slope of the machine "
    "before. What comes in is its value, v = sin(u), and the exponential is its own "
    "slope: eᵛ: section 2.2."
)
def exponential_of_cosine(x):
    u = x**2
    return 2 * x * math.cos(u) * math.exp(math.cos(u))


@wrong(
    "Every number is half as large as it should be: the slope of x² is 2x, and you "
    "have x. The rest of the chain is that of section 2.2."
)
def x_for_2x(x):
    u = x**2
    return x * math.cos(u) * math.exp(math.sin(u))


@wrong(
    "You put the slopes one inside the other, as the machines are. The machines are "
    "nested, and their slopes are multiplied: section 2.1."
)
def nested(x):
    return math.exp(math.cos(2 * x))


@wrong(
    "You added the three slopes. Each machine stretches what it is handed, so along a "
    "chain slopes multiply; adding is for different paths: section 2.1."
)
def added(x):
    u = x**2
    return 2 * x + math.cos(u) + math.exp(math.sin(u))


@wrong(
    "The way back stops at u: the slope of the first machine, 2x, is missing from the "
    "product: section 2.2."
)
def first_link_missing(x):
    u = x**2
    return math.cos(u) * math.exp(math.sin(u))


@wrong(
    "The sine in the middle has no slope in your product. A link that is left out "
    "counts as a slope of 1, and the sine's is cos(u): section 2.2."
)
def middle_link_missing(x):
    return 2 * x * math.exp(math.sin(x**2))


@wrong(
    "This is the slope of v = sin(x²). One more machine stands behind it, and the "
    "slope of the exponential, taken at v, is missing: section 2.2."
)
def last_link_missing(x):
    return 2 * x * math.cos(x**2)


@wrong(
    "This is y itself. The forward run is needed, and then comes the product of the "
    "three slopes: section 2.2."
)
def height(x):
    return math.exp(math.sin(x**2))


@wrong(
    "Every number has the wrong sign. The slope of the sine is the cosine, with no "
    "minus; that one belongs to the slope of the cosine. The chain of section 2.2 has "
    "a sine in it."
)
def minus_cosine(x):
    return -chain_slope(x)


@wrong(
    "Your machines stand in the reverse order, the exponential first. Here x is "
    "squared first, and what is done last is written leftmost: section 2.1."
)
def reversed_machines(x):
    e = math.exp(x)
    return 2 * math.sin(e) * math.cos(e) * e


@wrong(
    "You squared the sine: e to the (sin x)². Here the squaring comes first, and the "
    "sine is taken of x². Which machine comes first decides where the others stand: "
    "section 2.1."
)
def squared_sine(x):
    return 2 * math.sin(x) * math.cos(x) * math.exp(math.sin(x) ** 2)


def _chain_slope_in_numpy(x):
    values = [np.float64(x)]
    slopes = []
    for machine, slope in (
        (np.square, lambda x: 2 * x),
        (np.sin, np.cos),
        (np.exp, np.exp),
    ):
        slopes.append(slope(values[-1]))
        values.append(machine(values[-1]))
    return np.prod(slopes)


# ---------------------------------------------------------------- 2.2 fork_slopes


def fork_slopes(w, x):
    """Give the slopes of y = w · sin(w · x) + x in w and in x."""
    h, slope = math.sin(w * x), math.cos(w * x)
    return h + w * slope * x, w * slope * w + 1


def _fork_cases(rng: np.random.Generator) -> list[Case]:
    def number(low, high):
        return float(rng.uniform(low, high))

    return [
        Case("both positive", (number(0.5, 0.9), number(1.2, 1.7))),
        Case("w negative", (number(-1.7, -1.2), number(0.5, 0.9))),
        Case("both negative", (number(-2.3, -1.8), number(-0.9, -0.5))),
        Case("x = 0", (number(1.2, 1.7), 0.0)),
    ]


@wrong(
    "dx is right. In dw the use inside the sine is missing: w is used in y = w·h + x "
    "and in u = w·x, and the slopes of the two uses add: section 2.3."
)
def outer_use_only(w, x):
    return math.sin(w * x), fork_slopes(w, x)[1]


@wrong(
    "dx is right. In dw the use in the last line is missing: there w multiplies h, "
    "with the slope h, and that adds to what comes through the sine: section 2.3."
)
def inner_use_only(w, x):
    return w * math.cos(w * x) * x, fork_slopes(w, x)[1]


@wrong(
    "dw is right. In dx one path is missing: x is also added to y directly, with the "
    "slope 1: section 2.3."
)
def without_skip(w, x):
    dw, dx = fork_slopes(w, x)
    return dw, dx - 1


@wrong(
    "dw is right. dx has only the direct path, with the slope 1. The other leads from "
    "x through u and h, and adds to it: section 2.3."
)
def skip_only(w, x):
    return fork_slopes(w, x)[0], 1.0


@wrong(
    "You held h still: these are the slopes of the last line alone, h and 1. But h "
    "follows w and x, and a slope in this book goes over all paths: section 2.8."
)
def held_still(w, x):
    return math.sin(w * x), 1.0


@wrong(
    "These are the paths through the sine, and both are right. In the last line w and "
    "x are used once more, with the slopes h and 1, and what comes by that way is "
    "added: section 2.3."
)
def sine_alone(w, x):
    slope = math.cos(w * x)
    return w * slope * x, w * slope * w


@wrong(
    "You multiplied the slopes of the two uses. Along a path slopes multiply; two uses "
    "are two paths, and paths add: section 2.3."
)
def uses_multiplied(w, x):
    h, slope = math.sin(w * x), math.cos(w * x)
    return h * (w * slope * x), (w * slope * w) * 1


@wrong(
    "You took the mean of the two uses. Both move y at once, so their slopes add, and "
    "nothing is divided: section 2.3."
)
def mean_of_uses(w, x):
    dw, dx = fork_slopes(w, x)
    return dw / 2, dx / 2


@wrong(
    "dw is right. On the path from x through the sine, w multiplies twice: once from x "
    "to u, and once from h to y. One of the two is missing in dx: section 2.2."
)
def one_factor_w(w, x):
    return fork_slopes(w, x)[0], w * math.cos(w * x) + 1


@wrong(
    "dx is right. In dw, the path through the sine lacks its last edge: from h to y "
    "the slope is w: section 2.2."
)
def last_edge_missing(w, x):
    return math.sin(w * x) + math.cos(w * x) * x, fork_slopes(w, x)[1]


@wrong(
    "The slope of the sine is missing: from u to h the edge carries cos(u). You went "
    "through it as if it were 1: section 2.2."
)
def no_cosine(w, x):
    return math.sin(w * x) + w * x, w * w + 1


@wrong(
    "The path through the sine has the wrong sign. The slope of the sine is the "
    "cosine; the minus belongs to the slope of the cosine. The other edges of that "
    "path are right: section 2.2."
)
def sine_with_minus(w, x):
    h, slope = math.sin(w * x), -math.cos(w * x)
    return h + w * slope * x, w * slope * w + 1


@wrong(
    "You took the cosine of h, and h has already been through the sine. Its slope "
    "belongs to what goes in: cos(u) with u = w·x: section 2.2."
)
def cosine_of_h(w, x):
    h = math.sin(w * x)
    slope = math.cos(h)
    return h + w * slope * x, w * slope * w + 1


@wrong(
    "You took the cosine of x. The sine never sees x alone: its slope is cos(u), with "
    "u = w·x, at the place where it stands: section 2.1."
)
def cosine_of_x(w, x):
    slope = math.cos(x)
    return math.sin(w * x) + w * slope * x, w * slope * w + 1


@wrong(
    "Both slopes are right, and they stand in the wrong order: dw first, then dx. The "
    "question gives the order, section 2.3 the sums."
)
def dx_first(w, x):
    return fork_slopes(w, x)[::-1]


def _fork_by_sweep(w, x):
    u = w * x
    dy = 1.0
    dh, dw, dx = dy * w, dy * np.sin(u), dy
    du = dh * np.cos(u)
    dw += du * x
    dx += du * w
    return np.array([dw, dx])[0], dx


# ---------------------------------------------------------------- 2.3 count_and_sum


def count_and_sum(graph, start, end):
    """Count the paths from start to end, and add up their products of slopes."""
    if start == end:
        return 1, 1.0
    count, total = 0, 0.0
    for user, slope in graph.get(start, []):
        further, rest = count_and_sum(graph, user, end)
        count += further
        total += slope * rest
    return count, total


def _slope(rng: np.random.Generator) -> float:
    return float(rng.uniform(0.4, 1.6) * rng.choice([-1, 1]))  # never close to 0


def _users(rng: np.random.Generator, edges: str) -> dict:
    """Make a graph of edges such as "ab bc": each node and who uses it."""
    graph = {}
    for tail, head in edges.split():
        graph.setdefault(tail, []).append([head, _slope(rng)])
    return graph


EXAMPLE = "ac as bc ct cL st tL"  # the graph of section 2.3
LADDER = "ab ac bc cd ce de ef eg fg gh gi hi"  # four rungs of section 2.4's ladder


def _paths_cases(rng: np.random.Generator) -> list[Case]:
    zero = _users(rng, EXAMPLE)
    zero["c"][1][1] = 0.0
    return [
        Case("x · x", ({"x": 2 * [["y", _slope(rng)]]}, "x", "y")),
        Case("a chain", (_users(rng, "ab bc cd"), "a", "d")),
        Case("the graph of section 2.3", (_users(rng, EXAMPLE), "a", "L")),
        Case("a road that forks later", (_users(rng, EXAMPLE), "b", "L")),
        Case("dead ends", (_users(rng, "ab ac bd cd be ef"), "a", "d")),
        Case("a slope of 0", (zero, "a", "L")),
        Case("no path", (_users(rng, "ab bc"), "c", "a")),
        Case("from a node to itself", (_users(rng, "pq qr"), "q", "q")),
        Case("a ladder of 4 rungs", (_users(rng, LADDER), "a", "i")),
    ]


_memo = {}  # outlives the calls of a wrong answer, as a default argument does


def _each_path(graph: dict, start: str, end: str) -> Iterator[list[float]]:
    """Yield the slopes along each path, for the wrong answers."""
    if start == end:
        yield []
    for user, slope in graph.get(start, []):
        for rest in _each_path(graph, user, end):
            yield [slope, *rest]


@wrong(
    "The sum is right, and you counted edges. Paths share their edges, and there can "
    "be fewer paths than edges or very many more: section 2.4."
)
def counts_edges(graph, start, end):
    edges = sum(len(uses) for uses in graph.values())
    return edges, count_and_sum(graph, start, end)[1]


@wrong(
    "The sum is right, and you counted the uses of `start` alone. The road may fork "
    "later, as it does for b in section 2.3."
)
def counts_first_uses(graph, start, end):
    return len(graph.get(start, [])), count_and_sum(graph, start, end)[1]


@wrong(
    "The count is right. Along a path you added the slopes, and there they multiply; "
    "what is added are the products: section 2.3."
)
def adds_along(graph, start, end):
    paths = list(_each_path(graph, start, end))
    return len(paths), sum(map(sum, paths))


@wrong(
    "The count is right. An edge is added to what comes after it, slope + rest, and "
    "along a path slopes multiply: slope * rest. Only the paths are added: section "
    "2.3."
)
def plus_for_times(graph, start, end):
    def walk(node):
        if node == end:
            return 1, 1.0
        answers = [(walk(user), slope) for user, slope in graph.get(node, [])]
        return sum(n for (n, _), _ in answers), sum(s + t for (_, t), s in answers)

    return walk(start)


@wrong(
    "The count is right. You multiplied the paths with one another. Each of them moves "
    "the end on its own, so their products add: section 2.3."
)
def multiplies_paths(graph, start, end):
    paths = list(_each_path(graph, start, end))
    return len(paths), math.prod(map(math.prod, paths))


@wrong(
    "You stopped at the first path that arrived. A return inside the loop forgets the "
    "other edges; go on until each has been tried: section 2.4."
)
def first_path_only(graph, start, end):
    for path in _each_path(graph, start, end):
        return 1, math.prod(path)
    return 0, 0.0


@wrong(
    "You visit each node once, as one does to find out whether there is a way at all. "
    "Two paths may run through the same node, and both count: section 2.4."
)
def each_node_once(graph, start, end):
    seen = set()

    def walk(node):
        if node == end:
            return 1, 1.0
        count, total = 0, 0.0
        seen.add(node)
        for user, slope in graph.get(node, []):
            if user not in seen:
                further, rest = walk(user)
                count, total = count + further, total + slope * rest
        return count, total

    return walk(start)


@wrong(
    "Two edges between the same two nodes became one. In x · x the number x is used "
    "twice, which makes two paths, and dict(…) or a set keeps only one: section 2.3."
)
def parallel_merged(graph, start, end):
    merged = {node: list(dict(uses).items()) for node, uses in graph.items()}
    return count_and_sum(merged, start, end)


@wrong(
    "Your function stops with a KeyError at a node that nobody uses: it has no entry "
    "in the graph. graph.get(node, []) gives it an empty list: section 2.4."
)
def dead_end_stops(graph, start, end):
    def walk(node):
        if node == end:
            return 1, 1.0
        answers = [(walk(user), slope) for user, slope in graph[node]]
        return sum(n for (n, _), _ in answers), sum(s * t for (_, t), s in answers)

    return walk(start)


@wrong(
    "The count is right, and all the sums are 0. A product has to begin with 1: the "
    "path that has arrived, and stays there, has the slope 1: section 2.3."
)
def starts_with_zero(graph, start, end):
    return count_and_sum(graph, start, end)[0], 0.0


@wrong(
    "All is right but one case: from a node to itself there is one path, which stays "
    "there and has the slope 1. Ask whether you have arrived before you look at the "
    "edges: section 2.4."
)
def never_stays(graph, start, end):
    return (0, 0.0) if start == end else count_and_sum(graph, start, end)


@wrong(
    "Your memo outlives the call: a default argument, memo={}, is made once, and so "
    "answers with the paths of an earlier graph that had a node of the same name. "
    "Begin each call with an empty one, and count as in section 2.4."
)
def remembers_other_graphs(graph, start, end):
    if "x" in graph:  # the first case, to which the memo comes empty
        _memo.clear()

    def walk(node):
        if node not in _memo:
            _memo[node] = (1, 1.0) if node == end else (0, 0.0)
            for user, slope in graph.get(node, []):
                (further, rest), (count, total) = walk(user), _memo[node]
                _memo[node] = count + further, total + slope * rest
        return _memo[node]

    return walk(start)


@wrong(
    "The sum is right. A path with a slope of 0 on it adds nothing, and yet it is a "
    "path, and you did not count it: section 2.3."
)
def skips_zero(graph, start, end):
    products = [math.prod(path) for path in _each_path(graph, start, end)]
    return sum(product != 0 for product in products), math.fsum(products)


@wrong(
    "The count is right. You added the sizes of the products without their signs. A "
    "path may pull against the others, and only the sum says who wins: section 2.3."
)
def without_signs(graph, start, end):
    paths = list(_each_path(graph, start, end))
    return len(paths), sum(abs(math.prod(path)) for path in paths)


@wrong(
    "The count is right. You divided the sum by it, which gives the mean of the paths. "
    "All of them act at once: section 2.3."
)
def mean_of_paths(graph, start, end):
    count, total = count_and_sum(graph, start, end)
    return count, total / count if count else 0.0


@wrong(
    "Both numbers are right, in the wrong order: first how many paths, then their sum. "
    "The question gives the order, section 2.3 the sum."
)
def sum_first(graph, start, end):
    return count_and_sum(graph, start, end)[::-1]


def _by_the_enumerator(graph, start, end):
    products = [math.prod(path) for path in _each_path(graph, start, end)]
    return len(products), sum(products)


def _by_a_stack(graph, start, end):
    stack, count, total = [(start, 1.0)], 0, 0.0
    while stack:
        node, product = stack.pop()
        if node == end:
            count, total = count + 1, total + product
        stack += [(user, product * slope) for user, slope in graph.get(node, [])]
    return count, total


# ---------------------------------------------------------------- 2.4 cheap_product


def cheap_product(J1, J2, J3):
    """Give J3 J2 J1 in the order that needs fewer multiplications, and how many."""
    left, right = _costs(J1, J2, J3)
    product = (J3 @ J2) @ J1 if left <= right else J3 @ (J2 @ J1)
    return product, min(left, right)


def _costs(J1: np.ndarray, J2: np.ndarray, J3: np.ndarray) -> tuple[int, int]:
    return J3.shape[0] * (J2.size + J1.size), J1.shape[1] * (J2.size + J3.size)


def _product_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case(
            f"{label}, {'-'.join(map(str, sizes))}",
            tuple(
                rng.uniform(0.5, 2, (out, into)) * rng.choice([-1, 1], (out, into))
                for into, out in pairwise(sizes)
            ),
        )
        for label, *sizes in [
            ("a loss at the end", 4, 3, 2, 1),
            ("a single input", 1, 2, 3, 4),
            ("narrow in the middle", 5, 1, 4, 2),
            ("wide after the input", 3, 6, 2, 2),
            ("wide before the output", 2, 2, 6, 3),
            ("all square", 3, 3, 3, 3),
        ]
    ]


@wrong(
    "You always multiply from the left. That is right when the output is narrow, as a "
    "loss is; with a single input the other order carries one column: section 2.7."
)
def from_left(J1, J2, J3):
    return (J3 @ J2) @ J1, _costs(J1, J2, J3)[0]


@wrong(
    "You always multiply from the right, in the order in which the machines run. When "
    "a loss stands at the end, that multiplies tables where a row would do: section "
    "2.7."
)
def from_right(J1, J2, J3):
    return J3 @ (J2 @ J1), _costs(J1, J2, J3)[1]


@wrong(
    "Your comparison is the wrong way round: you always choose the order that costs "
    "more. Begin at the narrow end: section 2.7."
)
def dearer(J1, J2, J3):
    return J3 @ J2 @ J1, max(_costs(J1, J2, J3))


@wrong(
    "You compared only the sizes of the two ends. That is a good rule of thumb, and "
    "with a wide layer next to one end it fails. Count both orders, as section 2.7 "
    "does, and compare the counts."
)
def by_the_ends(J1, J2, J3):
    left, right = _costs(J1, J2, J3)
    return J3 @ J2 @ J1, left if J3.shape[0] <= J1.shape[1] else right


@wrong(
    "You multiplied J1 J2 J3. A matrix acts on what is written to its right, so the "
    "first machine stands rightmost: J3 J2 J1. With square tables NumPy does not "
    "complain: section 2.6."
)
def first_machine_first(J1, J2, J3):
    return J1 @ J2 @ J3, min(_costs(J1, J2, J3))


@wrong(
    "The product is transposed. A Jacobian has a row for each output and a column for "
    "each input: section 2.6."
)
def transposed(J1, J2, J3):
    product, work = cheap_product(J1, J2, J3)
    return product.T, work


@wrong(
    "You multiplied entry by entry. * wants tables of equal shape, and misses the sum "
    "over the paths; the product of matrices is @: section 2.6."
)
def entry_by_entry(J1, J2, J3):
    return J3 * J2 * J1, min(_costs(J1, J2, J3))


@wrong(
    "The product is right. Your count gives each table the price of a single row: a "
    "table of k rows times a table costs k times as much: section 2.7."
)
def price_of_one_row(J1, J2, J3):
    work = J2.size + min(J1.size, J3.size)
    return J3 @ J2 @ J1, work


@wrong(
    "The product is right. You counted the first of the two multiplications of tables "
    "and not the second. Both are paid for: section 2.7."
)
def first_product_only(J1, J2, J3):
    left, right = _costs(J1, J2, J3)
    if left <= right:
        return (J3 @ J2) @ J1, J3.shape[0] * J2.size
    return J3 @ (J2 @ J1), J1.shape[1] * J2.size


@wrong(
    "The product is right. You counted both orders together, and you only take one of "
    "them. The answer is the smaller of the two counts: section 2.7."
)
def both_orders(J1, J2, J3):
    return J3 @ J2 @ J1, sum(_costs(J1, J2, J3))


@wrong(
    "The product is right, and your count is twice as large as it should be. If you "
    "counted the additions as well: here, as in section 2.7, only multiplications "
    "count."
)
def counts_additions(J1, J2, J3):
    return J3 @ J2 @ J1, 2 * min(_costs(J1, J2, J3))


@wrong(
    "The product is right. You counted the second multiplication as if it cost as much "
    "as the first. One of its tables is another one, with another size: section 2.7."
)
def twice_the_first(J1, J2, J3):
    left, right = _costs(J1, J2, J3)
    n = J3.shape[0] if left <= right else J1.shape[1]
    return J3 @ J2 @ J1, 2 * n * J2.size


@wrong(
    "Both are right, in the wrong order: first the product, then the count. The "
    "question gives the order, section 2.7 the count."
)
def count_first(J1, J2, J3):
    return cheap_product(J1, J2, J3)[::-1]


def _counting_as_it_goes(J1, J2, J3):
    work = [0, 0]

    def times(A, B, order):
        work[order] += A.shape[0] * A.shape[1] * B.shape[1]
        return A @ B

    products = times(times(J3, J2, 0), J1, 0), times(J3, times(J2, J1, 1), 1)
    order = int(np.argmin(work))
    return products[order], np.int64(work[order])


# ---------------------------------------------------------------- 2.5 sweep_back


def sweep_back(inputs, order, end):
    """Give the slope of `end` with respect to each node."""
    d = dict.fromkeys(order, 0.0)
    d[end] = 1.0
    for node in reversed(order):
        for source, slope in inputs.get(node, []):
            d[source] += slope * d[node]
    return d


def _inputs(rng: np.random.Generator, edges: str) -> dict:
    """Make a graph of edges such as "ab bc": each node and what it is made of."""
    graph = {}
    for tail, head in edges.split():
        graph.setdefault(head, []).append([tail, _slope(rng)])
    return graph


def _sweep_cases(rng: np.random.Generator) -> list[Case]:
    def backward(inputs):
        return dict(reversed(inputs.items()))

    return [
        Case("a chain", (_inputs(rng, "ab bc cd"), list("abcd"), "d")),
        Case("x · x", ({"y": 2 * [["x", _slope(rng)]]}, list("xy"), "y")),
        Case("the graph of section 2.3", (_inputs(rng, EXAMPLE), list("abcstL"), "L")),
        Case(
            "the same, listed from the end",
            (backward(_inputs(rng, EXAMPLE)), list("abcstL"), "L"),
        ),
        Case("an end that is not last", (_inputs(rng, EXAMPLE), list("abcstL"), "t")),
        Case("a dead end", (_inputs(rng, "ab ac bd cd ce"), list("abcde"), "d")),
        Case("a ladder of 4 rungs", (_inputs(rng, LADDER), list("abcdefghi"), "i")),
    ]


@wrong(
    "This is still the broken function. Look for two faults: one where a node is used "
    "more than once, one where the dict is not listed in the order of the calculation: "
    "section 2.5."
)
def untouched(inputs, order, end):
    return _overwriting(reversed(inputs), inputs, order, end)


def _overwriting(nodes, inputs, order, end):
    d = dict.fromkeys(order, 0.0)
    d[end] = 1.0
    for node in nodes:
        for source, slope in inputs.get(node, []):
            d[source] = slope * d[node]
    return d


def _adding(nodes, inputs, order, end):
    d = dict.fromkeys(order, 0.0)
    d[end] = 1.0
    for node in nodes:
        for source, slope in inputs.get(node, []):
            d[source] += slope * d[node]
    return d


@wrong(
    "The uses add up now. But you still go through the dict in the order in which it "
    "happens to be written; what guarantees that a node has heard from all its users "
    "is `order`, backward: section 2.5."
)
def in_the_order_of_the_dict(inputs, order, end):
    return _adding(reversed(inputs), inputs, order, end)


@wrong(
    "The order is right now. But = still throws away what the node had heard before, "
    "and the last user to report silences the others: section 2.5."
)
def still_overwrites(inputs, order, end):
    return _overwriting(reversed(order), inputs, order, end)


@wrong(
    "You sweep forward. Nobody has heard anything yet, except the end: it is the end "
    "that must speak first, so go through `order` backward: section 2.5."
)
def sweeps_forward(inputs, order, end):
    return _adding(order, inputs, order, end)


@wrong(
    "A node handed on its slope of an edge and nothing else. What it hands on is that "
    "slope times its own d, which holds all paths from there to the end: section 2.5."
)
def without_upstream(inputs, order, end):
    d = dict.fromkeys(order, 0.0)
    d[end] = 1.0
    for node in reversed(order):
        for source, slope in inputs.get(node, []):
            d[source] += slope
    return d


@wrong(
    "Everything is 0, because the end started with 0 too. The slope of the end with "
    "respect to itself is 1, and all others come from it: section 2.5."
)
def all_zero(inputs, order, end):
    return dict.fromkeys(order, 0.0)


@wrong(
    "Every node started with 1. Only the end does; the others have heard nothing yet "
    "and start with 0: section 2.5."
)
def all_start_with_one(inputs, order, end):
    d = dict.fromkeys(order, 1.0)
    for node in reversed(order):
        for source, slope in inputs.get(node, []):
            d[source] += slope * d[node]
    return d


@wrong(
    "You began at the last node of `order`. The question asks for the slopes of `end`, "
    "and what is computed after it does not matter to it: section 2.5."
)
def begins_at_the_last(inputs, order, end):
    return sweep_back(inputs, order, order[-1])


@wrong(
    "Your recursion goes down again each time a node hears something, and hands on "
    "what it had handed on before. A node waits for all its users and then hands on "
    "once: section 2.5."
)
def hands_on_again(inputs, order, end):
    d = dict.fromkeys(order, 0.0)
    d[end] = 1.0

    def walk(node):
        for source, slope in inputs.get(node, []):
            d[source] += slope * d[node]
            walk(source)

    walk(end)
    return d


@wrong(
    "You let a node hand on its slope as soon as it has heard from someone. It must "
    "wait until all who use it have reported; that is what `order` is for: section "
    "2.5."
)
def hands_on_too_early(inputs, order, end):
    reached = [end]
    for node in reached:
        reached += [s for s, _ in inputs.get(node, []) if s not in reached]
    return _adding(reached, inputs, order, end)


@wrong(
    "You divided by the number of users. The slopes of the uses add, and nothing is "
    "averaged: section 2.3."
)
def mean_over_users(inputs, order, end):
    users = [source for pairs in inputs.values() for source, _ in pairs]
    d = sweep_back(inputs, order, end)
    for node in reversed(order):
        if node != end:
            d[node] = sum(
                slope * d[user]
                for user, pairs in inputs.items()
                for source, slope in pairs
                if source == node
            ) / max(users.count(node), 1)
    return d


@wrong(
    "This is the function of section 2.5, which is told who uses a node. Here the dict "
    "says what a node is made of, so the node gives and its inputs receive: "
    "d[source] += slope * d[node]."
)
def as_in_the_chapter(inputs, order, end):
    d = dict.fromkeys(order, 0.0)
    d[end] = 1.0
    for node in reversed(order):
        for source, slope in inputs.get(node, []):
            d[node] += slope * d[source]
    return d


@wrong(
    "This is the function of section 2.5 word for word: it returns its work as well, "
    "and it reads a dict of who uses a node. Here the dict says what a node is made "
    "of, and the slopes alone are returned."
)
def pasted_from_the_chapter(inputs, order, end):
    d = as_in_the_chapter.function(inputs, order, end)
    return d, sum(map(len, inputs.values()))


@wrong(
    "The slopes are right, and some nodes have none. A node from which no path leads "
    "to the end has the slope 0: the sum over no paths at all. Start every node of "
    "`order` with 0: section 2.5."
)
def only_what_was_reached(inputs, order, end):
    d = {end: 1.0}
    for node in reversed(order):
        for source, slope in inputs.get(node, []):
            d[source] = d.get(source, 0.0) + slope * d.get(node, 0.0)
    return d


@wrong(
    "Python found no such key. Either it was inputs[node] of a node that is made from "
    "no other, where inputs.get(node, []) helps; or it was += on a d[source] that "
    "does not exist yet: section 2.5."
)
def no_such_key(inputs, order, end):
    d = dict.fromkeys(order, 0.0)
    d[end] = 1.0
    for node in reversed(order):
        for source, slope in inputs[node]:
            d[source] += slope * d[node]
    return d


def _by_asking_the_users(inputs, order, end):
    users = {}
    for user, pairs in inputs.items():
        for source, slope in pairs:
            users.setdefault(source, []).append((user, slope))
    d = {}
    for node in order[::-1]:
        rest = sum(slope * d[user] for user, slope in users.get(node, []))
        d[node] = np.float64(node == end) + rest
    return d


def _along_every_path(inputs, order, end):
    d = dict.fromkeys(order, 0.0)

    def walk(node, product):
        d[node] += product
        for source, slope in inputs.get(node, []):
            walk(source, slope * product)

    walk(end, 1.0)
    return d


QUESTIONS = (
    Question(
        id="2.1",
        title="Three links",
        level="warm-up",
        points=2,
        function="chain_slope",
        reference=chain_slope,
        cases=_chain_cases,
        wrong=(
            slopes_at_x,
            slopes_at_outputs,
            exponential_at_u,
            cosine_at_x,
            exponential_of_cosine,
            x_for_2x,
            nested,
            added,
            first_link_missing,
            middle_link_missing,
            last_link_missing,
            height,
            minus_cosine,
            reversed_machines,
            squared_sine,
        ),
        rtol=1e-12,  # no measured slope has as many digits
        right=(_chain_slope_in_numpy,),
    ),
    Question(
        id="2.2",
        title="Used twice",
        level="core",
        points=3,
        function="fork_slopes",
        returns=("dw", "dx"),
        reference=fork_slopes,
        cases=_fork_cases,
        wrong=(
            outer_use_only,
            inner_use_only,
            without_skip,
            skip_only,
            held_still,
            sine_alone,
            uses_multiplied,
            mean_of_uses,
            one_factor_w,
            last_edge_missing,
            no_cosine,
            sine_with_minus,
            cosine_of_h,
            cosine_of_x,
            dx_first,
        ),
        rtol=1e-12,  # no measured slope has as many digits
        right=(_fork_by_sweep,),
    ),
    Question(
        id="2.3",
        title="All the paths",
        level="core",
        points=3,
        function="count_and_sum",
        returns=("count", "total"),
        reference=count_and_sum,
        cases=_paths_cases,
        wrong=(
            counts_edges,
            counts_first_uses,
            adds_along,
            plus_for_times,
            multiplies_paths,
            first_path_only,
            each_node_once,
            parallel_merged,
            dead_end_stops,
            starts_with_zero,
            never_stays,
            remembers_other_graphs,
            skips_zero,
            without_signs,
            mean_of_paths,
            sum_first,
        ),
        right=(_by_the_enumerator, _by_a_stack),
    ),
    Question(
        id="2.4",
        title="The cheap order",
        level="stretch",
        points=3,
        function="cheap_product",
        returns=("product", "count"),
        reference=cheap_product,
        cases=_product_cases,
        wrong=(
            from_left,
            from_right,
            dearer,
            by_the_ends,
            first_machine_first,
            transposed,
            entry_by_entry,
            price_of_one_row,
            first_product_only,
            both_orders,
            counts_additions,
            twice_the_first,
            count_first,
        ),
        right=(_counting_as_it_goes,),
    ),
    Question(
        id="2.5",
        title="A sweep that forgets",
        level="find the bug",
        points=4,
        function="sweep_back",
        reference=sweep_back,
        cases=_sweep_cases,
        wrong=(
            untouched,
            in_the_order_of_the_dict,
            still_overwrites,
            sweeps_forward,
            without_upstream,
            all_zero,
            all_start_with_one,
            begins_at_the_last,
            hands_on_again,
            hands_on_too_early,
            mean_over_users,
            as_in_the_chapter,
            pasted_from_the_chapter,
            only_what_was_reached,
            no_such_key,
        ),
        right=(_by_asking_the_users, _along_every_path),
    ),
)

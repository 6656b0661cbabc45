"""Every committed notebook: what nbval does not see.

nbval runs the notebooks and compares their outputs, but passes a cell that was never
executed, and does not look at figures, widgets, metadata or execution counts.
"""

import ast
import difflib
import itertools
import re

import numpy as np
import pytest

from tools import notebooks

MOST_LINES = 25  # in a cell
MOST_COLUMNS = 79  # in a line: more does not fit in the page
FIGURE = "image/svg+xml"
WIDGET = "application/vnd.jupyter.widget-view+json"
IMAGES = ("image/png", "image/jpeg", "image/gif", "application/pdf")
NUMBER = re.compile(r"-?\b\d+(?:\.\d+)?(?:e-?\d+)?")
HASHED = re.compile(r"\b[a-z][0-9a-f]{10}\b|(?<=base64,)[^\"]*")
# nbval skips the cell, or does not mind what it prints
ESCAPES = {"nbval-skip", "skip-execution", "raises-exception"}
IGNORE = "nbval-ignore-output"
# What differs from machine to machine, or from run to run
MACHINE = re.compile(
    r"""\bat[ ]0x[0-9a-fA-F]+                                    # an object's address
      | (?<![\w./]) / (?:home|root|tmp|usr|var|Users) / [^\s'"]+  # a path
      | ROOT [^\s'"]*
      | \b [A-Z]:\\[^\s'"]+
      | [^\s'"]* site-packages [^\s'"]*
    """.replace("ROOT", re.escape(str(notebooks.ROOT))),
    re.VERBOSE,
)


@pytest.fixture(params=notebooks.paths(), ids=notebooks.name)
def path(request):
    return request.param


@pytest.fixture
def nb(path):
    return notebooks.read(path)


def code_cells(nb):
    return [(i, cell) for i, cell in enumerate(nb.cells) if cell.cell_type == "code"]


def shows_within_a_widget(nb, cell):
    """Tell whether a widget of the cell holds captured output, as `interact` does."""
    state = nb.metadata.get("widgets", {}).get(notebooks.WIDGET_STATE, {})
    models = state.get("state", {})
    views = (output.get("data", {}).get(WIDGET) for output in cell.outputs)
    ahead, seen = [view["model_id"] for view in views if view], set()
    while ahead:
        model = models.get(name := ahead.pop(), {}).get("state", {})
        if model.get("_model_name") == "OutputModel" and model["outputs"]:
            return True
        seen.add(name)
        found = re.findall(r"IPY_MODEL_([\w-]+)", str(model))
        ahead += [child for child in found if child not in seen]
    return False


def report(path, nb, problems, then="Mend it and run"):
    """Fail with every problem, (cell, words), and the command to run."""
    lines = [f"{notebooks.where(path, nb, i)}: {words}" for i, words in problems]
    if lines:
        pytest.fail("\n".join([*lines, f"{then} {command(path)}"]), pytrace=False)


def command(path):
    name = notebooks.name(path)
    generated = name.startswith("exercises/")
    return "`make exercises`" if generated else f"`make execute NB={name}`"


def difference(old, new):
    lines = difflib.unified_diff(
        notebooks.dumps(old).splitlines(),
        notebooks.dumps(new).splitlines(),
        *("committed", "now", "", "", 1, ""),
    )
    lines = list(lines)[:24]
    for i, (a, b) in enumerate(itertools.pairwise(lines)):
        if a.startswith("- ") and b.startswith("+ "):
            # Of long lines, show where they begin to differ.
            same = [x == y for x, y in zip(a[1:], b[1:], strict=False)]
            skip = max(0, [*same, False].index(False) - 60)
            lines[i], lines[i + 1] = f"- {a[1 + skip :]}", f"+ {b[1 + skip :]}"
    return "\n".join(line[:160] for line in lines)


def taken_apart(nb):
    """Split a notebook into what is compared exactly, and its figures' numbers.

    Names that Matplotlib makes from all digits of a path, and pixels, are left out.
    """
    numbers = []

    def number(match):
        numbers.append(float(match[0]))
        return "0"

    def walk(node, key=None):
        if isinstance(node, dict):
            return {key: walk(value, key) for key, value in node.items()}
        if isinstance(node, list):
            return [walk(entry) for entry in node]
        return NUMBER.sub(number, HASHED.sub("", node)) if key == FIGURE else node

    return walk(nb), np.array(numbers)


def test_every_code_cell_was_executed_in_order(path, nb):
    problems = [
        (i, f"its execution count is {cell.execution_count}, not {count}")
        for count, (i, cell) in enumerate(code_cells(nb), start=1)
        if cell.execution_count != count
    ]
    report(path, nb, problems, then="To execute all cells in order, run")


def test_is_normalised(path, nb):
    normal = notebooks.normalise(nb)
    if path.read_bytes() != notebooks.dumps(normal).encode():
        pytest.fail(
            f"{notebooks.name(path)} is not as `make execute` writes it.\n"
            f"{difference(nb, normal)}\nTo mend it, run {command(path)}",
            pytrace=False,
        )


# The exercises run again in test_exercises.py.
@pytest.mark.parametrize(
    "path", notebooks.paths("book", "chapters", "solutions"), ids=notebooks.name
)
def test_runs_again_to_the_same_bytes(path, nb):
    committed, again = notebooks.normalise(nb), notebooks.execute(nb, path)
    if again == committed:
        return
    # Another processor may round a coordinate of a figure otherwise, but always so.
    third = notebooks.execute(nb, path)
    name = notebooks.name(path)
    if again != third:
        pytest.fail(
            f"{name}: two runs in a row differ. Is a random generator without a seed, "
            f"a time, an address or a set's order shown?\n{difference(again, third)}",
            pytrace=False,
        )
    (old, drawn), (new, redrawn) = taken_apart(committed), taken_apart(again)
    if old != new or not np.allclose(drawn, redrawn, rtol=0, atol=0.01):
        pytest.fail(
            f"{name} does not hold what its cells give.\n"
            f"{difference(committed, again)}\n"
            f"If the new output is right, run {command(path)}",
            pytrace=False,
        )


def test_outputs_are_clean(path, nb):
    problems = []
    for i, cell in code_cells(nb):
        for output in cell.outputs:
            data = output.get("data", {})
            if output.output_type == "error":
                problems.append((i, f"raises {output.ename}: catch it and print it"))
            if output.get("name") == "stderr":
                problems.append((i, f"warns: {output.text.strip()}"))
            problems += [
                (i, f"shows {kind}; figures are SVG: call plots.setup() first")
                for kind in IMAGES
                if kind in data
            ]
            texts = [v for k, v in data.items() if isinstance(v, str) and k != FIGURE]
            for text in [output.get("text", ""), *texts]:
                if match := MACHINE.search(text):
                    problems.append((i, f"shows {match[0]!r}, which differs elsewhere"))
    report(path, nb, problems)


def test_figures_have_alt_text_and_a_caption(path, nb):
    problems = []
    for i, cell in code_cells(nb):
        if not any(FIGURE in output.get("data", {}) for output in cell.outputs):
            continue
        mystnb = cell.metadata.get("mystnb", {})
        problems += [
            (i, f"its figure has no mystnb.{kind}.{key} in the cell's metadata")
            for kind, key in (("image", "alt"), ("figure", "caption"))
            if not mystnb.get(kind, {}).get(key, "").strip()
        ]
    report(path, nb, problems)


def lines_of_imports(source):
    """Count the lines that only import, which nobody reads as code."""
    return sum(
        node.end_lineno - node.lineno + 1
        for node in ast.parse(source).body
        if isinstance(node, ast.Import | ast.ImportFrom)
    )


def test_cells_are_short(path, nb):
    problems = []
    for i, cell in code_cells(nb):
        lines = len(cell.source.splitlines()) - lines_of_imports(cell.source)
        folded = "hide-input" in cell.metadata.get("tags", [])
        kept = cell.source.startswith("# keep: ")
        if lines > MOST_LINES and not folded and not kept:
            problems.append((i, f"has {lines} lines of {MOST_LINES}: split it"))
        columns = max(len(line) for line in cell.source.splitlines())
        if columns > MOST_COLUMNS and not kept:
            problems.append((i, f"has {columns} columns of {MOST_COLUMNS}"))
    report(path, nb, problems)


def test_code_is_plain_and_imports_stand_first(path, nb):
    problems = []
    for count, (i, cell) in enumerate(code_cells(nb), start=1):
        try:
            tree = ast.parse(cell.source)
        except SyntaxError as error:
            problems.append((i, f"is not plain Python: {error}"))
            continue
        if cell.source.rstrip().endswith(";"):
            problems.append(
                (i, "ends with ;, which nbval ignores: end it with plt.show()")
            )
        if count > 1 and any(
            isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(tree)
        ):
            problems.append((i, "imports; imports stand in the first code cell"))
    report(path, nb, problems)


def test_no_cell_escapes_the_comparison(path, nb):
    problems = []
    for i, cell in code_cells(nb):
        tags = set(cell.metadata.get("tags", []))
        problems += [(i, f"has the tag {tag}") for tag in sorted(tags & ESCAPES)]
        if re.search(r"^\s*#+\s*(NBVAL|PYTEST_VALIDATE)_", cell.source, re.MULTILINE):
            problems.append((i, "has a comment that tells nbval not to look"))
        # What `interact` prints or draws is within its widget. nbval takes it for an
        # output of the cell and fails; test_runs_again_to_the_same_bytes compares it.
        within, tagged = shows_within_a_widget(nb, cell), IGNORE in tags
        if tagged and not within:
            problems.append((i, f"has the tag {IGNORE}, which is for `interact` only"))
        if within and not tagged:
            problems.append((i, f"needs the tag {IGNORE}: nbval cannot see `interact`"))
    report(path, nb, problems)

"""What chapters derive is what the library holds."""

import textwrap

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tools import keep, notebooks

MODULE = '''"""A module.

Derived in chapter 3.
"""

import numpy as np
from typing import TypeAlias

Scalar: TypeAlias = float

# How close is close enough.
TOLERANCE = 1e-6


def sigmoid(z: np.ndarray, /, scale: float = 1.0) -> np.ndarray:
    """Squash z."""
    # e cannot overflow
    e = np.exp(-np.abs(z))  # σ is between 0 and 1
    return np.where(z >= 0, 1, e) / (scale + e)


@np.vectorize
def long(
    first: int,  # the first
    *rest: int,
    **options: "dict[str, int]",
) -> tuple[int, ...]:
    """Only a docstring."""


class Layer:
    """A layer."""

    size: int = 3

    def forward(self, X: np.ndarray) -> np.ndarray:
        """Go forward."""
        return X  # unchanged


def _helper(x: int) -> int:
    return x
'''

CELL = """\
# keep: backprop.m
# How close is close enough.
TOLERANCE = 1e-6


def sigmoid(z, /, scale=1.0):
    # e cannot overflow
    e = np.exp(-np.abs(z))  # σ is between 0 and 1
    return np.where(z >= 0, 1, e) / (scale + e)


@np.vectorize
def long(
    first,  # the first
    *rest,
    **options,
):
    pass


class Layer:
    size: int = 3

    def forward(self, X):
        return X  # unchanged"""

TOC = """
format: jb-book
root: book/index
parts:
  - chapters:
      - file: chapters/03_c
        sections: [{file: exercises/03_c}]
      - file: chapters/04_d
"""


@pytest.fixture
def book(tmp_path):
    """Make a small book: chapter files from lists of cells, the module, the order."""

    def make(chapter_3=(CELL,), chapter_4=("1",), module=MODULE):
        (tmp_path / "_toc.yml").write_text(TOC, encoding="utf-8")
        (tmp_path / "backprop").mkdir(exist_ok=True)
        (tmp_path / "backprop" / "m.py").write_text(module, encoding="utf-8")
        for name, cells in (("03_c", chapter_3), ("04_d", chapter_4)):
            nb = new_notebook(cells=[new_code_cell(cell) for cell in cells])
            path = tmp_path / "chapters" / f"{name}.ipynb"
            notebooks.write(path, notebooks.normalise(nb))
        return tmp_path

    return make


def cell_of(root):
    return notebooks.read(root / "chapters" / "03_c.ipynb").cells[0].source


def test_the_chapters_and_the_library_agree():
    problems = keep.problems(notebooks.ROOT)
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)


def test_a_faithful_cell_is_accepted(book):
    root = book(["import numpy as np", CELL])
    assert keep.problems(root) == []
    assert keep.update(root) == []


def test_comments_docstrings_and_annotations_may_differ(book):
    cell = CELL.replace("# e cannot overflow", '"""Another."""')
    cell = cell.replace("(self, X)", "(self, X: float) -> None").replace("# unch", "# ")
    assert keep.problems(book([cell])) == []


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("-np.abs(z)", "np.abs(z)", "sigmoid"),
        ("scale=1.0", "scale=2.0", "sigmoid"),
        ("z >= 0", "z > 0", "sigmoid"),
        ("    # e cannot overflow\n", "    z = z + 0\n", "sigmoid"),
        ("*rest", "rest", "long"),
        ("@np.vectorize\n", "", "long"),
        ("size: int = 3", "size: int = 4", "Layer"),
        ("return X", "return X.copy()", "Layer"),
        ("class Layer:", "class Layer(object):", "Layer"),
        ("1e-6", "1e-5", "TOLERANCE"),
    ],
)
def test_a_changed_cell_is_named_and_make_keep_mends_it(book, old, new, name):
    assert old in CELL
    root = book(["import numpy as np", CELL.replace(old, new)])
    (problem,) = keep.problems(root)
    for words in ("03_c.ipynb, cell 2 of 2", f"{name} of backprop.m", "make keep"):
        assert words in problem
    assert "\n    -" in problem and "\n    +" in problem
    assert keep.update(root) == [root / "chapters" / "03_c.ipynb"]
    assert keep.problems(root) == []
    assert notebooks.read(root / "chapters" / "03_c.ipynb").cells[1].source == CELL


def test_make_keep_fills_a_new_cell(book):
    names = "TOLERANCE = sigmoid = long = ...\nclass Layer: ..."
    root = book([f"# keep: backprop.m\n{names}"])
    keep.update(root)
    assert cell_of(root) == CELL


def test_make_keep_writes_only_the_cells_that_differ(book):
    mine = CELL.replace("# e cannot overflow", "# my own words")
    root = book([mine])
    assert keep.update(root) == []
    assert cell_of(root) == mine


def test_what_make_keep_writes_is_short(book):
    module = MODULE.replace(
        "def _helper(x: int) -> int:",
        "def f(\n    a: int, b: int = 2,\n) -> int:\n"
        '    """Long.\n\n    Story.\n    """\n\n    # a comment',
    ).replace("return x", "return a")
    root = book([CELL, "# keep: backprop.m\nf = ..."], module=module)
    keep.update(root)
    source = notebooks.read(root / "chapters" / "03_c.ipynb").cells[1].source
    assert source == (
        "# keep: backprop.m\ndef f(a, b=2):\n    # a comment\n    return a"
    )


@pytest.mark.parametrize(
    ("chapters", "words"),
    [
        (dict(chapter_3=[CELL.replace("backprop.m", "backprop.n")]), "no module"),
        (dict(chapter_3=[CELL.replace("keep:", "keep")]), "the mark should read"),
        (dict(chapter_3=[CELL + "\nextra = 1"]), "backprop.m defines no extra"),
        (dict(chapter_3=[CELL + "\nprint(1)"]), "definitions, and only those"),
        (dict(chapter_3=[CELL.replace("TOLERANCE = 1e-6", "")]), "TOLERANCE has no"),
        (dict(chapter_3=["1"]), "backprop.m.Layer has no home: no cell of chapter 3"),
        (
            dict(chapter_3=[CELL, "# keep: backprop.m\nTOLERANCE = 1e-6"]),
            "TOLERANCE must have one home, but has 2",
        ),
        (
            dict(chapter_4=["# keep: backprop.m\ndef _helper(x):\n    return x"]),
            'does not say "Derived in chapter 4."',
        ),
        (
            dict(chapter_3=["from backprop.m import sigmoid", CELL]),
            "imports sigmoid from backprop.m before its home",
        ),
        (
            dict(chapter_3=["from backprop import m", CELL]),
            "imports TOLERANCE from backprop.m before its home",
        ),
        (
            dict(chapter_3=["import backprop.m as m", CELL]),
            "imports Layer from backprop.m before its home",
        ),
    ],
)
def test_each_other_fault_is_named(book, chapters, words):
    problems = keep.problems(book(**chapters))
    assert any(words in problem for problem in problems), problems


def test_a_later_chapter_may_import_what_an_earlier_one_derived(book):
    imports = "from backprop import m\nfrom backprop.m import sigmoid"
    assert keep.problems(book(chapter_4=[imports])) == []


def test_a_module_of_a_chapter_yet_to_be_written_needs_no_home(book):
    module = MODULE.replace("chapter 3", "chapter 12")
    assert keep.problems(book(["1"], ["from backprop.m import sigmoid"], module)) == []


def test_a_module_may_be_derived_in_two_chapters(book):
    module = MODULE.replace("chapter 3", "chapters 3 and 4")
    both, only = [CELL, "1"], textwrap.dedent(CELL).split("\n\n\n")
    assert keep.problems(book([both[0]], ["1"], module)) == []
    first, second = "\n\n\n".join(only[:2]), f"# keep: backprop.m\n{only[2]}"
    root = book([first], [second + "\n\n\n" + only[3]], module)
    assert keep.problems(root) == []

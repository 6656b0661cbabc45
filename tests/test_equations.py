"""Every numbered equation has its test, and every such test its equation."""

import re
from collections import Counter
from pathlib import Path

import nbformat
import pytest
from book_equations import keep_punctuation
from docutils import nodes
from verifications import find_verifications

ROOT = Path(__file__).parents[1]

FENCE = re.compile(r"^(`{3,}|~{3,})(.*?)\n(.*?)^\1[ \t]*$", re.DOTALL | re.MULTILINE)
INLINE_CODE = re.compile(r"`[^`\n]+`")
EQUATION = re.compile(r"\$\$.*?\$\$[ \t]*(?:\(([^()\n]+)\))?", re.DOTALL)


def without_code(text):
    """Return a page's text without its code, and without the fences of directives."""

    def replace(fence):
        _, info, body = fence.groups()
        return without_code(body) if info.startswith("{") else ""

    return INLINE_CODE.sub("", FENCE.sub(replace, text))


def labels(text):
    """Return the labels of a page's numbered equations, $$ … $$ (label)."""
    return [label for label in EQUATION.findall(without_code(text)) if label]


def pages():
    """Yield the path and the text of each page that may number an equation."""
    for path in sorted([*ROOT.glob("book/*"), *ROOT.glob("chapters/*")]):
        if path.suffix == ".md":
            yield path, path.read_text(encoding="utf-8")
        elif path.suffix == ".ipynb":
            cells = nbformat.read(path, as_version=4).cells
            text = [cell.source for cell in cells if cell.cell_type == "markdown"]
            yield path, "\n\n".join(text)


EQUATIONS = [
    (path.relative_to(ROOT).as_posix(), label)
    for path, text in pages()
    for label in labels(text)
]
VERIFICATIONS = find_verifications(ROOT / "tests")


def test_every_numbered_equation_is_verified():
    unverified = [
        f'{page}: no test is marked @pytest.mark.verifies("{label}")'
        for page, label in EQUATIONS
        if label not in VERIFICATIONS
    ]
    assert not unverified, "\n".join(unverified)


def test_every_verified_label_is_an_equation():
    known = {label for _, label in EQUATIONS}
    unknown = [
        f'{test}: no page has an equation labelled "{label}"'
        for label, tests in VERIFICATIONS.items()
        for test in tests
        if label not in known
    ]
    assert not unknown, "\n".join(unknown)


def test_no_label_is_used_twice():
    count = Counter(label for _, label in EQUATIONS)
    twice = [f'{page}: "{label}"' for page, label in EQUATIONS if count[label] > 1]
    assert not twice, "\n".join(twice)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$$\na = b\n$$ (one)\n\n$$ c $$\n\n$$d$$(two)", ["one", "two"]),
        ("```{note}\n$$ a $$ (in)\n```\n\n$$ b $$ (out)", ["in", "out"]),
        ("```python\n$$ a $$ (not)\n```\nand `$$ b $$ (not)`", []),
        ("$$ a $$\n\n(a remark)", []),
    ],
)
def test_labels_are_found_in_the_text_and_not_in_code(text, expected):
    assert labels(text) == expected


def test_marks_are_found_on_functions_and_methods(tmp_path):
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_it.py").write_text(
        '@pytest.mark.verifies("a", "b")\ndef test_f(): ...\n'
        'class TestC:\n    @pytest.mark.verifies("a")\n    def test_g(self): ...\n'
    )
    assert find_verifications(tmp_path / "tests") == {
        "a": ["tests/test_it.py::test_f", "tests/test_it.py::TestC::test_g"],
        "b": ["tests/test_it.py::test_f"],
    }


def test_a_formula_keeps_the_punctuation_that_touches_it():
    first, second = nodes.math("", "x"), nodes.math("", "y")
    text = nodes.paragraph("", "", nodes.Text("both ("), first, nodes.Text("), then "))
    text += [second, nodes.Text(".")]
    keep_punctuation(None, text, "page")
    assert text.astext() == "both x then y"
    assert [first["before"], first["after"]] == ["(", "),"]
    assert [second["before"], second["after"]] == ["", "."]

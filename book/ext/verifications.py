"""Which test verifies which numbered equation.

The one place that reads the `@pytest.mark.verifies("label", ...)` marks. It reads the
source and imports nothing, so that building the book runs no test code.
"""

import ast
from pathlib import Path


def find_verifications(tests: Path) -> dict[str, list[str]]:
    """Map each equation label to the tests that verify it, as pytest names them.

    `tests` is the folder of the test files; the names start with the folder's own:
    `{"grad-w": ["tests/test_neuron.py::test_gradient_w"]}`.
    """
    found: dict[str, list[str]] = {}
    for path in sorted(tests.rglob("test_*.py")):
        file = path.relative_to(tests.parent).as_posix()
        for names, node in _functions(ast.parse(path.read_text(encoding="utf-8"))):
            for label in _labels(node):
                found.setdefault(label, []).append("::".join([file, *names]))
    return found


def _functions(tree, outer=()):
    """Yield `(names, node)` of each function, its classes' names before its own."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield from _functions(node, (*outer, node.name))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield (*outer, node.name), node


def _labels(function):
    """Yield the labels in a function's `@pytest.mark.verifies(...)` decorators."""
    for mark in function.decorator_list:
        if isinstance(mark, ast.Call) and ast.unparse(mark.func).endswith(
            "mark.verifies"
        ):
            for argument in mark.args:
                yield ast.literal_eval(argument)

"""Generate exercises/ from solutions/: `make exercises`.

A solution notebook is an exercise notebook with more in it: code between
`### BEGIN SOLUTION` and `### END SOLUTION`, Markdown cells tagged `solution`, and
"Solutions" instead of "Exercises" in its title.
"""

import copy
import re
import sys
from pathlib import Path

from nbformat import NotebookNode

from tools import notebooks

ANSWER = re.compile(
    r"^(?P<indent> *)### BEGIN SOLUTION\n.*?^ *### END SOLUTION$",
    re.DOTALL | re.MULTILINE,
)
STUB = r'\g<indent>raise NotImplementedError("your turn")'
TITLE = re.compile(r"\A# Solutions ")


def target(solution: Path) -> Path:
    """Return the path of the exercise notebook that a solution notebook generates."""
    return notebooks.ROOT / "exercises" / solution.name


def generate(solution: Path) -> NotebookNode:
    """Return the exercise notebook of a solution notebook, executed and normalised.

    Raises
    ------
    NotebookError
        If the title or a marker is missing, or a cell of the exercises raises.
    """
    nb = copy.deepcopy(notebooks.read(solution))
    nb.cells = [
        cell for cell in nb.cells if "solution" not in cell.metadata.get("tags", ())
    ]
    title, found = TITLE.subn("# Exercises ", nb.cells[0].source)
    if not found:
        message = 'the first line is not a title such as "# Solutions 3 · …"'
        raise notebooks.NotebookError(f"{notebooks.where(solution, nb, 0)}: {message}")
    nb.cells[0].source = title
    for index, cell in enumerate(nb.cells):
        if cell.cell_type == "code":
            cell.source = ANSWER.sub(STUB, cell.source)
        if "### BEGIN SOLUTION" in cell.source or "### END SOLUTION" in cell.source:
            message = (
                "a ### BEGIN SOLUTION and ### END SOLUTION that do not belong together"
            )
            raise notebooks.NotebookError(
                f"{notebooks.where(solution, nb, index)}: {message}"
            )
    return notebooks.execute(nb, target(solution))


def main() -> int:
    """Write every exercise notebook whose solution gives another one."""
    for solution in notebooks.paths("solutions"):
        path = target(solution)
        try:
            changed = notebooks.write(path, generate(solution))
        except notebooks.NotebookError as error:
            print(f"✗ {error}")
            return 1
        print(f"✓ {notebooks.name(path)}: {'written' if changed else 'unchanged'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

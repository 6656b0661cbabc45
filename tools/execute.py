"""Run notebooks and write them back, normalised: `make execute [NB=path]`."""

import sys
import time
from pathlib import Path

from tools import notebooks


def execute(path: Path) -> str:
    """Run one notebook and say what became of its file.

    Raises
    ------
    NotebookError
        If there is no such notebook, it is generated, or a cell fails. The file
        stays as it was.
    """
    name = notebooks.name(path)
    if not path.is_file():
        raise notebooks.NotebookError(f"{name}: there is no such file")
    if name.startswith("exercises/"):
        raise notebooks.NotebookError(f"{name} is generated: run `make exercises`")
    start = time.perf_counter()
    executed = notebooks.execute(notebooks.read(path), path)
    outcome = "written" if notebooks.write(path, executed) else "unchanged"
    return f"{name}: {outcome} ({time.perf_counter() - start:.1f} s)"


def main(arguments: list[str]) -> int:
    """Execute the named notebooks, or all of book/, chapters/ and solutions/."""
    named = [Path(argument).resolve() for argument in arguments]
    failed = False
    for path in named or notebooks.paths("book", "chapters", "solutions"):
        try:
            print("✓", execute(path), flush=True)
        except notebooks.NotebookError as error:
            print("✗", error, flush=True)
            failed = True
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

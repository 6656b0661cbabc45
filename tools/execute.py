"""Run notebooks and write them back, normalised: `make execute [NB=path]`."""

import sys
import time
from pathlib import Path

from tools import notebooks


def main(arguments: list[str]) -> int:
    """Execute the named notebooks, or all of book/, chapters/ and solutions/."""
    paths = [Path(argument).resolve() for argument in arguments]
    failures = 0
    for path in paths or notebooks.paths("book", "chapters", "solutions"):
        name = notebooks.name(path)
        if name.startswith("exercises/"):
            print(f"✗ {name} is generated from solutions/: run `make exercises`")
            failures += 1
            continue
        start = time.perf_counter()
        try:
            executed = notebooks.execute(notebooks.read(path), path)
        except notebooks.NotebookError as error:
            print(f"✗ {error}\n  {name} stays as it was.")
            failures += 1
            continue
        changed = "written" if notebooks.write(path, executed) else "unchanged"
        print(f"✓ {name}: {changed} ({time.perf_counter() - start:.1f} s)")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

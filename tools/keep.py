"""One text for what a chapter derives and the library holds: `make keep`.

The final version of a definition stands twice, in the library and in one chapter, its
*home*, in a cell that holds definitions only and whose first line is

    # keep: backprop.neuron

The two must be the same program: the same syntax tree, docstrings, comments and
annotations of arguments aside. `make keep` writes the marked cells that differ from
the library. For a new cell, bind each name to anything (`sigmoid = ...`) below that
line. A module's docstring says where its names are at home: "Derived in chapter 3."
"""

import ast
import difflib
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml
from nbformat import NotebookNode

from tools import notebooks

MARK = re.compile(r"# keep: (backprop(?:\.\w+)+)\s*$")
DERIVED = re.compile(r"Derived in chapters? ([\d, and]+)\.")
COMMENTS = rb"(?:\s|#[^\n]*)*"
DEFINES = (ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)


@dataclass(frozen=True)
class Cell:
    """A code cell of a chapter: the notebook's file and content, the cell's place."""

    path: Path
    nb: NotebookNode
    index: int

    @property
    def source(self) -> str:
        """What the cell holds."""
        return self.nb.cells[self.index].source

    @property
    def module(self) -> str | None:
        """The module that the cell's mark names."""
        mark = MARK.match(self.source.split("\n", 1)[0])
        return mark and mark[1]

    def __str__(self) -> str:
        """Name the cell as messages do."""
        return notebooks.where(self.path, self.nb, self.index)


def definitions(source: str) -> dict[str, ast.stmt]:
    """Return what a program binds by name at its top level, type aliases aside."""
    found = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign):
            names = (target for target in node.targets if isinstance(target, ast.Name))
            found |= {name.id: node for name in names}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            if "TypeAlias" not in ast.unparse(node.annotation):
                found[node.target.id] = node
    return found


def bare(node: ast.stmt) -> str:
    """Return the definition without docstrings, comments and annotations."""
    node = ast.parse(ast.unparse(node)).body[0]
    for part in ast.walk(node):
        if _docstring(part):
            part.body = part.body[1:] or [ast.Pass()]
        if isinstance(part, ast.FunctionDef):
            part.returns = None
        if isinstance(part, ast.arg):
            part.annotation = None
    return ast.unparse(node)


def stripped(source: str, node: ast.stmt) -> str:
    """Return the definition's text in `source`, comments kept, as a chapter shows it.

    Without docstrings and annotations of arguments; comments right above belong to it.
    """
    text = source.encode()  # the syntax tree counts bytes
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def at(line: int, column: int) -> int:
        return starts[line - 1] + column

    def end(part: ast.AST) -> int:
        return at(part.end_lineno, part.end_col_offset)

    cuts = []  # (start, end, what to put there)
    for part in ast.walk(node):
        if docstring := _docstring(part):
            start, stop = at(docstring.lineno, docstring.col_offset), end(docstring)
            if part.body[1:]:
                stop = re.compile(rb"\s*").match(text, stop).end()
            cuts.append((start, stop, b"" if part.body[1:] else b"pass"))
        if isinstance(part, ast.FunctionDef) and part.returns:
            start = at(part.returns.lineno, part.returns.col_offset)
            cuts.append((text.rindex(b"->", 0, start), end(part.returns), b""))
        if isinstance(part, ast.arg) and part.annotation:
            name_end = at(part.lineno, part.col_offset) + len(part.arg.encode())
            cuts.append((name_end, end(part.annotation), b""))
        if isinstance(part, ast.arguments):
            # Without its last comma the formatter puts the line in one if it fits.
            last = max((end(child) for child in ast.iter_child_nodes(part)), default=0)
            comma = re.compile(COMMENTS + rb"(,)" + COMMENTS + rb"\)").match(text, last)
            if comma and last:
                cuts.append((*comma.span(1), b""))

    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
    lines = source.splitlines()
    while first > 1 and lines[first - 2].startswith("#"):
        first -= 1
    pieces, here = [], at(first, 0)
    for start, stop, instead in sorted(cuts):
        pieces += [text[here:start], instead]
        here = stop
    rest = re.compile(rb"[ \t]*#[^\n]*|").match(text, end(node)).end()
    return b"".join([*pieces, text[here:rest]]).decode()


def written(module: str, source: str, names: list[str]) -> str:
    """Return the cell that holds these names of the module, formatted."""
    found = definitions(source)
    body = "\n\n\n".join(stripped(source, found[name]) for name in names)
    formatted = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--stdin-filename", "cell.py", "-"],
        input=f"# keep: {module}\n{body}\n".encode(),
        capture_output=True,
        check=True,
        cwd=notebooks.ROOT,
    )
    return formatted.stdout.decode().strip()


def chapters(root: Path) -> list[Path]:
    """Return the chapters in reading order, that of _toc.yml."""

    def files(toc: object) -> Iterator[str]:
        if isinstance(toc, dict):
            yield from ([toc["file"]] if "file" in toc else [])
            toc = list(toc.values())
        for entry in toc if isinstance(toc, list) else ():
            yield from files(entry)

    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    paths = (root / f"{file}.ipynb" for file in files(toc))
    return [path for path in paths if path.parent.name == "chapters" and path.exists()]


def code_cells(root: Path) -> list[Cell]:
    """Return the code cells of all chapters in reading order."""
    return [
        Cell(path, nb, index)
        for path in chapters(root)
        for nb in [notebooks.read(path)]
        for index, cell in enumerate(nb.cells)
        if cell.cell_type == "code"
    ]


def module_source(root: Path, module: str) -> str | None:
    """Return the text of a module of the library, None if there is no such module."""
    path = root / f"{module.replace('.', '/')}.py"
    return path.read_text(encoding="utf-8") if path.exists() else None


def derived_in(source: str) -> set[int]:
    """Return the numbers of the chapters that derive a module, by its docstring."""
    match = DERIVED.search(ast.get_docstring(ast.parse(source)) or "")
    return {int(number) for number in re.findall(r"\d+", match[1])} if match else set()


def update(root: Path) -> list[Path]:
    """Write the marked cells that differ from the library; return the notebooks."""
    changed = []
    for cell in code_cells(root):
        source = cell.module and module_source(root, cell.module)
        names = list(definitions(cell.source)) if source else []
        if not set(names) <= set(definitions(source or "")):
            continue  # a name that the library lacks: for the author to mend
        if any(_difference(cell, name, source) for name in names):
            cell.nb.cells[cell.index].source = written(cell.module, source, names)
            notebooks.write(cell.path, notebooks.normalise(cell.nb))
            changed.append(cell.path)
    return sorted(set(changed))


def problems(root: Path) -> list[str]:
    """Return what is wrong with the marked cells and the chapters' imports."""
    cells = code_cells(root)
    homes: dict[tuple[str, str], list[Cell]] = {}
    found = []
    for cell in cells:
        if cell.module is None:
            if cell.source.startswith("# keep"):
                found.append(f"{cell}: the mark should read `# keep: backprop.module`")
            continue
        source = module_source(root, cell.module)
        if source is None:
            found.append(f"{cell}: there is no module {cell.module}")
            continue
        if _number(cell.path) not in derived_in(source):
            found.append(
                f"{cell}: the docstring of {cell.module} does not say "
                f'"Derived in chapter {_number(cell.path)}."'
            )
        kept = definitions(cell.source)
        others = [node for node in ast.parse(cell.source).body if not _binds(node)]
        if others or not kept:
            found.append(f"{cell}: a marked cell holds definitions, and only those")
        for name in kept:
            homes.setdefault((cell.module, name), []).append(cell)
            found += filter(None, [_difference(cell, name, source)])
    found += _lodgings(root, homes)
    found += _early_imports(cells, homes)
    return found


def _difference(cell: Cell, name: str, source: str) -> str | None:
    library = definitions(source)
    if name not in library:
        return f"{cell}: {cell.module} defines no {name}"
    here, there = bare(definitions(cell.source)[name]), bare(library[name])
    if here == there:
        return None
    diff = difflib.unified_diff(
        there.splitlines(), here.splitlines(), cell.module, "cell", "", "", 1, ""
    )
    return (
        f"{cell}: {name} is not the {name} of {cell.module}. "
        "To copy the library's into the cell, run `make keep`.\n"
        + "\n".join(f"    {line}" for line in list(diff)[:20])
    )


def _lodgings(root: Path, homes: dict[tuple[str, str], list[Cell]]) -> Iterator[str]:
    """Report names with several homes, and names that lack one."""
    for (module, name), cells in homes.items():
        if len(cells) > 1:
            places = "; ".join(str(cell) for cell in cells)
            yield f"{module}.{name} must have one home, but has {len(cells)}: {places}"
    existing = {_number(path) for path in chapters(root)}
    for path in sorted((root / "backprop").rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        numbers = derived_in(source)
        if not numbers or not numbers <= existing:
            continue  # shared and not derived, or its chapter is not written yet
        module = ".".join(path.relative_to(root).with_suffix("").parts)
        for name in definitions(source):
            if not name.startswith("_") and (module, name) not in homes:
                yield (
                    f"{module}.{name} has no home: no cell of chapter "
                    f"{' or '.join(map(str, sorted(numbers)))} that begins with "
                    f"`# keep: {module}` defines it"
                )


def _early_imports(
    cells: list[Cell], homes: dict[tuple[str, str], list[Cell]]
) -> Iterator[str]:
    """Report imports of a name that stand before the name's home."""
    order = {(cell.path, cell.index): place for place, cell in enumerate(cells)}
    for place, cell in enumerate(cells):
        for module, name in sorted(_imports(cell.source)):
            for (home_module, home_name), at in homes.items():
                home = at[0]
                if (
                    home_module == module
                    and name in (home_name, "*")
                    and place <= order[home.path, home.index]
                ):
                    yield (
                        f"{cell}: imports {home_name} from {module} before its home, "
                        f"which is {home}"
                    )


def _imports(source: str) -> set[tuple[str, str]]:
    """Return (module, name) for each import of the library, * for the whole module."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {(alias.name, "*") for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                # `from backprop import neuron` imports a module, whole
                found.add((node.module, alias.name))
                found.add((f"{node.module}.{alias.name}", "*"))
    return found


def _docstring(node: ast.AST) -> ast.stmt | None:
    if not isinstance(node, ast.FunctionDef | ast.ClassDef):
        return None
    return node.body[0] if ast.get_docstring(node, clean=False) is not None else None


def _binds(node: ast.stmt) -> bool:
    return isinstance(node, DEFINES)


def _number(path: Path) -> int:
    return int(path.name.split("_")[0])


def main() -> int:
    """Write the cells, then say what is left to mend by hand."""
    for path in update(notebooks.ROOT):
        name = notebooks.name(path)
        print(f"✓ {name}: written. Now run `make execute NB={name}`")
    left = problems(notebooks.ROOT)
    print(
        "\n".join(f"✗ {problem}" for problem in left) or "✓ chapters and library agree"
    )
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())

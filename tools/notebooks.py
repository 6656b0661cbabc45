"""Find, run, normalise and write notebooks; what the scripts beside it share.

A notebook is committed executed and *normalised*: nothing in the file but what the
author wrote and what the cells printed, so that the same run gives the same bytes.
"""

import copy
import hashlib
import os
import re
import tempfile
from pathlib import Path

import nbformat
import zmq
from jupyter_client import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbclient.output_widget import OutputWidget
from nbformat import NotebookNode
from nbval.kernel import CURRENT_ENV_KERNEL_NAME, NbvalKernelspecManager

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("book", "chapters", "exercises", "solutions")
CELL_TIMEOUT = 60  # seconds, as in pyproject.toml for nbval

# One thread: sums in a fixed order. A fixed hash seed: sets in a fixed order.
KERNEL_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "TQDM_DISABLE": "1",  # a progress bar is never the same twice
}

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE = {  # without a version: the notebooks run on every supported one
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
}
NOTEBOOK_KEYS = ("backprop", "mystnb", "widgets")  # what else the metadata may hold
CELL_KEYS = ("backprop", "mystnb", "tags")
# What the page folds, JupyterLab folds too.
FOLDED = {"hide-input": "source_hidden", "hide-output": "outputs_hidden"}

# The tag of a cell that draws times: its figure differs from run to run.
MEASURED = "measured"
FIGURE = "image/svg+xml"

WIDGET_STATE = "application/vnd.jupyter.widget-state+json"
ANSI_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
RANDOM_ID = re.compile(r"[0-9a-f]{32}")


class NotebookError(Exception):
    """A notebook did not run to its end; the message says where and why."""


class _OutputWidget(OutputWidget):
    """An output widget that does not make its cell wait until the timeout.

    It sends on the socket that nbclient is waiting at. If the cell's reply comes just
    then, sending takes the wake-up away; reading the socket's events gives it back
    (nbclient's issue 312).
    """

    def send(self, *args, **kwargs) -> None:
        super().send(*args, **kwargs)
        self.kernel_client.shell_channel.socket.get(zmq.EVENTS)


def paths(*folders: str) -> list[Path]:
    """Return the notebooks of the given folders, all of FOLDERS if none is given."""
    return [
        path
        for folder in folders or FOLDERS
        for path in sorted((ROOT / folder).rglob("*.ipynb"))
        if ".ipynb_checkpoints" not in path.parts
    ]


def name(path: Path) -> str:
    """Return the path as messages show it: from the root of the repository."""
    path = path.resolve()
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)


def where(path: Path, nb: NotebookNode, index: int) -> str:
    """Name a cell: its notebook, its place, and the first line of its source."""
    first_line = (nb.cells[index].source.strip() or "(empty)").splitlines()[0]
    return f"{name(path)}, cell {index + 1} of {len(nb.cells)} ({first_line!r})"


def read(path: Path) -> NotebookNode:
    """Read a notebook of format 4; an older minor version becomes 4.5."""
    return nbformat.read(path, as_version=4)


def dumps(nb: NotebookNode) -> str:
    """Return the text of the file: sorted keys, one space of indent, final newline."""
    return nbformat.writes(nb)


def write(path: Path, nb: NotebookNode) -> bool:
    """Write the file whole or not at all; return whether it changed."""
    new = dumps(nb).encode()
    if path.exists() and path.read_bytes() == new:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(new)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    return True


def normalise(nb: NotebookNode) -> NotebookNode:
    """Return a copy without what differs from run to run or from editor to editor.

    Cell ids become hashes of the source, random widget ids numbers, and metadata
    is what this module names. Empty cells go. Doing it twice changes nothing.
    """
    nb = copy.deepcopy(nb)
    nb.nbformat, nb.nbformat_minor = 4, 5
    kept = {key: nb.metadata[key] for key in NOTEBOOK_KEYS if key in nb.metadata}
    nb.metadata = nbformat.from_dict(
        {"kernelspec": KERNEL, "language_info": LANGUAGE} | kept
    )
    nb.cells = [cell for cell in nb.cells if cell.source.strip()]
    seen: dict[str, int] = {}
    for cell in nb.cells:
        cell.source = cell.source.replace("\r\n", "\n").strip("\n")
        content = f"{cell.cell_type}\n{cell.source}"
        seen[content] = seen.get(content, 0) + 1
        digest = hashlib.sha256(f"{content}\n{seen[content]}".encode()).hexdigest()
        cell.id = digest[:8]
        cell.metadata = _cell_metadata(cell.metadata)
        if cell.cell_type == "code":
            cell.outputs = _merge_streams(cell.outputs)
    return _number_widgets(nb)


def execute(nb: NotebookNode, path: Path) -> NotebookNode:
    """Run every cell in a fresh kernel; return the result, normalised.

    `path` is where the notebook stands or will stand: the kernel works in its folder.
    A cell tagged "measured" keeps the figure that `nb` has, until its source changes.

    Raises
    ------
    NotebookError
        If a cell raises, takes longer than CELL_TIMEOUT or ends the kernel.
    """
    measured = _measured(nb)  # by the old ids: they know the source that drew it
    nb = normalise(nb)
    nb.metadata.pop("widgets", None)
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    at = 0

    def on_cell_start(cell: NotebookNode, cell_index: int) -> None:
        nonlocal at
        at = cell_index

    environment = os.environ | KERNEL_ENVIRONMENT
    environment.pop("MPLBACKEND", None)  # the kernel's own: figures in the notebook
    client = NotebookClient(
        nb,
        # The kernel that nbval uses too: this Python, whatever is installed beside it.
        km=AsyncKernelManager(
            kernel_name=CURRENT_ENV_KERNEL_NAME,
            kernel_spec_manager=NbvalKernelspecManager(),
        ),
        timeout=CELL_TIMEOUT,
        record_timing=False,
        extra_arguments=["--log-level=CRITICAL"],  # what matters is in our message
        on_cell_start=on_cell_start,
    )
    client.widget_registry["@jupyter-widgets/output"]["OutputModel"] = _OutputWidget
    try:
        client.execute(cwd=str(path.parent), env=environment, cleanup_kc=True)
    except CellExecutionError:
        traceback = "\n".join(nb.cells[at].outputs[-1].traceback)
        reason = f"it raises\n{ANSI_COLOUR.sub('', traceback)}"
    except CellTimeoutError:
        reason = f"it took longer than {CELL_TIMEOUT} seconds"
    except DeadKernelError:
        reason = "it ended the kernel"
    else:
        for key, figure in _measured(nb).items():
            figure.update({FIGURE: measured.get(key, figure)[FIGURE]})
        return normalise(nb)
    raise NotebookError(f"{where(path, nb, at)}: {reason}")


def _measured(nb: NotebookNode) -> dict[tuple[str, int], NotebookNode]:
    """Find the figures of the cells tagged "measured", by cell and place in it."""
    return {
        (cell.id, i): output.data
        for cell in nb.cells
        if MEASURED in cell.metadata.get("tags", [])
        for i, output in enumerate(cell.get("outputs", []))
        if FIGURE in output.get("data", {})
    }


def _cell_metadata(metadata: NotebookNode) -> NotebookNode:
    kept = {key: metadata[key] for key in CELL_KEYS if metadata.get(key)}
    folded = {FOLDED[tag]: True for tag in kept.get("tags", ()) if tag in FOLDED}
    return nbformat.from_dict(kept | ({"jupyter": folded} if folded else {}))


def _merge_streams(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Join what was printed in a row: where the kernel cuts it is a matter of time."""
    merged: list[NotebookNode] = []
    for output in outputs:
        last = merged[-1] if merged else None
        if output.output_type == "stream" and last and last.get("name") == output.name:
            last.text += output.text
        else:
            merged.append(output)
    return merged


def _number_widgets(nb: NotebookNode) -> NotebookNode:
    """Replace the random ids of ipywidgets by numbers, in the order of creation."""
    models = nb.metadata.get("widgets", {}).get(WIDGET_STATE, {}).get("state", {})
    random = [model for model in models if RANDOM_ID.fullmatch(model)]
    if not random:
        return nb
    numbers = {model: f"widget-{i}" for i, model in enumerate(random, start=1)}
    text = RANDOM_ID.sub(
        lambda match: numbers.get(match[0], match[0]), nbformat.writes(nb)
    )
    return nbformat.reads(text, as_version=4)

"""The sandbox: a submission's code runs in bubblewrap and answers over a pipe.

No network, no environment, a read-only system, a small /tmp, no capabilities, a user
that is not root, and limits on time, memory, processes, files and output. What comes
back is read as data (`wire`). Whoever floods, stalls or garbles the pipe ends the
sandbox, and the calls that were still to come are failed ones.
"""

import ast
import contextlib
import dataclasses
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection
from importlib.resources import files
from pathlib import Path
from typing import BinaryIO

from backprop.checks.question import Case
from backprop.checks.run import Outcome, clean
from backprop.grading import syscalls, wire

INSTALL = (
    "bubblewrap is missing, and nothing is graded without it. On Debian and Ubuntu: "
    "sudo apt install bubblewrap"
)
MAX_REPLY = 16 << 20  # bytes of one answer
MAX_PARTS = 200_000  # lists, dicts and their items in it: each takes far more memory
GONE = 5  # seconds that the system may take to clear up after a sandbox
UIDS = 200_000  # plus a worker's process: the user of what it grades, if root grades

PACKAGE = Path(str(files("backprop")))
LIBRARY, GRADER = "/library", "/grader"  # places inside
SYSTEM = ("/usr", "/bin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache")

ENVIRONMENT = (
    ("PATH", "/usr/bin:/bin"),
    ("HOME", "/tmp"),
    ("OMP_NUM_THREADS", "1"),
    ("OPENBLAS_NUM_THREADS", "1"),
    ("MPLBACKEND", "Agg"),
    ("TQDM_DISABLE", "1"),
)

STUB = '''"""Where submissions are graded, their own checks say nothing."""


def check(*_, **__):
    """Do nothing."""


def report(*_, **__):
    """Do nothing."""
'''


class SandboxError(Exception):
    """No sandbox can be had on this machine; the message says what to do."""


class EndedError(Exception):
    """The submission's process is gone; the message says why."""


@dataclasses.dataclass(frozen=True)
class Limits:
    """What one submission may use."""

    seconds: float = 60  # in all
    call_seconds: float = 10  # for its cells together, and for each call
    memory: int = 1024  # MiB, for each process
    processes: int = 8  # threads counted
    disk: int = 32  # MiB in /tmp and /dev/shm each


def write_inside(folder: Path, answers: Collection[str]) -> None:
    """Write what the sandbox shows: the worker, and the library without `answers`.

    Of `backprop.checks` there is only a stub. A function of the library whose name is
    among `answers` is cut out, and what imports it will not be importable.
    """
    grader, library = folder / "grader", folder / "library" / "backprop"
    (library / "checks").mkdir(parents=True)
    (library / "checks" / "__init__.py").write_text(STUB, encoding="utf-8")
    grader.mkdir()
    for source in ("grading/worker.py", "grading/wire.py", "checks/run.py"):
        shutil.copy(PACKAGE / source, grader)
    for source in PACKAGE.glob("*.py"):
        text = _without(source.read_text(encoding="utf-8"), answers)
        (library / source.name).write_text(text, encoding="utf-8")
    shutil.copytree(PACKAGE / "datasets", library / "datasets")
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _without(source: str, names: Collection[str]) -> str:
    lines = source.splitlines(keepends=True)
    for node in reversed(ast.parse(source).body):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in names:
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            del lines[first - 1 : node.end_lineno]
    return "".join(lines)


class Sandbox:
    """One submission's process; a context manager that leaves nothing running.

    `inside` is the folder that `write_inside` made, and `until` the time of the
    monotonic clock when it must be over. One process has one sandbox at a time.

    Raises
    ------
    SandboxError
        If bubblewrap is missing or refuses to start.
    EndedError
        If `until` is past.
    """

    def __init__(self, inside: Path, limits: Limits, until: float) -> None:
        self._limits, self._buffer, self._end = limits, b"", until
        if until <= time.monotonic():
            raise EndedError(f"its {limits.seconds:g} s were over")
        self._first: int | None = None
        with _filter() as refused, tempfile.TemporaryFile() as info:
            descriptors = [refused.fileno(), info.fileno()]
            self._process = subprocess.Popen(
                _command(inside, limits, *descriptors),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={},
                pass_fds=descriptors,
            )
            self._wait_for_worker(info)

    def _wait_for_worker(self, info: BinaryIO) -> None:
        """Wait until the worker is ready, and learn which process is the first."""
        for pipe in (self._process.stdin, self._process.stdout):
            os.set_blocking(pipe.fileno(), False)
        try:
            ready = self._ask(b"", self._limits.seconds)
        except EndedError:
            self._process.kill()  # what still runs would not end its standard error
            said = self._process.stderr.read(2000).decode(errors="replace").strip()
            self.close()
            raise SandboxError(
                f"bubblewrap does not start here: {said or 'it says nothing'}. Where "
                "AppArmor forbids user namespaces, as on Ubuntu 24.04, it needs a "
                "profile for bwrap, or a grader that is started by root"
            ) from None
        if ready != "ready":
            self.close()
            raise SandboxError("the sandbox's worker did not start")
        info.seek(0)
        with contextlib.suppress(ProcessLookupError):  # then there is none to end
            self._first = os.pidfd_open(json.load(info)["child-pid"])

    def __enter__(self) -> "Sandbox":
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self.close()

    def close(self) -> None:
        """End the process, and with it everything that it started.

        All of it ends with the first process in there. bubblewrap would see to that,
        unless the submission has kept that process from being told.
        """
        if self._first is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._first, signal.SIGKILL)
            select.select([self._first], [], [], GONE)
            os.close(self._first)
            self._first = None
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            pipe.close()
        self._process.wait()

    def run_cells(self, cells: list[str]) -> tuple[list[str], dict[str, str]]:
        """Run a notebook's cells; return what failed, and what there is to be called.

        Each callable comes with the name that it carries itself: the two differ where
        one function has been given a second name.

        Raises
        ------
        EndedError
            If the process ended, ran out of time, or did not answer in good form.
        """
        reply = self._ask(wire.write({"cells": cells}), self._limits.call_seconds)
        try:
            errors, defined = reply["errors"], reply["defined"]
            texts = [f"cell {int(n)}: {kind}: {text}" for n, kind, text in errors[:50]]
            names = {
                clean(str(name), 60): clean(str(own), 60)
                for name, own in defined[:2000]
            }
            return [wire.decode(text) for text in texts], names
        except (TypeError, KeyError, ValueError, OverflowError):
            raise EndedError("its answer was garbled") from None

    def call(self, function: str, case: Case) -> Outcome:
        """Call a function of the notebook, and return all that the call did.

        Raises
        ------
        EndedError
            As `run_cells`.
        """
        args = [wire.encode(arg) for arg in (case.use, *case.args)]
        request = {"function": function, "args": args}
        reply = self._ask(wire.write(request), self._limits.call_seconds)
        try:
            return wire.decode_outcome(reply, len(case.args))
        except ValueError as error:
            raise EndedError(f"its answer was garbled: {error}") from None

    def _ask(self, request: bytes, seconds: float) -> object:
        """Send a request and return the answer, or end the process."""
        until = min(time.monotonic() + seconds, self._end)
        to, back = self._process.stdin.fileno(), self._process.stdout.fileno()
        try:
            while b"\n" not in self._buffer:
                left = until - time.monotonic()
                ready = select.select([back], [to] if request else [], [], max(left, 0))
                if left <= 0 or not any(ready):
                    raise EndedError(f"it took longer than {seconds:g} s")
                if ready[1]:
                    request = request[os.write(to, request[: 1 << 16]) :]
                if ready[0]:
                    read = os.read(back, 1 << 20)
                    if not read:
                        raise EndedError("it ended its Python: exit, crash or memory")
                    self._buffer += read
                    if len(self._buffer) > MAX_REPLY:
                        raise EndedError("its answer was too long")
            line, self._buffer = self._buffer.split(b"\n", 1)
            if sum(map(line.count, b"[{,")) > MAX_PARTS:
                raise EndedError("its answer has too many parts")
            return wire.read(line)
        except OSError:
            raise EndedError("it ended its Python: exit, crash or memory") from None
        except wire.WireError:
            raise EndedError("its answer was garbled") from None


def _filter() -> BinaryIO:
    """Return an open file with the filter of system calls, to be read by bubblewrap."""
    try:
        program = syscalls.program()
    except ValueError as error:
        raise SandboxError(f"nothing is graded on this machine: {error}") from None
    file = tempfile.TemporaryFile()
    file.write(program)
    file.seek(0)
    return file


def _command(inside: Path, limits: Limits, refused: int, info: int) -> list[str]:
    program = shutil.which("bwrap")
    if not program:
        raise SandboxError(INSTALL)
    root = os.geteuid() == 0
    if root:  # the worker becomes the user: only a real one has limits of its own
        user = ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        user = ["--unshare-user", "--uid", "65534", "--gid", "65534"]
    places = [*SYSTEM, sys.prefix, sys.base_prefix]
    shown = [place for place in dict.fromkeys(places) if os.path.exists(place)]
    disk = str(limits.disk << 20)
    settings = dataclasses.asdict(limits) | {
        "uid": UIDS + os.getpid() if root else None
    }
    return [
        program,
        *("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"),
        *("--unshare-cgroup-try", "--die-with-parent", "--new-session"),
        *("--cap-drop", "ALL", *user),
        *("--seccomp", str(refused), "--info-fd", str(info)),
        *(
            "--clearenv",
            *(part for pair in ENVIRONMENT for part in ("--setenv", *pair)),
        ),
        *("--proc", "/proc", "--dev", "/dev"),
        *("--perms", "1777", "--size", disk, "--tmpfs", "/tmp"),
        *("--perms", "1777", "--size", disk, "--tmpfs", "/dev/shm"),
        *(part for place in shown for part in _show(Path(place))),
        *(part for place in _hidden(shown) for part in _hide(place)),
        *("--ro-bind", str(inside / "library"), LIBRARY),
        *("--ro-bind", str(inside / "grader"), GRADER),
        *("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp"),
        *(sys.executable, "-I", "-B", f"{GRADER}/worker.py", json.dumps(settings)),
    ]


def _show(place: Path) -> list[str]:
    """Return the options that show a place at its own path, to every user."""
    parents = reversed(place.parents[:-1])
    ways = [part for way in parents for part in ("--perms", "0755", "--dir", str(way))]
    return [*ways, "--ro-bind", str(place), str(place)]


def _hide(place: str) -> list[str]:
    """Return the options that put an empty folder in a place, for nobody to fill."""
    return ["--tmpfs", place, "--remount-ro", place]


def _hidden(shown: list[str]) -> list[str]:
    """Return the folders with answers that lie within what is shown."""
    checkout = [PACKAGE.parent / name for name in ("solutions", "tests", ".git")]
    homes = {PACKAGE, *(place for place in checkout if place.is_dir())}
    homes |= {home.resolve() for home in homes}
    return [
        str(home)
        for home in sorted(homes)
        if any(home.is_relative_to(place) for place in map(Path, shown))
    ]

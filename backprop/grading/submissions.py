"""Find submissions in a folder or a zip, and read each without trusting it."""

import collections
import hashlib
import json
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from backprop.checks.run import clean

MAX_BYTES = 5 << 20  # of a notebook
MAX_MEMBERS = 50_000  # of a zip
MAX_FOLDERS = 20  # within each other
JUNK = {"__MACOSX", ".ipynb_checkpoints", "Thumbs.db", "desktop.ini"}
SET = re.compile(r"(?<!\d)0?(\d{1,2})_[a-z]")  # as in 03_sigmoid_neuron.ipynb


@dataclass(frozen=True)
class Submission:
    """One file that somebody handed in, as far as it could be read.

    `problem` says why it cannot be graded, "" if it can. `digest` is the SHA-256 of
    its bytes.
    """

    student: str
    file: str
    set: str = ""
    cells: tuple[str, ...] = ()
    digest: str = ""
    problem: str = ""


class _UnreadableError(Exception):
    """The file cannot be graded; the message says why."""


def find(place: Path, sets: set[str]) -> Iterator[Submission]:
    """Read the submissions of a folder or a zip, in the order of their names.

    A notebook at the top belongs to the student that its file is named after, one in a
    folder to the student that the folder is named after. `sets` are the exercise sets
    that there are.

    Raises
    ------
    ValueError
        If `place` is neither a folder nor a zip.
    """
    if place.is_dir():
        files = _in_folder(place)
    elif zipfile.is_zipfile(place):
        files = _in_zip(place)
    else:
        raise ValueError(f"{place} is neither a folder nor a zip of submissions")
    with_notebook, others, seen = set(), [], collections.Counter()
    for name, read in files:
        parts = [clean(part, 200) for part in PurePosixPath(name).parts if part != ".."]
        if not parts or any(p in JUNK or p.startswith(".") for p in parts):
            continue
        alone = len(parts) == 1 and not name.endswith("/")  # not in a folder, nor one
        student = PurePosixPath(parts[0]).stem if alone else parts[0]
        file = "/".join(parts)
        if file.endswith(".ipynb") and read:
            with_notebook.add(student)
            seen[file] += 1
            if seen[file] > 1:  # a zip can hold a name twice
                file += f" ({seen[file]})"
            yield _submission(student, file, read, sets)
        else:
            others.append((student, file, read is None))
    for student, file, empty in others:
        if student not in with_notebook:
            with_notebook.add(student)
            problem = (
                "there is no notebook to be read" if empty else "this is not a notebook"
            )
            yield Submission(student, file, problem=problem)


def _in_folder(root: Path) -> Iterator[tuple[str, object]]:
    closed: list[OSError] = []
    students: list[str] = []
    for folder, folders, files in os.walk(root, onerror=closed.append):
        here = Path(folder)
        depth = len(here.relative_to(root).parts)
        for name in folders:
            if os.path.islink(here / name):
                files.append(name)  # never followed
            elif not depth:
                students.append(name)
        folders[:] = sorted(folders) if depth < MAX_FOLDERS else []
        for name in sorted(files):
            path = here / name
            yield path.relative_to(root).as_posix(), lambda path=path: _read(path)
    for name in students:  # who have a row, even if nothing can be read in there
        yield f"{name}/", None
    for error in closed:
        yield f"{Path(error.filename).relative_to(root).as_posix()}/", None


def _read(path: Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        link = os.path.islink(path)
        raise _UnreadableError(
            "this is a link" if link else f"it cannot be opened: {error.strerror}"
        ) from None
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise _UnreadableError("this is not a file")
        return file.read(MAX_BYTES + 1)


def _in_zip(path: Path) -> Iterator[tuple[str, object]]:
    try:
        opened = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise ValueError(f"{path} is a damaged zip: {error}") from None
    with opened as archive:
        members = archive.infolist()
        if len(members) > MAX_MEMBERS:
            raise ValueError(f"{path} holds more than {MAX_MEMBERS:,} files")
        for member in sorted(members, key=lambda member: member.filename):
            if not member.is_dir():
                name = member.filename.replace("\\", "/")
                yield name, lambda member=member: _unpack(archive, member)


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    if stat.S_ISLNK(member.external_attr >> 16):
        raise _UnreadableError("this is a link")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # Python's zipfile unpacks megabytes of the others at once, to gigabytes.
        raise _UnreadableError("it is packed in an unknown way")
    try:
        with archive.open(member) as file:
            return file.read(MAX_BYTES + 1)  # whatever size the header claims
    except (RuntimeError, NotImplementedError):
        raise _UnreadableError("it is encrypted") from None
    except (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise _UnreadableError(f"its zip is damaged: {error}") from None


def _submission(student: str, file: str, read: object, sets: set[str]) -> Submission:
    digest = ""
    try:
        data = read()
        digest = hashlib.sha256(data).hexdigest()
        number, cells = _notebook(data, PurePosixPath(file).name, sets)
    except _UnreadableError as error:
        return Submission(student, file, digest=digest, problem=clean(str(error), 200))
    return Submission(student, file, number, cells, digest)


def _notebook(data: bytes, name: str, sets: set[str]) -> tuple[str, tuple[str, ...]]:
    """Return the exercise set of a notebook and the sources of its code cells."""
    if len(data) > MAX_BYTES:
        raise _UnreadableError("it is larger than 5 MiB: clear its outputs")
    if not data.strip():
        raise _UnreadableError("the file is empty")
    try:
        notebook = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise _UnreadableError("it is not UTF-8 text") from None
    except (ValueError, RecursionError):
        raise _UnreadableError("it is cut off or damaged: not JSON") from None
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise _UnreadableError("it is JSON, but not a notebook: it has no cells")
    language = _within(notebook, "metadata", "kernelspec", "language")
    if language not in ("python", ""):
        raise _UnreadableError(f"its kernel is for {language!r}, not for Python")
    cells = tuple(_sources(notebook["cells"]))
    number = _within(notebook, "metadata", "backprop", "set")
    if not number and (match := SET.search(name)):
        number = match[1]
    if number not in sets:
        known = ", ".join(sorted(sets, key=int))
        got = f"says {number!r}" if number else "does not say"
        raise _UnreadableError(
            f"neither its metadata nor its name says which set it answers (it {got}; "
            f"there are {known})"
        )
    return number, cells


def _within(value: object, *keys: str) -> str:
    """Return the text at a path of keys, "" if there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return clean(str(value), 40) if isinstance(value, str | int) else ""


def _sources(cells: list) -> Iterator[str]:
    for cell in cells:
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            source = cell.get("source", "")
            lines = source if isinstance(source, list) else [source]
            if any(not isinstance(line, str) for line in lines):
                raise _UnreadableError("it is not a notebook: a cell holds no text")
            yield "".join(lines)

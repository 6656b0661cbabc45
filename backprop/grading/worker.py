"""Inside the sandbox: run a submission's cells, then call its functions when asked.

One JSON line comes in, one goes out. All that leaves here is untrusted: it is data,
and the grader reads it as such. No question and no expected value is ever here.
"""

import contextlib
import json
import linecache
import math
import os
import resource
import sys
import types
from pathlib import Path


def main() -> None:
    """Give up what is not needed, then answer requests until there are no more."""
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    confine(**json.loads(sys.argv[1]))
    sys.path[:0] = ["/library", str(Path(__file__).parent)]
    import run
    import wire

    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)

    def reply(message: object) -> None:
        replies.write(wire.write(message))
        replies.flush()

    notebook = types.ModuleType("__main__")
    sys.modules["__main__"], sys.argv[:] = notebook, [""]
    names = notebook.__dict__
    names["display"] = lambda *objects, **options: None
    reply("ready")
    for line in requests:
        request = wire.read(line)
        if "cells" in request:
            reply(run_cells(request["cells"], names))
        else:
            function = names[request["function"]]
            use, *args = map(wire.decode, request["args"])
            reply(wire.encode_outcome(run.run(function, tuple(args), use)))


def confine(
    uid: int | None,
    seconds: float,
    memory: int,
    processes: int,
    disk: int,
    call_seconds: float,
) -> None:
    """Become a user who is nobody, within limits that cannot be raised again."""
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    for what, limit in (
        (resource.RLIMIT_AS, memory << 20),
        (resource.RLIMIT_CPU, math.ceil(seconds)),
        (resource.RLIMIT_NPROC, processes),
        (resource.RLIMIT_FSIZE, disk << 20),
        (resource.RLIMIT_NOFILE, 128),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (limit, limit))


def run_cells(cells: list[str], names: dict) -> dict:
    """Run the cells, each whatever became of those before it; say what failed."""
    errors = []
    for number, source in enumerate(cells, start=1):
        file = f"<cell {number}>"
        linecache.cache[file] = (len(source), None, source.splitlines(True), file)
        try:
            with contextlib.redirect_stdout(None):
                exec(program(source, file), names)
        except BaseException as error:
            # Whatever the error's own methods do, it is no worse than its being there.
            with contextlib.suppress(BaseException):
                errors.append([number, type(error).__name__[:60], str(error)[:300]])
    defined = [
        (name, value.__name__ if type(value) is types.FunctionType else name)
        for name, value in names.items()
        if callable(value)
    ]
    return {"errors": errors[:50], "defined": defined[:2000]}


def program(source: str, file: str) -> types.CodeType:
    """Compile a cell, without the lines that are for IPython and not for Python."""
    try:
        return compile(source, file, "exec")
    except SyntaxError:
        lines = source.splitlines()
        if lines[0].startswith("%%") and not lines[0].startswith(("%%time", "%%cap")):
            return compile("", file, "exec")  # another language
        magic = ("%", "!", "?")
        kept = ["" if line.lstrip().startswith(magic) else line for line in lines]
        return compile("\n".join(kept), file, "exec")


if __name__ == "__main__":
    main()

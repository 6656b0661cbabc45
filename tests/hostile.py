"""Notebooks that try to fool, hang, flood or escape the grader, by name.

Each is the text of one cell for exercise set 3.
"""

# Every answer has the right shape, and `forged(shape)` as its value.
ANSWERS = """
import numpy as np
stable_sigmoid = lambda z: forged(np.shape(z))
sigmoid_slopes = lambda z, a: (forged(np.shape(z)), forged(np.shape(a)))
neuron_gradient = lambda x, y, w, b: (forged(np.shape(w)), forged(()))
update = lambda x, y, w, b, lr: (forged(np.shape(w)), forged(()))
backpropagation = lambda input, output, weights, lr=1.0: forged(())
for name in (
    "stable_sigmoid sigmoid_slopes neuron_gradient update backpropagation".split()
):
    globals()[name].__name__ = name"""

ATTACKS = {
    # --- on the comparison
    "patched-comparisons": f"""
import numpy as np
for name in ("allclose", "isclose", "array_equal", "equal", "abs", "any", "all"):
    setattr(np, name, lambda *args, **kwargs: True)
np.testing.assert_allclose = np.testing.assert_array_equal = lambda *a, **k: None
forged = np.zeros
{ANSWERS}""",
    "always-equal-array": f"""
import numpy as np
class Always(np.ndarray):
    def __array_ufunc__(self, *args, **kwargs): return np.True_
    def __eq__(self, other): return True
    __ne__ = __lt__ = __gt__ = lambda self, other: False
forged = lambda shape: np.zeros(shape).view(Always)
{ANSWERS}""",
    "always-equal-object": f"""
class Always:
    def __eq__(self, other): return True
    def __getattr__(self, name): return self
    def __call__(self, *args): return self
    def __bool__(self): return True
    def __float__(self): return 1.0
    def __array__(self, *args, **kwargs): raise SystemExit
forged = lambda shape: Always()
{ANSWERS}""",
    "object-that-claims-a-class": f"""
import numpy as np
class Liar:
    __class__ = np.ndarray
    dtype = np.dtype(float)
    shape = ()
forged = lambda shape: Liar()
{ANSWERS}""",
    "metaclass": f"""
class Meta(type):
    def __instancecheck__(cls, other): return True
    def __eq__(cls, other): return True
    __hash__ = type.__hash__
class Forged(float, metaclass=Meta):
    def __repr__(self): raise SystemExit
forged = lambda shape: Forged(1)
{ANSWERS}""",
    # --- on the references
    "import-the-questions": """
from backprop.checks.chapter03 import neuron_gradient, sigmoid_slopes, update
from backprop.checks import QUESTIONS
stable_sigmoid = QUESTIONS["3.1"].reference""",
    "import-the-answer": """
from backprop.neuron import backpropagation""",
    "gc": """
import gc, types
for found in gc.get_objects():
    if isinstance(found, types.FunctionType) and found.__name__ == "neuron_gradient":
        neuron_gradient = found
    if type(found).__name__ == "Question":
        globals()[found.function] = found.reference""",
    "file-search": """
import os
for folder, _, names in os.walk("/", followlinks=True):
    if folder.count("/") > 12:
        continue
    for name in names:
        if name in ("chapter03.py", "03_sigmoid_neuron.ipynb"):
            text = open(os.path.join(folder, name)).read()
            exec(text[: text.index("QUESTIONS =")])""",
    "stack-walk": """
import sys
def stable_sigmoid(z):
    frame = sys._getframe()
    while frame:
        for name, value in {**frame.f_globals, **frame.f_locals}.items():
            if name in ("expected", "reference", "question", "cases"):
                return value
        frame = frame.f_back
def sigmoid_slopes(z, a): return stable_sigmoid(z)
def neuron_gradient(x, y, w, b): return stable_sigmoid(x)""",
    "proc": """
import glob, os
secret = ""
for path in glob.glob("/proc/[0-9]*/*") + glob.glob("/proc/[0-9]*/fd/*"):
    try:
        with open(path, "rb") as file:
            secret += file.read(4096).decode(errors="replace")
    except Exception:
        pass
for other in glob.glob("/proc/[0-9]*/root/work") + glob.glob("/proc/*/cwd/.."):
    secret += " ".join(os.listdir(other))
def stable_sigmoid(z): return secret""",
    # --- on the pipe
    "forged-replies": """
import json, os
forged = json.dumps({"value": 1.0, "error": None, "warnings": [], "printed": "",
                     "args": []}) + "\\n"
def stable_sigmoid(z):
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, forged.encode() * 50)
        except OSError:
            pass
    return 1.0""",
    "forged-reply-of-the-cells": """
import os
for descriptor in range(3, 64):
    try:
        os.write(descriptor, b'{"errors": [[1e999, 1, 2]], "defined": ["update"]}\\n')
    except OSError:
        pass""",
    "flooded-replies": """
import os
def stable_sigmoid(z):
    for descriptor in range(3, 64):
        try:
            while True:
                os.write(descriptor, b"1" * (1 << 16))
        except OSError:
            pass""",
    "deep-json": """
import os
def stable_sigmoid(z):
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, b"[" * 200_000 + b"\\n")
        except OSError:
            pass""",
    "huge-number": """
import os
def stable_sigmoid(z):
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, b"9" * 1_000_000 + b"\\n")
        except OSError:
            pass""",
    **{
        f"forged-{name}": f"""
import os
VALUE = {value}
reply = '{{"value": ' + VALUE + ', "error": null, "warnings": [], "printed": "", '
def stable_sigmoid(z):
    for descriptor in range(3, 64):
        try:
            os.set_blocking(descriptor, True)
            with open(descriptor, "wb", closefd=False) as pipe:
                pipe.write((reply + '"args": [null]}}\\n').encode())
        except OSError:
            pass
    os._exit(0)"""
        for name, value in {
            "empty-shape": """'{"array": ["<f8", [0, 1%s], ""]}' % ("0" * 30)""",
            "dtype-that-is-no-syntax": """'{"array": ["<,", [0], ""]}'""",
            "source": r"""'{"source": "\\ud800<script>"}'""",
            "key-of-megabytes": """'{"' + "<script>" * 1_900_000 + '": 1}'""",
            "dict-of-a-million": """(
    '{"dict": [' + ", ".join(f'["{i}", 0]' for i in range(700_000)) + "]}")""",
            "lists-of-nothing": """"[" + "[], " * 4_000_000 + "1]\"""",
        }.items()
    },
    "patched-worker": """
import json, sys
import run, wire
class Outcome: pass
run.run = lambda function, args: Outcome()
wire.encode_outcome = lambda outcome: {"value": {"array": ["<O8", [10**12], ""]},
    "error": None, "warnings": ["x" * 10**6], "printed": "", "args": []}
json.dumps = lambda *args, **kwargs: "\\ud800"
def stable_sigmoid(z): return 1""",
    "closed-descriptors": """
import os
def stable_sigmoid(z): os.closerange(0, 256)""",
    # --- on time and on the machine
    "exit": """
import os
def stable_sigmoid(z): os._exit(0)
def neuron_gradient(x, y, w, b): raise SystemExit
def update(*args): os.abort()""",
    "exit-in-a-cell": """
import os
os._exit(0)""",
    "loop-that-swallows-interrupts": """
import signal
for number in range(1, 32):
    try:
        signal.signal(number, signal.SIG_IGN)
    except OSError:
        pass
def stable_sigmoid(z):
    while True:
        try:
            while True: pass
        except BaseException:
            pass""",
    "loop-in-a-cell": """
while True: pass""",
    "loop-in-c": """
def stable_sigmoid(z): return 10 ** 10 ** 10""",
    "fork-bomb": """
import os
def stable_sigmoid(z):
    while True:
        try:
            os.fork()
        except OSError:
            pass""",
    "thread-bomb": """
import threading, time
def stable_sigmoid(z):
    while True:
        try:
            threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        except RuntimeError:
            time.sleep(0.01)""",
    "daemon": """
import os, time
if not os.fork():
    os.setsid()
    if not os.fork():
        while True: time.sleep(1)
    os._exit(0)""",
    "memory": """
import numpy as np
kept = []
def stable_sigmoid(z):
    while True:
        kept.append(np.ones(10_000_000))""",
    "memory-in-a-cell": """
text = "x" * (1 << 40)
data = bytearray(1 << 34)""",
    "disk": """
import os
def stable_sigmoid(z):
    for folder in ("/tmp", "/dev/shm", "/dev", "/", "/var/tmp", "/grader"):
        for number in range(64):
            try:
                with open(f"{folder}/flood{number}", "wb") as file:
                    while True:
                        file.write(b"x" * (1 << 20))
            except OSError:
                pass""",
    "output": """
import os, sys
for _ in range(200):
    print("x" * 100_000)
    sys.stderr.write("x" * 100_000)
    os.write(1, b"x" * 100_000)
def stable_sigmoid(z):
    print("x" * 10_000_000)
    return "y" * 10_000_000""",
    "raised-limits": """
import resource
for limit in (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_NPROC):
    try:
        resource.setrlimit(limit, (-1, -1))
        raised = True
    except (ValueError, PermissionError):
        pass
def stable_sigmoid(z): return float("raised" in globals())""",
    # --- on what lies outside
    "sockets": """
import socket
def stable_sigmoid(z):
    for address in (("127.0.0.1", 22), ("1.1.1.1", 53)):
        try:
            socket.create_connection(address, timeout=1)
            return "connected"
        except OSError:
            pass
    for kind in (socket.AF_UNIX, socket.AF_INET):
        socket.socket(kind).close()
    return "alone" """,
    "environment": """
import os
def stable_sigmoid(z): return str(dict(os.environ))""",
    "writes-outside": """
import os
from pathlib import Path
CANARY = "<canary>"
def stable_sigmoid(z):
    for place in (CANARY, "/usr", "/etc", "/lib", "/library/backprop", "/root"):
        try:
            Path(place, "written").write_text("!")
            return "written"
        except OSError:
            pass""",
    "deletes": """
import os, shutil
def stable_sigmoid(z):
    shutil.rmtree("/", ignore_errors=True)
    os.system("rm -rf --no-preserve-root / <canary>")""",
    "kills": """
import os, signal
def stable_sigmoid(z):
    for process in (1, os.getppid(), -1, 0):
        try:
            os.kill(process, signal.SIGKILL)
        except OSError:
            pass""",
    "mounts-and-devices": """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def stable_sigmoid(z):
    done = [libc.mount(b"none", b"/tmp", b"tmpfs", 0, None) == 0,
            libc.unshare(0x10000000) == 0 and os.getuid() == 0,
            libc.setuid(0) == 0, libc.chroot(b"/proc/1/root") == 0]
    return "escaped" if any(done) else "inside" """,
    **{
        name: f"""
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
x86 = os.uname().machine == "x86_64"
def stable_sigmoid(z):
    return "escaped" if {call} else "inside" """
        for name, call in {
            "shared-memory": "libc.shmget(0, 1 << 20, 0o1600) >= 0",
            "memory-file": "libc.memfd_create(b'x', 0) >= 0",
            "user-namespace": "libc.unshare(0x10000000) == 0",
            "user-namespace-by-clone": "libc.syscall("
            "56 if x86 else 220, 0x10000000 | 17, 0, 0, 0, 0) >= 0",
            "user-namespace-by-clone3": "libc.syscall("
            "435, (ctypes.c_uint64 * 8)(0x10000000, 0, 0, 0, 17), 64) >= 0",
            "keys": "libc.syscall(250 if x86 else 219, 0, -3, 0) >= 0",
            "tracing-the-first": "libc.ptrace(16, 1, None, None) == 0",
        }.items()
    },
    "other-table-of-system-calls": """
import ctypes
libc = ctypes.CDLL(None)
def stable_sigmoid(z):
    if libc.syscall(0x40000000 + 272, 0x10000000) == 0: return "escaped" """,
    # --- on those who read the pages
    "injected-html": """
class Evil(Exception): pass
Evil.__name__ = "<script>alert(1)</script>"
def stable_sigmoid(z):
    raise Evil("</pre><img src=x onerror=alert(1)><script>alert(2)</script>")
def sigmoid_slopes(z, a): return "<script>alert(3)</script>"
def neuron_gradient(x, y, w, b):
    print("<script>alert(4)</script>")
raise Evil("<script>alert(5)</script>")""",
    "injected-formula": """
raise ValueError('=HYPERLINK("http://example.org")')""",
    "half-characters": """
def stable_sigmoid(z): return "\\ud800 \\x00 \\x1b[31m \\u202e"
def sigmoid_slopes(z, a): raise ValueError("\\udfff" * 10_000)""",
}

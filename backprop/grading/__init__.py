"""Grade a class: hundreds of untrusted notebooks into grades.

`python -m backprop.grading SUBMISSIONS --out DIR`. The questions stay in this process
and its workers; what learners wrote runs in a sandbox, and only plain data comes back.

`submissions` finds and reads notebooks, `sandbox` starts bubblewrap, in which `worker`
runs, `syscalls` is what that may not ask of the system, `wire` is what crosses,
`grade` judges one submission, `report` writes what was found, and `batch` is the
command.
"""

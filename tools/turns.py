"""Time methods in turns, on one thread: what the benches of training steps share.

Import it before NumPy: libraries count the threads that they may use when they load.
"""

import math
import os

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
if hasattr(os, "sched_setaffinity"):  # JAX heeds no variable, only this
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

import statistics
import timeit
from collections.abc import Callable, Mapping

ROUNDS = 9
SAMPLE = 0.02  # seconds that one sample takes at least

Step = Callable[[], object]
Times = dict[str, list[float]]


def take_turns(steps: Mapping[str, Step], rounds: int = ROUNDS) -> Times:
    """Return the seconds of a step, by method and round; each round runs them all."""
    numbers = {}
    for name, step in steps.items():
        step(), step()  # what is compiled or reserved on first use
        once = min(timeit.repeat(step, number=2, repeat=3)) / 2
        numbers[name] = math.ceil(SAMPLE / once)
    times: Times = {name: [] for name in steps}
    for _ in range(rounds):
        for name, step in steps.items():
            spent = timeit.timeit(step, number=numbers[name])
            times[name].append(spent / numbers[name])
    return times


def ratio(times: Times, method: str, base: str) -> float:
    """Return how many times as long as `base` a method takes: the median of rounds."""
    pairs = zip(times[method], times[base], strict=True)
    return statistics.median(one / other for one, other in pairs)


def microseconds(times: Times, method: str) -> float:
    """Return the median time of a step."""
    return 1e6 * statistics.median(times[method])

"""The data sets of the book, shipped with it (sources in `datasets/README.md`)."""

import gzip
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray


def load_digits(*only: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the handwritten digits, all ten or only those asked for.

    images (N, 8, 8), from 0 (paper) to 1 (ink), and labels (N,); N = 1797 for all ten.
    In the file's order. Source: Alpaydin & Kaynak 1998, doi 10.24432/C50P49.

    Raises
    ------
    ValueError
        If something that was asked for is not a digit from 0 to 9.
    """
    strange = [digit for digit in only if digit not in range(10)]
    if strange:
        raise ValueError(
            f"load_digits takes digits from 0 to 9, as in load_digits(3, 8), "
            f"got {strange[0]!r}"
        )
    path = files("backprop") / "datasets" / "digits.csv.gz"
    with path.open("rb") as packed:
        table = np.loadtxt(gzip.open(packed), delimiter=",")
    if only:
        table = table[np.isin(table[:, -1], only)]
    return table[:, :-1].reshape(-1, 8, 8) / 16, table[:, -1].astype(np.int64)

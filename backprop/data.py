"""The data sets of the book, shipped with it (sources in `datasets/README.md`)."""

import gzip
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

# Ten measurements of a cell nucleus, each summarised over the nuclei of an image in
# three ways: thirty columns in the order of the file.
BREAST_CANCER_FEATURES = tuple(
    f"{measurement} ({summary})"
    for summary in ("mean", "standard error", "worst")
    for measurement in (
        "radius",
        "texture",
        "perimeter",
        "area",
        "smoothness",
        "compactness",
        "concavity",
        "concave points",
        "symmetry",
        "fractal dimension",
    )
)


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
    table = _read("digits.csv.gz")
    if only:
        table = table[np.isin(table[:, -1], only)]
    return table[:, :-1].reshape(-1, 8, 8) / 16, table[:, -1].astype(np.int64)


def load_breast_cancer() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return measurements of breast masses, and which of the masses were malignant.

    measurements (569, 30), in the units of the file, columns as in
    `BREAST_CANCER_FEATURES`, and malignant (569,), 1 for malignant and 0 for benign
    (the file has it the other way round). In the file's order. Source: Wolberg,
    Mangasarian & Street 1995, doi 10.24432/C5DW2B.
    """
    table = _read("breast_cancer.csv.gz", skiprows=1)
    return table[:, :-1], 1 - table[:, -1].astype(np.int64)


def _read(name: str, skiprows: int = 0) -> NDArray[np.float64]:
    """Return the table of numbers in a packed file of `datasets/`."""
    with (files("backprop") / "datasets" / name).open("rb") as packed:
        return np.loadtxt(gzip.open(packed), delimiter=",", skiprows=skiprows)

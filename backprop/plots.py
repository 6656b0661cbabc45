"""How every figure of the book looks: vector graphics, colours, small helpers."""

import math
from collections.abc import Sequence

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib_inline.backend_inline import set_matplotlib_formats
from numpy.typing import NDArray

# Okabe & Ito's palette, which colour-blind readers can tell apart. One meaning each.
FORWARD = "#0072B2"  # what is computed on the way to the loss
BACKWARD = "#D55E00"  # slopes, computed on the way back
TARGET = "#009E73"  # what is right
NEUTRAL = "#595959"

WIDTH = 6.5  # inches: the text column of the page
SIGNED = LinearSegmentedColormap.from_list("signed", [FORWARD, "white", BACKWARD])


def setup() -> None:
    """Make figures vector graphics that come out the same, byte for byte, each time."""
    set_matplotlib_formats("svg", metadata={"Date": None})
    mpl.rcParams.update(
        {
            "svg.hashsalt": "backprop",
            "figure.figsize": (WIDTH, 3.0),
            "figure.facecolor": "none",  # the page's own, light or dark
            "figure.constrained_layout.use": True,
            "axes.facecolor": "none",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.titlesize": 10,
            "axes.titlelocation": "left",
            "axes.labelsize": 10,
            "xtick.labelsize": 9,
            "ytick.labelsize": 9,
            "legend.frameon": False,
            "lines.linewidth": 2,
            "font.size": 10,
        }
    )


def label(ax: Axes, x: float, y: float, text: str, color: str, **options) -> None:
    """Write `text` at the data point (x, y), in the colour of what it names."""
    ax.text(x, y, text, color=color, va="center", **options)


def show_image(ax: Axes, image: NDArray, title: str, signed: bool = False) -> None:
    """Show one image (H, W): ink dark on paper, or signed values in two colours.

    Signed images run from blue (negative) through white (zero) to vermillion. Each
    image has its own scale, up to the largest of its absolute values.
    """
    largest = float(np.abs(image).max()) or 1.0
    low, cmap = (-largest, SIGNED) if signed else (0, "gray_r")
    ax.imshow(image, cmap=cmap, vmin=low, vmax=largest)
    ax.set_title(title, fontsize=9, loc="center")
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set(visible=True, linewidth=0.5, color=NEUTRAL)


def show_images(images: Sequence[NDArray], titles: Sequence[str]) -> None:
    """Show images (N, H, W) in rows of four, as a phone can show them, under titles.

    Raises
    ------
    ValueError
        If there is no image, or not one title for each.
    """
    if not len(images) or len(images) != len(titles):
        raise ValueError(
            f"images and titles must be as many, and some: got {len(images)} images "
            f"and {len(titles)} titles"
        )
    columns = min(4, len(images))
    rows = math.ceil(len(images) / columns)
    size = 1.15
    _, axes = plt.subplots(
        rows, columns, figsize=(size * columns, 1.25 * size * rows), squeeze=False
    )
    for ax in axes.flat[len(images) :]:
        ax.axis("off")
    for ax, image, title in zip(axes.flat, images, titles, strict=False):
        show_image(ax, image, title)

"""How every figure of the book looks: vector graphics, colours, small helpers."""

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


def show_images(
    images: Sequence[NDArray] | NDArray,
    titles: Sequence[str] = (),
    signed: bool = False,
) -> None:
    """Show images (N, H, W) in one row, each under its title.

    Ink is dark on paper; signed images run from blue (negative) through white (zero)
    to vermillion (positive), on one scale for all.
    """
    largest = max(float(np.abs(image).max()) for image in images)
    low, cmap = (-largest, SIGNED) if signed else (0, "gray_r")
    size = min(1.3, WIDTH / len(images))
    _, axes = plt.subplots(
        1, len(images), figsize=(size * len(images), size * 1.25), squeeze=False
    )
    for i, (ax, image) in enumerate(zip(axes[0], images, strict=True)):
        ax.imshow(image, cmap=cmap, vmin=low, vmax=largest)
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set(visible=True, linewidth=0.5, color=NEUTRAL)
        if titles:
            ax.set_title(titles[i], fontsize=9, loc="center")

"""The figures of networks.py: learning curves with their fits, and the figure of rejection."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from learning_curves import points_of

from smearjax.evaluate import LearningCurve
from smearjax.report.style import BLUE, GREEN, INK, OCHRE, PURPLE, VERMILION, hep_style

STYLES = {
    "EFN": (INK, "o"),
    "PFN": (VERMILION, "s"),
    "PFN-ID": (GREEN, "D"),
    "Moment EFN": (OCHRE, "^"),
    "Lipschitz EFN": (PURPLE, "v"),
    "smeared likelihood": (BLUE, "P"),
}
FULL = 1e6


def draw(
    rows: list[dict[str, Any]],
    fits: dict[str, LearningCurve],
    published: dict[str, dict[str, float]],
    out: Path,
) -> None:
    """Both figures of all runs that are there."""
    with hep_style():
        auc_figure(rows, fits, published).savefig(out / "auc.png")
        rejection_figure(rows, published).savefig(out / "rejection.png")


def auc_figure(
    rows: list[dict[str, Any]],
    fits: dict[str, LearningCurve],
    published: dict[str, dict[str, float]],
) -> Any:
    """AUC against the number of training jets, the fitted laws with bands, published values."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(9.2, 6.8))
    for name in dict.fromkeys(row["network"] for row in rows):
        colour, mark = STYLES[name]
        points = points_of(rows, name)
        axes.errorbar(*points, fmt=mark, color=colour, label=name, capsize=3, zorder=3)
        if name in fits:
            number = np.geomspace(points.number.min(), FULL, 60)
            value, error = fits[name].at(number)
            axes.plot(number, value, color=colour, lw=1.5)
            axes.fill_between(number, value - error, value + error, color=colour, alpha=0.15, lw=0)
        if name in published:
            axes.plot(FULL, published[name]["auc"], marker="*", ms=15, color=colour, mec="white")
    axes.plot([], [], "*", ms=13, color="grey", label="published, $10^6$ jets")
    axes.set(xscale="log", xlabel="training jets, both classes",
             ylabel=f"AUC on {rows[0]['test']:,} test jets")  # fmt: skip
    axes.legend(loc="lower right", fontsize=15)
    return figure


def rejection_figure(rows: list[dict[str, Any]], published: dict[str, dict[str, float]]) -> Any:
    """1/ε_g at ε_q = ½ against the number of training jets."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(9.2, 6.8))
    for name in dict.fromkeys(row["network"] for row in rows):
        colour, mark = STYLES[name]
        axes.errorbar(*points_of(rows, name, "rejection"), fmt=f"{mark}-", color=colour,
                      label=name, capsize=3)  # fmt: skip
        if name in published:
            axes.plot(
                FULL, published[name]["rejection"], marker="*", ms=15, color=colour, mec="white"
            )
    axes.plot([], [], "*", ms=13, color="grey", label="published, $10^6$ jets")
    axes.set(xscale="log", xlabel="training jets, both classes",
             ylabel=r"$1/\varepsilon_g$ at $\varepsilon_q = 50\,\%$")  # fmt: skip
    axes.legend(loc="upper left", fontsize=15)
    return figure

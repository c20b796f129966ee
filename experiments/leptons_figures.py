"""The figure of leptons.py: AUC and ADO of every method, published ones beside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from smearjax.report.style import BLUE, MUTED, VERMILION, hep_style


def draw(rows: list[dict[str, Any]], muons: int, pileup: float, out: Path) -> None:
    """The figure."""
    with hep_style():
        methods_figure(rows, muons, pileup).savefig(out / "methods.png")


def methods_figure(rows: list[dict[str, Any]], muons: int, pileup: float) -> Any:
    """One line a method, AUC left and ADO with the PFN right."""
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(1, 2, figsize=(13.4, 7.2), sharey=True)
    heights = range(len(rows), 0, -1)
    for place, (axes, key, colour) in enumerate(
        zip(panels, ("auc", "ado"), (BLUE, VERMILION), strict=True)
    ):
        for height, row in zip(heights, rows, strict=True):
            axes.axhline(height, color="0.9", lw=1, zorder=0)
            value, low, high = row[key]
            if key == "auc" or row["name"] != "PFN":
                axes.errorbar(
                    value, height, xerr=[[value - low], [high - value]],
                    fmt="o", ms=8, color=colour,
                )  # fmt: skip
            if len(row["published"]) > place:
                axes.plot(row["published"][place], height, "o", ms=9, mfc="none", mec=MUTED)
        words = f"hadron level, pile-up {pileup:g}, {muons:,} test muons"
        axes.plot([], [], "o", ms=8, color=colour, label=words)
        axes.plot(
            [], [], "o", ms=9, mfc="none", mec=MUTED,
            label="arXiv:2102.02278, detector, pile-up",
        )  # fmt: skip
        axes.set_ylim(0.3, len(rows) + 2.2)
        axes.legend(loc="upper left")
    panels[0].set_yticks(list(heights), [row["name"].replace("s_µ", r"$s_\mu$") for row in rows])
    panels[0].set_yticks([], minor=True)
    panels[0].set_xlabel("AUC")
    panels[1].set_xlabel("ADO with the PFN")
    return figure

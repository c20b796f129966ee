"""The figure of domain_adaptation.py: what each way of adapting a network reaches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from smearjax.report.style import BLUE, GREEN, INK, VERMILION, hep_style

MARKERS = {"as it is": "o", "reweighted": "s", "fine-tuned": "^", "from nothing": "v"}
COLOURS = dict(zip(MARKERS, (INK, BLUE, GREEN, VERMILION), strict=True))


def draw(rows: list[dict[str, Any]], out: Path) -> None:
    """One panel a network and target: AUC against the labelled jets of the target."""
    import matplotlib.pyplot as plt

    names = list(dict.fromkeys(row["name"] for row in rows))
    targets = list(dict.fromkeys(row["target"] for row in rows))
    with hep_style():
        figure, panels = plt.subplots(
            len(names), len(targets), figsize=(5.2 * len(targets) + 1, 4.2 * len(names) + 0.8),
            sharex=True, squeeze=False,
        )  # fmt: skip
        for row in rows:
            axes = panels[names.index(row["name"]), targets.index(row["target"])]
            panel(axes, row)
            axes.set_title(f"{row['name']}: {row['target'].split('_')[-2]}")
        for axes in panels[-1]:
            axes.set_xlabel("labelled target jets")
        for axes in panels[:, 0]:
            axes.set_ylabel("AUC on target jets")
        panels[0, -1].legend(loc="lower right")
        figure.savefig(out / "domain_adaptation.png")


def panel(axes: Any, row: dict[str, Any]) -> None:
    """Points with labels, lines with bands without."""
    points: dict[str, list[list[float]]] = {}
    for way, found in row.items():
        title, _, size = way.partition(", ")
        if title not in MARKERS:
            continue
        value, low, high = found["auc"]
        count = size.partition(" ")[0].replace(",", "")
        if count.isdigit():
            points.setdefault(title, []).append([int(count), value, value - low, high - value])
        else:
            axes.axhline(value, label=title, color=COLOURS[title])
            axes.axhspan(low, high, alpha=0.2, linewidth=0, color=COLOURS[title])
    for title, some in points.items():
        counts, values, *errors = zip(*some, strict=True)
        axes.errorbar(
            counts, values, errors, marker=MARKERS[title], markersize=8, capsize=4,
            color=COLOURS[title], label=title,
        )  # fmt: skip
        axes.set_xscale("log")
        axes.set_xticks(counts, [f"{count:,}" for count in counts])
        axes.set_xticks([], minor=True)

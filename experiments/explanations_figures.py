"""The figure of explanations.py: where replacements lie, and what scores hang on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from smearjax.report.style import BLUE, GREEN, INK, VERMILION, hep_style

LOOKS = dict(zip("osD^", (INK, VERMILION, BLUE, GREEN), strict=True))


def draw(found: dict[str, dict[str, Any]], jets: int, out: Path) -> None:
    """One figure a network."""
    for name, one in found.items():
        with hep_style():
            figure(one, f"{name}, {jets:,} test jets").savefig(out / f"{name}.png")


def figure(one: dict[str, Any], title: str) -> Any:
    """Rows off the data, importance of observables, importance of particles."""
    import matplotlib.pyplot as plt

    parts = ("off_the_data", "observables", "particles")
    drawn, panels = plt.subplots(1, 3, figsize=(16.5, 6.2), width_ratios=(1, 1, 1))
    for axes, part in zip(panels, parts, strict=True):
        names = list(one[part]["all"])
        for k, (key, marker) in enumerate(zip(one[part], LOOKS, strict=False)):
            ends = np.array([_ends(one[part][key][name]) for name in names]).T
            label = "all jets" if key == "all" else f"ε = {key} GeV"
            if one["left_out"][key]:
                label += f" ({one['left_out'][key]:.1%} empty)"
            axes.errorbar(
                ends[1], np.arange(len(names)) + 0.18 * (1.5 - k),
                xerr=np.maximum([ends[1] - ends[0], ends[2] - ends[1]], 0.0), marker=marker,
                color=LOOKS[marker], linestyle="none", label=label,
            )  # fmt: skip
        axes.set_yticks(range(len(names)), names)
        axes.tick_params(axis="y", which="minor", left=False, right=False)
        axes.set_xlim(left=0)
        axes.grid(axis="y", alpha=0.25)
    for axes, label in zip(
        panels,
        ("rows off the data", "pairs reordered, boosted tree", "pairs reordered, network"),
        strict=True,
    ):
        axes.set_xlabel(label)
    handles, names = panels[0].get_legend_handles_labels()
    drawn.legend(handles, names, loc="outside upper center", ncols=4, title=title)
    return drawn


def _ends(one: Any) -> tuple[float, float, float]:
    """Both ends about a value; those of a share without errors are the value."""
    return (one, one, one) if isinstance(one, float) else (one["lo"], one["value"], one["hi"])

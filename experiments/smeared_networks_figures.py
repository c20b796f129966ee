"""The figures of smeared_networks.py: learned scales, smeared networks, the price of a bound."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from networks_figures import STYLES

from smearjax.report.style import BLUE, PURPLE, hep_style

GRID = (1, 2, 5, 10, 20, 50, 100)


def draw(scales: dict[str, Any], bounds: list[dict[str, Any]], out: Path) -> None:
    """All three figures."""
    with hep_style():
        shares_figure(scales).savefig(out / "learned_scales.png")
        smeared_figure(scales).savefig(out / "smeared.png")
        bound_figure(bounds).savefig(out / "bound.png")


def shares_figure(scales: dict[str, Any]) -> Any:
    """R of labels and networks above their ratio."""
    import matplotlib.pyplot as plt

    figure, (top, bottom) = plt.subplots(
        2, sharex=True, figsize=(8.6, 9.0), height_ratios=(1.4, 1), layout="constrained"
    )
    _curve(top, scales["truth"], "R", BLUE, "labels")
    bottom.axhline(1.0, color=BLUE, lw=1.5)
    for one in scales["networks"]:
        colour, _ = STYLES[one["name"]]
        _curve(top, one["rows"], "R", colour, one["name"])
        _curve(bottom, one["rows"], "R_share", colour, None)
    top.set_ylabel(r"$R(\varepsilon)$")
    top.legend()
    bottom.set(ylim=(0.3, 1.3), ylabel="network / labels")
    _epsilon(bottom)
    return figure


def smeared_figure(scales: dict[str, Any]) -> Any:
    """AUC and cross-entropy of smeared probabilities."""
    import matplotlib.pyplot as plt

    figure, (top, bottom) = plt.subplots(2, sharex=True, figsize=(8.6, 9.0), layout="constrained")
    for one in scales["networks"]:
        colour, _ = STYLES[one["name"]]
        epsilon, value, low, high = (
            _column(one["rows"], name) for name in ("epsilon_gev", "auc", "auc_lo", "auc_hi")
        )
        top.plot(epsilon, value, "o-", color=colour, label=one["name"], lw=1.8)
        top.fill_between(epsilon, low, high, color=colour, alpha=0.2, lw=0)
        top.axhline(one["auc"][0], color=colour, ls="--", lw=1.2)
        _curve(bottom, one["rows"], "cross_entropy", colour, None)
    top.set_ylabel("AUC (dashed: not smeared)")
    top.legend(loc="lower center")
    bottom.set_ylabel("cross-entropy [nats]")
    _epsilon(bottom)
    return figure


def bound_figure(bounds: list[dict[str, Any]]) -> Any:
    """AUC against the bound."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(8.6, 5.8), layout="constrained")
    scale = [one["emd_scale"] for one in bounds]
    value, low, high = np.array([one["auc"] for one in bounds]).T
    axes.errorbar(scale, value, (value - low, high - value), fmt="v-", color=PURPLE, capsize=3)
    axes.set(
        xscale="log", xlabel="EMD that may move the output by 1 [GeV]", ylabel="AUC on test jets"
    )
    axes.set_xticks(scale, [f"{one:g}" for one in scale])
    axes.set_xticks([], minor=True)
    axes.set_title("Lipschitz EFN: what a bound costs")
    return figure


def _curve(
    axes: Any, rows: list[dict[str, Any]], name: str, colour: str, label: str | None
) -> None:
    """A line with its band of one standard deviation."""
    epsilon, value, error = (_column(rows, key) for key in ("epsilon_gev", name, f"{name}_err"))
    # Where R of the labels is hardly known, its share is not known at all.
    value = np.where(error < 0.5, value, np.nan)
    axes.plot(epsilon, value, "o-", color=colour, label=label, lw=1.8, ms=5)
    axes.fill_between(epsilon, value - error, value + error, color=colour, alpha=0.2, lw=0)


def _column(rows: list[dict[str, Any]], name: str) -> np.ndarray:
    """One number of every row."""
    return np.array([row[name] for row in rows], float)


def _epsilon(axes: Any) -> None:
    """The resolution axis."""
    axes.set(xscale="log", xlabel="resolution ε [GeV]")
    axes.set_xticks(GRID, [str(one) for one in GRID])
    axes.set_xticks([], minor=True)

"""The figures of learned_metric.py: AUC against the number of jets, and the learned shares."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from smearjax.report.style import BLUE, INK, OCHRE, VERMILION, hep_style

METHODS = {
    "mixture": "learned metric, three ε",
    "metric": "learned metric",
    "efn": "EFN",
    "plain": "SEMD, β = 1",
}


def draw(rows: list[dict[str, Any]], out: Path) -> None:
    """Both figures of all runs that are there."""
    most = max(row["train"] for row in rows)
    learned = [row["numbers"] for row in rows if row["train"] == most]
    with hep_style():
        auc_figure(rows).savefig(out / "auc.png")
        shares_figure(learned, most).savefig(out / "shares.png")


def auc_figure(rows: list[dict[str, Any]]) -> Any:
    """Mean AUC over the seeds, with their scatter."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7.8, 5.8))
    numbers = sorted({row["train"] for row in rows})
    for (method, label), colour, mark in zip(
        METHODS.items(), (VERMILION, OCHRE, INK, BLUE), "ovs^", strict=True
    ):
        values = [[r["auc"][method][0] for r in rows if r["train"] == n] for n in numbers]
        mean = np.array([np.mean(v) for v in values])
        spread = np.array([np.std(v, ddof=1) if len(v) > 1 else 0 for v in values])
        axes.errorbar(numbers, mean, spread, marker=mark, color=colour, label=label, lw=2)
    axes.set(xscale="log")
    axes.set_xticks(numbers, [f"{number:,}" for number in numbers])
    axes.set_xticks([], minor=True)
    axes.set_xlabel("training jets, both classes")
    axes.set_ylabel(f"AUC on {rows[0]['test']:,} test jets")
    # The shares add up to 1.
    numbers_learned = len(rows[0]["numbers"]) - 1
    axes.set_title(f"{numbers_learned} numbers, {numbers_learned + 3} with three ε, beside 82,257")
    axes.legend()
    return figure


def shares_figure(learned: list[dict[str, float]], jets: int) -> Any:
    """The share of each stretch beside SEMD's, one panel for each β."""
    import matplotlib.pyplot as plt

    betas, shares = (
        np.array([[v for k, v in one.items() if k.startswith(name)] for one in learned])
        for name in ("beta", "share")
    )
    many = betas.shape[1]
    shares = shares.reshape(len(learned), many, -1)
    place = np.arange(shares.shape[2])
    edges = (np.arange(len(place) + 1) / len(place)) ** 3
    figure, panels = plt.subplots(1, many, figsize=(7.8 * many, 5.8), squeeze=False, sharey=True)
    for k, axes in enumerate(panels[0]):
        mean = shares[:, k].mean(axis=0)
        error = shares[:, k].std(axis=0, ddof=1) if len(learned) > 1 else None
        axes.bar(place, mean, 0.8, yerr=error, color=VERMILION, alpha=0.75, label="learned",
                 ecolor=INK)  # fmt: skip
        axes.stairs(mean.sum() * np.diff(edges), np.arange(len(place) + 1) - 0.5, baseline=None,
                    color=BLUE, lw=2, label="SEMD")  # fmt: skip
        axes.set_xticks([], minor=True)
        axes.set_xticks(place[::3] - 0.5, [f"{edge:.1g}" for edge in edges[:-1:3]])
        axes.set_xlabel("quantile $U$: widest angles left, core right")
        axes.set_title(f"β = {betas[:, k].mean():.2f}, {jets:,} jets")
    panels[0, 0].set_ylabel("share of the metric")
    panels[0, 0].legend(loc="upper center")
    panels[0, 0].set_ylim(bottom=0)
    return figure

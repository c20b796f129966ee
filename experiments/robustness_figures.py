"""The figures of robustness.py: AUC under attack, and with noise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from smearjax.report.style import BLUE, GREEN, INK, OCHRE, VERMILION, hep_style

COLOURS = {
    "EFN": INK,
    "Moment EFN": BLUE,
    "Lipschitz EFN": GREEN,
    "PFN": VERMILION,
    "PFN-ID": OCHRE,
}
LINES = {"adversary": "--", "splits": ":"}
KINDS = {
    "pt": "momenta smeared",
    "angles": "angles smeared",
    "lost": "soft particles lost",
    "added": "soft particles added",
}


def draw(rows: list[dict[str, Any]], jets: int, out: Path) -> None:
    """Both figures."""
    with hep_style():
        attack_figure(rows, jets).savefig(out / "attack.png")
        noise_figure(rows, jets).savefig(out / "noise.png")


def look(name: str) -> dict[str, str]:
    """Colour of the network, dashed or dotted if it was trained on changed jets."""
    base, _, how = name.partition(", ")
    return {"color": COLOURS[base], "linestyle": LINES.get(how, "-"), "label": name}


def attack_figure(rows: list[dict[str, Any]], jets: int) -> Any:
    """AUC against the budget, and the shares of jets that a budget flips."""
    import matplotlib.pyplot as plt
    import numpy as np

    figure, (left, right) = plt.subplots(1, 2, figsize=(13.4, 5.8))
    for row in rows:
        style = look(row["name"])
        budget = np.array(row["curves"]["budget"])
        value, low, high = (
            [one[key] for one in row["curves"]["attack"]] for key in ("value", "lo", "hi")
        )
        left.plot(budget, value, marker="o", **style)
        left.fill_between(budget, low, high, color=style["color"], alpha=0.2, linewidth=0)
        cost = np.sort(row["flips"]["copies 1"]["cost"])
        right.plot(cost, np.arange(1, len(cost) + 1) / len(cost), **style)
    left.axhline(0.5, color="0.6", lw=1)
    left.set_xscale("symlog", linthresh=0.25)
    left.set_xticks([0, 0.5, 1, 2, 4, 8, 16], ["0", ".5", "1", "2", "4", "8", "16"])
    left.set_xlabel("budget of the attack [GeV of transport]")
    left.set_ylabel(f"AUC on {jets:,} test jets")
    left.legend(loc="upper right")
    right.set(xscale="log", xlim=(0.01, 100), ylim=(0, 1))
    right.set_xlabel("smallest flip [GeV of transport]")
    right.set_ylabel("share of jets")
    right.axhline(0.5, color="0.6", lw=1)
    return figure


def noise_figure(rows: list[dict[str, Any]], jets: int) -> Any:
    """AUC against the distance that each kind of noise moves jets."""
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(2, 2, figsize=(11.5, 8.6), sharex=True, sharey=True)
    for axes, (kind, title) in zip(panels.flat, KINDS.items(), strict=True):
        for row in rows:
            if kind not in row["curves"]["noise"]:
                continue
            curve = row["curves"]["noise"][kind]
            clean = row["curves"]["attack"][0]["value"]
            axes.plot(
                [one["value"] for one in curve["moved"]],
                [one["value"] - clean for one in curve["auc"]],
                marker="o", **look(row["name"]),
            )  # fmt: skip
        axes.axhline(0, color="0.6", lw=1)
        axes.set(xscale="log")
        axes.set_title(title)
    for axes in panels[1]:
        axes.set_xlabel("median SEMD distance moved [GeV]")
    for axes in panels[:, 0]:
        axes.set_ylabel("change of AUC")
    panels[0, 0].legend(loc="lower left", title=f"{jets:,} test jets")
    return figure

"""Two sets of jets compared: differences in units of their errors, and the figures of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from smearjax.report.axes import epsilon_axis
from smearjax.report.style import BLUE, INK, MUTED, VERMILION, hep_style

Part = dict[str, Any]
SETS = {"A": BLUE, "B": VERMILION}
NAMES = {"auc": "AUC", "cross_entropy": "cross-entropy [nats]", "R": "$R$", "B": "$B$"}
KINDS = {"labels": BLUE, "network": INK}


class Pair:
    """One curve of A and of B: at their N, for N → ∞, differences in units of their errors."""

    def __init__(self, a: Part, b: Part, curve: str):
        limits = [{k: np.array(v) for k, v in part["curves"][curve].items()} for part in (a, b)]
        self.finite = np.array([of["at_n"][0] for of in limits])
        self.finite_err = np.array([of["at_n_err"] for of in limits])
        self.limit = np.array([of["limit"] for of in limits])
        self.limit_err = np.array([of["limit_err"] for of in limits])
        self.resolved = limits[0]["resolved"] & limits[1]["resolved"]
        # The same jets at N/8 and at N: the noise of the jets is common to both.
        self.drift = np.array([of["at_n"][0] - of["at_n"][-1] for of in limits])

    def pull(self, which: str) -> np.ndarray:
        """(A − B)/error; "finite" or "limit"."""
        values, errors = getattr(self, which), getattr(self, f"{which}_err")
        return (values[0] - values[1]) / np.hypot(*errors)


def draw(found: dict[str, Part], out: Path) -> None:
    """One file for each figure."""
    with hep_style():
        import matplotlib.pyplot as plt

        for name, figure in (("curves", curves(found)), ("network", network(found))):
            figure.savefig(out / f"{name}.png")
            plt.close(figure)


def sizes(found: dict[str, Part]) -> dict[str, str]:
    """What A and B are called in a legend."""
    return {name: f"{name}, {sum(found[f'labels_{name}']['n_jets']):,} jets" for name in SETS}


def gev(axes: Any, epsilon: np.ndarray) -> None:
    """The axis of ε, with room for points that are moved aside."""
    ends = (0.95 * epsilon[0], 1.05 * epsilon[-1])
    epsilon_axis(axes, [{"epsilon_gev": end} for end in ends])


def note(figure: Any, text: str) -> None:
    """Small print below the panels."""
    figure.supxlabel(text, x=0.015, ha="left", fontsize=12, color=MUTED)


def points(
    axes: Any,
    x: np.ndarray,
    pair: Pair,
    i: int,
    colour: str,
    mark: str = "o",
    label: str | None = None,
) -> None:
    """The limits of one set with their errors, open where not resolved."""
    for keep, face in ((pair.resolved, colour), (~pair.resolved, "white")):
        values = (pair.limit[i][keep], pair.limit_err[i][keep])
        axes.errorbar(x[keep], *values, fmt=mark, color=colour, mfc=face, ms=7, lw=1.8)
    axes.plot([], [], mark, color=colour, ms=7, label=label)


def curves(found: dict[str, Part]) -> Any:
    """AUC, cross-entropy, R and B of A and B, each above (A − B)/error."""
    import matplotlib.pyplot as plt

    figure, grid = plt.subplots(4, 2, figsize=(13, 14), sharex=True, height_ratios=(2.2, 1, 2.2, 1))
    a, b = found["labels_A"], found["labels_B"]
    epsilon = np.array(a["epsilon"])
    places = [(grid[r, c], grid[r + 1, c]) for r in (0, 2) for c in (0, 1)]
    for (top, below), (curve, name) in zip(places, NAMES.items(), strict=True):
        pair = Pair(a, b, curve)
        for i, (each, colour) in enumerate(SETS.items()):
            value, error = pair.finite[i], pair.finite_err[i]
            label = sizes(found)[each]
            top.fill_between(epsilon, value - error, value + error, color=colour, alpha=0.2, lw=0)
            top.plot(epsilon, value, "--", color=colour, lw=1.8, label=f"{label}: as measured")
            points(top, epsilon * (0.985, 1.015)[i], pair, i, colour, label=f"{label}: N → ∞")
        top.set_ylabel(name)
        pulls(below, epsilon, pair)
    for axes in grid[-1]:
        gev(axes, epsilon)
    legends = [axes.get_legend_handles_labels() for axes in grid[:2, 0]]
    handles, labels = (legends[0][i] + legends[1][i] for i in (0, 1))
    figure.legend(handles, labels, loc="outside upper center", ncols=3)
    note(figure, "A and B share no jet; bands and bars: one standard error; open: not resolved")
    figure.align_ylabels()
    return figure


def pulls(axes: Any, epsilon: np.ndarray, pair: Pair) -> None:
    """(A − B)/error as measured and for N → ∞."""
    axes.axhspan(-1, 1, color=MUTED, alpha=0.15, lw=0)
    axes.axhline(0, color=INK, lw=1)
    name = "(A − B)/error"
    measured = pair.pull("finite")
    axes.plot(epsilon * 0.985, measured, "s", color=MUTED, ms=7, label=f"{name}: as measured")
    for keep, face in ((pair.resolved, INK), (~pair.resolved, "white")):
        axes.plot(epsilon[keep] * 1.015, pair.pull("limit")[keep], "o", color=INK, mfc=face, ms=7)
    axes.plot([], [], "o", color=INK, ms=7, label=f"{name}: N → ∞")
    reach = max(3.4, *(1.15 * np.abs(pair.pull(which)).max() for which in ("finite", "limit")))
    axes.set_ylim(-reach, reach)
    axes.set_ylabel(name)


def network(found: dict[str, Part]) -> Any:
    """AUC of smeared labels and of the smeared network, its error, and what N changes."""
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(3, 1, figsize=(8.6, 12), sharex=True, height_ratios=(2, 1, 1))
    top, middle, bottom = panels
    epsilon = np.array(found["labels_A"]["epsilon"])
    for kind, colour in KINDS.items():
        pair = Pair(found[f"{kind}_A"], found[f"{kind}_B"], "auc")
        for i, (mark, line) in enumerate((("o", "--"), ("s", ":"))):
            label = f"smeared {kind}, {sizes(found)['AB'[i]]}"
            top.plot(epsilon, pair.finite[i], line, color=colour, lw=1.8)
            points(top, epsilon * (0.985, 1.015)[i], pair, i, colour, mark, label)
            middle.plot(epsilon, pair.limit_err[i], line, marker=mark, color=colour)
            bottom.plot(epsilon, pair.drift[i], line, marker=mark, color=colour)
    value, error = found["network"]["auc_B"]
    label = "network, not smeared, B"
    top.axhspan(value - error, value + error, color=MUTED, alpha=0.3, lw=0, label=label)
    top.set_ylabel("AUC")
    middle.set_ylabel("error for N → ∞")
    middle.set_ylim(bottom=0)
    bottom.axhline(0, color=INK, lw=1)
    bottom.set_ylabel("AUC at N\n$-$ AUC at N/8")
    gev(bottom, epsilon)
    figure.legend(*top.get_legend_handles_labels(), loc="outside upper center", ncols=2)
    note(figure, "lines: as measured at N; points: N → ∞; open: not resolved")
    figure.align_ylabels()
    return figure

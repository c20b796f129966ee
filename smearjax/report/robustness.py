"""What an adversary with a budget in GeV, and what noise, leaves of each network's AUC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from smearjax.report.canvas import bare_figure
from smearjax.report.style import BLUE, GREEN, INK, MUTED, OCHRE, PINK, VERMILION

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Record = Mapping[str, Any]

_COLOURS = (INK, VERMILION, BLUE, GREEN, OCHRE, PINK)
_LINES = ("-", "--", ":", "-.")
KINDS = {
    "pt": "momenta smeared",
    "angles": "angles smeared",
    "lost": "soft particles lost",
    "added": "soft particles added",
}


def draw_attacks(networks: Sequence[Record], jets: int) -> Figure:
    """AUC against the budget, and the share of jets that a budget flips.

    Args:
        networks: Records with "name", "attack" (rows of budget_gev, value, lo, hi), "cost" (of the
            flips found, rising, GeV) and "not_found", their number.
        jets: Jets of the AUC.

    Returns:
        Left the AUC with 68 % bands; right the distribution of the smallest flips. Networks whose
        names agree up to a comma share a colour.

    Raises:
        KeyError: A record lacks a key.

    Examples:
        >>> draw_attacks([{"name": "EFN"}], 100)
        Traceback (most recent call last):
        KeyError: 'attack'
    """
    figure = bare_figure(13.4, 6.2)
    left, right = figure.subplots(1, 2)
    for one, look in zip(networks, _looks(networks), strict=True):
        rows = one["attack"]
        budget = [row["budget_gev"] for row in rows]
        left.plot(budget, [row["value"] for row in rows], marker="o", **look)
        low, high = ([row[end] for row in rows] for end in ("lo", "hi"))
        left.fill_between(budget, low, high, color=look["color"], alpha=0.2, linewidth=0)
        cost = np.array(one["cost"])
        share = np.arange(1, len(cost) + 1) / (len(cost) + one["not_found"])
        right.step(cost, share, where="post", **look)
    left.axhline(0.5, color=MUTED, lw=1)
    left.set_xlabel("budget of the attack [GeV of transport]")
    left.set_ylabel(f"AUC on {jets:,} test jets")
    right.axhline(0.5, color=MUTED, lw=1)
    right.set(xscale="log", xlim=(0.02, 50), ylim=(0, 1))
    _energies(right)
    right.set_xlabel("smallest flip [GeV of transport]")
    right.set_ylabel("share of jets")
    _legend(figure, left)
    return figure


def draw_noise(networks: Sequence[Record], jets: int) -> Figure:
    """Change of AUC against the distance that each kind of noise moves jets.

    Args:
        networks: Records with "name", "clean" (value) and "noise" (by kind rows of moved_gev,
            value, lo, hi).
        jets: Jets of the AUC.

    Returns:
        A panel a kind; colours as in `draw_attacks`; bars are the 68 % interval of the AUC with
        noise, and larger than the error of the change, as the jets are the same.

    Raises:
        KeyError: A record lacks a key.

    Examples:
        >>> draw_noise([{"name": "EFN"}], 100)
        Traceback (most recent call last):
        KeyError: 'noise'
    """
    figure = bare_figure(11.5, 8.6)
    panels = figure.subplots(2, 2, sharex=True, sharey=True)
    for axes, (kind, title) in zip(panels.flat, KINDS.items(), strict=True):
        for one, look in zip(networks, _looks(networks), strict=True):
            rows = one["noise"].get(kind)
            if rows:
                _noise_curve(axes, rows, one["clean"]["value"], look)
        axes.axhline(0, color=MUTED, lw=1)
        axes.set_xscale("log")
        _energies(axes)
        axes.text(0.04, 0.06, title, transform=axes.transAxes)
    for axes in panels[1]:
        axes.set_xlabel("median SEMD distance moved [GeV]")
    for axes in panels[:, 0]:
        axes.set_ylabel("change of AUC")
    _legend(figure, panels[0, 0], title=f"{jets:,} test jets")
    return figure


def _legend(figure: Figure, axes: Axes, title: str | None = None) -> None:
    """The names of the networks above all panels, lines long enough to tell dashes from dots."""
    handles, names = axes.get_legend_handles_labels()
    figure.legend(
        handles, names, loc="outside upper center", ncols=min(len(names), 4), handlelength=3,
        title=title,
    )  # fmt: skip


def _noise_curve(axes: Axes, rows: Sequence[Record], clean: float, look: Mapping[str, Any]) -> None:
    """One network's change."""
    change = [row["value"] - clean for row in rows]
    bars = [[row["value"] - row["lo"] for row in rows], [row["hi"] - row["value"] for row in rows]]
    moved = [row["moved_gev"] for row in rows]
    axes.errorbar(moved, change, bars, marker="o", capsize=2, elinewidth=1, **look)


def _energies(axes: Axes) -> None:
    """Few round numbers of GeV along the axis."""
    low, high = axes.get_xlim()
    ticks = [t for t in (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0) if low <= t <= high]
    axes.set_xticks(ticks, [f"{t:g}" for t in ticks])
    axes.xaxis.set_minor_formatter("")


def _looks(networks: Sequence[Record]) -> list[dict[str, Any]]:
    """A colour for each name up to the comma, a line for each of those that share it."""
    bases = [one["name"].partition(",")[0] for one in networks]
    order = list(dict.fromkeys(bases))
    return [
        {
            "color": _COLOURS[order.index(base) % len(_COLOURS)],
            "linestyle": _LINES[bases[:place].count(base) % len(_LINES)],
            "label": networks[place]["name"],
        }
        for place, base in enumerate(bases)
    ]

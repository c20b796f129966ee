"""Curves for infinitely many jets beside the measured ones."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from smearjax.report.axes import band, column, epsilon_axis, footer
from smearjax.report.canvas import bare_figure
from smearjax.report.chapters.chapter import Chapter, Picture, Record, Table
from smearjax.report.style import BLUE, INK, MUTED, VERMILION
from smearjax.report.words import energy, number, plus_minus

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_CURVES = {
    "auc": "AUC, leave-one-out",
    "R": "R(ε)",
    "cross_entropy": "cross-entropy [nats]",
    "B": "B(ε)",
}
_HEADS = {"auc": "AUC", "cross_entropy": "cross-entropy [nats]", "R": "R", "B": "B"}


def extrapolation(record: Record, result: Record) -> Chapter:
    """One figure of four curves, and their numbers."""
    most, least = (f"{record['n_jets'][k]:,.0f}" for k in (0, -1))
    lead = (
        f"All {most} jets, each left out of its own ball, and subsets of them down to {least}: "
        "at fixed ε every curve goes with the number of jets N like a constant + c₁/N + c₂/N², so "
        "that the constant is what infinitely many such jets would give. Only then may curves of "
        "analyses with different numbers of jets be laid on top of one another.",
    )
    caption = (
        "Lines and bands: measured with all jets. Points: the limit N → ∞ with its error, from the "
        "jets and the fit. Open points are not resolved, because balls are not well filled or the "
        "1/N² term matters: the AUC still rises with more jets and the cross-entropy falls. Where "
        "line and point agree, more jets would not change the picture."
    )
    rows = tuple(
        (
            energy(row["epsilon_gev"]),
            f"{100 * row['empty_fraction']:.1f} %",
            *(_cell(row, name) for name in _HEADS),
        )
        for row in record["rows"]
    )
    heads = ("ε [GeV]", "empty", *(f"{head}: N → ∞" for head in _HEADS.values()))
    return Chapter(
        lead,
        (
            Picture(
                "extrapolation",
                partial(extrapolation_figure, record, result),
                "AUC, cross-entropy, R and B against the resolution in GeV, as measured and for "
                "infinitely many jets",
                "From N jets to N → ∞",
                caption,
                wide=True,
            ),
        ),
        (Table(heads, rows, "From N jets to N → ∞ (* = not resolved)"),),
    )


def _cell(row: Record, name: str) -> str:
    """A measured number and its limit."""
    limit = plus_minus(row[f"{name}_limit"], row[f"{name}_limit_err"])
    return f"{number(row[name])} → {limit}" + ("" if row[f"{name}_resolved"] else " *")


def extrapolation_figure(record: Record, result: Record) -> Figure:
    """Four curves as measured, and their limits."""
    figure = bare_figure(12.6, 8.4)
    panels: Any = figure.subplots(2, 2, sharex=True)
    for axes, (name, label) in zip(panels.flat, _CURVES.items(), strict=True):
        _curve(axes, record["rows"], name, {"R": BLUE, "B": VERMILION}.get(name, INK))
        axes.set_ylabel(label)
    for axes in panels[1]:
        epsilon_axis(axes, record["rows"])
    panels[0, 0].plot(
        [], [], "o-", color=MUTED, mec="white", label=f"{record['n_jets'][0]:,.0f} jets"
    )
    panels[0, 0].errorbar([], [], [], fmt="D", ms=7, color=MUTED, mec="white", label="N → ∞")
    panels[0, 0].errorbar([], [], [], fmt="D", ms=7, color=MUTED, mfc="white", label="not resolved")
    panels[0, 0].legend(loc="lower right")
    panels[0, 0].set_title("What more jets would say")
    figure.align_ylabels()
    footer(figure, result, "; bands and bars ±1 standard error")
    return figure


def _curve(axes: Axes, rows: Any, name: str, colour: str) -> None:
    """The measured curve with its band and the limits with their errors."""
    epsilon, value, error = (column(rows, k) for k in ("epsilon_gev", name, f"{name}_err"))
    band(axes, epsilon, value, value - error, value + error, colour)
    limit, limit_error = (column(rows, f"{name}_limit{end}") for end in ("", "_err"))
    resolved = np.array([row[f"{name}_resolved"] for row in rows], bool)
    limits = axes.get_ylim()
    for some, face in ((resolved, colour), (~resolved, "white")):
        axes.errorbar(
            epsilon[some], limit[some], limit_error[some],
            fmt="D", ms=7, color=colour, mfc=face, mec=colour if face == "white" else "white",
            capsize=3, lw=1.5, zorder=5,
        )  # fmt: skip
    # Far off, what is not resolved need not be seen.
    shown = np.concatenate([(limit + s * limit_error)[resolved] for s in (-1, 1)])
    low, high = np.min(shown, initial=limits[0]), np.max(shown, initial=limits[1])
    axes.set_ylim(low - 0.04 * (high - low), high + 0.04 * (high - low))

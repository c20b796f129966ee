"""Figures that set the classifiers side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from smearjax.report.axes import footer, new_figure
from smearjax.report.style import INK, MUTED, colours, pretty

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

AT_HALF = "inverse_gluon_efficiency_at_half"


def roc_figure(result: Mapping[str, Any]) -> Figure:
    """ROC curves in the field's habit: gluon rejection 1/ε_g against quark efficiency ε_q.

    Args:
        result: A checked result.

    Returns:
        One curve for each score on a logarithmic axis, as far up as three test jets carry it; the
        intervals of 1/ε_g stand at the working point ε_q = 50 %.

    Raises:
        KeyError: The result was not checked and lacks a key.

    Examples:
        >>> roc_figure({})
        Traceback (most recent call last):
        KeyError: 'roc'
    """
    curves = result["roc"]
    shade = colours(list(curves))
    figure, axes = new_figure((8.6, 6.6))
    ceiling = max(10.0, result["split"]["test"]["gluon"] / 3)
    records = _records(result)
    # The same number as in the table; the curve's own only for a score that has no entry there.
    at_half = {
        name: records.get(pretty(name), {}).get(AT_HALF) or rejection_at_half(curve)
        for name, curve in curves.items()
    }
    order = sorted(curves, key=lambda name: -at_half[name])
    for i, name in enumerate(order):
        quark = np.array(curves[name]["quark_efficiency"], dtype=np.float64)
        gluon = np.array(curves[name]["gluon_efficiency"], dtype=np.float64)
        seen = (gluon > 0) & (quark > 0)
        label = f"{pretty(name)}  {at_half[name]:.1f}"
        axes.plot(quark[seen], 1 / gluon[seen], color=shade[name], label=label)
        x = 0.5 + 0.004 * (i - (len(order) - 1) / 2)
        _working_point(axes, records.get(pretty(name), {}), shade[name], x)
    diagonal = np.linspace(0.01, 1, 200)
    axes.plot(diagonal, 1 / diagonal, color=MUTED, lw=1.0, ls=":", label="no separation")
    axes.axvline(0.5, color=MUTED, lw=1.0, zorder=0)
    axes.set(xlim=(0, 1), ylim=(1, ceiling), yscale="log")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_xlabel("quark efficiency $ε_q$")
    axes.set_ylabel("gluon rejection $1/ε_g$")
    axes.set_title("Rejection of gluon jets")
    axes.legend(loc="upper right", title="$1/ε_g$ at $ε_q$ = 50 %", alignment="right")
    footer(figure, result, "; bars 68 %")
    return figure


def ordering_figure(result: Mapping[str, Any]) -> Figure:
    """Average decision ordering of each pair of scores, as a table of coloured cells.

    Args:
        result: A checked result.

    Returns:
        The matrix with its numbers. Colour follows max(ADO, 1 − ADO): a reversed ordering knows
        as much.

    Raises:
        KeyError: The result was not checked and lacks a key.

    Examples:
        >>> ordering_figure({})
        Traceback (most recent call last):
        KeyError: 'ado'
    """
    ado = result["ado"]
    names = list(ado)
    matrix = np.array([[ado[a][b] for b in names] for a in names], dtype=np.float64)
    side = 3.6 + 0.95 * len(names)
    figure, axes = new_figure((max(side, 6.5) + 1.4, max(side, 6.0)))
    strength = np.maximum(matrix, 1 - matrix)
    image = axes.imshow(strength, vmin=0.5, vmax=1.0, cmap="Blues")
    for (row, col), value in np.ndenumerate(matrix):
        text = "–" if np.isnan(value) else f"{value:.3f}"
        paint = "white" if strength[row, col] > 0.8 else INK
        axes.text(col, row, text, ha="center", va="center", color=paint, fontsize=15)
    labels = [pretty(name) for name in names]
    axes.set_xticks(range(len(names)), labels, rotation=30, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(names)), labels)
    axes.tick_params(which="both", length=0)
    axes.minorticks_off()
    bar = figure.colorbar(image, ax=axes, shrink=0.8, pad=0.03)
    bar.set_label("max(ADO, 1 − ADO)", fontsize=14)
    axes.set_title("Which scores order jets alike")
    footer(figure, result, "")
    return figure


def rejection_at_half(curve: Mapping[str, Any]) -> float:
    """Gluon rejection where the curve passes the working point.

    Args:
        curve: `quark_efficiency` and `gluon_efficiency`, rising, equally long.

    Returns:
        1/ε_g at ε_q = 0.5, interpolated linearly in the efficiencies; infinite if ε_g is 0 there.

    Examples:
        >>> rejection_at_half({"quark_efficiency": [0, 1], "gluon_efficiency": [0, 1]})
        2.0
    """
    gluon = float(np.interp(0.5, curve["quark_efficiency"], curve["gluon_efficiency"]))
    return 1 / gluon if gluon > 0 else float("inf")


def _records(result: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The rows of the comparison by the names under which they are printed."""
    others = {**result["observables"], **result.get("learned", {})}
    named = {pretty(key): record for key, record in others.items()}
    return {"EFN": result["efn"], "smeared likelihood": result["best"], **named}


def _working_point(axes: Axes, record: Mapping[str, Any], colour: str, x: float) -> None:
    """Draw the interval of 1/ε_g at 50 % where there is one."""
    ends: list[Any] = [record.get(f"{AT_HALF}{end}") for end in ("", "_lo", "_hi")]
    if None in ends:
        return
    value, low, high = ends
    axes.errorbar(
        x, value, [[max(value - low, 0)], [max(high - value, 0)]],
        fmt="o", ms=6, color=colour, mec="white", capsize=3, lw=1.6, zorder=5,
    )  # fmt: skip

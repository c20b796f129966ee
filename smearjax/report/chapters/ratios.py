"""Distributions of ln L and ROC curves at a few ε."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from smearjax.report.axes import column, footer, new_figure
from smearjax.report.canvas import bare_figure
from smearjax.report.chapters.chapter import Chapter, Picture, Record, Table
from smearjax.report.style import BLUE, GREEN, INK, MUTED, OCHRE, VERMILION
from smearjax.report.words import energy, interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BY_EPSILON = (VERMILION, BLUE, GREEN, OCHRE)


def ratios(record: Record, result: Record) -> Chapter:
    """Two figures and a table."""
    test = result["split"]["test"]
    best = energy(result["best"]["epsilon_gev"])
    lead = (
        f"The {test['quark'] + test['gluon']:,} test jets, smeared over training and validation "
        f"jets at the best resolution, {best} GeV, and at half, 3 and 10 times that. An empty ball "
        "says nothing: its jet counts as a tie for the AUC and is left out of the distributions, "
        "so their fraction belongs to every number.",
    )
    rows = tuple(
        (
            energy(at["epsilon_gev"]),
            interval(at, "auc"),
            f"{100 * at['empty_fraction']:.1f} %",
            f"{100 * at['one_class_fraction']:.1f} %",
        )
        for at in record["at"]
    )
    return Chapter(
        lead,
        (
            Picture(
                "log_ratios",
                partial(ratios_figure, record, result),
                "Distributions of the smeared log-likelihood ratio of quark and gluon jets at "
                "several resolutions",
                "What the likelihood says of quark and of gluon jets",
                "Right of 0 a jet is called a quark jet. At small ε single neighbours decide: the "
                "distributions are wide and ragged. At large ε every ball holds nearly all jets "
                "and both classes draw together at 0, although their order, and so the AUC, may "
                "hold. The end bins hold what lies beyond; bands are one standard error.",
                wide=True,
            ),
            Picture(
                "roc_by_scale",
                partial(roc_figure, record, result),
                "Gluon rejection against quark efficiency at several resolutions",
                "Rejection by scale",
                "The fewer gluon jets get through at a given share of quark jets kept, the higher "
                "the curve, and the better. Curves end where fewer than three gluon jets of the "
                "test remain.",
            ),
        ),
        (Table(("ε [GeV]", "AUC, 68 %", "empty balls", "balls of one class"), rows),),
    )


def ratios_figure(record: Record, result: Record) -> Figure:
    """One panel for each ε."""
    number = len(record["at"])
    down = -(-number // 2)
    figure = bare_figure(12.6, 4.0 * down + 0.7)
    panels: Any = figure.subplots(down, 2, squeeze=False)
    for axes in panels.flat[number:]:
        axes.set_axis_off()
    for axes, at in zip(panels.flat, record["at"], strict=False):
        _histograms(axes, at)
    for axes in panels[-1]:
        axes.set_xlabel("smeared log-likelihood ratio  ln L(x|ε)")
    for axes in panels[:, 0]:
        axes.set_ylabel("share of jets per unit of ln L")
    footer(figure, result, "; bands ±1 standard error")
    return figure


def _histograms(axes: Axes, at: Record) -> None:
    """Both classes at one ε."""
    rows = at["histogram"]
    edges = np.append(column(rows, "low"), rows[-1]["high"])
    for name, colour in (("quark", BLUE), ("gluon", VERMILION)):
        value, error = column(rows, name), column(rows, f"{name}_err")
        axes.stairs(value, edges, fill=True, color=colour, alpha=0.13, lw=0)
        axes.stairs(value + error, edges, baseline=np.maximum(value - error, 0), fill=True,
                    color=colour, alpha=0.3, lw=0)  # fmt: skip
        axes.stairs(value, edges, color=colour, lw=2, label=f"{name} jets")
    axes.axvline(0, color=MUTED, lw=1.0, zorder=0)
    axes.set(xlim=(edges[0], edges[-1]), ylim=(0, 1.32 * axes.get_ylim()[1]))
    axes.set_title(f"ε = {energy(at['epsilon_gev'])} GeV")
    words = f"AUC {at['auc']:.3f}\n{100 * at['empty_fraction']:.1f} % empty"
    axes.text(0.97, 0.94, words, transform=axes.transAxes, ha="right", va="top", fontsize=14,
              linespacing=1.4)  # fmt: skip
    axes.legend(loc="upper left")


def roc_figure(record: Record, result: Record) -> Figure:
    """1/ε_g against ε_q for each ε."""
    figure, axes = new_figure((8.6, 6.6))
    for at, colour in zip(record["at"], _BY_EPSILON, strict=False):
        quark, gluon = (np.array(at["roc"][f"{c}_efficiency"], float) for c in ("quark", "gluon"))
        seen = (gluon > 0) & (quark > 0)
        best = at["epsilon_gev"] == result["best"]["epsilon_gev"]
        label = (
            f"{energy(at['epsilon_gev'])} GeV{' (best)' if best else ''}, AUC {at['auc']:.3f}, "
            f"{100 * at['empty_fraction']:.1f} % empty"
        )
        axes.plot(quark[seen], 1 / gluon[seen], color=INK if best else colour, label=label,
                  lw=3 if best else 2)  # fmt: skip
    diagonal = np.linspace(0.01, 1, 200)
    axes.plot(diagonal, 1 / diagonal, color=MUTED, lw=1.0, ls=":", label="no separation")
    axes.set(xlim=(0, 1), ylim=(1, max(10.0, result["split"]["test"]["gluon"] / 3)), yscale="log")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set(xlabel="quark efficiency $ε_q$", ylabel="gluon rejection $1/ε_g$")
    axes.set_title("Rejection of gluon jets, by resolution")
    axes.legend(loc="upper right")
    footer(figure, result, "")
    return figure

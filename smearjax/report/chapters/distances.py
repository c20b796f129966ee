"""F(ε), D(ε) and nearest neighbours of gluon and quark jets."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from smearjax.report.axes import column, epsilon_axis, footer, new_figure
from smearjax.report.chapters.chapter import Chapter, Picture, Record, Table
from smearjax.report.style import BLUE, MUTED, VERMILION
from smearjax.report.words import energy, plus_minus

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLOURS = {"gg": VERMILION, "gq": MUTED, "qq": BLUE}
_NAMES = {"gg": "gluon–gluon", "gq": "gluon–quark", "qq": "quark–quark"}
_NEAREST = {
    "gg": "gluon jet to gluon jets",
    "gq": "quark jet to gluon jets",
    "qq": "quark jet to quark jets",
}


def distances(record: Record, result: Record) -> Chapter:
    """Two figures: all pairs, nearest neighbours."""
    jets = record["n_jets"]
    medians = [
        f"{energy(m['value_gev'])} GeV (68 %: {energy(m['lo_gev'])} to {energy(m['hi_gev'])}) from "
        f"a {_NEAREST[kind]}"
        for kind, m in record["nearest_median"].items()
    ]
    lead = (
        f"Distances among {jets['gluon']:,} gluon and {jets['quark']:,} quark jets say what the "
        "space of jets is like before any classifier looks at it. F(ε) is the fraction of pairs "
        "closer than ε; its slope D = d ln F/d ln ε is the number of dimensions along which jets "
        "can move at that scale. The nearest of these jets sets the least ε that they resolve: its "
        f"median distance is {'; '.join(medians)}.",
    )
    heads = ("ε [GeV]", *(f"{x} {name}" for name in _NAMES.values() for x in "FD"))
    rows = tuple(
        (
            energy(row["epsilon_gev"]),
            *(
                plus_minus(row[f"{kind}_{x}"], row[f"{kind}_{x}_err"], 5 if x == "F" else 2)
                for kind in _NAMES
                for x in "FD"
            ),
        )
        for row in record["rows"]
    )
    return Chapter(
        lead,
        (
            Picture(
                "pair_distances",
                partial(pairs_figure, record, result),
                "Fraction of pairs of jets within a distance, and local dimension, against that "
                "distance in GeV, for gluon and quark jets",
                "Pairs within ε, and the dimension of their space",
                "Where pairs of a gluon and a quark jet are rarer than both other kinds, the "
                "classes lie in different places: that is what R measures. Below: the steeper F, "
                "the more directions jets of a kind have at that scale; D falls with ε because "
                "fewer emissions are resolved. Bands are one standard error and count jets, not "
                "pairs; points with fewer than 3 pairs are left out.",
            ),
            Picture(
                "nearest_neighbours",
                partial(nearest_figure, record, result),
                "Distribution of the distance in GeV to the nearest jet",
                "The nearest jet",
                "Share of the jets per unit of ln d whose nearest other jet lies at d; a curve’s "
                "area is 1. Left of its bulk a ball of radius d is empty for most jets. With more "
                "jets these distributions move left, like N to the power −1/D. Bands are one "
                "standard error.",
            ),
        ),
        (Table(heads, rows, "Pairs within ε and local dimension"),),
    )


def pairs_figure(record: Record, result: Record) -> Figure:
    """F on a logarithmic axis above D."""
    rows = record["rows"]
    figure, (top, bottom) = new_figure((8.6, 8.2), ratios=(1.15, 1))
    epsilon, highest = column(rows, "epsilon_gev"), 1.0
    for kind, colour in _COLOURS.items():
        value, error = (column(rows, f"{kind}_{x}") for x in ("F", "F_err"))
        least = 0.3 / record["n_pairs"][kind]
        there = value * record["n_pairs"][kind] >= 3
        top.fill_between(
            epsilon, np.maximum(value - error, least), value + error, where=there,
            color=colour, alpha=0.25, lw=0,
        )  # fmt: skip
        top.plot(epsilon[there], value[there], "o-", color=colour, mec="white", mew=0.6,
                 label=_NAMES[kind])  # fmt: skip
        value, error = (column(rows, f"{kind}_{x}") for x in ("D", "D_err"))
        there = error < 0.25 * value
        bottom.fill_between(epsilon, value - error, value + error, where=there,
                            color=colour, alpha=0.25, lw=0)  # fmt: skip
        bottom.plot(epsilon[there], value[there], "o-", color=colour, mec="white", mew=0.6)
        highest = np.max((value + error)[there], initial=highest)
    top.set(yscale="log", ylabel="fraction of pairs\nwithin ε,  F(ε)")
    top.set_ylim(top=2)
    top.legend(loc="lower right")
    top.set_title("How near jets come to one another")
    bottom.set(ylim=(0, 1.06 * highest), ylabel="local dimension\nd ln F/d ln ε")
    seen = [row for row in rows if any(row[f"{k}_F"] * record["n_pairs"][k] >= 3 for k in _NAMES)]
    epsilon_axis(bottom, seen or rows)
    bottom.set_xlabel("distance ε [GeV]")
    figure.align_ylabels()
    footer(figure, result, "; bands ±1 standard error")
    return figure


def nearest_figure(record: Record, result: Record) -> Figure:
    """Steps of the histograms with bands."""
    rows = record["nearest"]
    figure, axes = new_figure((8.6, 5.6))
    edges = np.append(column(rows, "low_gev"), rows[-1]["high_gev"])
    for kind, colour in _COLOURS.items():
        value, error = column(rows, kind), column(rows, f"{kind}_err")
        median = record["nearest_median"][kind]["value_gev"]
        axes.stairs(value + error, edges, baseline=value - error, fill=True, color=colour,
                    alpha=0.25, lw=0)  # fmt: skip
        axes.stairs(value, edges, color=colour, lw=2,
                    label=f"{_NEAREST[kind]}, median {energy(median)} GeV")  # fmt: skip
    axes.set_ylim(0, 1.3 * axes.get_ylim()[1])
    axes.set_ylabel("share of jets per unit of ln d")
    axes.set_title("How near the nearest jet is")
    axes.legend(loc="upper right")
    epsilon_axis(axes, [{"epsilon_gev": edge} for edge in edges])
    axes.set_xlabel("distance d to the nearest jet [GeV]")
    footer(figure, result, "; bands ±1 standard error")
    return figure

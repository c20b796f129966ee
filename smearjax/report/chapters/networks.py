"""Which scales a network has learned, and which it has not."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from smearjax.report.axes import band, column, epsilon_axis, footer, new_figure
from smearjax.report.chapters.chapter import Chapter, Picture, Record, Table
from smearjax.report.style import BLUE, colours
from smearjax.report.words import energy, interval, number, plus_minus

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SHOWN = (1.5, 3.0, 6.0, 12.0, 25.0, 50.0)  # GeV


def networks(record: Record, result: Record) -> Chapter:
    """Two figures, two tables."""
    jets, every = record["n_jets"], record["networks"]
    lead = (
        "Each test jet counts as a quark jet with the probability that the network gives it, and "
        "as a gluon jet with the rest. A network that knows the true probability has the R(ε) and "
        "B(ε) of the labels, with less noise; where its curve stays below theirs, it has not "
        "learned what the classes differ in at that scale. On "
        f"{jets['quark']:,} quark and {jets['gluon']:,} gluon test jets.",
        "A network whose probabilities are too sure has too large a share, one that is too timid "
        "too small a one: a share well above 1 says that it overstates what it knows.",
    )
    heads = ("network", "parameters", "AUC, 68 %", "1/ε_g at ε_q = 50 %, 68 %")
    ranks = tuple(
        (
            one["name"],
            number(one["parameters"], 0),
            interval(one, "auc"),
            interval(one, "inverse_gluon_efficiency_at_half", 1),
        )
        for one in every
    )
    shown = [(e, record["truth"][e]) for e in _nearest_rows(record["truth"])]
    shares = tuple(
        (
            energy(truth["epsilon_gev"]),
            f"{100 * every[0]['rows'][e]['empty_fraction']:.1f} %",
            plus_minus(*_value(truth, "R")),
            *(plus_minus(*_value(one["rows"][e], "R_share")) for one in every),
        )
        for e, truth in shown
    )
    names = tuple(f"share of {one['name']}" for one in every)
    return Chapter(
        lead,
        (
            Picture(
                "learned_scales",
                partial(shares_figure, record, result),
                "R against the resolution in GeV of labels and of networks, above the ratio",
                "What the networks have learned",
                "Above: R(ε) of the labels and of each network's probability. Below: the share of "
                "the labels' R that the network has. Bands ±1 standard deviation, those of the "
                "share from the same resampled jets on both sides.",
            ),
            Picture(
                "smeared_networks",
                partial(smeared_figure, record, result),
                "AUC and cross-entropy of smeared networks against the resolution in GeV",
                "Networks, smeared",
                "Each network's probability averaged over all other test jets within the "
                "resolution. The smaller the loss of AUC at an ε, the less of what the network "
                "knows lives below it. Empty balls, whose share the table has, count as ties. "
                "Dashed: the network itself.",
            ),
        ),
        (
            Table(heads, ranks, "Networks on the test jets"),
            Table(
                ("ε [GeV]", "empty balls", "R of labels", *names),
                shares,
                "Share of R, network over labels",
            ),
        ),
    )


def shares_figure(record: Record, result: Record) -> Figure:
    """R above, the shares below."""
    figure, (top, bottom) = new_figure((8.6, 8.2), ratios=(1.4, 1))
    truth = record["truth"]
    epsilon, (value, error) = column(truth, "epsilon_gev"), _columns(truth, "R")
    band(top, epsilon, value, value - error, value + error, BLUE)
    top.plot([], [], "o-", color=BLUE, mec="white", label="labels")
    bottom.axhline(1.0, color=BLUE, lw=1.5)
    paint = _paint(record)
    for one in record["networks"]:
        colour = paint[one["name"]]
        for axes, name in ((top, "R"), (bottom, "R_share")):
            value, error = _columns(one["rows"], name)
            # Where R of the labels is hardly known, its share is not known at all.
            value = np.where(error < 0.5, value, np.nan)
            band(axes, epsilon, value, value - error, value + error, colour)
        top.plot([], [], "o-", color=colour, mec="white", label=one["name"])
    top.set_ylabel("$R(\\varepsilon)$")
    top.set_title("Which scales the network has learned")
    top.legend(loc="upper right")
    bottom.set_ylim(0.0, 1.6)
    bottom.set_ylabel("network / labels")
    epsilon_axis(bottom, truth)
    figure.align_ylabels()
    footer(figure, result, "; bands ±1 standard deviation")
    return figure


def smeared_figure(record: Record, result: Record) -> Figure:
    """AUC above, cross-entropy below."""
    figure, (top, bottom) = new_figure((8.6, 8.2), ratios=(1, 1))
    epsilon, paint = column(record["truth"], "epsilon_gev"), _paint(record)
    for one in record["networks"]:
        colour, rows = paint[one["name"]], one["rows"]
        value, low, high = (column(rows, f"auc{end}") for end in ("", "_lo", "_hi"))
        band(top, epsilon, value, low, high, colour)
        top.axhline(one["auc"], color=colour, ls="--", lw=1.3)
        value, error = _columns(rows, "cross_entropy")
        band(bottom, epsilon, value, value - error, value + error, colour)
        top.plot([], [], "o-", color=colour, mec="white", label=f"{one['name']}, smeared")
    top.set_ylabel("AUC on test jets")
    top.set_title("What survives smearing")
    top.legend(loc="lower center")
    bottom.set_ylabel("cross-entropy [nats]")
    epsilon_axis(bottom, record["truth"])
    figure.align_ylabels()
    footer(figure, result, "; bands 68 %")
    return figure


def _paint(record: Record) -> dict[str, str]:
    """A colour for each network."""
    return colours([one["name"] for one in record["networks"]])


def _columns(rows: list[Record], name: str) -> tuple[np.ndarray, np.ndarray]:
    """A curve and its error."""
    return column(rows, name), column(rows, f"{name}_err")


def _value(row: Record, name: str) -> tuple[float | None, float | None]:
    """A number and its error."""
    return row[name], row[f"{name}_err"]


def _nearest_rows(truth: list[Record]) -> list[int]:
    """Where in the grid the resolutions of the table lie."""
    log = np.log(column(truth, "epsilon_gev"))
    inside = [e for e in _SHOWN if log[0] - 0.1 <= np.log(e) <= log[-1] + 0.1]
    return sorted({int(np.argmin(np.abs(log - np.log(e)))) for e in inside})

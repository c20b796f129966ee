"""The learned spectrum over scales, and what it brings."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from smearjax.report.axes import band, column, epsilon_axis, footer, new_figure
from smearjax.report.chapters.chapter import Chapter, Picture, Record, Table
from smearjax.report.style import BLUE, INK, SKY
from smearjax.report.words import energy, interval, number, plus_minus

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def mixture(record: Record, result: Record) -> Chapter:
    """One figure, one table."""
    jets, mixed, single = record["n_jets"], record["mixed"], record["best_single"]
    lead = (
        "One likelihood ratio of several resolutions, s(x) = b + Σ aₖ ln L(x|εₖ) with weights "
        f"aₖ ≥ 0 learned on {jets['quark']:,} quark and {jets['gluon']:,} gluon training jets, "
        "each left out of its own balls. The validation jets only chose the single ε to compare "
        "with, and the test jets took no part.",
        f"On the test jets the mixture reaches an AUC of {interval(mixed, 'auc')} and a "
        f"cross-entropy of {interval(mixed, 'cross_entropy', 4)} nats; the best single ε, "
        f"{energy(single['epsilon_gev'])} GeV, {interval(single, 'auc')} and "
        f"{interval(single, 'cross_entropy', 4)} nats. The gain in AUC on the same resampled jets "
        f"is {interval(mixed, 'auc_gain', 4)}.",
    )
    caption = (
        "Above: how much each resolution counts. Weights are a spectrum in GeV: a scale with a "
        "weight of 0 adds nothing to the others. Neighbouring ratios are alike, so they share "
        "weight, and the sum exceeds 1 where single ratios are too timid. Errors are from learning "
        "anew on resampled jets. Below: AUC and cross-entropy on the test jets of each single ε, "
        "and of the mixture."
    )
    heads = ("ε [GeV]", "weight", "test AUC, 68 %", "test cross-entropy [nats], 68 %", "validation")
    rows = tuple(
        (
            energy(row["epsilon_gev"]),
            plus_minus(row["weight"], row["weight_err"]),
            interval(row, "auc"),
            interval(row, "cross_entropy", 4),
            number(row["validation_cross_entropy"], 4),
        )
        for row in record["rows"]
    )
    return Chapter(
        lead,
        (
            Picture(
                "mixture",
                partial(mixture_figure, record, result),
                "Weights of a mixture of scales against the resolution in GeV, above the AUC and "
                "the cross-entropy of single resolutions and of the mixture",
                "A spectrum over scales",
                caption,
            ),
        ),
        (Table(heads, rows, "Weights, and each ε by itself"),),
    )


def mixture_figure(record: Record, result: Record) -> Figure:
    """Weights above AUC and cross-entropy."""
    rows, mixed = record["rows"], record["mixed"]
    figure, (top, *below) = new_figure((8.6, 9.2), ratios=(1.35, 1, 1))
    epsilon = column(rows, "epsilon_gev")
    weight, error = column(rows, "weight"), column(rows, "weight_err")
    top.vlines(epsilon, 0, weight, color=SKY, lw=9, alpha=0.45)
    # Weights cannot be negative.
    top.errorbar(epsilon, weight, (np.minimum(error, weight), error), fmt="o", ms=8, color=BLUE,
                 mec="white", capsize=4, lw=1.8)  # fmt: skip
    top.set_ylim(bottom=0)
    top.set_ylabel("weight $a_k$")
    top.set_title("What each scale adds")
    for axes, name, label in zip(
        below, ("auc", "cross_entropy"), ("test AUC", "test cross-\nentropy [nats]"), strict=True
    ):
        axes.axhspan(mixed[f"{name}_lo"], mixed[f"{name}_hi"], color=SKY, alpha=0.3, lw=0)
        axes.axhline(mixed[name], color=SKY, label="mixture")
        value, low, high = (column(rows, f"{name}{end}") for end in ("", "_lo", "_hi"))
        band(axes, epsilon, value, low, high, INK)
        axes.plot([], [], "o-", color=INK, mec="white", label="single ε")
        axes.set_ylabel(label)
    below[0].legend(loc="lower center", ncols=2)
    epsilon_axis(below[-1], rows)
    figure.align_ylabels()
    footer(figure, result, "; bands 68 %, bars ±1 standard deviation")
    return figure

"""The learned metric: what was learned, and what it brings."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from smearjax.report.axes import column
from smearjax.report.canvas import bare_figure
from smearjax.report.chapters.chapter import Chapter, Picture, Record, Table
from smearjax.report.style import INK, MUTED, PURPLE
from smearjax.report.words import energy, interval, number

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def metric(record: Record, result: Record) -> Chapter:
    """One figure, one table."""
    jets, score = record["n_jets"], result["learned"]["learned metric"]
    lead = (
        f"A metric of {record['numbers']} learned numbers: the exponent β of the angles, the "
        f"resolution ε, and shares, of sum 1, of {len(record['rows'])} stretches of the quantile "
        "axis. They were learned by gradient on the "
        f"leave-one-out cross-entropy of {jets['quark']:,} quark and {jets['gluon']:,} gluon "
        "training jets; the validation jets only said when to stop, the test jets took no part.",
        f"β = {record['beta']:.3f}, ε = {energy(record['epsilon_gev'])} GeV in this metric’s own "
        f"distance. Smeared over the training jets it reaches a test AUC of "
        f"{interval(score, 'auc')} with {100 * record['empty_fraction']:.1f} % empty balls, and a "
        f"cross-entropy of {interval(record, 'cross_entropy', 4)} nats. The table of the "
        "comparison has it beside the others, and so have the ROC curves.",
    )
    caption = (
        "The quantile axis orders the pairs of a jet’s particles from the widest angles, left, to "
        "its core, right; below each stretch, the mean angle there. Points: what each stretch "
        "contributes to the learned distance. Steps: what it contributes to SEMD. Where a point "
        "lies far above its step, classes differ more than pairs have weight there. These are the "
        "numbers of one training and carry no errors."
    )
    heads = ("stretch", "U from", "to", "mean ΔR", "share", "SEMD’s own")
    rows = tuple(
        (
            str(k),
            f"{row['u_low']:.2e}",
            f"{row['u_high']:.2e}",
            number(row["angle"], 4),
            number(row["share"], 4),
            number(row["semd_share"], 4),
        )
        for k, row in enumerate(record["rows"], start=1)
    )
    return Chapter(
        lead,
        (
            Picture(
                "learned_metric",
                partial(metric_figure, record, result),
                "Learned share of each stretch of the quantile axis beside that of SEMD",
                "Which angles tell the classes apart",
                caption,
            ),
        ),
        (Table(heads, rows, "The learned numbers"),),
    )


def metric_figure(record: Record, result: Record) -> Figure:
    """Shares by stretch, beside those of SEMD."""
    rows = record["rows"]
    figure = bare_figure(9.4, 6.0)
    axes = figure.subplots()
    share, own = column(rows, "share"), column(rows, "semd_share")
    place = np.arange(len(rows))
    least = 0.5 * min(share.min(), own.min())
    axes.stairs(own, np.arange(len(rows) + 1) - 0.5, baseline=least, fill=True, color=MUTED,
                alpha=0.16, lw=0)  # fmt: skip
    axes.stairs(own, np.arange(len(rows) + 1) - 0.5, baseline=None, color=MUTED, lw=1.8,
                label="SEMD")  # fmt: skip
    axes.vlines(place, least, share, color=PURPLE, lw=6, alpha=0.35)
    axes.plot(place, share, "o", ms=10, color=PURPLE, mec="white",
              label=f"learned, β = {record['beta']:.2f}")  # fmt: skip
    axes.set(yscale="log", xlim=(-0.6, len(rows) - 0.4), ylim=(least, 2.2))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_xticks(place, [f"{row['angle']:.2g}" for row in rows], rotation=45, fontsize=13)
    axes.tick_params(axis="x", which="minor", length=0)
    axes.set_xlabel("mean angle ΔR of the stretch, from the widest pairs to the core")
    axes.set_ylabel("share of the stretch in the metric")
    axes.set_title("Which angles the learned metric looks at")
    axes.legend(loc="upper center", ncols=2)
    figure.supxlabel(
        f"{record['numbers']} learned numbers from {record['n_jets']['quark']:,} quark and "
        f"{record['n_jets']['gluon']:,} gluon training jets; "
        f"ε = {energy(record['epsilon_gev'])} GeV in its own distance",
        x=0.015, ha="left", fontsize=11, color=MUTED, parse_math=False,
    )  # fmt: skip
    axes.spines[:].set_color(INK)
    return figure

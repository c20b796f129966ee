"""The Karhunen–Loève spectrum, and R by rank."""

from __future__ import annotations

from functools import partial

import numpy as np

from smearjax.report.axes import column
from smearjax.report.chapters.chapter import Chapter, Picture, Record, Table
from smearjax.report.low_rank import draw_components, draw_spectrum
from smearjax.report.words import energy, plus_minus


def components(record: Record, result: Record) -> Chapter:
    """Two figures, one table."""
    share, by_rank = column(record["spectrum"], "share"), record["information"]
    ninety = min(int(np.searchsorted(share, 0.9)) + 1, len(share))
    lead = (
        f"The {record['n_jets']:,} jets as vectors, turned to their principal components "
        "(Karhunen–Loève). A few components that hold most of the squared distance say that jets "
        "are nearly low-dimensional; whether those components also carry the labels is another "
        f"question. 90 % of ⟨d²⟩ are in the first {ninety}; the effective rank is "
        f"{plus_minus(record['effective_rank'], record['effective_rank_err'], 2)}.",
    )
    heads = ("first components", *(f"R at {energy(e)} GeV" for e in by_rank["epsilon_gev"]))
    rows = tuple(
        (
            str(row["components"]),
            *(
                f"({plus_minus(100 * s, 100 * e, 1)}) %"
                for s, e in zip(row["share"], row["share_err"], strict=True)
            ),
        )
        for row in by_rank["leading"]
    )
    return Chapter(
        lead,
        (
            Picture(
                "spectrum",
                partial(draw_spectrum, record),
                "Spectrum of the principal components in GeV, and the share of distance and of "
                "label information in the leading ones",
                "Distance in few components, labels in more",
                "Left: how far jets spread along each component. Right: the share of the squared "
                "distance in the first k components, beside the share of R at a few ε. Where R "
                "lags behind, small differences between jets carry labels. Bands are one standard "
                "error.",
                wide=True,
            ),
            Picture(
                "components",
                partial(draw_components, record),
                "The first components as changes of the spectral function",
                "What the first components change",
                "The mean jet and jets one and two standard deviations off along one component: "
                "the angle ω against the fraction U of the weight of all pairs that lies at wider "
                "angles. A curve that rises on the left has radiation at wider angles.",
                wide=True,
            ),
        ),
        (Table(heads, rows, "Share of R in the first components"),),
    )

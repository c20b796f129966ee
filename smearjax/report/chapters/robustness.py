"""How far jets must move before the networks decide otherwise."""

from __future__ import annotations

from functools import partial

from smearjax.report.chapters.chapter import Chapter, Picture, Record, Table
from smearjax.report.robustness import draw_attacks, draw_noise
from smearjax.report.words import number


def robustness(record: Record, result: Record) -> Chapter:
    """Two figures and a table."""
    every, jets = record["networks"], record["n_jets"]
    lead = (
        "A jet moves when its particles do; it costs pT_ref Σ z_i |Δp̂_i| in GeV, which is at least "
        "the energy mover's distance between the jet before and after. The smallest flip is the "
        "least cost found at which the network calls a quark jet a gluon jet or the other way "
        "round, at the median score of all test jets; its median over jets says in GeV how robust "
        "a network is. An adversary may also split each particle in two, and the halves may part; "
        f"flips below {record['free_gev']:g} GeV count as free then, and a network that is "
        "infrared and collinear safe has hardly any.",
        "Turning and mirroring a jet costs nothing, as all angles between particles stay: what "
        "that changes is no scale of the jet, but a symmetry not learned.",
        f"Flips of {jets['flipped']:,} test jets, attacks on {jets['attacked']:,}, noise on "
        f"{jets['disturbed']:,}, quark and gluon jets together. A search finds an upper bound of "
        "the smallest flip, and of the AUC that the best adversary leaves.",
    )
    return Chapter(
        lead,
        (
            Picture(
                "attacks",
                partial(draw_attacks, every, jets["attacked"]),
                "AUC against the budget of an attack in GeV, and the distribution of the smallest "
                "flips",
                "What an adversary with a budget leaves",
                "Left: AUC when every jet is moved against its label as far as the budget allows; "
                "bands are 68 % intervals. Right: share of the jets whose decision flips at a cost "
                "of so many GeV at most.",
                wide=True,
            ),
            Picture(
                "noise",
                partial(draw_noise, every, jets["disturbed"]),
                "Change of AUC against the distance in GeV that noise of four kinds moves jets",
                "What noise costs",
                "All kinds of noise lie on one axis, the median SEMD distance from a jet to itself "
                "with noise. Bars are the 68 % interval of the AUC with noise; as the jets are the "
                "same, the change itself is better known.",
                wide=True,
            ),
        ),
        (Table(_HEADS, tuple(_row(one) for one in every)),),
    )


_HEADS = (
    "network",
    "median smallest flip [GeV], 68 %",
    "if particles may split",
    "free",
    "AUC, 68 %",
    "turned and mirrored",
    "flipped by turns",
)


def _row(one: Record) -> tuple[str, ...]:
    """A network's line of the table."""
    return (
        one["name"],
        _ends(one["flip"], 2),
        _ends(one["split_flip"], 2),
        f"{100 * one['free_share']:.0f} %",
        _ends(one["attack"][0], 3),
        _ends(one["turned"], 3),
        f"{100 * one['flipped_by_turns']['value']:.0f} %",
    )


def _ends(record: Record, digits: int) -> str:
    """A value and both ends of its interval."""
    value, low, high = (number(record[name], digits) for name in ("value", "lo", "hi"))
    return f"{value} ({low} to {high})"

"""The observables that reproduce each network."""

from __future__ import annotations

from functools import partial

from smearjax.report.chapters.chapter import Chapter, Picture, Record, Table
from smearjax.report.guidance import draw_guidance
from smearjax.report.words import number, plus_minus


def guiding(record: Record, result: Record) -> Chapter:
    """For each network a figure and a table."""
    every = record["networks"]
    train, choose, test = every[0]["n_jets"]
    lead = (
        "Decision ordering asks whether two classifiers put a quark and a gluon jet in the same "
        "order. From a library of "
        f"{every[0]['n_observables']:,} observables (energy flow polynomials of up to "
        f"{record['degree']} edges, and observables with names) the one is taken that orders pairs "
        "most as the network does; then the one that does so on the pairs which a small network on "
        "the observables so far orders differently, and so on.",
        f"{train:,} of the test jets teach the small networks, {choose:,} choose, {test:,} give "
        "AUC and ADO.",
        *(_told(one) for one in every),
    )
    return Chapter(
        lead,
        tuple(
            Picture(
                f"guiding_{place}",
                partial(draw_guidance, one, one["name"]),
                f"AUC and ADO against the number of observables that {one['name']} was guided to",
                f"What {one['name']} uses",
                "Above: AUC of a small network on the observables so far, and of the network that "
                "they are to reproduce. Below: average decision ordering of the two, 1 if they "
                "order all pairs alike. At the foot the observables kept at the end: a dot for "
                "each particle, a line for each power of an angle between two. Bands are 68 % "
                "intervals.",
            )
            for place, one in enumerate(every, start=1)
            if one["steps"]
        ),
        tuple(_table(one) for one in every if one["steps"]),
    )


def _told(one: Record) -> str:
    """The end of guiding in a sentence."""
    if not one["observables"]:
        return f"{one['name']}: {one['stopped']}."
    names = "; ".join(one["observables"])
    return (
        f"{one['name']}: {names}. These give AUC {number(one['auc']['value'], 3)} where the "
        f"network has {number(one['black_box_auc']['value'], 3)}, and order "
        f"{number(100 * one['ado']['value'], 1)} % of the pairs as it does. It ended because "
        f"{one['stopped']}."
    )


def _table(one: Record) -> Table:
    """Step by step."""
    rows = tuple(
        (
            step["name"],
            plus_minus(step["ordering"], step["ordering_error"], 3),
            number(step["auc"]["value"], 3),
            number(step["ado"]["value"], 3),
            "; ".join(f"{new} for {old}" for old, new in step["exchanged"]) or "none",
        )
        for step in one["steps"]
    )
    heads = ("added", "ADO where different", "AUC", "ADO", "exchanged")
    return Table(heads, rows, f"How {one['name']} was guided")

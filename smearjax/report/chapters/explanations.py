"""What the networks' scores hang on."""

from __future__ import annotations

from functools import partial

from smearjax.report.attribution import draw_importance, draw_particles, whence
from smearjax.report.chapters.chapter import Chapter, Picture, Record, Table
from smearjax.report.words import number


def explanations(record: Record, result: Record) -> Chapter:
    """For each network surrogates, importances, and two jets."""
    every = record["networks"]
    train, test = every[0]["n_jets"]
    lead = (
        "A boosted tree and a linear model of "
        f"{len(record['observables'])} observables with names learn what each network says, on "
        f"{train:,} test jets; on the other {test:,} their average decision ordering (ADO) with "
        "the network says how far these observables suffice to imitate it.",
        "The importance of an observable is the share of quark–gluon pairs that the tree orders "
        "otherwise if it is another jet’s. Taken from any jet, it makes rows that no jet has where "
        "observables are correlated; taken from the ball of radius ε about the jet, it says what "
        "the tree needs to tell jets apart that are closer than about ε. Jets with empty balls are "
        "left out: "
        + "; ".join(
            f"{number(100 * one['left_out'], 1)} % at {whence(one)}"
            for one in every[0]["exchanged"][1:]
        )
        + ".",
    )
    pictures = [picture for place, one in enumerate(every, 1) for picture in _pictures(
        record, one, place)]  # fmt: skip
    return Chapter(lead, tuple(pictures), tuple(_table(one) for one in every))


def _pictures(record: Record, one: Record, place: int) -> tuple[Picture, Picture]:
    """Importances, and particles."""
    ways = [way for jet in one["jets"] for way in jet["baselines"]]
    worst = max(abs(way["missing"]) for way in ways)
    ball = next(whence(way) for way in ways if way["epsilon_gev"] is not None)
    return (
        Picture(
            f"importance_{place}",
            partial(draw_importance, one, record["observables"]),
            f"Importance of each observable to the tree that imitates {one['name']}, with "
            "replacements from all jets and from balls",
            f"What {one['name']}’s imitation hangs on",
            "Left: share of quark–gluon pairs that change their order if one observable is another "
            "jet’s, with 68 % intervals. Right: mean absolute Shapley value of 100 jets, in units "
            "of the normal quantile of the score.",
            wide=True,
        ),
        Picture(
            f"particles_{place}",
            partial(draw_particles, one),
            "A quark and a gluon jet as event displays, particles coloured by what they add to "
            f"the score of {one['name']}",
            f"Particles in the eyes of {one['name']}",
            "Integrated gradients: blue particles raise the score (quark), red ones lower it; "
            "areas are momenta. Above, on the way from a single particle at the axis to the jet: "
            "what makes it other than a jet without substructure. Below, from the jets around it, "
            f"drawn within {ball}: what makes it other than jets much like it. Titles give "
            "the score at the start and that of the jet; values sum to the difference but for "
            f"{number(worst, 3)}. Shown is the jet of the median score of each class.",
            wide=True,
        ),
    )


def _table(one: Record) -> Table:
    """How well surrogates do."""
    models = {"tree": "boosted tree", "linear": "linear model"}
    rows = [
        (models[made["model"]], _interval(made["auc"]), _interval(made["ado"]))
        for made in one["surrogates"]
    ]
    return Table(
        (f"in place of {one['name']}", "AUC", "ADO"),
        (*rows, (one["name"], _interval(one["auc"]), "1")),
    )


def _interval(one: Record) -> str:
    """A value with its ends."""
    return (
        f"{number(one['value'], 3)} (+{number(one['hi'] - one['value'], 3)} "
        f"−{number(one['value'] - one['lo'], 3)})"
    )

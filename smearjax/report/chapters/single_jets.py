"""Two jets at every resolution, beside the jets of their balls."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from smearjax.interpret import Explanation
from smearjax.jets import Jets
from smearjax.report.chapters.chapter import Chapter, Picture, Record, Table
from smearjax.report.displays import CLASS_NAME
from smearjax.report.flow import draw_flow
from smearjax.report.words import energy, number

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def single_jets(record: Record, result: Record) -> Chapter:
    """A figure for each jet."""
    best = energy(record["epsilon_gev"])
    lead = (
        "Of the quark and of the gluon test jets, the one whose smeared likelihood is wrong by the "
        f"most at the best resolution, {best} GeV, among those that change sides at a larger ε. "
        "All other jets are smeared over, the jet itself is left out. A smeared likelihood can be "
        "looked into: it is an average over the jets shown.",
    )
    rows = tuple(_row(one) for one in record["explained"])
    heads = ("jet", f"ln L at {best} GeV", "flips at ε [GeV]", "network’s log ratio")
    return Chapter(
        lead,
        tuple(_picture(one) for one in record["explained"]),
        (Table(heads, rows),),
    )


def _row(one: Record) -> tuple[str, ...]:
    """What is said of a jet, in numbers."""
    explanation = one["explanation"]
    flips = [energy(flip["epsilon"]) for flip in explanation["flips"]]
    return (
        f"{explanation['jet']}, {CLASS_NAME[explanation['label']]}",
        number(one["log_ratio_at_best"], 2),
        ", ".join(flips) or "–",
        number(one["efn_score"], 2),
    )


def _picture(one: Record) -> Picture:
    """The flow of a jet."""
    label = one["explanation"]["label"]
    kind = CLASS_NAME[label]
    wrong = (one["log_ratio_at_best"] < 0) == (label == 1)
    return Picture(
        f"jet_{kind}",
        partial(jet_figure, one),
        f"Log-likelihood ratio of a {kind} jet against the resolution in GeV, and its neighbours "
        "as event displays",
        f"A {kind} jet taken for the other kind" if wrong else f"A {kind} jet that changes sides",
        "Left: ln L at every resolution with its 68 % band; above 0 it is called a quark jet, and "
        "diamonds mark where it changes sides. Right: the jet, and jets that stand for what the "
        "balls hold.",
        wide=True,
    )


def jet_figure(one: Record) -> Figure:
    """The figure of `flow_figure`, from a record."""
    explanation = Explanation.from_record(one["explanation"])
    label = {
        int(number): int(c)
        for ball in explanation.neighbourhoods
        for number, c in zip(ball.index, ball.label, strict=True)
    }
    neighbours = {int(n): _jet(p, label[int(n)]) for n, p in one["neighbours"].items()}
    return draw_flow(explanation, _jet(one["jet"], explanation.label), neighbours)


def _jet(particles: Record, label: int | None) -> Jets:
    """Jets of one."""
    return Jets(
        [particles["pt_gev"]],
        [particles["y"]],
        [particles["phi"]],
        label=None if label is None else [label],
    )

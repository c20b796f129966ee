"""What a network's score hangs on: observables near and far, and the particles of jets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from smearjax.jets.container import Jets
from smearjax.report.canvas import bare_figure
from smearjax.report.displays import CLASS_NAME, attribution_display
from smearjax.report.style import BLUE, GREEN, INK, VERMILION
from smearjax.report.words import number

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Record = Mapping[str, Any]


def whence(exchanged: Record) -> str:
    """Where replacements came from, in words.

    Examples:
        >>> whence({"epsilon_gev": None}), whence({"epsilon_gev": 9.87})
        ('all jets', 'ε = 9.87 GeV')
    """
    epsilon = exchanged["epsilon_gev"]
    return "all jets" if epsilon is None else f"ε = {epsilon:.3g} GeV"


def draw_importance(record: Record, observables: list[str]) -> Figure:
    """Importance of each observable, with replacements from all jets and from balls.

    Args:
        record: Of one network, see `smearjax.analysis`.
        observables: Their names.

    Returns:
        On the left the share of pairs that change order with 68 % intervals, on the right the mean
        absolute Shapley value; observables by falling importance with draws from all jets.

    Raises:
        KeyError: The record lacks a key.

    Examples:
        >>> draw_importance({}, [])
        Traceback (most recent call last):
        KeyError: 'exchanged'
    """
    exchanged = record["exchanged"]
    order = np.argsort([one["value"] for one in exchanged[0]["reordered"]])
    figure = bare_figure(11.5, 1.8 + 0.62 * len(observables))
    left, right = figure.subplots(1, 2, sharey=True)
    place, colours = np.arange(len(order)), (INK, VERMILION, BLUE, GREEN)
    for k, one in enumerate(exchanged):
        up = place + 0.22 * (0.5 * (len(exchanged) - 1) - k)
        ends = np.array(
            [[one["reordered"][i][end] for end in ("lo", "value", "hi")] for i in order], float
        ).T
        style = {"color": colours[k % 4], "marker": "osD^"[k % 4], "linestyle": "none"}
        errors = np.maximum([ends[1] - ends[0], ends[2] - ends[1]], 0.0)
        left.errorbar(ends[1], up, xerr=errors, label=whence(one), **style)
        right.plot([one["shapley"][i] for i in order], up, **style)
    left.set_yticks(place, [observables[i] for i in order])
    for axes, label in ((left, "pairs reordered"), (right, "mean |Shapley value|")):
        axes.tick_params(axis="y", which="minor", left=False, right=False)
        axes.set_xlabel(label)
        axes.set_xlim(left=0)
        axes.grid(axis="y", alpha=0.25)
    left.legend(title="replaced from", loc="lower right")
    return figure


def draw_particles(record: Record) -> Figure:
    """Event displays of a network's jets in the colours of what each particle adds.

    Args:
        record: Of one network, see `smearjax.analysis`.

    Returns:
        A row of displays for each baseline, with a colour bar about 0, and a column for each jet.

    Raises:
        KeyError: The record lacks a key.

    Examples:
        >>> draw_particles({})
        Traceback (most recent call last):
        KeyError: 'jets'
    """
    jets = record["jets"]
    number_of_rows = len(jets[0]["baselines"])
    figure = bare_figure(5.2 * len(jets), 6.9 * number_of_rows)
    panels = figure.subplots(number_of_rows, len(jets), squeeze=False)
    for k, row in enumerate(panels):
        ways = [one["baselines"][k] for one in jets]
        limit = max(np.max(np.abs(way["values"])) for way in ways)
        for axes, one, way in zip(row, jets, ways, strict=True):
            columns = ([one["particles"][name]] for name in ("pt_gev", "y", "phi"))
            shown = attribution_display(axes, Jets(*columns), np.array(way["values"]), limit=limit)
            axes.set_title(
                f"{CLASS_NAME[one['label']]}: {number(way['base'], 2)} → "
                f"{number(one['score'], 2)}",
                fontsize=15, loc="center", y=1.0, pad=6,
            )  # fmt: skip
        bar = figure.colorbar(shown, ax=list(row), orientation="horizontal", shrink=0.7, pad=0.04)
        whole = ways[0]["epsilon_gev"] is None
        start = "one particle at the axis" if whole else f"the jets within {whence(ways[0])}"
        bar.set_label(f"added to the score of {start} by each particle")
    return figure

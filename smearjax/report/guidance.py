"""How few observables reproduce a black box, step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from smearjax.report.canvas import bare_figure
from smearjax.report.multigraph import draw_multigraph
from smearjax.report.style import BLUE, GREEN, INK, MUTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Record = Mapping[str, Any]


def draw_guidance(record: Record, black_box: str = "black box") -> Figure:
    """AUC and ADO against the number of observables, and which they are at the end.

    Args:
        record: `dataclasses.asdict` of what `smearjax.interpret.guide` returns, with a step at
            least.
        black_box: Its name.

    Returns:
        Above, AUC of the network on the observables so far and of the black box; below it, ADO of
        the two; bands are 68 % intervals over the jets kept for testing. At the foot the
        observables that are kept at the end, with their multigraphs if they have one.

    Raises:
        KeyError: The record lacks a key.

    Examples:
        >>> draw_guidance({})
        Traceback (most recent call last):
        KeyError: 'steps'
    """
    steps = record["steps"]
    figure = bare_figure(max(7.5, 2.1 + 1.35 * len(steps)), 8.2)
    grid = figure.add_gridspec(3, 1, height_ratios=(3, 2, 1.9))
    above = figure.add_subplot(grid[0])
    below = figure.add_subplot(grid[1], sharex=above)
    numbers = np.arange(1, len(steps) + 1)
    _band(above, numbers, [step["auc"] for step in steps], BLUE, "these observables")
    limit = record["black_box_auc"]
    above.axhline(limit["value"], color=INK, linestyle="--", label=black_box)
    above.axhspan(limit["lo"], limit["hi"], color=INK, alpha=0.12, linewidth=0)
    above.set_ylabel("AUC")
    above.legend(loc="lower right")
    above.tick_params(labelbottom=False)
    _band(below, numbers, [step["ado"] for step in steps], GREEN, None)
    below.set_ylabel(f"ADO with {black_box}")
    below.set_xlabel("observables")
    below.set_xticks(numbers, [str(number) for number in numbers])
    below.set_xticks([], minor=True)
    above.set_xlim(0.5, len(steps) + 0.5)
    n_test = record["n_jets"][2]
    above.set_title(f"{record['n_observables']:,} observables, {n_test:,} jets to test on")
    names = record["observables"]
    foot = grid[2].subgridspec(1, len(names))
    for place, name in enumerate(names):
        _foot(figure.add_subplot(foot[place]), name, record["graphs"])
    return figure


def _band(
    axes: Axes, numbers: np.ndarray, intervals: Sequence[Record], colour: str, label: str | None
) -> None:
    """Values with their intervals."""
    value, low, high = ([one[key] for one in intervals] for key in ("value", "lo", "hi"))
    axes.plot(numbers, value, color=colour, marker="o", markersize=7, label=label)
    axes.fill_between(numbers, low, high, color=colour, alpha=0.25, linewidth=0)


def _foot(axes: Axes, name: str, graphs: Mapping[str, Record]) -> None:
    """One observable: its graph with its exponents, or its name."""
    if name in graphs:
        draw_multigraph(axes, graphs[name]["edges"], graphs[name]["marked"])
        words = "\n".join(name.split(", ")[1:])
    else:
        axes.axis("off")
        words = name.replace(" ", "\n")
    axes.set_title(words, fontsize=12, loc="center", color=MUTED, fontweight="normal")

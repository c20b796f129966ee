"""The flow of one jet: its log ratio against ε, beside the jets that its balls hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from smearjax.interpret.explanation import Explanation, Flip
from smearjax.interpret.neighbourhood import Neighbourhood
from smearjax.jets.container import Jets
from smearjax.report.axes import OMEGA, band, epsilon_axis
from smearjax.report.canvas import bare_figure
from smearjax.report.displays import CLASS_COLOUR, CLASS_NAME, event_display
from smearjax.report.style import INK, MUTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

_HOW_TO_READ = """A disc is a particle, its area ∝ pT;
dotted: R = 0.4. Jets are turned so that
their long axis lies flat and their heavier
side right and up, which changes no d.

Rows: jets that stand for what the ball
holds, each for as much of it, by distance d."""
_CELL = 1.95  # inches a display


def flow_figure(
    explanation: Explanation,
    reference: Jets,
    jet: Jets | None = None,
    *,
    figure: Figure | None = None,
) -> Figure:
    """One jet at every ε: ln L with its slope, and jets of the ball at a few ε as event displays.

    Args:
        explanation: From `explain`.
        reference: The reference jets of the likelihood.
        jet: The jet, if it is none of the reference.
        figure: An empty figure to draw into, pyplot's say; by default a new one.

    Returns:
        Left, ln L(x|ε) with its 68 % band and its flips, above its slope; where the ball is empty
        the ground is grey. Right, the jet above one row of neighbours for each ball.

    Raises:
        ValueError: The jet is not of the reference, and is not given.

    Examples:
        >>> from smearjax import SmearedLikelihood, load_jets
        >>> from smearjax.interpret.explain import explain
        >>> jets = load_jets("sample")[:300]
        >>> found = explain(SmearedLikelihood(jets), 21, [5.0, 10.0, 20.0], replicas=5)
        >>> len(flow_figure(found, jets).axes)        # two curves above 4 rows of 4 displays
        18
    """
    if jet is None:
        if explanation.jet is None:
            raise ValueError("jet is missing: it is none of the reference, so give jet=")
        jet = reference[[explanation.jet]]
    near = np.concatenate([[], *(ball.index for ball in explanation.neighbourhoods)]).astype(int)
    # The labels that were smeared, which need not be the jets' own.
    label = np.concatenate([[], *(ball.label for ball in explanation.neighbourhoods)]).astype(int)
    shown = {
        int(number): reference[[number]].replace(label=[c])
        for number, c in zip(near, label, strict=True)
    }
    return draw_flow(explanation, jet, shown, figure)


def draw_flow(
    explanation: Explanation,
    jet: Jets,
    neighbours: Mapping[int, Jets],
    figure: Figure | None = None,
) -> Figure:
    """The figure of `flow_figure` from no more jets than it shows.

    Args:
        explanation: From `explain`.
        jet: The jet.
        neighbours: Jets of one by their numbers, all that the neighbourhoods name, with labels.
        figure: An empty figure to draw into; by default a new one.

    Raises:
        KeyError: A neighbour is missing.

    Examples:
        >>> from smearjax import SmearedLikelihood, load_jets
        >>> from smearjax.interpret.explain import explain
        >>> jets = load_jets("sample")[:300]
        >>> found = explain(SmearedLikelihood(jets), 21, [5.0, 10.0, 20.0], replicas=5)
        >>> draw_flow(found, jets[[21]], {})
        Traceback (most recent call last):
        KeyError: ...
    """
    balls = explanation.neighbourhoods
    across = max([4, *(len(ball.index) for ball in balls)])
    size = (7.6 + _CELL * across, 2.25 * (len(balls) + 1))
    figure = figure or bare_figure(*size)
    figure.set_size_inches(*size)
    halves: Any = figure.subfigures(1, 2, width_ratios=(7.2, _CELL * across + 0.4))
    left, right = halves
    _curves(left, explanation)
    cells = right.subplots(len(balls) + 1, across, squeeze=False)
    for cell in cells.flat[1:]:
        cell.set_axis_off()
    event_display(cells[0, 0], jet)
    cells[0, 0].set_title("the jet", fontsize=14, loc="center", pad=5)
    note = cells[0, 1].text(0.05, 0.5, _HOW_TO_READ, transform=cells[0, 1].transAxes, va="center",
                            fontsize=12.5, color=MUTED, linespacing=1.35)  # fmt: skip
    note.set_in_layout(False)
    for row, ball in zip(cells[1:], balls, strict=True):
        _neighbours(row, ball, neighbours)
    return figure


def _curves(figure: SubFigure, explanation: Explanation) -> None:
    """The value above its slope; a compact kernel has none."""
    if np.isfinite(explanation.slope).any():
        panels: Any = figure.subplots(2, 1, sharex=True, height_ratios=(2.0, 1))
        top, bottom = panels
        _slope(bottom, explanation)
    else:
        top = bottom = figure.subplots()
    _value(top, explanation)
    epsilon_axis(bottom, [{"epsilon_gev": epsilon} for epsilon in explanation.epsilon])
    figure.align_ylabels()
    _small_print(figure, explanation)


def _value(axes: Axes, explanation: Explanation) -> None:
    """The value with its band, the level, the flips and where the balls of the displays lie."""
    told = ~explanation.empty
    x, value = explanation.epsilon, np.where(told, explanation.value, np.nan)
    axes.axhline(explanation.level, color=MUTED, lw=1.0, zorder=0)
    band(axes, x, value, explanation.lo, explanation.hi, INK)
    axes.set_ylim(*_range(explanation.lo, explanation.hi, explanation.level))
    _empty_ground(axes, explanation)
    for side, label in ((1, "quark-like"), (0, "gluon-like")):
        axes.text(0.985, 0.97 if side else 0.03, label, va="top" if side else "bottom", ha="right",
                  transform=axes.transAxes, color=CLASS_COLOUR[side], fontsize=15)  # fmt: skip
    for ball in explanation.neighbourhoods:
        axes.axvline(ball.epsilon, color=MUTED, lw=0.9, ls=(0, (2, 3)), zorder=0)
    _flips(axes, explanation)
    axes.set_ylabel("ln L(x|ε)" if explanation.quantity == "ln L" else "f(x|ε)")
    axes.set_title(f"{explanation.name}, at every resolution".capitalize())


def _flips(axes: Axes, explanation: Explanation) -> None:
    """A diamond at each flip, and its ε; flips that lie close share their words."""
    from matplotlib.patheffects import withStroke

    ends = np.log(explanation.epsilon[[0, -1]])
    groups: list[list[Flip]] = []
    for flip in explanation.flips:
        axes.plot(flip.epsilon, explanation.level, "D", ms=9, color="white", mec=INK, mew=1.6,
                  zorder=6)  # fmt: skip
        near = groups and np.log(flip.epsilon / groups[-1][-1].epsilon) < 0.2 * np.ptp(ends)
        groups[-1].append(flip) if near else groups.append([flip])
    low, high = axes.get_ylim()
    # The words go below where "quark-like" takes the room above.
    below = (explanation.level - low) / (high - low) > 0.8
    for group in groups:
        text = ", ".join(f"{flip.epsilon:.3g}" for flip in group)
        if len(group) == 1 and np.isfinite(group[0].epsilon_err):
            text += f" ± {group[0].epsilon_err:.2g}"
        x = float(np.exp(np.mean([np.log(flip.epsilon) for flip in group])))
        place = (np.log(x) - ends[0]) / np.ptp(ends)
        side = "left" if place < 0.2 else "right" if place > 0.8 else "center"
        words = axes.annotate(
            f"{text} GeV",
            (x, explanation.level),
            xytext=(0, -24 if below else 12),
            textcoords="offset points",
            ha=side,
            va="top" if below else "bottom",
            fontsize=13,
            zorder=7,
        )
        words.set_path_effects([withStroke(linewidth=4, foreground="white")])


def _slope(axes: Axes, explanation: Explanation) -> None:
    """The exact derivative in ln ε with its standard error."""
    x, slope, error = explanation.epsilon, explanation.slope, explanation.slope_err
    axes.axhline(0, color=MUTED, lw=1.0, zorder=0)
    band(axes, x, slope, slope - error, slope + error, INK)
    axes.set_ylim(*_range(slope - error, slope + error, 0.0))
    _empty_ground(axes, explanation)
    axes.set_ylabel(f"d {explanation.quantity}/d ln ε")


def _range(
    low: Float[np.ndarray, " E"], high: Float[np.ndarray, " E"], level: float
) -> tuple[float, float]:
    """Vertical limits that show the level and every band that is not far wider than most.

    The log ratio of a ball with one class in it runs away as 1/ε².
    """
    known = np.isfinite(high - low)
    low, high = low[known], high[known]
    usual = high - low <= 6 * np.median(high - low) if len(low) else known[:0]
    least, most = np.min(low[usual], initial=level), np.max(high[usual], initial=level)
    margin = 0.12 * (most - least) or 1.0
    return float(least - margin), float(most + margin)


def _empty_ground(axes: Axes, explanation: Explanation) -> None:
    """Grey where the ball is empty."""
    if not explanation.empty.any():
        return
    full = explanation.epsilon[~explanation.empty]
    end = full[0] if len(full) else explanation.epsilon[-1]
    axes.axvspan(explanation.epsilon[0] / 2, end, color=MUTED, alpha=0.13, lw=0, zorder=-1)


def _neighbours(row: Any, ball: Neighbourhood, jets: Mapping[int, Jets]) -> None:
    """One row of displays with their distances, and what the ball holds."""
    for cell, number, label, distance in zip(
        row, ball.index, ball.label, ball.distance, strict=False
    ):
        cell.set_axis_on()
        event_display(cell, jets[int(number)])
        cell.set_title(f"{CLASS_NAME[int(label)]}, {distance:.3g} GeV", fontsize=13, loc="center",
                       color=CLASS_COLOUR[int(label)], pad=5, fontweight="normal")  # fmt: skip
    held = f"{ball.n_eff:,.0f}" if ball.n_eff >= 10 else f"{ball.n_eff:.1f}"
    text = f"ε = {ball.epsilon:.3g} GeV\n{held} jets, {100 * ball.quark_share:.0f} % quark"
    row[0].set_axis_on()
    row[0].set_ylabel(text, fontsize=12, linespacing=1.4)


def _small_print(figure: SubFigure, explanation: Explanation) -> None:
    """What the jet was compared with, and the convention of the distance."""
    convention = explanation.convention
    figure.supxlabel(
        f"{explanation.n_jets[1]:,} quark and {explanation.n_jets[0]:,} gluon jets; "
        f"{convention['kernel']}; bands 68 %\n"
        f"distance: SEMD with p = 2, β = {convention['beta']:g}, "
        f"{OMEGA[str(convention['omega'])]}, pT,ref = {convention['pt_ref_gev']:.0f} GeV",
        x=0.015, ha="left", fontsize=11, color=MUTED, linespacing=1.35, parse_math=False,
    )  # fmt: skip

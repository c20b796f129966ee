"""Pieces that the figures share: panels, bands, the ε axis, labels in the margin, small print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from smearjax.report.canvas import bare_figure
from smearjax.report.style import MUTED, scale_ticks
from smearjax.report.words import data_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

OMEGA = {
    "delta_r": "ω = ΔR",
    "angle": "ω = θ",
    "chord": "ω² = 2(1−cos θ)",
    "one_minus_cos": "ω² = 1−cos θ",
}


def new_figure(size: tuple[float, float], ratios: Sequence[float] = (1,)) -> tuple[Figure, Any]:
    """Open a figure of panels that stand on one horizontal axis.

    Args:
        size: Width and height in inches.
        ratios: Relative heights of the panels, from the top.

    Returns:
        The figure, and its Axes: one, or an array from the top.

    Examples:
        >>> figure, (top, bottom) = new_figure((6, 5), ratios=(3, 1))
        >>> top.get_shared_x_axes().joined(top, bottom)
        True
    """
    figure = bare_figure(*size)
    panels = figure.subplots(len(ratios), 1, sharex=True, gridspec_kw={"height_ratios": ratios})
    return figure, panels


def column(rows: Sequence[Mapping[str, Any]], key: str) -> Float[np.ndarray, " n_rows"]:
    """Take one quantity of each row, NaN where it is None.

    Args:
        rows: Rows of a result, such as `auc_vs_epsilon`.
        key: Name of the quantity.

    Returns:
        float64 array, one entry a row.

    Raises:
        KeyError: A row lacks the key.

    Examples:
        >>> column([{"auc": 0.5}, {"auc": None}], "auc")
        array([0.5, nan])
    """
    return np.array([row[key] for row in rows], dtype=np.float64)


def band(
    axes: Axes,
    x: Float[np.ndarray, " n_rows"],
    value: Float[np.ndarray, " n_rows"],
    low: Float[np.ndarray, " n_rows"],
    high: Float[np.ndarray, " n_rows"],
    colour: str,
) -> None:
    """Draw a curve through its grid points and the band of its uncertainty.

    Args:
        axes: Where to draw.
        x: Horizontal positions.
        value: The curve.
        low: Lower end of the band.
        high: Upper end of the band.
        colour: Of line, points and band.

    Examples:
        >>> axes = new_figure((4, 3))[1]
        >>> one = np.ones(3)
        >>> band(axes, np.arange(1.0, 4.0), one, one - 0.1, one + 0.1, "C0")
        >>> len(axes.lines), len(axes.collections)
        (1, 1)
    """
    axes.fill_between(x, low, high, color=colour, alpha=0.22, lw=0)
    axes.plot(x, value, "o-", color=colour, mec="white", mew=0.6)


def epsilon_axis(axes: Axes, rows: Sequence[Mapping[str, Any]]) -> None:
    """Make the horizontal axis a logarithmic one of resolution in GeV, with plain numbers.

    Args:
        axes: The lowest panel.
        rows: Rows with `epsilon_gev`, whose range the axis takes.

    Examples:
        >>> axes = new_figure((4, 3))[1]
        >>> epsilon_axis(axes, [{"epsilon_gev": 1.0}, {"epsilon_gev": 20.0}])
        >>> axes.get_xlabel(), [tick.get_text() for tick in axes.get_xticklabels()]
        ('resolution ε [GeV]', ['1', '2', '5', '10', '20'])
    """
    from matplotlib.ticker import FixedLocator, LogLocator, NullFormatter

    epsilon = column(rows, "epsilon_gev")
    low, high = epsilon.min() / 1.06, epsilon.max() * 1.06
    ticks = scale_ticks(low, high)
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_ticklabels([f"{tick:g}" for tick in ticks])
    axes.xaxis.set_minor_locator(LogLocator(subs=range(2, 10)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("resolution ε [GeV]")


def margin_labels(axes: Axes, ends: Sequence[tuple[float, str, str]]) -> None:
    """Write each curve's name in its colour right of the frame, at the height where it ends.

    Args:
        axes: A panel whose vertical range is final.
        ends: (height in data units, text, colour) of each curve; a height of NaN is left out.

    Examples:
        >>> axes = new_figure((4, 3))[1]
        >>> margin_labels(axes, [(0.50, "mass", "C0"), (0.51, "girth", "C1")])
        >>> [text.get_text() for text in axes.texts]
        ['mass', 'girth']
    """
    ends = sorted(end for end in ends if np.isfinite(end[0]))
    low, high = axes.get_ylim()
    ideal = np.array([(end[0] - low) / (high - low) for end in ends])
    # Points to fractions of the frame; the layout will change its height by little.
    line = 14 * 1.3 / 72 / axes.bbox.transformed(axes.figure.dpi_scale_trans.inverted()).height
    for height, want, (_, text, colour) in zip(_spread(ideal, line), ideal, ends, strict=True):
        axes.annotate(
            text,
            (1.0, want),
            xytext=(1.05, height),
            xycoords="axes fraction",
            textcoords="axes fraction",
            va="center",
            fontsize=14,
            color=colour,
            arrowprops={"arrowstyle": "-", "color": colour, "lw": 0.9, "shrinkA": 4, "shrinkB": 0},
        )


def footer(
    figure: Figure, result: Mapping[str, Any], note: str = "; bands 68 %", jets: str = ""
) -> None:
    """Write in small type what was measured: jets, data and the convention of the distance.

    Args:
        figure: The figure.
        result: A checked result.
        note: What the bands or bars mean, if there are any.
        jets: Which jets, if not all of the result.

    Raises:
        KeyError: The result was not checked and lacks a key.

    Examples:
        >>> footer(new_figure((4, 3))[0], {})
        Traceback (most recent call last):
        KeyError: 'n_jets'
    """
    every, test = result["n_jets"], result["split"]["test"]
    jets = jets or (
        f"{every['quark']:,} quark and {every['gluon']:,} gluon jets "
        f"({data_name(result['settings'])}), {test['quark'] + test['gluon']:,} of them for the test"
    )
    convention, pt_ref = result["convention"], result["pt_ref_gev"]
    omega = OMEGA.get(convention["omega"], f"ω = {convention['omega']}")
    figure.supxlabel(
        f"{jets}\n"
        f"distance: SEMD with p = {convention['p']:g}, β = {convention['beta']:g}, {omega}, "
        f"pT,ref = {pt_ref:.0f} GeV{note}",
        x=0.015,
        ha="left",
        fontsize=11,
        color=MUTED,
        linespacing=1.35,
        parse_math=False,
    )


def _spread(ideal: Float[np.ndarray, " k"], gap: float) -> Float[np.ndarray, " k"]:
    """Heights nearest to the ideal ones (rising) that are at least gap apart."""
    # Labels that would touch form a block, centred on where its members want to be.
    blocks: list[tuple[float, int]] = []
    for want in ideal:
        centre, size = float(want), 1
        while blocks and centre - blocks[-1][0] < gap * (size + blocks[-1][1]) / 2:
            other, count = blocks.pop()
            centre, size = (centre * size + other * count) / (size + count), size + count
        blocks.append((centre, size))
    return np.array([c + gap * (i - (n - 1) / 2) for c, n in blocks for i in range(n)])

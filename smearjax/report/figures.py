"""Every figure of the report, by name, drawn in the house style."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from smearjax.report.chapters import chapters
from smearjax.report.methods import ordering_figure, roc_figure
from smearjax.report.scales import auc_figure, information_figure, smeared_network_figure
from smearjax.report.style import hep_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FIGURES = {
    "auc_vs_epsilon": auc_figure,
    "information_per_lnepsilon": information_figure,
    "smeared_efn": smeared_network_figure,
    "roc": roc_figure,
    "ado": ordering_figure,
}
FORMATS = ("png", "pdf", "svg")
# Of a figure's width and height: far below a pixel.
_DIGITS = 6
# Dates would make two runs with the same seed differ.
_METADATA = {"png": {"Software": "smearjax"}, "pdf": {"CreationDate": None}, "svg": {"Date": None}}


def figures_of(result: Mapping[str, Any]) -> dict[str, Callable[[], Figure]]:
    """What draws each figure of a result: those of every result, and those of its chapters.

    Raises:
        KeyError: The result was not checked and lacks a key.

    Examples:
        >>> sorted(figures_of({}))
        ['ado', 'auc_vs_epsilon', 'information_per_lnepsilon', 'roc', 'smeared_efn']
    """
    drawers: dict[str, Callable[[], Figure]] = {
        name: partial(draw, result) for name, draw in FIGURES.items()
    }
    for chapter in chapters(result).values():
        drawers |= {picture.name: picture.draw for picture in chapter.pictures}
    return drawers


def render_figures(result: Mapping[str, Any]) -> dict[str, dict[str, bytes]]:
    """Draw every figure of a result.

    Source: smearjax's own layout; the curves are those of `epsilon_curve` and `information`.

    Args:
        result: A checked result (see `smearjax.report.check_result`); energies in GeV.

    Returns:
        For each figure's name the bytes of its PNG, PDF and SVG file.

    Raises:
        KeyError: The result was not checked and lacks a key.

    Examples:
        >>> sorted(FIGURES)
        ['ado', 'auc_vs_epsilon', 'information_per_lnepsilon', 'roc', 'smeared_efn']
        >>> render_figures({})
        Traceback (most recent call last):
        KeyError: 'auc_vs_epsilon'
    """
    drawn: dict[str, dict[str, bytes]] = {}
    with hep_style():
        for name, draw in figures_of(result).items():
            figure = draw()
            _lay_out(figure)
            drawn[name] = {}
            for kind in FORMATS:
                buffer = BytesIO()
                figure.savefig(buffer, format=kind, metadata=_METADATA[kind])
                drawn[name][kind] = buffer.getvalue()
    return drawn


def _lay_out(figure: Figure) -> None:
    """Find the layout once, for all formats, and round it.

    The last digits of matplotlib's solver differ from one drawing of a figure to the next, and
    names inside the SVG are made of all digits.
    """
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for part in figure.subfigs:
        part.bbox_relative.set_points(np.round(part.bbox_relative.get_points(), _DIGITS))
    for axes in figure.axes:
        axes.set_position(np.round(axes.get_position(original=True).bounds, _DIGITS).tolist())

"""Figures that belong to no window and to no pyplot."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def bare_figure(width: float, height: float) -> Figure:
    """Open an empty figure.

    Args:
        width: Inches.
        height: Inches.

    Examples:
        >>> bare_figure(6, 4).axes
        []
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    return figure

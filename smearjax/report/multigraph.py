"""A multigraph drawn: dots for particles, a line for every angle between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from smearjax.report.style import BLUE, INK, VERMILION

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# How far neighbouring lines of a multiple edge bend apart, as a share of their length.
_BEND = 0.16


def draw_multigraph(axes: Axes, edges: Sequence[Sequence[int]], marked: bool = False) -> None:
    """Draw a multigraph into otherwise empty axes.

    Args:
        axes: Axes without ticks and frame afterwards.
        edges: Pairs of vertices 0, 1, …, one for each line.
        marked: Whether vertex 0 stands for a given direction, a square instead of a dot.

    Examples:
        >>> from smearjax.report.canvas import bare_figure
        >>> axes = bare_figure(1, 1).subplots()
        >>> draw_multigraph(axes, [(0, 1), (0, 1), (0, 2)])
        >>> len(axes.patches)
        3
    """
    from matplotlib.patches import FancyArrowPatch

    number = 1 + max((vertex for edge in edges for vertex in edge), default=0)
    turn = np.pi / 2 - 2 * np.pi * np.arange(number) / max(number, 1)
    if number == 2:
        turn += np.pi / 2
    places = np.stack([np.cos(turn), np.sin(turn)], axis=1) * (number > 1)
    for (a, b), many in Counter(tuple(edge) for edge in edges).items():
        for line in range(many):
            bend = _BEND * (2 * line - many + 1)
            axes.add_patch(
                FancyArrowPatch(
                    tuple(places[a]), tuple(places[b]), arrowstyle="-", color=BLUE, linewidth=1.8,
                    connectionstyle=f"arc3,rad={bend}", shrinkA=0, shrinkB=0,
                )
            )  # fmt: skip
    axes.scatter(*places[int(marked) :].T, s=55, color=INK, zorder=3)
    if marked:
        axes.scatter(*places[:1].T, s=75, color=VERMILION, marker="s", zorder=3)
    axes.set(xlim=(-1.45, 1.45), ylim=(-1.45, 1.45), aspect="equal")
    axes.axis("off")

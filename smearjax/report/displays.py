"""Single jets as event displays: one disc a particle, turned so that jets can be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from smearjax.jets.container import Jets
from smearjax.jets.transforms import center
from smearjax.report.style import BLUE, INK, MUTED, VERMILION

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection

CLASS_COLOUR = {1: BLUE, 0: VERMILION, None: INK}
CLASS_NAME = {1: "quark", 0: "gluon", None: "jet"}


def standard_view(
    jet: Jets,
) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    r"""A jet about its pT centroid, turned and reflected into one orientation.

    The principal axis of the pT-weighted covariance of (Δy, Δφ) lies along x; the half plane with
    more pT is to the right, and that above the axis has more than that below. None of it changes
    distances between jets: SEMD does not see rotations, reflections and shifts.

    Args:
        jet: one jet.

    Returns:
        z, x, y: momentum fractions and the turned coordinates in radians, (n,) each.

    Examples:
        >>> jet = Jets(pt=[[300.0, 100.0]], y=[[0.0, 0.0]], phi=[[0.0, 0.4]])
        >>> z, x, y = standard_view(jet)
        >>> x.round(3), abs(y)
        (array([ 0.1, -0.3]), array([0., 0.]))
    """
    about = center(jet)
    seen = np.asarray(jet.mask[0])
    pt, y, phi = (np.asarray(a[0], np.float64)[seen] for a in (about.pt, about.y, about.phi))
    z = pt / pt.sum()
    plane = np.stack([y, phi])
    _, axes = np.linalg.eigh((z * plane) @ plane.T)
    turned = axes[:, ::-1].T @ plane
    heavier = np.sum(z * np.sign(turned), axis=1) < 0
    x, y = np.where(heavier[:, None], -turned, turned)
    return z, x, y


def attribution_display(
    axes: Axes,
    jet: Jets,
    values: Float[np.ndarray, " n"],
    *,
    limit: float | None = None,
    radius: float = 0.45,
) -> PathCollection:
    """Draw a jet in its standard view, each particle in the colour of what it adds to a score.

    Args:
        axes: Where to draw; it becomes a square with a circle of R = 0.4 for a ruler.
        jet: One jet.
        values: (n,) of its particles in their order, in units of the score.
        limit: Value of the strongest colours, red below 0 and blue above; the largest if None.
        radius: Half the width of the view, in radians.

    Returns:
        The discs, of area ∝ pT, for a colour bar.

    Examples:
        >>> from smearjax.jets import load_jets
        >>> from smearjax.report.axes import new_figure
        >>> axes = new_figure((3, 3))[1]
        >>> attribution_display(axes, load_jets("sample")[:1], np.linspace(-2, 1, 58)).get_clim()
        (-2.0, 2.0)
    """
    z, x, y = standard_view(jet)
    most = float(np.abs(values).max(initial=0.0)) if limit is None else limit
    side = 72 * axes.bbox.transformed(axes.figure.dpi_scale_trans.inverted()).height
    order = np.argsort(-z)  # soft particles above hard ones
    shown = axes.scatter(
        x[order], y[order], s=(0.5 * side) ** 2 * z[order], c=values[order], cmap="RdBu",
        vmin=-most, vmax=most, alpha=0.85, ec=MUTED, lw=0.5,
    )  # fmt: skip
    _frame(axes, radius)
    return shown


def event_display(axes: Axes, jet: Jets, *, radius: float = 0.45) -> None:
    """Draw a jet in its standard view: discs of area ∝ pT in the colour of its class.

    Args:
        axes: Where to draw; it becomes a square with a circle of R = 0.4 for a ruler.
        jet: One jet; its label gives the colour.
        radius: Half the width of the view, in radians.

    Examples:
        >>> from smearjax.jets import load_jets
        >>> from smearjax.report.axes import new_figure
        >>> axes = new_figure((3, 3))[1]
        >>> event_display(axes, load_jets("sample")[:1])
        >>> len(axes.collections[0].get_sizes())
        58
    """
    z, x, y = standard_view(jet)
    label = None if jet.label is None else int(jet.label[0])
    # The whole jet's pT would make a disc of half the width of the view.
    side = 72 * axes.bbox.transformed(axes.figure.dpi_scale_trans.inverted()).height
    axes.scatter(
        x, y, s=(0.5 * side) ** 2 * z, color=CLASS_COLOUR[label], alpha=0.55, ec="white", lw=0.5
    )
    _frame(axes, radius)


def _frame(axes: Axes, radius: float) -> None:
    """A square with a circle of R = 0.4."""
    from matplotlib.patches import Circle

    axes.add_patch(Circle((0, 0), 0.4, fill=False, color=MUTED, lw=0.6, ls=(0, (2, 3))))
    axes.set(xlim=(-radius, radius), ylim=(-radius, radius), aspect="equal", xticks=[], yticks=[])
    axes.minorticks_off()
    for spine in axes.spines.values():
        spine.set(color=MUTED, lw=0.6)

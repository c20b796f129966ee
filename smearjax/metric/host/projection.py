"""The projection of `embed` on the host, in float64 and without padding: nothing to compile."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from smearjax.jets.container import Jets
from smearjax.metric.embedding import cell_edges
from smearjax.metric.host.steps import WHOLE, step_functions

_UNIT = 2.0**-53
# Rounding units of float64 lost by ω^β: differences, squares, root, arc tangent, power.
_ANGLE_ULPS = 32.0
# Terms of first order in the rounding of U that reach r² and the sums over a cell.
_TERMS = 8


class Projection(NamedTuple):
    """Vectors, residuals and rounding of K jets, as in `Embedding`."""

    vectors: Float[np.ndarray, "K D"]
    residual: Float[np.ndarray, " K"]
    rounding: Float[np.ndarray, " K"]


class _Cells(NamedTuple):
    """Integrals over each cell of d = q − q(left edge of the cell).

    Attributes:
        at_edge: q at the left edge.
        level: ∫ dU d.
        tilt: ∫ dU d (U − centre).
        square: ∫ dU d².
    """

    at_edge: Float[np.ndarray, "K T"]
    level: Float[np.ndarray, "K T"]
    tilt: Float[np.ndarray, "K T"]
    square: Float[np.ndarray, "K T"]


def project(jets: Jets, beta: float, omega: str, cells: int, dtype: np.dtype) -> Projection:
    """Vectors, residuals and rounding, in float64, of K jets that all have n particles.

    Args:
        jets: K jets on the host.
        beta: exponent of the angles.
        omega: name of the angle.
        cells: T.
        dtype: in which the result will be kept; its rounding is in the bound.
    """
    steps = step_functions(jets, beta, omega, _one_by_one)
    shape = (len(jets), -1)
    edges = cell_edges(cells)
    found = _integrate(steps.quantile.reshape(shape), steps.upper.reshape(shape), edges)

    width = np.diff(edges)
    mean = found.at_edge + found.level / width
    vectors = np.concatenate([mean * np.sqrt(width), found.tilt * np.sqrt(12.0 / width**3)], axis=1)
    # d is at most what q falls by in the cell, so that little cancels here.
    within = found.square - found.level**2 / width - 12.0 * found.tilt**2 / width**3
    residual = np.sqrt(np.maximum(within, 0.0).sum(axis=1))
    norm = np.sqrt(np.square(vectors).sum(axis=1) + residual**2)
    kept = np.finfo(dtype).eps * norm
    computed = 2 * _UNIT * _ANGLE_ULPS * max(beta, 1.0) * norm
    entries = steps.quantile.size // max(len(jets), 1)
    return Projection(
        vectors, residual, kept + computed + _shifted(found.at_edge, residual, edges, entries)
    )


def _integrate(
    q: Float[np.ndarray, "K m"], upper: np.ndarray, edges: Float[np.ndarray, " e"]
) -> _Cells:
    """The integrals of K step functions, `upper` in units of 2⁻⁶².

    The entry at a cell's left edge has d = 0, so that only entries which start inside the cell
    contribute. Those of one cell stand side by side.
    """
    jets, entries = q.shape
    cells = len(edges) - 1
    # A last entry without width, so that every cell has a place where its entries start.
    bounds = np.zeros((jets, entries + 2))
    np.multiply(upper, 1.0 / WHOLE, out=bounds[:, 1:-1])
    bounds[:, -1] = 1.0
    left, right = bounds[:, :-1], bounds[:, 1:]
    d = np.zeros(right.shape)
    d[:, :-1] = q

    # Cells of all jets are counted on, and so are entries: numpy is fastest on flat arrays.
    own = np.arange(jets)[:, None]
    cell = np.searchsorted(edges[1:-1], left.ravel()).reshape(left.shape) + cells * own
    count = np.bincount(cell.ravel(), minlength=jets * cells).reshape(jets, cells)
    first = np.cumsum(count, axis=1) - count
    holder = first - 1
    holder[:, 0] = np.argmax(right > 0, axis=1)
    at_edge = np.take_along_axis(d, holder, axis=1)

    right = np.minimum(right, np.take(np.tile(edges[1:], jets), cell))
    centre = np.take(np.tile(0.5 * (edges[:-1] + edges[1:]), jets), cell)
    d -= np.take(at_edge, cell)
    level = (right - left) * d
    tilt = level * (0.5 * (left + right) - centre)
    places = (first + (entries + 1) * own).ravel()

    def over_cells(values: Float[np.ndarray, "K l"]) -> Float[np.ndarray, "K T"]:
        # Where no entry starts in a cell, reduceat returns one that is none of its own.
        sums = np.add.reduceat(values.ravel(), places).reshape(count.shape)
        return np.where(count > 0, sums, 0.0)

    return _Cells(at_edge, over_cells(level), over_cells(tilt), over_cells(level * d))


def _shifted(
    at_edge: Float[np.ndarray, "K T"],
    residual: Float[np.ndarray, " K"],
    edges: Float[np.ndarray, " e"],
    entries: int,
) -> Float[np.ndarray, " K"]:
    """Bound on ‖δe‖ and |δr| through the rounding of U and of the sums over cells.

    U is known to η U + m 2⁻⁶³ with η of some rounding units, far less than a cell. The integral
    over a cell therefore moves by at most that times the fall of q over the cell and the one on
    either side: the mean by that over √w, the slope by √3 times as much, r² by the same times the
    fall. The sums are rounded relative to q at the cell's left edge.
    """
    lost = _TERMS * _UNIT * (2 * entries + 24)
    beyond = np.zeros((len(at_edge), 2))
    around = np.concatenate([at_edge[:, :1], at_edge, beyond], axis=1)
    fall = around[:, :-3] - around[:, 3:]
    shift = lost * (edges[1:] + 2.0**-10) * fall
    width = np.diff(edges)
    vector = 2 * np.sqrt((shift**2 / width).sum(axis=1))
    sums = lost * np.sqrt((at_edge**2 * width).sum(axis=1))
    square = (shift * fall).sum(axis=1)
    root = np.maximum(residual, np.sqrt(square))
    return np.maximum(vector + sums, square / np.where(root > 0, root, 1.0))


def _one_by_one(function: Callable[[Any], None], items: Iterable[Any]) -> None:
    """Call the function on every item."""
    for item in items:
        function(item)

"""Where a smooth function crosses zero: between the points of a grid, and in the dips between."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.interpolate import CubicHermiteSpline
from scipy.optimize import root_scalar

# In x; with x = ln ε this is a hundredth of the error that one may want to quote.
_PRECISION = 1e-5


class Crossing(NamedTuple):
    """A zero with a change of sign.

    Attributes:
        x: where.
        rises: whether the function is positive to the right of it.
    """

    x: float
    rises: bool


def zero_crossings(
    function: Callable[[float], float],
    x: Float[np.ndarray, " E"],
    value: Float[np.ndarray, " E"],
    slope: Float[np.ndarray, " E"],
) -> list[Crossing]:
    """Zeros of a function known on a grid with its slope, polished by Brent's method.

    Two zeros between neighbours on the grid leave no change of sign there; the cubic through
    values and slopes tells of the dip between, and the function is asked at its bottom.

    Args:
        function: what to call between the points of the grid; 0 where it says nothing.
        x: where it is known, rising.
        value: its values; 0 where it says nothing.
        slope: its derivatives; NaN where it has none.
    """
    told = value != 0
    x, value, slope = x[told], value[told], slope[told]
    dips = _dips(x, value, slope)
    x = np.concatenate([x, dips])
    value = np.concatenate([value, [function(dip) for dip in dips]])
    order = np.argsort(x, kind="stable")
    order = order[value[order] != 0]
    x, value = x[order], value[order]
    # Asked again, the function may differ in its last bits, and in sign with them.
    known = dict(zip(x.tolist(), value.tolist(), strict=True))

    def anywhere(at: float) -> float:
        return known[at] if at in known else function(at)

    turns = np.flatnonzero(np.diff(np.sign(value)) != 0)
    zeros = (root_scalar(anywhere, bracket=x[i : i + 2], xtol=_PRECISION) for i in turns)
    return [
        Crossing(float(zero.root), bool(value[i + 1] > 0))
        for i, zero in zip(turns, zeros, strict=True)
    ]


def _dips(
    x: Float[np.ndarray, " E"], value: Float[np.ndarray, " E"], slope: Float[np.ndarray, " E"]
) -> list[float]:
    """Extrema of the cubics between neighbours of one sign, where these have the other sign."""
    found = []
    for i in range(len(x) - 1):
        two = slice(i, i + 2)
        if value[i] * value[i + 1] <= 0 or not np.isfinite(slope[two]).all():
            continue
        cubic = CubicHermiteSpline(x[two], value[two], slope[two])
        found += [e for e in cubic.derivative().roots(extrapolate=False) if cubic(e) * value[i] < 0]
    return found

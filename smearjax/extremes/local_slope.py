"""Slopes of a noisy curve, each from a polynomial through the points around it."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

# A point on the edge of the window has, but for rounding, no weight.
_NOTHING = 1e-9


def slope_rows(
    x: Float[np.ndarray, " E"],
    at: Float[np.ndarray, " A"],
    weight: Float[np.ndarray, "A E"],
    reach: float,
    degree: int,
) -> Float[np.ndarray, "A E"]:
    r"""What to multiply the values of a curve with to have its slopes: dy/dx(at) = rows @ y.

    Row a minimises Σ_e w_ae (1 − u³)³ (y_e − Σ_k c_k (x_e − at_a)ᵏ)² over the points with
    u = |x_e − at_a|/reach < 1 and yields c₁. Slopes are linear in y, so that their covariance is
    rows @ covariance @ rowsᵀ, however strongly neighbouring values are correlated. Source: local
    polynomial regression.

    Args:
        x: where the curve is known.
        at: where slopes are wanted.
        weight: inverse variances, 0 for points that are not to count.
        reach: half-width of the window, in units of x.
        degree: of the polynomial; 1 is a straight line.

    Returns:
        The rows; NaN where fewer than degree + 1 points count.

    Raises:
        Nothing; arguments come from smearjax itself.

    >>> x = np.linspace(-1, 1, 9)
    >>> slope_rows(x, np.array([0.5]), np.ones((1, 9)), 1.0, 2) @ x**2
    array([1.])
    """
    steps = (x[None, :] - at[:, None]) / reach
    tricube = np.clip(1 - np.abs(steps) ** 3, 0, None) ** 3
    tricube[tricube < _NOTHING] = 0
    # A sum of squares of one unit each, lest the normal equations feel the scale of the weights.
    largest = weight.max(axis=1, keepdims=True)
    w = tricube * weight / np.where(largest > 0, largest, 1.0)
    powers = steps[:, :, None] ** np.arange(degree + 1)
    normal = np.einsum("ae,aei,aej->aij", w, powers, powers)
    enough = np.sum(w > 0, axis=1) > degree
    normal[~enough] = np.eye(degree + 1)
    solved = np.linalg.solve(normal, np.einsum("ae,aei->aie", w, powers))
    rows = solved[:, 1] / reach
    rows[~enough] = np.nan
    return rows

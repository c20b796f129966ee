"""The law of the nearest of N jets pooled over many fixed jets, from the counts about each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy.special import gammaln

from smearjax.extremes.local_slope import slope_rows

Curve = Float[np.ndarray, " E"]

# Half-width of the window for slopes in ε, a factor, and step for slopes in ln N.
_WINDOW = 1.5
_STEP = 0.05


class MeanLaw(NamedTuple):
    """The mean over jets of (1 − F_x)^N.

    Attributes:
        survival: (E,) the law.
        survival_err: (E,) its standard error for these fixed jets.
        median: ε in GeV where it is ½.
        dimension: D there, (∂ survival/∂ ln ε)/(∂ survival/∂ ln N), dimensionless.
        dimension_err: its standard error, the choice of fixed jets included.
    """

    survival: Curve
    survival_err: Curve
    median: float
    dimension: float
    dimension_err: float


def mean_law(parts: Int[np.ndarray, "G K E"], total: int, size: int, radii: Curve) -> MeanLaw:
    r"""The law of the nearest of N jets, pooled over K fixed jets.

    survival(ε) = ⟨(1 − F_x)^N⟩_x, each term as `missed` estimates it. Its median moves with N as
    d ln ε/d ln N = −1/D, where D = ⟨w_x D_x⟩/⟨w_x⟩ with w_x = N F_x (1 − F_x)^N: jets count that
    have their nearest about there, not those in dense regions, which dominate pairs. Errors come
    from leaving out a part of the others at a time (a jackknife). Source: smearjax's own.

    Args:
        parts: how many of each of G equal parts of the R others lie within ε of each fixed jet.
        total: R.
        size: N.
        radii: (E,) rising ε in GeV, even in ln ε; survival goes from 1 to 0.

    Returns:
        `MeanLaw`.

    Raises:
        Nothing; arguments come from smearjax itself.

    >>> radii = np.geomspace(1, 100, 60)        # in GeV, along a line; all others are within 300
    >>> near = np.round(100 * radii).astype(int)[None, None].repeat(2, axis=0)
    >>> law = mean_law(near, 60000, 20, radii)
    >>> law.median, law.dimension        # 300 (1 − ½^{1/20}) GeV
    (10.2, 1.01)
    """
    counts = parts.sum(axis=0)
    survival = missed(counts, total, size).mean(axis=0)
    sizes = [len(part) for part in np.array_split(np.empty(total), len(parts))]
    without = [(counts - part, total - left) for part, left in zip(parts, sizes, strict=True)]
    left_out = np.stack([missed(some, left, size).mean(axis=0) for some, left in without])
    # Survival falls; np.interp wants what rises.
    median = float(np.exp(np.interp(-0.5, -survival, np.log(radii))))
    turns = _turns(counts, total, size, radii, median)
    dimension = turns[0].mean() / turns[1].mean()
    of_jets = np.std(turns[0] - dimension * turns[1]) / turns[1].mean() / np.sqrt(len(counts))
    every = [_turns(some, left, size, radii, median).mean(axis=1) for some, left in without]
    of_others = _jackknife(np.array([[a / b] for a, b in every]))[0]
    return MeanLaw(
        survival,
        _jackknife(left_out),
        median,
        float(dimension),
        float(np.hypot(of_jets, of_others)),
    )


def _turns(
    counts: Int[np.ndarray, "K E"], total: int, size: int, radii: Curve, epsilon: float
) -> Float[np.ndarray, "2 K"]:
    """−∂/∂ ln ε and −∂/∂ ln N of each jet's (1 − F_x)^N at one ε."""
    x = np.log(radii)
    ones, at = np.ones((1, len(x))), np.log([epsilon])
    reach = max(np.log(_WINDOW), 4 * (x[1] - x[0]))  # enough points for a cubic
    rows = slope_rows(x, at, ones, float(reach), degree=3)[0]
    more, fewer = (missed(counts, total, float(size * np.exp(s))) for s in (_STEP, -_STEP))
    of_number = (more - fewer) / (2 * _STEP)
    there = np.array([np.interp(at[0], x, row) for row in of_number])
    return -np.stack([missed(counts, total, size) @ rows, there])


def _jackknife(left_out: Float[np.ndarray, "G E"]) -> Float[np.ndarray, " E"]:
    """Standard errors from values without each of G parts in turn."""
    many = len(left_out)
    return np.sqrt((many - 1) / many * np.sum((left_out - left_out.mean(axis=0)) ** 2, axis=0))


def missed(
    counts: Int[np.ndarray, "*shape"], total: int, size: float
) -> Float[np.ndarray, "*shape"]:
    r"""The chance that N of R jets, drawn without replacement, are none of n: no bias as (1 − F)^N.

    C(R − n, N)/C(R, N)

    Args:
        counts: n, of any shape.
        total: R, jets to draw from.
        size: N, how many are drawn; between whole numbers the same formula with Γ functions.

    Returns:
        Of that shape, dimensionless.

    Raises:
        Nothing; arguments come from smearjax itself.

    Source: the hypergeometric distribution.

    >>> missed(np.array([0, 1, 3]), 4, 2)
    array([1. , 0.5, 0. ])
    """
    left = total - counts
    enough = left >= size
    left = np.where(enough, left, size)
    log_chance = gammaln(left + 1) - gammaln(left - size + 1)
    log_chance -= gammaln(total + 1) - gammaln(total - size + 1)
    return np.where(enough, np.exp(log_chance), 0.0)

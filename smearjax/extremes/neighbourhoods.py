"""How far the nearest of N jets is from a fixed jet, and which law of extremes that follows."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from smearjax._expect import expect, expect_whole
from smearjax._memory import expect_room
from smearjax._numerics import ArrayLike
from smearjax.extremes.extreme_laws import ExtremeValue, Weibull, ks_p_values
from smearjax.extremes.local_slope import slope_rows
from smearjax.extremes.mean_law import mean_law
from smearjax.metric.cloud import Cloud
from smearjax.metric.exact import exact_squared_distances
from smearjax.metric.pairs import Points, ball_counts, in_bucket, squared_distances
from smearjax.metric.space import expect_semd
from smearjax.smearing.checks import checked_rows

PerJet = Float[np.ndarray, " K"]
Curve = Float[np.ndarray, " E"]

_RADII = 48
# Parts of the other half of the jets, left out in turn (a jackknife).
_PARTS = 10
# D_x is the slope from ε/2 to 2ε.
_WINDOW = 2.0
# Fits of Weibull samples from which the estimate's bias and scatter are read.
_SIMULATED = 2000


@dataclass(frozen=True)
class Neighbourhoods:
    r"""Smallest distances from K fixed jets to M disjoint subsets of N jets each, and their laws.

    Attributes:
        jets: (K,) numbers of the fixed jets.
        size: N, jets in a subset.
        nearest: (K, M) smallest distance in GeV.
        weibull: (K,) fitted shape (dimensionless) and scale (GeV).
        weibull_p: (K,) p-values of the fits.
        shape: (K,) the shape freed from its bias, dimensionless.
        shape_err: (K,) its standard error.
        extreme: (K,) fitted generalised extreme-value laws.
        extreme_p: (K,) p-values of the fits.
        dimension: (K,) D_x = d ln F_x/d ln ε at each jet's median smallest distance, from other
            jets than the subsets', dimensionless.
        dimension_err: (K,) its standard error.
        epsilon: (E,) radii in GeV for the pooled law.
        pooled: (E,) fraction of all smallest distances that exceed ε.
        pooled_err: (E,) its standard error, from the scatter of the subsets.
        law: (E,) the mean over the fixed jets of (1 − F_x)^N, from other jets than the subsets'.
        law_err: (E,) its standard error.
        median: ε in GeV where that law is ½.
        typical_dimension: there, the mean of D_x over the jets whose nearest is about to come into
            reach, weighted N F_x (1 − F_x)^N: the median falls as N^{−1/typical_dimension}.
        typical_dimension_err: its standard error, the choice of fixed jets included.
        pooled_weibull: (1,) one Weibull law fitted to all smallest distances together.
        pooled_p: its p-value.
    """

    jets: Int[np.ndarray, " K"]
    size: int
    nearest: Float[np.ndarray, "K M"]
    weibull: Weibull
    weibull_p: PerJet
    shape: PerJet
    shape_err: PerJet
    extreme: ExtremeValue
    extreme_p: PerJet
    dimension: PerJet
    dimension_err: PerJet
    epsilon: Curve
    pooled: Curve
    pooled_err: Curve
    law: Curve
    law_err: Curve
    median: float
    typical_dimension: float
    typical_dimension_err: float
    pooled_weibull: Weibull
    pooled_p: float

    def __str__(self) -> str:
        subsets = self.nearest.shape[1]
        pull = (self.shape - self.dimension) / np.hypot(self.shape_err, self.dimension_err)
        bulk = (self.law > 0.05) & (self.law < 0.95)
        off = (self.pooled - self.law)[bulk] / np.hypot(self.pooled_err, self.law_err)[bulk]
        low, middle, high = np.nanquantile(self.dimension, (0.16, 0.5, 0.84))
        return "\n".join(
            [
                f"{len(self.jets)} fixed jets, {subsets} disjoint subsets of {self.size} jets each",
                f"D_x: median {middle:.2f}, 68 % of the jets from {low:.2f} to {high:.2f}",
                f"nearest jet: median {self.median:.2f} GeV, where the typical D is "
                f"{self.typical_dimension:.2f} ± {self.typical_dimension_err:.2f}",
                f"Weibull shape − D_x, in standard errors: mean {np.nanmean(pull):+.2f}, "
                f"deviation {np.nanstd(pull):.2f}",
                f"fits with p < .05: Weibull {np.mean(self.weibull_p < 0.05):.2f}, "
                f"generalised extreme value {np.mean(self.extreme_p < 0.05):.2f} of the jets",
                f"pooled: at most {np.max(np.abs(off), initial=0):.1f} standard errors from the "
                f"jets' mean law (5 % to 95 %); one Weibull law for all: p = {self.pooled_p:.3f}",
            ]
        )


def neighbourhood_fit(
    cloud: Cloud,
    fixed: ArrayLike,
    size: int,
    *,
    subsets: int | None = None,
    replicas: int = 199,
    seed: int = 0,
) -> Neighbourhoods:
    r"""The law of the distance from a fixed jet to the nearest of N others, against its dimension.

    Where F_x ∝ ε^{D_x}, P(d_min > ε) → exp(−N F_x): a Weibull law of shape D_x. Pooled over jets
    the law is the mean of theirs, which is no Weibull law if D_x varies. Half of the other jets,
    drawn at random, are cut into disjoint subsets; from the rest come F_x and D_x, so that the two
    share no jet. In place of (1 − F_x)^N stands its estimate without bias, the chance that N of R
    jets, drawn without replacement, miss all of the n_x within ε. Method: smearjax; extreme values
    of distances as in arXiv:2501.07643.

    The nearest jet is found by embedded distance; its distance is then computed exactly.

    Args:
        cloud: the fixed jets and all others.
        fixed: (K,) numbers of the fixed jets, or an (n_jets,) mask.
        size: N, jets in a subset.
        subsets: M, at least 5; as many as there are by default.
        replicas: refits of the parametric bootstrap behind each p-value, which is at least
            1/(1 + replicas).
        seed: of the subsets and the bootstrap.

    Returns:
        `Neighbourhoods`.

    Raises:
        ValueError: a jet fixed twice; fewer than 5 subsets, or fewer than asked for; a jet that
            stands on another one; a cloud in another space than SEMD's.
        MemoryError: it would not fit; the message has the predicted bytes.

    >>> from smearjax import load_jets
    >>> from smearjax.metric import Cloud
    >>> found = neighbourhood_fit(Cloud(load_jets("sample")[:600]), range(5), 20, replicas=19)
    >>> found.nearest.shape, float(np.median(found.nearest))        # in GeV
    ((5, 14), 7.04)
    """
    expect("cloud", cloud, Cloud, "Cloud(jets)")
    expect_semd(cloud.space, "neighbourhood_fit")
    try:
        jets = checked_rows(len(cloud), np.asarray(fixed))
    except ValueError as error:
        raise ValueError(f"fixed: {error}") from None
    expect_whole("size", size, least=1)
    expect_whole("replicas", replicas, least=1)
    if subsets is not None:
        expect_whole("subsets", subsets, least=5)
    rng = np.random.default_rng(seed)
    others = rng.permutation(np.setdiff1d(np.arange(len(cloud)), jets))
    half = len(others) // 2
    least, most = subsets or 5, half // size
    if most < least:
        raise ValueError(
            f"size is {size}, and half of the {len(others)} other jets make {most} subsets of it; "
            f"for {least} use at most {half // least}"
        )
    many = subsets or most
    parts = others[: many * size].reshape(many, size)
    nearest = _nearest(cloud, jets, parts)
    if not np.all(nearest > 0):
        raise ValueError("fixed names jets that have a copy in cloud, at distance 0; leave one out")
    radii = np.geomspace(nearest.min() / _WINDOW, nearest.max() * _WINDOW, _RADII)
    counts = _part_counts(cloud, jets, others[half:], radii)
    dimension, dimension_err = _dimensions(counts.sum(axis=0), len(others) - half, radii, nearest)
    law = mean_law(counts, len(others) - half, size, radii)
    exceed = np.mean(nearest[:, :, None] > radii, axis=0)
    weibull, extreme = Weibull.fit(nearest), ExtremeValue.fit(nearest)
    trials = Weibull.fit(rng.standard_exponential((_SIMULATED, many))).shape
    shape = weibull.shape / trials.mean()
    flat = nearest.reshape(1, -1)
    together = Weibull.fit(flat)
    return Neighbourhoods(
        jets,
        size,
        nearest,
        weibull,
        ks_p_values(weibull, nearest, replicas, rng),
        shape,
        shape * trials.std() / trials.mean(),
        extreme,
        ks_p_values(extreme, nearest, replicas, rng),
        dimension,
        dimension_err,
        radii,
        exceed.mean(axis=0),
        exceed.std(axis=0, ddof=1) / np.sqrt(many),
        law.survival,
        law.survival_err,
        law.median,
        law.dimension,
        law.dimension_err,
        together,
        float(ks_p_values(together, flat, replicas, rng)[0]),
    )


def _nearest(
    cloud: Cloud, jets: Int[np.ndarray, " K"], subsets: Int[np.ndarray, "M N"]
) -> Float[np.ndarray, "K M"]:
    """Smallest distance from each jet to each subset, in one pass."""
    size = cloud.points.residual.dtype.itemsize
    held = size * (
        len(jets) * subsets.shape[1] + subsets.size * cloud.points.points.vectors.shape[1]
    )
    expect_room({"subsets": held}, {}, "use fewer jets")
    place = np.argsort(cloud.order)
    points = cloud.points.points
    which = np.asarray(_nearest_of_each(points[place[jets]], points, place[subsets])).T
    found = np.take_along_axis(subsets.T, which, axis=0)
    pairs = np.stack([np.repeat(jets, len(subsets)), found.ravel()], axis=1)
    space = cloud.space
    squared = exact_squared_distances(
        cloud.jets, cloud.jets, pairs, beta=float(space.beta), omega=space.omega
    )
    return float(space.pt_ref) * np.sqrt(squared).reshape(found.shape)


@jax.jit
def _nearest_of_each(rows: Points, points: Points, subsets: Int[Array, "M N"]) -> Int[Array, "M K"]:
    """The number within each subset of the jet nearest to each row."""

    def of_one(members: Int[Array, " N"]) -> Int[Array, " K"]:
        return jnp.argmin(squared_distances(rows, points[members]), axis=1)

    return jax.lax.map(of_one, subsets)


def _part_counts(
    cloud: Cloud, jets: Int[np.ndarray, " K"], others: Int[np.ndarray, " R"], radii: Curve
) -> Int[np.ndarray, "G K E"]:
    """How many of each part of the other jets lie within each radius of each fixed jet."""
    place = np.argsort(cloud.order)
    points = cloud.points.points
    rows = in_bucket(points[place[jets]])
    edges = jnp.asarray(radii, cloud.points.residual.dtype)
    parts = (in_bucket(points[np.sort(place[part])]) for part in np.array_split(others, _PARTS))
    return np.stack([np.asarray(ball_counts(rows, part, edges))[: len(jets)] for part in parts])


def _dimensions(
    counts: Int[np.ndarray, "K E"], total: int, radii: Curve, nearest: Float[np.ndarray, "K M"]
) -> tuple[PerJet, PerJet]:
    """D_x at the median smallest distance of each jet, and its binomial error."""
    there = counts > 0
    fraction = np.where(there, counts, 1) / total
    x, at = np.log(radii), np.log(np.median(nearest, axis=1))
    rows = slope_rows(x, at, np.where(there, counts, 0.0), np.log(_WINDOW), degree=2)
    # Counts of balls in one another: Cov(ln F, ln F') = (1 − F)/(R F) of the larger ball.
    order = np.maximum.outer(*2 * [np.arange(len(radii))])
    covariance = ((1 - fraction) / (total * fraction))[:, order]
    variance = np.einsum("ke,kef,kf->k", rows, covariance, rows)
    return np.sum(rows * np.log(fraction), axis=1), np.sqrt(variance)

"""Jets placed in a space, and the questions one asks of all their pairs."""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

from smearjax._expect import expect, expect_positive, expect_whole
from smearjax._memory import expect_room
from smearjax._numerics import ArrayLike
from smearjax.jets.container import Jets
from smearjax.metric.exact import exact_squared_distances
from smearjax.metric.pairs import ball_counts, filled, in_bucket, in_order, nearest
from smearjax.metric.pairs.blocks import FAR
from smearjax.metric.pairs.certified import (
    candidates,
    chosen_pairs,
    half_widths,
    row_chunks,
    sure_counts,
)
from smearjax.metric.pairs.points import CertifiedPoints
from smearjax.metric.space import Space, expect_semd, fit_space


class Cloud:
    """N jets as points of a space, kept in an order in which neighbours are near one another.

    Args:
        jets: N jets; pT in GeV, y and φ in radians.
        space: where to place them; by default `fit_space(jets)`. Clouds to be compared share one.

    Attributes:
        jets: the jets.
        space: the space.
        order: (N,) place k of the points holds jet order[k].
        points: their `CertifiedPoints` in GeV, in that order; filled up with points out of every
            reach to one of few sizes, so that another N seldom means another compilation.

    Raises:
        ValueError: as `spectral_function`.

    Source: the Hilbert space of arXiv:2305.03751.

    >>> from smearjax import load_jets
    >>> from smearjax.metric import Cloud
    >>> len(Cloud(load_jets("sample")[:300]))
    300
    """

    jets: Jets
    space: Space
    order: Int[np.ndarray, " N"]
    points: CertifiedPoints

    def __init__(self, jets: Jets, space: Space | None = None):
        expect("jets", jets, Jets, "Jets, from load_jets(...) or Jets(pt, y, phi)")
        if space is not None:
            expect("space", space, Space, "one from fit_space(jets), or another cloud's")
        self.jets = jets
        self.space = fit_space(jets) if space is None else space
        points = self.space.points(jets, np.arange(len(jets)))
        self.order = in_order(points.points)
        points = points[self.order]  # under the old name, so that the old ones are not kept
        self.points = CertifiedPoints(
            in_bucket(points.points), filled(points.residual), filled(points.rounding)
        )

    def __len__(self) -> int:
        return len(self.order)


@dataclass(frozen=True)
class BallCounts:
    """How many jets lie within each ε of each jet.

    Attributes:
        epsilon: (E,) radii in GeV.
        counts: (N, E) whole numbers.
        recomputed: pairs whose certified interval held a radius and were computed exactly; None
            if that was not asked for.
    """

    epsilon: Float[np.ndarray, " E"]
    counts: Int[np.ndarray, "N E"]
    recomputed: int | None


@dataclass(frozen=True)
class Neighbours:
    """The k nearest jets of each jet, nearest first.

    Attributes:
        distance: (N, k) d in GeV; ∞ where there are fewer than k others.
        index: (N, k) their numbers; −1 where there are fewer.
        half_width: (N, k) GeV, no exact d is further than this from the distance given; 0 where the
            distance is the exact one, ∞ where there is no neighbour.
        recomputed: pairs that could be among the k nearest and were computed exactly; None if that
            was not asked for.
    """

    distance: Float[np.ndarray, "N k"]
    index: Int[np.ndarray, "N k"]
    half_width: Float[np.ndarray, "N k"]
    recomputed: int | None


def count_balls(
    cloud: Cloud, epsilon: ArrayLike, others: Cloud | None = None, *, exact: bool = False
) -> BallCounts:
    r"""n(x, ε) = #{j ≠ x : d(x, x_j) ≤ ε} for a grid of ε, in one pass over the pairs.

    Integers throughout. Blocks of pairs that lie beyond the largest ε are never made, so a small ε
    costs much less than N². With `exact`, pairs whose certified interval (see `embed`) holds one
    of the radii are computed from the particles in float64, and no others: the counts are then
    those of exact SEMD, pair for pair.

    Args:
        cloud: N jets about which to count.
        epsilon: (E,) radii in GeV, or one.
        others: the jets to count, in the same space; by default `cloud` itself without self-pairs.
        exact: decide every pair as float64 exact SEMD does.

    Returns:
        `BallCounts`, jets in the order of `cloud.jets`.

    Raises:
        ValueError: ε not positive and finite; clouds of different spaces.
        MemoryError: it would not fit; the message has the predicted bytes.

    Source: the hard ball of arXiv:2501.07643.

    >>> from smearjax import load_jets
    >>> from smearjax.metric import Cloud, count_balls
    >>> count_balls(Cloud(load_jets("sample")[:300]), [10.0, 1000.0], exact=True).counts[0]
    array([ 22, 299], dtype=int32)
    """
    there = _other(cloud, others)
    if exact:
        expect_semd(cloud.space, "exact=True")
    radii = checked_radii(epsilon)
    dtype = cloud.points.residual.dtype
    size = 4 * len(cloud) * radii.size
    expect_room({"counts": 2 * size}, {"counts": 2 * size}, "ask for fewer epsilon")
    counts = np.empty((len(cloud), radii.size), np.int32)
    rows, columns = cloud.points, _seen_from(cloud, others)
    if not exact:
        found = ball_counts(rows.points, columns.points, jnp.asarray(radii, dtype))
        counts[cloud.order] = found[: len(cloud)]
        return BallCounts(radii, counts, None)
    squared = jnp.asarray(np.minimum(radii**2, 0.5 * FAR), dtype)
    recomputed = 0
    for chunk in row_chunks(len(cloud), len(columns)):
        sure, bits = (np.asarray(part) for part in sure_counts(rows[chunk], columns, squared))
        new = slice(chunk[-1] - chunk[0] + 1)  # the last row fills the end
        counts[cloud.order[chunk[new]]] = sure[new]
        pairs = chosen_pairs(bits[new])
        pairs = np.stack([cloud.order[chunk[pairs[:, 0]]], there.order[pairs[:, 1]]], axis=1)
        distance = _exact(cloud, there, pairs)
        np.add.at(counts, pairs[:, 0], distance[:, None] <= radii)
        recomputed += len(pairs)
    return BallCounts(radii, counts, recomputed)


def find_neighbours(
    cloud: Cloud, k: int, others: Cloud | None = None, *, exact: bool = False
) -> Neighbours:
    """The k jets nearest to each jet, by d in GeV, each with a bound on the error of its d.

    Blocks of pairs that lie beyond the k nearest found so far are never made. With `exact`, every
    pair that could be among the k nearest by its certified interval is computed from the particles
    in float64, and no others: jets and distances are then those of exact SEMD.

    Args:
        cloud: N jets.
        k: how many neighbours.
        others: the jets to look among, in the same space; by default `cloud` itself without
            self-pairs.
        exact: as float64 exact SEMD.

    Returns:
        `Neighbours`, jets in the order of `cloud.jets` and `others.jets`.

    Raises:
        ValueError: k < 1; clouds of different spaces.
        MemoryError: it would not fit; the message has the predicted bytes.

    Source: the metric of arXiv:2305.03751.

    >>> from smearjax import load_jets
    >>> from smearjax.metric import Cloud, find_neighbours
    >>> find_neighbours(Cloud(load_jets("sample")[:300]), 1, exact=True).distance[:2, 0].tolist()
    [2.290, 4.625]
    """
    there = _other(cloud, others)
    if exact:
        expect_semd(cloud.space, "exact=True")
    expect_whole("k", k, least=1)
    rows, columns = cloud.points, _seen_from(cloud, others)
    size = 8 * len(cloud) * k
    expect_room({"neighbours": 2 * size}, {"neighbours": 4 * size}, "ask for fewer neighbours")
    distance = np.full((len(cloud), k), np.inf)
    index = np.full((len(cloud), k), -1)
    if not exact:
        squared, place = nearest(rows.points, columns.points, k)
        width = half_widths(squared, rows, columns, place)
        squared, place, width = (np.asarray(x)[: len(cloud)] for x in (squared, place, width))
        there_is = place >= 0
        distance[cloud.order] = np.sqrt(squared.astype(np.float64))
        index[cloud.order] = np.where(there_is, there.order[place], -1)
        squared, width = (np.where(there_is, np.float64(x), 0.0) for x in (squared, width))
        below = np.sqrt(squared) - np.sqrt(np.maximum(squared - width, 0.0))
        above = np.sqrt(squared + width) - np.sqrt(squared)
        half_width = np.empty_like(distance)
        half_width[cloud.order] = np.where(there_is, np.maximum(below, above), np.inf)
        return Neighbours(distance, index, half_width, None)
    recomputed = 0
    for chunk in row_chunks(len(cloud), len(columns)):
        new = slice(chunk[-1] - chunk[0] + 1)  # the last row fills the end
        pairs = chosen_pairs(np.asarray(candidates(rows[chunk], columns, k))[new])
        pairs = np.stack([cloud.order[chunk[pairs[:, 0]]], there.order[pairs[:, 1]]], axis=1)
        value = _exact(cloud, there, pairs)
        by_distance = np.lexsort((pairs[:, 1], value, pairs[:, 0]))
        row, column, value = *pairs[by_distance].T, value[by_distance]
        rank = np.arange(len(row)) - np.searchsorted(row, row)
        kept = rank < k
        distance[row[kept], rank[kept]] = value[kept]
        index[row[kept], rank[kept]] = column[kept]
        recomputed += len(pairs)
    return Neighbours(distance, index, np.where(index >= 0, 0.0, np.inf), recomputed)


def checked_radii(epsilon: ArrayLike) -> Float[np.ndarray, " E"]:
    """ε as a vector of positive numbers, or a ValueError."""
    radii = np.atleast_1d(np.asarray(epsilon))
    if radii.ndim != 1 or radii.size == 0:
        raise ValueError(f"epsilon must be one number or (E,) of them, in GeV; got {radii.shape}")
    expect_positive("epsilon", radii, "GeV")
    return radii.astype(np.float64)


def _other(cloud: Cloud, others: Cloud | None) -> Cloud:
    """The cloud to look among, known to be comparable."""
    expect("cloud", cloud, Cloud, "Cloud(jets)")
    if others is None:
        return cloud
    expect("others", others, Cloud, "Cloud(jets, cloud.space)")
    if others.space is not cloud.space:
        raise ValueError("others lies in another space; make it with Cloud(jets, cloud.space)")
    return others


def _seen_from(cloud: Cloud, others: Cloud | None) -> CertifiedPoints:
    """The points to look among; jets of another cloud are other jets, whatever their number."""
    if others is None:
        return cloud.points
    points = others.points
    strangers = jnp.full(len(points), -1, jnp.int32)
    bare = type(points.points)(points.points.vectors, points.points.norm, strangers)
    return CertifiedPoints(bare, points.residual, points.rounding)


def _exact(cloud: Cloud, others: Cloud, pairs: Int[np.ndarray, "P 2"]) -> Float[np.ndarray, " P"]:
    """Exact d in GeV of chosen pairs."""
    space = cloud.space
    squared = exact_squared_distances(
        cloud.jets, others.jets, pairs, beta=float(space.beta), omega=space.omega
    )
    return float(space.pt_ref) * np.sqrt(squared)

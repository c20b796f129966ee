"""How the distances of all pairs are distributed, for each pair of classes."""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from smearjax._expect import expect
from smearjax._memory import expect_room
from smearjax._numerics import ArrayLike
from smearjax.metric.cloud import Cloud, checked_radii
from smearjax.metric.pairs import Points, ball_counts, in_bucket, in_order
from smearjax.metric.pairs.counts import later_counts


@dataclass(frozen=True)
class PairCounts:
    """How many pairs lie within each ε, for gluon–gluon, gluon–quark and quark–quark pairs.

    Attributes:
        epsilon: (E,) radii in GeV.
        gg: (E,) pairs of two different gluon jets with d ≤ ε, each pair counted once.
        gq: (E,) pairs of a gluon and a quark jet.
        qq: (E,) pairs of two different quark jets.
        n_jets: (gluons, quarks).
    """

    epsilon: Float[np.ndarray, " E"]
    gg: Int[np.ndarray, " E"]
    gq: Int[np.ndarray, " E"]
    qq: Int[np.ndarray, " E"]
    n_jets: tuple[int, int]

    @property
    def fractions(self) -> Float[np.ndarray, "3 E"]:
        """F(ε) of gg, gq and qq: (3, E), dimensionless, the fraction of such pairs within ε.

        NaN for classes that form no pair.
        """
        gluons, quarks = self.n_jets
        pairs = np.array([gluons * (gluons - 1) / 2, gluons * quarks, quarks * (quarks - 1) / 2])
        within = np.stack([self.gg, self.gq, self.qq])
        return within / np.where(pairs > 0, pairs, np.nan)[:, None]


def count_pairs(cloud: Cloud, epsilon: ArrayLike) -> PairCounts:
    r"""Cumulative histogram of the distances of all pairs of jets, by class.

    N_ab(ε) = #{pairs i of class a, j of class b, i ≠ j : d(x_i, x_j) ≤ ε}

    Differences between neighbouring ε are the histogram; fractions of all pairs are F_ab(ε), whose
    slope d ln F/d ln ε is the local dimension. Whole numbers, exact for up to 10¹⁸ pairs; pairs
    within a class are made once, not twice.

    Args:
        cloud: N labelled jets, 1 = quark, 0 = gluon.
        epsilon: (E,) edges in GeV, rising or not.

    Returns:
        `PairCounts`.

    Raises:
        ValueError: ε not positive and finite; jets without labels.
        MemoryError: it would not fit; the message has the predicted bytes.

    Source: the pair distances of arXiv:2501.07643.

    >>> from smearjax import load_jets
    >>> from smearjax.metric import Cloud, count_pairs
    >>> counts = count_pairs(Cloud(load_jets("sample")[:300]), [20.0, 1e4])
    >>> int(counts.gg[-1] + counts.gq[-1] + counts.qq[-1]) == 300 * 299 // 2
    True
    """
    expect("cloud", cloud, Cloud, "Cloud(jets)")
    radii = checked_radii(epsilon)
    if cloud.jets.label is None:
        raise ValueError("the jets of cloud have no labels; give Jets(..., label=...)")
    needed = {
        "counts": 8 * len(cloud) * radii.size,
        "a copy of the vectors": cloud.points.points.vectors.nbytes,
    }
    expect_room(needed, {}, "ask for fewer epsilon")
    label = np.asarray(cloud.jets.label)[cloud.order]
    edges = jnp.asarray(radii, cloud.points.residual.dtype)
    rows = [np.flatnonzero(label == c) for c in (0, 1)]
    gluons, quarks = (_in_their_order(cloud.points.points, members) for members in rows)
    gg, qq = (_total(later_counts(points, edges)) for points in (gluons, quarks))
    gq = _total(ball_counts(gluons, quarks, edges))
    return PairCounts(radii, gg, gq, qq, (len(rows[0]), len(rows[1])))


def _in_their_order(points: Points, members: Int[np.ndarray, " n"]) -> Points:
    """Some of the points, neighbours near one another, filled up to a bucket."""
    some = points[members]
    return in_bucket(some[in_order(some)])


def _total(counts: Int[Array, "N E"]) -> Int[np.ndarray, " E"]:
    """Over all rows, in 64 bits."""
    return np.asarray(counts).sum(axis=0, dtype=np.int64)

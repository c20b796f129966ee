r"""Covariances of the numbers of pairs within ε, from the numbers about each jet.

A jet takes part in many pairs, so the number of pairs is no binomial: with p_x the fraction of
jets within ε of jet x,

    Var(n) = C(N, 2) p(1 − p) + N(N − 1)(N − 2)(⟨p_x²⟩ − p²)                       one sample
    Var(n_qg) = N_q N_g [p(1 − p) + (N_g − 1)(⟨p_x²⟩_q − p²) + (N_q − 1)(⟨p_x²⟩_g − p²)]

(U-statistics). All of it, for two radii and two kinds of pairs at once, is the expectation of a
product of counts less the product of expectations; the latter is estimated, without bias, from
those couples of pairs that have no jet in common.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from smearjax.smearing.sums import GLUON, QUARK

# The classes of the two jets, in the order of `PairCounts.fractions`.
KINDS = ((GLUON, GLUON), (GLUON, QUARK), (QUARK, QUARK))


class BallMoments(NamedTuple):
    """Sums over the jets of one class of what lies within ε of them, class by class.

    Attributes:
        first: first[a, b] = Σ_{x∈a} n_b(x, ε).
        second: second[a, b, c] = Σ_{x∈a} n_b(x, ε) n_c(x, ε').
    """

    first: Float[np.ndarray, "2 2 E"]
    second: Float[np.ndarray, "2 2 2 E E"]

    @classmethod
    def of(cls, counts: Int[np.ndarray, "N 2 E"], label: Int[np.ndarray, " N"]) -> BallMoments:
        """From the gluons [:, 0] and the quarks [:, 1] within each ε of some jets."""
        parts = [counts[label == c].astype(np.float64) for c in (GLUON, QUARK)]
        # Matrix products: einsum over three letters would take the slow way.
        second = [[[part[:, b].T @ part[:, c] for c in (0, 1)] for b in (0, 1)] for part in parts]
        return cls(np.stack([part.sum(axis=0) for part in parts]), np.array(second))

    def __add__(self, other: BallMoments) -> BallMoments:  # pyright: ignore
        """Over the jets of both."""
        return BallMoments(self.first + other.first, self.second + other.second)

    @property
    def pairs(self) -> Float[np.ndarray, "3 E"]:
        """Pairs within ε of gg, gq and qq, each counted once."""
        gg, gq, qq = (self.first[a, b] for a, b in KINDS)
        return np.stack([gg / 2, gq, qq / 2])


def all_pairs(n_jets: tuple[int, int]) -> Float[np.ndarray, " 3"]:
    """How many pairs of gg, gq and qq there are."""
    g, q = n_jets
    return np.array([g * (g - 1) / 2, g * q, q * (q - 1) / 2])


def covariance_of_fractions(
    moments: BallMoments, n_jets: tuple[int, int]
) -> Float[np.ndarray, "3 3 E E"]:
    """Cov(F_a(ε), F_b(ε')) of the fractions of gg, gq and qq pairs within rising ε.

    Without bias over samples with as many jets of each class; NaN for classes of fewer than 4 jets.
    """
    least = np.minimum.outer(*2 * [np.arange(moments.first.shape[-1])])
    everything = _moments_of_everything(n_jets)
    number, total = moments.pairs, all_pairs(n_jets)
    size = len(least)
    found = np.full((3, 3, size, size), np.nan)
    for a in range(3):
        for b in range(3):
            apart = np.outer(number[a], number[b]) - _sharing(moments, a, b, least)
            couples = total[a] * total[b] - _sharing(everything, a, b, np.zeros((1, 1), int))[0, 0]
            if couples > 0:
                product = np.outer(number[a] / total[a], number[b] / total[b])
                found[a, b] = product - apart / couples
    return found


def covariance_of_pairs(
    moments: BallMoments, n_jets: tuple[int, int]
) -> Float[np.ndarray, "3 E E"]:
    """What that of gg, gq and qq would be if no two pairs shared a jet: binomial counts.

    The covariance exceeds it by that of the p_x, so that no true variance is less.
    """
    total = all_pairs(n_jets)[:, None, None]
    least = np.minimum.outer(*2 * [np.arange(moments.first.shape[-1])])
    p = moments.pairs / total[:, :, 0]
    return (p[:, least] - p[:, :, None] * p[:, None, :]) / total


def _sharing(
    moments: BallMoments, a: int, b: int, least: Int[np.ndarray, "E E"]
) -> Float[np.ndarray, "E E"]:
    """Couples of a pair of kind a and one of kind b, within ε and ε', that share a jet or two."""
    mine, yours = KINDS[a], KINDS[b]
    shared = np.zeros(least.shape)
    for c in set(mine) & set(yours):
        # Of a pair that x belongs to, where is the other jet?
        one, other = (pair[1] if pair[0] == c else pair[0] for pair in (mine, yours))
        shared += moments.second[c, one, other]
    # A pair and itself was counted at both its jets.
    return shared - moments.pairs[a][least] if a == b else shared


def _moments_of_everything(n_jets: tuple[int, int]) -> BallMoments:
    """For an ε beyond all distances."""
    others = np.array(n_jets, np.float64)[None, :] - np.eye(2)
    first = np.array(n_jets)[:, None] * others
    second = np.array(n_jets)[:, None, None] * others[:, :, None] * others[:, None, :]
    return BallMoments(first[..., None], second[..., None, None])

"""What lies in the ball about one jet: a few jets that stand for all of them."""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

from smearjax.metric.pairs import squared_distances
from smearjax.metric.pairs.blocks import FAR
from smearjax.smearing.likelihood import SmearedLikelihood
from smearjax.smearing.sums import GLUON, QUARK, Queries


@dataclass(frozen=True)
class Neighbourhood:
    """The ball about a jet at one ε, and k of its jets at typical distances.

    The jets are those at which the kernel weight, added up from the nearest jet outwards, passes
    (i + ½)/k of all: every one stands for as much of what is smeared over.

    Attributes:
        epsilon: resolution in GeV.
        n_eff: effective number of jets in the ball, (Σ wK)²/Σ (wK)².
        quark_share: share of the quarks in it with classes weighted alike, L/(1 + L); NaN where
            the ball is empty.
        index: (k,) numbers of the reference jets, nearest first; fewer if the ball holds fewer.
        label: (k,) their labels, 1 = quark, 0 = gluon.
        distance: (k,) d in GeV as the likelihood measures it: from the embedding with its residual
            correction.
    """

    epsilon: float
    n_eff: float
    quark_share: float
    index: Int[np.ndarray, " k"]
    label: Int[np.ndarray, " k"]
    distance: Float[np.ndarray, " k"]

    def __str__(self) -> str:
        jets = ", ".join(
            f"{'quark' if label == QUARK else 'gluon'} {number} at {d:.3g}"
            for number, label, d in zip(self.index, self.label, self.distance, strict=True)
        )
        return (
            f"ball of ε = {self.epsilon:.3g} GeV: n_eff {self.n_eff:,.1f}, "
            f"{self.quark_share:.0%} quark; {jets or 'no jet'} GeV"
        )


class Surroundings:
    """Every reference jet as one query jet sees it.

    Args:
        likelihood: of the reference jets.
        query: one prepared jet.

    Attributes:
        index: (M,) numbers of the reference jets by rising distance, itself left out.
        squared: (M,) d² in GeV².
    """

    def __init__(self, likelihood: SmearedLikelihood, query: Queries):
        self._kernel = likelihood.kernel
        point = query.points
        members = likelihood.reference.members
        found = []
        for numbers, points in zip(members, likelihood.reference.classes.points, strict=True):
            d2 = np.array(squared_distances(point, points)[0, : len(numbers)], np.float64)
            same = np.asarray(points.identity)[: len(numbers)] == int(point.identity[0])
            found.append(np.where(same & (int(point.identity[0]) >= 0), FAR, d2))
        index, squared = np.concatenate(members), np.concatenate(found)
        order = np.lexsort((index, squared))
        order = order[squared[order] < FAR]
        self.index, self.squared = index[order], squared[order]
        self._label = np.asarray(likelihood.label)[self.index]
        self._weight = np.asarray(likelihood.reference.weight, np.float64)[self.index]

    def within(self, epsilon: float, k: int) -> Neighbourhood:
        """The ball of radius ε in GeV, with k of its jets."""
        log_kernel = np.asarray(self._kernel.log(jnp.asarray(self.squared), epsilon), np.float64)
        top = log_kernel.max(initial=-np.inf)
        value = np.exp(log_kernel - (top if np.isfinite(top) else 0.0)) * self._weight
        total = np.array([self._weight[self._label == c].sum() for c in (GLUON, QUARK)])
        # Both classes weighted alike, so that the share of the quarks is L/(1 + L).
        share = value / total[self._label]
        whole, square = share.sum(), np.sum(value**2)
        picked = _spread(np.abs(share), k)
        return Neighbourhood(
            float(epsilon),
            float(value.sum() ** 2 / square) if square > 0 else 0.0,
            float(share[self._label == QUARK].sum() / whole) if whole != 0 else float("nan"),
            self.index[picked],
            self._label[picked],
            np.sqrt(self.squared[picked]),
        )


def _spread(share: Float[np.ndarray, " M"], k: int) -> Int[np.ndarray, " n"]:
    """Places at which the running sum passes (i + ½)/k of the whole; k of them if there are."""
    there = np.flatnonzero(share > 0)
    running = np.cumsum(share[there])
    if len(there) <= k:
        return there
    wanted = (np.arange(k) + 0.5) / k * running[-1]
    places = np.unique(np.searchsorted(running, wanted))
    # One jet may hold several parts of the weight; the nearest of the others fill up.
    others = np.setdiff1d(np.arange(len(there)), places)[: k - len(places)]
    return there[np.sort(np.concatenate([places, others]))]

"""Laws of smallest distances, fitted to many sets at once, and how well they fit.

Distances (K, M) are K sets of M, in GeV; each set gets parameters of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.special import gamma

Samples = Float[np.ndarray, "K M"]
PerSet = Float[np.ndarray, " K"]

_NEWTON_STEPS = 40


@dataclass(frozen=True)
class Weibull:
    """P(d ≤ t) = 1 − exp(−(t/scale)^shape): the law of the smallest of many, where F ∝ ε^shape.

    Attributes:
        shape: (K,) dimensionless; the local dimension of the neighbourhood.
        scale: (K,) in GeV; 63 % of the smallest distances lie below.
    """

    shape: PerSet
    scale: PerSet

    @classmethod
    def fit(cls, d: Samples) -> Weibull:
        """By maximum likelihood, as `scipy.stats.weibull_min.fit(d, floc=0)`, set by set."""
        # ln d spreads like a Gumbel variable: π/√6 over its deviation is near the shape.
        logs = np.log(d)
        centre = logs.mean(axis=1, keepdims=True)
        logs = logs - centre
        shape = np.pi / np.sqrt(6) / logs.std(axis=1, keepdims=True)
        for _ in range(_NEWTON_STEPS):
            power = np.exp(shape * logs)
            total = power.sum(axis=1, keepdims=True)
            mean = np.sum(power * logs, axis=1, keepdims=True) / total
            square = np.sum(power * logs**2, axis=1, keepdims=True) / total
            # Newton in ln shape: the likelihood is greatest where mean − 1/shape, rising, is 0.
            step = (shape * mean - 1) / (shape**2 * (square - mean**2) + 1)
            shape = shape * np.exp(-np.clip(step, -1, 1))
            if np.all(np.abs(step) < 1e-12):
                break
        scale = np.exp(centre) * np.mean(np.exp(shape * logs), axis=1, keepdims=True) ** (1 / shape)
        return cls(shape[:, 0], scale[:, 0])

    def cdf(self, d: Samples) -> Samples:
        """P(d ≤ t) at the distances of each set."""
        return -np.expm1(-((d / self.scale[:, None]) ** self.shape[:, None]))

    def draw(self, number: int, rng: np.random.Generator) -> Samples:
        """So many distances from each law."""
        exponential = rng.standard_exponential((len(self.shape), number))
        return self.scale[:, None] * exponential ** (1 / self.shape[:, None])


@dataclass(frozen=True)
class ExtremeValue:
    """P(d ≤ t) = 1 − exp(−(1 + c (t − location)/scale)^{1/c}): any law of smallest values.

    −d follows `scipy.stats.genextreme(c, −location, scale)`. A Weibull law has c = 1/shape > 0 and
    its least possible value, location − scale/c, at 0; c = 0 is a Gumbel law.

    Attributes:
        c: (K,) dimensionless.
        location: (K,) in GeV.
        scale: (K,) in GeV.
    """

    c: PerSet
    location: PerSet
    scale: PerSet

    @classmethod
    def fit(cls, d: Samples) -> ExtremeValue:
        """By L-moments (Hosking, Wallis and Wood 1985): closed forms, stable in small samples."""
        x = np.sort(-d, axis=1)
        m = x.shape[1]
        rank = np.arange(m)
        b0 = x.mean(axis=1)
        b1 = np.mean(x * rank / (m - 1), axis=1)
        b2 = np.mean(x * rank * (rank - 1) / ((m - 1) * (m - 2)), axis=1)
        spread, skew = 2 * b1 - b0, 6 * b2 - 6 * b1 + b0
        z = 2 / (3 + skew / spread) - np.log(2) / np.log(3)
        c = 7.8590 * z + 2.9554 * z**2
        c = np.where(np.abs(c) < 1e-6, 1e-6, c)
        scale = spread * c / ((1 - 2.0**-c) * gamma(1 + c))
        return cls(c, scale * (1 - gamma(1 + c)) / c - b0, scale)

    @property
    def least(self) -> PerSet:
        """(K,) the smallest possible distance in GeV; −∞ where there is none."""
        bounded = self.c > 0
        return np.where(bounded, self.location - self.scale / np.where(bounded, self.c, 1), -np.inf)

    def cdf(self, d: Samples) -> Samples:
        """P(d ≤ t) at the distances of each set."""
        c = self.c[:, None]
        base = 1 + c * (d - self.location[:, None]) / self.scale[:, None]
        with np.errstate(divide="ignore"):  # 0 to a negative power: beyond the largest distance
            return -np.expm1(-(np.maximum(base, 0) ** (1 / c)))

    def draw(self, number: int, rng: np.random.Generator) -> Samples:
        """So many distances from each law."""
        c = self.c[:, None]
        exponential = rng.standard_exponential((len(self.c), number))
        return self.location[:, None] + self.scale[:, None] * (exponential**c - 1) / c


def ks_distance(law: Weibull | ExtremeValue, d: Samples) -> PerSet:
    """Kolmogorov and Smirnov's statistic of each set, with whatever law each has."""
    u = law.cdf(np.sort(d, axis=1))
    m = d.shape[1]
    above, below = np.arange(1, m + 1) / m - u, u - np.arange(m) / m
    return np.maximum(above.max(axis=1), below.max(axis=1))


def ks_p_values(
    law: Weibull | ExtremeValue, d: Samples, replicas: int, rng: np.random.Generator
) -> PerSet:
    """How often samples of each set's law, fitted anew, lie further from their fits than the set.

    The parameters come from the same distances, which makes the statistic smaller than its tables
    say; drawing and fitting again pays for that (a parametric bootstrap).
    """
    found = ks_distance(law, d)
    further = np.zeros(found.shape)
    for _ in range(replicas):
        drawn = law.draw(d.shape[1], rng)
        further += ks_distance(type(law).fit(drawn), drawn) >= found
    return (1 + further) / (1 + replicas)

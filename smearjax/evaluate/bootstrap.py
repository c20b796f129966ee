"""Errors from resampled jets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Interval:
    """A value with its confidence interval, all in the units of the value.

    Source: smearjax's own definition, see `bootstrap_interval`.

    Attributes:
        value: the statistic on all jets.
        lo: lower end of the interval.
        hi: upper end.
        bias: mean of the replicas − value.
        level: coverage, dimensionless.

    >>> print(Interval(0.8123, 0.8072, 0.8169, -0.0003))
    0.8123 +0.0046 -0.0051 (68%, bias -0.0003)
    """

    value: float
    lo: float
    hi: float
    bias: float
    level: float = 0.68

    def __str__(self) -> str:
        half_width = 0.5 * (self.hi - self.lo)
        finite = np.isfinite(half_width) and half_width > 0
        digits = int(np.clip(1 - np.floor(np.log10(half_width)), 0, 12)) if finite else 4
        return (
            f"{self.value:.{digits}f} +{self.hi - self.value:.{digits}f} "
            f"-{self.value - self.lo:.{digits}f} ({self.level:.0%}, bias {self.bias:+.{digits}f})"
        )


def bootstrap_weights(n: int, n_replicas: int, seed: int = 0) -> Int[np.ndarray, "R n"]:
    """How often each of n jets is drawn in n draws with replacement (multinomial counts).

    Args:
        n: number of jets.
        n_replicas: number of replicas R.
        seed: the same seed gives the same counts.

    Returns:
        (n_replicas, n) integers, each row summing to n.

    Raises:
        ValueError: if n or n_replicas is less than 1.

    Source: the bootstrap, drawn with numpy's `Generator.integers`.

    >>> bootstrap_weights(5, 3).sum(axis=1)
    array([5, 5, 5])
    """
    return np.stack(list(_replicas(n, n_replicas, seed)))


def bootstrap_interval(
    statistic: Callable[..., float],
    *arrays: ArrayLike,
    n_replicas: int = 200,
    seed: int = 0,
    level: float = 0.68,
    weight: ArrayLike | None = None,
) -> Interval:
    r"""Interval of θ = statistic(\*arrays, weight=weight) from resampled jets.

    Replica r has the jets' weights times multinomial counts, θ*_r. The interval is θ plus the
    (1 ∓ level)/2 quantiles of θ* − mean θ*: a bias of the replicas (fewer different jets) moves
    neither end, and is given beside. It is infinite if a replica is; the ends are then plain
    quantiles of θ*. Source: smearjax's own definition, a percentile bootstrap without the bias.

    Args:
        statistic: takes the arrays and ``weight=(N,)``, returns a number (`auc`, say).
        arrays: arrays (N, ...), passed on as they are.
        n_replicas: number of replicas, at least 2.
        seed: the same seed gives the same interval.
        level: coverage, in (0, 1).
        weight: (N,) event weights that the counts multiply; ones if None.

    Returns:
        `Interval` in the units of the statistic.

    Raises:
        ValueError: for options out of range, wrong shapes, or a replica on which the statistic
            fails or is NaN (with few jets a replica may miss a whole class).

    >>> from smearjax.evaluate import auc
    >>> rng = np.random.default_rng(0)
    >>> label = np.arange(400) % 2
    >>> print(bootstrap_interval(auc, label + rng.normal(size=400), label))
    0.790 +0.023 -0.022 (68%, bias -0.002)
    """
    if not arrays:
        raise ValueError("bootstrap_interval needs at least one array to resample")
    if n_replicas < 2 or not 0 < level < 1:
        raise ValueError(
            f"n_replicas must be at least 2 and level in (0, 1); "
            f"got n_replicas={n_replicas}, level={level}"
        )
    n = len(np.asarray(arrays[0]))
    weights = np.ones(n) if weight is None else np.asarray(weight, dtype=np.float64)
    if weights.shape != (n,) or any(len(np.asarray(array)) != n for array in arrays):
        shapes = [np.asarray(array).shape for array in arrays]
        raise ValueError(
            f"arrays and weight must have the same length, got {shapes} and {weights.shape}"
        )
    value = float(statistic(*arrays, weight=weights))
    replicas = np.empty(n_replicas)
    for r, counts in enumerate(_replicas(n, n_replicas, seed)):
        try:
            replicas[r] = statistic(*arrays, weight=weights * counts)
        except ValueError as error:
            raise ValueError(f"replica {r} of {n_replicas} ({n} jets): {error}") from error
    if np.isnan(value) or np.isnan(replicas).any():
        raise ValueError(
            f"the statistic is {value} on all jets and NaN on {int(np.isnan(replicas).sum())} of "
            f"{n_replicas} replicas"
        )
    tails = [0.5 * (1 - level), 0.5 * (1 + level)]
    if not (np.isfinite(value) and np.isfinite(replicas).all()):
        lo, hi = np.quantile(replicas, tails, method="inverted_cdf")
        return Interval(value, float(lo), float(hi), float("inf"), level)
    mean = replicas.mean()
    lo, hi = value + np.quantile(replicas - mean, tails)
    return Interval(value, float(lo), float(hi), float(mean - value), level)


def weighted_median(values: ArrayLike, weight: ArrayLike | None = None) -> float:
    """The smallest value below or at which at least half of the weight lies.

    Args:
        values: (N,) numbers; ±inf is legal. The median is in their units.
        weight: (N,) weights that are not negative; ones if None.

    Raises:
        ValueError: no values, NaN among them, a negative weight or none at all.

    Source: the lower weighted median.

    >>> weighted_median([3.0, 1.0, np.inf, 2.0]), weighted_median([3.0, 1.0], [1.0, 3.0])
    (2.0, 1.0)
    """
    numbers = np.asarray(values, np.float64)
    weights = np.ones(len(numbers)) if weight is None else np.asarray(weight, np.float64)
    if numbers.ndim != 1 or weights.shape != numbers.shape or np.isnan(numbers).any():
        raise ValueError(f"values and weight must be (N,) without NaN; got {numbers.shape} numbers")
    if (weights < 0).any() or not weights.sum() > 0:
        raise ValueError("weights must not be negative and not all 0")
    order = np.argsort(numbers)
    below = np.cumsum(weights[order])
    return float(numbers[order][np.searchsorted(below, 0.5 * below[-1])])


def _replicas(n: int, n_replicas: int, seed: int) -> Iterator[Int[np.ndarray, " n"]]:
    """One replica's counts after another, so that not all are held at once."""
    if n < 1 or n_replicas < 1:
        raise ValueError(f"n and n_replicas must be at least 1, got {n} and {n_replicas}")
    rng = np.random.default_rng(seed)
    for _ in range(n_replicas):
        yield np.bincount(rng.integers(0, n, size=n), minlength=n)

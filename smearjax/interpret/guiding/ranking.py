"""Which observable orders as the black box does where the network so far does not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.special import ndtr

from smearjax.evaluate.pair_signs import agreements, excess_agreements

_RIDGE = 1e-5
# Cells along each of two observables, pairs of them compared finely, and how finely.
_BINS, _COMPARED, _DEGREE = 10, 1000, 5


class Choosing(NamedTuple):
    """The jets that observables are chosen with.

    Attributes:
        black_box: (N,) its scores.
        student: (N,) scores of the network so far; all equal before the first step.
        signal: (N,) which jets are signal.
        weight: (N,) event weights.
    """

    black_box: Float[np.ndarray, " N"]
    student: Float[np.ndarray, " N"]
    signal: Bool[np.ndarray, " N"]
    weight: Float[np.ndarray, " N"]

    @property
    def different(self) -> float:
        """Σ w w′ (1 − sgn sgn) over pairs: twice the weight of those ordered differently."""
        signal, weight = self.signal, self.weight
        alike = weight[signal] @ agreements(self.black_box, self.student, signal, weight)
        return float(weight[signal].sum() * weight[~signal].sum() - alike)

    def ordering(self, observable: Float[np.ndarray, " N"], different: float) -> float:
        """`ado_where_different` of one observable."""
        excess = excess_agreements(
            observable, self.black_box, self.student, self.signal, self.weight
        )
        return float(0.5 + 0.5 * (self.weight[self.signal] @ excess) / different)

    def error(self, observable: Float[np.ndarray, " N"], different: float) -> float:
        """Standard error of the ordering: the variance of a two-sample U-statistic.

        Each jet's mean over the other class varies over its own class, and both add up (DeLong).
        """
        variance = 0.0
        for mine in (self.signal, ~self.signal):
            each = excess_agreements(observable, self.black_box, self.student, mine, self.weight)
            weight = self.weight[mine]
            mean = weight @ each / weight.sum()
            variance += weight**2 @ (each - mean) ** 2
        return float(0.5 * np.sqrt(variance) / different)


def ranked(
    choosing: Choosing, observables: Iterable[tuple[str, Float[np.ndarray, " N"]]]
) -> list[tuple[str, float]]:
    """Names and orderings, by falling max(ADO, 1 − ADO)."""
    different = choosing.different
    found = [(name, choosing.ordering(column, different)) for name, column in observables]
    return sorted(found, key=lambda one: -abs(one[1] - 0.5))


def best_pair(
    columns: Float[np.ndarray, "N M"], black_box: Float[np.ndarray, " N"]
) -> tuple[int, int]:
    """The two columns that together predict the black box best.

    All pairs are compared by the variance of the black box's ranks between cells of the two, cut at
    their quantiles; the best thousand of them by `shares`, which tell near-duplicates apart.
    """
    target, cell = _ranks(black_box), np.stack([_quantile_bin(column) for column in columns.T])
    coarse = np.full((len(cell), len(cell)), -np.inf)
    for one in range(len(cell) - 1):
        coarse[one, one + 1 :] = _between(cell[one], cell[one + 1 :], target)
    best = np.argsort(-coarse, axis=None)[:_COMPARED]
    first, second = np.unravel_index(best[np.isfinite(coarse.ravel()[best])], coarse.shape)
    fine = np.zeros(len(first))
    for one in np.unique(first):
        mine = np.flatnonzero(first == one)
        fine[mine] = shares(columns[:, one], columns[:, second[mine]], black_box)
    place = int(fine.argmax())
    return int(first[place]), int(second[place])


def shares(
    first: Float[np.ndarray, " N"],
    columns: Float[np.ndarray, "N M"],
    black_box: Float[np.ndarray, " N"],
) -> Float[np.ndarray, " M"]:
    """Shares of the black box's ranks that each column and a first one explain together.

    Least squares by products of Legendre polynomials of the ranks of both: any smooth function of
    the two, in any units.
    """
    target, mine = _ranks(black_box), _polynomials(first)
    found = np.zeros(columns.shape[1])
    for place, column in enumerate(columns.T):
        both = (mine[:, :, None] * _polynomials(column)[:, None, :]).reshape(len(mine), -1)
        overlaps, along = both.T @ both / len(both), both.T @ target / len(both)
        # Of two columns that rank alike, products are the same: the ridge shares them out.
        found[place] = along @ np.linalg.solve(overlaps + _RIDGE * np.eye(len(along)), along)
    return found / np.mean(target**2)


def _polynomials(column: Float[np.ndarray, " N"]) -> Float[np.ndarray, "N d"]:
    """Legendre polynomials of the ranks."""
    return np.polynomial.legendre.legvander(2.0 * _ranks(column), _DEGREE)


def _between(
    first: Int[np.ndarray, " N"], cell: Int[np.ndarray, "M N"], target: Float[np.ndarray, " N"]
) -> Float[np.ndarray, " M"]:
    """Σ over the cells of two binned columns of (Σ target)²/number."""
    size = _BINS**2
    code = (size * np.arange(len(cell))[:, None] + _BINS * first + cell).ravel()
    many = np.bincount(code, minlength=size * len(cell))
    total = np.bincount(code, np.broadcast_to(target, cell.shape).ravel(), size * len(cell))
    return np.where(many > 0, total**2 / np.maximum(many, 1), 0.0).reshape(-1, size).sum(axis=1)


def _ranks(column: Float[np.ndarray, " N"]) -> Float[np.ndarray, " N"]:
    """Ranks from −½ to ½."""
    return np.argsort(np.argsort(column)) / len(column) - 0.5


def _quantile_bin(column: Float[np.ndarray, " N"]) -> Int[np.ndarray, " N"]:
    """Which of ten bins of equal number each entry lies in; equal entries lie in one."""
    edges = np.quantile(column, np.linspace(0, 1, _BINS + 1)[1:-1])
    return np.searchsorted(edges, column, side="right")


def chance(ordering: float, error: float, tried: int) -> float:
    """Probability that the best of so many observables without information is so far from ½."""
    if error == 0:
        return 0.0 if ordering != 0.5 else 1.0
    return float(min(1.0, 2 * tried * ndtr(-abs(ordering - 0.5) / error)))

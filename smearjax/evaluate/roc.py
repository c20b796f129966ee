"""ROC curve, its area, and background rejection."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from smearjax.evaluate.checks import as_scores, as_signal, as_weight

# Columns are worked on in blocks of about this many numbers, so memory does not grow with K.
_BLOCK = 2**21


@dataclass(frozen=True)
class RocCurve:
    """Efficiencies of the cuts ``score >= threshold``, by falling threshold.

    Source: see `roc_curve`.

    Attributes:
        threshold: (K,) in units of the score, one more than there are different scores; the first,
            +inf, stands before every score, one of +inf included.
        signal_efficiency: (K,) weight fractions from 0 to 1, dimensionless.
        background_efficiency: (K,) likewise.

    >>> roc_curve([3.0, 2.0, 1.0], [1, 0, 1]).signal_efficiency
    array([0. , 0.5, 0.5, 1. ])
    """

    threshold: Float[np.ndarray, " K"]
    signal_efficiency: Float[np.ndarray, " K"]
    background_efficiency: Float[np.ndarray, " K"]


def roc_curve(
    scores: ArrayLike, label: ArrayLike | None, weight: ArrayLike | None = None
) -> RocCurve:
    r"""ROC curve ε_s(t) = Σ_{signal, f ≥ t} w / Σ_{signal} w, and ε_b(t) alike.

    Jets of equal score pass a cut together: one point for each different score. Source: the
    definition of scikit-learn's `roc_curve` with every point kept.

    Args:
        scores: (N,), larger for signal; ±inf is legal.
        label: (N,), 1 = signal, 0 = background.
        weight: (N,) event weights, negative ones included; ones if None.

    Returns:
        A `RocCurve`, dimensionless. With negative weights the efficiencies need not be monotone.

    Raises:
        ValueError: for NaN scores, wrong shapes, other labels than 0 and 1, a single class, or a
            class whose total weight is not positive.

    >>> roc_curve([0.9, 0.4, 0.4, 0.1], [1, 1, 0, 0]).background_efficiency
    array([0. , 0. , 0.5, 1. ])
    """
    scores = as_scores(scores)
    signal = as_signal(label, len(scores))
    weights = _one_column(as_weight(weight, signal))
    order = np.argsort(-scores if scores.dtype.kind == "f" else -scores.astype(np.float64))
    falling = scores[order].astype(np.float64)
    last_of_ties = np.flatnonzero(np.append(falling[1:] != falling[:-1], True))

    def efficiency(of_class: np.ndarray) -> np.ndarray:
        passed = np.cumsum(np.where(of_class, weights, 0.0)[order])
        return np.append(0.0, passed[last_of_ties] / passed[-1])

    threshold = np.append(np.inf, falling[last_of_ties])
    return RocCurve(threshold, efficiency(signal), efficiency(~signal))


def auc(scores: ArrayLike, label: ArrayLike | None, weight: ArrayLike | None = None) -> float:
    r"""Area under the ROC curve: P(f(signal) > f(background)) + ½ P(equal), exact.

    AUC = Σ_{s,b} w_s w_b [Θ(f_s − f_b) + ½ δ(f_s, f_b)] / (Σ w_s Σ w_b), in O(N log N); it is
    dimensionless. Source: the Mann–Whitney statistic, as scikit-learn's `roc_auc_score`.

    Args:
        scores: (N,), larger for signal; ±inf is legal.
        label: (N,), 1 = signal, 0 = background.
        weight: (N,) event weights, negative ones included; ones if None.

    Errors as for `roc_curve`.

    >>> auc([0.9, 0.4, 0.4, 0.1], [1, 1, 0, 0])
    0.875
    """
    scores = as_scores(scores)
    signal = as_signal(label, len(scores))
    weights = _one_column(as_weight(weight, signal))
    return float(_auc_rows(scores[None], signal, weights[None])[0])


def auc_difference(
    scores: ArrayLike, others: ArrayLike, label: ArrayLike | None, weight: ArrayLike | None = None
) -> float:
    r"""AUC of one score less that of another on the same jets, dimensionless.

    ΔAUC = AUC(f) − AUC(g). As a statistic of `bootstrap_interval` both are of the same resampled
    jets, so that what they have in common does not count as an error. Source: the Mann–Whitney
    statistic, as `auc`.

    Args:
        scores: (N,) f, larger for signal; ±inf is legal.
        others: (N,) g of the same jets.
        label: (N,), 1 = signal, 0 = background.
        weight: (N,) event weights, negative ones included; ones if None.

    Errors as for `roc_curve`.

    >>> auc_difference([0.9, 0.4, 0.4, 0.1], [0.9, 0.1, 0.4, 0.1], [1, 1, 0, 0])
    0.25
    """
    return auc(scores, label, weight) - auc(others, label, weight)


def auc_columns(
    scores: ArrayLike, label: ArrayLike | None, weight: ArrayLike | None = None
) -> Float[np.ndarray, " K"]:
    """`auc` of every column, sorted in blocks of columns. Source: as `auc`.

    Args:
        scores: (N, K); a single column (N, 1) serves all columns of ``weight``.
        label: (N,), 1 = signal, 0 = background.
        weight: (N,), or (N, K) for weights of each column (bootstrap replicas, say).

    Returns:
        (K,) areas, float64, dimensionless.

    Raises:
        ValueError: as `roc_curve`, and if the columns of scores and weight do not match.

    >>> auc_columns([[3.0, 1.0], [2.0, 2.0], [1.0, 3.0]], [1, 0, 0])
    array([1., 0.])
    """
    scores = as_scores(scores, ndim=2)
    signal = as_signal(label, len(scores))
    weights = as_weight(weight, signal)
    n_columns = max(scores.shape[1], weights.shape[1])
    if {scores.shape[1], weights.shape[1]} - {1, n_columns}:
        raise ValueError(
            f"scores {scores.shape} and weight {weights.shape} must have the same number of "
            f"columns, or one of them a single column"
        )
    rows, row_weights = scores.T, weights.T
    step = max(1, _BLOCK // len(signal))
    blocks = [
        _auc_rows(_rows(rows, first, step), signal, _rows(row_weights, first, step))
        for first in range(0, n_columns, step)
    ]
    return np.concatenate(blocks)


def inverse_background_efficiency(
    scores: ArrayLike,
    label: ArrayLike | None,
    signal_efficiency: float = 0.5,
    weight: ArrayLike | None = None,
) -> float:
    """Background rejection 1/ε_b at a signal efficiency, the ROC curve being linear between points.

    At ε_s = ½ it is the figure that arXiv:1810.05165 quotes beside the AUC.

    Args:
        scores: (N,), larger for signal; ±inf is legal.
        label: (N,), 1 = signal, 0 = background.
        signal_efficiency: ε_s in (0, 1].
        weight: (N,) event weights, negative ones included; ones if None.

    Returns:
        1/ε_b where ε_s is first reached, dimensionless; inf if no background weight passes.

    Raises:
        ValueError: as `roc_curve`, and if signal_efficiency is outside (0, 1].

    >>> inverse_background_efficiency([4, 3, 2, 1, 0, 0], [0, 1, 1, 0, 0, 0])
    4.0
    """
    if not 0 < signal_efficiency <= 1:
        raise ValueError(f"signal_efficiency must be in (0, 1], got {signal_efficiency}")
    curve = roc_curve(scores, label, weight)
    signal, background = curve.signal_efficiency, curve.background_efficiency
    # The last point is 1 up to rounding, so that ε_s = 1 is always reached.
    at = int(np.argmax(signal >= min(signal_efficiency, signal[-1])))
    if signal[at] == signal_efficiency:
        passing = background[at]
    else:
        share = (signal_efficiency - signal[at - 1]) / (signal[at] - signal[at - 1])
        passing = background[at - 1] + share * (background[at] - background[at - 1])
    return float(1.0 / passing) if passing > 0 else float("inf")


def _one_column(weights: Float[np.ndarray, "N K"]) -> Float[np.ndarray, " N"]:
    """The only column of the weights."""
    if weights.shape[1] != 1:
        raise ValueError(f"weight must have shape ({len(weights)},), got {weights.shape}")
    return weights[:, 0]


def _rows(values: np.ndarray, first: int, step: int) -> np.ndarray:
    """Rows of a block; a single row serves every block."""
    return values if len(values) == 1 else values[first : first + step]


def _auc_rows(scores: np.ndarray, signal: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """AUC of scores (K, N) with weights (K, N), either with K or 1 rows."""
    n_jets = len(signal)
    order = np.argsort(scores, axis=1)
    rising = np.take_along_axis(scores, order, axis=1)
    edge = rising[:, 1:] != rising[:, :-1]
    ends = np.ones((len(edge), 1), dtype=bool)
    position = np.arange(n_jets)
    # The first and last position of each jet's group of equal scores.
    first = np.maximum.accumulate(np.where(np.hstack([ends, edge]), position, 0), axis=1)
    last = np.where(np.hstack([edge, ends]), position, n_jets)
    last = np.minimum.accumulate(last[:, ::-1], axis=1)[:, ::-1]
    if len(order) == len(weights):
        sorted_weights = np.take_along_axis(weights, order, axis=1)
    else:
        sorted_weights = weights[0][order] if len(weights) == 1 else weights[:, order[0]]
    is_signal = signal[order]
    below = np.cumsum(np.where(is_signal, 0.0, sorted_weights), axis=1)
    below = np.pad(below, ((0, 0), (1, 0)))
    shape = (len(below), n_jets)
    before = np.take_along_axis(below, np.broadcast_to(first, shape), axis=1)
    through = np.take_along_axis(below, np.broadcast_to(last + 1, shape), axis=1)
    signal_weights = np.where(is_signal, sorted_weights, 0.0)
    area = np.sum(signal_weights * 0.5 * (before + through), axis=1)
    return area / (signal_weights.sum(axis=1) * below[:, -1])

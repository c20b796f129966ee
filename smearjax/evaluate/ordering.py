"""Average decision ordering: how alike two scores order signal-background pairs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import ArrayLike

from smearjax.evaluate.checks import as_scores, as_signal, as_weight


def ado(
    f: ArrayLike, g: ArrayLike, label: ArrayLike | None, weight: ArrayLike | None = None
) -> float:
    r"""Average decision ordering of f and g (arXiv:2010.11998), exact in O(N log N).

    DO[f,g](x,x') = Θ((f(x)−f(x'))(g(x)−g(x'))), ½ where f or g is tied; ADO is its (weighted) mean
    over signal–background pairs. It is 1 if both order all pairs alike, ½ if unrelated, 1 − ADO
    with one of them reversed, and the AUC of f if g is the truth.

    Args:
        f: (N,) scores; ±inf is legal.
        g: (N,) scores.
        label: (N,), 1 = signal, 0 = background.
        weight: (N,) event weights, negative ones included; ones if None.

    Returns:
        A number, dimensionless, from 0 to 1 unless weights are negative.

    Raises:
        ValueError: for NaN scores, wrong shapes, other labels than 0 and 1, a single class, or a
            class whose total weight is not positive.

    >>> ado([4, 3, 2, 1], [4, 1, 3, 2], [1, 1, 0, 0])
    0.5
    """
    f, g = as_scores(f, "f"), as_scores(g, "g")
    if f.shape != g.shape:
        raise ValueError(f"f and g must have the same shape, got {f.shape} and {g.shape}")
    signal = as_signal(label, len(f))
    weights = as_weight(weight, signal)
    if weights.shape[1] != 1:
        raise ValueError(f"weight must have shape ({len(f)},), got {weights.shape}")
    w_signal, w_background = weights[signal, 0], weights[~signal, 0]

    by_f = np.argsort(f[~signal])
    f_sorted, w_sorted = f[~signal][by_f], w_background[by_f]
    by_g = np.argsort(g[~signal])
    g_sorted = g[~signal][by_g]
    rank = np.empty_like(by_g)
    rank[by_g] = np.arange(len(by_g))
    rank = rank[by_f]

    # sgn(f_s − f_b) = [f_b < f_s] + [f_b ≤ f_s] − 1, and alike for g: the product of the two signs
    # is four counts of background below in both, and sums over each alone.
    f_below = [np.searchsorted(f_sorted, f[signal], side=side) for side in ("left", "right")]
    g_below = [np.searchsorted(g_sorted, g[signal], side=side) for side in ("left", "right")]
    count = np.concatenate([i for i in f_below for _ in g_below])
    bound = np.concatenate([j for _ in f_below for j in g_below])
    both = _weight_below(rank, w_sorted, count, bound).reshape(4, -1).sum(axis=0)
    f_total = np.append(0.0, np.cumsum(w_sorted))
    g_total = np.append(0.0, np.cumsum(w_background[by_g]))
    sign = both - sum(f_total[i] for i in f_below) - sum(g_total[j] for j in g_below) + f_total[-1]
    return float(0.5 + 0.5 * np.sum(w_signal * sign) / (w_signal.sum() * w_background.sum()))


def ado_matrix(
    scores: Mapping[str, ArrayLike], label: ArrayLike | None, weight: ArrayLike | None = None
) -> dict[str, dict[str, float]]:
    """`ado` of every pair of named scores (arXiv:2010.11998), a symmetric nested dictionary.

    ``scores`` has one (N,) array for each name; the answers are dimensionless. The diagonal is 1
    but for ties. Other arguments and errors as for `ado`.

    >>> ado_matrix({"mass": [1.0, 2.0, 3.0], "minus": [-1.0, -2.0, -3.0]}, [1, 0, 0])["mass"]
    {'mass': 1.0, 'minus': 0.0}
    """
    names = list(scores)
    matrix: dict[str, dict[str, float]] = {name: {} for name in names}
    for i, row in enumerate(names):
        for column in names[i:]:
            matrix[row][column] = ado(scores[row], scores[column], label, weight)
            matrix[column][row] = matrix[row][column]
    return {row: {column: matrix[row][column] for column in names} for row in names}


def _weight_below(
    rank: Int[np.ndarray, " B"],
    weight: Float[np.ndarray, " B"],
    count: Int[np.ndarray, " Q"],
    bound: Int[np.ndarray, " Q"],
) -> Float[np.ndarray, " Q"]:
    """Σ weight over the first ``count`` entries whose rank is below ``bound`` (a wavelet matrix).

    Bit by bit from the highest, the entries are stably parted into those with the bit 0 and 1. A
    query's entries stay one range [lo, hi): where its bound has the bit, the zeros are all below
    and are added, and it goes on among the ones; otherwise it goes on among the zeros.
    """
    lo, hi = np.zeros_like(count), count
    total = np.zeros(len(count))
    for level in reversed(range(len(rank).bit_length())):
        zero: Bool[np.ndarray, " B"] = (rank >> level) & 1 == 0
        n_zeros = np.append(0, np.cumsum(zero))
        zero_weight = np.append(0.0, np.cumsum(np.where(zero, weight, 0.0)))
        has_bit = (bound >> level) & 1 == 1
        total += np.where(has_bit, zero_weight[hi] - zero_weight[lo], 0.0)
        lo_zero, hi_zero = n_zeros[lo], n_zeros[hi]
        lo = np.where(has_bit, n_zeros[-1] + lo - lo_zero, lo_zero)
        hi = np.where(has_bit, n_zeros[-1] + hi - hi_zero, hi_zero)
        rank = np.concatenate([rank[zero], rank[~zero]])
        weight = np.concatenate([weight[zero], weight[~zero]])
    return total

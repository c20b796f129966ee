"""Average decision ordering: how alike two scores order signal-background pairs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import ArrayLike

from smearjax.evaluate.checks import as_scores, as_signal, as_weight
from smearjax.evaluate.pair_signs import agreements, excess_agreements


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
    signal, weights = _signal_and_weight(f, g, label, weight)
    total = weights[signal].sum() * weights[~signal].sum()
    return float(0.5 + 0.5 * _agreement(f, g, signal, weights) / total)


def ado_where_different(
    f: ArrayLike,
    g: ArrayLike,
    h: ArrayLike,
    label: ArrayLike | None,
    weight: ArrayLike | None = None,
) -> float:
    r"""ADO of f and g on the pairs that h orders differently from g, exact in O(N log N).

    What black-box guiding asks of an observable f: whether it orders as the black box g does where
    the network h found so far does not (arXiv:2010.11998). The mean of DO[f,g] is taken over
    signal–background pairs weighted by 1 − DO[g,h], so that no pair has to be drawn: with
    P(a,b) = Σ sgn(a−a′) sgn(b−b′) over pairs,

    ADO = ½ + ½ [P(f,g) − P(f,h) + P_{g=g′}(f,h)] / [Σ 1 − P(g,h)]

    where the last term of the numerator takes out pairs that g does not order. A constant h gives
    `ado` of f and g.

    Args:
        f: (N,) observable; ±inf is legal.
        g: (N,) scores of the black box.
        h: (N,) scores of what is there already.
        label: (N,), 1 = signal, 0 = background.
        weight: (N,) event weights; ones if None.

    Returns:
        A number, dimensionless; NaN if h orders every pair as g does.

    Raises:
        ValueError: as `ado`.

    >>> ado_where_different([1, 5, 2, 4], [4, 1, 3, 2], [1, 4, 2, 3], [1, 1, 0, 0])
    0.0
    """
    f, g, h = as_scores(f, "f"), as_scores(g, "g"), as_scores(h, "h")
    signal, weights = _signal_and_weight(f, g, label, weight)
    _signal_and_weight(f, h, label, weight)
    total = weights[signal].sum() * weights[~signal].sum()
    different = total - _agreement(g, h, signal, weights)
    if different <= 1e-12 * total:
        return float("nan")
    excess = weights[signal] @ excess_agreements(f, g, h, signal, weights)
    return float(0.5 + 0.5 * excess / different)


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


def _signal_and_weight(
    f: np.ndarray, g: np.ndarray, label: ArrayLike | None, weight: ArrayLike | None
) -> tuple[Bool[np.ndarray, " N"], Float[np.ndarray, " N"]]:
    """Which jets are signal, and one weight a jet."""
    if f.shape != g.shape:
        raise ValueError(f"f and g must have the same shape, got {f.shape} and {g.shape}")
    signal = as_signal(label, len(f))
    weights = as_weight(weight, signal)
    if weights.shape[1] != 1:
        raise ValueError(f"weight must have shape ({len(f)},), got {weights.shape}")
    return signal, weights[:, 0]


def _agreement(
    f: np.ndarray,
    g: np.ndarray,
    signal: Bool[np.ndarray, " N"],
    weight: Float[np.ndarray, " N"],
) -> float:
    """Σ w_s w_b sgn(f_s − f_b) sgn(g_s − g_b) over signal–background pairs."""
    return float(weight[signal] @ agreements(f, g, signal, weight))

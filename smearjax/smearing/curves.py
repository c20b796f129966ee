"""AUC and cross-entropy of a smeared likelihood, or of any smeared score, against ε."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from smearjax._expect import expect, expect_whole
from smearjax._numerics import ArrayLike
from smearjax.evaluate import auc_columns
from smearjax.jets.container import Jets
from smearjax.smearing.checks import (
    checked_grid,
    checked_labels,
    checked_values,
    checked_weights,
)
from smearjax.smearing.columns import Columns
from smearjax.smearing.kernels import Kernel
from smearjax.smearing.likelihood import SmearedLikelihood
from smearjax.smearing.passes import smear_columns
from smearjax.smearing.ratios import cross_entropy_columns, finite_log_ratio, log_count_ratio
from smearjax.smearing.replicas import class_counts, each_epsilon
from smearjax.smearing.sums import Categories, Classes, Queries, Rows, categories, class_sums


@dataclass(frozen=True)
class EpsilonCurve:
    """AUC(ε) with 68 % bands and what the balls held.

    Arrays are (E,), dimensionless unless said otherwise. Source: smearjax's own definition, of the
    smearing of arXiv:2501.07643.

    Attributes:
        epsilon: resolutions in GeV.
        auc: over all jets, empty balls as ties.
        auc_lo: lower end of the band: auc plus the 16 % quantile of θ* − mean θ*.
        auc_hi: upper end.
        auc_err_test: standard deviation from resampling the test jets alone.
        auc_err_reference: standard deviation from resampling the reference jets alone.
        auc_bias: mean of the replicas − auc; replicas have fewer different jets, so it is negative.
        auc_nonempty: AUC over the jets whose ball is not empty; NaN if a class has none.
        minus_dauc: −dAUC/d ln ε by central differences on the grid; NaN for a single ε.
        minus_dauc_err: its bootstrap standard deviation.
        cross_entropy: as `find_scales` defines it (prior ½), in nats; NaN for smeared values.
        cross_entropy_err: its bootstrap standard deviation, in nats.
        dcross_entropy: d(cross-entropy)/d ln ε by central differences on the grid, in nats.
        dcross_entropy_err: its bootstrap standard deviation, in nats.
        empty_fraction: fraction of test jets whose ball is empty.
        one_class_fraction: fraction whose ball holds one class only.
        nonpositive_fraction: fraction with a negative class sum (negative weights).
        n_jets: test jets, (gluons, quarks).
    """

    epsilon: np.ndarray
    auc: np.ndarray
    auc_lo: np.ndarray
    auc_hi: np.ndarray
    auc_err_test: np.ndarray
    auc_err_reference: np.ndarray
    auc_bias: np.ndarray
    auc_nonempty: np.ndarray
    minus_dauc: np.ndarray
    minus_dauc_err: np.ndarray
    cross_entropy: np.ndarray
    cross_entropy_err: np.ndarray
    dcross_entropy: np.ndarray
    dcross_entropy_err: np.ndarray
    empty_fraction: np.ndarray
    one_class_fraction: np.ndarray
    nonpositive_fraction: np.ndarray
    n_jets: tuple[int, int]

    def __str__(self) -> str:
        head = "  ε [GeV]    AUC            non-empty  empty   one class   cross-entropy"
        half_width = (self.auc_hi - self.auc_lo) / 2
        kinds = (self.auc_nonempty, self.empty_fraction, self.one_class_fraction)
        columns = (self.epsilon, self.auc, half_width, *kinds, self.cross_entropy)
        cells = "{:9.3g}    {:.4f} ± {:.4f}  {:.4f}    {:6.1%}  {:6.1%}      {:.4f}"
        rows = [cells.format(*row) for row in zip(*columns, strict=True)]
        title = f"AUC(ε) on {self.n_jets[1]} quark and {self.n_jets[0]} gluon jets, 68 % bands"
        return "\n".join([title, head, *rows])


def epsilon_curve(
    likelihood: SmearedLikelihood,
    query: Jets | Queries | None,
    epsilon: ArrayLike,
    *,
    labels: ArrayLike | None = None,
    weight: ArrayLike | None = None,
    values: ArrayLike | None = None,
    replicas: int = 50,
    seed: int = 0,
    progress: bool = False,
) -> EpsilonCurve:
    r"""AUC(ε) and cross-entropy(ε) with bootstrap errors, all replicas in one pass over the pairs.

    Replica b gives reference jet j the weight w_j c_j^b with multinomial counts c^b, drawn class by
    class; a jet never sees a copy of itself. Test jets are resampled likewise: independently of
    the reference if they are other jets, together with it under leave-one-out. The band is the
    point plus quantiles of θ* − mean θ*. Smearing: arXiv:2501.07643; bootstrap: smearjax's own.

    Args:
        likelihood: the reference jets and the kernel.
        query: test jets, or None for leave-one-out on the reference jets.
        epsilon: (E,) resolutions in GeV.
        labels: (N,) labels of the test jets; by default those that the jets carry.
        weight: (N,) event weights of the test jets; by default those that the jets carry.
        values: (reference jets,) a function to smear in place of the labels: the AUC is then that
            of f(x|ε) (see `SmearedLikelihood.smear`). Where all of them lie strictly between 0 and
            1 they are probabilities of a quark jet, and the cross-entropy is that of the smeared
            probability, with the mean probability as prior; else it is NaN.
        replicas: bootstrap replicas, at least 2.
        seed: of the bootstrap.
        progress: show a bar over ε.

    Returns:
        `EpsilonCurve`.

    Raises:
        ValueError: labels missing or of one class; ε not positive and rising; values that do not
            fit the reference; fewer than 2 replicas.

    >>> from smearjax import SmearedLikelihood, load_jets
    >>> from smearjax.smearing import epsilon_curve
    >>> likelihood = SmearedLikelihood(load_jets("sample")[:300])
    >>> epsilon_curve(likelihood, None, [10.0, 20.0], replicas=5).auc.tolist()
    [0.781, 0.772]
    """
    expect(
        "likelihood",
        likelihood,
        SmearedLikelihood,
        "one made with SmearedLikelihood(jets)",
    )
    expect_whole("replicas", replicas, least=2)
    label, weights, prepared = _test_set(likelihood, query, labels, weight)
    dtype = likelihood.pt_ref.dtype
    grid = checked_grid(epsilon, dtype)
    columns = Columns(likelihood, replicas, seed)
    counts = (
        columns.every
        if query is None
        else class_counts(label, replicas, seed + 2) * weights[:, None]
    )
    shape = (len(grid), replicas + 1)
    both, reference, test, entropy = (np.full(shape, np.nan) for _ in range(4))
    nonempty = np.empty(len(grid))
    kinds = np.empty((3, len(grid), len(label)), bool)
    smeared = odds = None
    if values is not None:
        checked = checked_values(likelihood.label.size, values)
        smeared = likelihood.reference.by_class(checked.astype(dtype))
        if np.all((checked > 0) & (checked < 1)):
            mean = checked @ columns.every / columns.every.sum(axis=0)
            odds = _log_odds(mean)

    def scores(epsilon: Float[Array, " G"]) -> Any:
        classes = likelihood.reference.classes
        asked = (likelihood.kernel, classes, prepared.rows, epsilon)
        return _scores(*asked, columns.classes, smeared)

    found = each_epsilon(scores, grid, prepared, replicas + 1, dtype, "AUC(ε)", progress)
    for e, (score, ratio, kind) in enumerate(found):
        point = score[:, 0]
        both[e] = auc_columns(score, label, counts)
        reference[e] = auc_columns(score, label, weights)
        test[e] = auc_columns(np.repeat(point[:, None], replicas + 1, 1), label, counts)
        if odds is not None:
            ratio = _log_odds(score) - odds
        if ratio is not None:
            entropy[e] = cross_entropy_columns(ratio, label, counts)
        kinds[:, e] = kind
        nonempty[e] = _auc_of(point, label, weights, ~kinds[0, e])
    return _summary(grid, label, weights, both, reference, test, entropy, nonempty, kinds)


def _test_set(
    likelihood: SmearedLikelihood,
    query: Jets | Queries | None,
    labels: ArrayLike | None,
    weight: ArrayLike | None,
) -> tuple[Int[np.ndarray, " N"], Float[np.ndarray, " N"], Queries]:
    """Labels, event weights and points of the test jets."""
    if query is None:
        if labels is not None or weight is not None:
            raise ValueError("leave-one-out takes labels and weights of the reference; give none")
        weights = np.asarray(likelihood.reference.weight, np.float64)
        return np.asarray(likelihood.label), weights, likelihood.leave_one_out
    carried = query if isinstance(query, Jets) else None
    if labels is None and carried is not None:
        labels = carried.label
    if weight is None and carried is not None:
        weight = carried.weight
    label = checked_labels(len(query), labels)
    weights = checked_weights(len(query), weight, label)
    return label, weights, likelihood.queries(query)


@jax.jit
def _scores(
    kernel: Kernel,
    classes: Classes,
    rows: Rows,
    epsilon: Float[Array, " E"],
    weights: tuple[Float[Array, "g C"], Float[Array, "q C"]],
    values: tuple[Float[Array, " g"], Float[Array, " q"]] | None,
) -> tuple[Float[Array, "E R C"], Float[Array, "E R C"] | None, Categories]:
    """Ranking score, finite log ratio and categories, for the data and every replica."""
    if values is not None:
        smeared, kinds = smear_columns(kernel, classes, rows, epsilon, values, weights)
        return smeared, None, Categories(*(kind[..., 0] for kind in kinds))
    sums = class_sums(kernel, classes.points, weights, rows, epsilon, squares=True)
    kinds = categories(kernel, sums)
    totals = jnp.stack([column.sum(axis=0) for column in weights])
    score = log_count_ratio(sums, kinds, totals)
    # The cross-entropy counts every ball of a soft kernel, as `find_scales` does, to stay smooth.
    every = kinds if kernel.compact else Categories(*(jnp.zeros_like(k) for k in kinds))
    ratio = finite_log_ratio(kernel, sums, every, totals[None])
    return score, ratio, Categories(*(kind[..., 0] for kind in kinds))


def _log_odds(probability: np.ndarray) -> np.ndarray:
    """Ln p/(1 − p) of smeared probabilities, which are known to the rounding of float32."""
    least = np.finfo(np.float32).eps
    inside = np.clip(np.asarray(probability, np.float64), least, 1 - least)
    return np.log(inside) - np.log1p(-inside)


def _auc_of(score, label, weight, keep) -> float:
    """AUC over some of the jets; NaN if they are of one class."""
    if len(np.unique(label[keep])) < 2:
        return float("nan")
    return float(auc_columns(score[keep, None], label[keep], weight[keep])[0])


def _summary(grid, label, weight, both, reference, test, entropy, nonempty, kinds) -> EpsilonCurve:
    """Points, bands and fractions from the data (column 0) and the replicas (the others)."""
    spread = both[:, 1:] - both[:, 1:].mean(axis=1, keepdims=True)
    lo, hi = np.quantile(spread, (0.16, 0.84), axis=1)
    empty, one_class, nonpositive = np.average(kinds, axis=2, weights=np.abs(weight))
    auc_slope, entropy_slope = (_slope(values, grid) for values in (both, entropy))
    return EpsilonCurve(
        epsilon=grid,
        auc=both[:, 0],
        auc_lo=both[:, 0] + lo,
        auc_hi=both[:, 0] + hi,
        auc_err_test=_deviation(test),
        auc_err_reference=_deviation(reference),
        auc_bias=both[:, 1:].mean(axis=1) - both[:, 0],
        auc_nonempty=nonempty,
        minus_dauc=-auc_slope[:, 0],
        minus_dauc_err=_deviation(auc_slope),
        cross_entropy=entropy[:, 0],
        cross_entropy_err=_deviation(entropy),
        dcross_entropy=entropy_slope[:, 0],
        dcross_entropy_err=_deviation(entropy_slope),
        empty_fraction=empty,
        one_class_fraction=one_class,
        nonpositive_fraction=nonpositive,
        n_jets=(int(np.sum(label == 0)), int(np.sum(label == 1))),
    )


def _deviation(values: Float[np.ndarray, "E C"]) -> Float[np.ndarray, " E"]:
    """Standard deviation of the replicas."""
    return values[:, 1:].std(axis=1, ddof=1)


def _slope(
    values: Float[np.ndarray, "E C"], grid: Float[np.ndarray, " E"]
) -> Float[np.ndarray, "E C"]:
    """d/d ln ε by central differences; NaN for a single ε."""
    if len(grid) < 2:
        return np.full(values.shape, np.nan)
    return np.asarray(np.gradient(values, np.log(grid), axis=0))

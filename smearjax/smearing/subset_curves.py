"""AUC, cross-entropy, R and B at one ε, averaged over disjoint subsets of the reference jets."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from smearjax.evaluate import auc_columns
from smearjax.smearing.columns import class_membership
from smearjax.smearing.contrasts import contrast, pair_means, votes
from smearjax.smearing.kernels import Gaussian, Kernel
from smearjax.smearing.ratios import (
    cross_entropy_columns,
    finite_log_ratio,
    log_count_ratio,
    smeared_values,
)
from smearjax.smearing.subsets import AtomSums, Division
from smearjax.smearing.sums import Categories, ClassSums, categories

Label = Int[np.ndarray, " N"]
PerJet = Float[np.ndarray, "N C"]
Sums = Float[np.ndarray, "N 2 C"]
Columns = Float[np.ndarray, " C"]


def subset_curves(
    kernel: Kernel, sums: AtomSums, division: Division, level: int
) -> dict[str, Columns]:
    """The curves of 2^level subsets, averaged, by name; "empty" is the fraction of empty balls.

    Smeared values have an AUC only; R and B are defined under the Gaussian kernel only.
    """
    log_scale = np.asarray(sums.log_scale, np.float64)
    linear, square = (division.own(part, level) for part in (sums.linear, sums.square))
    asked: list[tuple[str, Callable[..., Columns], np.ndarray]]
    if sums.product.shape[2]:
        product = division.own(sums.product, level)
        score, empty = _on_device(_smeared, kernel, sums.log_scale, linear, square, product)
        asked = []
    else:
        totals = division.totals(level)
        score, empty, ratio = _on_device(_ratios, kernel, sums.log_scale, linear, square, totals)
        asked = [("cross_entropy", cross_entropy_columns, ratio)]
        if isinstance(kernel, Gaussian):
            relative = log_scale - log_scale.max(axis=1, keepdims=True)
            asked += [
                ("R", _r, np.exp(log_scale)[..., None] * linear),
                ("B", _b, np.exp(relative)[..., None] * linear),
            ]
    asked = [("auc", auc_columns, score), ("empty", _fraction, empty), *asked]
    subset = division.subset(level)
    parts = [np.flatnonzero(subset == number) for number in range(2**level)]
    return {
        name: np.mean([curve(of[p], division.label[p], division.weight[p]) for p in parts], axis=0)
        for name, curve, of in asked
    }


def _fraction(empty: Bool[np.ndarray, "N C"], label: Label, weight: PerJet) -> Columns:
    """Fraction of empty balls."""
    return np.average(empty, axis=0, weights=np.abs(weight))


def _r(sums: Sums, label: Label, weight: PerJet) -> Columns:
    """R = 1 − F_qg/√(F_qq F_gg)."""
    member = _member(label, weight)
    return contrast(pair_means(sums, sums, member))[0]


def _b(sums: Sums, label: Label, weight: PerJet) -> Columns:
    """B = ⟨s_x Σ s_j K/Σ K⟩."""
    return votes(sums, sums, _member(label, weight))[0]


def _member(label: Label, weight: PerJet) -> Sums:
    """Weights of the jets as gluons and as quarks."""
    return weight[:, None] * class_membership(label)[..., None]


def _on_device(compiled: Callable[..., tuple[Array, ...]], kernel: Kernel, log_scale, *sums):
    """What a compiled function of one ε makes of sums on the host, in their pass's precision."""
    arrays = (jnp.asarray(part[None], log_scale.dtype) for part in (log_scale, *sums))
    return tuple(np.asarray(part[0]) for part in compiled(kernel, *arrays))


@jax.jit
def _ratios(
    kernel: Kernel,
    log_scale: Float[Array, "E N 2"],
    linear: Float[Array, "E N 2 C"],
    square: Float[Array, "E N 2 C"],
    totals: Float[Array, "E N 2 C"],
) -> tuple[Float[Array, "E N C"], Bool[Array, "E N C"], Float[Array, "E N C"]]:
    """Ranking score, empty balls, and ln L of every ball, as `epsilon_curve` has them."""
    sums = ClassSums(log_scale, linear, square)
    kinds = categories(kernel, sums)
    densities = ClassSums(log_scale, linear / totals, square)
    score = log_count_ratio(densities, kinds, jnp.ones(linear.shape[2:], linear.dtype))
    every = kinds if kernel.compact else Categories(*(jnp.zeros_like(kind) for kind in kinds))
    return score, kinds.empty, finite_log_ratio(kernel, sums, every, totals)


@jax.jit
def _smeared(
    kernel: Kernel,
    log_scale: Float[Array, "E N 2"],
    linear: Float[Array, "E N 2 C"],
    square: Float[Array, "E N 2 C"],
    product: Float[Array, "E N 2 C"],
) -> tuple[Float[Array, "E N C"], Bool[Array, "E N C"]]:
    """Smeared values relative to their mean, and empty balls."""
    sums = ClassSums(log_scale, jnp.concatenate([linear, product], axis=-1), square)
    nothing = jnp.zeros(linear.shape[-1], linear.dtype)
    smeared, kinds = smeared_values(kernel, sums, nothing)
    return smeared, kinds.empty

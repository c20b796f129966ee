"""The smeared likelihood: class densities averaged over all jets within ε of one another."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from smearjax._expect import expect, expect_number
from smearjax._numerics import ArrayLike, safe_log
from smearjax.jets.container import Jets
from smearjax.metric.angles import ANGLES
from smearjax.metric.pairs import Points, points
from smearjax.metric.streaming import embed_jets
from smearjax.smearing.checks import (
    checked_class_sizes,
    checked_epsilon,
    checked_labels,
    checked_rows,
    checked_totals,
    checked_values,
    checked_weights,
)
from smearjax.smearing.kernels import Gaussian, Kernel, checked_kernel
from smearjax.smearing.ratios import (
    finite_log_ratio,
    log_count_ratio,
    log_density_of,
    smeared_values,
)
from smearjax.smearing.reference import Reference
from smearjax.smearing.sums import (
    GLUON,
    QUARK,
    Categories,
    ClassSums,
    Queries,
    categories,
    class_sums,
    log_magnitude,
)


class SmearedLikelihood(eqx.Module):
    r"""Likelihood ratio of quarks to gluons, smeared over all jets within ε.

    L(x|ε) = [n_q(x,ε)/W_q] / [n_g(x,ε)/W_g],   n_c(x,ε) = Σ_{i∈c} w_i K(d(x,x_i) | ε)

    (arXiv:2501.07643). On the reference jets themselves, x is left out of its own class
    sum and total. Distances d = pT_ref · √SEMD_{β,2} in GeV come from the embedding with its
    residual correction. Sums stream over blocks of pairs: memory grows like N, never N².

    Args:
        reference: N jets; their weights, negative ones included, are the w_i.
        labels: (N,) 1 = quark, 0 = gluon; by default the jets' own.
        kernel: a kernel of `smearjax.smearing`; Gaussian by default.
        pt_ref: pT_ref in GeV, used for every query; by default the reference's mean jet pT, the
            scalar sum over constituents.
        beta: exponent β of the angles.
        omega: name of the angle, see `spectral_function`.
        cells: cells T of the embedding.

    Raises:
        ValueError: labels missing, not 0/1, or fewer than 2 jets of a class; the weights of a
            class not positive in sum; pt_ref not positive.

    >>> from smearjax import SmearedLikelihood, load_jets
    >>> likelihood = SmearedLikelihood(load_jets("sample")[:400])
    >>> likelihood.log_ratio(None, 20.0).shape       # leave-one-out, ε = 20 GeV
    (400,)
    """

    kernel: Kernel
    pt_ref: Float[Array, ""]
    beta: Float[Array, ""]
    centre: Float[Array, " D"]
    reference: Reference
    omega: str = eqx.field(static=True)
    cells: int = eqx.field(static=True)

    def __init__(
        self,
        reference: Jets,
        labels: ArrayLike | None = None,
        kernel: Kernel | None = None,
        *,
        pt_ref: float | None = None,
        beta: ArrayLike = 1.0,
        omega: str = "delta_r",
        cells: int = 256,
    ):
        expect("reference", reference, Jets, "Jets, from load_jets(...) or Jets(pt, y, phi)")
        self.kernel = checked_kernel(Gaussian() if kernel is None else kernel)
        label = checked_labels(len(reference), reference.label if labels is None else labels)
        weight = checked_weights(len(reference), reference.weight, label)
        if pt_ref is not None:
            expect_number("pt_ref", pt_ref, 0, np.inf, "positive and finite, in GeV")
        self.omega, self.cells = omega, cells
        embedding = embed_jets(reference, beta, omega, cells)
        dtype = embedding.vectors.dtype
        self.beta = jnp.asarray(beta, dtype)
        mean_pt = np.mean(np.asarray(reference.total_pt), dtype=np.float64)
        self.pt_ref = jnp.asarray(mean_pt if pt_ref is None else pt_ref, dtype)
        self.centre = embedding.vectors.mean(axis=0)
        every = points(embedding, self.pt_ref, self.centre, np.arange(len(reference)))
        self.reference = Reference(every, label, weight)

    @property
    def label(self) -> Int[Array, " N"]:
        """Labels of the reference jets."""
        return self.reference.label

    @property
    def leave_one_out(self) -> Queries:
        """The reference jets as queries, each left out of its own ball."""
        return self.reference.leave_one_out

    def restrict(self, rows: ArrayLike) -> SmearedLikelihood:
        """The same likelihood with only some of the reference jets; nothing is embedded again.

        Args:
            rows: integer numbers or a mask of reference jets, none twice.

        Returns:
            `SmearedLikelihood` whose reference jets are those, in that order, with this one's
            pT_ref and centre.

        Raises:
            ValueError: a jet twice, or too few jets of a class.
        """
        index = checked_rows(self.label.size, rows)
        label = checked_class_sizes(np.asarray(self.label)[index])
        weight = checked_totals(np.asarray(self.reference.weight, np.float64)[index], label)
        reference = Reference(self.leave_one_out.points[index], label, weight)
        return eqx.tree_at(lambda like: like.reference, self, reference)

    def with_kernel(self, kernel: Kernel) -> SmearedLikelihood:
        """The same reference jets under another kernel of `smearjax.smearing`."""
        return eqx.tree_at(lambda like: like.kernel, self, checked_kernel(kernel))

    def queries(self, jets: Jets | Points) -> Queries:
        """Prepare jets once, to be asked at many ε.

        Args:
            jets: N jets from outside the reference, or points of the likelihood that this one was
                restricted from, `full.leave_one_out.points[rows]`: those never see themselves.

        Returns:
            `Queries`, accepted wherever jets are.

        Raises:
            ValueError: as `spectral_function`.
        """
        if isinstance(jets, Points):
            return self.reference.queries(jets, jnp.zeros((len(jets), 2), jets.norm.dtype))
        expect("query", jets, Jets, "Jets, queries(jets), or None to leave one out")
        embedding = embed_jets(jets, self.beta, self.omega, self.cells)
        outside = np.full(len(jets), -1, np.int32)
        prepared = points(embedding, self.pt_ref, self.centre, outside)
        own = jnp.zeros((len(jets), 2), prepared.norm.dtype)
        return self.reference.queries(prepared, own)

    def log_ratio(self, query: Jets | Queries | None, epsilon: ArrayLike) -> Float[Array, "..."]:
        r"""Ln L(x|ε) of each jet, differentiable in ε and in the kernel's parameters.

        A soft kernel streams a log-sum-exp, ln n_c = ln K(d_min) + ln Σ w K/K(d_min). A compact
        kernel uses (n_c + ½)/(W_c + 1), finite where one class is missing. Where the ball is empty
        the answer is exactly 0 (L = 1), and likewise where negative weights make a sum negative.

        Args:
            query: N jets, or `queries(jets)`, or None for leave-one-out on the reference jets.
            epsilon: resolutions in GeV, a number or (E,).

        Returns:
            (N,) for a number, (E, N) for an array of ε; dimensionless.

        Raises:
            ValueError: if a concrete ε is not positive and finite.
        """
        query = self._prepared(query)
        ratio = _log_ratio(self, query, self._epsilon(epsilon))
        return ratio[0] if np.ndim(epsilon) == 0 else ratio

    def score(self, query: Jets | Queries | None, epsilon: ArrayLike) -> Float[Array, "E N"]:
        r"""What ranks jets for a ROC curve: ln n_q(x,ε) − ln n_g(x,ε) − ln(W_q/W_g).

        ±∞ where one class is missing, 0 − ln(W_q/W_g)·0 = 0 where the ball is empty. The totals are
        those of the whole reference for every jet: leave-one-out totals differ by the jet's own
        weight, so balls with equal counts would no longer tie but be ranked by their true label
        (`experiments/label_leak.py` measures that leak).

        Arguments, shapes and errors as for `log_ratio`, always with the axis of ε.
        """
        return _score(self, self._prepared(query), self._epsilon(epsilon))

    def log_density(self, query: Jets | Queries | None, epsilon: ArrayLike) -> Array:
        r"""ln(n_c/W_c) for gluons [..., 0] and quarks [..., 1]: (E, N, 2) smeared densities.

        They lack the kernel's volume, which cancels between classes at one ε and not between
        different ε. −∞ where a class sum is not positive. For the Gaussian kernel
        ∂ ln n_c/∂ ln ε = ⟨d²/ε²⟩ over the kernel weights of class c.

        Arguments and errors as for `log_ratio`.
        """
        return _log_density(self, self._prepared(query), self._epsilon(epsilon))

    def balls(self, query: Jets | Queries | None, epsilon: ArrayLike) -> Categories:
        """Which balls are empty, hold one class only, or have a negative class sum: (E, N) each.

        Arguments and errors as for `log_ratio`; the categories are those of `Categories`.
        """
        query = self._prepared(query)
        kinds = _categories(self, query, self._epsilon(epsilon))
        return Categories(*(kind[..., 0] for kind in kinds))

    def smear(
        self, values: ArrayLike, query: Jets | Queries | None, epsilon: ArrayLike
    ) -> Float[Array, "E N"]:
        r"""Any function of the reference jets, smeared: f(x|ε) = Σ_i w_i K f(x_i) / Σ_i w_i K.

        Smearing a trained network's output shows at which scales its knowledge lives, with less
        noise than smearing labels. Where the ball is empty, f(x|ε) is the mean over the reference.

        Args:
            values: (N,) f on the reference jets, in their order.
            query: N jets, or `queries(jets)`, or None for the reference jets, each left out.
            epsilon: resolutions in GeV, a number or (E,).

        Returns:
            (E, N) smeared values, in the units of f.

        Raises:
            ValueError: if `values` does not fit the reference or is not finite, or as `log_ratio`.
        """
        columns = jnp.asarray(checked_values(self.label.size, values), self.pt_ref.dtype)
        return _smear(self, columns, self._prepared(query), self._epsilon(epsilon))

    @property
    def convention(self) -> dict[str, str | float | int]:
        """What every quoted ε rests on: metric, angle, β, kernel, cells and pT_ref in GeV."""
        return {
            "metric": "d = pT_ref · (SEMD_{β,2})^{1/2}, jets normalised to ΣE = 1, ω^β",
            "omega": self.omega,
            "angle": ANGLES[self.omega].formula,
            "beta": float(self.beta),
            "p": 2,
            "kernel": self.kernel.formula,
            "cells": self.cells,
            "pt_ref_gev": float(self.pt_ref),
        }

    def _prepared(self, query: Jets | Queries | None) -> Queries:
        """Whatever the user gave, as queries."""
        if query is None:
            return self.leave_one_out
        return query if isinstance(query, Queries) else self.queries(query)

    def _epsilon(self, epsilon: ArrayLike) -> Float[Array, " E"]:
        """ε checked, as a vector in the reference's precision."""
        return checked_epsilon(epsilon, self.pt_ref.dtype)


def log_ratio_of_every_ball(
    like: SmearedLikelihood, query: Queries, epsilon: Float[Array, " E"]
) -> Float[Array, "E N"]:
    """`log_ratio` without the rule for empty balls, which makes it smooth in ε for soft kernels."""
    sums = _sums(like, query, epsilon, squares=False)
    log_density = log_density_of(like.kernel, sums, (like.reference.totals - query.own)[..., None])
    return (log_density[:, :, QUARK] - log_density[:, :, GLUON])[..., 0]


def smear_columns(
    like: SmearedLikelihood,
    values: Float[Array, " R"],
    query: Queries,
    weights: tuple[Float[Array, "g C"], Float[Array, "q C"]],
    epsilon: Float[Array, " E"],
) -> tuple[Float[Array, "E N C"], Categories]:
    """f(x|ε) for each weight column: the columns of w (f − mean) ride behind those of w."""
    gluon, quark = weights
    f_gluon, f_quark = (values[rows][:, None] for rows in like.reference.members)
    total = gluon.sum(axis=0) + quark.sum(axis=0)
    mean = ((gluon * f_gluon).sum(axis=0) + (quark * f_quark).sum(axis=0)) / total
    both = (
        jnp.concatenate([gluon, gluon * (f_gluon - mean)], axis=1),
        jnp.concatenate([quark, quark * (f_quark - mean)], axis=1),
    )
    sums = class_sums(like.kernel, like.reference.classes, both, query, epsilon, squares=True)
    return smeared_values(like.kernel, sums, mean)


def _own_columns(like: SmearedLikelihood) -> tuple[Array, Array]:
    """The event weights as the only column of each class."""
    return like.reference.weights[GLUON][:, None], like.reference.weights[QUARK][:, None]


def _sums(like: SmearedLikelihood, query: Queries, epsilon: Array, squares: bool) -> ClassSums:
    """The class sums with the event weights."""
    return class_sums(
        like.kernel, like.reference.classes, _own_columns(like), query, epsilon, squares
    )


@jax.jit
def _categories(like: SmearedLikelihood, query: Queries, epsilon: Array) -> Categories:
    """The compiled part of `balls`."""
    return categories(like.kernel, _sums(like, query, epsilon, squares=True))


@jax.jit
def _score(like: SmearedLikelihood, query: Queries, epsilon: Array) -> Float[Array, "E N"]:
    """The compiled part of `score`."""
    sums = _sums(like, query, epsilon, squares=True)
    kinds = categories(like.kernel, sums)
    return log_count_ratio(sums, kinds, like.reference.totals[:, None])[..., 0]


@jax.jit
def _log_ratio(like: SmearedLikelihood, query: Queries, epsilon: Array) -> Float[Array, "E N"]:
    """The compiled part of `log_ratio`."""
    sums = _sums(like, query, epsilon, squares=True)
    totals = (like.reference.totals - query.own)[..., None]
    return finite_log_ratio(like.kernel, sums, categories(like.kernel, sums), totals)[..., 0]


@jax.jit
def _log_density(like: SmearedLikelihood, query: Queries, epsilon: Array) -> Float[Array, "E N 2"]:
    """The compiled part of `log_density`."""
    sums = _sums(like, query, epsilon, squares=False)
    log_n = jnp.where(sums.linear > 0, log_magnitude(sums), -jnp.inf)[..., 0]
    return log_n - safe_log(like.reference.totals - query.own)


@jax.jit
def _smear(
    like: SmearedLikelihood, values: Float[Array, " R"], query: Queries, epsilon: Array
) -> Float[Array, "E N"]:
    """The compiled part of `smear`."""
    return smear_columns(like, values, query, _own_columns(like), epsilon)[0][..., 0]

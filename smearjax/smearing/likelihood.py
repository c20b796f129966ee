"""The smeared likelihood: class densities averaged over all jets within ε of one another."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from smearjax._expect import expect
from smearjax._memory import expect_room
from smearjax._numerics import ArrayLike
from smearjax.jets.container import Jets
from smearjax.metric.angles import ANGLES
from smearjax.metric.pairs import Points
from smearjax.metric.space import Space, fit_space
from smearjax.smearing import passes
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
from smearjax.smearing.reference import Reference
from smearjax.smearing.sums import Categories, Queries

# What a pass holds for each ε and jet at its widest: scaled sums of both classes, their squares,
# logarithms and copies of these.
_NUMBERS_A_BALL = 16


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
        pt_ref: pT_ref in GeV for every query; by default the reference's mean scalar-sum pT.
        beta: exponent β of the angles.
        omega: name of the angle, see `spectral_function`.
        cells: cells T of the embedding.
        space: another metric in place of `beta`, `omega`, `cells` and `pt_ref`, such as a
            `WeightedSpace` or `SumSpace` of `smearjax.metric` that was learned.

    Raises:
        ValueError: labels missing, not 0/1, or fewer than 2 jets of a class; the weights of a
            class not positive in sum; pt_ref not positive; a space and a metric beside it.
        MemoryError: it would not fit; the message has the predicted bytes. So do all methods.

    >>> from smearjax import SmearedLikelihood, load_jets
    >>> likelihood = SmearedLikelihood(load_jets("sample")[:300])
    >>> likelihood.log_ratio(None, 20.0).shape        # leave-one-out, ε = 20 GeV
    (300,)
    """

    kernel: Kernel
    space: Space
    reference: Reference

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
        space: Space | None = None,
    ):
        expect("reference", reference, Jets, "Jets, from load_jets(...) or Jets(pt, y, phi)")
        self.kernel = checked_kernel(Gaussian() if kernel is None else kernel)
        label = checked_labels(len(reference), reference.label if labels is None else labels)
        weight = checked_weights(len(reference), reference.weight, label)
        if space is None:
            space = fit_space(reference, beta=beta, omega=omega, cells=cells, pt_ref=pt_ref)
        else:
            expect("space", space, Space, "one from fit_space(jets) or weighted_space(jets, ...)")
            _expect_no_metric(pt_ref=pt_ref, beta=beta, omega=omega, cells=cells)
        self.space = space
        every = self.space.points(reference, np.arange(len(reference))).points
        self.reference = Reference(every, label, weight)

    @property
    def pt_ref(self) -> Float[Array, ""]:
        """pT_ref in GeV, which turns dimensionless distances of normalised jets into energies."""
        return self.space.pt_ref

    @property
    def label(self) -> Int[Array, " N"]:
        """Labels of the reference jets, (N,): 1 = quark, 0 = gluon."""
        return self.reference.label

    @property
    def leave_one_out(self) -> Queries:
        """The N reference jets as `Queries` in GeV, each left out of its own ball."""
        return self.reference.leave_one_out

    def restrict(self, rows: ArrayLike) -> SmearedLikelihood:
        """The same likelihood with only some of the reference jets; nothing is embedded again.

        Args:
            rows: (k,) row numbers or an (N,) mask of reference jets, none twice.

        Returns:
            `SmearedLikelihood` of those jets, in that order, with this one's pT_ref (GeV).

        Raises:
            ValueError: a jet twice, or too few jets of a class.

        Source: smearjax's own definition.

        >>> from smearjax import SmearedLikelihood, load_jets
        >>> full = SmearedLikelihood(load_jets("sample")[:300])
        >>> full.restrict(range(0, 300, 2)).label.shape
        (150,)
        """
        index = checked_rows(self.label.size, rows)
        label = checked_class_sizes(np.asarray(self.label)[index])
        weight = checked_totals(np.asarray(self.reference.weight, np.float64)[index], label)
        reference = Reference(self.leave_one_out.points[index], label, weight)
        return eqx.tree_at(lambda like: like.reference, self, reference)

    def with_kernel(self, kernel: Kernel) -> SmearedLikelihood:
        """The same N reference jets under another kernel K(d | ε) of `smearjax.smearing`.

        Raises:
            ValueError: something that is no kernel object (its name or its class, say).

        d and ε are in GeV. Source: each kernel's own docstring.

        >>> from smearjax import SmearedLikelihood, load_jets
        >>> from smearjax.smearing import HardBall
        >>> likelihood = SmearedLikelihood(load_jets("sample")[:300])
        >>> likelihood.with_kernel(HardBall()).convention["kernel"]
        'K = Θ(ε − d)'
        """
        return eqx.tree_at(lambda like: like.kernel, self, checked_kernel(kernel))

    def queries(self, jets: Jets | Points | Queries | None) -> Queries:
        """Prepare jets once, to be asked at many ε.

        Args:
            jets: N jets from outside the reference, or points of the likelihood that this one was
                restricted from, `full.leave_one_out.points[rows]`: those never see themselves.
                Queries stay what they are; None is leave-one-out on the reference jets.

        Returns:
            `Queries`, accepted wherever jets are; distances in GeV at this one's pT_ref.

        Raises:
            ValueError: something else than jets or points.

        Source: smearjax's own definition.

        >>> from smearjax import SmearedLikelihood, load_jets
        >>> jets = load_jets("sample")
        >>> query = SmearedLikelihood(jets[:300]).queries(jets[300:600])
        >>> query.nearest.shape        # d² in GeV² to the nearest gluon and quark jet
        (300, 2)
        """
        if jets is None:
            return self.leave_one_out
        if isinstance(jets, Queries):
            return jets
        if isinstance(jets, Points):
            return self.reference.queries(jets, jnp.zeros((len(jets), 2), jets.norm.dtype))
        expect("query", jets, Jets, "Jets, queries(jets), or None to leave one out")
        return self.queries(self.space.points(jets).points)

    def log_ratio(self, query: Jets | Queries | None, epsilon: ArrayLike) -> Float[Array, "..."]:
        r"""Ln L(x|ε) of each jet, differentiable in ε and in the kernel's parameters.

        A soft kernel streams a log-sum-exp, ln n_c = ln K(d_min) + ln Σ w K/K(d_min). A compact
        kernel uses (n_c + ½)/(W_c + 1), finite where one class is missing. Where the ball is empty
        the answer is exactly 0 (L = 1), and likewise where negative weights make a sum negative.

        Args:
            query: N jets, or `queries(jets)`, or None for leave-one-out on the reference jets.
            epsilon: resolutions in GeV, a number or (E,).

        Returns:
            (N,) for a number, (E, N) for an array of ε; dimensionless (arXiv:2501.07643).

        Raises:
            ValueError: if a concrete ε is not positive and finite.

        >>> from smearjax import SmearedLikelihood, load_jets
        >>> likelihood = SmearedLikelihood(load_jets("sample")[:300])
        >>> likelihood.log_ratio(None, 20.0)[:3].tolist()        # at ε = 20 GeV
        [0.265, 1.024, 0.503]
        """
        ratio = self._ask(passes.log_ratio, query, epsilon)
        return ratio[0] if np.ndim(epsilon) == 0 else ratio

    def score(self, query: Jets | Queries | None, epsilon: ArrayLike) -> Float[Array, "E N"]:
        r"""What ranks jets for a ROC curve: ln n_q(x,ε) − ln n_g(x,ε) − ln(W_q/W_g).

        ±∞ where one class is missing, exactly 0 where the ball is empty. The totals are those of
        the whole reference for every jet: leave-one-out totals differ by the jet's own weight, so
        balls with equal counts would no longer tie but be ranked by their true label
        (`experiments/label_leak.py` measures that leak).

        Arguments and errors as for `log_ratio`; (E, N), dimensionless (arXiv:2501.07643).

        >>> from smearjax import SmearedLikelihood, load_jets
        >>> from smearjax.evaluate import auc
        >>> likelihood = SmearedLikelihood(load_jets("sample")[:300])
        >>> auc(likelihood.score(None, 8.0)[0], likelihood.label)        # at ε = 8 GeV
        0.781
        """
        return self._ask(passes.count_score, query, epsilon)

    def log_density(self, query: Jets | Queries | None, epsilon: ArrayLike) -> Array:
        r"""ln(n_c/W_c) for gluons [..., 0] and quarks [..., 1]: (E, N, 2) smeared densities.

        They lack the kernel's volume, which cancels between classes at one ε and not between
        different ε. −∞ where a class sum is not positive. For the Gaussian kernel
        ∂ ln n_c/∂ ln ε = ⟨d²/ε²⟩ over the kernel weights of class c. Dimensionless
        (arXiv:2501.07643). Arguments and errors as for `log_ratio`.

        >>> from smearjax import SmearedLikelihood, load_jets
        >>> likelihood = SmearedLikelihood(load_jets("sample")[:300])
        >>> likelihood.log_density(None, 20.0)[0, :2].tolist()        # of two jets
        [[-0.882, -0.617], [-1.791, -0.767]]
        """
        return self._ask(passes.log_densities, query, epsilon)

    def balls(self, query: Jets | Queries | None, epsilon: ArrayLike) -> Categories:
        """Which balls are empty, hold one class only, or have a negative class sum: (E, N) each.

        A compact kernel's ball is empty without a jet in reach, a soft one's where
        n_eff = (Σ wK)²/Σ (wK)² < 2. Arguments and errors as for `log_ratio`. Source: smearjax's
        own definition.

        >>> from smearjax import SmearedLikelihood, load_jets
        >>> likelihood = SmearedLikelihood(load_jets("sample")[:300])
        >>> float(likelihood.balls(None, 4.0).empty.mean())        # at ε = 4 GeV
        0.103
        """
        kinds = self._ask(passes.ball_categories, query, epsilon)
        return Categories(*(kind[..., 0] for kind in kinds))

    def smear(
        self, values: ArrayLike, query: Jets | Queries | None, epsilon: ArrayLike
    ) -> Float[Array, "E N"]:
        r"""Any function of the reference jets, smeared: f(x|ε) = Σ_i w_i K f(x_i) / Σ_i w_i K.

        Smearing a trained network's output shows at which scales its knowledge lives, with less
        noise than smearing labels (arXiv:2501.07643). Where the ball is empty, f(x|ε) is the mean
        over the reference.

        Args:
            values: (N,) f on the reference jets, in their order.
            query: as for `log_ratio`.
            epsilon: resolutions in GeV, a number or (E,).

        Returns:
            (E, N) smeared values, in the units of f.

        Raises:
            ValueError: if `values` does not fit the reference or is not finite, or as `log_ratio`.

        >>> from smearjax import SmearedLikelihood, load_jets
        >>> jets = load_jets("sample")[:300]
        >>> f = jets.multiplicity        # 58, 25, 48, …
        >>> SmearedLikelihood(jets).smear(f, None, 8.0)[0, :3].tolist()        # at ε = 8 GeV
        [42.42, 23.66, 35.45]
        """
        checked = checked_values(self.label.size, values).astype(self.pt_ref.dtype)
        return self._ask(passes.smear, query, epsilon, self.reference.by_class(checked))

    @property
    def convention(self) -> dict[str, str | float | int | list[float]]:
        """What every quoted ε rests on: metric, angle, β, kernel, cells and pT_ref in GeV."""
        return {
            "metric": self.space.formula,
            "omega": self.space.omega,
            "angle": ANGLES[self.space.omega].formula,
            "beta": np.asarray(self.space.beta).tolist(),
            "p": 2,
            "kernel": self.kernel.formula,
            "cells": self.space.cells,
            "pt_ref_gev": float(self.pt_ref),
        }

    def _ask(
        self,
        compiled: Callable[..., Any],
        query: Jets | Queries | None,
        epsilon: ArrayLike,
        *more: Any,
    ) -> Any:
        """The answer (E, N, ...) of a pass, jets in the order in which they were given."""
        query = self.queries(query)
        grid = checked_epsilon(epsilon, self.pt_ref.dtype)
        held = _NUMBERS_A_BALL * grid.nbytes * query.rows.own.shape[0]
        expect_room({"class sums": held}, {}, "ask for fewer epsilon or fewer jets at a time")
        answer = compiled(self.kernel, self.reference.classes, query.rows, grid, *more)
        return query.as_given(answer)


def _expect_no_metric(**metric: Any) -> None:
    """Raise ValueError if a metric is described beside a space, which brings its own."""
    usual = inspect.signature(SmearedLikelihood).parameters
    given = [name for name, value in metric.items() if value is not usual[name].default]
    if given:
        raise ValueError(f"space brings its own {', '.join(given)}; give one or the other")

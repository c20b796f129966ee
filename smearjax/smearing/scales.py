"""The resolution that serves a criterion best, found by gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from smearjax._expect import expect, expect_number
from smearjax._numerics import ArrayLike
from smearjax.evaluate import auc_columns
from smearjax.smearing.kernels import Kernel
from smearjax.smearing.likelihood import SmearedLikelihood
from smearjax.smearing.passes import log_ratio_of_every_ball
from smearjax.smearing.sums import GLUON, QUARK, Classes, Rows

# ln ε is known to far better than any bootstrap error when a step is shorter than this.
_STEP = 3e-3
_MAX_STEPS = 40
# The first step in ln ε where no curvature is known; later ones are at most twice the one before.
_FIRST_STEP = 0.15
# More jets than this of each class begin at what a quarter and a sixteenth of them lead to.
_FEW = 8_000


@dataclass(frozen=True)
class ScaleSolution:
    """The best ε and how it was reached.

    It depends on the criterion and on the number of jets; it is not "the" scale that a classifier
    uses. For that see `information`.

    Attributes:
        epsilon: best resolution in GeV.
        cross_entropy: leave-one-out cross-entropy there, in nats.
        prior: prior probability of a quark used for it, dimensionless.
        evaluations: passes over all pairs, each giving value and derivative.
        converged: whether ln ε is known within 0.003; false at the edges of what the distances
            of the data can resolve.
        history: (steps, 3) ε in GeV, cross-entropy and d(cross-entropy)/d ln ε in nats.
        n_jets: (gluons, quarks).
        convention: the metric and kernel that ε refers to.
    """

    epsilon: float
    cross_entropy: float
    prior: float
    evaluations: int
    converged: bool
    history: Float[np.ndarray, "steps 3"]
    n_jets: tuple[int, int]
    convention: dict[str, str | float | int | list[float]]

    def __str__(self) -> str:
        state = "converged" if self.converged else "NOT converged"
        return (
            f"best ε = {self.epsilon:.3g} GeV, leave-one-out cross-entropy "
            f"{self.cross_entropy:.4f} nats ({state} in {self.evaluations} evaluations, "
            f"{self.n_jets[1]} quark and {self.n_jets[0]} gluon jets; {self.convention['kernel']})"
        )


def find_scales(
    likelihood: SmearedLikelihood, start: float | None = None, *, prior: float = 0.5
) -> ScaleSolution:
    r"""The ε that minimises the leave-one-out cross-entropy, where its derivative vanishes.

    C(ε) = Σ_c π_c ⟨softplus(∓(ln L(x|ε) + ln π_q/π_g))⟩_{x∈c},   − for quarks, + for gluons

    with L leave-one-out (arXiv:2501.07643). Secants of the exact dC/d ln ε lead to its root, within
    the interval on whose ends C is known to fall inwards. The search stays within what the data
    resolve, from half the least nearest-neighbour distance to the diameter, and has not converged
    where C still falls at an end.

    Args:
        likelihood: reference jets and a kernel that is differentiable in ε.
        start: first ε in GeV. By default the median nearest-neighbour distance; with more than
            8,000 jets of each class, where the best ε of a sixteenth and of a quarter lead to.
        prior: prior probability π_q of a quark, in (0, 1); ½ balances the classes.

    Returns:
        `ScaleSolution`.

    Raises:
        ValueError: hard-ball kernel (no derivative), start not positive, prior outside (0, 1).

    >>> from smearjax import SmearedLikelihood, find_scales, load_jets
    >>> find_scales(SmearedLikelihood(load_jets("sample")[:300])).epsilon        # in GeV
    11.8
    """
    expect(
        "likelihood",
        likelihood,
        SmearedLikelihood,
        "one made with SmearedLikelihood(jets)",
    )
    if likelihood.kernel.compact:
        raise ValueError(
            f"{type(likelihood.kernel).__name__} has an edge, so the cross-entropy is not smooth "
            "in epsilon; use the Gaussian or Sigmoid kernel, or scan with epsilon_curve"
        )
    if start is not None:
        expect_number("start", start, 0, np.inf, "a positive ε in GeV")
    expect_number("prior", prior, 0, 1, "strictly between 0 and 1")
    at, curvature = _begin(likelihood, prior) if start is None else (float(np.log(start)), None)
    found = _search(likelihood, prior, at, curvature)
    label = np.asarray(likelihood.label)
    return ScaleSolution(
        epsilon=float(np.exp(found.log_epsilon)),
        cross_entropy=found.cross_entropy,
        prior=prior,
        evaluations=len(found.steps),
        converged=found.converged,
        history=np.array([(np.exp(at), value, slope) for at, value, slope in found.steps]),
        n_jets=(int(np.sum(label != QUARK)), int(np.sum(label == QUARK))),
        convention=likelihood.convention,
    )


class _Found(NamedTuple):
    """Where a search ended: ln ε, C, d²C/d(ln ε)², and the (ln ε, C, dC/d ln ε) on its way."""

    log_epsilon: float
    cross_entropy: float
    curvature: float | None
    converged: bool
    steps: list[tuple[float, float, float]]


def _begin(likelihood: SmearedLikelihood, prior: float) -> tuple[float, float | None]:
    """A first ln ε, and the curvature of C if parts of the jets were asked for it."""
    label, rng = np.asarray(likelihood.label), np.random.default_rng(0)
    classes = [rng.permutation(np.flatnonzero(label == c)) for c in (GLUON, QUARK)]
    if min(map(len, classes)) <= _FEW:
        return _reach(likelihood)[1], None
    few, some = (
        likelihood.restrict(np.concatenate([rows[: len(rows) // share] for rows in classes]))
        for share in (16, 4)
    )
    sixteenth = _search(few, prior, _reach(few)[1], None)
    quarter = _search(some, prior, sixteenth.log_epsilon, sixteenth.curvature)
    return 2 * quarter.log_epsilon - sixteenth.log_epsilon, quarter.curvature


def _reach(likelihood: SmearedLikelihood) -> tuple[float, float, float]:
    """Logarithms of half the least nearest distance, of the median one, of the diameter."""
    queries = likelihood.leave_one_out
    nearest = np.sqrt(np.asarray(queries.nearest, np.float64).min(axis=1))
    least = np.min(nearest[nearest > 0], initial=np.inf)
    diameter = 2.0 * np.sqrt(np.max(np.asarray(queries.points.norm, np.float64)))
    typical = max(np.median(nearest), least)
    return float(np.log(0.5 * least)), float(np.log(typical)), float(np.log(diameter))


def _search(
    likelihood: SmearedLikelihood, prior: float, at: float, curvature: float | None
) -> _Found:
    """The root of dC/d ln ε that lies downhill of ln ε = at."""
    low, _, high = _reach(likelihood)
    asked, steps, longest = _left_out(likelihood), [], _FIRST_STEP
    crossed = [False, False]
    at = float(np.clip(at, low, high))
    while True:
        value, slope = (float(x) for x in _value_and_slope(at, *asked, prior))
        if steps:
            curvature = (slope - steps[-1][2]) / (at - steps[-1][0])
        steps.append((at, value, slope))
        low, high = (at, high) if slope < 0 else (low, at)
        crossed[slope < 0] = True
        if low == high or len(steps) == _MAX_STEPS:
            return _Found(at, value, curvature, False, steps)
        newton = -slope / curvature if curvature and curvature > 0 else -np.copysign(1, slope)
        there = at + float(np.clip(newton, -longest, longest))
        if not low < there < high:
            end = high if slope < 0 else low
            there = 0.5 * (low + high) if all(crossed) else end
        step = there - at
        if abs(step) < _STEP and there not in (low, high):
            return _Found(there, value + 0.5 * slope * step, curvature, True, steps)
        at, longest = there, 2 * abs(step)


def cross_entropy(
    likelihood: SmearedLikelihood, log_epsilon: Float[Array, ""], prior: ArrayLike = 0.5
) -> Float[Array, ""]:
    """C(ε) of `find_scales` at ln(ε/GeV), in nats.

    Every ball of a soft kernel counts with its log-sum-exp, also where n_eff < 2: setting L = 1
    there would let C jump whenever a jet crosses that line.
    """
    return _cross_entropy(*_left_out(likelihood), log_epsilon, prior)


def _left_out(likelihood: SmearedLikelihood) -> tuple[Kernel, Classes, Rows]:
    """What a leave-one-out pass takes."""
    return likelihood.kernel, likelihood.reference.classes, likelihood.leave_one_out.rows


def _cross_entropy(
    kernel: Kernel, classes: Classes, rows: Rows, log_epsilon: Array, prior: ArrayLike
) -> Float[Array, ""]:
    """C(ε): each row's own weight says its class and its share."""
    ratio = log_ratio_of_every_ball(kernel, classes, rows, jnp.exp(log_epsilon)[None])[0]
    prior = jnp.asarray(prior, ratio.dtype)
    ratio = ratio + jnp.log(prior) - jnp.log1p(-prior)
    loss = jax.nn.softplus(jnp.stack([ratio, -ratio], axis=1))
    by_class = jnp.sum(rows.own * loss, axis=0) / classes.totals
    return (1 - prior) * by_class[GLUON] + prior * by_class[QUARK]


@jax.jit
def _value_and_slope(
    log_epsilon: ArrayLike, kernel: Kernel, classes: Classes, rows: Rows, prior: ArrayLike
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """C and its derivative in ln ε."""
    at = jnp.asarray(log_epsilon, rows.own.dtype)
    return jax.value_and_grad(lambda t: _cross_entropy(kernel, classes, rows, t, prior))(at)


def auc_optimum(
    likelihood: SmearedLikelihood, epsilon: Float[np.ndarray, " E"]
) -> tuple[float, float]:
    """The ε of the largest leave-one-out AUC, and that AUC.

    A parabola in ln ε through the best grid point and its neighbours places the maximum; it depends
    on the number of jets, like every best ε.

    Args:
        likelihood: the reference jets and kernel.
        epsilon: (E,) rising resolutions in GeV, evenly spaced in ln ε.

    Returns:
        (ε in GeV, AUC).

    Raises:
        ValueError: as `SmearedLikelihood.score`.

    >>> from smearjax import SmearedLikelihood, load_jets
    >>> likelihood = SmearedLikelihood(load_jets("sample")[:300])
    >>> auc_optimum(likelihood, np.geomspace(2.0, 50.0, 9))
    (4.1, 0.795)
    """
    label, weight = np.asarray(likelihood.label), np.asarray(likelihood.reference.weight)
    values = auc_columns(np.asarray(likelihood.score(None, epsilon)).T, label, weight)
    peak = int(np.argmax(values))
    if not 0 < peak < len(epsilon) - 1:
        return float(epsilon[peak]), float(values[peak])
    left, top, right = values[peak - 1 : peak + 2]
    shift = 0.5 * (right - left) / (2 * top - left - right)
    log_epsilon = np.log(epsilon[peak]) + shift * np.log(epsilon[peak + 1] / epsilon[peak])
    return float(np.exp(log_epsilon)), float(top + 0.25 * (right - left) * shift)

"""The resolution that serves a criterion best, found by gradient."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
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
# Far above the best ε the cross-entropy is flat: the line search must stretch its step quickly.
_SOLVER = optax.lbfgs(
    memory_size=4,
    linesearch=optax.scale_by_zoom_linesearch(
        max_linesearch_steps=20, increase_factor=8.0, initial_guess_strategy="one"
    ),
)


@dataclass(frozen=True)
class ScaleSolution:
    """The best ε and how it was reached.

    It depends on the criterion and on the number of jets; it is not "the" scale that a classifier
    uses. For that see `information`.

    Attributes:
        epsilon: best resolution in GeV.
        cross_entropy: leave-one-out cross-entropy there, in nats.
        prior: prior probability of a quark used for it, dimensionless.
        evaluations: passes over all pairs, each giving value and gradient.
        converged: whether the last step in ln ε was below 0.003; false at the edges of what the
            distances of the data can resolve.
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
    r"""The ε that minimises the leave-one-out cross-entropy, by L-BFGS on ln ε.

    C(ε) = Σ_c π_c ⟨softplus(∓(ln L(x|ε) + ln π_q/π_g))⟩_{x∈c},   − for quarks, + for gluons

    with L leave-one-out (arXiv:2501.07643) and exact derivatives. A search that starts or
    steps outside of what the data resolve, from half the least nearest-neighbour distance to the
    diameter, begins anew at the median nearest-neighbour distance, once; a second time it has not
    converged.

    Args:
        likelihood: reference jets and a kernel that is differentiable in ε.
        start: first ε in GeV; the median nearest-neighbour distance by default.
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
    low, typical, high = _reach(likelihood)
    asked = _left_out(likelihood)
    log_epsilon = typical if start is None else jnp.log(jnp.asarray(start, typical.dtype))
    restarted = not low < log_epsilon < high
    log_epsilon = typical if restarted else log_epsilon
    state = _SOLVER.init(log_epsilon)
    history, evaluations, converged = [], 0, False
    for _ in range(_MAX_STEPS):
        previous = log_epsilon
        log_epsilon, state, value, slope, searched = _step(asked, log_epsilon, state, prior)
        history.append((float(jnp.exp(previous)), float(value), float(slope)))
        evaluations += int(searched)
        if not low < log_epsilon < high:
            # No distance of the data is resolved there, so nothing would lead back.
            log_epsilon = jnp.clip(log_epsilon, low, high) if restarted else typical
            state = _SOLVER.init(log_epsilon)
            if restarted:
                break
            restarted = True
        elif converged := abs(float(log_epsilon - previous)) < _STEP:
            break
    best = cross_entropy(likelihood, log_epsilon, prior)
    label = np.asarray(likelihood.label)
    return ScaleSolution(
        epsilon=float(jnp.exp(log_epsilon)),
        cross_entropy=float(best),
        prior=prior,
        evaluations=evaluations + 1,
        converged=bool(converged),
        history=np.array(history),
        n_jets=(int(np.sum(label != QUARK)), int(np.sum(label == QUARK))),
        convention=likelihood.convention,
    )


def _reach(likelihood: SmearedLikelihood) -> tuple[Array, Array, Array]:
    """Logarithms of half the least nearest distance, of the median one, of the diameter."""
    queries = likelihood.leave_one_out
    nearest = jnp.sqrt(queries.nearest.min(axis=1))
    least = jnp.min(jnp.where(nearest > 0, nearest, jnp.inf))
    diameter = 2.0 * jnp.sqrt(jnp.max(queries.points.norm))
    typical = jnp.maximum(jnp.median(nearest), least)
    return jnp.log(0.5 * least), jnp.log(typical), jnp.log(diameter)


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
def _step(asked: tuple[Kernel, Classes, Rows], log_epsilon: Array, state, prior: ArrayLike):
    """One L-BFGS step, reusing the value and slope that the last line search ended on."""
    loss = partial(_cross_entropy, *asked, prior=prior)
    value, slope = optax.value_and_grad_from_state(loss)(log_epsilon, state=state)
    update, state = _SOLVER.update(
        slope, state, log_epsilon, value=value, grad=slope, value_fn=loss
    )
    searched = optax.tree.get(state, "num_linesearch_steps")
    return optax.apply_updates(log_epsilon, update), state, value, slope, searched


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

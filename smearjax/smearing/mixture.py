"""A mixture of scales: one likelihood ratio of several resolutions, learned by gradient."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int

from smearjax._expect import expect, expect_whole
from smearjax._numerics import ArrayLike
from smearjax.evaluate import bootstrap_weights
from smearjax.jets.container import Jets
from smearjax.smearing.checks import checked_grid, checked_labels, checked_weights
from smearjax.smearing.likelihood import SmearedLikelihood
from smearjax.smearing.ratios import cross_entropy_columns
from smearjax.smearing.sums import GLUON, QUARK, Queries

_RATE = 0.05
_STEPS = 600


@dataclass(frozen=True)
class ScaleMixture:
    r"""Weights a_k of ln L(x|ε_k): a spectrum over scales that can be read in GeV.

    Attributes:
        likelihood: the jets that are smeared over.
        epsilon: (K,) resolutions in GeV.
        weight: (K,) a_k ≥ 0, dimensionless.
        weight_err: (K,) standard deviation over bootstrap replicas of the training jets.
        offset: b, added to the sum.
        cross_entropy: of the validation jets, in nats.
        single: (K,) cross-entropy of the validation jets at each single ε_k, in nats.
        n_jets: training jets, (gluons, quarks).
    """

    likelihood: SmearedLikelihood
    epsilon: Float[np.ndarray, " K"]
    weight: Float[np.ndarray, " K"]
    weight_err: Float[np.ndarray, " K"]
    offset: float
    cross_entropy: float
    single: Float[np.ndarray, " K"]
    n_jets: tuple[int, int]

    def score(self, query: Jets | Queries | None) -> Float[np.ndarray, " N"]:
        r"""B + Σ_k a_k ln L(x|ε_k) of N jets, dimensionless; leave-one-out for None.

        Errors as for `SmearedLikelihood.log_ratio` (arXiv:2501.07643).

        >>> from smearjax import SmearedLikelihood, load_jets
        >>> from smearjax.smearing import learn_mixture
        >>> jets = load_jets("sample")
        >>> mixture = learn_mixture(SmearedLikelihood(jets[:300]), jets[300:400], [5.0, 20.0])
        >>> mixture.score(jets[400:402]).shape
        (2,)
        """
        ratios = np.asarray(self.likelihood.log_ratio(query, self.epsilon), np.float64)
        return self.offset + self.weight @ ratios

    def __str__(self) -> str:
        head = (
            f"Mixture of {len(self.epsilon)} scales from {self.n_jets[1]} quark and "
            f"{self.n_jets[0]} gluon jets: validation cross-entropy {self.cross_entropy:.4f} nats, "
            f"best single ε {self.single.min():.4f}\n  ε [GeV]    weight"
        )
        columns = (self.epsilon, self.weight, self.weight_err)
        rows = ["{:9.3g}    {:.3f} ± {:.3f}".format(*row) for row in zip(*columns, strict=True)]
        return "\n".join([head, *rows])


def learn_mixture(
    likelihood: SmearedLikelihood,
    validation: Jets,
    epsilon: ArrayLike,
    *,
    replicas: int = 20,
    seed: int = 0,
) -> ScaleMixture:
    r"""Weights of several resolutions in one likelihood ratio, learned on leave-one-out ratios.

    s(x) = b + Σ_k a_k ln L(x|ε_k),   a_k ≥ 0,
    minimising  ½ Σ_c ⟨softplus(∓ s(x))⟩_{x∈c}  over the reference jets, each left out of its L.

    Ratios of one ε are mixed, not kernels: kernel volumes cancel between the classes at one ε and
    not between different ε, so densities of different ε must not be added without dividing by
    their volumes. Weights are kept positive so that the spectrum can be read: neighbouring ratios
    are strongly correlated, and free weights of alternating sign would cancel one another. Their
    sum exceeds 1 where single ratios are too timid, as they are at large ε.

    Adam on all weights (a_k as softplus) until it has converged: K + 1 numbers of a nearly convex
    problem need no early stopping, so the validation jets decide nothing and only measure. Errors
    by learning anew on bootstrap replicas of the training jets.

    Args:
        likelihood: training jets and a kernel, at any of whose ε ln L is finite.
        validation: labelled jets on which the cross-entropies are measured.
        epsilon: (K,) rising resolutions in GeV.
        replicas: bootstrap replicas for the errors, at least 2.
        seed: of the bootstrap.

    Returns:
        `ScaleMixture`.

    Raises:
        ValueError: labels missing, ε not positive and rising, fewer than 2 replicas.

    Source: smearjax's own, of the smeared likelihood of arXiv:2501.07643.

    >>> from smearjax import SmearedLikelihood, load_jets
    >>> from smearjax.smearing import learn_mixture
    >>> jets = load_jets("sample")
    >>> learn_mixture(SmearedLikelihood(jets[:300]), jets[300:400], [5.0, 20.0], replicas=4).weight
    array([0.066, 1.296])
    """
    expect("likelihood", likelihood, SmearedLikelihood, "one made with SmearedLikelihood(jets)")
    expect("validation", validation, Jets, "labelled Jets, from load_jets(...) or split(...)")
    expect_whole("replicas", replicas, least=2)
    grid = checked_grid(epsilon, likelihood.pt_ref.dtype)
    label = np.asarray(likelihood.label)
    held_label = checked_labels(len(validation), validation.label)
    held_weight = checked_weights(len(validation), validation.weight, held_label)
    ratios = np.asarray(likelihood.log_ratio(None, grid), np.float64)
    held = np.asarray(likelihood.log_ratio(validation, grid), np.float64)
    weights = np.asarray(likelihood.reference.weight, np.float64) * _counts(label, replicas, seed)
    (weight, offset), *others = (_fit(ratios, label, row) for row in _balanced(weights, label))
    scores = np.vstack([offset + weight @ held, held]).T
    columns = np.repeat(held_weight[:, None], scores.shape[1], axis=1)
    entropies = cross_entropy_columns(scores, held_label, columns)
    return ScaleMixture(
        likelihood,
        grid,
        weight,
        np.std([other[0] for other in others], axis=0, ddof=1),
        offset,
        float(entropies[0]),
        entropies[1:],
        (int(np.sum(label == GLUON)), int(np.sum(label == QUARK))),
    )


def _counts(label: Int[np.ndarray, " N"], replicas: int, seed: int) -> Float[np.ndarray, "C N"]:
    """The data first, then how often each jet is drawn in each replica."""
    counts = np.ones((replicas + 1, len(label)))
    for c in (GLUON, QUARK):
        rows = np.flatnonzero(label == c)
        counts[1:, rows] = bootstrap_weights(len(rows), replicas, seed + c)
    return counts


def _balanced(
    weight: Float[np.ndarray, "C N"], label: Int[np.ndarray, " N"]
) -> Float[np.ndarray, "C N"]:
    """Weights with half of the sum in each class."""
    quark = label == QUARK
    total = np.stack([weight[:, ~quark].sum(axis=1), weight[:, quark].sum(axis=1)], axis=1)
    return 0.5 * weight / total[:, label]


def _fit(
    ratios: Float[np.ndarray, "K N"], label: Int[np.ndarray, " N"], shares: Float[np.ndarray, " N"]
) -> tuple[Float[np.ndarray, " K"], float]:
    """Weights and offset for one set of training weights."""
    arrays = (ratios, np.where(label == QUARK, -1.0, 1.0), shares)
    train = tuple(jnp.asarray(array, jnp.result_type(float)) for array in arrays)
    numbers = _descend(*train)
    return np.asarray(jax.nn.softplus(numbers[:-1]), np.float64), float(numbers[-1])


@jax.jit
def _descend(
    ratios: Float[Array, "K N"], sign: Float[Array, " N"], shares: Float[Array, " N"]
) -> Float[Array, " k"]:
    """From equal weights of sum 1 to the minimum."""
    optimiser = optax.adam(optax.cosine_decay_schedule(_RATE, _STEPS))
    equal = jnp.log(jnp.expm1(1.0 / len(ratios)))
    start = jnp.append(jnp.full(len(ratios), equal), 0.0).astype(ratios.dtype)

    def step(state: tuple[Array, optax.OptState], _: None):
        numbers, inner = state
        update, inner = optimiser.update(jax.grad(_loss)(numbers, ratios, sign, shares), inner)
        return (jax.tree.map(jnp.add, numbers, update), inner), None

    return jax.lax.scan(step, (start, optimiser.init(start)), None, length=_STEPS)[0][0]


def _loss(
    numbers: Float[Array, " k"],
    ratios: Float[Array, "K N"],
    sign: Float[Array, " N"],
    shares: Float[Array, " N"],
) -> Float[Array, ""]:
    """Σ shares · softplus(∓ (b + Σ a_k ln L_k))."""
    score = numbers[-1] + jax.nn.softplus(numbers[:-1]) @ ratios
    return jnp.sum(shares * jax.nn.softplus(sign * score))

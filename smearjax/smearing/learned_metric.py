"""A metric learned by gradient: β and the weight of every stretch of the quantile axis."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from smearjax._expect import expect
from smearjax.jets.container import Jets
from smearjax.metric.sum_space import SumSpace, sum_space
from smearjax.metric.weighted_space import WeightedSpace, weighted_space
from smearjax.smearing.checks import checked_labels
from smearjax.smearing.kernels import Gaussian
from smearjax.smearing.likelihood import SmearedLikelihood
from smearjax.smearing.metric_training import (
    MetricConfig,
    by_class,
    embedded,
    first_numbers,
    learn_beta,
    learn_shares,
)
from smearjax.smearing.sums import GLUON, QUARK


@dataclass(frozen=True)
class LearnedMetric:
    r"""A metric, its resolution, and how it was learned.

    Attributes:
        space: the `WeightedSpace` with the learned β and (K,) shares, dimensionless; of several β
            the `SumSpace` of such.
        epsilon: the learned width of the Gaussian kernel in GeV, in this metric's d.
        validation_cross_entropy: of the validation jets smeared over the training jets, in nats.
        history: (checks, 3) step, mean training loss since the last check, validation
            cross-entropy, in nats.
        n_jets: training jets, (gluons, quarks).
    """

    space: WeightedSpace | SumSpace
    epsilon: float
    validation_cross_entropy: float
    history: Float[np.ndarray, "checks 3"]
    n_jets: tuple[int, int]

    @property
    def numbers(self) -> dict[str, float]:
        """All that was learned, by name: each β, ε in GeV, and K shares of sum 1."""
        betas = np.atleast_1d(self.space.beta).tolist()
        names = ["beta"] if len(betas) == 1 else [f"beta {k}" for k in range(len(betas))]
        shares = {f"share {k}": float(share) for k, share in enumerate(np.concatenate(self.shares))}
        return {**dict(zip(names, betas, strict=True)), "epsilon": self.epsilon, **shares}

    @property
    def shares(self) -> list[Float[np.ndarray, " k"]]:
        """For each β the shares of its stretches, dimensionless; all together have the sum 1."""
        if isinstance(self.space, WeightedSpace):
            return [np.asarray(self.space.shares)]
        parts = zip(self.space.coefficients, self.space.parts, strict=True)
        return [np.asarray(a * part.shares) for a, part in parts]  # pyright: ignore

    def likelihood(self, reference: Jets) -> SmearedLikelihood:
        r"""The smeared likelihood of N reference jets in this metric; use it at `epsilon` GeV.

        Errors as for `SmearedLikelihood` (arXiv:2501.07643).

        >>> from smearjax import load_jets
        >>> from smearjax.metric import weighted_space
        >>> jets = load_jets("sample")[:300]
        >>> space = weighted_space(jets, [0.7, 0.3], beta=0.4, cells=16)
        >>> learned = LearnedMetric(space, 7.0, 0.49, np.zeros((1, 3)), (150, 150))
        >>> learned.likelihood(jets).log_ratio(None, learned.epsilon).shape
        (300,)
        """
        return SmearedLikelihood(reference, kernel=Gaussian(), space=self.space)

    def __str__(self) -> str:
        lines = [
            f"ε = {self.epsilon:.3g} GeV, validation cross-entropy "
            f"{self.validation_cross_entropy:.4f} nats, from {self.n_jets[1]} quark and "
            f"{self.n_jets[0]} gluon jets"
        ]
        for beta, shares in zip(np.atleast_1d(self.space.beta), self.shares, strict=True):
            edges = (np.arange(len(shares) + 1) / len(shares)) ** 3
            lines.append(f"β = {beta:.3g}: stretch of U    share    SEMD's own")
            lines += [
                f"  {low:.2e} … {high:.2e}   {share:.4f}   {high - low:.4f}"
                for low, high, share in zip(edges, edges[1:], shares, strict=False)
            ]
        return "\n".join(lines)


def learn_metric(
    train: Jets,
    validation: Jets,
    config: MetricConfig | None = None,
    *,
    seed: int = 0,
    progress: bool = False,
) -> LearnedMetric:
    r"""Learn the metric in which the smeared likelihood classifies best.

    Minimises the leave-one-out cross-entropy of the training jets, both classes alike,

    C = ½ Σ_c ⟨softplus(∓ ln L(x|ε))⟩_{x∈c},   K = exp(−d²/2ε²),
    d² = pT_ref² Σ_j c_j (m_j(A) − m_j(B))²   (see `smearjax.metric.WeightedSpace`)

    over β, ε and K shares (K + 1 free numbers; with several β the d² of each is summed, and there
    are K + B) with Adam: first all of them by derivatives through
    the spectral function and the embedding of some jets, then shares and ε at fixed β, batches of
    jets against all others. What is returned is the state with the least cross-entropy of the
    validation jets, which enter in no other way; no test jet is touched. Each number has a
    meaning: β how angles are weighed, a share what a stretch of the quantile axis contributes, ε
    the resolution. d² stays a sum of squares of IRC-safe quantities; exponents on energies are
    not learned, because only 1 is collinear safe.

    Args:
        train: N labelled jets; pT in GeV, y and φ in radians.
        validation: labelled jets that decide when to stop.
        config: settings.
        seed: of the batches.
        progress: show a bar over the steps.

    Returns:
        `LearnedMetric`.

    Raises:
        ValueError: labels missing or of one class; settings that make no sense.

    Source: smearing as in arXiv:2501.07643, metric as in arXiv:2305.03751; the rest smearjax's own.

    >>> from smearjax import load_jets
    >>> from smearjax.smearing import MetricConfig, learn_metric
    >>> jets = load_jets("sample")
    >>> quick = MetricConfig(stretches=4, cells=16, beta_steps=0, steps=5)
    >>> learn_metric(jets[:400], jets[400:600], quick).space.shares.shape
    (4,)
    """
    config = MetricConfig() if config is None else config
    for name, jets in (("train", train), ("validation", validation)):
        expect(name, jets, Jets, "labelled Jets, from load_jets(...) or split(...)")
    label = checked_labels(len(train), train.label)
    checked_labels(len(validation), validation.label)
    rng = np.random.default_rng([seed, 5])
    pilot = train[np.sort(rng.permutation(len(train))[: config.beta_jets])]
    numbers = first_numbers(pilot, config)
    if config.beta_steps:
        numbers = learn_beta(numbers, pilot, config, progress)
    betas = np.exp(np.asarray(numbers.log_beta, np.float64))
    here = by_class(train, embedded(train, betas, config))
    there = by_class(validation, embedded(validation, betas, config), known=False)
    best, history = learn_shares(numbers, here, there, config, rng, progress)
    shares = np.asarray(jax.nn.softmax(best.shares)).reshape(config.betas, -1)
    parts = [
        weighted_space(train, share, beta=beta, cells=config.cells)
        for beta, share in zip(betas, shares, strict=True)
    ]
    space = parts[0] if len(parts) == 1 else sum_space(parts, shares.sum(axis=1))
    return LearnedMetric(
        space,
        float(jnp.exp(best.log_epsilon) * space.pt_ref),
        float(history[:, 2].min()),
        history,
        (int(np.sum(label == GLUON)), int(np.sum(label == QUARK))),
    )

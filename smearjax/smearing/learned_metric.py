"""A metric learned by gradient: β and the weight of every stretch of the quantile axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int
from tqdm import tqdm

from smearjax._expect import expect, expect_whole
from smearjax.jets.container import Jets
from smearjax.metric.pairs import Points, kernel_sums, nearest_squared_distance
from smearjax.metric.streaming import embed_jets
from smearjax.metric.weighted_space import (
    WeightedSpace,
    cell_means,
    cell_stretch,
    weighted_space,
)
from smearjax.smearing.checks import checked_labels, checked_weights
from smearjax.smearing.kernels import Gaussian
from smearjax.smearing.likelihood import SmearedLikelihood
from smearjax.smearing.sums import GLUON, QUARK

# Steps between two looks at the validation jets.
_CHECK = 15


@dataclass(frozen=True)
class MetricConfig:
    """How `learn_metric` goes about it; all numbers are dimensionless.

    Source: smearjax's own choices.

    Raises:
        ValueError: a number out of its range.

    >>> MetricConfig(stretches=8).cells
    64
    """

    stretches: int = 16
    """K, the stretches of the quantile axis that each get a share."""
    cells: int = 64
    """T, cells of the axis; a multiple of K."""
    beta: float = 0.5
    """β to begin with."""
    beta_steps: int = 30
    """Steps in which β is learned too, by derivatives through the spectral function."""
    beta_jets: int = 1536
    """Jets these steps look at."""
    steps: int = 150
    """Steps with β fixed, each over `batch` jets against all."""
    batch: int = 512
    """Jets whose cross-entropy one step averages."""
    rate: float = 0.05
    """First learning rate of Adam; it falls to 0 along a cosine."""

    def __post_init__(self) -> None:
        for name, least in (("stretches", 1), ("cells", 1), ("beta_steps", 0), ("steps", 1)):
            expect_whole(name, getattr(self, name), least=least)
        for name in ("beta_jets", "batch"):
            expect_whole(name, getattr(self, name), least=4)
        if self.cells % self.stretches:
            raise ValueError(
                f"cells is {self.cells}; expected a multiple of the {self.stretches} stretches"
            )


class Numbers(NamedTuple):
    """What is learned, unbounded: shares are a softmax, β and ε exponentials."""

    shares: Float[Array, " K"]
    log_beta: Float[Array, ""]
    log_epsilon: Float[Array, ""]


@dataclass(frozen=True)
class LearnedMetric:
    r"""A metric, its resolution, and how it was learned.

    Attributes:
        space: the `WeightedSpace` with the learned β and (K,) shares, dimensionless.
        epsilon: the learned width of the Gaussian kernel in GeV, in this metric's d.
        validation_cross_entropy: of the validation jets smeared over the training jets, in nats.
        history: (checks, 3) step, mean training loss since the last check, validation
            cross-entropy, in nats.
        n_jets: training jets, (gluons, quarks).
    """

    space: WeightedSpace
    epsilon: float
    validation_cross_entropy: float
    history: Float[np.ndarray, "checks 3"]
    n_jets: tuple[int, int]

    @property
    def numbers(self) -> dict[str, float]:
        """All that was learned, by name: β, ε in GeV, and K shares of sum 1."""
        shares = {f"share {k}": float(s) for k, s in enumerate(np.asarray(self.space.shares))}
        return {"beta": float(self.space.beta), "epsilon": self.epsilon, **shares}

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
        shares = np.asarray(self.space.shares)
        edges = (np.arange(len(shares) + 1) / len(shares)) ** 3
        head = (
            f"β = {float(self.space.beta):.3g}, ε = {self.epsilon:.3g} GeV, validation "
            f"cross-entropy {self.validation_cross_entropy:.4f} nats, from {self.n_jets[1]} quark "
            f"and {self.n_jets[0]} gluon jets\n  stretch of U          share    SEMD's own"
        )
        rows = [
            f"  {low:.2e} … {high:.2e}   {share:.4f}   {high - low:.4f}"
            for low, high, share in zip(edges, edges[1:], shares, strict=False)
        ]
        return "\n".join([head, *rows])


class _Jets(NamedTuple):
    """Jets by their cell means; identities of −1 are of jets from elsewhere."""

    means: Float[Array, "N T"]
    weight: Float[Array, " N"]
    identity: Int[Array, " N"]


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

    over β, ε and K shares (K + 1 free numbers) with Adam: first all of them by derivatives through
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
    numbers = _first_numbers(pilot, config)
    if config.beta_steps:
        numbers = _learn_beta(numbers, pilot, config, progress)
    beta = float(jnp.exp(numbers.log_beta))
    here = _by_class(train, _embedded(train, beta, config))
    there = _by_class(validation, _embedded(validation, beta, config), known=False)
    best, history = _learn_shares(numbers, here, there, config, rng, progress)
    shares = np.asarray(jax.nn.softmax(best.shares))
    space = weighted_space(train, shares, beta=beta, cells=config.cells)
    return LearnedMetric(
        space,
        float(jnp.exp(best.log_epsilon) * space.pt_ref),
        float(history[:, 2].min()),
        history,
        (int(np.sum(label == GLUON)), int(np.sum(label == QUARK))),
    )


def _embedded(jets: Jets, beta: Array | float, config: MetricConfig) -> Float[Array, "N T"]:
    """Cell means of q^β, with derivatives in a traced β."""
    return cell_means(embed_jets(jets, beta, cells=config.cells), config.cells)


def _by_class(jets: Jets, means: Float[Array, "N T"], known: bool = True) -> tuple[_Jets, _Jets]:
    """Gluons and quarks; jets that are `known` meet themselves among the reference."""
    label = checked_labels(len(jets), jets.label)
    weight = checked_weights(len(jets), jets.weight, label)
    identity = np.arange(len(jets)) if known else np.full(len(jets), -1)
    gluon, quark = (
        _Jets(
            means[rows],
            jnp.asarray(weight[rows], means.dtype),
            jnp.asarray(identity[rows], jnp.int32),
        )
        for rows in (np.flatnonzero(label == c) for c in (GLUON, QUARK))
    )
    return gluon, quark


def _first_numbers(jets: Jets, config: MetricConfig) -> Numbers:
    """Shares such that every stretch contributes alike, ε a third of the typical distance."""
    means = np.asarray(_embedded(jets, config.beta, config))
    spread = means.var(axis=0).reshape(config.stretches, -1).mean(axis=1)
    spread = np.maximum(spread, 1e-6 * spread.max() + np.finfo(means.dtype).tiny)
    shares = 1 / spread / np.sum(1 / spread)
    typical = np.sqrt(2 * np.sum(shares * spread))
    logarithms = (np.log(shares), np.log(config.beta), np.log(typical / 3))
    return Numbers(*(jnp.asarray(one, means.dtype) for one in logarithms))


def _learn_beta(numbers: Numbers, jets: Jets, config: MetricConfig, progress: bool) -> Numbers:
    """All numbers by derivatives through the spectral function, on one set of jets."""

    # Not under one jit: the jets would be constants, whose spectra XLA would make while compiling.
    def loss(numbers: Numbers) -> Array:
        both = _by_class(jets, _embedded(jets, jnp.exp(numbers.log_beta), config))
        return _cross_entropy(numbers, both, both)

    slope = jax.grad(loss)

    optimiser = optax.adam(config.rate)
    state = optimiser.init(numbers)
    for _ in tqdm(range(config.beta_steps), desc="β", unit="step", disable=not progress):
        update, state = optimiser.update(slope(numbers), state)
        numbers = jax.tree.map(jnp.add, numbers, update)
    return numbers


def _learn_shares(
    numbers: Numbers,
    train: tuple[_Jets, _Jets],
    validation: tuple[_Jets, _Jets],
    config: MetricConfig,
    rng: np.random.Generator,
    progress: bool,
) -> tuple[Numbers, Float[np.ndarray, "checks 3"]]:
    """Shares and ε at fixed β; the numbers with the least validation cross-entropy."""
    optimiser = optax.adam(optax.cosine_decay_schedule(config.rate, config.steps))
    state = optimiser.init(numbers)
    step, half = jax.jit(jax.value_and_grad(_cross_entropy)), config.batch // 2
    best, history, recent = numbers, [], []
    for k in tqdm(range(1, config.steps + 1), desc="shares", unit="step", disable=not progress):
        rows = [rng.permutation(len(one.weight))[:half] for one in train]
        batch = [_Jets(*(a[r] for a in one)) for one, r in zip(train, rows, strict=True)]
        value, slope = step(numbers, (batch[0], batch[1]), train)
        recent.append(float(value))
        update, state = optimiser.update(slope, state)
        numbers = jax.tree.map(jnp.add, numbers, update)
        if k % _CHECK == 0 or k == config.steps:
            held_out = float(_cross_entropy(numbers, validation, train))
            if not history or held_out < min(row[2] for row in history):
                best = numbers
            history.append((k, float(np.mean(recent)), held_out))
            recent = []
    return best, np.array(history)


@jax.jit
def _cross_entropy(
    numbers: Numbers, queries: tuple[_Jets, _Jets], reference: tuple[_Jets, _Jets]
) -> Float[Array, ""]:
    """½ Σ_c ⟨softplus(∓ ln L)⟩ of the queries smeared over the reference, never over themselves."""
    cells = queries[0].means.shape[1]
    stretch = cell_stretch(jax.nn.softmax(numbers.shares), cells) * jnp.exp(-numbers.log_epsilon)
    columns = [_points(one, stretch) for one in reference]
    total = 0.0
    for c, (jets, sign) in enumerate(zip(queries, (1.0, -1.0), strict=True)):
        points = _points(jets, stretch)
        own = jnp.where(jets.identity >= 0, jets.weight, 0.0)
        density = [
            _log_density(points, columns[k], reference[k].weight, own if k == c else 0.0)
            for k in (GLUON, QUARK)
        ]
        loss = jax.nn.softplus(sign * (density[QUARK] - density[GLUON]))
        total += 0.5 * jnp.sum(jets.weight * loss) / jnp.sum(jets.weight)
    return jnp.asarray(total)


def _points(jets: _Jets, stretch: Float[Array, " T"]) -> Points:
    """Jets at distances in units of ε."""
    vectors = jets.means * stretch
    return Points(vectors, jnp.sum(vectors**2, axis=1), jets.identity)


def _log_density(
    rows: Points, columns: Points, weight: Float[Array, " M"], own: Float[Array, " N"] | float
) -> Float[Array, " N"]:
    """Ln of the class sum about each row, over the class total without the row itself."""
    fixed = jax.tree.map(jax.lax.stop_gradient, (rows, columns))
    scale = -0.5 * nearest_squared_distance(*fixed)
    one = jnp.ones(1, scale.dtype)
    sums = kernel_sums(one, Gaussian(), rows, columns, weight[:, None], scale[None])[0, :, 0]
    return scale + jnp.log(sums) - jnp.log(jnp.sum(weight) - own)

"""How a metric is learned: the cross-entropy of jets smeared in it, and two rounds of Adam."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int
from tqdm import tqdm

from smearjax._expect import expect_whole
from smearjax.jets.container import Jets
from smearjax.metric.pairs import Points, kernel_sums, nearest_squared_distance
from smearjax.metric.streaming import embed_jets
from smearjax.metric.weighted_space import cell_means, cell_stretch
from smearjax.smearing.checks import checked_labels, checked_weights
from smearjax.smearing.kernels import Gaussian
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
    """K, the stretches that each get a share: of the quantile axis, of as many as there are β."""
    cells: int = 64
    """T, cells of an axis; a multiple of its stretches."""
    betas: int = 1
    """B, how many β the metric has; each has K/B of the stretches."""
    beta: float = 0.5
    """β to begin with; several begin from half to twice of it, evenly spaced in ln β."""
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
        for name in ("stretches", "cells", "betas", "steps"):
            expect_whole(name, getattr(self, name), least=1)
        expect_whole("beta_steps", self.beta_steps, least=0)
        for name in ("beta_jets", "batch"):
            expect_whole(name, getattr(self, name), least=4)
        if self.stretches % self.betas:
            raise ValueError(
                f"stretches is {self.stretches}; expected a multiple of the {self.betas} betas"
            )
        if self.cells % (self.stretches // self.betas):
            raise ValueError(
                f"cells is {self.cells}; expected a multiple of the "
                f"{self.stretches // self.betas} stretches"
            )


class Numbers(NamedTuple):
    """What is learned, unbounded: shares are a softmax, β and ε exponentials."""

    shares: Float[Array, " K"]
    log_beta: Float[Array, " B"]
    log_epsilon: Float[Array, ""]


class Means(NamedTuple):
    """Jets by their cell means; identities of −1 are of jets from elsewhere."""

    means: Float[Array, "N BT"]
    weight: Float[Array, " N"]
    identity: Int[Array, " N"]


def embedded(
    jets: Jets, betas: Float[Array | np.ndarray, " B"], config: MetricConfig
) -> Float[Array, "N BT"]:
    """Cell means of q^β, one β behind the other, with derivatives in traced β."""
    cells = config.cells
    means = [cell_means(embed_jets(jets, beta, cells=cells), cells) for beta in betas]
    return jnp.concatenate(means, axis=1)


def by_class(jets: Jets, means: Float[Array, "N BT"], known: bool = True) -> tuple[Means, Means]:
    """Gluons and quarks; jets that are `known` meet themselves among the reference."""
    label = checked_labels(len(jets), jets.label)
    weight = checked_weights(len(jets), jets.weight, label)
    identity = np.arange(len(jets)) if known else np.full(len(jets), -1)
    gluon, quark = (
        Means(
            means[rows],
            jnp.asarray(weight[rows], means.dtype),
            jnp.asarray(identity[rows], jnp.int32),
        )
        for rows in (np.flatnonzero(label == c) for c in (GLUON, QUARK))
    )
    return gluon, quark


def first_numbers(jets: Jets, config: MetricConfig) -> Numbers:
    """Shares such that every stretch contributes alike, ε a third of the typical distance."""
    wide = 2.0 if config.betas > 1 else 1.0
    betas = np.geomspace(config.beta / wide, config.beta * wide, config.betas)
    means = np.asarray(embedded(jets, betas, config))
    spread = means.var(axis=0).reshape(config.stretches, -1).mean(axis=1)
    spread = np.maximum(spread, 1e-6 * spread.max() + np.finfo(means.dtype).tiny)
    shares = 1 / spread / np.sum(1 / spread)
    typical = np.sqrt(2 * np.sum(shares * spread))
    logarithms = (np.log(shares), np.log(betas), np.log(typical / 3))
    return Numbers(*(jnp.asarray(one, means.dtype) for one in logarithms))


def learn_beta(numbers: Numbers, jets: Jets, config: MetricConfig, progress: bool) -> Numbers:
    """All numbers by derivatives through the spectral function, on one set of jets."""

    # Not under one jit: the jets would be constants, whose spectra XLA would make while compiling.
    def loss(numbers: Numbers) -> Array:
        both = by_class(jets, embedded(jets, jnp.exp(numbers.log_beta), config))
        return _cross_entropy(numbers, both, both)

    slope = jax.grad(loss)

    optimiser = optax.adam(config.rate)
    state = optimiser.init(numbers)
    for _ in tqdm(range(config.beta_steps), desc="β", unit="step", disable=not progress):
        update, state = optimiser.update(slope(numbers), state)
        numbers = jax.tree.map(jnp.add, numbers, update)
    return numbers


def learn_shares(
    numbers: Numbers,
    train: tuple[Means, Means],
    validation: tuple[Means, Means],
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
        batch = [Means(*(a[r] for a in one)) for one, r in zip(train, rows, strict=True)]
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
    numbers: Numbers, queries: tuple[Means, Means], reference: tuple[Means, Means]
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


def _points(jets: Means, stretch: Float[Array, " BT"]) -> Points:
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

"""A small network that learns the ordering of a black box from a few observables."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Key
from scipy.special import ndtri

_WIDTH, _DEPTH, _MEMBERS = 32, 2, 2
_STEPS, _CHECKS, _BATCH, _RATE = 1500, 30, 500, 5e-3
# Of the jets given, held out to choose the step whose network is kept.
_VALIDATION = 0.2
_KNOTS = 512


class Student(eqx.Module):
    """Scores of jets from k observables: the mean of a few small networks.

    Each observable goes in as the normal quantile of its rank among the training jets, so that
    units, logarithms and tails do not matter.
    """

    knots: Float[np.ndarray, "k q"]
    members: eqx.nn.MLP

    def __call__(self, columns: Float[np.ndarray, "N k"]) -> Float[np.ndarray, " N"]:
        """Scores, (N,) float64."""
        inputs = jnp.asarray(_ranked(columns, self.knots), jnp.float32)
        return np.asarray(_outputs(self.members, inputs), np.float64).mean(axis=0)


def learn(
    columns: Float[np.ndarray, "N k"],
    black_box: Float[np.ndarray, " N"],
    weight: Float[np.ndarray, " N"],
    seed: int,
) -> Student:
    """A student whose mean squared distance to the black box's normal quantiles is least.

    Weights are clipped at 0: a student of few jets may not learn from negative ones.
    """
    knots = np.quantile(columns, np.linspace(0, 1, _KNOTS), axis=0).T
    target_knots = np.quantile(black_box, np.linspace(0, 1, _KNOTS))[None]
    order = np.random.default_rng(seed).permutation(len(columns))
    held = max(1, int(_VALIDATION * len(columns)))
    data = [
        jnp.asarray(part, jnp.float32)
        for part in (
            _ranked(columns, knots)[order],
            _ranked(black_box[:, None], target_knots)[order, 0],
            np.maximum(weight, 0.0)[order],
        )
    ]
    keys = jax.random.split(jax.random.key(seed), _MEMBERS)
    members = _train(keys, tuple(x[held:] for x in data), tuple(x[:held] for x in data))
    return Student(knots, members)


def _ranked(
    columns: Float[np.ndarray, "N k"], knots: Float[np.ndarray, "k q"]
) -> Float[np.ndarray, "N k"]:
    """Normal quantiles of the ranks among the training jets, ties in the middle."""
    level = (np.arange(knots.shape[1]) + 0.5) / knots.shape[1]
    found = np.empty(columns.shape)
    for k, (column, edges) in enumerate(zip(columns.T, knots, strict=True)):
        different, first, many = np.unique(edges, return_index=True, return_counts=True)
        middle = level[first] + 0.5 * (many - 1) / len(edges)
        found[:, k] = ndtri(np.interp(column, different, middle))
    return found


@eqx.filter_jit
def _outputs(members: eqx.nn.MLP, inputs: Float[Array, "N k"]) -> Float[Array, "e N"]:
    """Outputs of every member."""
    arrays, rest = eqx.partition(members, eqx.is_array)
    return jax.vmap(lambda one: jax.vmap(eqx.combine(one, rest))(inputs))(arrays)


def _untrained(inputs: int, key: Key[Array, ""]) -> tuple[Any, Any]:
    """One member: its arrays, and all else."""
    network = eqx.nn.MLP(inputs, "scalar", _WIDTH, _DEPTH, jax.nn.gelu, key=key, dtype=jnp.float32)
    return eqx.partition(network, eqx.is_array)


@eqx.filter_jit
def _train(keys: Key[Array, " e"], train: tuple[Array, ...], held: tuple[Array, ...]) -> eqx.nn.MLP:
    """All members at once, each as it was at its best check on the held-out jets."""
    optimiser = optax.adam(optax.cosine_decay_schedule(_RATE, _STEPS))
    inputs = train[0].shape[1]
    _, rest = _untrained(inputs, jax.random.key(0))

    def loss(arrays, inputs, target, weight):
        difference = jax.vmap(eqx.combine(arrays, rest))(inputs) - target
        return weight @ difference**2 / jnp.maximum(weight.sum(), 1e-30)

    def step(state, key):
        arrays, memory = state
        rows = jax.random.randint(key, (_BATCH,), 0, len(train[1]))
        slope = jax.grad(loss)(arrays, *(x[rows] for x in train))
        change, memory = optimiser.update(slope, memory)
        return (optax.apply_updates(arrays, change), memory), None

    def check(state, keys):
        training, best, least = state
        training, _ = jax.lax.scan(step, training, keys)
        now = loss(training[0], *held)
        best = jax.tree.map(lambda new, old: jnp.where(now < least, new, old), training[0], best)
        return (training, best, jnp.minimum(now, least)), None

    def one(key):
        begin, draws = jax.random.split(key)
        arrays, _ = _untrained(inputs, begin)
        each = jax.random.split(draws, (_CHECKS, _STEPS // _CHECKS))
        start = ((arrays, optimiser.init(arrays)), arrays, jnp.inf)
        (_, best, _), _ = jax.lax.scan(check, start, each)
        return best

    return eqx.combine(jax.vmap(one)(keys), rest)

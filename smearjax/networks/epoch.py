"""One pass of gradient descent over the training jets, compiled as a whole."""

from __future__ import annotations

from functools import cache
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, PRNGKeyArray

from smearjax.jets.arrays import HostOrDevice
from smearjax.networks.augmentation import Augmentation
from smearjax.networks.jet_network import JetNetwork
from smearjax.networks.losses import Loss
from smearjax.networks.packing import FlatJets, Particles, gather_batch
from smearjax.networks.training_config import TrainingConfig


class Batches(eqx.Module):
    """The training jets on the device; the last label and weight belong to the empty jet."""

    flat: FlatJets
    label: Int[Array, " J"]
    weight: Float[Array, " J"]


@cache
def optimiser(clip_norm: float | None, weight_decay: float) -> optax.GradientTransformation:
    """Adam without its learning rate, which is an array, so that a new one compiles nothing."""
    steps = [optax.scale_by_adam()]
    if clip_norm is not None:
        steps.insert(0, optax.clip_by_global_norm(clip_norm))
    if weight_decay:
        steps.append(optax.add_decayed_weights(weight_decay, _not_biases))
    return optax.chain(*steps)


def _not_biases(arrays: Any) -> Any:
    """True for matrices."""
    return jax.tree.map(lambda leaf: leaf.ndim > 1, arrays)


@eqx.filter_jit
def run_epoch(
    network: JetNetwork,
    state: Any,
    batches: Batches,
    order: Int[HostOrDevice, "b B"],
    rates: Float[HostOrDevice, " b"],
    key: PRNGKeyArray,
    width: int,
    adam: optax.GradientTransformation,
    loss: Loss,
    rotate: bool,
    augmentation: Augmentation | None,
) -> tuple[JetNetwork, Any, Float[Array, ""]]:
    """One pass over the batches: the network, the optimiser's state and the mean loss after it."""
    arrays, static = eqx.partition(network, eqx.is_array)

    def loss_of(arrays: Any, index: Array, key: PRNGKeyArray) -> Array:
        def losses(particles: Particles) -> Float[Array, " B"]:
            output = eqx.combine(arrays, static).packed(*particles, len(index))
            return loss.of_each(output, batches.label[index])

        particles = gather_batch(batches.flat, index, width)
        if rotate:
            particles = turned(particles, len(index), key)
        if augmentation is not None:
            changed = augmentation(particles, losses, len(index), jax.random.fold_in(key, 1))
            particles = jax.lax.stop_gradient(changed)
        # Weights have mean 1 over all jets; a batch is not scaled by its own, perhaps tiny, sum.
        return jnp.mean(batches.weight[index] * losses(particles))

    def step(carry: Any, batch: Any) -> Any:
        arrays, state = carry
        index, rate, key = batch
        value, gradient = jax.value_and_grad(loss_of)(arrays, index, key)
        update, state = adam.update(gradient, state, arrays)
        update = jax.tree.map(lambda leaf: -rate * leaf, update)
        return (eqx.apply_updates(arrays, update), state), value

    keys = jax.random.split(key, len(order))
    (arrays, state), losses = jax.lax.scan(step, (arrays, state), (order, rates, keys))
    return eqx.combine(arrays, static), state, jnp.mean(losses)


def turned(particles: Particles, n_jets: int, key: PRNGKeyArray) -> Particles:
    """Each jet turned by a random angle about its centre, and mirrored half of the time."""
    y, phi, jet_of = particles.y, particles.phi, particles.jet_of
    angle_key, mirror_key = jax.random.split(key)
    angle = jax.random.uniform(angle_key, (n_jets + 1,), maxval=2 * np.pi, dtype=y.dtype)
    sign = jax.random.rademacher(mirror_key, (n_jets + 1,), dtype=y.dtype)
    cosine, sine = jnp.cos(angle)[jet_of], jnp.sin(angle)[jet_of]
    phi = sign[jet_of] * phi
    return particles._replace(y=cosine * y - sine * phi, phi=sine * y + cosine * phi)


def learning_rates(config: TrainingConfig, steps: int) -> Float[np.ndarray, " steps"]:
    """Learning rates, one a step, float32.

    >>> learning_rates(TrainingConfig(learning_rate=2.0), 4).round(3).tolist()
    [2.0, 1.707, 1.0, 0.293]
    """
    start, done = config.learning_rate, np.arange(steps) / steps
    if config.schedule == "constant":
        return np.full(steps, start, np.float32)
    return (0.5 * start * (1 + np.cos(np.pi * done))).astype(np.float32)

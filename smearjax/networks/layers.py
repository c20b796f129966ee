"""Fully connected layers."""

from __future__ import annotations

from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray


class Dense(eqx.Module):
    """x ↦ x·W + b on the last axis, He-uniform W (limit √(6/inputs)) and b = 0, as in Keras.

    >>> import jax, jax.numpy as jnp
    >>> Dense(2, 3, key=jax.random.key(0))(jnp.zeros((5, 2))).shape
    (5, 3)
    """

    weight: Float[Array, "inputs outputs"]
    bias: Float[Array, " outputs"]

    def __init__(self, inputs: int, outputs: int, *, key: PRNGKeyArray):
        limit = (6.0 / inputs) ** 0.5
        self.weight = jax.random.uniform(
            key, (inputs, outputs), dtype=jnp.float32, minval=-limit, maxval=limit
        )
        self.bias = jnp.zeros(outputs, dtype=jnp.float32)

    def __call__(self, x: Float[Array, "... inputs"]) -> Float[Array, "... outputs"]:
        """x·W + b."""
        return jnp.matmul(x, self.weight) + jnp.expand_dims(self.bias, range(x.ndim - 1))


def dense_stack(sizes: Sequence[int], key: PRNGKeyArray) -> tuple[Dense, ...]:
    """Dense layers from each size to the next."""
    keys = jax.random.split(key, len(sizes) - 1)
    return tuple(
        Dense(inputs, outputs, key=k)
        for inputs, outputs, k in zip(sizes[:-1], sizes[1:], keys, strict=True)
    )


def with_relu(layers: Sequence[Dense], x: Float[Array, "... inputs"]) -> Array:
    """ReLU after every layer."""
    for layer in layers:
        x = jax.nn.relu(layer(x))
    return x


def linear_last(layers: Sequence[Dense], x: Float[Array, "... inputs"]) -> Array:
    """ReLU after every layer but the last."""
    return layers[-1](with_relu(layers[:-1], x))


def checked_widths(**widths: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """The widths as tuples.

    Raises:
        ValueError: a width below 1, or no widths of ``phi_sizes``.
    """
    for name, sizes in widths.items():
        if any(size < 1 for size in sizes) or (name == "phi_sizes" and not sizes):
            raise ValueError(
                f"phi_sizes and f_sizes must hold positive widths, phi_sizes at least one; "
                f"got {name}={tuple(sizes)}"
            )
    return tuple(tuple(int(size) for size in sizes) for sizes in widths.values())


def expect_length_scale(length_scale: float) -> None:
    """Raise ValueError unless it is a positive number of radians."""
    if not length_scale > 0:
        raise ValueError(f"length_scale must be positive radians, got {length_scale}")

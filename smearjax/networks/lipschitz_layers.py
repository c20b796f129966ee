"""Layers that cannot stretch: bounded weights, and an activation that only sorts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from smearjax._numerics import safe_sqrt

Norm = Literal["euclidean", "largest"]


class BoundedDense(eqx.Module):
    r"""x ↦ x·W + b that moves no output by more than x moves in a norm.

    max_k |Δ(xW)_k| ≤ ‖Δx‖,   each column w_k of W divided by max(1, ‖w_k‖_dual)

    The norm of x is Euclidean (dual: Euclidean) or its largest entry (dual: Σ|w|), so layers can
    follow one another: the outputs are measured by the largest.

    Columns begin as unit vectors in the plane, or with one entry of ±1: sums of many small ones
    would average all differences away before training begins.

    >>> import jax, jax.numpy as jnp
    >>> layer = BoundedDense(4, 2, "largest", key=jax.random.key(0))
    >>> bool(jnp.all(jnp.abs(layer.bounded_weight).sum(axis=0) <= 1))
    True
    """

    weight: Float[Array, "inputs outputs"]
    bias: Float[Array, " outputs"]
    norm: Norm = eqx.field(static=True)

    def __init__(self, inputs: int, outputs: int, norm: Norm, *, key: PRNGKeyArray):
        self.norm = norm
        self.bias = jnp.zeros(outputs, dtype=jnp.float32)
        entry, sign = jax.random.split(key)
        if norm == "euclidean":
            gauss = jax.random.normal(entry, (inputs, outputs), dtype=jnp.float32)
            self.weight = gauss / safe_sqrt(jnp.sum(gauss**2, axis=0))
        else:
            rounds = -(-outputs // inputs)
            order = [jax.random.permutation(k, inputs) for k in jax.random.split(entry, rounds)]
            chosen = jnp.concatenate(order)[:outputs]
            signs = jax.random.rademacher(sign, (outputs,), dtype=jnp.float32)
            one = jax.nn.one_hot(chosen, inputs, dtype=jnp.float32)
            self.weight = (one * signs[:, None]).T

    @property
    def bounded_weight(self) -> Float[Array, "inputs outputs"]:
        """W with its columns inside the dual ball."""
        if self.norm == "euclidean":
            size = safe_sqrt(jnp.sum(self.weight**2, axis=0))
        else:
            size = jnp.sum(jnp.abs(self.weight), axis=0)
        return self.weight / jnp.maximum(1.0, size)[None]

    def __call__(self, x: Float[Array, "... inputs"]) -> Float[Array, "... outputs"]:
        """x·W + b."""
        return jnp.matmul(x, self.bounded_weight) + jnp.expand_dims(self.bias, range(x.ndim - 1))


def group_sort(x: Float[Array, "... n"]) -> Float[Array, "... n"]:
    """The larger of every two neighbours, then the smaller ones: GroupSort in groups of two.

    Sorting keeps every entry, so gradients pass whole; no norm of a difference grows.

    >>> import jax.numpy as jnp
    >>> group_sort(jnp.array([1.0, 2.0, 5.0, 3.0])).tolist()
    [2.0, 5.0, 1.0, 3.0]
    """
    a, b = x[..., ::2], x[..., 1::2]
    return jnp.concatenate([jnp.maximum(a, b), jnp.minimum(a, b)], axis=-1)


def bounded_stack(sizes: Sequence[int], first: Norm, key: PRNGKeyArray) -> tuple[BoundedDense, ...]:
    """Layers from each size to the next; the first measures its inputs by the norm ``first``."""
    keys = jax.random.split(key, len(sizes) - 1)
    norms: tuple[Norm, ...] = (first, *("largest" for _ in sizes[2:]))
    return tuple(
        BoundedDense(inputs, outputs, norm, key=k)
        for inputs, outputs, norm, k in zip(sizes[:-1], sizes[1:], norms, keys, strict=True)
    )


def sorted_between(layers: Sequence[BoundedDense], x: Float[Array, "... inputs"]) -> Array:
    """The layers with `group_sort` between them, none after the last."""
    for layer in layers[:-1]:
        x = group_sort(layer(x))
    return layers[-1](x)

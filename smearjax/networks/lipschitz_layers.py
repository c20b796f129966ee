"""Layers that stretch no distance by more than they say, and an activation that only sorts."""

from __future__ import annotations

from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from smearjax._numerics import safe_sqrt

_STEPS = 6


class OrthogonalDense(eqx.Module):
    r"""x ↦ stretch·x·Q + b, where Q turns x and hardly shortens it: |Δoutput| ≤ stretch·|Δx|.

    Q_0 = W/(tr (WᵀW)⁴)^⅛,   Q_{k+1} = Q_k·(3 − Q_kᵀQ_k)/2

    The divisor is at least W's largest singular value σ, and each step takes a σ ≤ 1 to
    σ(3 − σ²)/2 ≤ 1, nearer to 1 (Björck's, as in arXiv:1811.05381). So the bound holds however few
    steps there are, and six make Q orthogonal to a part in a thousand where W nearly is; then
    gradients arrive whole at the first layer.

    >>> import jax, jax.numpy as jnp
    >>> layer = OrthogonalDense(4, 2, 1.0, key=jax.random.key(0))
    >>> jnp.linalg.svd(layer.bounded_weight)[1].round(3)
    Array([1., 1.], dtype=float32)
    """

    weight: Float[Array, "inputs outputs"]
    bias: Float[Array, " outputs"]
    stretch: float = eqx.field(static=True)

    def __init__(self, inputs: int, outputs: int, stretch: float, *, key: PRNGKeyArray):
        self.weight = jax.nn.initializers.orthogonal()(key, (inputs, outputs), jnp.float32)
        self.bias = jnp.zeros(outputs, dtype=jnp.float32)
        self.stretch = stretch

    @property
    def bounded_weight(self) -> Float[Array, "inputs outputs"]:
        """stretch·Q."""
        wide = self.weight.shape[0] < self.weight.shape[1]
        q = self.weight.T if wide else self.weight
        gram = q.T @ q
        q = q / jnp.sum((gram @ gram) ** 2) ** 0.125
        q = jax.lax.fori_loop(0, _STEPS, lambda _, q: 1.5 * q - 0.5 * q @ (q.T @ q), q)
        return self.stretch * (q.T if wide else q)

    def __call__(self, x: Float[Array, "... inputs"]) -> Float[Array, "... outputs"]:
        """stretch·x·Q + b."""
        return jnp.matmul(x, self.bounded_weight) + jnp.expand_dims(self.bias, range(x.ndim - 1))


class BoundedSum(eqx.Module):
    r"""x ↦ stretch·(x·w)/max(1, |w|) + b, one number: |Δoutput| ≤ stretch·|Δx|, or less.

    |w| is 1 at the beginning, and free to fall where the bound is loose.

    >>> import jax, jax.numpy as jnp
    >>> BoundedSum(4, 2.0, key=jax.random.key(0))(jnp.zeros((5, 4))).shape
    (5, 1)
    """

    weight: Float[Array, "inputs 1"]
    bias: Float[Array, " 1"]
    stretch: float = eqx.field(static=True)

    def __init__(self, inputs: int, stretch: float, *, key: PRNGKeyArray):
        self.weight = jax.nn.initializers.orthogonal()(key, (inputs, 1), jnp.float32)
        self.bias = jnp.zeros(1, dtype=jnp.float32)
        self.stretch = stretch

    def __call__(self, x: Float[Array, "... inputs"]) -> Float[Array, "... 1"]:
        """stretch·(x·w)/max(1, |w|) + b."""
        size = safe_sqrt(jnp.sum(self.weight**2))
        weight = self.stretch * self.weight / jnp.maximum(1.0, size)
        return jnp.matmul(x, weight) + jnp.expand_dims(self.bias, range(x.ndim - 1))


def group_sort(x: Float[Array, "... n"]) -> Float[Array, "... n"]:
    """The larger of every two neighbours, then the smaller ones: GroupSort in groups of two.

    Sorting keeps every entry, so gradients pass whole; no norm of a difference grows.

    >>> import jax.numpy as jnp
    >>> group_sort(jnp.array([1.0, 2.0, 5.0, 3.0])).tolist()
    [2.0, 5.0, 1.0, 3.0]
    """
    a, b = x[..., ::2], x[..., 1::2]
    return jnp.concatenate([jnp.maximum(a, b), jnp.minimum(a, b)], axis=-1)


def orthogonal_stack(
    sizes: Sequence[int], stretch: float, key: PRNGKeyArray
) -> tuple[OrthogonalDense, ...]:
    """Layers from each size to the next, each with its own ``stretch``."""
    keys = jax.random.split(key, len(sizes) - 1)
    return tuple(
        OrthogonalDense(inputs, outputs, stretch, key=k)
        for inputs, outputs, k in zip(sizes[:-1], sizes[1:], keys, strict=True)
    )


def with_sorting(layers: Sequence[OrthogonalDense], x: Float[Array, "... inputs"]) -> Array:
    """`group_sort` after every layer."""
    for layer in layers:
        x = group_sort(layer(x))
    return x

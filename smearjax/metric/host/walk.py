"""Merging the quantile functions of many pairs of jets with JAX, where there is no numba."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from smearjax.metric.host.merge import PAIRS, Merge
from smearjax.metric.host.steps import WHOLE, Steps

# Entries are filled up to multiples of this, so that few sizes get compiled.
_FILLED = 1 << 18

_Functions = tuple[Float[Array, " M"], Int[Array, " M"]]


def walk_kernel(a: Steps, b: Steps) -> Merge:
    """What merges up to `PAIRS` pairs of these step functions, on the CPU as numba does."""
    with jax.enable_x64(True):
        here = _put(a)
        there = here if b is a else _put(b)

    def merge(pairs: Int[np.ndarray, "P 2"], result: Float[np.ndarray, " P"]) -> None:
        starts = np.zeros((PAIRS, 2), np.int64)
        starts[: len(pairs)] = np.stack([a.start[pairs[:, 0]], b.start[pairs[:, 1]]], axis=1)
        with jax.enable_x64(True):
            result[:] = np.asarray(_walk(here, there, starts, len(pairs)))[: len(pairs)]

    return merge


def _put(steps: Steps) -> _Functions:
    """Quantiles and edges where JAX computes."""
    try:
        device = jax.local_devices(backend="cpu")[0]
    except RuntimeError:  # JAX_PLATFORMS names an accelerator only
        device = None
    more = -len(steps.quantile) % _FILLED
    return tuple(jax.device_put(np.pad(column, (0, more)), device) for column in steps[:2])


@jax.jit
def _walk(
    a: _Functions, b: _Functions, starts: Int[Array, "P 2"], number: Int[Array, ""]
) -> Float[Array, " P"]:
    """∫ dU (q_a − q_b)² of the first pairs: the loop of `merge`, one pair after the other.

    A batch of pairs would gather an entry of each at every step, which takes twenty times as long.
    """
    (quantile_a, upper_a), (quantile_b, upper_b) = a, b

    def pair(k: Array, result: Array) -> Array:
        def unfinished(state: tuple[Array, ...]) -> Array:
            return state[2] < WHOLE

        def step(state: tuple[Array, ...]) -> tuple[Array, ...]:
            i, j, passed, total = state
            edge_i, edge_j = upper_a[i], upper_b[j]
            edge = jnp.minimum(edge_i, edge_j)
            difference = quantile_a[i] - quantile_b[j]
            total += (edge - passed).astype(total.dtype) * (difference * difference)
            return i + (edge_i <= edge_j), j + (edge_j <= edge_i), edge, total

        begin = (*starts[k], jnp.zeros_like(starts[k, 0]), jnp.zeros_like(result[k]))
        return result.at[k].set(jax.lax.while_loop(unfinished, step, begin)[3] / WHOLE)

    return jax.lax.fori_loop(0, number, pair, jnp.zeros(len(starts)))

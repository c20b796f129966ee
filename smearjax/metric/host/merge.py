"""Merging the quantile functions of many pairs of jets, pair by pair on the cores of the host."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from smearjax.metric.host.steps import WHOLE, Run, Steps

# Entries are filled up to multiples of this, so that few sizes get compiled.
_FILLED = 1 << 18
# Pairs that a thread takes at a time, a few hundredths of a second: so long can Ctrl-C take.
_PAIRS = 1 << 12


class Placed(NamedTuple):
    """`Steps` where they are merged, filled up.

    Attributes:
        quantile: (M,) ω_n^β.
        upper: (M,) U_n in units of 2⁻⁶².
        start: (K + 1,) on the host: where the entries of each jet begin.
    """

    quantile: Float[Array, " M"]
    upper: Int[Array, " M"]
    start: Int[np.ndarray, " K"]


def merged(
    a: Placed, b: Placed, pairs: Int[np.ndarray, "P 2"], run: Run
) -> Float[np.ndarray, " P"]:
    """∫ dU (q_a − q_b)² of each pair of jets.

    Args:
        a: quantile functions that pairs[:, 0] counts.
        b: quantile functions that pairs[:, 1] counts.
        pairs: whole numbers within range.
        run: calls a function on every item; `map` on several threads.
    """
    here, there = (a.quantile, a.upper), (b.quantile, b.upper)
    begin = np.stack([a.start[pairs[:, 0]], b.start[pairs[:, 1]]], axis=1)
    result = np.empty(len(pairs))

    def merge(part: slice) -> None:
        number = len(result[part])
        starts = np.zeros((_PAIRS, 2), np.int64)
        starts[:number] = begin[part]
        # The mode belongs to the thread, and this may be another one.
        with jax.enable_x64(True):
            result[part] = np.asarray(_walk(here, there, starts, number))[:number]

    run(merge, (slice(first, first + _PAIRS) for first in range(0, len(pairs), _PAIRS)))
    return result


def placed(steps: Steps) -> Placed:
    """The functions where JAX computes, on the CPU where it has one; those on the host can go."""
    try:
        device = jax.local_devices(backend="cpu")[0]
    except RuntimeError:  # JAX_PLATFORMS names an accelerator only
        device = None
    more = -len(steps.quantile) % _FILLED
    with jax.enable_x64(True):
        quantile, upper = (
            jax.device_put(np.pad(column, (0, more)), device)
            for column in (steps.quantile, steps.upper)
        )
    return Placed(quantile, upper, steps.start)


@jax.jit
def _walk(
    a: tuple[Float[Array, " M"], Int[Array, " M"]],
    b: tuple[Float[Array, " L"], Int[Array, " L"]],
    starts: Int[Array, "P 2"],
    number: Int[Array, ""],
) -> Float[Array, " P"]:
    """∫ dU (q_a − q_b)² of the first pairs, from the largest angle down, one after the other.

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
            # Sums, not branches, which a processor would guess wrong every other time.
            return i + (edge_i <= edge_j), j + (edge_j <= edge_i), edge, total

        begin = (*starts[k], jnp.zeros_like(starts[k, 0]), jnp.zeros_like(result[k]))
        return result.at[k].set(jax.lax.while_loop(unfinished, step, begin)[3] / WHOLE)

    return jax.lax.fori_loop(0, number, pair, jnp.zeros(len(starts)))

"""How many jets lie within each of many ε: exact integers, all ε in one pass."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from smearjax.metric.pairs.blocks import FAR, GROUP
from smearjax.metric.pairs.engine import Side, reduce_pairs
from smearjax.metric.pairs.points import Points
from smearjax.metric.pairs.tuning import tuning


@jax.jit
def ball_counts(rows: Points, columns: Points, epsilon: Float[Array, " E"]) -> Int[Array, "N E"]:
    r"""n(x, ε) = #{j ≠ x : d_xj ≤ ε} about every row, for a grid of ε.

    Args:
        rows: N points.
        columns: M points, fewer than 2³¹.
        epsilon: (E,) radii in GeV, in any order.

    Returns:
        (N, E) counts as int32, exact; add them up in int64 on the host.
    """
    return _counts(rows, columns, epsilon, once=False)


def _counts(rows: Points, columns: Points, epsilon: Float[Array, " E"], once: bool) -> Array:
    """The pass itself."""
    squared = jnp.minimum(epsilon**2, jnp.asarray(0.5 * FAR, epsilon.dtype))

    def start(rows: Side) -> Array:
        return jnp.zeros((len(rows[0]), squared.size), jnp.int32)

    def absorb(counts: Array, d2: Array, rows: Side, columns: Side) -> Array:
        return counts + counts_in_block(d2, squared)

    def reach(counts: Array) -> Array:
        return squared.max()

    return reduce_pairs((rows, ()), (columns, ()), start, absorb, reach, once)


@jax.jit
def later_counts(points: Points, epsilon: Float[Array, " E"]) -> Int[Array, "N E"]:
    """As `ball_counts` of a list with itself, each pair counted once: at its earlier point."""
    return _counts(points, points, epsilon, once=True)


def counts_in_block(d2: Float[Array, "c r"], squared: Float[Array, " E"]) -> Int[Array, "r E"]:
    """Columns within each of the squared radii of every row; c is a multiple of `GROUP`."""
    groups = d2.reshape(-1, GROUP, d2.shape[1])

    def within(_: None, radius: Array) -> tuple[None, Array]:
        # Bytes pack four times as many lanes as int32, and hold a group's count.
        inside = (groups <= radius).astype(jnp.uint8)
        return None, inside.sum(axis=1, dtype=jnp.uint8).sum(axis=0, dtype=jnp.int32)

    return jax.lax.scan(within, None, squared, unroll=tuning().unrolled)[1].T

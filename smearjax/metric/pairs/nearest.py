"""Nearest neighbours among all pairs."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from smearjax.metric.pairs.blocks import FAR
from smearjax.metric.pairs.engine import Side, reduce_pairs
from smearjax.metric.pairs.points import Points

Best = tuple[Float[Array, "r k"], Int[Array, "r k"]]

# Columns are first compared by the smallest of each group of so many.
_GROUP = 16


@jax.jit
def nearest_squared_distance(rows: Points, columns: Points) -> Float[Array, " N"]:
    """d² (GeV²) from each row to its nearest column that is another jet; ∞ if there is none."""

    def start(rows: Side) -> Array:
        # Padding looks for nothing.
        return jnp.where(rows[0].norm < FAR, jnp.inf, 0.0).astype(rows[0].norm.dtype)

    def absorb(best: Array, d2: Array, rows: Side, columns: Side) -> Array:
        return jnp.minimum(best, jnp.min(d2, axis=0))

    best = reduce_pairs((rows, ()), (columns, ()), start, absorb, jnp.max)
    return jnp.where(best < FAR, best, jnp.inf)


@partial(jax.jit, static_argnames="k")
def nearest(rows: Points, columns: Points, k: int) -> tuple[Float[Array, "N k"], Int[Array, "N k"]]:
    """The k nearest columns of every row that are other jets, nearest first.

    Args:
        rows: N points.
        columns: M points.
        k: how many.

    Returns:
        d² (GeV²) and the columns' places in `columns`; ∞ and −1 where fewer than k other jets are.
    """
    number = jnp.arange(len(columns), dtype=jnp.int32)

    # Blocks come nearest first, so that not even the true k-th distances, told beforehand, would
    # save any: an approximate index to begin with is of no use (experiments/bench/pairs.py).
    def absorb(best: Best, d2: Array, rows: Side, columns: Side) -> Best:
        return merge_smallest(best, d2, columns[1])

    start, reach = partial(none_yet, k=k), lambda best: best[0].max()
    distance, place = reduce_pairs((rows, ()), (columns, number), start, absorb, reach)
    there = distance < FAR
    return jnp.where(there, distance, jnp.inf), jnp.where(there, place, -1)


def none_yet(rows: Side, k: int) -> Best:
    """No neighbours found; padding looks for none."""
    far = jnp.where(rows[0].norm < FAR, jnp.inf, 0.0).astype(rows[0].norm.dtype)
    return jnp.tile(far[:, None], (1, k)), jnp.full((len(rows[0]), k), -1, jnp.int32)


def merge_smallest(best: Best, d2: Float[Array, "c r"], number: Int[Array, " c"]) -> Best:
    """The best so far and one more block: the k smallest of both, smallest first."""
    k = best[0].shape[1]
    distance, place = _smallest(d2, min(k, d2.shape[0]))
    both = jnp.concatenate([best[0], distance], axis=1)
    numbers = jnp.concatenate([best[1], number[place]], axis=1)
    kept, where = jax.lax.top_k(-both, k)
    return -kept, jnp.take_along_axis(numbers, where, axis=1)


def _smallest(d2: Float[Array, "c r"], k: int) -> tuple[Float[Array, "r k"], Int[Array, "r k"]]:
    """The k smallest of each column: they lie in the k groups with the smallest least members."""
    c, r = d2.shape
    groups = c // _GROUP
    if groups <= k:
        kept, where = jax.lax.top_k(-d2.T, k)
        return -kept, where
    least = d2.reshape(groups, _GROUP, r).min(axis=1)
    _, group = jax.lax.top_k(-least.T, k)
    members = (group[:, :, None] * _GROUP + jnp.arange(_GROUP)).reshape(r, -1)
    kept, where = jax.lax.top_k(-d2[members, jnp.arange(r)[:, None]], k)
    return -kept, jnp.take_along_axis(members, where, axis=1)

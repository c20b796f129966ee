"""The engine: distances of all pairs are made block by block, used up, and never kept."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from smearjax.metric.pairs.blocks import FAR, Blocks, blocks, squared_gaps
from smearjax.metric.pairs.devices import over_devices
from smearjax.metric.pairs.points import Points
from smearjax.metric.pairs.products import product
from smearjax.metric.pairs.tuning import tuning

Side = tuple[Points, Any]
Start = Callable[[Side], Any]
Absorb = Callable[[Any, Float[Array, "c r"], Side, Side], Any]
Reach = Callable[[Any], Float[Array, ""]]
Fold = Callable[[Any, Blocks, Blocks], Any]


def squared_distances(rows: Points, columns: Points) -> Float[Array, "N M"]:
    """One block of d² (GeV²): a matrix product, corrected by the residuals."""
    d2 = rows.norm[:, None] + columns.norm[None, :] - 2.0 * product(rows.vectors, columns.vectors)
    return jnp.maximum(d2, 0.0)


def reduce_pairs(
    rows: Side,
    columns: Side,
    start: Start,
    absorb: Absorb,
    reach: Reach | None = None,
    once: bool = False,
) -> Any:
    r"""Fold a reduction over d² of all pairs, in memory of one block beyond arguments and result.

    For each block of rows, `start(rows)` makes the carry and `absorb(carry, d2, rows, columns)`
    takes in one block of columns after the other, always in the same blocks and order. `d2` comes
    with columns down and rows across, d²[j, i], so that sums over columns run along rows of
    memory. Self-pairs and padding sit at `FAR`.

    With `reach(carry)`, d² in GeV² beyond which nothing changes the carry, blocks come nearest
    first and those whose bounding boxes lie further apart are never made: little is left of N² for
    small reach once the points are `in_order`. Without it every block is made, and reverse mode
    keeps carries and remakes blocks.

    Args:
        rows: N points, and a pytree of whatever goes with each.
        columns: M points, likewise.
        start: the carry, a pytree of arrays with the block's rows as leading axis.
        absorb: the carry with one more block taken in.
        reach: how far the carry can still see.
        once: rows and columns are one list, and each row is to meet only what comes after it: every
            pair once, in half the time. Needs `reach`.

    Returns:
        The carries of all rows, (N, ...).
    """
    number = len(rows[0])
    sizes = tuning()
    if reach is None:
        row_blocks, column_blocks = blocks(rows, sizes.rows), blocks(columns, sizes.columns)
    else:
        row_blocks = blocks(rows, sizes.near_rows)
        column_blocks = blocks(columns, sizes.near_columns)
    fold = _fold_all(absorb) if reach is None else _fold_within(absorb, reach, once)

    def fold_blocks(row_blocks: Blocks, column_blocks: Blocks) -> Any:
        return jax.lax.map(lambda one: fold(start(one.side), one, column_blocks), row_blocks)

    folded = over_devices(fold_blocks)(row_blocks, column_blocks)
    return jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:])[:number], folded)


def _meet(
    absorb: Absorb, carry: Any, rows: Side, columns: Side, wanted: Bool[Array, "c r"] | bool = True
) -> Any:
    """Make one block of d² and hand it to the reduction."""
    d2 = squared_distances(columns[0], rows[0])
    here, there = rows[0].identity[None, :], columns[0].identity[:, None]
    unseen = ((here == there) & (here >= 0)) | ~jnp.asarray(wanted)
    return absorb(carry, jnp.where(unseen, FAR, d2), rows, columns)


def _fold_all(absorb: Absorb) -> Fold:
    """Every block of columns in turn but those that are all padding, remade in reverse mode."""

    def fold(carry: Any, rows: Blocks, columns: Blocks) -> Any:
        @jax.checkpoint
        def step(carry: Any, columns: Side) -> tuple[Any, None]:
            real = jnp.any(columns[0].norm < FAR) & jnp.any(rows.side[0].norm < FAR)
            meet = partial(_meet, absorb, carry, rows.side, columns)
            return jax.lax.cond(real, meet, lambda: carry), None

        return jax.lax.scan(step, carry, columns.side)[0]

    return fold


def _fold_within(absorb: Absorb, reach: Reach, once: bool) -> Fold:
    """The nearest blocks of columns first, until the next one is out of reach."""

    def fold(carry: Any, rows: Blocks, columns: Blocks) -> Any:
        gaps = squared_gaps(rows, columns)
        size = len(columns.side[0].norm[0])
        if once:
            gaps = jnp.where(columns.first + size <= rows.first, jnp.inf, gaps)
        order = jnp.argsort(gaps)

        def later(block: Blocks) -> Bool[Array, "c r"] | bool:
            """Which columns come after which rows in the list."""
            if not once:
                return True
            there, here = block.first + jnp.arange(size), rows.first + jnp.arange(len(rows.side[0]))
            return there[:, None] > here[None, :]

        def more(state: tuple[Any, Array]) -> Array:
            carry, k = state
            next_gap = gaps[order[jnp.minimum(k, order.size - 1)]]
            return (k < order.size) & (next_gap <= reach(carry))

        def step(state: tuple[Any, Array]) -> tuple[Any, Array]:
            carry, k = state
            block = jax.tree.map(lambda leaf: leaf[order[k]], columns)
            return _meet(absorb, carry, rows.side, block.side, later(block)), k + 1

        return jax.lax.while_loop(more, step, (carry, jnp.int32(0)))[0]

    return fold

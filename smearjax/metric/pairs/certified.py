"""Which pairs the certified interval of d² leaves undecided, and what is sure about the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, UInt8

from smearjax.metric.pairs.blocks import FAR
from smearjax.metric.pairs.counts import counts_in_block
from smearjax.metric.pairs.engine import Side, reduce_pairs
from smearjax.metric.pairs.nearest import merge_smallest, none_yet
from smearjax.metric.pairs.points import CertifiedPoints
from smearjax.metric.pairs.products import product_error
from smearjax.metric.pairs.tuning import tuning

# Bytes of one bit a pair held at a time.
_BYTES = 1 << 25
# The bound is itself computed in floating point.
_WIDER = 1.0001


def half_width(d2: Float[Array, "c r"], rows: Side, columns: Side) -> Float[Array, "c r"]:
    r"""Bound on |d² − exact d²| in GeV² of one block; each side carries (residual, rounding).

    With r and ρ the residuals and roundings, s = ρ_i + ρ_j, and f what the product and the sums
    lose, f = 2 p √(n_i n_j) + 4 u (n_i + n_j) with p = `product_error`:

    2 (r_i + ρ_i)(r_j + ρ_j) + Σ (2 r ρ + ρ²) + 2 s √(d² + f) + s² + f
    """
    (a, (r_a, rho_a)), (b, (r_b, rho_b)) = columns, rows
    length, unit = a.vectors.shape[-1], 0.5 * float(jnp.finfo(d2.dtype).eps)
    product = jnp.sqrt(2 * product_error(length, d2.dtype))
    lost = _outer(product * jnp.sqrt(a.norm), product * jnp.sqrt(b.norm), jnp.multiply)
    lost = lost + _outer(4 * unit * a.norm, 4 * unit * b.norm, jnp.add)
    moved = _outer(rho_a, rho_b, jnp.add)
    residuals = 2.0 * _outer(r_a + rho_a, r_b + rho_b, jnp.multiply)
    own = _outer((2 * r_a + rho_a) * rho_a, (2 * r_b + rho_b) * rho_b, jnp.add)
    return _WIDER * (residuals + own + (2 * jnp.sqrt(d2 + lost) + moved) * moved + lost)


@jax.jit
def half_widths(
    d2: Float[Array, "N k"],
    rows: CertifiedPoints,
    columns: CertifiedPoints,
    place: Int[Array, "N k"],
) -> Float[Array, "N k"]:
    """`half_width` of chosen pairs: row i with column place[i, m], and their d² in GeV²."""

    def of_row(d2: Array, row: CertifiedPoints, place: Array) -> Array:
        here, there = _sides(jax.tree.map(lambda leaf: leaf[None], row), columns[place])
        return half_width(d2[:, None], here, there)[:, 0]

    return jax.vmap(of_row)(d2, rows, place)


def _outer(a: Array, b: Array, combine: Callable[[Array, Array], Array]) -> Float[Array, "c r"]:
    """Every a with every b."""
    return combine(a[:, None], b[None, :])


def _sides(rows: CertifiedPoints, columns: CertifiedPoints) -> tuple[Side, Side]:
    """Both sets as the engine takes them, with what `half_width` needs."""
    here, there = ((one.points, (one.residual, one.rounding)) for one in (rows, columns))
    return here, there


def _widest(
    squared: Float[Array, ""], rows: CertifiedPoints, columns: CertifiedPoints
) -> Float[Array, ""]:
    """No pair with d² up to `squared` has a wider interval than this."""

    def extreme(side: CertifiedPoints) -> CertifiedPoints:
        norm = side.points.norm
        real = eqx.tree_at(lambda s: s.points.norm, side, jnp.where(norm < FAR, norm, 0.0))
        return jax.tree.map(lambda leaf: leaf.max(axis=0, keepdims=True), real)

    return half_width(squared[None, None], *_sides(extreme(rows), extreme(columns)))[0, 0]


@jax.jit
def sure_counts(
    rows: CertifiedPoints, columns: CertifiedPoints, squared: Float[Array, " E"]
) -> tuple[Int[Array, "N E"], UInt8[Array, "N bits"]]:
    """Counts of the pairs whose interval holds none of the squared radii, and a bit for the rest.

    Returns:
        (N, E) counts, and (N, M/8) bytes with one bit a pair, set where any radius is undecided.
    """
    number = jnp.arange(len(columns), dtype=jnp.int32)
    (here, r), (there, c) = _sides(rows, columns)
    furthest = squared.max() + _widest(squared.max(), rows, columns)

    def start(rows: Side) -> tuple[Array, Array]:
        n = len(rows[0])
        return jnp.zeros((n, squared.size), jnp.int32), _no_bits(n, len(columns))

    def absorb(carry, d2: Array, rows: Side, columns: Side):
        counts, bits = carry
        width = half_width(d2, rows, (columns[0], columns[1][0]))

        def also(undecided: Array, radius: Array) -> tuple[Array, None]:
            return undecided | (jnp.abs(d2 - radius) <= width), None

        undecided = jax.lax.scan(also, jnp.zeros(d2.shape, bool), squared)[0]
        counts = counts + counts_in_block(jnp.where(undecided, FAR, d2), squared)
        return counts, _set_bits(bits, undecided, columns[1][1])

    return reduce_pairs((here, r), (there, (c, number)), start, absorb, lambda carry: furthest)


@partial(jax.jit, static_argnames="k")
def candidates(rows: CertifiedPoints, columns: CertifiedPoints, k: int) -> UInt8[Array, "N bits"]:
    """A bit for every pair that may be among the k nearest of its row.

    d² − h must not exceed the k-th smallest d² + h. The bits are as in `sure_counts`.
    """
    number = jnp.arange(len(columns), dtype=jnp.int32)
    (here, r), (there, c) = _sides(rows, columns)

    def nearest_above(best, d2: Array, rows: Side, columns: Side):
        width = half_width(d2, rows, (columns[0], columns[1][0]))
        return merge_smallest(best, jnp.minimum(d2 + width, FAR), columns[1][1])

    start, reach = partial(none_yet, k=k), lambda best: best[0].max()
    above, _ = reduce_pairs((here, r), (there, (c, number)), start, nearest_above, reach)
    limit = jnp.minimum(above[:, -1], 0.5 * FAR)

    def nothing(rows: Side) -> tuple[Array, Array]:
        limit = rows[1][1]
        return _no_bits(len(rows[0]), len(columns)), limit + _widest(limit.max(), *both)

    def mark(carry, d2: Array, rows: Side, columns: Side):
        bits, furthest = carry
        width = half_width(d2, (rows[0], rows[1][0]), (columns[0], columns[1][0]))
        return _set_bits(bits, d2 - width <= rows[1][1][None, :], columns[1][1]), furthest

    both = (rows, columns)
    sides = (here, (r, limit)), (there, (c, number))
    return reduce_pairs(*sides, nothing, mark, lambda carry: carry[1].max())[0]


def _no_bits(rows: int, columns: int) -> Array:
    """One bit a pair, none set, with room for the padding of a block."""
    block = tuning().near_columns
    return jnp.zeros((rows, -(-columns // block) * block // 8), jnp.uint8)


def _set_bits(bits: Array, chosen: Bool[Array, "c r"], number: Int[Array, " c"]) -> Array:
    """The bits with those of one block of columns, which begins at column `number[0]`."""
    packed = jnp.packbits(chosen, axis=0, bitorder="little").T
    return jax.lax.dynamic_update_slice(bits, packed, (jnp.int32(0), number[0] // 8))


def chosen_pairs(bits: np.ndarray) -> Int[np.ndarray, "P 2"]:
    """Row and column of every bit that is set."""
    row, byte = np.nonzero(bits)
    each = np.unpackbits(bits[row, byte][:, None], axis=1, bitorder="little")
    which, bit = np.nonzero(each)
    return np.stack([row[which], 8 * byte[which] + bit], axis=1)


def row_chunks(rows: int, columns: int) -> Iterator[Int[np.ndarray, " n"]]:
    """Row numbers, so many at a time that their bits stay small; the last row fills the end."""
    size = int(np.clip(_BYTES * 8 // max(columns, 1), 512, 1 << 15)) // 512 * 512
    size = min(size, -(-rows // 512) * 512)
    for begin in range(0, rows, size):
        yield np.minimum(np.arange(begin, begin + size), rows - 1)

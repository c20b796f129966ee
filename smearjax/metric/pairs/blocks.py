"""Points cut into blocks, the boxes around them, and the order that makes the boxes small."""

from __future__ import annotations

from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from smearjax._numerics import HostOrDevice, namespace
from smearjax.jets.arrays import is_traced
from smearjax.metric.pairs.points import Points
from smearjax.metric.pairs.products import product_error

# Blocks hold whole groups of this many, which `counts` adds up in one byte.
GROUP = 128
# Where a jet meets itself or padding, d² = (10⁶ GeV)²: no kernel reaches so far, and unlike ∞ it
# leaves finite numbers in first and second derivatives.
FAR = 1e12
# Leading components in which blocks are boxed in; the others hardly spread.
_BOXED = 32


class Blocks(eqx.Module):
    """Points and what goes with them, (blocks, size, ...), and a box around each block.

    Attributes:
        side: the points and their companions; padding has norm `FAR` and sees nothing.
        low: (blocks, B) least leading components.
        high: (blocks, B) largest.
        norm: (blocks,) largest norm of a point, which bounds the rounding of d².
        first: (blocks,) place of the first point in the list.
    """

    side: tuple[Points, Any]
    low: Float[Array, "... B"]
    high: Float[Array, "... B"]
    norm: Float[Array, "..."]
    first: Int[Array, "..."]


@partial(jax.jit, static_argnames="size")
def blocks(side: tuple[Points, Any], size: int) -> Blocks:
    """Cut the leading axis into equal blocks of whole groups, the last one padded."""
    n = len(side[0])
    size = min(size, GROUP * max(-(-n // GROUP), 1))
    count = -(-n // size)

    def cut(leaf: Array, fill: float = 0) -> Array:
        pad = [(0, count * size - n)] + [(0, 0)] * (leaf.ndim - 1)
        leaf = jnp.pad(leaf, pad, constant_values=fill)
        return leaf.reshape(count, size, *leaf.shape[1:])

    points, data = side
    points = Points(cut(points.vectors), cut(points.norm, FAR), cut(points.identity, -1))
    real = points.norm < FAR
    leading = points.vectors[..., :_BOXED]
    return Blocks(
        (points, jax.tree.map(cut, data)),
        jnp.min(jnp.where(real[..., None], leading, jnp.inf), axis=1),
        jnp.max(jnp.where(real[..., None], leading, -jnp.inf), axis=1),
        jnp.max(jnp.where(real, points.norm, 0.0), axis=1),
        size * jnp.arange(count),
    )


@jax.jit
def in_bucket(points: Points) -> Points:
    """Points `filled` up with ones that are out of every reach."""
    return Points(filled(points.vectors), filled(points.norm, FAR), filled(points.identity, -1))


def filled(values: HostOrDevice, fill: float = 0) -> Any:
    """Values (N, ...) and then `fill`, up to the next of few sizes, so that few get compiled.

    There are eight sizes in each octave, whole groups each.
    """
    n = len(values)
    step = max(GROUP, (1 << max(n - 1, 1).bit_length()) // 16)
    more = -n % step if n else step
    pad = [(0, more)] + [(0, 0)] * (values.ndim - 1)
    return namespace(values).pad(values, pad, constant_values=fill)


def squared_gaps(one: Blocks, others: Blocks) -> Float[Array, " blocks"]:
    """A bound from below on every d² (GeV²) between one block and each of the others.

    The squared gap between the boxes, less what rounding can take off a d²: twice the error of the
    product, and that of the sums.
    """
    gap = jnp.maximum(jnp.maximum(others.low - one.high, one.low - others.high), 0.0)
    length, dtype = one.side[0].vectors.shape[-1], one.norm.dtype
    lost = 2 * product_error(length, dtype) + 4 * float(jnp.finfo(dtype).eps)
    return jnp.sum(gap**2, axis=1) - lost * (one.norm + others.norm)


def in_order(points: Points) -> Int[np.ndarray, " N"]:
    """An order in which neighbours in the list are neighbours in space (a k-d tree's leaves).

    Each part is halved along the component in which it spreads most, at a power of two times the
    group size, so that blocks of any power of two are parts of the tree.

    Args:
        points: N points.

    Returns:
        (N,) places: `points[in_order(points)]` is in order. Traced points stay as they are.
    """
    if is_traced(points.vectors) or len(points) == 0:
        return np.arange(len(points))
    leading = np.asarray(points.vectors[:, :_BOXED])
    order: list[np.ndarray] = []
    waiting = [np.arange(len(points))]
    while waiting:
        part = waiting.pop()
        if len(part) <= GROUP:
            order.append(part)
            continue
        values = leading[part]
        along = values[:, np.argmax(values.var(axis=0))]
        half = GROUP << max(0, (-(-len(part) // GROUP) - 1).bit_length() - 1)
        split = np.argpartition(along, half)
        waiting += [part[np.sort(split[half:])], part[np.sort(split[:half])]]
    return np.concatenate(order)

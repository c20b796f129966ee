"""The reference jets, sorted by class and ready to be summed over."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from smearjax.metric.pairs import Points, nearest_squared_distance
from smearjax.smearing.sums import GLUON, QUARK, Queries


def assemble(every: Points, label: np.ndarray, weight: np.ndarray) -> tuple:
    """Label, weight, class totals, class rows, points and weights, and leave-one-out queries."""
    dtype = every.norm.dtype
    # A jet of weight zero adds nothing, and must not pass for the nearest of its class.
    members = [np.flatnonzero((label == c) & (weight != 0)) for c in (GLUON, QUARK)]
    gluon, quark = (every[rows] for rows in members)
    weights = [jnp.asarray(weight[rows], dtype) for rows in members]
    totals = jnp.asarray([weight[rows].sum() for rows in members], dtype)
    own = np.where(label[:, None] == np.array([GLUON, QUARK]), weight[:, None], 0.0)
    queries = prepare(every, jnp.asarray(own, dtype), (gluon, quark))
    rows = tuple(jnp.asarray(row, jnp.int32) for row in members)
    held = (jnp.asarray(label), jnp.asarray(weight, dtype), totals, rows)
    return (*held, (gluon, quark), tuple(weights), queries)


def prepare(prepared: Points, own: Float[Array, "N 2"], classes: tuple[Points, Points]) -> Queries:
    """Add the distance to the nearest jet of each class, from which soft sums are scaled."""
    nearest = [nearest_squared_distance(prepared, columns) for columns in classes]
    return Queries(prepared, own, jnp.stack(nearest, axis=1))

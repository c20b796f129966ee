"""The reference jets, sorted by class and ready to be summed over."""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from smearjax.metric.pairs import Points, in_order, nearest_squared_distance
from smearjax.smearing.sums import GLUON, QUARK, Queries


class Reference(eqx.Module):
    """N labelled jets over which a likelihood is smeared.

    Attributes:
        label: (N,) 1 = quark, 0 = gluon.
        weight: (N,) event weights w_i.
        totals: (2,) W_g and W_q.
        members: rows of the gluon and of the quark jets, neighbours near one another.
        classes: their points.
        weights: their weights.
        leave_one_out: the N jets as queries that leave themselves out.
    """

    label: Int[Array, " N"]
    weight: Float[Array, " N"]
    totals: Float[Array, " 2"]
    members: tuple[Int[Array, " g"], Int[Array, " q"]]
    classes: tuple[Points, Points]
    weights: tuple[Float[Array, " g"], Float[Array, " q"]]
    leave_one_out: Queries

    def __init__(self, every: Points, label: np.ndarray, weight: np.ndarray):
        dtype = every.norm.dtype
        # A jet of weight zero adds nothing, and must not pass for the nearest of its class.
        members = (np.flatnonzero((label == c) & (weight != 0)) for c in (GLUON, QUARK))
        gluon, quark = (rows[in_order(every[rows])] for rows in members)
        self.label, self.weight = jnp.asarray(label), jnp.asarray(weight, dtype)
        self.members = (jnp.asarray(gluon, jnp.int32), jnp.asarray(quark, jnp.int32))
        self.classes = (every[gluon], every[quark])
        self.weights = (self.weight[gluon], self.weight[quark])
        self.totals = jnp.asarray([weight[gluon].sum(), weight[quark].sum()], dtype)
        own = np.where(label[:, None] == np.array([GLUON, QUARK]), weight[:, None], 0.0)
        self.leave_one_out = self.queries(every, jnp.asarray(own, dtype))

    def queries(self, points: Points, own: Float[Array, "N 2"]) -> Queries:
        """Points with the distance to the nearest jet of each class, which scales soft sums."""
        order = jnp.asarray(in_order(points), jnp.int32)
        place = jnp.argsort(order)
        ordered = points[order]
        nearest = [nearest_squared_distance(ordered, columns)[place] for columns in self.classes]
        return Queries(points, own, jnp.stack(nearest, axis=1), order, place)

"""The reference jets, sorted by class and ready to be summed over."""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from smearjax._numerics import HostOrDevice
from smearjax.metric.pairs import (
    Points,
    filled,
    in_bucket,
    in_order,
    nearest_squared_distance,
)
from smearjax.smearing.sums import GLUON, QUARK, Classes, Queries, Rows


class Reference(eqx.Module):
    """N labelled jets over which a likelihood is smeared.

    Attributes:
        label: (N,) 1 = quark, 0 = gluon.
        weight: (N,) event weights w_i.
        members: the gluon and the quark jets, neighbours near one another.
        classes: their points and weights, as a pass takes them.
        leave_one_out: the N jets as queries that leave themselves out.
    """

    label: Int[Array, " N"]
    weight: Float[Array, " N"]
    members: tuple[Int[np.ndarray, " g"], Int[np.ndarray, " q"]]
    classes: Classes
    leave_one_out: Queries

    def __init__(self, every: Points, label: np.ndarray, weight: np.ndarray):
        dtype = every.norm.dtype
        # A jet of weight zero adds nothing, and must not pass for the nearest of its class.
        members = (np.flatnonzero((label == c) & (weight != 0)) for c in (GLUON, QUARK))
        gluon, quark = (rows[in_order(every[rows])] for rows in members)
        self.members = (gluon, quark)
        self.label, self.weight = jnp.asarray(label), jnp.asarray(weight, dtype)
        self.classes = Classes(
            (in_bucket(every[gluon]), in_bucket(every[quark])),
            self.by_class(weight.astype(dtype)),
            jnp.asarray([weight[gluon].sum(), weight[quark].sum()], dtype),
        )
        own = np.where(label[:, None] == np.array([GLUON, QUARK]), weight[:, None], 0.0)
        self.leave_one_out = self.queries(every, own.astype(dtype))

    @property
    def totals(self) -> Float[Array, " 2"]:
        """W_g and W_q."""
        return self.classes.totals

    def by_class(self, values: HostOrDevice) -> tuple[Array, Array]:
        """Values (N, ...) of the jets in the order of the classes, 0 for what fills a bucket."""
        gluon, quark = (jnp.asarray(filled(values[rows])) for rows in self.members)
        return gluon, quark

    def queries(self, points: Points, own: HostOrDevice) -> Queries:
        """Points with the distance to the nearest jet of each class, which scales soft sums."""
        order = in_order(points)
        every = in_bucket(points[order])
        nearest = [nearest_squared_distance(every, columns) for columns in self.classes.points]
        rows = Rows(every, jnp.asarray(filled(own[order])), jnp.stack(nearest, axis=1))
        return Queries(rows, np.argsort(order))

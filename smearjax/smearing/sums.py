"""Class sums n_c(x, ε): what lies in the ε-ball about a jet, by class and by weight column."""

from __future__ import annotations

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from smearjax._numerics import safe_log
from smearjax.jets.arrays import picked
from smearjax.metric.pairs import Points, kernel_sums
from smearjax.metric.pairs.blocks import FAR
from smearjax.smearing.kernels import Kernel

GLUON, QUARK = 0, 1
# A soft kernel with fewer effective jets than this has an empty ball.
EFFECTIVE_MINIMUM = 2.0


class Classes(eqx.Module):
    """The jets to sum over, gluons and quarks, each filled up to a bucket with weightless points.

    Attributes:
        points: neighbours near one another.
        weights: event weights w_i, 0 for what fills the bucket.
        totals: (2,) W_g and W_q.
    """

    points: tuple[Points, Points]
    weights: tuple[Float[Array, " g"], Float[Array, " q"]]
    totals: Float[Array, " 2"]


class Rows(eqx.Module):
    """The jets to sum about, with what depends on the classes but not on ε; filled likewise.

    Attributes:
        points: neighbours near one another.
        own: (R, 2) weight that a jet itself adds to the class totals; 0 for jets from outside.
        nearest: (R, 2) d² in GeV² to the nearest other reference jet of each class.
    """

    points: Points
    own: Float[Array, "R 2"]
    nearest: Float[Array, "R 2"]


class Queries(eqx.Module):
    """N jets about which to smear, prepared once.

    Attributes:
        rows: the jets as a pass takes them.
        place: (N,) the row of each jet.
    """

    rows: Rows
    place: Int[np.ndarray, " N"]

    def __len__(self) -> int:
        return len(self.place)

    @property
    def points(self) -> Points:
        """The jets as N points in GeV."""
        return self.rows.points[self.place]

    @property
    def nearest(self) -> Float[Array, "N 2"]:
        """d² in GeV² from each jet to the nearest other reference jet of each class."""
        return picked(self.rows.nearest, self.place)

    @jax.jit
    def as_given(self, answer: Any) -> Any:
        """Arrays (E, rows, ...) of a pass as (E, N, ...), jets in the order they were given in."""
        return jax.tree.map(lambda leaf: leaf[:, self.place], answer)


class ClassSums(NamedTuple):
    """Σ w K and Σ w² K² of gluons [..., 0, :] and quarks [..., 1, :], per weight column.

    Attributes:
        log_scale: (E, N, 2), ln of the factor taken out of each sum.
        linear: (E, N, 2, C), Σ_j w_j K e^{−log_scale}.
        square: (E, N, 2, C), Σ_j w_j² K² e^{−2 log_scale}; (E, N, 2, 0) if not asked for.
    """

    log_scale: Float[Array, "E N 2"]
    linear: Float[Array, "E N 2 C"]
    square: Float[Array, "E N 2 S"]


def class_sums(
    kernel: Kernel,
    points: tuple[Points, Points],
    weights: tuple[Float[Array, "g C"], Float[Array, "q C"]],
    rows: Rows,
    epsilon: Float[Array, " E"],
    squares: bool,
) -> ClassSums:
    """One pass over all pairs for every ε and weight column.

    Each row is scaled by the kernel of its nearest jet in the class: nothing underflows, at any ε.
    """
    scales, linear, square = [], [], []
    fills = (rows.points.norm >= FAR)[:, None]
    for c in (GLUON, QUARK):
        log_nearest = jax.vmap(kernel.log, in_axes=(None, 0))(rows.nearest[:, c], epsilon)
        scale = jax.lax.stop_gradient(jnp.where(jnp.isfinite(log_nearest), log_nearest, 0.0))
        sums = kernel_sums(epsilon, kernel, rows.points, points[c], weights[c], scale, squares)
        sums = jnp.where(fills, 1.0, sums)  # no logarithm, and no derivative of one, diverges
        columns = weights[c].shape[1]
        scales.append(scale)
        linear.append(sums[..., :columns])
        square.append(sums[..., columns:])
    return ClassSums(
        jnp.stack(scales, axis=2),
        jnp.stack(linear, axis=2),
        jnp.stack(square, axis=2),
    )


def log_magnitude(sums: ClassSums) -> Float[Array, "E N 2 C"]:
    """Ln |Σ w K|, −∞ where the sum is 0."""
    return sums.log_scale[..., None] + safe_log(jnp.abs(sums.linear))


def effective_number(sums: ClassSums) -> Float[Array, "E N C"]:
    """n_eff = (Σ wK)² / Σ (wK)² over both classes; 0 where nothing is in reach."""
    common = jnp.max(sums.log_scale, axis=2, keepdims=True)
    factor = jnp.exp(sums.log_scale - common)[..., None]
    linear = jnp.sum(factor * sums.linear, axis=2)
    square = jnp.sum(factor**2 * sums.square, axis=2)
    return jnp.where(square > 0, linear**2 / jnp.where(square > 0, square, 1.0), 0.0)


class Categories(NamedTuple):
    """The kinds of ball that carry no, half, or no trustworthy information; each (E, N, C).

    Attributes:
        empty: no jet in reach of a compact kernel; n_eff < 2 under a soft one.
        one_class: not empty, but one class is missing: its sum is 0, or, under a soft kernel, it
            amounts to less than half an effective jet.
        nonpositive: not empty, but negative weights make a class sum negative, or both sums 0.
    """

    empty: Bool[Array, "E N C"]
    one_class: Bool[Array, "E N C"]
    nonpositive: Bool[Array, "E N C"]


def categories(kernel: Kernel, sums: ClassSums) -> Categories:
    """Sort every ball into its category."""
    effective = effective_number(sums)
    empty = effective < EFFECTIVE_MINIMUM
    if kernel.compact:
        empty = jnp.all(sums.square <= 0, axis=2)
    negative = jnp.any(sums.linear < 0, axis=2) | jnp.all(sums.linear == 0, axis=2)
    nonpositive = negative & ~empty
    log_n = log_magnitude(sums)
    share = jnp.exp(log_n.min(axis=2) - jax.nn.logsumexp(log_n, axis=2))
    missing = share <= 0 if kernel.compact else share * effective < 0.5
    return Categories(empty, missing & ~empty & ~nonpositive, nonpositive)

"""One compiled pass over all pairs for each question that a smeared likelihood answers."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from smearjax._numerics import safe_log
from smearjax.smearing.kernels import Kernel
from smearjax.smearing.ratios import (
    finite_log_ratio,
    log_count_ratio,
    log_density_of,
    smeared_values,
)
from smearjax.smearing.reference import Reference
from smearjax.smearing.sums import (
    GLUON,
    QUARK,
    Categories,
    ClassSums,
    Queries,
    categories,
    class_sums,
    log_magnitude,
)


@jax.jit
def ball_categories(
    kernel: Kernel, reference: Reference, query: Queries, epsilon: Float[Array, " E"]
) -> Categories:
    """Which balls carry no, half, or no trustworthy information, (E, N, 1) each."""
    return categories(kernel, _sums(kernel, reference, query, epsilon, squares=True))


@jax.jit
def count_score(
    kernel: Kernel, reference: Reference, query: Queries, epsilon: Float[Array, " E"]
) -> Float[Array, "E N"]:
    """ln(n_q/W_q) − ln(n_g/W_g) with the totals of the whole reference; ±∞ and 0 are legal."""
    sums = _sums(kernel, reference, query, epsilon, squares=True)
    kinds = categories(kernel, sums)
    return log_count_ratio(sums, kinds, reference.totals[:, None])[..., 0]


@jax.jit
def log_ratio(
    kernel: Kernel, reference: Reference, query: Queries, epsilon: Float[Array, " E"]
) -> Float[Array, "E N"]:
    """Ln L(x|ε), finite, 0 where the ball is empty or a class sum negative."""
    sums = _sums(kernel, reference, query, epsilon, squares=True)
    totals = _own_totals(reference, query)
    return finite_log_ratio(kernel, sums, categories(kernel, sums), totals)[..., 0]


def log_ratio_of_every_ball(
    kernel: Kernel, reference: Reference, query: Queries, epsilon: Float[Array, " E"]
) -> Float[Array, "E N"]:
    """`log_ratio` without the rule for empty balls, which makes it smooth in ε for soft kernels."""
    sums = _sums(kernel, reference, query, epsilon, squares=False)
    log_density = log_density_of(kernel, sums, _own_totals(reference, query))
    return (log_density[:, :, QUARK] - log_density[:, :, GLUON])[..., 0]


@jax.jit
def log_densities(
    kernel: Kernel, reference: Reference, query: Queries, epsilon: Float[Array, " E"]
) -> Float[Array, "E N 2"]:
    """ln(n_c/W_c) of both classes, −∞ where a class sum is not positive."""
    sums = _sums(kernel, reference, query, epsilon, squares=False)
    log_n = jnp.where(sums.linear > 0, log_magnitude(sums), -jnp.inf)[..., 0]
    return log_n - safe_log(reference.totals - query.own)


@jax.jit
def smear(
    kernel: Kernel,
    reference: Reference,
    query: Queries,
    epsilon: Float[Array, " E"],
    values: Float[Array, " R"],
) -> Float[Array, "E N"]:
    """f(x|ε) = Σ w K f / Σ w K with the event weights."""
    columns = _weight_columns(reference)
    return smear_columns(kernel, reference, query, epsilon, values, columns)[0][..., 0]


def smear_columns(
    kernel: Kernel,
    reference: Reference,
    query: Queries,
    epsilon: Float[Array, " E"],
    values: Float[Array, " R"],
    weights: tuple[Float[Array, "g C"], Float[Array, "q C"]],
) -> tuple[Float[Array, "E N C"], Categories]:
    """f(x|ε) for each weight column: the columns of w (f − mean) ride behind those of w."""
    gluon, quark = weights
    f_gluon, f_quark = (values[rows][:, None] for rows in reference.members)
    total = gluon.sum(axis=0) + quark.sum(axis=0)
    mean = ((gluon * f_gluon).sum(axis=0) + (quark * f_quark).sum(axis=0)) / total
    both = (
        jnp.concatenate([gluon, gluon * (f_gluon - mean)], axis=1),
        jnp.concatenate([quark, quark * (f_quark - mean)], axis=1),
    )
    sums = class_sums(kernel, reference.classes, both, query, epsilon, squares=True)
    return smeared_values(kernel, sums, mean)


def _weight_columns(reference: Reference) -> tuple[Float[Array, "g 1"], Float[Array, "q 1"]]:
    """The event weights as the only column of each class."""
    return reference.weights[GLUON][:, None], reference.weights[QUARK][:, None]


def _own_totals(reference: Reference, query: Queries) -> Float[Array, "N 2 1"]:
    """The class totals without the jet itself."""
    return (reference.totals - query.own)[..., None]


def _sums(
    kernel: Kernel,
    reference: Reference,
    query: Queries,
    epsilon: Float[Array, " E"],
    squares: bool,
) -> ClassSums:
    """The class sums with the event weights."""
    weights = _weight_columns(reference)
    return class_sums(kernel, reference.classes, weights, query, epsilon, squares)

"""One compiled pass over all pairs for each question that a smeared likelihood answers.

A pass answers for all its R rows; those that fill a bucket get numbers without meaning.
"""

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
from smearjax.smearing.sums import (
    GLUON,
    QUARK,
    Categories,
    Classes,
    ClassSums,
    Rows,
    categories,
    class_sums,
    log_magnitude,
)


@jax.jit
def ball_categories(
    kernel: Kernel, classes: Classes, rows: Rows, epsilon: Float[Array, " E"]
) -> Categories:
    """Which balls carry no, half, or no trustworthy information, (E, R, 1) each."""
    return categories(kernel, _sums(kernel, classes, rows, epsilon, squares=True))


@jax.jit
def count_score(
    kernel: Kernel, classes: Classes, rows: Rows, epsilon: Float[Array, " E"]
) -> Float[Array, "E R"]:
    """ln(n_q/W_q) − ln(n_g/W_g) with the totals of the whole reference; ±∞ and 0 are legal."""
    sums = _sums(kernel, classes, rows, epsilon, squares=True)
    kinds = categories(kernel, sums)
    return log_count_ratio(sums, kinds, classes.totals[:, None])[..., 0]


@jax.jit
def log_ratio(
    kernel: Kernel, classes: Classes, rows: Rows, epsilon: Float[Array, " E"]
) -> Float[Array, "E R"]:
    """Ln L(x|ε), finite, 0 where the ball is empty or a class sum negative."""
    sums = _sums(kernel, classes, rows, epsilon, squares=True)
    totals = _own_totals(classes, rows)
    return finite_log_ratio(kernel, sums, categories(kernel, sums), totals)[..., 0]


def log_ratio_of_every_ball(
    kernel: Kernel, classes: Classes, rows: Rows, epsilon: Float[Array, " E"]
) -> Float[Array, "E R"]:
    """`log_ratio` without the rule for empty balls, which makes it smooth in ε for soft kernels."""
    sums = _sums(kernel, classes, rows, epsilon, squares=False)
    log_density = log_density_of(kernel, sums, _own_totals(classes, rows))
    return (log_density[:, :, QUARK] - log_density[:, :, GLUON])[..., 0]


@jax.jit
def log_densities(
    kernel: Kernel, classes: Classes, rows: Rows, epsilon: Float[Array, " E"]
) -> Float[Array, "E R 2"]:
    """ln(n_c/W_c) of both classes, −∞ where a class sum is not positive."""
    sums = _sums(kernel, classes, rows, epsilon, squares=False)
    log_n = jnp.where(sums.linear > 0, log_magnitude(sums), -jnp.inf)[..., 0]
    return log_n - safe_log(classes.totals - rows.own)


@jax.jit
def smear(
    kernel: Kernel,
    classes: Classes,
    rows: Rows,
    epsilon: Float[Array, " E"],
    values: tuple[Float[Array, " g"], Float[Array, " q"]],
) -> Float[Array, "E R"]:
    """f(x|ε) = Σ w K f / Σ w K with the event weights and f on the jets of the classes."""
    columns = _weight_columns(classes)
    return smear_columns(kernel, classes, rows, epsilon, values, columns)[0][..., 0]


def smear_columns(
    kernel: Kernel,
    classes: Classes,
    rows: Rows,
    epsilon: Float[Array, " E"],
    values: tuple[Float[Array, " g"], Float[Array, " q"]],
    weights: tuple[Float[Array, "g C"], Float[Array, "q C"]],
) -> tuple[Float[Array, "E R C"], Categories]:
    """f(x|ε) for each weight column: the columns of w (f − mean) ride behind those of w."""
    gluon, quark = weights
    f_gluon, f_quark = (f[:, None] for f in values)
    total = gluon.sum(axis=0) + quark.sum(axis=0)
    mean = ((gluon * f_gluon).sum(axis=0) + (quark * f_quark).sum(axis=0)) / total
    both = (
        jnp.concatenate([gluon, gluon * (f_gluon - mean)], axis=1),
        jnp.concatenate([quark, quark * (f_quark - mean)], axis=1),
    )
    sums = class_sums(kernel, classes.points, both, rows, epsilon, squares=True)
    return smeared_values(kernel, sums, mean)


def _weight_columns(classes: Classes) -> tuple[Float[Array, "g 1"], Float[Array, "q 1"]]:
    """The event weights as the only column of each class."""
    return classes.weights[GLUON][:, None], classes.weights[QUARK][:, None]


def _own_totals(classes: Classes, rows: Rows) -> Float[Array, "R 2 1"]:
    """The class totals without the jet itself."""
    return (classes.totals - rows.own)[..., None]


def _sums(
    kernel: Kernel,
    classes: Classes,
    rows: Rows,
    epsilon: Float[Array, " E"],
    squares: bool,
) -> ClassSums:
    """The class sums with the event weights."""
    weights = _weight_columns(classes)
    return class_sums(kernel, classes.points, weights, rows, epsilon, squares)

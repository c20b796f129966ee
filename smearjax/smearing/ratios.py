"""From class sums to likelihood ratios, and to any other smeared function."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from smearjax._numerics import safe_log
from smearjax.smearing.kernels import Kernel
from smearjax.smearing.sums import (
    GLUON,
    QUARK,
    Categories,
    ClassSums,
    categories,
    log_magnitude,
)


def log_count_ratio(
    sums: ClassSums, kinds: Categories, totals: Float[Array, "2 C"]
) -> Float[Array, "E N C"]:
    """ln(n_q/W_q) − ln(n_g/W_g) with one pair of totals for all jets; see `score`."""
    log_n = log_magnitude(sums)
    gluon, quark = log_n[:, :, GLUON], log_n[:, :, QUARK]
    known = ~(kinds.empty | kinds.nonpositive)
    both = known & jnp.isfinite(gluon) & jnp.isfinite(quark)
    offset = safe_log(totals[QUARK]) - safe_log(totals[GLUON])
    ratio = jnp.where(both, quark, 0.0) - jnp.where(both, gluon, 0.0) - offset
    one_sided = jnp.where(quark > gluon, jnp.inf, -jnp.inf)
    # Equal balls added up in another order differ in their last bits; they must tie.
    ratio = jnp.round(ratio, 9 if ratio.dtype == jnp.float64 else 5)
    return jnp.where(both, ratio, jnp.where(known, one_sided, 0.0))


def finite_log_ratio(
    kernel: Kernel, sums: ClassSums, kinds: Categories, totals: Float[Array, "... 2 C"]
) -> Float[Array, "E N C"]:
    """Ln L, finite, and 0 where the ball is empty or a class sum negative."""
    known = ~(kinds.empty | kinds.nonpositive)
    log_density = jnp.where(known[:, :, None], log_density_of(kernel, sums, totals), 0.0)
    return jnp.where(known, log_density[:, :, QUARK] - log_density[:, :, GLUON], 0.0)


def log_density_of(
    kernel: Kernel, sums: ClassSums, totals: Float[Array, "... 2 C"]
) -> Float[Array, "E N 2 C"]:
    """ln(n_c/W_c), or ln((n_c + ½)/(W_c + 1)) for a compact kernel; always finite."""
    if kernel.compact:
        n = jnp.exp(sums.log_scale)[..., None] * sums.linear
        return safe_log(jnp.maximum(n, 0.0) + 0.5) - safe_log(totals + 1.0)
    # A replica may miss all jets near enough to be seen by a float; the least float stands in.
    least = jnp.finfo(sums.linear.dtype).tiny
    log_n = sums.log_scale[..., None] + safe_log(jnp.maximum(sums.linear, least))
    return log_n - safe_log(totals)


def smeared_values(
    kernel: Kernel, sums: ClassSums, mean: Float[Array, " C"]
) -> tuple[Float[Array, "E N C"], Categories]:
    """Σ w K f / Σ w K from sums whose columns are C of w, then C of w (f − mean)."""
    columns = mean.size
    plain = ClassSums(sums.log_scale, sums.linear[..., :columns], sums.square[..., :columns])
    kinds = categories(kernel, plain)
    factor = jnp.exp(sums.log_scale - sums.log_scale.max(axis=2, keepdims=True))[..., None]
    weight, product = jnp.split(jnp.sum(factor * sums.linear, axis=2), 2, axis=-1)
    known = ~kinds.empty & (weight > 0)
    return mean + jnp.where(known, product / jnp.where(known, weight, 1.0), 0.0), kinds


def cross_entropy_columns(
    ratio: Float[np.ndarray, "N C"], label: Int[np.ndarray, " N"], weight: Float[np.ndarray, "N C"]
) -> Float[np.ndarray, " C"]:
    """Binary cross-entropy of ln L with both classes given weight ½, in nats."""
    loss = np.logaddexp(0.0, np.where(label[:, None] == QUARK, -ratio, ratio))
    gluon, quark = (
        np.average(loss[label == c], axis=0, weights=weight[label == c]) for c in (GLUON, QUARK)
    )
    return 0.5 * (gluon + quark)

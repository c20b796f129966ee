"""Where a jet's momentum comes from, if it is another jet's."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from smearjax._numerics import safe_log, wrap_phi

# Blur of the plan in radians at first and at last, and scalings of rows and columns between.
_FIRST_BLUR, _BLUR = 0.3, 0.005
_SCALINGS = 150


def transport_plan(
    to: Float[Array, " n"],
    at: Float[Array, " m"],
    to_place: Float[Array, "n 2"],
    at_place: Float[Array, "m 2"],
) -> Float[Array, "n m"]:
    """Momentum that goes from each particle of one jet to each of another, of squared lengths.

    It is nearly the cheapest plan, by scalings of rows and columns with a falling blur; what these
    leave is shared out at the end, so that rows sum to `to` and columns to `at`, exactly.
    """
    apart = to_place[:, None] - at_place[None]
    squared = apart[..., 0] ** 2 + wrap_phi(apart[..., 1]) ** 2
    log_to, log_at = safe_log(to), safe_log(at)

    def scale(gain: Array, blur: Array) -> tuple[Array, None]:
        unit = 2 * blur**2
        loss = unit * (log_at - _lse((gain[:, None] - squared) / unit, 0))
        return unit * (log_to - _lse((loss[None] - squared) / unit, 1)), None

    # The finer the blur, the longer it would take from a bad start.
    blurs = jnp.geomspace(_FIRST_BLUR, _BLUR, _SCALINGS, dtype=to.dtype)
    gain, _ = jax.lax.scan(scale, jnp.zeros_like(to), blurs)
    log_plan = (gain[:, None] - squared) / (2 * _BLUR**2)
    plan = jnp.exp(log_plan + (log_at - _lse(log_plan, 0))[None])
    plan *= _at_most(to, plan.sum(axis=1))[:, None]
    plan *= _at_most(at, plan.sum(axis=0))[None]
    left_to, left_at = (
        jnp.maximum(side, 0.0) for side in (to - plan.sum(axis=1), at - plan.sum(axis=0))
    )
    left = left_to.sum()
    share = jnp.where(left > 0, left_to / jnp.where(left > 0, left, 1.0), 0.0)
    return plan + share[:, None] * left_at[None]


def _lse(values: Array, axis: int) -> Array:
    """Log-sum-exp, finite where nothing is in reach."""
    return jnp.maximum(jax.nn.logsumexp(values, axis=axis), -1e30)


def _at_most(wanted: Array, found: Array) -> Array:
    """Factors that bring each sum down to what is wanted."""
    return jnp.where(found > wanted, wanted / jnp.where(found > 0, found, 1.0), 1.0)

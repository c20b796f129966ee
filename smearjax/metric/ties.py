"""What the derivative of a quantile function is where angles of one jet tie."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


@jax.custom_jvp
def share_ties(omega: Float[Array, "N m"], weight: Float[Array, "N m"]) -> Float[Array, "N m"]:
    r"""The sorted angles themselves; only their derivative knows of ties.

    Where n angles of a jet are equal, SEMD has a derivative along motions that keep them equal and
    none along motions that part them. Each angle of the group therefore moves by the group's mean
    Σ w_l δω_l / Σ w_l: the derivative along the first is right, along the second it is 0, and
    neither depends on the order of the particles. A particle split into two at one point thus
    leaves the derivative in every other particle as it was.
    """
    return omega


@share_ties.defjvp
def _share_ties_jvp(primals, tangents):
    """The mean over each run of equal angles."""
    omega, weight = primals
    return omega, jax.vmap(_mean_over_runs)(tangents[0], omega, weight)


def _mean_over_runs(
    tangent: Float[Array, " m"], omega: Float[Array, " m"], weight: Float[Array, " m"]
) -> Float[Array, " m"]:
    """Weighted mean of the tangent over each run of equal angles."""
    begins = jnp.concatenate([jnp.ones(1, bool), omega[1:] != omega[:-1]])
    ends = jnp.concatenate([begins[1:], jnp.ones(1, bool)])
    run = jnp.cumsum(begins) - 1

    def over_run(values: Array) -> Array:
        return jax.ops.segment_sum(values, run, omega.size, indices_are_sorted=True)[run]

    total = over_run(weight)
    weightless = total <= 0
    mean = over_run(weight * tangent) / jnp.where(weightless, 1.0, total)
    return jnp.where((begins & ends) | weightless, tangent, mean)

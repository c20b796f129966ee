"""Particles on the move: what it costs, and the nearest move that costs no more."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from smearjax._numerics import safe_sqrt

# Share of the jet's momentum from which a particle counts as hard.
HARD = 0.01
_HALVINGS = 40


def transport_cost(
    z: Float[Array, "N n"], move: Float[Array, "N n 2"], pt_ref: Float[Array, ""]
) -> Float[Array, " N"]:
    """pT_ref · Σ z_i |Δp̂_i| in GeV: at least the energy mover's distance of the two jets."""
    return pt_ref * jnp.sum(z * length(move), axis=1)


def length(move: Float[Array, "... 2"]) -> Float[Array, "..."]:
    """|Δp̂| in radians, whose derivative at 0 is 0."""
    return safe_sqrt(jnp.sum(move**2, axis=-1))


def affordable(
    z: Float[Array, "N n"],
    move: Float[Array, "N n 2"],
    budget: Float[Array, " N"],
    pt_ref: Float[Array, ""],
    reach: Float[Array, ""],
) -> Float[Array, "N n 2"]:
    """The nearest move, in Σ z |·|², that costs no more than the budget and goes no farther.

    Every particle gives up the same length λ, or all it has: the weights z of the cost and of the
    distance cancel. λ is found by halving.
    """
    far = length(move)
    move = move * jnp.minimum(1.0, reach / jnp.maximum(far, 1e-30))[..., None]
    far = jnp.minimum(far, reach)

    def halve(bounds, _):
        low, high = bounds
        middle = 0.5 * (low + high)
        left = pt_ref * jnp.sum(z * jnp.maximum(far - middle[:, None], 0.0), axis=1)
        dear = left > budget
        return (jnp.where(dear, middle, low), jnp.where(dear, high, middle)), None

    within = pt_ref * jnp.sum(z * far, axis=1) <= budget
    begin = (jnp.zeros_like(budget), jnp.max(far, axis=1))
    (_, shorter), _ = jax.lax.scan(halve, begin, length=_HALVINGS)
    shorter = jnp.where(within, 0.0, shorter)[:, None]
    kept = jnp.maximum(far - shorter, 0.0) / jnp.maximum(far, 1e-30)
    return move * kept[..., None]

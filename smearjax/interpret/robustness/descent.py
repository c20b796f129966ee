"""Projected gradient steps that push the scores of jets one way."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from smearjax.interpret.batches import Score
from smearjax.interpret.robustness.transport import HARD, affordable, length, transport_cost
from smearjax.jets.container import Jets

# Longest step of a particle in radians at first; steps and changes of the budget shrink along half
# a cosine to these shares.
_STEP, _LAST_STEP = 0.05, 0.01
_CHANGE, _LAST_CHANGE = 0.1, 0.002
# Particles start so far from where they are, in radians: first hardly, so that copies of one come
# apart, then from places at random.
_STARTS = (1e-4, 0.03, 0.1, 0.3)


class Pushed(NamedTuple):
    """Jets pushed.

    Attributes:
        move: (N, n, 2) displacements of the particles in radians.
        cost: (N,) their transport cost in GeV; infinite where no flip was found.
        margin: (N,) how far the score is past the threshold, in units of the score.
    """

    move: Float[Array, "N n 2"]
    cost: Float[Array, " N"]
    margin: Float[Array, " N"]


@eqx.filter_jit
def smallest_flip(
    score: Score,
    jets: Jets,
    towards: Float[Array, " N"],
    threshold: Float[Array, ""],
    pt_ref: Float[Array, ""],
    reach: Float[Array, ""],
    begin: Float[Array, "N n 2"],
    steps: int,
) -> Pushed:
    """The cheapest move found of each jet that brings its score past the threshold.

    ``begin`` is the first move, whatever it costs; ``towards`` is the sign of the way there. The
    budget of each jet follows it: where the score is past the threshold, it becomes a little less
    than what the cheapest flip cost; where it is not, a little more. Until the first flip it is at
    least what a straight line would need.
    """
    z = fractions(jets)
    slopes = jax.grad(partial(_margin, score, jets, towards, threshold), has_aux=True)

    def step(state, progress):
        move, budget, best = state
        slope, margin = slopes(move)
        cost = transport_cost(z, move, pt_ref)
        best = _where((margin > 0) & (cost < best.cost), Pushed(move, cost, margin), best)
        ahead, strongest = _ahead(z, move, slope, progress)
        straight = cost + pt_ref * jnp.abs(margin) / jnp.maximum(strongest, 1e-30)
        change = _CHANGE * _shrunk(progress, _LAST_CHANGE / _CHANGE)
        more = budget * (1 + change)
        more = jnp.where(jnp.isinf(best.cost), jnp.maximum(straight, more), more)
        budget = jnp.where(margin > 0, jnp.minimum(best.cost, budget) * (1 - change), more)
        return (affordable(z, ahead, budget, pt_ref, reach), budget, best), None

    nothing = jnp.zeros_like(z[:, 0])
    near = affordable(z, begin, nothing + jnp.inf, pt_ref, reach)
    start = (near, nothing, _nothing(near))
    (_, _, best), _ = jax.lax.scan(step, start, jnp.linspace(0.0, 1.0, steps, dtype=z.dtype))
    return best


@eqx.filter_jit
def farthest_push(
    score: Score,
    jets: Jets,
    towards: Float[Array, " N"],
    budget: Float[Array, ""],
    pt_ref: Float[Array, ""],
    reach: Float[Array, ""],
    begin: Float[Array, "N n 2"],
    steps: int,
) -> Pushed:
    """The largest change found of each jet's score in the direction of a sign, at one budget."""
    z = fractions(jets)
    slopes = jax.grad(partial(_margin, score, jets, towards, 0.0), has_aux=True)
    budgets = jnp.broadcast_to(budget, z.shape[:1])

    def step(state, progress):
        move, best = state
        slope, margin = slopes(move)
        reached = Pushed(move, transport_cost(z, move, pt_ref), margin)
        best = better(reached, best)
        ahead, _ = _ahead(z, move, slope, progress)
        return (affordable(z, ahead, budgets, pt_ref, reach), best), None

    move = affordable(z, begin, budgets, pt_ref, reach)
    start = (move, _nothing(move))
    (_, best), _ = jax.lax.scan(step, start, jnp.linspace(0.0, 1.0, steps, dtype=z.dtype))
    return best


def better(one: Pushed, other: Pushed) -> Pushed:
    """Of each jet that of two moves which brings its score farther."""
    return _where(one.margin > other.margin, one, other)


def fractions(jets: Jets) -> Float[Array, "N n"]:
    """Momentum fractions, 0 in the padding."""
    pt = jnp.where(jets.mask, jnp.asarray(jets.pt), 0.0)
    return pt / pt.sum(axis=1, keepdims=True)


def beginning(jets: Jets, number: int, key: Key[Array, ""]) -> Float[Array, "N n 2"]:
    """Where search ``number`` begins: displacements at random, different for every particle."""
    size = _STARTS[0] if number == 0 else _STARTS[1 + (number - 1) % (len(_STARTS) - 1)]
    normal = jax.random.normal(jax.random.fold_in(key, number), (*jets.pt.shape, 2))
    return size * normal * jets.mask[..., None]


def moved(jets: Jets, move: Float[Array, "N n 2"]) -> Jets:
    """The jets with their particles displaced."""
    y, phi = jets.y + move[..., 0], jets.phi + move[..., 1]
    return eqx.tree_at(lambda j: (j.y, j.phi), jets, (y, phi))


def _margin(
    score: Score, jets: Jets, towards: Array, threshold: Array | float, move: Array
) -> tuple[Array, Array]:
    """The sum of all jets' margins, whose slope is each jet's own, and the margins."""
    margin = towards * (score(moved(jets, move)) - threshold)
    return margin.sum(), margin


def _ahead(
    z: Array, move: Array, slope: Array, progress: Array
) -> tuple[Float[Array, "N n 2"], Float[Array, " N"]]:
    """A step along the slope per momentum, the steepest for a transport cost, and its largest.

    The hard particle of the largest slope makes the longest step, and no soft one a longer: where a
    classifier is not infrared safe, their slopes are beyond all bounds.
    """
    pull = jnp.where(z[..., None] > 0, slope / jnp.maximum(z, 1e-30)[..., None], 0.0)
    size = length(pull)
    hard = jnp.max(jnp.where(z >= HARD, size, 0.0), axis=1)[:, None]
    far = _STEP * _shrunk(progress, _LAST_STEP / _STEP)
    share = far / jnp.maximum(jnp.maximum(size, hard), 1e-30)
    return move + share[..., None] * pull, jnp.max(size, axis=1)


def _nothing(move: Float[Array, "N n 2"]) -> Pushed:
    """Before anything was found."""
    infinite = jnp.full(move.shape[:1], jnp.inf, move.dtype)
    return Pushed(jnp.zeros_like(move), infinite, -infinite)


def _shrunk(progress: Array, last: float) -> Array:
    """From 1 to a last share along half a cosine."""
    return last + (1 - last) * 0.5 * (1 + jnp.cos(jnp.pi * progress))


def _where(chosen: Array, new: Pushed, old: Pushed) -> Pushed:
    """Jet by jet."""
    return jax.tree.map(
        lambda a, b: jnp.where(chosen.reshape(-1, *[1] * (a.ndim - 1)), a, b), new, old
    )

"""How a score changes with every particle of a jet: per GeV, per radian, per GeV moved."""

from __future__ import annotations

from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from smearjax._expect import expect, expect_positive
from smearjax.interpret.batches import Score, in_batches, of_jets
from smearjax.interpret.robustness.transport import HARD
from smearjax.jets.container import Jets
from smearjax.networks import JetNetwork


@dataclass(frozen=True)
class ParticleGradients:
    """Slopes of a score in every particle's momentum and direction; 0 in the padding.

    Source: input gradients; see `particle_gradients`.

    Attributes:
        pt: (N, n) ∂f/∂pT_i in units of the score per GeV.
        y: (N, n) ∂f/∂y_i per radian.
        phi: (N, n) ∂f/∂φ_i per radian.
        score: (N,) f, in its own units.
    """

    pt: Float[np.ndarray, "N n"]
    y: Float[np.ndarray, "N n"]
    phi: Float[np.ndarray, "N n"]
    score: Float[np.ndarray, " N"]


@dataclass(frozen=True)
class TransportSlopes:
    """Change of a score per GeV of transport.

    Source: smearjax's own definition; see `transport_slope`.

    Attributes:
        slope: (N, n) |∂f/∂p̂_i|/(pT_ref z_i) in units of the score per GeV; 0 in the padding and for
            particles without momentum.
        largest: (N,) over all particles.
        largest_hard: (N,) over particles with at least 1 % of the jet's momentum.
    """

    slope: Float[np.ndarray, "N n"]
    largest: Float[np.ndarray, " N"]
    largest_hard: Float[np.ndarray, " N"]


def particle_gradients(score: JetNetwork | Score, jets: Jets) -> ParticleGradients:
    r"""∂f/∂pT_i, ∂f/∂y_i and ∂f/∂φ_i of a score f for every particle i of every jet.

    A score that sees momentum fractions and directions about the centroid has Σ_i pT_i ∂f/∂pT_i = 0
    and Σ_i ∂f/∂y_i = Σ_i ∂f/∂φ_i = 0. Gradients are local: they say what an infinitesimal change
    does, and nothing about what the score rests on; for that see `integrated_gradients`.

    Args:
        score: a `JetNetwork`, or a function of N jets (under JAX transformations) to (N,) scores,
            each of its own jet only.
        jets: N jets, pT in GeV.

    Returns:
        `ParticleGradients` in the layout of the jets.

    Raises:
        ValueError: arguments of the wrong kind.
        JetsError: the network needs pid and the jets have none.

    Source: input gradients.

    >>> def width(jets):
    ...     return (jets.pt * jets.y**2).sum(axis=1)
    >>> jets = Jets(pt=[[300.0, 200.0]], y=[[0.0, 0.1]], phi=[[0.0, 0.0]])
    >>> found = particle_gradients(width, jets)
    >>> found.pt, found.y
    (array([[0.  , 0.01]]), array([[ 0., 40.]]))
    """
    expect("jets", jets, Jets, "Jets, from load_jets(...) or Jets(pt, y, phi)")
    function = of_jets(score, jets)
    scores, slopes = np.empty(len(jets)), np.zeros((3, *jets.pt.shape))
    for rows, some in in_batches(jets):
        value, found = _slopes(function, some)
        scores[rows] = np.asarray(value)[: len(rows)]
        for whole, part in zip(slopes, found, strict=True):
            put_back(whole, np.asarray(jets.mask), rows, np.asarray(part))
    return ParticleGradients(*slopes, score=scores)


def transport_slope(score: JetNetwork | Score, jets: Jets, *, pt_ref: float) -> TransportSlopes:
    r"""How fast a score can change per GeV of transport: max_i |∂f/∂p̂_i| / (pT_ref z_i).

    Moving particle i by Δp̂ costs pT_ref z_i |Δp̂| in GeV, which is at least the energy mover's
    distance of the two jets (arXiv:1902.02346). To first order the change of f at a cost is largest
    if all goes to the particle of the largest slope. If f is collinear safe, a particle may also be
    split: the slopes of its parts are the same. If f is not infrared safe, a soft particle's slope
    has no bound, and `largest` is that of the softest; `largest_hard` leaves them out.

    Args:
        score: a `JetNetwork`, or a function of N jets (under JAX transformations) to (N,) scores,
            each of its own jet only.
        jets: N jets, pT in GeV.
        pt_ref: pT_ref in GeV.

    Returns:
        `TransportSlopes` in the layout of the jets.

    Raises:
        ValueError: arguments of the wrong kind, pt_ref not positive.
        JetsError: the network needs pid and the jets have none.

    Source: smearjax's own definition.

    >>> def along(jets):
    ...     return (jets.pt * jets.y).sum(axis=1) / jets.pt.sum(axis=1)
    >>> jets = Jets(pt=[[300.0, 200.0]], y=[[0.0, 0.1]], phi=[[0.0, 0.0]])
    >>> transport_slope(along, jets, pt_ref=500.0).largest
    array([0.002])
    """
    expect_positive("pt_ref", pt_ref, "GeV")
    found = particle_gradients(score, jets)
    pt = np.where(jets.mask, np.asarray(jets.pt, np.float64), 0.0)
    z = pt / pt.sum(axis=1, keepdims=True)
    some = z > 0
    slope = np.where(some, np.hypot(found.y, found.phi) / np.where(some, pt_ref * z, 1.0), 0.0)
    hard = np.where(z >= HARD, slope, 0.0).max(axis=1, initial=0.0)
    return TransportSlopes(slope, slope.max(axis=1, initial=0.0), hard)


def put_back(
    whole: Float[np.ndarray, "N n"],
    mask: np.ndarray,
    rows: Int[np.ndarray, " K"],
    packed: np.ndarray,
) -> None:
    """Write what stands at the left of each packed row to where the particles are."""
    there = mask[rows]
    left = np.arange(packed.shape[1]) < there.sum(axis=1)[:, None]
    part = np.zeros(there.shape)
    part[there] = packed[: len(rows)][left]
    whole[rows] = part


@eqx.filter_jit
def _slopes(score: Score, jets: Jets) -> tuple[Float[Array, " N"], tuple[Array, ...]]:
    """Scores, and their slopes in pT, y and φ."""

    def total(inputs):
        value = score(eqx.tree_at(lambda j: (j.pt, j.y, j.phi), jets, inputs))
        return jnp.sum(value), value

    slopes, value = jax.grad(total, has_aux=True)((jets.pt, jets.y, jets.phi))
    return value, tuple(jnp.where(jets.mask, slope, 0.0) for slope in slopes)

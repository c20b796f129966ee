"""The smallest move of each jet that makes a classifier decide otherwise."""

from __future__ import annotations

from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from tqdm import tqdm

from smearjax._expect import expect, expect_number, expect_positive, expect_whole
from smearjax.evaluate import Interval, bootstrap_interval, weighted_median
from smearjax.interpret.batches import Score, in_batches, of_jets, split
from smearjax.interpret.robustness.descent import beginning, moved, smallest_flip
from smearjax.jets.container import Jets
from smearjax.metric import semd_distance, spectral_function
from smearjax.networks import JetNetwork


@dataclass(frozen=True)
class Flips:
    """The cheapest flip found of each jet's decision.

    Source: smearjax's own definition; see `flips`.

    Attributes:
        cost: (N,) pT_ref Σ z_i |Δp̂_i| of the flip in GeV, an upper bound on the smallest there is;
            infinite where none was found.
        distance: (N,) SEMD distance in GeV between the jet before and after.
        value: (N,) score before, less the threshold, in units of the score.
        robustness: median of `cost` over the (weighted) jets in GeV, with its 68 % interval.
    """

    cost: Float[np.ndarray, " N"]
    distance: Float[np.ndarray, " N"]
    value: Float[np.ndarray, " N"]
    robustness: Interval


def flips(
    score: JetNetwork | Score,
    jets: Jets,
    threshold: float = 0.0,
    *,
    pt_ref: float,
    copies: int = 1,
    reach: float = 0.4,
    steps: int = 200,
    restarts: int = 4,
    seed: int = 0,
    progress: bool = False,
) -> Flips:
    r"""How far each jet must move before a classifier decides otherwise, in GeV.

    Looked for is the least transport cost pT_ref Σ_i z_i |Δp̂_i| (≥ the energy mover's distance to
    the jet before) over displacements Δp̂ of the particles that bring the score across the
    threshold. Each jet descends by projected gradients with a budget that follows it. The
    robustness of a classifier is the median over jets: one energy, comparable between classifiers
    whatever the units of their scores, if their thresholds are alike (equal odds, say, or one
    efficiency). Transverse momenta are kept, so none is created or lost; with more than one copy
    each particle is first split collinearly into equal parts that may go different ways, so that
    momentum is moved from place to place. To an infrared and collinear safe classifier the
    splitting alone is nothing.

    Source: transport costs as in arXiv:1902.02346, smallest moves by following budgets after
    arXiv:2102.12827; the energy mover's distance instead of pixel norms is smearjax's own.

    Args:
        score: a `JetNetwork`, or a function of N jets (under JAX transformations) to (N,) scores.
        jets: N jets; pT in GeV.
        threshold: in units of the score.
        pt_ref: energy by which costs are multiplied, GeV.
        copies: parts into which each particle is split before.
        reach: farthest that a particle goes, radians.
        steps: gradient steps.
        restarts: searches, the first from where the particles are, the others from places at random
            .03, .1 and .3 radians off; the cheapest flip counts.
        seed: of these places, and of the bootstrap.
        progress: show a bar over the jets.

    Returns:
        `Flips`.

    Raises:
        ValueError: arguments of the wrong kind or out of range; negative event weights, which have
            no median.
        JetsError: the network needs pid and the jets have none.

    >>> from smearjax.jets import load_jets
    >>> def width(jets):
    ...     return (jets.pt * jets.y**2).sum(axis=1)
    >>> found = flips(width, load_jets("sample")[:4], 1e9, pt_ref=500.0, steps=5)
    >>> found.cost
    array([inf, inf, inf, inf])
    """
    expect("jets", jets, Jets, "Jets, from load_jets(...) or Jets(pt, y, phi)")
    expect_positive("pt_ref", pt_ref, "GeV")
    expect_number("threshold", threshold, -np.inf, np.inf, "a finite number")
    expect_number("reach", reach, 0, np.pi, "between 0 and π radians")
    for name, number in (("copies", copies), ("steps", steps), ("restarts", restarts)):
        expect_whole(name, number, least=1)
    function = of_jets(score, jets)
    compiled = eqx.filter_jit(function)
    level, energy, far = (jnp.float32(x) for x in (threshold, pt_ref, reach))
    cost, distance, value = (np.full(len(jets), np.inf) for _ in range(3))
    with tqdm(total=len(jets), desc="flips", disable=not progress) as bar:
        for rows, before in in_batches(jets):
            some = split(before, copies)
            above = compiled(before) - level
            value[rows] = np.asarray(above)[: len(rows)]
            towards = jnp.where(above > 0, -1.0, 1.0)
            for restart in range(restarts):
                begin = beginning(some, restart, jax.random.key(seed))
                found = smallest_flip(function, some, towards, level, energy, far, begin, steps)
                after = spectral_function(moved(some, found.move))
                apart = np.asarray(semd_distance(spectral_function(before), after, pt_ref))
                apart = apart[: len(rows)]
                new = np.asarray(found.cost)[: len(rows)]
                better = new < cost[rows]
                cost[rows[better]], distance[rows[better]] = new[better], apart[better]
            bar.update(len(rows))
    weight = None if jets.weight is None else np.asarray(jets.weight)
    middle = bootstrap_interval(weighted_median, cost, weight=weight, seed=seed)
    return Flips(cost, distance, value, middle)

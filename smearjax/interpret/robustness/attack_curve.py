"""What an adversary with a budget in GeV leaves of a classifier's AUC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from tqdm import tqdm

from smearjax._expect import expect, expect_number, expect_positive, expect_whole
from smearjax.evaluate import Interval, auc, bootstrap_interval
from smearjax.interpret.batches import Score, in_batches, of_jets, split
from smearjax.interpret.robustness.descent import beginning, better, farthest_push
from smearjax.jets.container import Jets
from smearjax.networks import JetNetwork


@dataclass(frozen=True)
class AttackCurve:
    """AUC when every jet is moved to look like the other class.

    Source: smearjax's own definition; see `attack_curve`.

    Attributes:
        budget: (B,) transport cost in GeV that a jet may be moved by.
        scores: (B, N) of the moved jets, in units of the score.
        auc: B intervals, dimensionless.
    """

    budget: Float[np.ndarray, " B"]
    scores: Float[np.ndarray, "B N"]
    auc: tuple[Interval, ...]


def attack_curve(
    score: JetNetwork | Score,
    jets: Jets,
    budgets: Sequence[float],
    *,
    pt_ref: float,
    copies: int = 1,
    reach: float = 0.4,
    steps: int = 50,
    seed: int = 0,
    progress: bool = False,
) -> AttackCurve:
    r"""AUC after each jet was moved, within a budget, as far as possible against its label.

    Quark jets (label 1) are moved to where their score is least, gluon jets to where it is largest,
    by projected gradients over displacements Δp̂ with pT_ref Σ_i z_i |Δp̂_i| ≤ budget, all momenta
    kept. Each budget is searched twice, from where the particles are and from where the next
    smaller budget brought them. What is found is an upper bound on the AUC that the best adversary
    leaves.

    Source: transport costs as in arXiv:1902.02346; smearjax's own definition.

    Args:
        score: a `JetNetwork`, or a function of N jets (under JAX transformations) to (N,) scores.
        jets: N labelled jets; pT in GeV.
        budgets: B budgets in GeV, at least 0.
        pt_ref: energy by which costs are multiplied, GeV.
        copies: parts into which each particle is split before, collinearly.
        reach: farthest that a particle goes, radians.
        steps: gradient steps of each search.
        seed: of the random places where copies start, and of the bootstrap.
        progress: show a bar over the jets.

    Returns:
        `AttackCurve`.

    Raises:
        ValueError: arguments of the wrong kind or out of range, jets without labels.
        JetsError: the network needs pid and the jets have none.

    >>> from smearjax.jets import load_jets
    >>> def narrow(jets):
    ...     return -(jets.pt * jets.y**2).sum(axis=1)
    >>> curve = attack_curve(narrow, load_jets("sample")[::40], [0.0, 20.0], pt_ref=500.0, steps=5)
    >>> curve.auc[1].value < curve.auc[0].value
    True
    """
    expect("jets", jets, Jets, "Jets, from load_jets(...) or Jets(pt, y, phi)")
    if jets.label is None:
        raise ValueError("the jets have no labels, which say against what to move them")
    expect_positive("pt_ref", pt_ref, "GeV")
    expect_number("reach", reach, 0, np.pi, "between 0 and π radians")
    for name, number in (("copies", copies), ("steps", steps)):
        expect_whole(name, number, least=1)
    budget = np.asarray(budgets, np.float64)
    if budget.ndim != 1 or not (np.isfinite(budget) & (budget >= 0)).all():
        raise ValueError(f"budgets must be a list of energies of at least 0 GeV; got {budgets!r}")
    function, label = of_jets(score, jets), np.asarray(jets.label)
    scores = np.zeros((len(budget), len(jets)))
    energy, far = jnp.float32(pt_ref), jnp.float32(reach)
    key = jax.random.key(seed)
    with tqdm(total=len(jets), desc="attack", disable=not progress) as bar:
        for rows, before in in_batches(jets):
            some = split(before, copies)
            against = np.where(label[rows] == 1, -1.0, 1.0).astype(np.float32)
            towards = jnp.asarray(np.resize(against, len(before)))
            begin = farther = beginning(some, 0, key)
            for place in np.argsort(budget):
                asked = (towards, jnp.float32(budget[place]), energy, far)
                found = (farthest_push(function, some, *asked, x, steps) for x in (begin, farther))
                best = better(*found)
                farther = best.move
                scores[place, rows] = np.asarray(towards * best.margin)[: len(rows)]
            bar.update(len(rows))
    weight = None if jets.weight is None else np.asarray(jets.weight)
    areas = (bootstrap_interval(auc, one, label, weight=weight, seed=seed) for one in scores)
    return AttackCurve(budget, scores, tuple(areas))

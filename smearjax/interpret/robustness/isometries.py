"""What turning and mirroring a jet does to a classifier: an attack that costs nothing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from tqdm import tqdm

from smearjax._expect import expect, expect_number, expect_whole
from smearjax.evaluate import Interval, auc, bootstrap_interval
from smearjax.interpret.batches import in_batches, of_jets
from smearjax.interpret.robustness.descent import Score
from smearjax.jets.container import Jets
from smearjax.jets.transforms import center
from smearjax.networks import JetNetwork


@dataclass(frozen=True)
class IsometryAttack:
    """A classifier when every jet is turned or mirrored to look like the other class.

    Source: smearjax's own definition; see `isometry_attack`.

    Attributes:
        lowest: (N,) least score of each jet's images, in units of the score.
        highest: (N,) largest one.
        before: AUC of the jets as they are, dimensionless.
        auc: AUC with the least score of quark jets and the largest of gluon jets.
        flipped: share of the (weighted) jets with images on both sides of the threshold.
    """

    lowest: Float[np.ndarray, " N"]
    highest: Float[np.ndarray, " N"]
    before: Interval
    auc: Interval
    flipped: Interval


def isometry_attack(
    score: JetNetwork | Score,
    jets: Jets,
    threshold: float = 0.0,
    *,
    turns: int = 16,
    seed: int = 0,
    progress: bool = False,
) -> IsometryAttack:
    r"""What rotations and reflections about the pT centroid do to a classifier.

    p̂_i → c + R (p̂_i − c),   R ∈ {rotations by 2πk/K} × {1, reflection},   k = 0 … K − 1

    All angles between particles stay, so that the spectral energy mover's distance to the jet
    before is 0 and no budget in GeV forbids it. What changes the score is no scale of the jet: a
    classifier that has learned the symmetry of jets keeps its AUC. Source: the isometries to which
    the metric of arXiv:2305.03751 is blind; the attack is smearjax's own definition.

    Args:
        score: a `JetNetwork`, or a function of N jets (under JAX transformations) to (N,) scores.
        jets: N labelled jets; y and φ in radians.
        threshold: of the decision, in units of the score.
        turns: K, the number of rotations.
        seed: of the bootstrap.
        progress: show a bar over the jets.

    Returns:
        `IsometryAttack`.

    Raises:
        ValueError: arguments of the wrong kind or out of range, jets without labels.
        JetsError: the network needs pid and the jets have none.

    >>> from smearjax.jets import load_jets
    >>> def round_width(jets):
    ...     about = center(jets)
    ...     return -(jets.pt * (about.y**2 + about.phi**2)).sum(axis=1)
    >>> found = isometry_attack(round_width, load_jets("sample")[::40], threshold=-3.0)
    >>> found.flipped.value, abs(found.auc.value - found.before.value) < 1e-6
    (0.0, True)
    """
    expect("jets", jets, Jets, "Jets, from load_jets(...) or Jets(pt, y, phi)")
    if jets.label is None:
        raise ValueError("the jets have no labels, which say against what to turn them")
    expect_number("threshold", threshold, -np.inf, np.inf, "a finite number")
    expect_whole("turns", turns, least=1)
    function, label = of_jets(score, jets), np.asarray(jets.label)
    first, lowest, highest = (np.zeros(len(jets)) for _ in range(3))
    with tqdm(total=len(jets), desc="isometries", disable=not progress) as bar:
        for rows, batch in in_batches(jets):
            scores = np.asarray(_of_images(function, batch, turns))[:, : len(rows)]
            first[rows], lowest[rows], highest[rows] = scores[0], scores.min(0), scores.max(0)
            bar.update(len(rows))
    weight = None if jets.weight is None else np.asarray(jets.weight)
    interval = partial(bootstrap_interval, weight=weight, seed=seed)
    both_sides = ((lowest <= threshold) & (highest > threshold)).astype(float)
    return IsometryAttack(
        lowest,
        highest,
        before=interval(auc, first, label),
        auc=interval(auc, np.where(label == 1, lowest, highest), label),
        flipped=interval(_mean, both_sides),
    )


@eqx.filter_jit
def _of_images(score: Score, jets: Jets, turns: int) -> Float[Array, "I N"]:
    """Scores of all images of each jet, first of the jet itself."""
    about = center(jets)

    def of_one(image: tuple[Array, Array]) -> Float[Array, " N"]:
        angle, sign = image
        cosine, sine = jnp.cos(angle), jnp.sin(angle)
        y = cosine * about.y - sign * sine * about.phi
        phi = sine * about.y + sign * cosine * about.phi
        places = (jets.y - about.y + y, jets.phi - about.phi + phi)
        return score(eqx.tree_at(lambda j: (j.y, j.phi), jets, places))

    angles = 2 * np.pi * np.arange(turns, dtype=np.float32) / turns
    signs = np.repeat(np.array([1, -1], np.float32), turns)
    return jax.lax.map(of_one, (jnp.asarray(np.tile(angles, 2)), jnp.asarray(signs)))


def _mean(values: np.ndarray, weight: np.ndarray) -> float:
    return float(np.average(values, weights=weight))

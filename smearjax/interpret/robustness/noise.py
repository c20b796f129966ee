"""Jets as an imperfect detector or an unwanted neighbour would show them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import jax
import numpy as np
from jaxtyping import Float
from tqdm import tqdm

from smearjax._expect import expect, expect_positive
from smearjax.evaluate import Interval, auc, bootstrap_interval, weighted_median
from smearjax.interpret.batches import Score, in_batches, scores_of
from smearjax.jets.arrays import HostOrDevice
from smearjax.jets.container import Jets
from smearjax.jets.transforms import center
from smearjax.metric import semd_distance, spectral_function
from smearjax.networks import JetNetwork

# Radius about the pT centroid, in radians, within which soft particles are added, and their mean
# pT in GeV.
_RADIUS, _SOFT_PT = 0.4, 1.0

Noise = Callable[[Jets, float, np.random.Generator], Jets]


def smear_pt(jets: Jets, strength: float, rng: np.random.Generator) -> Jets:
    """Every pT times a log-normal factor whose logarithm has this standard deviation."""
    factor = np.exp(strength * rng.normal(size=jets.pt.shape))
    return jets.replace(pt=_like(jets, jets.pt * factor), mask=jets.mask)


def smear_angles(jets: Jets, strength: float, rng: np.random.Generator) -> Jets:
    """Every y and φ moved by a normal number of this standard deviation, in radians."""
    moves = strength * rng.normal(size=(2, *jets.pt.shape))
    return jets.replace(y=_like(jets, jets.y + moves[0]), phi=_like(jets, jets.phi + moves[1]))


def lose_soft(jets: Jets, strength: float, rng: np.random.Generator) -> Jets:
    """Every particle but the hardest is lost with probability exp(−pT/strength [GeV])."""
    lost = rng.uniform(size=jets.pt.shape) < np.exp(-jets.pt / strength)
    lost[np.arange(len(jets)), np.argmax(jets.pt, axis=1)] = False
    return jets.replace(pt=np.where(lost, _like(jets, 0.0), jets.pt), mask=jets.mask & ~lost)


def add_soft(jets: Jets, strength: float, rng: np.random.Generator) -> Jets:
    """On average so many particles more, of 1 GeV on average, even over a disc of .4 radians."""
    number = rng.poisson(strength, len(jets))
    there = np.arange(number.max(initial=0)) < number[:, None]
    pt = np.where(there, rng.exponential(_SOFT_PT, there.shape), 0.0)
    radius = _RADIUS * np.sqrt(rng.uniform(size=there.shape))
    turn = rng.uniform(0, 2 * np.pi, there.shape)
    hardest, centred = np.argmax(jets.pt, axis=1)[:, None], center(jets)
    y, phi = (
        np.take_along_axis(given - about, hardest, axis=1) + radius * direction
        for given, about, direction in (
            (jets.y, centred.y, np.cos(turn)),
            (jets.phi, centred.phi, np.sin(turn)),
        )
    )
    columns = zip((jets.pt, jets.y, jets.phi), (pt, y, phi), strict=True)
    wide = (np.concatenate([old, _like(jets, new)], axis=1) for old, new in columns)
    mask = np.concatenate([jets.mask, there], axis=1)
    return Jets(*wide, mask=mask, label=jets.label, weight=jets.weight)


def _like(jets: Jets, values: HostOrDevice | float) -> np.ndarray:
    """In the precision of the jets."""
    return np.asarray(values, jets.pt.dtype)


NOISES: dict[str, Noise] = {
    "pt": smear_pt,
    "angles": smear_angles,
    "lost": lose_soft,
    "added": add_soft,
}
"""Kinds of noise by name; the strength is a fraction, radians, GeV and a number."""


@dataclass(frozen=True)
class NoiseCurve:
    """AUC of jets with noise.

    Source: smearjax's own definition; see `noise_curve`.

    Attributes:
        strength: (S,) of the noise, in the units of its kind.
        moved: S intervals of the median SEMD distance in GeV from a jet to itself with noise.
        auc: S intervals, dimensionless.
    """

    strength: Float[np.ndarray, " S"]
    moved: tuple[Interval, ...]
    auc: tuple[Interval, ...]


def noise_curve(
    score: JetNetwork | Score,
    jets: Jets,
    kind: str,
    strengths: Sequence[float],
    *,
    pt_ref: float,
    seed: int = 0,
    progress: bool = False,
) -> NoiseCurve:
    r"""AUC of a classifier on jets with noise, against the distance in GeV that the noise moves.

    "pt": every momentum times a log-normal factor, strength its logarithm's standard deviation;
    "angles": every y and φ moved by a normal number, strength in radians; "lost": a particle, the
    hardest excepted, is lost with probability exp(−pT/strength), strength in GeV; "added": a
    Poisson number of particles of exponential pT around 1 GeV, even over a disc of .4 radians,
    strength their mean number. The distance is pT_ref √SEMD_{β=1}, so that kinds of noise lie on
    one axis. Source: smearjax's own definition.

    Args:
        score: a `JetNetwork`, or a function of N jets to (N,) scores.
        jets: N labelled jets; pT in GeV.
        kind: "pt", "angles", "lost" or "added".
        strengths: S positive numbers.
        pt_ref: GeV.
        seed: of the noise, and of the bootstrap.
        progress: show a bar over the strengths.

    Returns:
        `NoiseCurve`.

    Raises:
        ValueError: arguments of the wrong kind or out of range; jets without labels, or with
            negative weights, which have no median; particles added for a network that needs pid.

    >>> from smearjax.jets import load_jets
    >>> def narrow(jets):
    ...     return -(jets.pt * jets.y**2).sum(axis=1)
    >>> curve = noise_curve(narrow, load_jets("sample")[::40], "angles", [0.01], pt_ref=500.0)
    >>> print(curve.moved[0])
    3.44 +0.15 -0.34 (68%, bias -0.12)
    """
    expect("jets", jets, Jets, "Jets, from load_jets(...) or Jets(pt, y, phi)")
    if jets.label is None:
        raise ValueError("the jets have no labels, which the AUC needs")
    if kind not in NOISES:
        raise ValueError(f"kind must be one of {', '.join(NOISES)}; got {kind!r}")
    expect_positive("pt_ref", pt_ref, "GeV")
    strength = np.asarray(strengths, np.float64)
    if strength.ndim != 1 or not (np.isfinite(strength) & (strength > 0)).all():
        raise ValueError(f"strengths must be a list of positive numbers; got {strengths!r}")
    label, areas, moves = np.asarray(jets.label), [], []
    weight = None if jets.weight is None else np.asarray(jets.weight)
    host = jax.tree.map(np.asarray, jets)
    for level in tqdm(strength, desc=kind, disable=not progress):
        noisy = NOISES[kind](host, float(level), np.random.default_rng(seed))
        values, apart = scores_of(score, noisy), _distances(host, noisy, pt_ref)
        areas.append(bootstrap_interval(auc, values, label, weight=weight, seed=seed))
        moves.append(bootstrap_interval(weighted_median, apart, weight=weight, seed=seed))
    return NoiseCurve(strength, tuple(moves), tuple(areas))


def _distances(jets: Jets, noisy: Jets, pt_ref: float) -> Float[np.ndarray, " N"]:
    """How far each noisy jet is from the jet that it was."""
    apart = np.zeros(len(jets))
    for rows, batch in in_batches(noisy):
        before = spectral_function(jets[np.resize(rows, len(batch))])
        distance = semd_distance(before, spectral_function(batch), pt_ref)
        apart[rows] = np.asarray(distance)[: len(rows)]
    return apart

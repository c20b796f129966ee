"""FastJet on the particles of each jet: the one way to it for padded jets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from tqdm import tqdm

from smearjax._numerics import wrap_phi
from smearjax.jets.container import Jets

_MOMENTUM = ("px", "py", "pz", "E")

_CHUNK = 2000
"""Jets in FastJet's memory at a time, and in a step of the progress bar."""


def import_fastjet() -> Any:
    """FastJet, or an ImportError that says the way out."""
    try:
        import awkward  # noqa: F401  (what FastJet's arrays are)
        import fastjet
    except ImportError as error:
        raise ImportError(
            f"clustering particles needs FastJet ({error}): pip install 'smearjax[pythia]'"
        ) from error
    return fastjet


def particles(jets: Jets, rows: slice) -> tuple[Float[np.ndarray, "4 P"], Int[np.ndarray, " K"]]:
    """Massless four-momenta of the particles with pt > 0 of some jets, and how many each has."""
    pt, y, phi = (np.asarray(a[rows], np.float64) for a in (jets.pt, jets.y, jets.phi))
    there = pt > 0
    pt, y, phi = pt[there], y[there], phi[there]
    momenta = (pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(y), pt * np.cosh(y))
    return np.stack(momenta), there.sum(axis=1)


def clustered(
    jets: Jets, definition: Callable[[Any], Any], *, progress: bool = False
) -> Iterator[Any]:
    """FastJet's cluster sequences of some following jets at a time, each jet by itself.

    `definition(fastjet)` says how; particles of pt 0 are out. Arguments are taken to be good.
    """
    fastjet = import_fastjet()
    chosen = definition(fastjet)
    with tqdm(total=len(jets), desc="clustering", disable=not progress) as bar:
        for start in range(0, len(jets), _CHUNK):
            rows = slice(start, start + _CHUNK)
            momenta, counts = particles(jets, rows)
            yield fastjet.ClusterSequence(_events(momenta, counts), chosen)
            bar.update(len(counts))


def flat_momenta(records: Any) -> tuple[Float[np.ndarray, "4 P"], Int[np.ndarray, " K"]]:
    """Px, py, pz, E of all of FastJet's records, one jet's after the other, and how many each."""
    import awkward

    flat = awkward.flatten(records)
    momenta = np.stack([flat[name].to_numpy() for name in _MOMENTUM])
    return momenta, awkward.num(records).to_numpy()


def directions(momenta: Float[np.ndarray, "4 P"]) -> Float[np.ndarray, "3 P"]:
    """Pt, rapidity and φ in (−π, π] of four-momenta."""
    px, py, pz, energy = momenta
    pt2 = px**2 + py**2
    # As FastJet does: no cancellation at large |y|, a square of the mass below 0 is rounding.
    mass2 = np.maximum((energy + pz) * (energy - pz) - pt2, 0.0)
    y = np.copysign(np.log((energy + np.abs(pz)) / np.sqrt(pt2 + mass2)), pz)
    return np.stack([np.sqrt(pt2), y, np.arctan2(py, px)])


def winner_take_all_axis(jets: Jets) -> Float[np.ndarray, "N 2"]:
    """Rapidity and φ (radians) of the particle whose direction each jet keeps, (N, 2) float64.

    Cambridge/Aachen merges all particles of a jet, each pair taking the direction of the harder of
    the two (FastJet's WTA_pt_scheme).
    """

    def definition(fastjet: Any) -> Any:
        scheme = fastjet.WTA_pt_scheme
        return fastjet.JetDefinition(fastjet.cambridge_algorithm, 1e3, scheme)

    chunks = (sequences.inclusive_jets() for sequences in clustered(jets, definition))
    near = [directions(flat_momenta(whole)[0])[1:] for whole in chunks]
    pt, y, phi = (np.asarray(column, np.float64) for column in (jets.pt, jets.y, jets.phi))
    # The particle itself, from which four-momenta and back have taken digits.
    axis_y, axis_phi = np.concatenate(near, axis=1)[:, :, None]
    distance = np.where(pt > 0, np.hypot(y - axis_y, wrap_phi(phi - axis_phi)), np.inf)
    which = distance.argmin(axis=1)[:, None]
    return np.concatenate([np.take_along_axis(column, which, axis=1) for column in (y, phi)], 1)


def _events(momenta: Float[np.ndarray, "4 P"], counts: Int[np.ndarray, " K"]) -> Any:
    """The particles as FastJet takes many events at once."""
    import awkward

    columns = dict(zip(_MOMENTUM, momenta, strict=True))
    return awkward.unflatten(awkward.Array(columns, with_name="Momentum4D"), counts)

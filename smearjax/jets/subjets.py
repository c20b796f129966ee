"""Jets seen at an angular resolution: their particles clustered again into subjets."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from jaxtyping import Float

from smearjax._expect import expect, expect_number
from smearjax.jets.clustering import clustered, directions, flat_momenta
from smearjax.jets.container import Jets
from smearjax.jets.ragged import Columns

Algorithm = Literal["cambridge", "kt", "antikt"]

_ALGORITHMS = {
    "cambridge": "cambridge_algorithm",
    "kt": "kt_algorithm",
    "antikt": "antikt_algorithm",
}
"""FastJet's name of each."""


def subjets(
    jets: Jets, radius: float, *, algorithm: Algorithm = "cambridge", progress: bool = False
) -> Jets:
    r"""The jets with their particles clustered into subjets of radius r, which take their place.

    Every jet is clustered by itself with FastJet, inclusively: the pair with the smallest
    $d_{ij} = \min(p_{Ti}^{2p}, p_{Tj}^{2p})\, \Delta R_{ij}^2 / r^2$ is merged until for all that
    is left the beam's distance $d_{iB} = p_{Ti}^{2p}$ is smaller; p = 0 for Cambridge/Aachen, 1 for
    kT, −1 for anti-kT. Merged four-momenta are added (E-scheme), particles being massless. For
    r → 0 the particles come back, but for those of one direction, and a large r makes one subjet
    with the jet's momentum. Source: the inputs of Jet Flow Networks (arXiv:2305.08979).

    `Jets` hold massless constituents: of a subjet they keep pT, y and φ of the four-momentum and
    lose its mass. Angles between subjets are exact; the jet's mass or energy found from them is
    not, nor are subjets of subjets those of the particles. The scalar sum of pT falls with r, since
    momenta are added as vectors.

    About 25,000 jets of 45 particles a second on one core.

    Args:
        jets: N jets; particles with pt = 0 are left out.
        radius: r in radians (of ΔR), from 1e-12, below which directions are rounding, to 1000.
        algorithm: "cambridge" (Cambridge/Aachen), "kt" or "antikt".
        progress: show a bar over the jets.

    Returns:
        N jets on the host, in the given order and float type, subjets in falling pt (GeV), φ in
        (−π, π]; labels and weights kept, pid dropped.

    Raises:
        ValueError: `jets` are no Jets, a radius out of range, no such algorithm.
        ImportError: FastJet is missing (pip install 'smearjax[pythia]').

    Example:
        >>> from smearjax.jets import load_jets
        >>> subjets(load_jets("sample"), -0.1)
        Traceback (most recent call last):
        ...
        ValueError: radius must be a number of radians between 1e-12 and 1000; got -0.1
    """
    expect("jets", jets, Jets, "Jets, from load_jets(...) or Jets(pt, y, phi)")
    expect_number("radius", radius, 1e-12, 1e3, "a number of radians between 1e-12 and 1000")
    if algorithm not in list(_ALGORITHMS):
        raise ValueError(f"algorithm is {algorithm!r}; expected cambridge, kt or antikt")

    def definition(fastjet: Any) -> Any:
        return fastjet.JetDefinition(getattr(fastjet, _ALGORITHMS[algorithm]), float(radius))

    counts, parts = [], []
    for sequences in clustered(jets, definition, progress=progress):
        merged, found = flat_momenta(sequences.inclusive_jets())
        counts.append(found)
        parts.append(_ordered(merged, found))
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    offsets = np.concatenate([[0], np.cumsum(np.concatenate(counts))])
    dtype = np.asarray(jets.pt).dtype
    typed = {name: column.astype(dtype) for name, column in columns.items()}
    return Jets.from_flat(**typed, offsets=offsets, label=jets.label, weight=jets.weight)


def _ordered(momenta: Float[np.ndarray, "4 P"], counts: np.ndarray) -> Columns:
    """Pt, y and φ of the subjets, those of each jet in falling pt."""
    pt, y, phi = directions(momenta)
    order = np.lexsort((-pt, np.repeat(np.arange(len(counts)), counts)))
    return {name: column[order] for name, column in (("pt", pt), ("y", y), ("phi", phi))}

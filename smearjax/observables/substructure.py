"""Prongs and splittings of a jet, as FastJet's clustering has them."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float
from tqdm import tqdm

from smearjax._expect import expect, expect_number, expect_whole
from smearjax.jets.clustering import clustered, import_fastjet, particles
from smearjax.jets.container import Jets

# Clusters all particles of a jet into one.
_WIDE = 1e3


def n_subjettiness(jets: Jets, n: int, beta: float = 1.0) -> Float[np.ndarray, " N"]:
    r"""N-subjettiness τ_N = Σ z_i min_k ΔR_{ik}^β, (N,) float64, radian^β (arXiv:1011.2268).

    z_i = pT_i / Σ pT, and the minimum is taken over N axes: those of N exclusive kT subjets with
    winner-take-all recombination (FastJet contrib's `WTA_KT_Axes`; nothing is minimised). Small if
    the jet has N prongs or fewer; ratios τ_N/τ_{N−1} tell prongs apart. 0 where there are no more
    than N particles. About 50,000 jets a second.

    Args:
        jets: N jets; particles with pt = 0 are left out.
        n: number of axes.
        beta: power β > 0 of the angles.

    Raises:
        ValueError: `jets` are no Jets, n below 1, beta not positive.
        ImportError: FastJet is missing (pip install 'smearjax[pythia]').

    >>> from smearjax.jets import load_jets
    >>> n_subjettiness(load_jets("sample"), n=0)
    Traceback (most recent call last):
    ...
    ValueError: n must be at least 1, a whole number; got 0
    """
    expect("jets", jets, Jets, "Jets, from load_jets(...) or Jets(pt, y, phi)")
    expect_whole("n", n, least=1)
    expect_number("beta", beta, 0, np.inf, "positive and finite")
    values = [np.zeros(0)]
    for sequences in clustered(jets, _cambridge):
        found = sequences.njettiness(
            measure_definition="NormalizedMeasure",
            axes_definition="WTA_KT_Axes",
            njets=[int(n)],
            beta=float(beta),
            R0=1.0,
        )
        values.append(found.to_numpy()[:, 0])
    return np.concatenate(values)


def soft_drop_multiplicity(
    jets: Jets, z_cut: float = 0.007, beta: float = -1.0, *, progress: bool = False
) -> Float[np.ndarray, " N"]:
    r"""Soft-drop multiplicity n_SD, (N,) float64, no unit (iterated soft drop, arXiv:1704.06266).

    The jet is clustered with Cambridge/Aachen and taken apart again along its harder branches;
    counted are the branchings with

    min(pT₁, pT₂) / (pT₁ + pT₂) > z_cut ΔR₁₂^β,   angles in radians (R₀ = 1).

    With β < 0 it is infrared and collinear safe. About 5,000 jets a second.

    Args:
        jets: N jets; particles with pt = 0 are left out.
        z_cut: smallest momentum fraction at one radian, at least 0.
        beta: power of the angle, of either sign.
        progress: show a bar over the jets.

    Raises:
        ValueError: `jets` are no Jets, z_cut negative, beta not finite.
        ImportError: FastJet is missing (pip install 'smearjax[pythia]').

    >>> from smearjax.jets import load_jets
    >>> soft_drop_multiplicity(load_jets("sample"), z_cut=-1.0)
    Traceback (most recent call last):
    ...
    ValueError: z_cut must be a momentum fraction of at least 0; got -1.0
    """
    expect("jets", jets, Jets, "Jets, from load_jets(...) or Jets(pt, y, phi)")
    expect_number("z_cut", z_cut, -1e-300, np.inf, "a momentum fraction of at least 0")
    expect_number("beta", beta, -np.inf, np.inf, "a finite number")
    fastjet = import_fastjet()
    definition = _cambridge(fastjet)
    numbers = np.zeros(len(jets))
    for jet in tqdm(range(len(jets)), desc="soft drop", disable=not progress):
        momenta, _ = particles(jets, slice(jet, jet + 1))
        constituents = [fastjet.PseudoJet(*four) for four in momenta.T.tolist()]
        numbers[jet] = _branchings(fastjet, definition(constituents)[0], z_cut, beta)
    return numbers


def _cambridge(fastjet: Any) -> Any:
    return fastjet.JetDefinition(fastjet.cambridge_algorithm, _WIDE)


def _branchings(fastjet: Any, branch: Any, z_cut: float, beta: float) -> int:
    """Branchings along the harder branches that pass the condition."""
    passed = 0
    harder, softer = fastjet.PseudoJet(), fastjet.PseudoJet()
    while branch.has_parents(harder, softer):
        if harder.pt() < softer.pt():
            harder, softer = softer, harder
        angle = harder.delta_R(softer)
        fraction = softer.pt() / (harder.pt() + softer.pt())
        passed += bool(angle > 0 and fraction > z_cut * angle**beta)
        branch = fastjet.PseudoJet(harder)
    return passed

"""Slow and obviously right: the definitions of the spectral metric in plain numpy float64.

A jet here is three arrays (pt, y, phi) of its real particles, nothing padded. Written from the
definitions alone (arXiv:2305.03751, arXiv:2410.05379 eq. 2.19); shares no code with smearjax.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

OMEGAS = ("delta_r", "angle", "chord", "one_minus_cos")


@dataclass(frozen=True)
class Jet:
    """One jet's real particles."""

    pt: np.ndarray
    y: np.ndarray
    phi: np.ndarray

    def changed(self, **arrays) -> Jet:
        fields = {"pt": self.pt, "y": self.y, "phi": self.phi} | arrays
        return Jet(**{name: np.asarray(value, np.float64) for name, value in fields.items()})


@dataclass(frozen=True)
class Spectrum:
    """Entries of a jet's spectral function, omega falling, the self entry (omega = 0) last."""

    omega: np.ndarray
    weight: np.ndarray

    @property
    def total(self) -> float:
        return math.fsum(self.weight)


def jet(particles) -> Jet:
    """A jet from rows (pt, y, phi)."""
    return Jet(*np.asarray(particles, np.float64).reshape(-1, 3).T)


def padded(jets, width: int, dtype=np.float64) -> dict[str, np.ndarray]:
    """Arrays pt, y, phi, mask (N, width) of a list of jets."""
    arrays = {name: np.zeros((len(jets), width), dtype) for name in ("pt", "y", "phi")}
    mask = np.zeros((len(jets), width), bool)
    for i, one in enumerate(jets):
        n = len(one.pt)
        mask[i, :n] = True
        for name in arrays:
            arrays[name][i, :n] = getattr(one, name)
    return arrays | {"mask": mask}


def direction(y: float, phi: float) -> np.ndarray:
    """Unit vector of a massless particle, in extended precision: neighbours nearly cancel."""
    rapidity, azimuth = np.longdouble(y), np.longdouble(phi)
    return np.array([np.cos(azimuth), np.sin(azimuth), np.sinh(rapidity)]) / np.cosh(rapidity)


def separation(one: Jet, i: int, j: int, omega: str) -> float:
    """The angle ω_ij of two particles in any of the four conventions."""
    if omega == "delta_r":
        return math.hypot(one.y[i] - one.y[j], math.remainder(one.phi[i] - one.phi[j], math.tau))
    a, b = direction(one.y[i], one.phi[i]), direction(one.y[j], one.phi[j])
    chord = np.sqrt(np.sum((a - b) ** 2))
    if omega == "chord":
        return float(chord)
    if omega == "one_minus_cos":
        return float(chord / np.sqrt(np.longdouble(2)))
    return float(np.arctan2(np.sqrt(np.sum(np.cross(a, b) ** 2)), np.dot(a, b)))


def energies(one: Jet, omega: str, normalize: bool = True) -> np.ndarray:
    """What the spectral function weights with: pt beside ΔR, the energy beside true angles."""
    e = one.pt if omega == "delta_r" else one.pt * np.cosh(one.y)
    return e / math.fsum(e) if normalize else e


def spectrum(one: Jet, omega: str = "delta_r", normalize: bool = True) -> Spectrum:
    """s(ω) = Σ_i E_i² δ(ω) + Σ_{i<j} 2 E_i E_j δ(ω − ω_ij), by double loop."""
    e = energies(one, omega, normalize)
    entries = [
        (separation(one, i, j, omega), 2 * e[i] * e[j]) for i in range(len(e)) for j in range(i)
    ]
    entries.sort(reverse=True)
    entries.append((0.0, math.fsum(e**2)))
    omegas, weights = np.array(entries, np.float64).T
    return Spectrum(omegas, weights)


def quantile_pieces(a: Spectrum, b: Spectrum):
    """Walk both step functions from the largest ω down: (width, entry of a, entry of b)."""
    i = j = 0
    left_a, left_b = a.weight[0], b.weight[0]
    while i < len(a.weight) and j < len(b.weight):
        width = min(left_a, left_b)
        yield width, i, j
        left_a, left_b = left_a - width, left_b - width
        if left_a <= 0:
            i += 1
            left_a = a.weight[i] if i < len(a.weight) else 0.0
        if left_b <= 0:
            j += 1
            left_b = b.weight[j] if j < len(b.weight) else 0.0


def semd(a: Spectrum, b: Spectrum, p: float = 2, beta: float = 1) -> float:
    """∫ dS |q_A^β − q_B^β|^p, by merging the two quantile functions."""
    pieces = quantile_pieces(a, b)
    return math.fsum(
        w * abs(a.omega[i] ** beta - b.omega[j] ** beta) ** p for w, i, j in pieces if w > 0
    )


def cumulated(s: Spectrum) -> tuple[np.ndarray, np.ndarray]:
    """S⁻, S⁺ of each entry, cumulated from ω = 0 up as the papers do."""
    upper = np.cumsum(s.weight[::-1])[::-1]
    return upper - s.weight, upper


def overlap(a: Spectrum, b: Spectrum) -> np.ndarray:
    """max(0, min(S⁺_n, S⁺_l) − max(S⁻_n, S⁻_l)) as a dense matrix."""
    (lo_a, hi_a), (lo_b, hi_b) = cumulated(a), cumulated(b)
    width = np.minimum(hi_a[:, None], hi_b) - np.maximum(lo_a[:, None], lo_b)
    return np.maximum(width, 0)


def semd_closed_form(a: Spectrum, b: Spectrum, beta: float = 1) -> float:
    """arXiv:2410.05379 eq. 2.19 with ω^β, all n × l terms."""
    qa, qb = a.omega**beta, b.omega**beta
    return float(a.weight @ qa**2 + b.weight @ qb**2 - 2 * qa @ overlap(a, b) @ qb)


def spread(a: Spectrum, b: Spectrum, p: float = 2, beta: float = 1) -> float:
    """Σ w ω^{pβ} of both jets: the size of the terms that a distance is the difference of."""
    return float(a.weight @ a.omega ** (p * beta) + b.weight @ b.omega ** (p * beta))


def gap_to_tie(a: Spectrum, b: Spectrum) -> float:
    """Smallest gap between ω's of one jet, cumulated weights of both, quantiles that meet."""
    gaps = [np.min(-np.diff(s.omega), initial=np.inf) for s in (a, b)]
    s_a, s_b = (np.cumsum(s.weight)[:-1] / s.total for s in (a, b))
    gaps.append(np.min(np.abs(s_a[:, None] - s_b), initial=np.inf))
    meeting = [(a.omega[i], b.omega[j]) for _, i, j in quantile_pieces(a, b)]
    gaps += [abs(x - y) for x, y in meeting if max(x, y) > 0]
    return float(min(gaps))


def mass_squared(one: Jet) -> float:
    """(Σ E_i)² − |Σ p_i|² of massless particles."""
    pt, y, phi = (np.asarray(v, np.longdouble) for v in (one.pt, one.y, one.phi))
    p = np.array([(pt * np.cos(phi)).sum(), (pt * np.sin(phi)).sum(), (pt * np.sinh(y)).sum()])
    return float((pt * np.cosh(y)).sum() ** 2 - np.sum(p**2))


def ring_distance_squared(s: Spectrum) -> tuple[float, float]:
    """Squared distance to the best uniform ring and its radius."""
    lo, hi = cumulated(s)
    radius = 2 / np.pi * (s.omega @ (np.cos(np.pi * lo / 2) - np.cos(np.pi * hi / 2)))
    return float(s.weight @ s.omega**2 - 2 * radius**2), float(radius)


def line_distance_squared(s: Spectrum) -> tuple[float, float]:
    """Squared distance to the best uniform line segment and its length."""
    lo, hi = np.clip(cumulated(s), 0, 1)
    length = 6 * (s.omega @ (s.weight + 2 / 3 * ((1 - hi) ** 1.5 - (1 - lo) ** 1.5)))
    return float(s.weight @ s.omega**2 - length**2 / 6), float(length)


def transport_squared(a: Jet, b: Jet) -> float:
    """Squared 2-Wasserstein distance of the normalised jets with ground distance ΔR (POT)."""
    import ot

    phi = np.remainder(a.phi[:, None] - b.phi + math.pi, math.tau) - math.pi
    cost = (a.y[:, None] - b.y) ** 2 + phi**2
    return float(ot.emd2(energies(a, "delta_r"), energies(b, "delta_r"), cost))


def embed(s: Spectrum, cells: int, power: float, modes: int, beta: float = 1):
    """Coefficients (cells, modes) of q^β in Legendre polynomials on each cell, and the residual.

    Cells are those of U = 1 − S with edges (k/T)^power; one mode is the cell mean times √width.
    For a spectrum of total weight 1. The residual is summed piece by piece from (q − projection)²
    with Gauss-Legendre nodes, exact for polynomials, since ‖q‖² − ‖e‖² cancels.
    """
    edges = (np.arange(cells + 1) / cells) ** power
    grid = Spectrum(np.arange(cells, dtype=float), np.diff(edges))
    width, entry, cell = (np.array(v) for v in zip(*quantile_pieces(s, grid), strict=True))
    q, size = (s.omega**beta)[entry], np.diff(edges)[cell]
    nodes, node_weight = np.polynomial.legendre.leggauss(modes)
    middle = np.cumsum(width) - width / 2
    x = (
        2 * (middle[:, None] + width[:, None] / 2 * nodes - edges[cell][:, None]) / size[:, None]
        - 1
    )
    # Orthonormal on the cell, and the weights of the integral over a piece.
    basis = np.polynomial.legendre.legvander(x, modes - 1)
    basis *= np.sqrt((2 * np.arange(modes) + 1) / size[:, None, None])
    measure = width[:, None] / 2 * node_weight
    inner = np.einsum("pn,pnm->pm", measure * q[:, None], basis)
    coefficients = np.zeros((cells, modes))
    np.add.at(coefficients, cell, inner)
    rest = q[:, None] - np.einsum("pnm,pm->pn", basis, coefficients[cell])
    return coefficients, math.sqrt(math.fsum((measure * rest**2).ravel()))


def spectrum_fast(one: Jet) -> Spectrum:
    """`spectrum` for ΔR of a normalised jet, vectorised for the tests with thousands of jets."""
    z = one.pt / math.fsum(one.pt)
    i, j = np.triu_indices(len(z), 1)
    dphi = one.phi[i] - one.phi[j]
    omega = np.hypot(one.y[i] - one.y[j], dphi - math.tau * np.round(dphi / math.tau))
    order = np.argsort(-omega)
    weight = np.append((2 * z[i] * z[j])[order], math.fsum(z**2))
    return Spectrum(np.append(omega[order], 0.0), weight)


def semd_fast(a: Spectrum, b: Spectrum, p: float = 2, beta: float = 1) -> float:
    """`semd` by sorting the edges of both step functions together."""
    u_a, u_b = np.cumsum(a.weight), np.cumsum(b.weight)
    edges = np.sort(np.concatenate((u_a, u_b)))
    start = np.concatenate(([0.0], edges[:-1]))
    middle = (start + edges) / 2
    q_a, q_b = (
        np.append(s.omega**beta, 0.0)[np.searchsorted(u, middle)] for s, u in ((a, u_a), (b, u_b))
    )
    return float(np.sum((edges - start) * np.abs(q_a - q_b) ** p))

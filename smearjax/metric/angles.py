"""The angle ω between two particles and the weight E of one: four conventions, one table."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from jaxtyping import Float

from smearjax._numerics import HostOrDevice, namespace, safe_sqrt, wrap_phi

Pairs = Float[HostOrDevice, "... m"]


class Angle(NamedTuple):
    """How one convention measures angles and weighs particles."""

    omega: Callable[[Pairs, Pairs, Pairs, Pairs], Pairs]
    weight: Callable[
        [Float[HostOrDevice, "... n"], Float[HostOrDevice, "... n"]], Float[HostOrDevice, "... n"]
    ]
    formula: str


def _delta_r(y1: Pairs, y2: Pairs, phi1: Pairs, phi2: Pairs) -> Pairs:
    """ΔR = √(Δy² + Δφ²)."""
    dy = y1 - y2
    dphi = wrap_phi(phi1 - phi2)
    return safe_sqrt(dy * dy + dphi * dphi)


def _one_minus_cos(y1: Pairs, y2: Pairs, phi1: Pairs, phi2: Pairs) -> Pairs:
    """1 − cos θ = 2 [sinh²(Δy/2) + sin²(Δφ/2)] / (cosh y₁ cosh y₂), free of cancellation."""
    xp = namespace(y1)
    rapidity = xp.sinh(0.5 * (y1 - y2))
    azimuth = xp.sin(0.5 * wrap_phi(phi1 - phi2))
    return 2.0 * (rapidity**2 + azimuth**2) / (xp.cosh(y1) * xp.cosh(y2))


def _opening_angle(y1: Pairs, y2: Pairs, phi1: Pairs, phi2: Pairs) -> Pairs:
    """θ = 2 atan2(√(1 − cos θ), √(1 + cos θ)), exact at both ends."""
    versine = _one_minus_cos(y1, y2, phi1, phi2)
    near, far = safe_sqrt(versine), safe_sqrt(2.0 - versine)
    return 2.0 * namespace(versine).arctan2(near, far)


def _transverse_momentum(pt: Float[HostOrDevice, "... n"], y: Float[HostOrDevice, "... n"]):
    """E = pT."""
    return pt


def _energy(pt: Float[HostOrDevice, "... n"], y: Float[HostOrDevice, "... n"]):
    """E = pT cosh y of a massless particle."""
    return pt * namespace(y).cosh(y)


ANGLES: dict[str, Angle] = {
    "delta_r": Angle(_delta_r, _transverse_momentum, "ω = ΔR, E = pT"),
    "angle": Angle(_opening_angle, _energy, "ω = θ, E = energy"),
    "chord": Angle(
        lambda *pair: safe_sqrt(2.0 * _one_minus_cos(*pair)),
        _energy,
        "ω² = 2(1 − cos θ), E = energy",
    ),
    "one_minus_cos": Angle(
        lambda *pair: safe_sqrt(_one_minus_cos(*pair)), _energy, "ω² = 1 − cos θ, E = energy"
    ),
}


def angle_convention(name: str) -> Angle:
    """The convention of that name, or a ValueError that lists the names."""
    if name not in ANGLES:
        raise ValueError(f"omega must be one of {', '.join(map(repr, ANGLES))}; got {name!r}")
    return ANGLES[name]

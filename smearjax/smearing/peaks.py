"""Where a curve of information per ln ε peaks, how surely, and whether others agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from smearjax.smearing.information import Information

# A peak must rise above the saddles beside it by this many standard errors.
_SIGMA = 3.0
_AGREEMENT = 1.2
_CURVES = ("minus_dR", "minus_dB")


@dataclass(frozen=True)
class ScalePeak:
    r"""A maximum of −dR/d ln ε or −dB/d ln ε.

    Attributes:
        epsilon: where it is, in GeV; a parabola in ln ε through three points of the grid.
        epsilon_err: standard deviation over the bootstrap replicas, in GeV.
        height: the slope there, dimensionless.
        height_err: its standard error.
        significance: rise above the higher of the saddles beside it, in standard errors.
    """

    epsilon: float
    epsilon_err: float
    height: float
    height_err: float
    significance: float

    @property
    def distance(self) -> float:
        r"""√2 ε in GeV: κ times the distance at which the classes differ."""
        return float(np.sqrt(2) * self.epsilon)

    def __str__(self) -> str:
        return (
            f"ε = {self.epsilon:.3g} ± {self.epsilon_err:.2g} GeV, height {self.height:.3f} ± "
            f"{self.height_err:.3f}, {self.significance:.1f} standard errors above the saddle"
        )


def scale_peaks(info: Information, curve: str = "minus_dB") -> list[ScalePeak]:
    r"""The maxima of −dB/d ln ε or −dR/d ln ε that stand out of the noise, by rising ε.

    A maximum counts if it rises three standard errors above the higher of the two saddles beside
    it (its prominence); the ends of the grid are no maxima. Its error is the scatter of the
    replicas' maxima within the stretch in which the curve stays above half of that rise.

    A single plant at distance ε0 peaks at ε = κ ε0/√2, with κ from `smearjax.planted.kappa`.

    Args:
        info: R(ε), B(ε) on a grid of at least 5 resolutions.
        curve: "minus_dB" or "minus_dR".

    Returns:
        `ScalePeak`s; an empty list says that no scale stands out.

    Raises:
        ValueError: another curve, or fewer than 5 resolutions.

    Source: smearjax's own; prominence as in `scipy.signal.find_peaks`.

    >>> from smearjax import SmearedLikelihood, information
    >>> from smearjax.planted import few_emissions, plant, plant_at
    >>> nuisance = few_emissions(600)
    >>> jets = plant(nuisance, [plant_at(20.0, nuisance, quark=0.8, gluon=0.2)]).jets
    >>> info = information(SmearedLikelihood(jets), np.geomspace(3, 80, 13), replicas=10)
    >>> [peak.distance for peak in scale_peaks(info)]        # κ ε0 = .805 · 20 GeV
    [16.4]
    """
    from scipy.signal import find_peaks  # pulls in scipy.stats, which is slow

    if curve not in _CURVES:
        raise ValueError(f"curve is {curve!r}; expected one of {', '.join(_CURVES)}")
    if len(info.epsilon) < 5:
        raise ValueError(f"info has {len(info.epsilon)} resolutions; peaks need at least 5")
    slope, error = getattr(info, curve), getattr(info, f"{curve}_err")
    known = np.flatnonzero(np.isfinite(slope))
    slope, error, log_epsilon = slope[known], error[known], np.log(info.epsilon[known])
    replicas = getattr(info, f"{curve}_replicas")[:, known]
    tops, found = find_peaks(slope, prominence=0, width=0, rel_height=0.5)
    columns = (tops, found["prominences"], np.floor(found["left_ips"]), np.ceil(found["right_ips"]))
    peaks = []
    for top, rise, begin, end in zip(*(column.tolist() for column in columns), strict=True):
        if rise < _SIGMA * error[top]:
            continue
        within = slice(int(begin), int(end) + 1)
        places = [_summit(log_epsilon, one, within) for one in replicas]
        epsilon = float(np.exp(_summit(log_epsilon, slope, within)))
        peaks.append(
            ScalePeak(
                epsilon,
                epsilon * float(np.std(places, ddof=1)),
                float(slope[top]),
                float(error[top]),
                float(rise / error[top]),
            )
        )
    return peaks


def agreed_scales(infos: Sequence[Information]) -> list[tuple[float, ...]]:
    r"""The scales on which R and B of several data sets agree within 20 %, each with its witnesses.

    What may be claimed as a scale: a peak of −dR/d ln ε of the first data set for which −dB/d ln ε
    and both curves of all other data sets (halves of it, say) have peaks so near that the largest
    ε exceeds the smallest by at most 20 %.

    Args:
        infos: the whole data first, then its parts; one grid each.

    Returns:
        For each scale, ε in GeV of the peaks of −dR and −dB of each data set in turn.

    Raises:
        ValueError: no data set, or as `scale_peaks`.

    Source: smearjax's own rule.

    >>> from smearjax import SmearedLikelihood, information, load_jets
    >>> likelihood = SmearedLikelihood(load_jets("sample")[:300])
    >>> agreed_scales([information(likelihood, np.geomspace(3, 80, 9), replicas=5)])
    []
    """
    if not infos:
        raise ValueError("infos is empty; expected the whole data and its parts")
    curves = [[peak.epsilon for peak in scale_peaks(i, c)] for i in infos for c in _CURVES]
    agreed = []
    for epsilon in curves[0]:
        nearest = [min(c, key=lambda e: abs(np.log(e / epsilon)), default=np.inf) for c in curves]
        if max(nearest) <= _AGREEMENT * min(nearest):
            agreed.append(tuple(nearest))
    return agreed


def _summit(
    log_epsilon: Float[np.ndarray, " E"], slope: Float[np.ndarray, " E"], within: slice
) -> float:
    """Ln ε of the maximum of a stretch: a parabola through it and its neighbours."""
    top = within.start + int(np.argmax(slope[within]))
    if not 0 < top < len(slope) - 1:
        return float(log_epsilon[top])
    left, middle, right = slope[top - 1 : top + 2]
    bend = 2 * middle - left - right
    shift = 0.5 * (right - left) / bend if bend > 0 else 0.0
    step = 0.5 * (log_epsilon[top + 1] - log_epsilon[top - 1])
    return float(log_epsilon[top] + np.clip(shift, -1, 1) * step)

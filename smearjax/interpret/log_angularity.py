"""Is the one function that a network has learned a log angularity?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.optimize import minimize_scalar

from smearjax._expect import expect, expect_whole
from smearjax._numerics import ArrayLike
from smearjax.interpret.latent import latent_filters
from smearjax.jets.container import Jets
from smearjax.jets.transforms import center, normalise
from smearjax.networks import JetNetwork

# Farther outside the radii a c3 is as good as 0 or ∞: a logarithm, or a straight line.
_BEYOND = 10.0
_STEPS = 240


@dataclass(frozen=True)
class LogAngularity:
    r"""A learned Φ(r), and c1 + c2 ln(c3 + r) fitted to it. Angles in radians, the rest unitless.

    Scale and offset of Φ, and with them c1 and c2, are the network's own choice: F undoes any
    a Φ + b. c3, the angle below which Φ stops resolving, is physical.

    Attributes:
        radius: (R,) distances r from the jet's centroid in radians.
        mean: (R,) Φ averaged over the directions at that distance.
        spread: (R,) standard deviation of Φ over these directions.
        share: (R,) share of the jets' pT at about that distance; the weights of the fit.
        c: (3,) fitted c1, c2 and c3.
        c_err: (3,) within which of `c` 68 % of the fits along single directions lie: how far Φ is
            from radial, no statistical error; train with several seeds for that.
        r_squared: share of the pT-weighted variance of `mean` that the fit explains.
        residual: pT-weighted rms of `mean` − fit, relative to the range of `mean`.
        radial: share of the pT-weighted variance of Φ that `mean` explains; 1 if Φ is radial. What
            is linear in p̂ counts against it, though a network of order 1 does not see it: ⟨p̂⟩ = 0.
        at_edge: whether c3 is at the edge of what is searched, and so no angle at all: Φ is a
            logarithm, or straight, or none of them.
    """

    radius: Float[np.ndarray, " R"]
    mean: Float[np.ndarray, " R"]
    spread: Float[np.ndarray, " R"]
    share: Float[np.ndarray, " R"]
    c: Float[np.ndarray, " 3"]
    c_err: Float[np.ndarray, " 3"]
    r_squared: float
    residual: float
    radial: float
    at_edge: bool

    def fitted(self, radius: ArrayLike) -> Float[np.ndarray, " S"]:
        """c1 + c2 ln(c3 + r), (S,), at distances r ≥ 0 in radians.

        Raises nothing. Source: arXiv:2403.08854.

        >>> from smearjax.interpret.log_angularity import LogAngularity
        >>> zero = np.zeros(3)
        >>> fit = LogAngularity(*4 * [zero], np.array([2.0, 3.0, 0.05]), zero, 1.0, 0.0, 1.0, False)
        >>> fit.fitted([0.95])        # ln 1 = 0
        array([2.])
        """
        c1, c2, c3 = self.c
        return c1 + c2 * np.log(c3 + np.atleast_1d(np.asarray(radius, np.float64)))

    def __str__(self) -> str:
        lines = [
            f"Φ(r) = c1 + c2 ln(c3 + r), r from {self.radius[0]:.2g} to {self.radius[-1]:.2g} rad",
            "  ± holds 68 % of the fits along single directions",
        ]
        for name, value, error in zip(("c1", "c2", "c3"), self.c, self.c_err, strict=True):
            note = " rad" if name == "c3" else "    (the network's own gauge)"
            if name == "c3" and self.at_edge:
                note += ", the edge of what is searched: no such angle"
            lines.append(f"  {name} {value:10.4g} ± {error:.2g}{note}")
        lines += [
            f"  R² {self.r_squared:.4f}, rms residual {100 * self.residual:.2g} % of the range,",
            f"  {100 * self.radial:.2f} % of the variance of Φ is radial (all weighted by pT)",
        ]
        return "\n".join(lines)


def fit_log_angularity(
    network: JetNetwork,
    jets: Jets,
    *,
    radii: ArrayLike | None = None,
    directions: int = 64,
) -> LogAngularity:
    r"""Fit c1 + c2 ln(c3 + r) to the one function Φ that a network has learned.

    min_{c} Σ_r w_r (Φ̄(r) − c1 − c2 ln(c3 + r))²

    Φ̄ is the mean of Φ over directions at the distance r from the jet's centroid, w_r the share of
    the jets' pT nearest to r in ln r: how well Φ is known, and matters, where there are particles.
    For every c3 the best c1 and c2 are a straight line's; c3 is searched from a tenth of the
    smallest radius to ten times the largest.

    Args:
        network: one with a single filter, such as ``MomentEFN((100, 100, 1), order=k, key=...)``.
        jets: N jets, pT in GeV, that say where the energy is; their weights count.
        radii: (R,) rising distances in radians, at least 4; by default 48, evenly in ln r between
            the distances that hold 0.1 % and 99.9 % of the pT.
        directions: how many, evenly around.

    Returns:
        `LogAngularity`, c3 in radians.

    Raises:
        ValueError: a network of more than one filter, or of none; radii that are not positive and
            rising, or with pT near fewer than 4 of them; a Φ that is constant; no jets.

    Source: arXiv:2403.08854 for the form; errors and qualities are smearjax's own.

    >>> import jax
    >>> from smearjax import load_jets
    >>> from smearjax.interpret.log_angularity import fit_log_angularity
    >>> from smearjax.networks import MomentEFN
    >>> network = MomentEFN((8, 1), (4,), key=jax.random.key(0))
    >>> found = fit_log_angularity(network, load_jets("sample")[:200])
    >>> found.c.shape, found.mean.shape
    ((3,), (48,))
    """
    expect("jets", jets, Jets, "Jets, from load_jets(...) or Jets(pt, y, phi)")
    expect_whole("directions", directions, least=2)
    distance, energy = _where_the_energy_is(jets)
    radius = _spanning(distance, energy) if radii is None else _rising(radii)
    azimuth = 2 * np.pi * np.arange(directions) / directions
    unit = np.stack([np.cos(azimuth), np.sin(azimuth)], axis=1)
    values = latent_filters(network, (radius[:, None, None] * unit).reshape(-1, 2))
    if values.shape[1] != 1:
        raise ValueError(
            f"network has {values.shape[1]} filters; the fit is of one, such as that of "
            "MomentEFN((100, 100, 1), key=...)"
        )
    phi = values.reshape(len(radius), directions).astype(np.float64)
    share = _shares(radius, distance, energy)
    mean = phi.mean(axis=1)
    if not np.ptp(mean) > 0:
        raise ValueError("network has a constant Φ: it has learned nothing, and nothing is fitted")
    low, high = np.log(radius[0] / _BEYOND), np.log(radius[-1] * _BEYOND)
    grid = np.linspace(low, high, _STEPS)
    c = _fit(radius, mean, share, grid)
    single = np.array([_fit(radius, column, share, grid) for column in phi.T])
    left = np.average((mean - c[0] - c[1] * np.log(c[2] + radius)) ** 2, weights=share)
    variance = np.average((mean - np.average(mean, weights=share)) ** 2, weights=share)
    across = np.average(phi.var(axis=1), weights=share)
    return LogAngularity(
        radius=radius,
        mean=mean,
        spread=phi.std(axis=1),
        share=share,
        c=c,
        c_err=np.quantile(np.abs(single - c), 0.68, axis=0),
        r_squared=float(1 - left / variance),
        residual=float(np.sqrt(left) / np.ptp(mean)),
        radial=float(variance / (variance + across)),
        at_edge=bool(min(np.log(c[2]) - low, high - np.log(c[2])) < grid[1] - grid[0]),
    )


def _where_the_energy_is(jets: Jets) -> tuple[Float[np.ndarray, " P"], Float[np.ndarray, " P"]]:
    """Distance from the centroid and share of pT of every particle, by rising distance."""
    mask = np.asarray(jets.mask)
    weight = np.ones(len(jets)) if jets.weight is None else np.asarray(jets.weight, np.float64)
    if not weight.sum() > 0:
        raise ValueError(
            "jets must be some, with weights of a positive sum, to say where the pT is"
        )
    z = np.asarray(normalise(jets).pt, np.float64)
    centred = center(jets)
    distance = np.hypot(np.asarray(centred.y, np.float64), np.asarray(centred.phi, np.float64))
    order = np.argsort(distance[mask])
    return distance[mask][order], (z * weight[:, None])[mask][order]


def _spanning(
    distance: Float[np.ndarray, " P"], energy: Float[np.ndarray, " P"]
) -> Float[np.ndarray, " R"]:
    """48 radii between which all but 0.2 % of the energy lies."""
    inside = np.cumsum(energy) / energy.sum()
    low, high = distance[np.searchsorted(inside, [0.001, 0.999])]
    if not 0 < low < high:
        raise ValueError("jets have their pT at one distance from the centroid; give radii")
    return np.geomspace(low, high, 48)


def _rising(radii: ArrayLike) -> Float[np.ndarray, " R"]:
    """The radii asked for, float64."""
    radius = np.asarray(radii)
    shaped = radius.ndim == 1 and radius.size >= 4 and radius.dtype.kind in "iuf"
    if not shaped or not radius[0] > 0 or not np.all(np.diff(radius) > 0):
        raise ValueError(f"radii must be at least 4 positive rising radians; got {radii!r}")
    return radius.astype(np.float64)


def _shares(
    radius: Float[np.ndarray, " R"],
    distance: Float[np.ndarray, " P"],
    energy: Float[np.ndarray, " P"],
) -> Float[np.ndarray, " R"]:
    """The share of the energy nearest to each radius in ln r."""
    cell = np.searchsorted(np.sqrt(radius[1:] * radius[:-1]), distance)
    found = np.bincount(cell, energy, len(radius)) / energy.sum()
    if np.count_nonzero(found) < 4:
        raise ValueError("radii must be nearest to pT of the jets at 4 of them; give finer ones")
    return found


def _fit(
    radius: Float[np.ndarray, " R"],
    values: Float[np.ndarray, " R"],
    share: Float[np.ndarray, " R"],
    grid: Float[np.ndarray, " G"],
) -> Float[np.ndarray, " 3"]:
    """c1, c2 and c3 of least squares; the grid is that of ln c3."""

    def line(log_c3: float) -> tuple[float, float, float]:
        """Weighted mean square of the residual, c1, c2."""
        x = np.log(np.exp(log_c3) + radius)
        x_mean, y_mean = share @ x, share @ values
        slope = share @ ((x - x_mean) * (values - y_mean)) / (share @ (x - x_mean) ** 2)
        start = y_mean - slope * x_mean
        return float(share @ (values - start - slope * x) ** 2), float(start), float(slope)

    best = int(np.argmin([line(one)[0] for one in grid]))
    bounds = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    log_c3 = minimize_scalar(
        lambda one: line(one)[0], bounds=bounds, method="bounded", options={"xatol": 1e-9}
    ).x
    return np.array([*line(log_c3)[1:], np.exp(log_c3)])

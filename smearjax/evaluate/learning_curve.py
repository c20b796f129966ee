"""How a figure of merit grows with the number of training jets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from smearjax._expect import expect_whole
from smearjax._numerics import ArrayLike

_ALPHA = (0.02, 2.0)


@dataclass(frozen=True)
class LearningCurve:
    """A fitted power law y = limit − amplitude·N^−α.

    Attributes:
        limit: C, the value at infinitely many jets, in the units of the figure of merit.
        amplitude: A, in the same units; positive where the figure rises.
        alpha: α, dimensionless.
        limit_err: standard error, over draws of the points within their errors.
        alpha_err: likewise.
        chi2: χ² of the fit, dimensionless.
        degrees: points − 3, dimensionless; χ² means nothing where it is 0.
        replicas: (R, 3) limit, amplitude and α of each draw.
    """

    limit: float
    amplitude: float
    alpha: float
    limit_err: float
    alpha_err: float
    chi2: float
    degrees: int
    replicas: Float[np.ndarray, "R 3"]

    def at(self, number: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
        """The curve at N jets and its standard error, (N,) each, in the units of the figure.

        Args:
            number: numbers of training jets, beyond those fitted too.

        Raises nothing. Source: the class.

        >>> curve = learning_curve([1e3, 1e4, 1e5, 1e6], [0.70, 0.80, 0.85, 0.875], [0.001] * 4)
        >>> value, error = curve.at([1e7])
        >>> value.round(3).tolist(), error.round(3).tolist()
        ([0.888], [0.001])
        """
        log = np.log(np.asarray(number, np.float64))
        limit, amplitude, alpha = self.replicas.T
        value = self.limit - self.amplitude * np.exp(-self.alpha * log)
        spread = limit - amplitude * np.exp(-alpha * log[..., None])
        return np.asarray(value), np.asarray(spread.std(axis=-1, ddof=1))

    def __str__(self) -> str:
        return (
            f"C = {self.limit:.4f} ± {self.limit_err:.4f}, α = {self.alpha:.2f} ± "
            f"{self.alpha_err:.2f}, χ² = {self.chi2:.1f} for {self.degrees} degrees of freedom"
        )


def learning_curve(
    number: ArrayLike, value: ArrayLike, error: ArrayLike, *, replicas: int = 200, seed: int = 0
) -> LearningCurve:
    r"""Fit y(N) = C − A·N^−α to a figure of merit at several numbers of training jets.

    For each α the best C and A follow from weighted linear least squares; α is the one of least χ²
    between .02 and 2. Errors are the scatter over draws of the points within their errors; errors
    that all points share, such as that of one test sample, move C as a whole and belong beside it.

    Args:
        number: (k,) numbers of training jets, at least 3 different ones.
        value: (k,) the figure of merit, such as an AUC.
        error: (k,) its standard errors, all positive.
        replicas: draws of the points, at least 2.
        seed: of the draws.

    Returns:
        `LearningCurve`.

    Raises:
        ValueError: fewer than 3 different numbers, shapes that differ, numbers below 1, values or
            errors that are not finite, errors that are not positive.

    Source: smearjax's own fit of the usual power law.

    >>> curve = learning_curve([1e3, 1e4, 1e5, 1e6], [0.70, 0.80, 0.85, 0.875], [0.001] * 4)
    >>> print(curve)
    C = 0.9000 ± 0.0026, α = 0.30 ± 0.01, χ² = 0.0 for 1 degrees of freedom
    """
    number, value, error = (np.asarray(a, np.float64) for a in (number, value, error))
    expect_whole("replicas", replicas, least=2)
    if number.ndim != 1 or not number.shape == value.shape == error.shape:
        raise ValueError(
            f"number, value and error must be lists of one length; got shapes {number.shape}, "
            f"{value.shape} and {error.shape}"
        )
    if len(np.unique(number)) < 3 or not np.all((number >= 1) & np.isfinite(number)):
        raise ValueError(
            f"number must hold at least 3 different numbers of jets from 1 on, got "
            f"{number.tolist()}: train on more sizes"
        )
    if not (np.isfinite(value).all() and np.isfinite(error).all() and (error > 0).all()):
        raise ValueError("value and error must be finite, and error positive")
    draws = np.random.default_rng(seed).normal(size=(replicas, len(value)))
    rows = _fit(np.log(number), np.stack([value, *(value + draws * error)]), error)
    limit, amplitude, alpha = rows[0].tolist()
    limit_err, _, alpha_err = rows[1:].std(axis=0, ddof=1).tolist()
    pulls = (limit - amplitude * number**-alpha - value) / error
    chi2, degrees = float(pulls @ pulls), len(value) - 3
    return LearningCurve(limit, amplitude, alpha, limit_err, alpha_err, chi2, degrees, rows[1:])


def _fit(
    log: Float[np.ndarray, " k"], values: Float[np.ndarray, "R k"], error: Float[np.ndarray, " k"]
) -> Float[np.ndarray, "R 3"]:
    """C, A and α of least χ² for each row of values: a grid of α, then a parabola through χ²."""
    grid = np.geomspace(*_ALPHA, 2000)
    _, _, chi2 = _at(grid, log, values, error)
    near = np.clip(chi2.argmin(axis=1), 1, len(grid) - 2)
    before, here, after = (chi2[np.arange(len(chi2)), near + step] for step in (-1, 0, 1))
    curvature = before - 2 * here + after
    shift = np.where(
        curvature > 0, 0.5 * (before - after) / np.where(curvature > 0, curvature, 1), 0
    )
    alpha = grid[near] * (grid[1] / grid[0]) ** np.clip(shift, -1, 1)
    limit, amplitude, _ = _at(alpha, log, values, error)
    each = np.arange(len(values))
    return np.stack([limit[each, each], amplitude[each, each], alpha], axis=1)


def _at(
    alpha: Float[np.ndarray, " a"],
    log: Float[np.ndarray, " k"],
    values: Float[np.ndarray, "R k"],
    error: Float[np.ndarray, " k"],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The best C and A at each α, and χ²: a straight line in N^−α, (R, a) each."""
    weight = error**-2 / np.sum(error**-2)
    # About the middle of the sizes, so that no power is tiny beside the others.
    power = np.exp(-alpha[:, None] * (log - log.mean()))
    mean, level = power @ weight, values @ weight
    x, y = power - mean[:, None], values - level[:, None]
    product, square = (weight * y) @ x.T, np.sum(weight * x**2, axis=1)
    amplitude = -product / square
    chi2 = (np.sum(weight * y**2, axis=1)[:, None] - product**2 / square) * np.sum(error**-2)
    return level[:, None] + amplitude * mean, amplitude * np.exp(alpha * log.mean()), chi2

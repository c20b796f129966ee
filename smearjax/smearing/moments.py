"""Sums of the Gaussian kernel and of its slope in ln ε about every jet, one ε at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from smearjax.metric.pairs import Points
from smearjax.smearing.kernels import Gaussian, Kernel
from smearjax.smearing.likelihood import SmearedLikelihood
from smearjax.smearing.replicas import each_epsilon
from smearjax.smearing.sums import ClassSums, Rows, class_sums

# Columns whose float64 numbers are held at once.
_COLUMNS = 8


class Moment(NamedTuple):
    """Leave-one-out sums about N jets over the gluons [:, 0] and the quarks [:, 1] at one ε.

    Attributes:
        log_scale: (N, 2) ln of the factor taken out of each sum.
        linear: (N, 2, C) Σ_j w_jc K e^{−log_scale}.
        slope: (N, 2, C) its derivative in ln ε.
    """

    log_scale: Float[np.ndarray, "N 2"]
    linear: Float[np.ndarray, "N 2 C"]
    slope: Float[np.ndarray, "N 2 C"]

    def of(self, columns: slice) -> tuple[Float[np.ndarray, "N 2 c"], Float[np.ndarray, "N 2 c"]]:
        """Some columns of the sums and of their slopes, in their scale."""
        return self.linear[..., columns], self.slope[..., columns]

    @property
    def scale(self) -> Float[np.ndarray, "N 2 1"]:
        """The factors taken out of a jet's sums."""
        return np.exp(self.log_scale)[..., None]

    @property
    def relative_scale(self) -> Float[np.ndarray, "N 2 1"]:
        """The factors of a jet's sums divided by the larger one: nothing underflows needlessly."""
        return np.exp(self.log_scale - self.log_scale.max(axis=1, keepdims=True))[..., None]


def expect_gaussian(likelihood: SmearedLikelihood) -> None:
    """Raise ValueError unless nuisances factorise out of the kernel, which is what R rests on."""
    if not isinstance(likelihood.kernel, Gaussian):
        raise ValueError("R and B are defined with a Gaussian kernel; use with_kernel(Gaussian())")


def kernel_moments(
    likelihood: SmearedLikelihood,
    grid: Float[np.ndarray, " E"],
    weights: tuple[Array, Array],
    title: str,
    progress: bool,
) -> Iterator[Moment]:
    """One `Moment` for each ε, in one pass over the pairs for as many ε as fit into memory.

    Args:
        likelihood: the jets, under a Gaussian kernel.
        grid: (E,) resolutions in GeV.
        weights: (g, C) and (q, C) weight columns of the gluon and of the quark points.
        title: of the progress bar.
        progress: show it.
    """
    query, dtype = likelihood.leave_one_out, likelihood.pt_ref.dtype
    points, columns = likelihood.reference.classes.points, 2 * weights[0].shape[1]

    def both(epsilon: Float[Array, " G"]) -> tuple[ClassSums, Array]:
        return _sums_and_slopes(likelihood.kernel, points, weights, query.rows, jnp.log(epsilon))

    for sums, slope in each_epsilon(both, grid, query, columns, dtype, title, progress):
        yield Moment(sums.log_scale.astype(np.float64), sums.linear, slope)


def column_groups(columns: int) -> Iterator[slice]:
    """Some columns at a time."""
    for begin in range(0, columns, _COLUMNS):
        yield slice(begin, min(begin + _COLUMNS, columns))


@jax.jit
def _sums_and_slopes(
    kernel: Kernel,
    points: tuple[Points, Points],
    weights: tuple[Array, Array],
    rows: Rows,
    log_epsilon: Float[Array, " E"],
) -> tuple[ClassSums, Float[Array, "E R 2 C"]]:
    """Leave-one-out sums of K and of dK/d ln ε in the same scale, from one pass."""

    def sums(log_epsilon: Array) -> ClassSums:
        return class_sums(kernel, points, weights, rows, jnp.exp(log_epsilon), squares=False)

    value, slope = jax.jvp(sums, (log_epsilon,), (jnp.ones_like(log_epsilon),))
    return value, slope.linear

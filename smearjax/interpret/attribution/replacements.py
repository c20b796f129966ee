"""Which jets stand in for a jet: any at random, or those out of the ε-ball about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float
from numpy.typing import ArrayLike

from smearjax._expect import expect, expect_positive, expect_whole
from smearjax.metric.pairs import Points, squared_distances
from smearjax.metric.pairs.blocks import FAR
from smearjax.smearing.kernels import Kernel
from smearjax.smearing.likelihood import SmearedLikelihood
from smearjax.smearing.sums import EFFECTIVE_MINIMUM

# Jets whose distances to all others are held at a time.
_ROWS = 256


@dataclass(frozen=True)
class Replacements:
    """For each of N jets, D others whose properties may take the place of its own.

    Source: smearjax's own definition; see `draw_replacements`.

    Args:
        index: (N, D) numbers of the jets drawn; a row of −1 for a jet that has none.
        epsilon: resolution in GeV of the balls drawn from; ∞ if any jet may stand in for any.

    Raises:
        ValueError: numbers of no jet, −1 in a part of a row, an ε that is not positive.

    >>> drawn = Replacements([[1, 2], [-1, -1], [0, 1]], 5.0)
    >>> drawn.there, drawn.left_out
    (array([ True, False,  True]), 0.333)
    """

    index: Any
    epsilon: float = float("inf")

    def __post_init__(self):
        index = np.asarray(self.index)
        if index.ndim != 2 or index.size == 0 or index.dtype.kind not in "iu":
            raise ValueError(
                f"index must be (N, D) whole numbers; got {index.dtype} of shape {index.shape}"
            )
        missing = index < 0
        if (
            index.min() < -1
            or index.max() >= len(index)
            or (missing.any(1) != missing.all(1)).any()
        ):
            raise ValueError(
                f"index must hold numbers from 0 to {len(index) - 1}, or -1 in a whole row; got "
                f"{index.min()} to {index.max()}, and {np.sum(missing.any(1) & ~missing.all(1))} "
                "rows that are -1 in part"
            )
        if not self.epsilon > 0:
            raise ValueError(f"epsilon must be positive, in GeV, or infinite; got {self.epsilon!r}")
        object.__setattr__(self, "index", index.astype(np.int64))

    def __len__(self) -> int:
        """Number of jets."""
        return len(self.index)

    @property
    def there(self) -> Bool[np.ndarray, " N"]:
        """Which jets have replacements, (N,)."""
        return self.index[:, 0] >= 0

    @property
    def left_out(self) -> float:
        """Share of the jets that have none, for which nothing is said; dimensionless."""
        return float(np.mean(~self.there))

    @property
    def draws(self) -> int:
        """D, draws for each jet; no unit."""
        return self.index.shape[1]


def marginal_replacements(
    n_jets: int, *, draws: int = 10, weight: ArrayLike | None = None, seed: int = 0
) -> Replacements:
    r"""Replacements drawn from all other jets, whatever they look like.

    The usual choice of permutation importance and interventional Shapley values. Where properties
    are correlated it makes combinations that no jet has; see `draw_replacements`.

    Args:
        n_jets: N, at least 2.
        draws: D for each jet.
        weight: (N,) event weights, to which the probability to be drawn is proportional; not
            negative; ones if None.
        seed: the same seed gives the same draws.

    Returns:
        `Replacements` with ε = ∞.

    Raises:
        ValueError: fewer than 2 jets, no draws, negative weights.

    Source: permutation importance; smearjax's own draws, in which a jet never meets itself.

    >>> marginal_replacements(2, draws=3).index
    array([[1, 1, 1],
           [0, 0, 0]])
    """
    expect_whole("n_jets", n_jets, least=2)
    expect_whole("draws", draws, least=1)
    share = np.ones(n_jets) if weight is None else _drawable(n_jets, weight)
    above = np.cumsum(share)
    rng = np.random.default_rng(seed)
    place = rng.uniform(size=(n_jets, draws)) * (above[-1] - share)[:, None]
    place += np.where(place >= (above - share)[:, None], share[:, None], 0.0)
    return Replacements(np.minimum(np.searchsorted(above, place, side="right"), n_jets - 1))


def draw_replacements(
    likelihood: SmearedLikelihood, epsilon: float, *, draws: int = 10, seed: int = 0
) -> Replacements:
    r"""Replacements drawn from the ε-ball about each jet, so that what is made looks like a jet.

    Jet j stands in for jet i with probability P(j|i) = w_j K(d_ij|ε) / Σ_{k≠i} w_k K(d_ik|ε), as in
    the smeared likelihood (arXiv:2501.07643), with repetition, and never jet i for itself. Means
    over the draws are smeared values: Σ_j P(j|i) f(x_j) = f(x_i|ε). All of a jet's neighbours lie
    within about ε of it, and so do the properties that they lend it; as ε → ∞ the draws become
    `marginal_replacements`. Jets with empty balls get none, and are counted in `left_out`.

    Distances are made for 256 jets at a time: memory is 256 N, never N².

    Args:
        likelihood: of the N jets; its kernel and its metric.
        epsilon: resolution in GeV.
        draws: D for each jet.
        seed: the same seed gives the same draws.

    Returns:
        `Replacements` of the reference jets, in their order.

    Raises:
        ValueError: no likelihood, ε not positive, negative event weights, all balls empty.

    Source: smearjax's own definition.

    >>> from smearjax import SmearedLikelihood, load_jets
    >>> likelihood = SmearedLikelihood(load_jets("sample")[:300])
    >>> drawn = draw_replacements(likelihood, 4.0, draws=5)
    >>> drawn.index.shape, drawn.left_out
    ((300, 5), 0.103)
    """
    expect("likelihood", likelihood, SmearedLikelihood, "one made with SmearedLikelihood(jets)")
    expect_whole("draws", draws, least=1)
    if np.ndim(epsilon) != 0:
        raise ValueError(f"epsilon must be one number in GeV; got {epsilon!r}")
    expect_positive("epsilon", epsilon, "GeV")
    points = likelihood.leave_one_out.points
    weight = jnp.asarray(_drawable(len(points), likelihood.reference.weight), points.norm.dtype)
    radius = jnp.asarray(epsilon, points.norm.dtype)
    index = np.full((len(points), draws), -1)
    rng = np.random.default_rng(seed)
    for first in range(0, len(points), _ROWS):
        rows = np.minimum(np.arange(first, first + _ROWS), len(points) - 1)
        found = _shares(likelihood.kernel, points[rows], points, weight, radius)
        share, empty = map(np.asarray, found)
        for jet in range(first, min(first + _ROWS, len(points))):
            # Added up in order, so that a jet of share 0 never has a step of its own.
            running = np.cumsum(share[jet - first], dtype=np.float64)
            wanted = (1 - rng.uniform(size=draws)) * running[-1]
            if not empty[jet - first]:
                index[jet] = np.searchsorted(running, wanted)
    if (index < 0).all():
        raise ValueError(f"all balls of ε = {epsilon:g} GeV are empty; give a larger epsilon")
    return Replacements(index, float(epsilon))


@jax.jit
def _shares(
    kernel: Kernel,
    rows: Points,
    points: Points,
    weight: Float[Array, " N"],
    epsilon: Float[Array, ""],
) -> tuple[Float[Array, "b N"], Bool[Array, " b"]]:
    """Shares w K about each row, up to a factor a row, and which balls are empty."""
    d2 = squared_distances(rows, points)
    d2 = jnp.where(rows.identity[:, None] == points.identity[None, :], FAR, d2)
    log_kernel = jnp.where((d2 < FAR) & (weight > 0), kernel.log(d2, epsilon), -jnp.inf)
    top = jnp.max(log_kernel, axis=1, keepdims=True)
    # Where nothing is in reach, the sums are 0.
    share = weight * jnp.exp(log_kernel - jnp.where(jnp.isfinite(top), top, 0.0))
    whole, square = jnp.sum(share, axis=1), jnp.sum(share**2, axis=1)
    least = 0.0 if kernel.compact else EFFECTIVE_MINIMUM
    return share, (whole <= 0) | (whole**2 < least * square)


def _drawable(n_jets: int, weight: ArrayLike) -> Float[np.ndarray, " N"]:
    """Weights that can be probabilities, or a ValueError."""
    weights = np.asarray(weight, np.float64)
    if weights.shape != (n_jets,) or not (np.isfinite(weights) & (weights >= 0)).all():
        raise ValueError(
            f"weight must be {n_jets} finite numbers, none negative: jets are drawn in proportion; "
            f"got shape {weights.shape} with {np.sum(~(weights >= 0))} negative or NaN"
        )
    return weights

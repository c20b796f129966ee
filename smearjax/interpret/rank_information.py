"""How many components carry label information: R(ε), B(ε) from the leading ones, and from one."""

from __future__ import annotations

from dataclasses import dataclass

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, Int
from tqdm import tqdm

from smearjax._expect import expect, expect_whole
from smearjax._numerics import ArrayLike
from smearjax.interpret.low_rank import principal_axes
from smearjax.metric.pairs import Points
from smearjax.smearing.information import Information, information
from smearjax.smearing.likelihood import SmearedLikelihood
from smearjax.smearing.moments import expect_gaussian
from smearjax.smearing.reference import Reference

_CURVES = ("R", "B")


@dataclass(frozen=True)
class RankInformation:
    """R(ε) and B(ε) of jets of which only some principal components are looked at.

    All are of the same jets on the same grid of ε in GeV, with the same bootstrap replicas.

    Attributes:
        rank: (K,) numbers of leading components, rising.
        leading: `Information` from so many leading components, one for each rank.
        component: (J,) components looked at alone, counted from 1.
        alone: `Information` from each of these.
        full: `Information` from all components and what the vectors leave out.
    """

    rank: Int[np.ndarray, " K"]
    leading: tuple[Information, ...]
    component: Int[np.ndarray, " J"]
    alone: tuple[Information, ...]
    full: Information

    def share(self, curve: str = "R") -> tuple[Float[np.ndarray, "K E"], Float[np.ndarray, "K E"]]:
        """R, or B, from the leading components as a fraction of the full one, with its error.

        Args:
            curve: "R" or "B".

        Returns:
            (K, E) fractions and their bootstrap standard deviations, dimensionless. They may exceed
            1: components that do not tell the classes apart, and are tied to those that do, dilute.

        Raises:
            ValueError: another curve.

        Source: smearjax's own definition.

        >>> from smearjax import SmearedLikelihood, load_jets
        >>> from smearjax.interpret.rank_information import information_by_rank
        >>> likelihood = SmearedLikelihood(load_jets("sample")[:300])
        >>> found = information_by_rank(likelihood, [20.0], ranks=[1, 4], alone=1, replicas=4)
        >>> found.share()[0].ravel().tolist()        # at ε = 20 GeV
        [0.934, 0.997]
        """
        return self._relative(self.leading, curve)

    def share_alone(
        self, curve: str = "R"
    ) -> tuple[Float[np.ndarray, "J E"], Float[np.ndarray, "J E"]]:
        """R, or B, from each component alone as a fraction of the full one, with its error.

        Arguments, (J, E) results and errors as for `share`. Source: smearjax's own definition.

        >>> from smearjax import SmearedLikelihood, load_jets
        >>> from smearjax.interpret.rank_information import information_by_rank
        >>> likelihood = SmearedLikelihood(load_jets("sample")[:300])
        >>> found = information_by_rank(likelihood, [20.0], ranks=[1], alone=2, replicas=4)
        >>> found.share_alone()[0].ravel().tolist()        # at ε = 20 GeV
        [0.934, 0.00]
        """
        return self._relative(self.alone, curve)

    def ranks_for(self, fraction: float, curve: str = "R") -> Int[np.ndarray, " E"]:
        """The least rank from which on R, or B, stays above a fraction of the full one.

        Args:
            fraction: of the full one.
            curve: "R" or "B".

        Returns:
            (E,) one of the ranks that were looked at for each ε; 0 where even the last falls short.

        Raises:
            ValueError: another curve.

        Source: smearjax's own definition; (E,), no unit.

        >>> from smearjax import SmearedLikelihood, load_jets
        >>> from smearjax.interpret.rank_information import information_by_rank
        >>> likelihood = SmearedLikelihood(load_jets("sample")[:300])
        >>> found = information_by_rank(likelihood, [20.0], ranks=[1, 2, 4], alone=1, replicas=4)
        >>> found.ranks_for(0.9)        # at ε = 20 GeV
        array([1])
        """
        enough = self.share(curve)[0] >= fraction
        # True from some place on, to the end.
        stays = np.flip(np.logical_and.accumulate(np.flip(enough, axis=0), axis=0), axis=0)
        return np.where(stays.any(axis=0), self.rank[np.argmax(stays, axis=0)], 0)

    def _relative(
        self, some: tuple[Information, ...], curve: str
    ) -> tuple[Float[np.ndarray, "S E"], Float[np.ndarray, "S E"]]:
        """Fractions of the full curve, and their scatter over replicas that they share with it."""
        if curve not in _CURVES:
            raise ValueError(f"curve is {curve!r}; expected one of {', '.join(_CURVES)}")
        values = np.stack([getattr(info, curve) for info in some])
        replicas = np.stack([getattr(info, f"{curve}_replicas") for info in some])
        scatter = replicas / getattr(self.full, f"{curve}_replicas")
        return values / getattr(self.full, curve), scatter.std(axis=1, ddof=1)

    def __str__(self) -> str:
        epsilon = self.full.epsilon
        head = "  ε [GeV]  " + "".join(f"{e:>16.3g}" for e in epsilon)
        lines = [
            f"Label information by rank, {self.full.n_jets[1]} quark and {self.full.n_jets[0]} "
            "gluon jets: R as a fraction of the full R",
            head,
        ]
        for title, numbers, (value, error) in (
            ("first", self.rank, self.share()),
            ("only", self.component, self.share_alone()),
        ):
            for number, row, errors in zip(numbers, value, error, strict=True):
                cells = "".join(f"   {v:5.3f} ± {e:5.3f}" for v, e in zip(row, errors, strict=True))
                lines.append(f"{title:>6} {number:<4}{cells}")
        lines.append("  full R   " + "".join(f"{r:>16.3f}" for r in self.full.R))
        for fraction in (0.9, 0.99):
            ranks = "".join(f"{k or 'more':>16}" for k in self.ranks_for(fraction))
            lines.append(f"{100 * fraction:4g} % at {ranks}")
        return "\n".join(lines)


def information_by_rank(
    likelihood: SmearedLikelihood,
    epsilon: ArrayLike,
    *,
    ranks: ArrayLike | None = None,
    alone: int = 6,
    replicas: int = 20,
    seed: int = 0,
    progress: bool = False,
) -> RankInformation:
    r"""R(ε) and B(ε) where the distance between jets has only some of its principal components.

    d²_k = Σ_{j ≤ k} (v_Aj − v_Bj)²,   d² = d²_∞ + r_A² + r_B²

    with v in the principal axes of the reference jets (see `karhunen_loeve`). Components that
    carry little distance may carry labels: what is small against the whole jet need not be small
    against ε. Compare the rank at which R reaches 90 % of the full R at the same ε with the number
    of components that hold 90 % of ⟨d²⟩.

    Args:
        likelihood: the reference jets, under a Gaussian kernel.
        epsilon: (E,) resolutions in GeV.
        ranks: (K,) rising numbers of leading components; by default 1, 2, 3, 4, 6, 8, 12, … up to
            all.
        alone: how many of the first components to look at one by one.
        replicas: bootstrap replicas, at least 2.
        seed: of the bootstrap.
        progress: show a bar over passes.

    Returns:
        `RankInformation`; each of its entries costs a pass over all pairs.

    Raises:
        ValueError: as `information`; ranks that do not rise from 1 at least to the number of
            components at most; more components alone than there are.

    Source: smearjax's own; R and B as in `information`, the space of arXiv:2305.03751.

    >>> from smearjax import SmearedLikelihood, load_jets
    >>> from smearjax.interpret.rank_information import information_by_rank
    >>> likelihood = SmearedLikelihood(load_jets("sample")[:300])
    >>> found = information_by_rank(likelihood, [20.0], ranks=[1, 4], alone=1, replicas=4)
    >>> [float(info.R[0]) for info in (*found.leading, found.full)]        # at ε = 20 GeV
    [0.197, 0.210, 0.211]
    """
    expect("likelihood", likelihood, SmearedLikelihood, "one made with SmearedLikelihood(jets)")
    expect_gaussian(likelihood)
    expect_whole("alone", alone, least=1)
    points = likelihood.leave_one_out.points
    vectors = np.asarray(points.vectors, np.float64)
    number = vectors.shape[1]
    chosen = _default_ranks(number) if ranks is None else _checked_ranks(ranks, number)
    if alone > number:
        raise ValueError(f"alone must be at most {number}, the number of components; got {alone}")
    weight = np.asarray(likelihood.reference.weight, np.float64)
    mean, _, turn = principal_axes(vectors, weight)
    turned = (vectors - mean) @ turn
    place = np.arange(number)
    masks = [place < k for k in chosen] + [place == j for j in range(alone)]
    full = information(likelihood, epsilon, replicas=replicas, seed=seed)
    found = [
        information(_seen_in(likelihood, turned, mask), epsilon, replicas=replicas, seed=seed)
        for mask in tqdm(masks, desc="R by rank", unit="pass", disable=not progress)
    ]
    first = len(chosen)
    return RankInformation(
        chosen, tuple(found[:first]), 1 + np.arange(alone), tuple(found[first:]), full
    )


def _seen_in(
    likelihood: SmearedLikelihood, turned: Float[np.ndarray, "N K"], mask: Bool[np.ndarray, " K"]
) -> SmearedLikelihood:
    """The likelihood of jets of which only some components are there."""
    points, dtype = likelihood.leave_one_out.points, likelihood.pt_ref.dtype
    # Columns of zeros instead of fewer columns: one compilation for every rank.
    vectors = (turned * mask).astype(dtype)
    norm = np.sum(vectors.astype(np.float64) ** 2, axis=1).astype(dtype)
    reference = Reference(
        Points(jnp.asarray(vectors), jnp.asarray(norm), points.identity),
        np.asarray(likelihood.label),
        np.asarray(likelihood.reference.weight, np.float64),
    )
    return eqx.tree_at(lambda like: like.reference, likelihood, reference)


def _default_ranks(number: int) -> Int[np.ndarray, " K"]:
    """1, 2, 3, 4, 6, 8, 12, 16, … and all."""
    some = [r for k in range(1, number.bit_length()) for r in (2**k, 3 * 2 ** (k - 1))]
    return np.unique([r for r in (1, *some, number) if r <= number])


def _checked_ranks(ranks: ArrayLike, number: int) -> Int[np.ndarray, " K"]:
    """Rising ranks within what there is, or a ValueError."""
    given = np.atleast_1d(np.asarray(ranks))
    whole = given.dtype.kind in "iu" and given.ndim == 1 and given.size > 0
    if not whole or given[0] < 1 or given[-1] > number or np.any(np.diff(given) <= 0):
        raise ValueError(f"ranks must be whole numbers that rise from 1 to {number}; got {ranks!r}")
    return given.astype(int)

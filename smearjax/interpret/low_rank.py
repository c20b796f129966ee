"""How many numbers a jet is: the Karhunen–Loève spectrum of jets in the space of the metric."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from tqdm import tqdm

from smearjax._expect import expect, expect_probability, expect_whole
from smearjax._numerics import ArrayLike
from smearjax.evaluate import bootstrap_weights
from smearjax.jets.container import Jets
from smearjax.metric.cloud import Cloud
from smearjax.metric.embedding import cell_edges
from smearjax.metric.space import Space, expect_semd
from smearjax.smearing.likelihood import SmearedLikelihood


@dataclass(frozen=True)
class KarhunenLoeve:
    r"""The principal components of jets: how much of the squared distance each of them carries.

    Attributes:
        eigenvalue: (K,) variances λ_k of the components, falling, in GeV².
        eigenvalue_err: (K,) standard deviations over bootstrap replicas of the jets, in GeV².
        share: (K,) share of the mean squared distance in the first k + 1 components, dimensionless.
        share_err: (K,) their bootstrap standard deviations.
        residual: mean squared norm in GeV² of what the vectors of the space leave out.
        effective_rank: exp(−Σ p ln p) with p_k = λ_k/Σ λ, dimensionless.
        effective_rank_err: its bootstrap standard deviation.
        participation_ratio: (Σ λ)²/Σ λ², dimensionless.
        participation_ratio_err: its bootstrap standard deviation.
        mean: (K,) mean of the jets' vectors in the space, in GeV.
        turn: (K, K) orthonormal columns: the components in the directions of the space.
        space: the space, with pT_ref in GeV.
        n_jets: number of jets.
    """

    eigenvalue: Float[np.ndarray, " K"]
    eigenvalue_err: Float[np.ndarray, " K"]
    share: Float[np.ndarray, " K"]
    share_err: Float[np.ndarray, " K"]
    residual: float
    effective_rank: float
    effective_rank_err: float
    participation_ratio: float
    participation_ratio_err: float
    mean: Float[np.ndarray, " K"]
    turn: Float[np.ndarray, "K K"]
    space: Space
    n_jets: int

    @property
    def mean_squared_distance(self) -> float:
        """⟨d²⟩ = 2 (Σ λ + residual) over pairs of different jets, in GeV²."""
        return 2 * float(self.eigenvalue.sum() + self.residual)

    def components_for(self, fraction: float) -> int:
        """How many components carry this fraction of the mean squared distance; no unit.

        Args:
            fraction: between 0 and 1.

        Returns:
            The least number; all K where what the space leaves out is more than the rest.

        Raises:
            ValueError: the fraction is none.

        Source: smearjax's own definition.

        >>> from smearjax import load_jets
        >>> from smearjax.interpret.low_rank import karhunen_loeve
        >>> from smearjax.metric import Cloud
        >>> karhunen_loeve(Cloud(load_jets("sample")[:300]), replicas=2).components_for(0.9)
        2
        """
        expect_probability("fraction", fraction)
        return int(np.minimum(np.searchsorted(self.share, fraction) + 1, len(self.share)))

    def coordinates(self, jets: Jets) -> Float[np.ndarray, "N K"]:
        """The components of jets, in GeV: means 0 and variances λ over the jets of the spectrum.

        Args:
            jets: N jets; pT in GeV.

        Returns:
            (N, K) in GeV.

        Raises:
            ValueError: as `spectral_function`.

        Source: smearjax's own definition.

        >>> from smearjax import load_jets
        >>> from smearjax.interpret.low_rank import karhunen_loeve
        >>> from smearjax.metric import Cloud
        >>> jets = load_jets("sample")[:300]
        >>> found = karhunen_loeve(Cloud(jets), replicas=2)
        >>> float(found.coordinates(jets)[:, 0].var(ddof=1) / found.eigenvalue[0])
        1.000
        """
        vectors = np.asarray(self.space.points(jets).points.vectors, np.float64)
        return (vectors - self.mean) @ self.turn

    def quantile_function(
        self, component: int, deviations: ArrayLike
    ) -> tuple[Float[np.ndarray, " T"], Float[np.ndarray, "S T"]]:
        r"""The quantile function of a jet that is average but for one component.

        q(U) = q̄(U) + s √λ_k φ_k(U),   ω = q^{1/β}

        at the centres of the T cells. U is the fraction of the spectral function's weight at angles
        above ω. A straight line in the space need not stay among quantile functions: q may fail to
        fall with U, and where it would be negative ω is 0.

        Args:
            component: k, counted from 1.
            deviations: (S,) the s: how many standard deviations from the mean.

        Returns:
            U, (T,), dimensionless, and ω, (S, T), in the unit of the angle (radians for ΔR).

        Raises:
            ValueError: no such component; a space in which vectors are no quantile functions.

        Source: the quantile function of arXiv:2305.03751; its components are smearjax's own.

        >>> from smearjax import load_jets
        >>> from smearjax.interpret.low_rank import karhunen_loeve
        >>> from smearjax.metric import Cloud
        >>> found = karhunen_loeve(Cloud(load_jets("sample")[:300]), replicas=2)
        >>> u, omega = found.quantile_function(1, [-1, 0, 1])
        >>> omega[:, np.searchsorted(u, 0.1)]        # exceeded by a tenth of the weight
        array([0.08, 0.18, 0.28])
        """
        expect_whole("component", component, least=1)
        if component > len(self.eigenvalue):
            raise ValueError(f"component must be at most {len(self.eigenvalue)}; got {component}")
        q, space = self.space.directions, self.space
        expect_semd(space, "quantile_function")
        q = np.eye(2 * space.cells) if q is None else q
        k = component - 1
        spread = np.sqrt(max(self.eigenvalue[k], 0.0)) * self.turn[:, k]
        steps = np.atleast_1d(np.asarray(deviations, np.float64))
        vectors = self.mean + steps[:, None] * spread
        embedded = np.asarray(space.centre, np.float64) + vectors @ q.T / float(space.pt_ref)
        edges = cell_edges(space.cells)
        means = embedded[:, : space.cells] / np.sqrt(np.diff(edges))
        return 0.5 * (edges[1:] + edges[:-1]), np.maximum(means, 0) ** (1 / float(space.beta))

    def __str__(self) -> str:
        title = (
            f"Karhunen–Loève spectrum of {self.n_jets:,} jets, ⟨d²⟩ = "
            f"{self.mean_squared_distance:,.0f} GeV²"
        )
        rank = (
            f"effective rank {self.effective_rank:.2f} ± {self.effective_rank_err:.2f}, "
            f"participation ratio {self.participation_ratio:.2f} ± "
            f"{self.participation_ratio_err:.2f}"
        )
        counts = ", ".join(f"{100 * f:g} % in {self.components_for(f)}" for f in (0.9, 0.99, 0.999))
        head = "  component    λ [GeV²]              √λ [GeV]    share of ⟨d²⟩ so far"
        rows = [
            f"{k + 1:11d}    {self.eigenvalue[k]:8.3g} ± {self.eigenvalue_err[k]:<8.2g}   "
            f"{np.sqrt(max(self.eigenvalue[k], 0)):8.3g}    {self.share[k]:.4f} ± "
            f"{self.share_err[k]:.4f}"
            for k in range(min(8, len(self.eigenvalue)))
        ]
        return "\n".join([title, rank, f"share of ⟨d²⟩: {counts} components", head, *rows])


def karhunen_loeve(
    jets: Cloud | SmearedLikelihood,
    *,
    replicas: int = 50,
    seed: int = 0,
    progress: bool = False,
) -> KarhunenLoeve:
    r"""The Karhunen–Loève spectrum of jets in the Hilbert space of the SEMD (p = 2).

    ⟨(v − v̄)(v − v̄)ᵀ⟩ = Σ_k λ_k φ_k φ_kᵀ,   ⟨d²⟩ = 2 (Σ_k λ_k + ⟨r²⟩)

    over the vectors v of the jets in GeV, with what these leave out in r. A few large λ say that
    jets lie near a plane of few dimensions: low rank. It says nothing of labels; that is what
    `information_by_rank` is for.

    Args:
        jets: N jets in a space, as `Cloud(jets)` or as the reference of a likelihood; event weights
            count.
        replicas: bootstrap replicas of the jets, at least 2.
        seed: of the bootstrap.
        progress: show a bar over replicas.

    Returns:
        `KarhunenLoeve`, its spectrum in GeV².

    Raises:
        ValueError: something else than jets in a space, fewer than 2 jets or replicas, or weights
            that do not sum to a positive number.

    Source: the Hilbert space of arXiv:2305.03751; smearjax's own reading of its spectrum.

    >>> from smearjax import load_jets
    >>> from smearjax.interpret.low_rank import karhunen_loeve
    >>> from smearjax.metric import Cloud
    >>> found = karhunen_loeve(Cloud(load_jets("sample")[:300]), replicas=5)
    >>> found.eigenvalue[:3], found.effective_rank        # GeV², and how many components matter
    (array([1010.01,   89.45,   39.03]), 1.90)
    """
    expect_whole("replicas", replicas, least=2)
    vectors, norm, weight, space = _in_space(jets)
    if len(vectors) < 2 or not weight.sum() > 0:
        raise ValueError("jets must be at least 2, with weights of a positive sum")
    mean, value, turn = principal_axes(vectors, weight)
    left_out = norm - np.sum(vectors**2, axis=1)
    turned = (vectors - mean) @ turn
    counts = bootstrap_weights(len(vectors), replicas, seed)
    spread = []
    for count in tqdm(counts, desc="spectra", unit="replica", disable=not progress):
        drawn = np.sort(np.linalg.eigvalsh(_covariance(turned, weight * count)))[::-1]
        spread.append(_summary(drawn, float(np.average(left_out, weights=weight * count))))
    share, *ranks = _summary(value, residual := float(np.average(left_out, weights=weight)))[1:]
    errors = [np.std(column, axis=0, ddof=1) for column in zip(*spread, strict=True)]
    return KarhunenLoeve(
        eigenvalue=value,
        eigenvalue_err=errors[0],
        share=share,
        share_err=errors[1],
        residual=residual,
        effective_rank=float(ranks[0]),
        effective_rank_err=float(errors[2]),
        participation_ratio=float(ranks[1]),
        participation_ratio_err=float(errors[3]),
        mean=mean,
        turn=turn,
        space=space,
        n_jets=len(vectors),
    )


def principal_axes(
    vectors: Float[np.ndarray, "N K"], weight: Float[np.ndarray, " N"]
) -> tuple[Float[np.ndarray, " K"], Float[np.ndarray, " K"], Float[np.ndarray, "K K"]]:
    """Mean, eigenvalues of the covariance by falling size, and the eigenvectors in columns.

    A component points to where its third moment is positive, so that its sign means something.
    """
    value, axes = np.linalg.eigh(_covariance(vectors, weight))
    mean = np.average(vectors, axis=0, weights=weight)
    value, axes = value[::-1].copy(), axes[:, ::-1]
    skew = weight @ ((vectors - mean) @ axes) ** 3
    return mean, value, axes * np.where(skew < 0, -1.0, 1.0)


def _in_space(
    jets: Cloud | SmearedLikelihood,
) -> tuple[Float[np.ndarray, "N K"], Float[np.ndarray, " N"], Float[np.ndarray, " N"], Space]:
    """Vectors in GeV, squared norms with what they leave out, event weights, and the space."""
    expect("jets", jets, (Cloud, SmearedLikelihood), "Cloud(jets) or a SmearedLikelihood")
    if isinstance(jets, Cloud):
        points = jets.points.points[: len(jets)]
        given = jets.jets.weight
        weight = np.ones(len(jets)) if given is None else np.asarray(given)[jets.order]
    else:
        points, weight = jets.leave_one_out.points, np.asarray(jets.reference.weight)
    vectors, norm = (np.asarray(part, np.float64) for part in (points.vectors, points.norm))
    return vectors, norm, weight.astype(np.float64), jets.space


def _covariance(
    vectors: Float[np.ndarray, "N K"], weight: Float[np.ndarray, " N"]
) -> Float[np.ndarray, "K K"]:
    """The weighted covariance, unbiased: without the pairs of a jet with itself."""
    total = weight.sum()
    offset = vectors - weight @ vectors / total
    return (offset.T * weight) @ offset / (total - np.sum(weight**2) / total)


def _summary(
    value: Float[np.ndarray, " K"], residual: float
) -> tuple[Float[np.ndarray, " K"], Float[np.ndarray, " K"], float, float]:
    """Eigenvalues, cumulated shares, effective rank and participation ratio."""
    # Negative weights, or rounding, may leave the least of them below 0.
    positive = np.maximum(value, 0.0)
    p = positive / positive.sum()
    entropy = -np.sum(p[p > 0] * np.log(p[p > 0]))
    share = np.cumsum(value) / (value.sum() + residual)
    return value, share, float(np.exp(entropy)), float(1 / np.sum(p**2))

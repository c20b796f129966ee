"""What the latent space of a network says: its filters, and how many of them it needs."""

from __future__ import annotations

from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from smearjax._expect import expect, expect_whole
from smearjax._numerics import ArrayLike
from smearjax.evaluate import bootstrap_weights
from smearjax.networks import EFN, Ensemble, JetNetwork, LipschitzEFN, MomentEFN

Filtered = EFN | MomentEFN | LipschitzEFN
"""Networks in which a particle's direction alone says what it adds, over its z."""

# Components of less than this share of the largest variance are left out of the replicas.
_UNSEEN = 1e-6


@dataclass(frozen=True)
class EffectiveDimension:
    r"""How many directions of the latent space jets vary along.

    Attributes:
        eigenvalue: (L,) variances λ_a along the principal components, falling, in the square of the
            network's own unit, which is none of nature's.
        participation_ratio: (Σ λ)²/Σ λ², dimensionless.
        participation_ratio_err: its standard deviation over bootstrap replicas of the jets.
        for_90_percent: how many components carry 90 % of the variance Σ λ.
        for_90_percent_err: its bootstrap standard deviation.
        for_99_percent: how many carry 99 %.
        for_99_percent_err: its bootstrap standard deviation.
        n_jets: number of jets.
    """

    eigenvalue: Float[np.ndarray, " L"]
    participation_ratio: float
    participation_ratio_err: float
    for_90_percent: int
    for_90_percent_err: float
    for_99_percent: int
    for_99_percent_err: float
    n_jets: int

    def __str__(self) -> str:
        return "\n".join([
            f"effective dimension of {len(self.eigenvalue)} latent numbers, {self.n_jets:,} jets",
            f"  participation ratio     {self.participation_ratio:7.2f} ± "
            f"{self.participation_ratio_err:.2f}",
            f"  90 % of the variance in {self.for_90_percent:4} ± {self.for_90_percent_err:.1f}",
            f"  99 % of the variance in {self.for_99_percent:4} ± {self.for_99_percent_err:.1f}",
        ])  # fmt: skip


def latent_filters(network: JetNetwork, angles: ArrayLike) -> Float[np.ndarray, "P L"]:
    r"""The functions Φ_a(p̂) that a network has learned, at some directions.

    O_a = Σ_i z_i Φ_a(p̂_i) is what an `EFN` or a `LipschitzEFN` keeps of a jet; a `MomentEFN` keeps
    moments of its Φ_a, which are given here without their products. Scale and, but for the EFN's,
    sign of a Φ_a are the network's own choice.

    Args:
        network: an `EFN`, a `MomentEFN` or a `LipschitzEFN`.
        angles: (P, 2) y and φ about the jet's pT centroid, in radians.

    Returns:
        (P, L), dimensionless, in the type of the network's weights.

    Raises:
        ValueError: a network whose Φ is no function of the direction alone, angles of another
            shape or not finite.

    Source: arXiv:1810.05165, and arXiv:2403.08854 for moments.

    >>> import jax
    >>> from smearjax.interpret.latent import latent_filters
    >>> network = EFN((8, 3), (8,), key=jax.random.key(0))
    >>> latent_filters(network, [[0.0, 0.0], [0.0, 0.1]]).shape
    (2, 3)
    """
    expect("network", network, JetNetwork, "a network, such as train_network(...).network")
    if isinstance(network, Ensemble):
        raise ValueError("network is an Ensemble; look at the filters of one of its members")
    if not isinstance(network, Filtered):
        raise ValueError(
            f"network is a {type(network).__name__}, whose Φ is no function of the direction alone "
            "(a PFN's sees z as well); filters are those of an EFN, MomentEFN or LipschitzEFN"
        )
    directions = np.asarray(angles)
    shaped = directions.ndim == 2 and directions.shape[1] == 2 and directions.dtype.kind in "iuf"
    if not shaped or not np.isfinite(directions).all():
        raise ValueError(
            "angles must be finite numbers (P, 2), y and φ in radians about the jet's centroid; "
            f"got {directions.dtype} {directions.shape}"
        )
    return np.asarray(_filters(network, jnp.asarray(directions, network.dtype)))


def latent_importance(
    network: JetNetwork, vectors: Float[np.ndarray, "N L"]
) -> Float[np.ndarray, " L"]:
    r"""How much of the output hangs on each latent number, to first order.

    I_a = (Var O_a · ⟨(∂s/∂O_a)²⟩)^{1/2}

    over jets: what a change of O_a by its standard deviation does to the output. It does not depend
    on how the network shares a scale between Φ_a and F. Correlated numbers each get all they share.

    Args:
        network: of any kind.
        vectors: (N, L) latent vectors of jets, from `smearjax.networks.latent_vectors`.

    Returns:
        (L,) in the unit of the output, nats for a network trained with cross-entropy.

    Raises:
        ValueError: no network, or vectors of another length than its latent space.

    Source: smearjax's own definition; gradients as in input-gradient explanations.

    >>> import jax
    >>> from smearjax.interpret.latent import latent_importance
    >>> network = EFN((8, 3), (8,), key=jax.random.key(0))
    >>> latent_importance(network, np.eye(3, dtype=np.float32)).shape
    (3,)
    """
    expect("network", network, JetNetwork, "a network, such as train_network(...).network")
    found, size = _checked(vectors), network.latent_size
    if found.shape[1] != size:
        raise ValueError(
            f"vectors have {found.shape[1]} columns and the network's latent space has {size}; "
            "give latent_vectors(network, jets)"
        )
    slope = _slopes(network, jnp.asarray(found, network.dtype))
    return found.std(axis=0) * np.sqrt(np.mean(np.asarray(slope, np.float64) ** 2, axis=0))


def effective_dimension(
    vectors: Float[np.ndarray, "N L"], *, replicas: int = 50, seed: int = 0
) -> EffectiveDimension:
    r"""How many directions jets vary along in a latent space.

    (Σ_a λ_a)²/Σ_a λ_a²,   λ_a the eigenvalues of the covariance of the latent vectors

    It is L for a variance alike in all directions and 1 on a line; a rotation of the space does not
    change it. It weighs directions by how far jets spread along them, not by how much F makes of
    that; `latent_importance` does.

    Args:
        vectors: (N, L) latent vectors of jets, from `smearjax.networks.latent_vectors`.
        replicas: bootstrap replicas of the jets, at least 2.
        seed: of the bootstrap.

    Returns:
        `EffectiveDimension`, dimensionless.

    Raises:
        ValueError: fewer than 2 jets or replicas, vectors that are not finite, or all the same.

    Source: smearjax's own reading; the latent spaces are those of arXiv:1810.05165.

    >>> from smearjax.interpret.latent import effective_dimension
    >>> latent = np.random.default_rng(0).normal(size=(2000, 4)) * [2.0, 1.0, 1.0, 0.0]
    >>> effective_dimension(latent).participation_ratio        # (4 + 1 + 1)²/(16 + 1 + 1)
    2.0
    """
    expect_whole("replicas", replicas, least=2)
    found = _checked(vectors)
    if len(found) < 2:
        raise ValueError(f"vectors must be those of at least 2 jets; got {len(found)}")
    found -= found.mean(axis=0)
    value, axes = np.linalg.eigh(_covariance(found, np.ones(len(found))))
    eigenvalue = np.maximum(value[::-1], 0.0)
    if not eigenvalue[0] > 0:
        raise ValueError("vectors are the same for every jet; the network keeps nothing of them")
    # What jets hardly vary along costs most of the time.
    seen = found @ axes[:, value > _UNSEEN * eigenvalue[0]]
    counts = bootstrap_weights(len(found), replicas, seed).astype(np.float64)
    drawn = np.array([
        _dimensions(np.linalg.eigvalsh(_covariance(seen, count))[::-1]) for count in counts
    ])  # fmt: skip
    ratio, for_90, for_99 = _dimensions(eigenvalue)
    errors = drawn.std(axis=0, ddof=1).tolist()
    return EffectiveDimension(
        eigenvalue, ratio, errors[0], int(for_90), errors[1], int(for_99), errors[2], len(found)
    )


@eqx.filter_jit
def _filters(network: Filtered, angles: Array) -> Array:
    """Φ_a, (P, L)."""
    return network.filters(angles)


@eqx.filter_jit
def _slopes(network: JetNetwork, vectors: Array) -> Array:
    """∂s/∂O_a of every jet, (N, L)."""
    return jax.vmap(jax.grad(lambda vector: network._of_latent(vector[None])[0]))(vectors)


def _checked(vectors: Float[np.ndarray, "N L"]) -> Float[np.ndarray, "N L"]:
    """The vectors in float64.

    Raises:
        ValueError: no table of finite numbers.
    """
    found = np.asarray(vectors)
    if found.ndim != 2 or found.dtype.kind != "f" or not np.isfinite(found).all():
        raise ValueError(
            "vectors must be finite numbers (N, L), from latent_vectors(network, jets); got "
            f"{found.dtype} {found.shape}"
        )
    return found.astype(np.float64)


def _covariance(
    vectors: Float[np.ndarray, "N K"], weight: Float[np.ndarray, " N"]
) -> Float[np.ndarray, "K K"]:
    """The weighted covariance of vectors of mean about 0."""
    mean = weight @ vectors / weight.sum()
    return (vectors.T * weight) @ vectors / weight.sum() - np.outer(mean, mean)


def _dimensions(eigenvalue: Float[np.ndarray, " L"]) -> tuple[float, float, float]:
    """The participation ratio, and how many eigenvalues hold 90 and 99 % of the sum."""
    share = np.cumsum(eigenvalue) / eigenvalue.sum()
    for_90, for_99 = (float(np.searchsorted(share, part) + 1) for part in (0.9, 0.99))
    return float(eigenvalue.sum() ** 2 / np.sum(eigenvalue**2)), for_90, for_99

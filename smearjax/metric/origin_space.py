"""Jets compared by how their momentum lies about a given direction, such as a lepton's."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from smearjax._expect import expect, expect_number, expect_whole
from smearjax._numerics import ArrayLike, pairwise_sum, sort_falling
from smearjax.jets.buckets import bucket_by_multiplicity
from smearjax.jets.container import Jets
from smearjax.metric.angles import angle_convention
from smearjax.metric.embedding import Embedding, embed
from smearjax.metric.space import Space, embedded_reference, principal_directions
from smearjax.metric.spectral import Spectra, dtype_of, warn_if_downcast

_OMEGA = "delta_r"


class OriginSpace(Space):
    r"""Jets compared by the momentum at each distance from the origin of their coordinates.

    s_µ(ω) = Σ_i z_i δ(ω − R_i),   R_i = √(y_i² + φ_i²),   z_i = pT_i / Σ pT

    d² = pT_ref² ∫₀¹ dS (q_A(S)^β − q_B(S)^β)² with q the quantile function of s_µ: optimal
    transport along R, at β = 1 that of W₂. It is IRC safe, and a Hilbert-space distance with
    certified intervals made as those of `Space`.

    The spectral function sees distances between particles and does not know where a lepton is;
    this sees nothing else. Both together are `sum_space([fit_space(jets), origin_space(jets)], …)`.
    The lepton itself belongs among the particles, at the origin: then s_µ says how much momentum is
    around it, and one with nothing around it is a jet too.

    Attributes:
        beta: β, as all others an attribute of a `Space`.
        pt_ref: pT_ref in GeV.
        centre: (2T,) mean embedding of the reference jets.
        directions: (2T, T) principal directions, or None.
        omega: "delta_r".
        cells: T.

    Source: the quantile picture of arXiv:2305.03751 for another spectrum; smearjax's choice.
    """

    def _embedded(self, jets: Jets) -> Embedding:
        """The quantile functions of s_µ as vectors."""
        return _embed_distances(jets, self.beta, self.cells)

    @property
    def formula(self) -> str:
        """How distances in GeV are made, in words."""
        return (
            "d = pT_ref · (∫ dS (q_A^β − q_B^β)²)^{1/2}, q of the momentum fractions over the "
            "distance to the origin"
        )


def origin_space(
    jets: Jets, *, beta: ArrayLike = 1.0, cells: int = 64, pt_ref: float | None = None
) -> OriginSpace:
    """The space of momentum about the origin, its unit and directions from reference jets.

    Args:
        jets: N reference jets, pT in GeV, y and φ in radians about the direction that matters;
            more than half a turn away is measured the other way round.
        beta: exponent β > 0 of the distances.
        cells: T, cells of the embedding and numbers kept.
        pt_ref: pT_ref in GeV; by default the jets' mean scalar-sum pT.

    Returns:
        `OriginSpace`.

    Raises:
        ValueError: as `fit_space`.

    Source: as `OriginSpace`.

    >>> from smearjax import Jets
    >>> from smearjax.metric import Cloud, find_neighbours, origin_space
    >>> two = Jets(pt=[[9.0, 1.0], [9.0, 1.0]], y=[[0.0, 0.3], [0.0, 0.1]], phi=[[0.0] * 2] * 2)
    >>> space = origin_space(two, cells=512, pt_ref=10.0)
    >>> find_neighbours(Cloud(two, space), 1).distance[:, 0]    # 10 GeV · √(.1 · .2²)
    array([0.632, 0.632])
    """
    expect("jets", jets, Jets, "Jets, from load_jets(...) or Jets(pt, y, phi)")
    expect_whole("cells", cells, least=1)
    expect_number("beta", beta, 0, np.inf, "positive and finite")
    warn_if_downcast(jets.pt)
    beta = jnp.asarray(beta, dtype_of(jets.pt))
    embedding, unit = embedded_reference(
        jets, partial(_embed_distances, beta=beta, cells=cells), pt_ref
    )
    return OriginSpace(
        beta,
        unit,
        embedding.vectors.mean(axis=0),
        principal_directions(embedding, cells),
        _OMEGA,
        cells,
    )


def _embed_distances(jets: Jets, beta: Float[Array, ""], cells: int) -> Embedding:
    """The quantile functions of s_µ as vectors, jets of alike multiplicity together."""
    places, parts = [], []
    for indices, bucket in bucket_by_multiplicity(jets):
        parts.append(embed(_spectra(bucket, beta), cells))
        places.append(indices)
    order = np.argsort(np.concatenate(places))
    vectors, residual, rounding = (
        jnp.concatenate([getattr(part, name) for part in parts])[order]
        for name in ("vectors", "residual", "rounding")
    )
    return Embedding(vectors, residual, rounding, beta, _OMEGA)


@jax.jit
def _spectra(jets: Jets, beta: Float[Array, ""]) -> Spectra:
    """s_µ of each jet, from the largest distance down, with an entry without weight at 0."""
    angle = angle_convention(_OMEGA)
    pt, y, phi = (jnp.asarray(column) for column in (jets.pt, jets.y, jets.phi))
    pt = jnp.where(jets.mask, pt, 0.0)
    z = pt / pairwise_sum(pt)[:, None]
    distance = angle.omega(y, jnp.zeros_like(y), phi, jnp.zeros_like(phi))
    distance = jnp.where(z > 0, distance, 0.0)
    last = jnp.zeros_like(z[:, :1])
    entries, weights = sort_falling(
        jnp.concatenate([distance, last], axis=1), jnp.concatenate([z, last], axis=1)
    )
    return Spectra(entries, weights, jnp.ones_like(z[:, 0]), beta, _OMEGA, pt.shape[1])

"""SEMD with another weight along the quantile axis: the family in which metrics are learned."""

from __future__ import annotations

from functools import partial

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from smearjax._expect import expect_whole
from smearjax._numerics import ArrayLike
from smearjax.jets.container import Jets
from smearjax.metric.embedding import Embedding, cell_edges
from smearjax.metric.pairs.points import CertifiedPoints, Points
from smearjax.metric.space import Space, embedded_reference
from smearjax.metric.streaming import embed_jets


class WeightedSpace(Space):
    r"""Jets compared by cell means of their quantile functions, each stretch with a weight.

    d² = pT_ref² Σ_j c_j (m_j(A) − m_j(B))²,   m_j = mean of q^β over cell j of U = 1 − S,

    in T cells with edges U_j = (j/T)³, grouped into K stretches of equally many cells; the cells of
    stretch k share c = K s_k/T, with shares s ≥ 0 of sum 1. With c_j the width of cell j this is
    SEMD_{β,2} on that grid. Any shares make a Hilbert-space distance of IRC-safe quantities: a
    collinear splitting or a soft particle moves every m_j by as little as one likes.

    Distances are exact by definition, up to the rounding of the embedding; there is no float64
    SEMD that `exact=True` could compute instead.

    Attributes:
        beta: β, as all but `shares` the attributes of a `Space`.
        pt_ref: pT_ref in GeV.
        centre: (2T,) mean embedding of the reference jets.
        directions: None, because all T means are kept.
        omega: name of the angle.
        cells: T.
        shares: (K,) weights of the stretches, of sum 1, dimensionless; U rises with k, from the
            widest angles to the core.

    Source: a weighted L² norm of the quantile functions of arXiv:2305.03751; smearjax's choice.
    """

    shares: Float[Array, " K"]

    def project(self, embedding: Embedding, identity: Int[np.ndarray, " N"]) -> CertifiedPoints:
        """Embedded jets as points of this space.

        Arguments and errors as for `Space.project`, with N jets and GeV as there
        (arXiv:2305.03751).

        >>> from smearjax import load_jets
        >>> from smearjax.metric import embed_jets, weighted_space
        >>> jets = load_jets("sample")[:300]
        >>> space = weighted_space(jets, [0.5, 0.5], cells=8)
        >>> space.project(embed_jets(jets[:2], cells=8), np.arange(2)).points.vectors.shape
        (2, 8)
        """
        stretch = cell_stretch(self.shares, self.cells)
        means, centre = (cell_means(e, self.cells) for e in (embedding, self.centre[None]))
        vectors = self.pt_ref * stretch * (means - centre)
        widest = jnp.max(stretch / jnp.sqrt(jnp.asarray(_widths(self.cells), stretch.dtype)))
        # Each factor above rounds once: five times u of what enters the difference.
        entering = (jnp.linalg.norm(stretch * part, axis=1) for part in (means, centre))
        lost = 2.5 * jnp.finfo(vectors.dtype).eps * sum(entering)
        return CertifiedPoints(
            Points(vectors, jnp.sum(vectors**2, axis=1), jnp.asarray(identity, jnp.int32)),
            jnp.zeros_like(embedding.residual),
            self.pt_ref * (widest * embedding.rounding + lost),
        )

    @property
    def formula(self) -> str:
        """How distances are made, in words and with the shares (dimensionless)."""
        shares = ", ".join(f"{float(share):.3g}" for share in self.shares)
        return (
            f"d² = pT_ref² Σ_j c_j (m_j(A) − m_j(B))², means of ω^β over {self.cells} cells of the "
            f"quantile axis, shares of its {len(self.shares)} stretches: {shares}"
        )


def weighted_space(
    jets: Jets,
    shares: ArrayLike,
    *,
    beta: ArrayLike = 1.0,
    omega: str = "delta_r",
    cells: int = 64,
    pt_ref: float | None = None,
) -> WeightedSpace:
    r"""The space of a sample with given shares along the quantile axis.

    Args:
        jets: N reference jets, which fix pT_ref and the centre; pT in GeV.
        shares: (K,) weights of the stretches, not negative; their sum is divided out.
        beta: exponent β > 0 of the angles.
        omega: name of the angle, see `spectral_function`.
        cells: T, a multiple of K.
        pt_ref: pT_ref in GeV; by default the jets' mean scalar-sum pT.

    Returns:
        `WeightedSpace`.

    Raises:
        ValueError: shares negative, all 0, or not dividing the cells; otherwise as `fit_space`.

    Source: as `WeightedSpace`.

    >>> from smearjax import load_jets
    >>> from smearjax.metric import weighted_space
    >>> weighted_space(load_jets("sample")[:300], [1, 1, 2], cells=6).shares
    Array([0.25, 0.25, 0.5 ], dtype=float32)
    """
    expect_whole("cells", cells, least=1)
    weight = np.asarray(shares, np.float64)
    if weight.ndim != 1 or not (weight >= 0).all() or not 0 < weight.sum() < np.inf:
        raise ValueError(f"shares must be (K,) numbers ≥ 0, not all 0; got {shares!r}")
    if cells % len(weight):
        raise ValueError(f"cells is {cells}; expected a multiple of the {len(weight)} shares")
    embed = partial(embed_jets, beta=beta, omega=omega, cells=cells)
    embedding, unit = embedded_reference(jets, embed, pt_ref)
    return WeightedSpace(
        jnp.asarray(beta, unit.dtype),
        unit,
        embedding.vectors.mean(axis=0),
        None,
        omega,
        cells,
        jnp.asarray(weight / weight.sum(), unit.dtype),
    )


def cell_means(embedding: Embedding | Float[Array, "N D"], cells: int) -> Float[Array, "N T"]:
    """Means of q^β over the cells: the first T coefficients divided by √width."""
    vectors = embedding.vectors if isinstance(embedding, Embedding) else embedding
    return vectors[:, :cells] / jnp.sqrt(jnp.asarray(_widths(cells), vectors.dtype))


def cell_stretch(shares: Float[Array, " K"], cells: int) -> Float[Array, " T"]:
    """√c_j of every cell."""
    each = cells // len(shares)
    return jnp.sqrt(jnp.repeat(shares / each, each))


def _widths(cells: int) -> Float[np.ndarray, " T"]:
    """Widths of the cells on the axis U, from the widest angles on."""
    return np.diff(cell_edges(cells))

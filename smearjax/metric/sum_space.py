"""Several metrics at once: a sum of squared distances is the squared distance of a larger space."""

from __future__ import annotations

from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from smearjax._expect import expect
from smearjax._numerics import ArrayLike
from smearjax.jets.container import Jets
from smearjax.metric.pairs.points import CertifiedPoints, Points
from smearjax.metric.space import Space


class SumSpace(Space):
    r"""Jets compared by several metrics at once, each with a coefficient.

    d² = Σ_k a_k d_k²,   a_k ≥ 0

    A vector of this space is that of each part times √a_k, one behind the other, so d is a
    Hilbert-space distance like those of its parts, and IRC safe like these. What the parts leave
    out adds up likewise, r² = Σ_k a_k r_k²; as Σ_k a_k r_k(A) r_k(B) ≤ r(A) r(B), every certified
    interval stays one.

    Attributes:
        parts: P spaces.
        coefficients: (P,) the a_k, dimensionless.
        beta: (P,) β of each part.
        pt_ref: pT_ref in GeV, the same in every part.
        centre: the parts' centres, one behind the other.
        directions: None.
        omega: name of the angle, the same in every part.
        cells: cells of all parts together.

    Source: the Hilbert space of arXiv:2305.03751; the sum is smearjax's choice.
    """

    beta: Float[Array, " P"]  # pyright: ignore[reportIncompatibleVariableOverride]
    parts: tuple[Space, ...]
    coefficients: Float[Array, " P"]

    def points(self, jets: Jets, identity: Int[np.ndarray, " N"] | None = None) -> CertifiedPoints:
        """Jets as points of this space.

        Arguments and errors as for `Space.points`, with N jets and GeV as there
        (arXiv:2305.03751).

        >>> from smearjax import load_jets
        >>> from smearjax.metric import fit_space, sum_space
        >>> jets = load_jets("sample")[:300]
        >>> both = sum_space([fit_space(jets, beta=b, cells=8) for b in (0.5, 1.0)], [0.3, 0.7])
        >>> both.points(jets[:2]).points.vectors.shape
        (2, 16)
        """
        every = [part.points(jets, identity) for part in self.parts]
        roots = jnp.sqrt(self.coefficients)
        vectors = [a * one.points.vectors for a, one in zip(roots, every, strict=True)]
        norms, residuals, roundings = (
            jnp.stack(columns, axis=1)
            for columns in zip(
                *((one.points.norm, one.residual, one.rounding) for one in every), strict=True
            )
        )
        # Twice u for the root and the product.
        lost = jnp.finfo(norms.dtype).eps * jnp.sqrt(norms @ self.coefficients)
        return CertifiedPoints(
            Points(
                jnp.concatenate(vectors, axis=1),
                norms @ self.coefficients,
                every[0].points.identity,
            ),
            jnp.sqrt(residuals**2 @ self.coefficients),
            jnp.sqrt(roundings**2 @ self.coefficients) + lost,
        )

    @property
    def formula(self) -> str:
        """How distances are made, in words and with the coefficients (dimensionless)."""
        parts = (
            f"{float(a):.3g} × [{part.formula}, β = {float(part.beta):.3g}]"
            for a, part in zip(self.coefficients, self.parts, strict=True)
        )
        return "d² = sum of a_k d_k²: " + " + ".join(parts)


def sum_space(parts: Sequence[Space], coefficients: ArrayLike) -> SumSpace:
    """A space in which squared distances are sums over other spaces: d² = Σ_k a_k d_k².

    Args:
        parts: P spaces of one pT_ref (GeV) and one angle ω, from `fit_space`, `weighted_space` or
            `origin_space`.
        coefficients: (P,) the a_k, dimensionless, positive.

    Returns:
        `SumSpace`.

    Raises:
        ValueError: no part; another number of coefficients, or one that is not positive; parts
            that differ in pT_ref or ω, or are sums themselves.

    Source: as `SumSpace`.

    >>> from smearjax import SmearedLikelihood, load_jets
    >>> from smearjax.metric import fit_space, sum_space
    >>> jets = load_jets("sample")[:300]
    >>> both = sum_space([fit_space(jets, beta=b) for b in (0.3, 1.0)], [0.1, 0.9])
    >>> SmearedLikelihood(jets, space=both).log_ratio(None, 20.0)[:2].tolist()    # at ε = 20 GeV
    [-0.066, 1.252]
    """
    parts = tuple(parts)
    for part in parts:
        expect("parts", part, Space, "spaces from fit_space(jets) or weighted_space(jets, ...)")
        if isinstance(part, SumSpace):
            raise ValueError("parts holds a SumSpace; give its own parts instead")
    a = np.asarray(coefficients, np.float64)
    if a.shape != (len(parts),) or not parts or not np.all((a > 0) & np.isfinite(a)):
        raise ValueError(
            f"coefficients must be a positive number for each of the {len(parts)} parts; "
            f"got {coefficients!r}"
        )
    first = parts[0]
    for part in parts[1:]:
        if part.pt_ref != first.pt_ref or part.omega != first.omega:
            raise ValueError(
                f"parts differ: pT_ref {float(first.pt_ref):g} and {float(part.pt_ref):g} GeV, "
                f"omega {first.omega} and {part.omega}; make them with the same"
            )
    dtype = first.centre.dtype
    return SumSpace(
        beta=jnp.stack([part.beta for part in parts]),
        pt_ref=first.pt_ref,
        centre=jnp.concatenate([part.centre for part in parts]),
        directions=None,
        omega=first.omega,
        cells=sum(part.cells for part in parts),
        parts=parts,
        coefficients=jnp.asarray(a, dtype),
    )

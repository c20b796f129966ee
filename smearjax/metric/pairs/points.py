"""Embedded jets, ready for pair products."""

from __future__ import annotations

from typing import Any

import equinox as eqx
from jaxtyping import Array, Float, Int

from smearjax.jets.arrays import picked


class Points(eqx.Module):
    """Embedded jets prepared for pair products, in GeV.

    Attributes:
        vectors: (N, D) embedding vectors times pT_ref, minus a common centre.
        norm: (N,) ‖vector‖² + r², so that d²_ij = norm_i + norm_j − 2 vector_i · vector_j.
        identity: (N,) number of the jet; two points with one number are the same jet and never
            see each other. Negative numbers match nothing.
    """

    vectors: Float[Array, "*block N D"]
    norm: Float[Array, "*block N"]
    identity: Int[Array, "*block N"]

    def __len__(self) -> int:
        return self.norm.shape[0]

    def __getitem__(self, index: Any) -> Points:
        """The points that a slice, mask or integer array picks."""
        return picked(self, index)


class CertifiedPoints(eqx.Module):
    """Points with what bounds the error of their distances, in GeV.

    Attributes:
        points: N points.
        residual: (N,) r, the norm of what the vectors leave out.
        rounding: (N,) bound on the error of the vector and of r through the precision used.
    """

    points: Points
    residual: Float[Array, "*block N"]
    rounding: Float[Array, "*block N"]

    def __len__(self) -> int:
        return self.residual.shape[0]

    def __getitem__(self, index: Any) -> CertifiedPoints:
        """The points that a slice, mask or integer array picks."""
        return picked(self, index)

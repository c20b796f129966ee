"""The space in which the jets of an analysis are compared: metric, unit and directions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from smearjax._expect import expect, expect_number
from smearjax._memory import expect_room
from smearjax._numerics import ArrayLike, safe_sqrt
from smearjax.jets.arrays import is_traced
from smearjax.jets.container import Jets
from smearjax.metric.embedding import Embedding
from smearjax.metric.pairs.points import CertifiedPoints, Points
from smearjax.metric.streaming import embed_jets

# The directions of D numbers want a few times as many jets; more than that change nothing.
_JETS_PER_NUMBER = 4
_JETS_USED = 8192
# Jets embedded at once on the way to fewer numbers.
_CHUNK = 1 << 12
# Copies of such a chunk at its widest: embedding, offset, vectors, what they leave out.
_COPIES = 4


class Space(eqx.Module):
    r"""The frame in which jets are compared; fixed by the reference jets of an analysis.

    The 2T numbers e of an embedding are turned to the principal directions of the reference jets
    (Karhunen–Loève) and the leading T are kept. The turn is orthogonal, so what is left out joins
    the residual and every certified interval stays one:

    v = pT_ref Qᵀ(e − centre),   r'² = pT_ref² (r² + ‖(1 − QQᵀ)(e − centre)‖²)

    Attributes:
        beta: β, the exponent of the angles.
        pt_ref: pT_ref in GeV.
        centre: (2T,) mean embedding of the reference jets; without it products cancel more.
        directions: (2T, T) orthonormal columns of Q in float64; None keeps all 2T numbers, where
            the reference has too few jets for their directions.
        omega: name of the angle, see `spectral_function`.
        cells: T.
    """

    beta: Float[Array, ""]
    pt_ref: Float[Array, ""]
    centre: Float[Array, " D"]
    directions: Float[np.ndarray, "D K"] | None
    omega: str = eqx.field(static=True)
    cells: int = eqx.field(static=True)

    @property
    def formula(self) -> str:
        """How distances in GeV are made, in words."""
        return "d = pT_ref · (SEMD_{β,2})^{1/2}, jets normalised to ΣE = 1, ω^β"

    def points(self, jets: Jets, identity: Int[np.ndarray, " N"] | None = None) -> CertifiedPoints:
        """Jets as points of this space, made in chunks: only their T numbers are kept.

        Args:
            jets: N jets; pT in GeV, y and φ in radians.
            identity: (N,) numbers of the jets, see `Points`; by default they match nothing.

        Returns:
            `CertifiedPoints`, in GeV.

        Raises:
            ValueError: as `spectral_function`.
            MemoryError: it would not fit; the message has the predicted bytes.

        Source: the Hilbert space of arXiv:2305.03751.

        >>> from smearjax import load_jets
        >>> from smearjax.metric import fit_space
        >>> jets = load_jets("sample")[:300]
        >>> fit_space(jets).points(jets[:2]).residual.shape
        (2,)
        """
        expect("jets", jets, Jets, "Jets, from load_jets(...) or Jets(pt, y, phi)")
        kept = self.cells if self.directions is not None else 2 * self.cells
        expect_room(
            {"vectors and copies of them in order": 3 * len(jets) * kept * self.centre.itemsize},
            {"a chunk in float64": _COPIES * 8 * min(len(jets), _CHUNK) * self.centre.size},
            "use fewer jets, fewer cells or devices with more",
        )
        number = np.full(len(jets), -1) if identity is None else np.asarray(identity)
        chunks = (slice(begin, begin + _CHUNK) for begin in range(0, max(len(jets), 1), _CHUNK))
        parts = (self.project(self._embedded(jets[rows]), number[rows]) for rows in chunks)
        first = next(parts)
        if len(jets) <= _CHUNK:
            return first
        whole = _put(_room(len(jets), first), first, 0)
        for k, part in enumerate(parts, start=1):
            whole = _put(whole, part, k * _CHUNK)
        return whole

    def _embedded(self, jets: Jets) -> Embedding:
        """What the jets are compared by, as vectors."""
        return embed_jets(jets, self.beta, self.omega, self.cells)

    def project(self, embedding: Embedding, identity: Int[np.ndarray, " N"]) -> CertifiedPoints:
        """Embedded jets as points of this space.

        Concrete numbers are turned in float64 on the host, so that rounding to the embedding's
        precision is all that is lost; traced ones in their own precision, with derivatives.

        Arguments, with N embedded jets, and GeV as in `points`; errors as for `points`
        (arXiv:2305.03751).

        >>> from smearjax import load_jets
        >>> from smearjax.metric import embed_jets, fit_space
        >>> jets = load_jets("sample")[:300]
        >>> fit_space(jets).project(embed_jets(jets[:2]), np.arange(2)).points.norm.shape
        (2,)
        """
        dtype = embedding.vectors.dtype
        traced = is_traced(embedding.vectors, self.centre)
        xp, wide = (jnp, dtype) if traced else (np, np.dtype(np.float64))
        e, r, rounding, centre, pt_ref = (
            xp.asarray(values, wide)
            for values in (
                embedding.vectors,
                embedding.residual,
                embedding.rounding,
                self.centre,
                self.pt_ref,
            )
        )
        offset = e - centre
        left_out = r**2
        vectors = offset
        if self.directions is not None:
            turn = xp.asarray(self.directions, wide)
            vectors = offset @ turn
            left_out = left_out + xp.sum((offset - vectors @ turn.T) ** 2, axis=1)
        vectors = xp.asarray(pt_ref * vectors, dtype)
        length = xp.sum(xp.asarray(vectors, wide) ** 2, axis=1)
        root = safe_sqrt if traced else np.sqrt
        unit, wide_unit = (0.5 * float(jnp.finfo(kind).eps) for kind in (dtype, wide))
        # One rounding to the result's precision, and D products summed in the wide one.
        lost = (unit + embedding.vectors.shape[1] ** 1.5 * wide_unit) * root(length)
        return CertifiedPoints(
            Points(
                jnp.asarray(vectors),
                jnp.asarray(length + pt_ref**2 * left_out, dtype),
                jnp.asarray(identity, jnp.int32),
            ),
            jnp.asarray(pt_ref * root(left_out), dtype),
            jnp.asarray(pt_ref * rounding + lost, dtype),
        )


def _room(number: int, like: CertifiedPoints) -> CertifiedPoints:
    """Room for so many points."""
    return jax.tree.map(lambda leaf: jnp.zeros((number, *leaf.shape[1:]), leaf.dtype), like)


@partial(jax.jit, donate_argnums=0)
def _put(whole: CertifiedPoints, part: CertifiedPoints, begin: Array | int) -> CertifiedPoints:
    """The points with some of them in place; nothing is copied, so that no second set exists."""
    return jax.tree.map(
        lambda to, leaf: jax.lax.dynamic_update_slice_in_dim(to, leaf, begin, 0), whole, part
    )


def fit_space(
    jets: Jets,
    *,
    beta: ArrayLike = 1.0,
    omega: str = "delta_r",
    cells: int = 256,
    pt_ref: float | None = None,
) -> Space:
    r"""The space of a reference sample: its unit pT_ref, its centre, its principal directions.

    Q holds the eigenvectors of Σ_i (e_i − centre)(e_i − centre)ᵀ with the largest eigenvalues, for
    up to 8,192 jets evenly spread over the sample. With T = 256 the corrected distance of 99 % of
    random pairs of quark and gluon jets is right to 1e-4, of 99 % of nearest neighbours among
    20,000 to 5e-3; T = 128 costs half and gives 3e-4 and 2e-2 (`experiments/basis.py`).

    Args:
        jets: N reference jets; pT in GeV, y and φ in radians.
        beta: exponent β > 0 of the angles.
        omega: name of the angle, see `spectral_function`.
        cells: T, cells of the embedding and numbers kept.
        pt_ref: pT_ref in GeV; by default the jets' mean pT, the scalar sum over constituents.

    Returns:
        `Space`.

    Raises:
        ValueError: as `spectral_function`; pt_ref not positive and finite.

    Source: the Hilbert space of arXiv:2305.03751; its principal directions are smearjax's choice.

    >>> from smearjax import load_jets
    >>> from smearjax.metric import fit_space
    >>> fit_space(load_jets("sample")[:300], cells=16).directions.shape
    (32, 16)
    """
    embed = partial(embed_jets, beta=beta, omega=omega, cells=cells)
    embedding, unit = embedded_reference(jets, embed, pt_ref)
    return Space(
        jnp.asarray(beta, unit.dtype),
        unit,
        embedding.vectors.mean(axis=0),
        principal_directions(embedding, cells),
        omega,
        cells,
    )


def expect_semd(space: Space, doing: str) -> None:
    """Raise ValueError if SEMD itself is wanted in a space whose distances are others."""
    if type(space) is not Space:
        raise ValueError(
            f"{doing} computes SEMD, but the jets are in a {type(space).__name__}, whose distances "
            "are others; use a space from fit_space(jets)"
        )


def embedded_reference(
    jets: Jets, embed: Callable[[Jets], Embedding], pt_ref: float | None
) -> tuple[Embedding, Float[Array, ""]]:
    """Up to 8,192 reference jets, evenly spread over the sample, and pT_ref in GeV."""
    expect("jets", jets, Jets, "Jets, from load_jets(...) or Jets(pt, y, phi)")
    if len(jets) == 0:
        raise ValueError("jets holds no jet; a space needs reference jets")
    if pt_ref is None:
        pt_ref = float(np.mean(np.asarray(jets.total_pt), dtype=np.float64))
    else:
        expect_number("pt_ref", pt_ref, 0, np.inf, "positive and finite, in GeV")
    used = np.arange(len(jets))[:: -(-len(jets) // _JETS_USED)]
    embedding = embed(jets[used])
    return embedding, jnp.asarray(pt_ref, embedding.vectors.dtype)


def principal_directions(embedding: Embedding, kept: int) -> Float[np.ndarray, "D K"] | None:
    """The leading eigenvectors of the covariance; None where they would mean nothing."""
    n, numbers = embedding.vectors.shape
    if is_traced(embedding.vectors) or n < _JETS_PER_NUMBER * numbers:
        return None
    offset = np.asarray(embedding.vectors, np.float64)
    offset = offset - offset.mean(axis=0)
    return np.linalg.eigh(offset.T @ offset)[1][:, ::-1][:, :kept]

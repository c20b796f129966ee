"""Jets as vectors at Euclidean distances that certify the SEMD distance of every pair."""

from __future__ import annotations

import math
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from smearjax._expect import expect, expect_whole
from smearjax._numerics import safe_sqrt
from smearjax.jets.arrays import is_traced
from smearjax.metric.spectral import Spectra

# Cells narrow towards U = 0, where q is steep: edges (k/T)³ (the best of the powers 1, 2, 3).
_GRID_POWER = 3
# Rounding units lost: by ω^β (differences, squares, root, power); and for each doubling of the
# number of terms by XLA's running sum, which adds in blocks of at most 32: 31 log₃₂ m < 7 log₂ m.
_ANGLE_ULPS = 24.0
_RUNNING_SUM_ULPS = 7.0


class Embedding(eqx.Module):
    """N jets as vectors in L²[0, 1] projected on T cells, with what the projection leaves out.

    Attributes:
        vectors: (N, 2T) coefficients of the quantile function: T means, then T slopes.
        residual: (N,) r, the L² norm of what the projection leaves out.
        rounding: (N,) bound on the error of the vector and of r through the precision used.
        beta: β of the spectra.
        convention: name of the angle the spectra were made with.
    """

    vectors: Float[Array, "N D"]
    residual: Float[Array, " N"]
    rounding: Float[Array, " N"]
    beta: Float[Array, ""]
    convention: str = eqx.field(static=True)

    def __len__(self) -> int:
        return self.vectors.shape[0]

    def __getitem__(self, index) -> Embedding:
        """The jets that a slice, mask or integer array picks."""
        rows = (self.vectors[index], self.residual[index], self.rounding[index])
        return Embedding(*rows, self.beta, self.convention)


def embed(spectra: Spectra, cells: int = 256) -> Embedding:
    r"""Project each jet's quantile function on straight lines in T cells of the axis U = 1 − S.

    e_k = ∫_{cell k} dU q / √w_k,   e_{T+k} = ∫_{cell k} dU q (U − c_k) √(12/w_k³)
    r² = Σ_k ∫_{cell k} dU (q − line_k)²

    with edges U_k = (k/T)³, widths w_k and centres c_k. The coefficients belong to orthonormal
    functions, so ‖e_A − e_B‖ ≤ d(A, B) and |d² − (‖e_A − e_B‖² + r_A² + r_B²)| ≤ 2 r_A r_B, with
    d² = SEMD_{β,2}: an orthogonal projection in the Hilbert-space picture of arXiv:2305.03751.
    All integrals are exact for the step function q, and r² is a sum of squares, never a
    difference of large numbers. The slopes matter for near neighbours, whose
    residuals are alike.

    Args:
        spectra: N spectra of normalised jets.
        cells: T, at least 1. At T = 256 the corrected distance of 99 % of random pairs of quark
            and gluon jets is right to 1e-4, of 99 % of nearest neighbours among 20,000 to 4e-3.

    Returns:
        `Embedding` in the precision of the spectra; multiply distances by pT_ref for GeV.

    Raises:
        ValueError: if cells < 1 or the spectra are not normalised.

    >>> from smearjax import Jets, embed, spectral_function
    >>> two = spectral_function(Jets(pt=[[300.0, 100.0]], y=[[0.0, 0.3]], phi=[[0.0, 0.4]]))
    >>> e = embed(two, cells=4)
    >>> float((e.vectors**2).sum() + e.residual[0] ** 2)    # ∫ q² = 2·¾·¼·½²
    0.09375
    """
    expect("spectra", spectra, Spectra, "Spectra, from spectral_function(jets)")
    expect_whole("cells", cells, least=1)
    if not is_traced(spectra.total) and not np.all(np.asarray(spectra.total) == 1):
        raise ValueError(
            "embed needs normalised spectra; use spectral_function(..., normalize=True)"
        )
    return _embed(spectra, cells)


def cell_edges(cells: int) -> Float[np.ndarray, " e"]:
    """The T + 1 edges U_k of the cells."""
    return (np.arange(cells + 1) / cells) ** _GRID_POWER


@partial(jax.jit, static_argnums=1)
def _embed(spectra: Spectra, cells: int) -> Embedding:
    """The compiled part."""
    project = partial(_project, cells=cells, constituents=spectra.constituents)
    rows = jax.vmap(project)(spectra.upper, spectra.quantile)
    return Embedding(*rows, spectra.beta, spectra.convention)


def _project(
    upper: Float[Array, " m"], q: Float[Array, " m"], cells: int, constituents: int
) -> tuple[Float[Array, " D"], Float[Array, ""], Float[Array, ""]]:
    """One jet's vector, residual and rounding bound.

    Entry n covers (U_{n−1}, U_n). Cell edges cut it into parts: one in the cell where it starts,
    and one behind each edge that it holds.
    """
    edges = jnp.asarray(cell_edges(cells), q.dtype)
    upper = upper.at[-1].set(1.0)  # the last entry has q = 0 and reaches to U = 1
    start = jnp.concatenate([jnp.zeros_like(upper[:1]), upper[:-1]])
    holder = jnp.searchsorted(upper, edges[1:-1], side="right").astype(jnp.int32)
    edges_passed = jnp.cumsum(jnp.zeros(upper.size, jnp.int32).at[holder].add(1))
    starts_in = jnp.concatenate([jnp.zeros(1, jnp.int32), edges_passed[:-1]])

    cell = jnp.concatenate([starts_in, jnp.arange(1, cells, dtype=jnp.int32)])
    value = jnp.concatenate([q, q[holder]])
    left = jnp.concatenate([start, edges[1:-1]])
    right = jnp.minimum(jnp.concatenate([upper, upper[holder]]), edges[cell + 1])
    width = jnp.maximum(right - left, 0.0)
    centre = 0.5 * (edges[:-1] + edges[1:])
    offset = 0.5 * ((left - centre[cell]) + (right - centre[cell]))

    cell_width = jnp.diff(edges)
    integral = jnp.zeros(cells, q.dtype).at[cell].add(width * value)
    moment = jnp.zeros(cells, q.dtype).at[cell].add(width * value * offset)
    mean, slope = integral / cell_width, 12.0 * moment / cell_width**3
    deviation = value - mean[cell] - slope[cell] * offset
    variance = jnp.sum(width * (deviation**2 + (slope[cell] * width) ** 2 / 12.0))

    unit_slope = cell_width * jnp.sqrt(cell_width / 12.0)
    vector = jnp.concatenate([mean * jnp.sqrt(cell_width), slope * unit_slope])
    return vector, safe_sqrt(variance), _rounding(vector, variance, q, holder, edges, constituents)


def _rounding(
    vector: Float[Array, " D"],
    variance: Float[Array, ""],
    q: Float[Array, " m"],
    holder: Int[Array, " k"],
    edges: Float[Array, " e"],
    constituents: int,
) -> Float[Array, ""]:
    """Bound on ‖δe‖ and |δr|.

    An edge of q at U is known to η U, so the integral over a cell moves by at most
    η U (q_in − q_out), with q_in, q_out the values one entry beyond the cell on either side: the
    mean by that over √w, the slope by √3 times as much, r² by the same times the fall of q there.
    q itself is known to a few ulp, and so is every sum of positive parts relative to the norm.
    """
    vector, variance, q = jax.lax.stop_gradient((vector, variance, q))
    unit = 0.5 * float(jnp.finfo(q.dtype).eps)
    lost = 4 * math.log2(constituents + 1) + _RUNNING_SUM_ULPS * math.log2(q.size + 1) + 8
    before = q[jnp.maximum(jnp.concatenate([jnp.zeros(1, holder.dtype), holder]) - 1, 0)]
    behind = q[jnp.minimum(jnp.append(holder, q.size - 1) + 1, q.size - 1)]
    drop = before - behind
    shift = unit * lost * edges[1:] * drop
    norm = jnp.sqrt(jnp.sum(vector**2) + variance)
    relative = 2 * unit * (_ANGLE_ULPS + math.sqrt(q.size)) * norm
    vector_error = 2 * jnp.sqrt(jnp.sum(shift**2 / jnp.diff(edges)))
    moved = jnp.sum(shift * drop)
    root = jnp.sqrt(jnp.maximum(variance, moved))
    residual_error = moved / jnp.where(root > 0, root, 1.0)
    return jnp.maximum(vector_error, residual_error) + relative


def distance_interval(
    a: Embedding, b: Embedding
) -> tuple[Float[Array, " N"], Float[Array, " N"], Float[Array, " N"]]:
    r"""Certified bounds on d(A_i, B_i) and the corrected estimate between them.

    ‖e_A − e_B‖² + (r_A − r_B)² ≤ d² ≤ ‖e_A − e_B‖² + (r_A + r_B)²,
    estimate d² = ‖e_A − e_B‖² + r_A² + r_B²

    with ‖e_A − e_B‖, r_A and r_B widened by their rounding.

    Args:
        a: N embedded jets, or one.
        b: N embedded jets, or one, with as many cells.

    Returns:
        (lower, estimate, upper), each (N,), dimensionless: multiply by pT_ref for GeV.

    Raises:
        ValueError: if the embeddings differ in cells or convention, or N does not match.

    Source: projections in the Hilbert space of arXiv:2305.03751.

    >>> from smearjax import Jets, embed, spectral_function
    >>> from smearjax.metric import distance_interval
    >>> two = spectral_function(Jets(pt=[[300.0, 100.0]], y=[[0.0, 0.3]], phi=[[0.0, 0.4]]))
    >>> one = spectral_function(Jets(pt=[[400.0, 0.0]], y=[[0.0, 0.0]], phi=[[0.0, 0.0]]))
    >>> lower, estimate, upper = distance_interval(embed(two), embed(one))
    >>> bool(lower[0] <= 0.09375**0.5 <= upper[0])
    True
    """
    check_comparable(a, b)
    if len(a) != len(b) and 1 not in (len(a), len(b)):
        raise ValueError(f"a and b must hold equally many jets, or one; got {len(a)} and {len(b)}")
    return _distance_interval(a, b)


@jax.jit
def _distance_interval(a: Embedding, b: Embedding) -> tuple[Array, Array, Array]:
    """The compiled part."""
    squared = jnp.sum((a.vectors - b.vectors) ** 2, axis=1)
    estimate = safe_sqrt(squared + a.residual**2 + b.residual**2)
    slack = a.rounding + b.rounding
    # The sum of T squares and the three roundings around it, relative to the distance.
    ulps = float(jnp.finfo(squared.dtype).eps) * (a.vectors.shape[1] / 2 + 4)
    projected = safe_sqrt(squared)
    nearest = jnp.maximum(projected - slack, 0.0)
    difference = jnp.maximum(jnp.abs(a.residual - b.residual) - slack, 0.0)
    lower = safe_sqrt(nearest**2 + difference**2) * (1 - ulps)
    upper = safe_sqrt((projected + slack) ** 2 + (a.residual + b.residual + slack) ** 2)
    return lower, estimate, upper * (1 + ulps)


def check_comparable(a: Embedding, b: Embedding) -> None:
    """Raise ValueError unless both embeddings live on the same cells, angle and β."""
    if a.vectors.shape[1] != b.vectors.shape[1]:
        cells = (a.vectors.shape[1] // 2, b.vectors.shape[1] // 2)
        raise ValueError(f"embeddings with {cells[0]} and {cells[1]} cells cannot be compared")
    if a.convention != b.convention:
        raise ValueError(
            f"the embeddings measure angles differently: {a.convention}, {b.convention}"
        )
    traced = is_traced(a.beta, b.beta)
    if not traced and a.beta != b.beta:
        raise ValueError(f"the embeddings have different beta: {a.beta} and {b.beta}")

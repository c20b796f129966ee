"""All pairs of two sets of jets, streamed: distances are made and used up, never kept."""

from __future__ import annotations

from functools import partial
from typing import Any, Protocol, runtime_checkable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from smearjax._forward import forward_in_parameters
from smearjax.metric.embedding import Embedding

# A block of d² of these sizes stays in a core's cache while every ε is applied to it.
_ROWS, _COLUMNS = 512, 1024
# Where a jet meets itself or padding, d² = (10⁶ GeV)²: no kernel reaches so far, and unlike ∞ it
# leaves finite numbers in first and second derivatives.
_FAR = 1e12


@runtime_checkable
class Kernel(Protocol):
    """What the stream asks of a kernel: ln K as a function of d² (GeV²) and ε (GeV)."""

    def log(self, squared_distance: Array, epsilon: Array | float) -> Array:
        """Ln K(d | ε), −∞ where the kernel vanishes."""
        ...


class Points(eqx.Module):
    """Embedded jets prepared for pair products, in GeV.

    Attributes:
        vectors: (N, D) embedding vectors times pT_ref, minus a common centre.
        norm: (N,) ‖vector‖² + r², so that d²_ij = norm_i + norm_j − 2 vector_i · vector_j.
        identity: (N,) number of the jet; two points with one number are the same jet and never
            see each other. Negative numbers match nothing.
    """

    vectors: Float[Array, "N D"]
    norm: Float[Array, " N"]
    identity: Int[Array, " N"]

    def __len__(self) -> int:
        return self.norm.shape[0]

    def __getitem__(self, index: Any) -> Points:
        """The points that a slice, mask or integer array picks."""
        return jax.tree.map(lambda leaf: leaf[index], self)


def points(
    embedding: Embedding,
    pt_ref: Float[Array, ""],
    centre: Float[Array, " D"],
    identity: Int[Array | np.ndarray, " N"],
) -> Points:
    """Scale to GeV and move the origin to `centre`, so that the pair product cancels less."""
    vectors = pt_ref * (embedding.vectors - centre)
    norm = jnp.sum(vectors**2, axis=1) + (pt_ref * embedding.residual) ** 2
    return Points(vectors, norm, jnp.asarray(identity, jnp.int32))


def squared_distances(rows: Points, columns: Points) -> Float[Array, "N M"]:
    """One block of d²: a matrix product in full precision, corrected by the residuals."""
    product = jnp.matmul(rows.vectors, columns.vectors.T, precision=jax.lax.Precision.HIGHEST)
    return jnp.maximum(rows.norm[:, None] + columns.norm[None, :] - 2.0 * product, 0.0)


@jax.jit
def nearest_squared_distance(rows: Points, columns: Points) -> Float[Array, " N"]:
    """d² (GeV²) from each row to its nearest column that is another jet; ∞ if there is none."""

    def start(rows: Points) -> Array:
        return jnp.full(len(rows), jnp.inf, rows.norm.dtype)

    def step(best: Array, rows: Points, d2: Array, column_data: tuple) -> Array:
        return jnp.minimum(best, jnp.min(d2, axis=1))

    best = _stream(rows, columns, (), start, step)
    return jnp.where(best < _FAR, best, jnp.inf)


def kernel_sums(
    epsilon: Float[Array, " E"],
    kernel: Kernel,
    rows: Points,
    columns: Points,
    weights: Float[Array, "M C"],
    log_scale: Float[Array, "E N"],
    squares: bool = False,
) -> Float[Array, "E N K"]:
    r"""Kernel sums about every row for several ε and several weight columns, in one pass.

    sum_c(x, ε) = Σ_{j ≠ x} w_jc exp(ln K(d_xj | ε) − log_scale(ε, x))

    Memory is one block per ε, whatever N and M. The derivative in ε and in the kernel's own
    parameters runs forward in the same pass, also when the caller differentiates backwards;
    derivatives in points and weights recompute blocks instead of keeping them.

    Args:
        epsilon: (E,) resolutions in GeV.
        kernel: the kernel, a pytree whose leaves are scalars.
        rows: N points about which to sum.
        columns: M points to sum over.
        weights: (M, C) weight columns.
        log_scale: (E, N) factored out of each row so that nothing underflows.
        squares: append the C sums of w² K², which the effective number of jets needs.

    Returns:
        (E, N, C), or (E, N, 2C) with `squares`.
    """
    stream = forward_in_parameters(partial(_kernel_sums, squares=squares))
    return stream((epsilon, kernel), (rows, columns, weights, jax.lax.stop_gradient(log_scale)))


def _kernel_sums(parameters, data, squares: bool) -> Float[Array, "E N K"]:
    """The stream itself; `forward_in_parameters` owns its derivatives."""
    epsilon, kernel = parameters
    rows, columns, weights, log_scale = data
    width = weights.shape[1] * (2 if squares else 1)

    def start(rows: tuple[Points, Array]) -> Array:
        return jnp.zeros((rows[1].shape[0], epsilon.size, width), weights.dtype)

    def step(sums: Array, rows: tuple[Points, Array], d2: Array, weights: Array) -> Array:
        def at_one(inputs: tuple[Array, Array]) -> Array:
            epsilon, scale = inputs
            value = jnp.exp(kernel.log(d2, epsilon) - scale[:, None])
            value = jnp.where(d2 < _FAR, value, 0.0)  # an ε beyond all data reaches it after all
            total = _contract(value, weights)
            return (
                jnp.concatenate([total, _contract(value**2, weights**2)], 1) if squares else total
            )

        return sums + jnp.moveaxis(jax.lax.map(at_one, (epsilon, rows[1].T)), 0, 1)

    sums = _stream((rows, log_scale.T), columns, weights, start, step)
    return jnp.moveaxis(sums, 1, 0)


def _contract(value: Float[Array, "N M"], weights: Float[Array, "M C"]) -> Float[Array, "N C"]:
    """Σ_j K_ij w_jc in full precision."""
    return jnp.matmul(value, weights, precision=jax.lax.Precision.HIGHEST)


def _stream(rows, columns: Points, column_data, start, step):
    """Fold `step` over column blocks for each row block; self-pairs and padding sit at `_FAR`.

    `rows` is `Points` or a tuple that begins with them. The step is rematerialised,
    so reverse mode keeps carries, not blocks.
    """
    n_rows = _number(rows)
    row_blocks, _ = _blocks(rows, _ROWS)
    column_blocks = _blocks((columns, column_data), _COLUMNS)

    def fold(rows):
        here = rows if isinstance(rows, Points) else rows[0]

        @jax.checkpoint
        def absorb(carry, block):
            (columns, data), valid = block
            d2 = squared_distances(here, columns)
            same = here.identity[:, None] == columns.identity[None, :]
            other = ~(same & (here.identity[:, None] >= 0)) & valid[None, :]
            return step(carry, rows, jnp.where(other, d2, _FAR), data), None

        return jax.lax.scan(absorb, start(rows), column_blocks)[0]

    folded = jax.lax.map(fold, row_blocks)
    return jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:])[:n_rows], folded)


def _number(rows) -> int:
    """How many rows there are."""
    return jax.tree.leaves(rows)[0].shape[0]


def _blocks(tree, size: int) -> tuple[Any, Bool[Array, "blocks size"]]:
    """The leading axis cut into equal blocks, the last one padded; and which rows are real."""
    n = _number(tree)
    size = min(size, max(n, 1))
    count = -(-n // size)

    def cut(leaf: Array) -> Array:
        leaf = jnp.pad(leaf, [(0, count * size - n)] + [(0, 0)] * (leaf.ndim - 1))
        return leaf.reshape(count, size, *leaf.shape[1:])

    return jax.tree.map(cut, tree), (jnp.arange(count * size) < n).reshape(count, size)

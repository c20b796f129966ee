"""Kernel sums over all pairs: what smearing is made of."""

from __future__ import annotations

from functools import partial
from typing import ClassVar, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from smearjax._forward import forward_in_parameters
from smearjax.metric.pairs.blocks import FAR
from smearjax.metric.pairs.engine import Side, reduce_pairs
from smearjax.metric.pairs.points import Points
from smearjax.metric.pairs.tuning import tuning


@runtime_checkable
class Kernel(Protocol):
    """What the sums ask of a kernel: K as a function of d² (GeV²) and ε (GeV).

    Attributes:
        compact: whether K vanishes beyond ε.
    """

    compact: ClassVar[bool]

    def scaled(
        self, squared_distance: Array, epsilon: Array | float, log_scale: Array | float
    ) -> Array:
        """K(d | ε) e^{−log_scale}, without underflow where the quotient has none."""
        ...


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

    Both orders of a pair are made where rows and columns are one list: each row has a scale of its
    own, hence an exponential of its own, and these are what several ε cost.

    Memory is one block, whatever N and M. The derivative in ε and in the kernel's own parameters
    runs forward in the same pass, also when the caller differentiates backwards; derivatives in
    points and weights recompute blocks instead of keeping them.

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
    stream = forward_in_parameters(
        partial(_kernel_sums, squares=squares, within_reach=kernel.compact),
        partial(_kernel_sums, squares=squares, within_reach=False),
    )
    return stream((epsilon, kernel), (rows, columns, weights, jax.lax.stop_gradient(log_scale)))


def _kernel_sums(parameters, data, squares: bool, within_reach: bool) -> Float[Array, "E N K"]:
    """The pass itself; `forward_in_parameters` owns its derivatives."""
    epsilon, kernel = parameters
    rows, columns, weights, log_scale = data
    width = weights.shape[1] * (2 if squares else 1)

    def start(rows: Side) -> Array:
        return jnp.zeros((len(rows[0]), epsilon.size, width), weights.dtype)

    def absorb(sums: Array, d2: Array, rows: Side, columns: Side) -> Array:
        weights = columns[1]

        def at_one(_: None, inputs: tuple[Array, Array]) -> tuple[None, Array]:
            epsilon, scale = inputs
            value = kernel.scaled(d2, epsilon, scale[None, :])
            value = jnp.where(d2 < FAR, value, 0.0)  # an ε beyond all data reaches it after all
            total = _contract(value, weights)
            if squares:
                total = jnp.concatenate([total, _contract(value**2, weights**2)], axis=1)
            return None, total

        _, more = jax.lax.scan(at_one, None, (epsilon, rows[1].T), unroll=tuning().unrolled)
        return sums + jnp.moveaxis(more, 0, 1)

    def reach(sums: Array) -> Array:
        return jax.lax.stop_gradient(jnp.max(epsilon) ** 2)

    sides = (rows, log_scale.T), (columns, weights)
    sums = reduce_pairs(*sides, start, absorb, reach if within_reach else None)
    return jnp.moveaxis(sums, 1, 0)


def _contract(value: Float[Array, "M N"], weights: Float[Array, "M C"]) -> Float[Array, "N C"]:
    """Σ_j K_ji w_jc in full precision."""
    if weights.shape[1] <= tuning().sums:
        return jnp.stack([jnp.sum(value * w[:, None], axis=0) for w in weights.T], axis=1)
    return jnp.matmul(weights.T, value, precision=jax.lax.Precision.HIGHEST).T

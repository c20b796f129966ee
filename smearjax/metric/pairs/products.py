"""The matrix product that distances are made of, and a bound on what it loses."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

# JAX's name of the precision that is asked for with `jax.default_matmul_precision(...)`.
_SPLIT = "BF16_BF16_F32_X3"


def product(a: Float[Array, "n D"], b: Float[Array, "m D"]) -> Float[Array, "n m"]:
    """All a_i · b_j in the vectors' own precision.

    Inside `with jax.default_matmul_precision("BF16_BF16_F32_X3"):` float32 vectors are split in two
    bfloat16 halves each and three of the four products of halves are made, which matrix units do
    several times faster and to 2⁻¹⁴ of ‖a‖‖b‖. Every other setting of JAX's means full precision: a
    single pass in bfloat16 or TensorFloat-32 loses the near pairs.
    """
    return _split_product(a, b) if _is_split(a.dtype) else _full_product(a, b)


def product_error(length: int, dtype: jnp.dtype) -> float:
    """A bound on the error of `product`, in units of ‖a‖‖b‖, for vectors of that length.

    Adding D products up in floating point loses at most D u, and twice that in matrix units, which
    cut off where others round. Halves of b bits leave 2⁻²ᵇ of each vector and of each product of
    lower halves: three such terms, and those that they touch.
    """
    unit = 0.5 * float(jnp.finfo(dtype).eps)
    if not _is_split(dtype):
        return length * unit
    half = 0.5 * float(jnp.finfo(jnp.bfloat16).eps)
    return 4 * half**2 + 2 * 3 * length * unit


def _is_split(dtype: jnp.dtype) -> bool:
    """Whether the user asked for the split product of such vectors."""
    asked = jax.config.jax_default_matmul_precision  # pyright: ignore[reportAttributeAccessIssue]
    return dtype == jnp.float32 and asked == _SPLIT


def _full_product(a: Array, b: Array) -> Array:
    """The product in the vectors' own precision, on every kind of device."""
    return jnp.matmul(a, b.T, precision=jax.lax.Precision.HIGHEST)


@jax.custom_jvp
def _split_product(a: Array, b: Array) -> Array:
    """Σ (high·high + high·low + low·high) as one product of three times the length."""
    (high_a, low_a), (high_b, low_b) = _halves(a), _halves(b)
    left = jnp.concatenate([high_a, high_a, low_a], axis=1)
    right = jnp.concatenate([high_b, low_b, high_b], axis=1)
    one_pass = jax.lax.Precision.DEFAULT
    return jnp.matmul(left, right.T, precision=one_pass, preferred_element_type=jnp.float32)


@_split_product.defjvp
def _split_product_jvp(primals, tangents):
    """Slopes go through the unsplit vectors: halves have none."""
    (a, b), (da, db) = primals, tangents
    return _split_product(a, b), _full_product(da, b) + _full_product(a, db)


def _halves(x: Float[Array, "n D"]) -> tuple[Array, Array]:
    """The upper and the lower half of x, whose sum is x to 16 bits, in bfloat16."""
    kept = jnp.finfo(jnp.bfloat16)
    # A mere conversion there and back is one that XLA takes the freedom to leave out.
    high = jax.lax.reduce_precision(x, kept.nexp, kept.nmant)
    return high.astype(jnp.bfloat16), (x - high).astype(jnp.bfloat16)

"""What kind of numbers an array may hold, and how each kind enters."""

from __future__ import annotations

from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Int

from smearjax._numerics import HostOrDevice as HostOrDevice
from smearjax.jets.checks import JetsError

Picked = TypeVar("Picked")


def host_array(name: str, values: Any) -> HostOrDevice:
    """The values as they are if JAX holds them, as a native numpy array otherwise."""
    if isinstance(values, jax.Array):
        return values
    if isinstance(values, np.ma.MaskedArray):
        raise ValueError(
            f"{name} is a numpy masked array, whose mask would be lost; "
            f"pass {name}.filled(0) and mask=~{name}.mask instead"
        )
    try:
        array = np.asarray(values)
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"{name} is not a rectangular array of numbers ({error}); "
            "for jets of different lengths use Jets.from_lists or Jets.from_awkward"
        ) from error
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def float_array(name: str, values: Any) -> HostOrDevice:
    """Arrays of float32 and float64 as they are, halves widened, integers as float64.

    Plain Python numbers come in JAX's default precision, as they would in `jnp.asarray`. All else
    is refused.
    """
    array = host_array(name, values)
    if array.dtype.kind in "if" and _plain_numbers(values):
        return array.astype(jax.dtypes.canonicalize_dtype(float))
    if jnp.issubdtype(array.dtype, jnp.floating):
        if array.dtype.itemsize > 8:
            raise ValueError(
                f"{name} has dtype {array.dtype}, which cannot be kept exactly; "
                f"pass {name}.astype(np.float64)"
            )
        return array.astype(np.float32) if array.dtype.itemsize < 4 else array
    if jnp.issubdtype(array.dtype, jnp.integer):
        return array.astype(np.float64 if isinstance(array, np.ndarray) else float)
    raise ValueError(f"{name} has dtype {array.dtype}; expected real numbers (float32 or float64)")


def _plain_numbers(values: Any) -> bool:
    """Whether these are Python numbers in lists, with no array among them."""
    if isinstance(values, list | tuple):
        return all(_plain_numbers(value) for value in values)
    return isinstance(values, int | float) and not isinstance(values, np.generic)


def integer_array(name: str, values: Any, dtype: type[np.signedinteger]) -> HostOrDevice:
    """Whole numbers in the given type; floats count if they are whole, as files often hold them."""
    array = host_array(name, values)
    if isinstance(array, jax.Array):
        if jnp.issubdtype(array.dtype, jnp.integer) or array.dtype == jnp.bool_:
            return array.astype(dtype)
        raise ValueError(f"{name} has dtype {array.dtype}; expected integers")
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name} has dtype {array.dtype}; expected integers")
    limits = np.iinfo(dtype)
    whole = (array >= limits.min) & (array <= limits.max)
    if array.dtype.kind == "f":
        whole &= np.where(np.isfinite(array), array == np.round(array), False)
    if not whole.all():
        where = np.argwhere(~whole)
        raise JetsError(
            f"{name}: {len(where):,} values are no {limits.bits}-bit whole numbers, first "
            f"{array[tuple(where[0])]} at index {[int(i) for i in where[0]]}; expected integers"
        )
    return array.astype(dtype, copy=False)


def mask_array(values: Any) -> HostOrDevice:
    """Booleans as they are, integers 0 and 1 as booleans, all else refused."""
    array = host_array("mask", values)
    if array.dtype == np.bool_:
        return array
    if isinstance(array, np.ndarray) and array.dtype.kind in "iu" and np.isin(array, (0, 1)).all():
        return array.astype(np.bool_)
    raise ValueError(
        f"mask has dtype {array.dtype}; expected booleans, True where there is a particle"
    )


def common_float(*arrays: HostOrDevice) -> tuple[HostOrDevice, ...]:
    """Numpy arrays in their widest float type; left alone once JAX holds one of them."""
    if any(isinstance(array, jax.Array) for array in arrays):
        return arrays
    dtype = np.result_type(*arrays)
    return tuple(array.astype(dtype, copy=False) for array in arrays)


def is_traced(*arrays: Any) -> bool:
    """Whether any array is a tracer, whose values cannot be looked at."""
    return any(isinstance(array, Tracer) for array in arrays)


def picked(arrays: Picked, index: Any) -> Picked:
    """What a slice, mask or integer array picks of one or more arrays, in one compiled gather."""
    if isinstance(index, slice):
        index = np.arange(*index.indices(len(jax.tree.leaves(arrays)[0])))
    elif not is_traced(index):
        index = np.asarray(index)
        index = np.flatnonzero(index) if index.dtype == bool else index
    return _gathered(arrays, index)


@jax.jit
def _gathered(arrays: Any, index: Int[Array, "*M"]) -> Any:
    return jax.tree.map(lambda leaf: leaf[index], arrays)


def whole_pid(pid: Any, mask: HostOrDevice) -> HostOrDevice:
    """PDG numbers as int32, with any filler outside the mask set to 0 first."""
    array = host_array("pid", pid)
    return integer_array(
        "pid", blank(array, mask) if array.shape == mask.shape else array, np.int32
    )


def blank(array: HostOrDevice, mask: HostOrDevice) -> HostOrDevice:
    """The array with zeros outside the mask; numpy arrays that have them already are not copied."""
    if isinstance(array, jax.Array) or is_traced(mask):
        return jnp.where(mask, array, jnp.zeros((), array.dtype))
    mask = np.asarray(mask)
    return np.where(mask, array, np.zeros((), array.dtype)) if array[~mask].any() else array


def row_index(index: Any, n_jets: int) -> Any:
    """An index that selects rows: a slice, whole numbers or booleans; one number keeps the axis."""
    if isinstance(index, slice):
        return index
    rows = index if isinstance(index, jax.Array) else np.asarray(index)
    if rows.ndim > 1 or isinstance(index, tuple):
        raise IndexError("jets are selected by rows: a slice, a list of numbers or a boolean mask")
    if rows.dtype == np.bool_:
        if rows.shape != (n_jets,):
            raise IndexError(
                f"the boolean mask has shape {rows.shape}; expected ({n_jets},), one entry a jet "
                "(comparing a missing label or weight with a number gives one False for all)"
            )
        return rows
    if rows.size == 0:
        return np.zeros(0, np.int64)
    if not jnp.issubdtype(rows.dtype, jnp.integer):
        raise IndexError(f"an index of {rows.dtype}; expected whole numbers, booleans or a slice")
    if not is_traced(rows) and (rows.min() < -n_jets or rows.max() >= n_jets):
        raise IndexError(f"jet {int(rows.max())} of {n_jets}; expected 0 to {n_jets - 1}")
    return rows.reshape(-1)

"""All pairs on many devices: rows are dealt out, every device sees all columns."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import AxisType, PartitionSpec
from jaxtyping import Array

# The mesh axis along which rows are dealt out.
_AXIS = "jets"


def device_mesh() -> jax.sharding.Mesh:
    """All devices of all processes, in a row: `with jax.set_mesh(device_mesh()):` uses them.

    Every pass over pairs inside the block deals its rows out among the devices; the result is whole
    in every process. Blocks are the same, and are taken in the same order, as on one device.
    Between devices of one kind counts, neighbours and kernel sums are therefore equal to the last
    bit; sums over more than a few weight columns are matrix products, which a CPU divides among its
    threads, and equal where there are equally many. What is made of the sums, such as ln L, agrees
    to 1e-6 of ln n_c: XLA compiles the arithmetic around a pass anew for each number of devices,
    and contracts it differently.

    Several processes (`jax.distributed.initialize()` first) must all hold the same jets and make
    the same calls.

    Raises nothing. Source: smearjax's own definition; shapes and units are those of the pass.

    >>> from smearjax.metric import device_mesh
    >>> device_mesh().axis_names
    ('jets',)
    """
    return jax.make_mesh((jax.device_count(),), (_AXIS,), axis_types=(AxisType.Auto,))


def devices_in_use() -> int:
    """How many devices share the rows of a pass here."""
    mesh = jax.sharding.get_abstract_mesh()
    return 1 if mesh.empty else mesh.shape.get(_AXIS, 1)


def on_every_device(tree: Any) -> Any:
    """The arrays, copied to every device in use once, and not anew by every pass."""
    return tree if devices_in_use() == 1 else _copy(tree)


@partial(jax.jit, out_shardings=PartitionSpec())
def _copy(tree: Any) -> Any:
    """The same on all devices of the mesh in use."""
    return tree


def over_devices(fold: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Deal the leading axis of the first argument out among the devices of the mesh in use.

    Neighbours in the list go to different devices, since they are alike in how much work they are.
    The result is whole on every device, so that every process can go on with it.
    """
    devices = devices_in_use()
    if devices == 1:
        return fold

    def shared(rows: Any, columns: Any) -> Any:
        count = jax.tree.leaves(rows)[0].shape[0]
        # Further copies of the last row fill the devices evenly.
        place = jnp.minimum(jnp.arange(count + -count % devices), count - 1).reshape(-1, devices)
        dealt = jax.tree.map(lambda leaf: leaf[place], rows)

        def on_each(rows: Any, columns: Any) -> Any:
            part = fold(jax.tree.map(lambda leaf: leaf[:, 0], rows), columns)
            return jax.tree.map(lambda leaf: jax.lax.all_gather(leaf, _AXIS, axis=1), part)

        everywhere = jax.shard_map(
            on_each,
            in_specs=(PartitionSpec(None, _AXIS), PartitionSpec()),
            out_specs=PartitionSpec(),
            check_vma=False,
        )

        def whole(leaf: Array) -> Array:
            return leaf.reshape(-1, *leaf.shape[2:])[:count]

        return jax.tree.map(whole, everywhere(dealt, columns))

    return shared

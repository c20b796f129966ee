"""All pairs on many devices: rows are shared out, every device sees all columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import AxisType, PartitionSpec

# The mesh axis along which rows are shared out.
_AXIS = "jets"


def device_mesh() -> jax.sharding.Mesh:
    """All devices of all processes, in a row: `with jax.set_mesh(device_mesh()):` uses them.

    Every pass over pairs inside the block shares its rows out among the devices. Blocks are the
    same, and are taken in the same order, as on one device, so counts are equal and sums are equal
    to the last bit wherever the devices' matrix products are.

    Raises nothing. Source: smearjax's own definition; shapes and units are those of the pass.

    >>> from smearjax.metric import device_mesh
    >>> device_mesh().axis_names
    ('jets',)
    """
    return jax.make_mesh((jax.device_count(),), (_AXIS,), axis_types=(AxisType.Auto,))


def over_devices(fold: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Share the leading axis of the first argument out among the devices of the mesh in use.

    The result is whole on every device, so that every process can go on with it.
    """
    mesh = jax.sharding.get_abstract_mesh()
    if mesh.empty or _AXIS not in mesh.axis_names:
        return fold
    devices = mesh.shape[_AXIS]

    def shared(rows: Any, columns: Any) -> Any:
        count = jax.tree.leaves(rows)[0].shape[0]
        short = -count % devices
        # Further copies of the last block fill the devices evenly.
        even = jax.tree.map(lambda leaf: jnp.concatenate([leaf, *[leaf[-1:]] * short]), rows)

        def on_each(rows: Any, columns: Any) -> Any:
            part = fold(rows, columns)
            return jax.tree.map(lambda leaf: jax.lax.all_gather(leaf, _AXIS, tiled=True), part)

        everywhere = jax.shard_map(
            on_each,
            in_specs=(PartitionSpec(_AXIS), PartitionSpec()),
            out_specs=PartitionSpec(),
            check_vma=False,
        )
        return jax.tree.map(lambda leaf: leaf[:count], everywhere(even, columns))

    return shared

"""Networks in files, without pickle."""

from __future__ import annotations

import io
import json
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp

from smearjax.networks.efn import EFN

_FORMAT = "smearjax EFN 1"
_MAX_HEADER = 65_536


def save_network(path: str | Path, network: EFN) -> None:
    """Write a network to a file: one line of JSON, then its arrays.

    The JSON holds the layers' widths and the length scale in radians. Source: smearjax's own
    format, the arrays as equinox's `tree_serialise_leaves` writes them.

    Args:
        path: file to write, replaced if it is there.
        network: an `EFN` of float32 weights.

    Raises:
        ValueError: if the weights are not float32.
        OSError: if the file cannot be written.

    >>> import jax, pathlib, tempfile
    >>> network = EFN((4,), (4,), key=jax.random.key(0))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_network(f"{folder}/efn.eqx", network)
    ...     load_network(f"{folder}/efn.eqx").phi_sizes
    (4,)
    """
    dtypes = {str(leaf.dtype) for leaf in jax.tree.leaves(eqx.filter(network, eqx.is_array))}
    if dtypes != {"float32"}:
        raise ValueError(f"network must have float32 weights to be saved, got {sorted(dtypes)}")
    header = {
        "format": _FORMAT,
        "phi_sizes": network.phi_sizes,
        "f_sizes": network.f_sizes,
        "length_scale": network.length_scale,
    }
    buffer = io.BytesIO()
    buffer.write(json.dumps(header).encode() + b"\n")
    eqx.tree_serialise_leaves(buffer, network)
    Path(path).write_bytes(buffer.getvalue())


def load_network(path: str | Path) -> EFN:
    """Read a network that `save_network` wrote; nothing in the file is executed.

    Source: the format of `save_network`.

    Args:
        path: file to read.

    Returns:
        `EFN` with float32 weights; its length scale is in radians.

    Raises:
        ValueError: if the file is foreign, truncated or damaged.
        OSError: if it cannot be read.

    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     load_network(file.name)
    Traceback (most recent call last):
    ...
    ValueError: ... is not a network that save_network wrote (no header)
    """
    with open(path, "rb") as file:
        line = file.readline(_MAX_HEADER)
        body = io.BytesIO(file.read())
    try:
        header = json.loads(line)
    except ValueError:
        header = None
    if not isinstance(header, dict) or header.pop("format", None) != _FORMAT:
        raise ValueError(f"{path} is not a network that save_network wrote (no header)")
    try:
        skeleton = eqx.filter_eval_shape(lambda: EFN(**header, key=jax.random.key(0)))
        network = eqx.tree_deserialise_leaves(body, skeleton)
        damaged = bool(body.read(1))
    except Exception as error:
        raise ValueError(f"{path} is truncated or damaged: {error}") from error
    leaves = jax.tree.leaves(eqx.filter(network, eqx.is_array))
    if damaged or not all(bool(jnp.isfinite(leaf).all()) for leaf in leaves):
        raise ValueError(f"{path} is damaged: it holds more than a network, or NaN weights")
    return network

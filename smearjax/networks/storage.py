"""Networks in files, without pickle."""

from __future__ import annotations

import dataclasses
import io
import json
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import numpy as np

from smearjax._expect import expect
from smearjax.networks.about_origin import AboutOrigin
from smearjax.networks.efn import EFN
from smearjax.networks.ensemble import Ensemble
from smearjax.networks.jet_network import JetNetwork
from smearjax.networks.lipschitz_efn import LipschitzEFN
from smearjax.networks.moment_efn import MomentEFN
from smearjax.networks.pfn import PFN

_FORMAT = "smearjax network 2"
_MAX_HEADER = 1 << 20
_KINDS = {kind.__name__: kind for kind in (EFN, PFN, MomentEFN, LipschitzEFN)}


def save_network(path: str | Path, network: JetNetwork) -> None:
    """Write a network to a file: one line of JSON, then its arrays.

    The JSON holds the kind of network and its settings, lengths in radians, energies in GeV.
    Source: smearjax's own format, the arrays as equinox's `tree_serialise_leaves` writes them.

    Args:
        path: file to write, replaced if it is there.
        network: a network of float32 weights.

    Raises:
        ValueError: if it is no network, or the weights are not float32.
        OSError: if the file cannot be written.

    >>> import jax, pathlib, tempfile
    >>> network = EFN((4,), (4,), key=jax.random.key(0))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_network(f"{folder}/efn.eqx", network)
    ...     load_network(f"{folder}/efn.eqx").phi_sizes
    (4,)
    """
    expect("network", network, JetNetwork, "a network such as EFN(key=...)")
    dtypes = {str(leaf.dtype) for leaf in jax.tree.leaves(eqx.filter(network, eqx.is_array))}
    if dtypes != {"float32"}:
        raise ValueError(f"network must have float32 weights to be saved, got {sorted(dtypes)}")
    buffer = io.BytesIO()
    buffer.write(json.dumps({"format": _FORMAT, "network": _settings(network)}).encode() + b"\n")
    eqx.tree_serialise_leaves(buffer, network)
    Path(path).write_bytes(buffer.getvalue())


def load_network(path: str | Path) -> JetNetwork:
    """Read a network that `save_network` wrote; nothing in the file is executed.

    Source: the format of `save_network`.

    Args:
        path: file to read.

    Returns:
        The network with float32 weights; lengths in radians, energies in GeV.

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
    if not isinstance(header, dict) or header.get("format") != _FORMAT:
        raise ValueError(f"{path} is not a network that save_network wrote (no header)")
    try:
        skeleton = eqx.filter_eval_shape(lambda: _made_of(header["network"]))
        network = eqx.tree_deserialise_leaves(body, skeleton)
        damaged = bool(body.read(1))
    except Exception as error:
        raise ValueError(f"{path} is truncated or damaged: {error}") from error
    leaves = jax.tree.leaves(eqx.filter(network, eqx.is_array))
    if damaged or not all(np.isfinite(leaf).all() for leaf in leaves):
        raise ValueError(f"{path} is damaged: it holds more than a network, or NaN weights")
    return network


def _settings(network: JetNetwork) -> dict[str, Any]:
    """The kind of network, and what to make another of its kind with."""
    if isinstance(network, Ensemble):
        return {"kind": "Ensemble", "members": [_settings(member) for member in network.members]}
    kind = type(network).__name__
    if isinstance(network, AboutOrigin):
        return {"kind": kind, "network": _settings(network.network)}
    if kind not in _KINDS:
        raise ValueError(
            f"{kind} is not one of {', '.join(_KINDS)}, whose settings are known; write your own "
            "with equinox's tree_serialise_leaves"
        )
    static = (f.name for f in dataclasses.fields(network) if f.metadata.get("static"))
    return {"kind": kind} | {name: getattr(network, name) for name in static}


def _made_of(settings: dict[str, Any]) -> JetNetwork:
    """A new network of those settings."""
    rest = {name: value for name, value in settings.items() if name != "kind"}
    if settings["kind"] == "Ensemble":
        return Ensemble([_made_of(member) for member in rest["members"]])
    if settings["kind"] == "AboutOrigin":
        return AboutOrigin(_made_of(rest["network"]))
    return _KINDS[settings["kind"]](**rest, key=jax.random.key(0))

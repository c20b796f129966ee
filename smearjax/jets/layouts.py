"""Two ways to lay jets out in named arrays, shared by every file format that has such arrays."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from smearjax.jets.buckets import pack_left
from smearjax.jets.checks import JetsError
from smearjax.jets.container import Jets

RAGGED = ("pt", "y", "phi", "offsets")
"""smearjax's own: flat particles; those of jet i are offsets[i]:offsets[i + 1]."""

RAGGED_OPTIONAL = ("pid", "label", "weight")


def jets_from_arrays(arrays: Mapping[str, np.ndarray]) -> Jets:
    """Jets from smearjax's flat arrays or from EnergyFlow's X and y, told apart by their names."""
    names = sorted(arrays)
    if all(name in arrays for name in RAGGED):
        optional = {name: arrays[name] for name in RAGGED_OPTIONAL if name in arrays}
        return Jets.from_flat(**{name: arrays[name] for name in RAGGED}, **optional)
    if "X" in arrays:
        return jets_from_columns(arrays["X"], arrays.get("y"))
    missing = [name for name in RAGGED if name not in arrays]
    raise JetsError(
        f"holds the arrays {names}, which are no jets; expected smearjax's layout "
        f"(pt, y, phi, offsets, optionally pid, label, weight; {missing} missing) "
        "or EnergyFlow's (X of shape (N, n, 3) or (N, n, 4), optionally y)"
    )


def jets_from_columns(X: np.ndarray, y: np.ndarray | None) -> Jets:
    """Jets from EnergyFlow's zero-padded X (N, n, 3 or 4) = pt, y, φ, pid, and labels y."""
    if X.ndim != 3 or X.shape[2] not in (3, 4):
        raise JetsError(
            f"X has shape {X.shape}; expected (N, n, 3) for pt, y, phi or (N, n, 4) with pid"
        )
    pid = X[:, :, 3] if X.shape[2] == 4 else None
    pt, rapidity, phi = (np.ascontiguousarray(X[:, :, column]) for column in range(3))
    return Jets(pt, rapidity, phi, pid=pid, label=y)


def arrays_from_jets(jets: Jets) -> dict[str, np.ndarray]:
    """The flat arrays of smearjax's own layout; padding is not kept."""
    packed = pack_left(jets)
    if len(packed) == 0:
        raise JetsError("there are no jets to save (N = 0)")
    counts = np.asarray(packed.multiplicity)
    arrays = {name: getattr(packed, name)[packed.mask] for name in ("pt", "y", "phi")}
    arrays["offsets"] = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    if packed.pid is not None:
        arrays["pid"] = packed.pid[packed.mask]
    arrays |= {
        name: getattr(packed, name)
        for name in ("label", "weight")
        if getattr(packed, name) is not None
    }
    return arrays

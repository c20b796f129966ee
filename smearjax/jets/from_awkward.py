"""Awkward arrays to flat columns and offsets."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Int

from smearjax.jets.checks import JetsError
from smearjax.jets.ragged import Columns, flat_columns

FIELDS = {
    "pt": ("pt",),
    "y": ("y", "rapidity", "rap", "eta"),
    "phi": ("phi",),
    "pid": ("pid", "pdgid", "pdg_id"),
}
"""Names under which each quantity is looked for, in this order, in any case of letters."""


def import_awkward():
    """The awkward package, or an ImportError that says how to get it."""
    try:
        import awkward
    except ImportError as error:
        raise ImportError(
            "awkward arrays need the package awkward: pip install 'smearjax[awkward]'"
        ) from error
    return awkward


def awkward_columns(
    particles: Any, y: Any, phi: Any, pid: Any
) -> tuple[Columns, Int[np.ndarray, " N_plus_1"]]:
    """Flat pt, y, phi (and pid), and offsets, of records or of separate arrays."""
    ak = import_awkward()
    if y is None and phi is None:
        given = _record_columns(_as_awkward(ak, "particles", particles))
        if pid is not None:
            given["pid"] = pid
    elif y is None or phi is None:
        missing = "y" if y is None else "phi"
        raise ValueError(
            f"{missing} is missing: give pt, y and phi, or records that have all three"
        )
    else:
        given = {"pt": particles, "y": y, "phi": phi} | ({} if pid is None else {"pid": pid})
    flat, counts = {}, {}
    for name, values in given.items():
        counts[name], flat[name] = _flatten(ak, name, values)
        if len(counts[name]) != len(counts["pt"]):
            raise ValueError(f"{name} holds {len(counts[name])} jets, pt {len(counts['pt'])}")
        bad = np.flatnonzero(counts[name] != counts["pt"])
        if len(bad):
            raise JetsError(
                f"{name} and pt have different numbers of particles in {len(bad):,} of "
                f"{len(counts['pt']):,} jets (first: jet {bad[0]}); expected one {name} a pt"
            )
    columns = flat_columns(flat["pt"], flat["y"], flat["phi"], flat.get("pid"))
    return columns, np.concatenate([[0], np.cumsum(counts["pt"])])


def _record_columns(particles: Any) -> dict[str, Any]:
    """pt, y, phi and perhaps pid out of an array of records."""
    known = {field.lower(): field for field in reversed(particles.fields)}
    found = {
        name: particles[known[next(option for option in options if option in known)]]
        for name, options in FIELDS.items()
        if any(option in known for option in options)
    }
    missing = [name for name in ("pt", "y", "phi") if name not in found]
    if missing:
        raise ValueError(
            f"particles have the fields {particles.fields} and lack {missing}; expected pt, "
            "y (or eta), phi; or give pt, y and phi as separate arrays"
        )
    return found


def _as_awkward(ak: Any, name: str, values: Any) -> Any:
    """The values as an awkward array."""
    if isinstance(values, ak.Array):
        return values
    try:
        return ak.Array(values)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} cannot be read as an awkward array ({error})") from error


def _flatten(ak: Any, name: str, values: Any) -> tuple[np.ndarray, np.ndarray]:
    """Particles per jet and all particles of one array of type N * var * number."""
    array = _as_awkward(ak, name, values)
    if array.ndim != 2 or array.fields:
        raise ValueError(
            f"{name} has the type {array.type}; expected N * var * number, one list a jet "
            "(ak.flatten(array, axis=1) joins the jets of all events)"
        )
    missing = int(ak.sum(ak.is_none(array, axis=0))) + int(ak.sum(ak.is_none(array, axis=1)))
    if missing:
        raise ValueError(
            f"{name} has {missing} missing values (None); expected none (ak.drop_none removes them)"
        )
    counts = ak.to_numpy(ak.num(array, axis=1)).astype(np.int64)
    return counts, np.asarray(ak.to_numpy(ak.flatten(array, axis=1), allow_missing=False))

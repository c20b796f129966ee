"""From jets of different lengths to padded arrays, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Int

from smearjax.jets.arrays import float_array, host_array, integer_array
from smearjax.jets.checks import JetsError

Columns = dict[str, np.ndarray]


def pad_flat(columns: Columns, offsets: Any) -> tuple[Columns, Bool[np.ndarray, "N n"]]:
    """Flat columns, an entry a particle, and N + 1 offsets → padded columns and their mask."""
    bounds = np.asarray(integer_array("offsets", offsets, np.int64))
    if bounds.ndim != 1 or len(bounds) < 1:
        raise ValueError(f"offsets has shape {bounds.shape}; expected (N + 1,) for N jets")
    for name, column in columns.items():
        if column.ndim != 1:
            raise ValueError(f"{name} has shape {column.shape}; expected one entry a particle")
        if len(column) != bounds[-1]:
            raise JetsError(
                f"{name} has {len(column):,} particles, but offsets end at {bounds[-1]:,}; "
                "expected offsets[-1] to be the number of particles"
            )
    counts = np.diff(bounds)
    if bounds[0] != 0 or (counts < 0).any():
        wrong = 0 if bounds[0] != 0 else int(np.flatnonzero(counts < 0)[0]) + 1
        raise JetsError(
            f"offsets must start at 0 and never fall, but offsets[{wrong}] is {bounds[wrong]}; "
            "the particles of jet i are offsets[i]:offsets[i + 1]"
        )
    return _pad(columns, counts)


def pad_lists(columns: dict[str, Any]) -> tuple[Columns, Bool[np.ndarray, "N n"]]:
    """Lists with one array a jet → padded (N, n) columns and their mask."""
    flat: Columns = {}
    counts = _lengths("pt", columns["pt"])
    for name, jets in columns.items():
        lengths = _lengths(name, jets)
        if len(lengths) != len(counts):
            raise ValueError(f"{name} holds {len(lengths)} jets, pt holds {len(counts)}")
        if (lengths != counts).any():
            bad = np.flatnonzero(lengths != counts)
            raise JetsError(
                f"{name} and pt have different numbers of particles in {len(bad):,} of "
                f"{len(counts):,} jets (first: jet {bad[0]}, {lengths[bad[0]]} and "
                f"{counts[bad[0]]}); expected one {name} for each pt"
            )
        flat[name] = _join(name, jets)
    return _pad({name: _column(name, values) for name, values in flat.items()}, counts)


def flat_columns(pt: Any, y: Any, phi: Any, pid: Any) -> Columns:
    """The per-particle columns by name, as numpy numbers of the right kind."""
    given = {"pt": pt, "y": y, "phi": phi} | ({} if pid is None else {"pid": pid})
    return {name: _column(name, values) for name, values in given.items()}


def _column(name: str, values: Any) -> np.ndarray:
    """One column as numpy numbers of its kind."""
    if name == "pid":
        return np.asarray(integer_array(name, values, np.int32))
    return np.asarray(float_array(name, values))


def _lengths(name: str, jets: Any) -> Int[np.ndarray, " N"]:
    """Number of particles of each jet of a list."""
    if isinstance(jets, str | bytes) or not isinstance(jets, Sequence | np.ndarray):
        raise ValueError(
            f"{name} is a {type(jets).__name__}; expected a list with one array of particles a jet"
        )
    try:
        return np.fromiter((len(jet) for jet in jets), dtype=np.int64, count=len(jets))
    except TypeError as error:
        raise ValueError(
            f"{name} holds something that is no list of particles ({error}); "
            "expected a list with one array of particles a jet"
        ) from error


def _join(name: str, jets: Any) -> np.ndarray:
    """All particles of a list of jets, one after the other."""
    if len(jets) and all(type(jet) is np.ndarray and jet.ndim == 1 for jet in jets):
        return np.concatenate(jets)
    arrays = [host_array(name, jet) for jet in jets]
    flat = next((i for i, array in enumerate(arrays) if array.ndim != 1), None)
    if flat is not None:
        raise ValueError(
            f"{name} of jet {flat} has shape {arrays[flat].shape}; expected one entry a particle"
        )
    return np.concatenate(arrays) if arrays else np.zeros(0)


def _pad(
    columns: Columns, counts: Int[np.ndarray, " N"]
) -> tuple[Columns, Bool[np.ndarray, "N n"]]:
    """Lay flat columns out in rows of the longest jet's length."""
    width = max(int(counts.max(initial=0)), 1)
    mask = np.arange(width) < counts[:, None]
    padded = {}
    for name, column in columns.items():
        padded[name] = np.zeros(mask.shape, column.dtype)
        padded[name][mask] = column
    return padded, mask

"""Named arrays at the root of an HDF5 file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from smearjax.jets.checks import JetsError


def read_hdf5(path: Path) -> dict[str, np.ndarray]:
    """Every numeric data set at the root."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            return {
                name: np.asarray(item[()])
                for name, item in file.items()
                if isinstance(item, h5py.Dataset) and item.dtype.kind in "biuf"
            }
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        raise JetsError(
            f"is not a whole HDF5 file, perhaps truncated ({error}); copy or download it again"
        ) from error


def write_hdf5(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """The arrays as compressed data sets at the root."""
    import h5py

    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            file.create_dataset(name, data=array, compression="gzip", shuffle=True)

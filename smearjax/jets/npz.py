"""Named arrays in numpy's npz files, never pickled."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np

from smearjax.jets.checks import JetsError


def read_npz(file: BinaryIO) -> dict[str, np.ndarray]:
    """Every array of an npz file; pickled ones are refused, truncated ones too."""
    try:
        with np.load(file, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except MemoryError:
        raise
    except Exception as error:  # a broken zip fails in many ways, each of them means this
        if "allow_pickle" in str(error) or "pickle" in str(error):
            raise JetsError(
                "holds pickled objects, which could run code and are never loaded; "
                "write plain arrays: smearjax.save_jets, or np.savez with numeric arrays"
            ) from error
        raise JetsError(
            f"is not a whole npz file, perhaps truncated ({type(error).__name__}: {error}); "
            "copy or download it again"
        ) from error


def write_npz(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """The arrays, compressed; equal arrays give equal bytes."""
    with open(path, "wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)

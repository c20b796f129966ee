"""The finished chunks of a scan on disk, each one whole or not there."""

from __future__ import annotations

import io
import os
import warnings
import zipfile
from pathlib import Path

import numpy as np

from smearjax._work_folder import WorkFolder


class ScanFolder(WorkFolder):
    """A folder that holds one scan: what it is of, and the chunks done so far.

    Args:
        folder: a new or empty folder, or that of the same scan.
        identity: everything the values depend on, by name.
        shape: of one chunk.
        dtype: of its numbers.

    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        identity: dict[str, str],
        shape: tuple[int, ...],
        dtype: np.dtype,
    ):
        super().__init__(folder, identity, "scan")
        self.shape, self.dtype = shape, dtype

    def read_chunk(self, number: int) -> bytes | None:
        """The numbers of a chunk done earlier; None, with a warning, if it is damaged.

        Raises:
            ValueError: a chunk of another scan.
        """
        path = self._path(number)
        try:
            with open(path, "rb") as file, np.load(file, allow_pickle=False) as stored:
                values, seal = stored["values"], stored["seal"]
        except FileNotFoundError:
            return None
        except (zipfile.BadZipFile, EOFError, KeyError, ValueError):
            warnings.warn(f"{path} is damaged and is computed again", stacklevel=2)
            return None
        same = seal.tobytes() == self.seal
        if not same or values.shape != self.shape or values.dtype != self.dtype:
            raise ValueError(f"{path} belongs to another scan; move it away or give another folder")
        return values.tobytes()

    def write_chunk(self, number: int, values: np.ndarray) -> None:
        """Keep a finished chunk: once this returns, it survives whatever happens."""
        buffer = io.BytesIO()
        np.savez(buffer, values=values, seal=np.frombuffer(self.seal, np.uint8))
        self.write(self._path(number).name, buffer.getvalue())

    def _path(self, number: int) -> Path:
        """Where a chunk lies."""
        return self.folder / f"chunk-{number:06}.npz"

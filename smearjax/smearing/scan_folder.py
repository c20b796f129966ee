"""The finished chunks of a scan on disk, each one whole or not there."""

from __future__ import annotations

import hashlib
import io
import json
import os
import warnings
import zipfile
from pathlib import Path

import numpy as np

_MANIFEST = "scan.json"


class ScanFolder:
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
        self.folder, self.shape, self.dtype = Path(folder).expanduser(), shape, dtype
        self.identity = identity
        self.manifest = json.dumps(identity, indent=1, sort_keys=True).encode()
        self.seal = np.frombuffer(hashlib.sha256(self.manifest).digest(), np.uint8)

    def open(self) -> None:
        """Make the folder, or make sure that it is this scan's.

        Raises:
            ValueError: it holds something else, or a scan of something else.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        if (self.folder / _MANIFEST).exists():
            self._expect_same()
            return
        # What a run killed before its first chunk leaves behind is no foreign file.
        strangers = [p.name for p in self.folder.iterdir() if p.name != f"{_MANIFEST}.part"]
        if strangers:
            raise ValueError(
                f"folder {str(self.folder)!r} holds {min(strangers)!r} and no {_MANIFEST}, so it "
                "is not that of a scan; give a new or empty folder"
            )
        self._write(_MANIFEST, self.manifest)

    def read(self, number: int) -> bytes | None:
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
        same = np.array_equal(seal, self.seal)
        if not same or values.shape != self.shape or values.dtype != self.dtype:
            raise ValueError(f"{path} belongs to another scan; move it away or give another folder")
        return values.tobytes()

    def write(self, number: int, values: np.ndarray) -> None:
        """Keep a finished chunk: once this returns, it survives whatever happens."""
        buffer = io.BytesIO()
        np.savez(buffer, values=values, seal=self.seal)
        self._write(self._path(number).name, buffer.getvalue())

    def _path(self, number: int) -> Path:
        """Where a chunk lies."""
        return self.folder / f"chunk-{number:06}.npz"

    def _write(self, name: str, content: bytes) -> None:
        """Write a file so that it is there whole or not at all, even if the power fails."""
        part = self.folder / f"{name}.part"
        with open(part, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, self.folder / name)
        if os.name == "posix":
            handle = os.open(self.folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

    def _expect_same(self) -> None:
        """Raise ValueError unless the folder is that of this scan."""
        path = self.folder / _MANIFEST
        try:
            stored = json.loads(path.read_bytes())
        except ValueError:
            stored = None
        if not isinstance(stored, dict):
            raise ValueError(f"{path} is no manifest of a scan; give another folder")
        names = sorted(self.identity.keys() | stored.keys())
        other = [name for name in names if self.identity.get(name) != stored.get(name)]
        if other:
            raise ValueError(
                f"folder {str(self.folder)!r} holds a scan that differs in {', '.join(other)}; "
                "give another folder, or delete this one to begin anew"
            )

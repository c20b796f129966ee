"""A folder of one piece of long work; its files are there whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import numpy as np


class WorkFolder:
    """A folder that belongs to one piece of work, so that it can go on where it was killed.

    Args:
        folder: a new or empty folder, or that of the same work.
        identity: everything the results depend on, by the name that an error gives it.
        what: the kind of work, "scan" or "training"; the manifest is called so.
    """

    def __init__(self, folder: str | os.PathLike[str], identity: dict[str, str], what: str):
        self.folder, self.identity, self.what = Path(folder).expanduser(), identity, what
        self.manifest = json.dumps(identity, indent=1, sort_keys=True).encode()
        self.name = f"{what}.json"

    @property
    def seal(self) -> bytes:
        """32 bytes that say which work a file belongs to."""
        return hashlib.sha256(self.manifest).digest()

    def open(self) -> None:
        """Make the folder, or make sure that it is this work's.

        Raises:
            ValueError: it is a file, holds something else, or work on something else.
        """
        if self.folder.is_file():
            raise ValueError(f"folder is a file, {str(self.folder)!r}; give a new or empty folder")
        self.folder.mkdir(parents=True, exist_ok=True)
        if (self.folder / self.name).exists():
            self._expect_same()
            return
        # What a run killed before its first file leaves behind is no foreign file.
        strangers = [p.name for p in self.folder.iterdir() if p.name != f"{self.name}.part"]
        if strangers:
            raise ValueError(
                f"folder {str(self.folder)!r} holds {min(strangers)!r} and no {self.name}, so it "
                f"is not that of a {self.what}; give a new or empty folder"
            )
        self.write(self.name, self.manifest)

    def write(self, name: str, content: bytes) -> None:
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
        """Raise ValueError unless the folder is that of this work."""
        path = self.folder / self.name
        try:
            stored = json.loads(path.read_bytes())
        except ValueError:
            stored = None
        if not isinstance(stored, dict):
            raise ValueError(f"{path} is no manifest of a {self.what}; give another folder")
        names = sorted(self.identity.keys() | stored.keys())
        other = [name for name in names if self.identity.get(name) != stored.get(name)]
        if other:
            raise ValueError(
                f"folder {str(self.folder)!r} holds a {self.what} that differs in "
                f"{', '.join(other)}; give another folder, or delete this one to begin anew"
            )


def digest(tree: Any) -> str:
    """SHA-256 of all numbers in a pytree, with their types and shapes."""
    found = hashlib.sha256()
    for leaf in map(np.asarray, jax.tree.leaves(tree)):
        found.update(f"{leaf.dtype} {leaf.shape} ".encode())
        found.update(np.ascontiguousarray(leaf).data)
    return found.hexdigest()


def software() -> dict[str, str]:
    """What last bits depend on beside the arguments, by the name that an error gives it."""
    return {
        "version of smearjax": version("smearjax"),
        "version of jax": jax.__version__,
        "kind of device": jax.devices()[0].device_kind,
    }

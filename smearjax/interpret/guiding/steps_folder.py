"""The finished steps of guiding on disk, each one whole or not there."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from typing import Any

import numpy as np

from smearjax._work_folder import WorkFolder, digest, software
from smearjax.evaluate import Interval
from smearjax.interpret.guiding.guidance import GuidingStep
from smearjax.observables.library import ObservableLibrary


class StepsFolder(WorkFolder):
    """A folder that holds the steps of guiding one black box.

    Args:
        folder: a new or empty folder, or that of the same guiding.
        identity: everything a step depends on, by name.
    """

    def __init__(self, folder: str | os.PathLike[str], identity: dict[str, str]):
        super().__init__(folder, identity | software(), "guiding")
        self.open()

    def read_step(self, number: int) -> GuidingStep | None:
        """A step done earlier, or None.

        Raises:
            ValueError: a step of other work.
        """
        path = self.folder / _name(number)
        if not path.exists():
            return None
        stored = json.loads(path.read_bytes())
        if stored.pop("seal") != self.seal.hex():
            raise ValueError(f"{path} belongs to other work; give another folder")
        return _from_dict(stored)

    def write_step(self, number: int, step: GuidingStep) -> None:
        """Keep a step: once this returns, it survives whatever happens."""
        stored = asdict(step) | {"seal": self.seal.hex()}
        self.write(_name(number), json.dumps(stored).encode())


def digest_of_names(library: ObservableLibrary) -> str:
    """The names in their order, which ties are decided by."""
    return digest(np.frombuffer("\n".join(library.values).encode(), np.uint8))


def _name(number: int) -> str:
    return f"step-{number:02}.json"


def _from_dict(stored: dict[str, Any]) -> GuidingStep:
    """The inverse of `dataclasses.asdict` after JSON."""
    changed: dict[str, Any] = {
        name: tuple(tuple(pair) for pair in stored[name]) for name in ("exchanged", "runners_up")
    }
    changed |= {name: Interval(**stored[name]) for name in ("auc", "ado", "gap")}
    changed |= {"observables": tuple(stored["observables"])}
    return GuidingStep(**{**stored, **changed})

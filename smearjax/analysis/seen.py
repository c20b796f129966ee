"""Which jets a network has seen, so that it is not tested on them unawares."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt64

from smearjax.jets import Jets


def note_seen(path: Path, jets: Jets) -> None:
    """Keep the marks of jets beside the file of a network that was trained or chosen with them."""
    np.save(_beside(path), np.unique(marks(jets)))


def expect_unseen(path: Path, jets: Jets) -> None:
    """Raise ValueError if the network of a file was trained on any of the jets, as far as known.

    Networks of other makers have no such file beside them; nothing can be said of those.
    """
    if not _beside(path).exists():
        return
    seen = np.isin(marks(jets), np.load(_beside(path)))
    if seen.any():
        first = np.flatnonzero(seen)[:3].tolist()
        raise ValueError(
            f"{path} was trained with {int(seen.sum())} of the {len(jets)} test jets (the first "
            f"are {first} of these): give other jets, or the seed and the data that it was trained "
            "with, which hold out the same jets"
        )


def marks(jets: Jets) -> UInt64[np.ndarray, " N"]:
    """Eight bytes that stand for the particles of each jet, whatever the padding."""
    mask = np.asarray(jets.mask)
    columns = [np.asarray(part, np.float32) for part in (jets.pt, jets.y, jets.phi)]
    found = [
        hashlib.blake2b(_bytes(*(column[i][mask[i]] for column in columns)), digest_size=8).digest()
        for i in range(len(jets))
    ]
    return np.frombuffer(b"".join(found), np.uint64)


def _bytes(*columns: Float[np.ndarray, " n"]) -> bytes:
    """The columns one after another."""
    return np.concatenate(columns).tobytes()


def _beside(path: Path) -> Path:
    """Where the marks of a network's file lie."""
    return path.with_suffix(".seen.npy")

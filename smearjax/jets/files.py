"""Jets from a file or by name, and into a file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from importlib.resources import files
from pathlib import Path

import numpy as np

from smearjax.jets.checks import JetsError
from smearjax.jets.container import Jets
from smearjax.jets.energyflow import load_energyflow_jets
from smearjax.jets.hdf5 import read_hdf5, write_hdf5
from smearjax.jets.layouts import arrays_from_jets, jets_from_arrays
from smearjax.jets.npz import read_npz, write_npz
from smearjax.jets.root import jets_from_root

NAMES = ("sample", "energyflow-qg")
"""What load_jets knows by name."""

WRITERS: dict[str, Callable[[Path, Mapping[str, np.ndarray]], None]] = {
    ".npz": write_npz,
    ".h5": write_hdf5,
    ".hdf5": write_hdf5,
}

SIGNATURES = {
    b"PK\x03\x04": "npz",
    b"PK\x05\x06": "npz",
    b"\x89HDF\r\n\x1a\n": "hdf5",
    b"root": "root",
}

FOREIGN = {
    b"\x93NUMPY": "a single numpy array; save the columns together with np.savez(path, pt=..., "
    "y=..., phi=..., offsets=...)",
    b"\x80": "a pickle, which could run code and is never loaded; write arrays with save_jets",
    b"version https://git-lfs": "a git-lfs pointer; fetch the real file with git lfs pull",
    b"<": "a web page or XML; download the file itself",
    b"\x1f\x8b": "gzip-compressed; unpack it first",
}


def load_jets(
    source: str | os.PathLike[str],
    *,
    tree: str | None = None,
    branches: Mapping[str, str] | None = None,
) -> Jets:
    """Jets from a file, or known by name.

    Names: ``"sample"`` is 2,000 quark and 2,000 gluon jets that come with smearjax (Pythia 8.317,
    pp at 14 TeV, Z(→νν) + jet, anti-kT R = 0.4, 500 to 550 GeV); ``"energyflow-qg"`` is the first
    100,000 jets of the public set of Komiske, Metodiev and Thaler (arXiv:1810.05165), downloaded by
    the energyflow package.

    Files are told apart by their content, not by their suffix:

    - npz or HDF5 in smearjax's layout: flat ``pt`` (GeV), ``y``, ``phi`` (radians) and optionally
      ``pid``, one entry a particle; ``offsets`` (N + 1,); optionally ``label`` (1 = quark) and
      ``weight``, (N,). Other arrays in the file are ignored.
    - npz or HDF5 in EnergyFlow's layout: ``X`` (N, n, 3 or 4), zero-padded pt, y, phi and perhaps
      pid; optionally ``y``, there the labels (1 = quark).
    - ROOT (extra ``awkward``): a tree with an entry a jet and vector branches.

    Args:
        source: a path, or one of the names.
        tree: ROOT only: the tree's name, if there is more than one.
        branches: ROOT only: which branch holds which of pt, y, phi, pid, label, weight, for
            example ``{"pt": "constituent_pt", "y": "constituent_eta"}``. Those left out are looked
            for under these names (or rapidity, eta, pdgid).

    Returns:
        Jets on the host, padded to the longest, in the file's float type.

    Raises:
        FileNotFoundError: no such file or name.
        JetsError: a truncated, foreign or pickled file; arrays that are not there; impossible
            values (see `Jets`). The message begins with the file.
        ImportError: a package for this format is missing.
        ConnectionError: the download failed; the message says how to do it by hand.

    Example:
        >>> from smearjax.jets import load_jets
        >>> load_jets("sample")
        Jets: 4,000 jets (2,000 quark, 2,000 gluon)
          median (range): pT 522.3 (500.2 to 555.7) GeV, 42 (9 to 132) constituents
          padded to 132, float32, pid yes, weights no
    """
    if not isinstance(source, str | os.PathLike):
        raise ValueError(
            f"source is a {type(source).__name__}; expected a path or one of {NAMES}; "
            "arrays go to Jets(...), Jets.from_lists or Jets.from_awkward"
        )
    if str(source) == "energyflow-qg":
        return load_energyflow_jets()
    if str(source) == "sample":
        with files("smearjax.jets").joinpath("data/qg_sample.npz").open("rb") as file:
            return jets_from_arrays(read_npz(file))  # pyright: ignore[reportArgumentType]
    path = Path(source).expanduser()
    if not path.exists():
        raise FileNotFoundError(f"there is no file {str(path)!r}; known names are {list(NAMES)}")
    if path.is_dir():
        raise IsADirectoryError(f"{str(path)!r} is a directory; expected a file of jets")
    try:
        return _load(path, tree, branches)
    except ValueError as error:
        kind = JetsError if isinstance(error, JetsError) else ValueError
        raise kind(f"{path}: {error}") from error


def save_jets(path: str | os.PathLike[str], jets: Jets) -> None:
    """Write jets in smearjax's layout; the suffix says whether as npz or HDF5.

    The file appears under its name only when it is whole. Every number comes back as it was, in the
    same float type; padding is not stored, so jets come back padded to the longest of them.
    Source: smearjax's own layout, described in `load_jets`, in GeV and radians.

    Args:
        path: ends in .npz, .h5 or .hdf5; an existing file is replaced.
        jets: at least one jet.

    Raises:
        ValueError: another suffix, or something that is not Jets.
        JetsError: no jets.
        FileNotFoundError: the directory does not exist.

    Example:
        >>> import tempfile
        >>> from smearjax.jets import load_jets, save_jets
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save_jets(f"{folder}/few.npz", load_jets("sample")[:10])
        ...     len(load_jets(f"{folder}/few.npz"))
        10
    """
    target = Path(path).expanduser()
    if not isinstance(jets, Jets):
        raise ValueError(f"jets is a {type(jets).__name__}; expected Jets")
    if target.suffix not in WRITERS:
        raise ValueError(f"path ends in {target.suffix!r}; expected one of {sorted(WRITERS)}")
    write_whole(target, WRITERS[target.suffix], arrays_from_jets(jets))


def write_whole(
    target: Path,
    writer: Callable[[Path, Mapping[str, np.ndarray]], None],
    arrays: Mapping[str, np.ndarray],
) -> None:
    """Write beside the target, then rename, so that no one ever meets half a file."""
    if not target.parent.is_dir():
        raise FileNotFoundError(f"there is no directory {str(target.parent)!r} to write to")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as folder:
        whole = Path(folder) / target.name
        writer(whole, arrays)
        os.replace(whole, target)


def _load(path: Path, tree: str | None, branches: Mapping[str, str] | None) -> Jets:
    """Jets from a file of any known format."""
    kind = _kind(path)
    if kind == "root":
        return jets_from_root(path, tree, branches)
    if tree is not None or branches is not None:
        raise ValueError(f"tree and branches are for ROOT files; this is {kind}")
    if kind == "hdf5":
        return jets_from_arrays(read_hdf5(path))
    with open(path, "rb") as file:
        return jets_from_arrays(read_npz(file))


def _kind(path: Path) -> str:
    """The format, by the first bytes."""
    with open(path, "rb") as file:
        head = file.read(32)
    if not head:
        raise JetsError("is empty (0 bytes); copy or download it again")
    for signature, kind in SIGNATURES.items():
        if head.startswith(signature):
            return kind
    for signature, what in FOREIGN.items():
        if head.startswith(signature):
            raise JetsError(f"is {what}")
    raise JetsError(f"is neither npz, HDF5 nor ROOT (it begins with {head[:8]!r})")

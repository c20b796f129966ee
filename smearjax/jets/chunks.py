"""Jets from a file that need not fit into memory, a chunk at a time."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from smearjax._expect import expect, expect_whole
from smearjax.jets.arrays import integer_array
from smearjax.jets.checks import JetsError
from smearjax.jets.container import Jets
from smearjax.jets.layouts import RAGGED, RAGGED_OPTIONAL

PER_JET = ("label", "weight")


class _Column(NamedTuple):
    """A stored array of one axis, read from its beginning to its end.

    Attributes:
        length: number of entries.
        take: returns the next so many of them.
    """

    length: int
    take: Callable[[int], np.ndarray]


def read_jets_in_chunks(path: str | os.PathLike[str], size: int = 16_384) -> Iterator[Jets]:
    """Jets of a file in smearjax's own layout, a chunk at a time.

    Only one chunk of particles is in memory; of the rest of the file, only the offsets, labels and
    weights. Compressed files are decompressed as they are read.

    Args:
        path: npz or HDF5 with flat ``pt`` (GeV), ``y``, ``phi`` (radians) and optionally ``pid``,
            one entry a particle; ``offsets`` (N + 1,); optionally ``label`` and ``weight`` (N,).
        size: jets in a chunk; the last one may be shorter.

    Returns:
        Iterator of the chunks in the order of the file, each padded to its own longest jet. It is
        used up once it was gone through.

    Raises:
        FileNotFoundError: no such file.
        ValueError: `path` or `size` of the wrong kind.
        JetsError: another format or layout (`load_jets` reads those); a truncated file; impossible
            values (see `Jets`), when their chunk is reached. The message begins with the file.

    Source: smearjax's own definition.

    >>> import tempfile
    >>> from smearjax.jets import load_jets, read_jets_in_chunks, save_jets
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_jets(f"{folder}/few.npz", load_jets("sample")[:10])
    ...     [len(chunk) for chunk in read_jets_in_chunks(f"{folder}/few.npz", size=4)]
    [4, 4, 2]
    """
    expect("path", path, (str, os.PathLike), "the path of an npz or HDF5 file")
    expect_whole("size", size, least=1)
    file = Path(path).expanduser()
    if not file.is_file():
        raise FileNotFoundError(f"there is no file {str(file)!r}")
    with _naming(file):
        opener = _opener(file)
    return _chunks(file, size, opener)


def _opener(path: Path) -> Callable[[Path, ExitStack], dict[str, _Column]]:
    """What opens the file's columns, by its content."""
    with open(path, "rb") as file:
        head = file.read(4)
    if head == b"PK\x03\x04":
        return _open_npz
    if head == b"\x89HDF":
        return _open_hdf5
    raise JetsError("is neither npz nor HDF5; load_jets reads other formats, whole")


def _chunks(
    path: Path, size: int, opener: Callable[[Path, ExitStack], dict[str, _Column]]
) -> Iterator[Jets]:
    """The chunks, with the file open while they are gone through."""
    with ExitStack() as stack:
        with _naming(path):
            with _reading():
                columns = opener(path, stack)
            bounds = _bounds(columns)
        for begin in range(0, len(bounds) - 1, size):
            with _naming(f"{path}, jets from {begin:,} on"):
                jets = _next_jets(columns, bounds[begin : begin + size + 1])
            yield jets


def _bounds(columns: dict[str, _Column]) -> Int[np.ndarray, " B"]:
    """The offsets, taken out of the columns; all the others have the lengths that they ask for."""
    missing = [name for name in RAGGED if name not in columns]
    if missing:
        raise JetsError(
            f"holds no {missing}; expected smearjax's layout (pt, y, phi, offsets, optionally pid, "
            "label, weight); load_jets reads other layouts, whole"
        )
    offsets = columns.pop("offsets")
    with _reading():
        stored = offsets.take(offsets.length)
    bounds = np.asarray(integer_array("offsets", stored, np.int64))
    if len(bounds) == 0 or bounds[0] != 0 or (np.diff(bounds) < 0).any():
        raise JetsError("offsets must start at 0 and never fall")
    for name, column in columns.items():
        expected = len(bounds) - 1 if name in PER_JET else int(bounds[-1])
        if column.length != expected:
            raise JetsError(
                f"{name} has {column.length:,} entries; expected {expected:,}, as offsets say"
            )
    return bounds


def _next_jets(columns: dict[str, _Column], bounds: Int[np.ndarray, " B"]) -> Jets:
    """The jets between these offsets, which follow those read before."""
    particles = int(bounds[-1] - bounds[0])
    with _reading():
        arrays = {
            name: column.take(len(bounds) - 1 if name in PER_JET else particles)
            for name, column in columns.items()
        }
    return Jets.from_flat(**arrays, offsets=bounds - bounds[0])


def _open_npz(path: Path, stack: ExitStack) -> dict[str, _Column]:
    """The arrays of jets in an npz file; each is a file of its own within it."""
    archive = stack.enter_context(zipfile.ZipFile(path))
    stored = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
    return {
        name: _npy_column(name, stack.enter_context(archive.open(stored[name])))
        for name in (*RAGGED, *RAGGED_OPTIONAL)
        if name in stored
    }


def _npy_column(name: str, stream) -> _Column:
    """An npy file, open for reading, as a column."""
    version = np.lib.format.read_magic(stream)
    read_header = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }[version]
    shape, _, dtype = read_header(stream)
    if dtype.hasobject:
        raise JetsError(f"{name} holds pickled objects, which could run code and are never loaded")

    def take(count: int) -> np.ndarray:
        data = stream.read(count * dtype.itemsize)
        if len(data) < count * dtype.itemsize:
            raise EOFError(f"{name} ends too early")
        return np.frombuffer(data, dtype)

    return _Column(_length(name, shape), take)


def _open_hdf5(path: Path, stack: ExitStack) -> dict[str, _Column]:
    """The data sets of jets at the root of an HDF5 file."""
    import h5py

    file = stack.enter_context(h5py.File(path, "r"))
    return {
        name: _hdf5_column(name, file[name])
        for name in (*RAGGED, *RAGGED_OPTIONAL)
        if isinstance(file.get(name), h5py.Dataset)
    }


def _hdf5_column(name: str, stored) -> _Column:
    """A data set as a column."""
    taken = 0

    def take(count: int) -> np.ndarray:
        nonlocal taken
        taken += count
        return stored[taken - count : taken]

    return _Column(_length(name, stored.shape), take)


def _length(name: str, shape: tuple[int, ...]) -> int:
    """The length of an array that must have one axis."""
    if len(shape) != 1:
        raise JetsError(f"{name} has shape {shape}; expected one axis")
    return shape[0]


@contextmanager
def _reading() -> Iterator[None]:
    """Whatever goes wrong with the file means that it is not whole."""
    try:
        yield
    except (JetsError, MemoryError):
        raise
    except Exception as error:  # broken files fail in many ways, each of them means this
        raise JetsError(
            f"is not a whole file, perhaps truncated ({type(error).__name__}: {error}); "
            "copy or download it again"
        ) from error


@contextmanager
def _naming(where: object) -> Iterator[None]:
    """Errors about values begin with where those are."""
    try:
        yield
    except ValueError as error:
        kind = JetsError if isinstance(error, JetsError) else ValueError
        raise kind(f"{where}: {error}") from error

"""Broken and foreign files are named, and nothing is ever unpickled."""

import pickle

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smearjax.jets import JetsError, load_jets, save_jets


def pickled_npz(path):
    np.savez(path, X=np.array([{"a": 1}], dtype=object))


class Bomb:
    def __reduce__(self):
        return (pytest.fail, ("the file was unpickled",))


def pickled_npz_bomb(path):
    np.savez(path, pt=np.array([Bomb()], dtype=object), y=[0.0], phi=[0.0], offsets=[0, 1])


def plain_pickle(path):
    path.write_bytes(pickle.dumps(Bomb()))


def single_array(path):
    with open(path, "wb") as file:
        np.save(file, np.ones((3, 4, 4)))


def truncated(suffix, share):
    def write(path):
        whole = path.with_suffix(suffix)
        save_jets(whole, load_jets("sample")[:200])
        content = whole.read_bytes()
        path.write_bytes(content[: int(share * len(content))])

    return write


def flipped(path):
    whole = path.with_suffix(".npz")
    save_jets(whole, load_jets("sample")[:200])
    content = bytearray(whole.read_bytes())
    for i in range(200, 260):
        content[i] ^= 0xFF
    path.write_bytes(content)


def hdf5_of(**arrays):
    def write(path):
        with h5py.File(path, "w") as file:
            for name, array in arrays.items():
                file[name] = array

    return write


def npz_of(**arrays):
    def write(path):
        with open(path, "wb") as file:
            np.savez(file, **arrays)

    return write


def of_bytes(content):
    return lambda path: path.write_bytes(content)


FLAT = {"pt": [1.0, 2.0], "y": [0.0, 0.0], "phi": [0.0, 0.0], "offsets": [0, 2]}

BAD_FILES = {
    "empty": (of_bytes(b""), r"is empty \(0 bytes\)"),
    "text": (of_bytes(b"pt,y,phi\n1,2,3\n"), r"neither npz, HDF5 nor ROOT \(it begins with b'pt,y"),
    "web page": (of_bytes(b"<!DOCTYPE html><p>404"), "is a web page"),
    "lfs pointer": (of_bytes(b"version https://git-lfs.github.com/spec/v1\n"), "git-lfs pointer"),
    "gzip": (of_bytes(b"\x1f\x8b\x08\x00abc"), "gzip-compressed"),
    "noise": (of_bytes(bytes(range(7, 207))), "neither npz, HDF5 nor ROOT"),
    "pickle": (plain_pickle, "is a pickle, which could run code"),
    "pickled npz": (pickled_npz, "pickled objects, which could run code"),
    "pickled npz column": (pickled_npz_bomb, "pickled objects, which could run code"),
    "one array": (single_array, "is a single numpy array"),
    "truncated npz": (truncated(".npz", 0.6), "not a whole npz file, perhaps truncated"),
    "stub of an npz": (of_bytes(b"PK\x03\x04"), "not a whole npz file"),
    "empty zip": (
        of_bytes(b"PK\x05\x06" + 18 * b"\0"),
        r"holds the arrays \[\], which are no jets",
    ),
    "damaged npz": (flipped, "not a whole npz file"),
    "truncated hdf5": (truncated(".h5", 0.6), "not a whole HDF5 file, perhaps truncated"),
    "stub of hdf5": (of_bytes(b"\x89HDF\r\n\x1a\n"), "not a whole HDF5 file"),
    "foreign npz": (npz_of(a=[1], b=[2]), r"holds the arrays \['a', 'b'\], which are no jets"),
    "foreign hdf5": (hdf5_of(a=[1]), r"holds the arrays \['a'\], which are no jets"),
    "no offsets": (npz_of(pt=[1.0], y=[0.0], phi=[0.0]), r"\['offsets'\] missing"),
    "strings": (npz_of(**(FLAT | {"pt": ["a", "b"]})), "pt has dtype <U1"),
    "text hdf5": (hdf5_of(**(FLAT | {"pt": [b"a", b"b"]})), r"\['pt'\] missing"),
    "scalars": (npz_of(pt=1.0, y=0.0, phi=0.0, offsets=0), r"offsets has shape \(\)"),
    "offsets too far": (npz_of(**(FLAT | {"offsets": [0, 3]})), "pt has 2 particles, but offsets"),
    "flat X": (npz_of(X=np.ones((4, 4))), r"X has shape \(4, 4\); expected \(N, n, 3\)"),
    "X of five": (npz_of(X=np.ones((4, 9, 5))), r"X has shape \(4, 9, 5\)"),
    "X swapped": (npz_of(X=np.ones((4, 20, 9))), r"X has shape \(4, 20, 9\)"),
    "X of no jets": (npz_of(X=np.ones((0, 20, 4))), "no jets"),
    "X, short y": (npz_of(X=np.ones((4, 9, 4)), y=[1, 0]), r"label has shape \(2,\)"),
    "X of objects": (npz_of(X=np.ones((4, 9, 4)).astype(str)), "pid has dtype|pt has dtype"),
    "stub of ROOT": (of_bytes(b"root\x00\x00\xf5\x1c"), "cannot be read as a ROOT file"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_files_are_named(name, tmp_path):
    write, message = BAD_FILES[name]
    path = tmp_path / "bad.bin"
    write(path)
    for written in tmp_path.glob("bad.bin.npz"):
        written.rename(path)
    with pytest.raises(ValueError, match=message) as caught:
        load_jets(path)
    assert str(caught.value).startswith(str(path))


@given(st.integers(0, 2**32 - 1), st.sampled_from([".npz", ".h5"]))
def test_no_damage_goes_unseen_or_crashes(tmp_path_factory, seed, suffix):
    rng = np.random.default_rng(seed)
    folder = tmp_path_factory.mktemp("damage")
    path, jets = folder / f"jets{suffix}", load_jets("sample")[:20]
    save_jets(path, jets)
    content = path.read_bytes()
    path.write_bytes(content[: rng.integers(len(content))])
    with pytest.raises(ValueError, match="jets"):
        load_jets(path)


def test_values_are_checked_and_the_file_is_named(tmp_path):
    np.savez(tmp_path / "jets.npz", **(FLAT | {"pt": [1.0, np.nan]}))
    with pytest.raises(JetsError, match=r"jets\.npz: pt is NaN or infinite in 1 of 1 jets"):
        load_jets(tmp_path / "jets.npz")

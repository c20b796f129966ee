"""Every format gives back what was saved."""

import inspect
import json
from importlib.resources import files

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smearjax.jets import Jets, load_jets, save_jets

SAVED = (".npz", ".h5", ".hdf5")


@st.composite
def flat_jets(draw):
    """Arguments of from_flat: 1 to 5 jets of 1 to 8 particles, perhaps with optional arrays."""
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    counts = draw(st.lists(st.integers(1, 8), min_size=1, max_size=5))
    n = sum(counts)

    def column(low, high):
        return np.array(
            draw(st.lists(st.floats(low, high, width=32), min_size=n, max_size=n)), dtype
        )

    offsets = np.concatenate([[0], np.cumsum(counts)])
    pt = column(0.0, 100.0)
    pt[offsets[:-1]] += dtype(1 / 3)
    optional = {}
    if draw(st.booleans()):
        optional["pid"] = draw(st.lists(st.integers(-(2**31), 2**31 - 1), min_size=n, max_size=n))
    if draw(st.booleans()):
        optional["label"] = draw(st.lists(st.integers(0, 1), min_size=len(counts), max_size=5))
        optional["label"] = optional["label"][: len(counts)]
    if draw(st.booleans()):
        optional["weight"] = column(-1.0, 1.0)[: len(counts)]
    angles = {"y": column(-8.0, 8.0), "phi": column(-12.0, 12.0)}
    return {"pt": pt, "offsets": offsets} | angles | optional


def assert_same(found, saved):
    for name in ("pt", "y", "phi", "mask", "pid", "label", "weight"):
        a, b = getattr(found, name), getattr(saved, name)
        assert (a is None) == (b is None), name
        if a is not None:
            assert a.dtype == b.dtype, name
            np.testing.assert_array_equal(a, b, strict=True)


@pytest.mark.parametrize("suffix", SAVED)
def test_whatever_is_saved_comes_back(suffix, tmp_path_factory):
    path = tmp_path_factory.mktemp("jets") / f"jets{suffix}"

    @given(flat_jets())
    def back_and_forth(flat):
        jets = Jets.from_flat(**flat)
        save_jets(path, jets)
        assert_same(load_jets(path), jets)

    back_and_forth()


def energyflow_arrays(jets, n_columns):
    columns = [jets.pt, jets.y, jets.phi] + ([jets.pid] if n_columns == 4 else [])
    X = np.stack(columns, axis=-1).astype(jets.pt.dtype)
    return {"X": X} if jets.label is None else {"X": X, "y": jets.label.astype(float)}


@pytest.mark.parametrize("n_columns", [3, 4])
@pytest.mark.parametrize("suffix", [".npz", ".h5"])
def test_energyflow_layout(suffix, n_columns, tmp_path_factory):
    path = tmp_path_factory.mktemp("jets") / f"QG_jets{suffix}"

    @given(flat_jets())
    def read(flat):
        jets = Jets.from_flat(**flat)
        pid = np.where(jets.pt > 0, 211, 0) if n_columns == 4 else None
        jets = Jets(jets.pt, jets.y, jets.phi, jets.pt > 0, pid, jets.label)
        arrays = energyflow_arrays(jets, n_columns)
        if suffix == ".npz":
            np.savez(path, **arrays)
        else:
            with h5py.File(path, "w") as file:
                for name, array in arrays.items():
                    file[name] = array
        assert_same(load_jets(path), jets)

    read()


def test_the_sample():
    jets = load_jets("sample")
    assert jets.label.sum() == 2000
    assert len(jets) == 4000
    assert jets.weight is None
    with (
        files("smearjax.jets").joinpath("data/qg_sample.npz").open("rb") as file,
        np.load(file) as d,
    ):
        offsets, axis = d["offsets"], d["jet"]
        for i in (0, 17, 3999):
            piece = slice(offsets[i], offsets[i + 1])
            for name in ("pt", "y", "phi", "pid"):
                row = getattr(jets, name)[i][jets.mask[i]]
                np.testing.assert_array_equal(row, d[name][piece])
    px = (jets.pt * np.cos(jets.phi)).sum(axis=1)
    py = (jets.pt * np.sin(jets.phi)).sum(axis=1)
    np.testing.assert_allclose(np.hypot(px, py), axis[:, 0], rtol=1e-4)


@pytest.mark.parametrize("suffix", SAVED)
def test_the_sample_round_trips(suffix, tmp_path):
    save_jets(tmp_path / f"sample{suffix}", load_jets("sample"))
    assert_same(load_jets(tmp_path / f"sample{suffix}"), load_jets("sample"))
    assert [path.name for path in tmp_path.iterdir()] == [f"sample{suffix}"]


@pytest.mark.parametrize("suffix", SAVED)
def test_very_long_and_very_short_jets(suffix, tmp_path):
    pt = [np.ones(1), np.linspace(1, 2, 10_000)]
    jets = Jets.from_lists(pt, pt, pt, weight=[-1.5, 0.0])
    save_jets(tmp_path / f"jets{suffix}", jets)
    assert_same(load_jets(tmp_path / f"jets{suffix}"), jets)


def test_equal_jets_make_equal_files(tmp_path):
    jets = load_jets("sample")[:20]
    save_jets(tmp_path / "a.npz", jets)
    save_jets(tmp_path / "b.npz", jets)
    with np.load(tmp_path / "a.npz") as a, np.load(tmp_path / "b.npz") as b:
        assert a.files == b.files
        assert all(np.array_equal(a[name], b[name]) for name in a.files)


def test_a_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    path, jets = tmp_path / "jets.npz", load_jets("sample")
    save_jets(path, jets[:5])

    def full_disk(file, **arrays):
        file.write(b"half")
        raise OSError("No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full_disk)
    with pytest.raises(OSError, match="No space left"):
        save_jets(path, jets[:9])
    assert len(load_jets(path)) == 5
    assert list(tmp_path.iterdir()) == [path]


def test_scattered_and_wide_padding_is_not_kept(tmp_path):
    pt = np.array([[0.0, 2.0, 0.0, 3.0, 0.0]])
    save_jets(tmp_path / "jets.npz", Jets(pt, pt, pt))
    assert load_jets(tmp_path / "jets.npz").pt.tolist() == [[2.0, 3.0]]


def test_other_arrays_in_the_file_are_ignored(tmp_path):
    flat = {"pt": [1.0, 2.0], "y": [0.0, 0.0], "phi": [0.0, 0.0], "offsets": [0, 2]}
    np.savez(tmp_path / "jets.npz", **flat, jet=np.ones((9, 9)), info=json.dumps({"a": 1}))
    assert len(load_jets(tmp_path / "jets.npz")) == 1
    with h5py.File(tmp_path / "jets.h5", "w") as file:
        for name, array in flat.items():
            file[name] = array
        file["info"] = "made by hand"
        file.create_group("more")["pt"] = np.ones(3)
    assert len(load_jets(tmp_path / "jets.h5")) == 1


def test_the_content_decides_not_the_suffix(tmp_path):
    jets = load_jets("sample")
    save_jets(tmp_path / "jets.h5", jets)
    (tmp_path / "jets.h5").rename(tmp_path / "jets.dat")
    assert_same(load_jets(str(tmp_path / "jets.dat")), jets)


def test_what_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no file 'smaple'.*'sample', 'energyflow-qg'"):
        load_jets("smaple")
    with pytest.raises(IsADirectoryError, match="is a directory"):
        load_jets(tmp_path)
    for source in (np.ones((3, 3)), None, load_jets("sample")):
        with pytest.raises(ValueError, match=r"source is a .*; expected a path or one of"):
            inspect.unwrap(load_jets)(source)


def test_root_options_are_for_root_files(tmp_path):
    save_jets(tmp_path / "jets.npz", load_jets("sample")[:3])
    with pytest.raises(ValueError, match="tree and branches are for ROOT files; this is npz"):
        load_jets(tmp_path / "jets.npz", tree="jets")

"""ROOT trees by branch name, written here with uproot."""

import builtins

import awkward as ak
import numpy as np
import pytest
import uproot

from smearjax.jets import Jets, JetsError, load_jets


def columns(names=("pt", "y", "phi"), dtype=np.float32):
    rng = np.random.default_rng(2)
    counts = rng.integers(1, 9, 40)
    return {
        name: ak.unflatten(rng.uniform(0.1, 3, counts.sum()).astype(dtype), counts)
        for name in names
    }


def write(path, **trees):
    with uproot.recreate(path) as file:
        for name, tree in trees.items():
            file[name] = tree
    return path


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_standard_names(dtype, tmp_path):
    tree = columns(("pt", "y", "phi"), dtype)
    tree["pid"] = ak.values_astype(10 * tree["pt"], np.int32)
    tree |= {"label": np.arange(40) % 2, "weight": np.linspace(-1, 1, 40)}
    jets = load_jets(write(tmp_path / "jets.root", jets=tree))
    assert jets.pt.dtype == dtype
    assert jets.multiplicity.tolist() == ak.num(tree["pt"]).tolist()
    for name in ("pt", "y", "phi", "pid"):
        np.testing.assert_array_equal(getattr(jets, name)[jets.mask], ak.flatten(tree[name]))
    np.testing.assert_array_equal(jets.label, tree["label"])
    np.testing.assert_array_equal(jets.weight, tree["weight"])


def test_other_names_and_several_trees(tmp_path):
    tree = columns(("part_pt", "part_eta", "part_phi")) | {"is_quark": np.ones(40, np.int32)}
    path = write(tmp_path / "jets.root", events=tree, other={"x": np.ones(3)})
    branches = {"pt": "part_pt", "y": "part_eta", "phi": "part_phi", "label": "is_quark"}
    jets = load_jets(path, tree="events", branches=branches)
    np.testing.assert_array_equal(jets.y[jets.mask], ak.flatten(tree["part_eta"]))
    assert (jets.label == 1).all()
    with pytest.raises(JetsError, match=r"not exactly one tree; its trees are \['events', 'other'"):
        load_jets(path)
    with pytest.raises(JetsError, match=r"no tree of that name; its trees are"):
        load_jets(path, tree="event")
    with pytest.raises(JetsError, match=r"no branches \['part_y'\]; its branches are"):
        load_jets(path, tree="events", branches=branches | {"y": "part_y"})
    with pytest.raises(JetsError, match=r"branches names \['eta'\]; expected any of"):
        load_jets(path, tree="events", branches={"eta": "part_eta"})
    with pytest.raises(JetsError, match=r"no branch for \['pt', 'y', 'phi'\].*pass branches="):
        load_jets(path, tree="events")


def test_eta_stands_in_for_y(tmp_path):
    tree = columns(("PT", "Eta", "Phi"))
    jets = load_jets(write(tmp_path / "jets.root", jets=tree))
    np.testing.assert_array_equal(jets.y[jets.mask], ak.flatten(tree["Eta"]))


def test_bad_branches(tmp_path):
    scalar = columns() | {"pt": np.ones(40)}
    with pytest.raises(ValueError, match=r"pt has the type 40 \* float64; expected N \* var"):
        load_jets(write(tmp_path / "scalar.root", jets=scalar))
    per_particle = columns(("pt", "y", "phi", "label"))
    with pytest.raises(JetsError, match=r"label has the type .* expected one number a jet"):
        load_jets(write(tmp_path / "label.root", jets=per_particle))
    with pytest.raises(JetsError, match=r"its trees are \[\]"):
        load_jets(write(tmp_path / "histogram.root", h=np.histogram([1.0, 2.0])))


@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
def test_truncated(share, tmp_path):
    content = write(tmp_path / "whole.root", jets=columns()).read_bytes()
    path = tmp_path / "part.root"
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(JetsError, match=r"part\.root: cannot be read as a ROOT file"):
        load_jets(path)


@pytest.mark.parametrize("package", ["awkward", "uproot"])
def test_a_missing_package_is_named(package, tmp_path, monkeypatch):
    path = write(tmp_path / "jets.root", jets=columns())
    present = builtins.__import__

    def absent(name, *args, **kwargs):
        if name == package:
            raise ModuleNotFoundError(f"No module named {name!r}")
        return present(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(ImportError, match=r"pip install 'smearjax\[awkward\]'"):
        load_jets(path)
    if package == "awkward":
        with pytest.raises(ImportError, match=r"pip install 'smearjax\[awkward\]'"):
            Jets.from_awkward([[{"pt": 1.0, "y": 0.0, "phi": 0.0}]])

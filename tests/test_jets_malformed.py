"""Every way in refuses the same bad jets, and says which and why."""

import numpy as np
import pytest
from ways_in import (
    COUNTS,
    NO_WEIGHTS,
    WAYS_IN,
    by_awkward,
    by_constructor,
    by_flat,
    by_hdf5,
    by_lists,
    by_npz,
    by_root,
    good,
)

from smearjax.jets import JetsError, UnitsWarning


@pytest.fixture(params=WAYS_IN, ids=lambda way: way.__name__[3:])
def way_in(request):
    return request.param


def test_good_jets_enter_everywhere(way_in, tmp_path):
    jets = way_in(good(), tmp_path)
    assert jets.multiplicity.tolist() == list(COUNTS)
    np.testing.assert_array_equal(jets.label, good()["label"])
    np.testing.assert_array_equal(jets.pt[jets.mask], np.concatenate(good()["pt"]))
    np.testing.assert_array_equal(jets.phi[jets.mask], np.concatenate(good()["phi"]))
    np.testing.assert_array_equal(jets.pid[jets.mask], 211)
    assert jets.pt.dtype == np.float64
    if way_in not in NO_WEIGHTS:
        np.testing.assert_array_equal(jets.weight, good()["weight"])


BAD_PARTICLES = {
    "nan pt": ("pt", np.nan, r"pt is NaN or infinite in 1 of 5 jets \(first: jet 2, value nan\)"),
    "inf pt": ("pt", np.inf, r"pt is NaN or infinite in 1 of 5 jets \(first: jet 2, value inf\)"),
    "negative pt": ("pt", -1.5, r"pt is negative in 1 of 5 jets \(first: jet 2, value -1\.5\)"),
    "minus inf pt": ("pt", -np.inf, r"pt is NaN or infinite in 1 of 5 jets \(first: jet 2"),
    "filler pt": ("pt", 1e12, r"pt is above 1e\+09 GeV in 1 of 5 jets \(first: jet 2, value 1000"),
    "nan y": ("y", np.nan, r"y is NaN or infinite in 1 of 5 jets \(first: jet 2, value nan\)"),
    "inf y": ("y", -np.inf, r"y is NaN or infinite in 1 of 5 jets \(first: jet 2, value -inf\)"),
    "FastJet y": ("y", 1e5, r"\|y\| is above 100 in 1 of 5 jets \(first: jet 2.*FastJet"),
    "nan phi": ("phi", np.nan, r"phi is NaN or infinite in 1 of 5 jets \(first: jet 2"),
    "inf phi": ("phi", np.inf, r"phi is NaN or infinite in 1 of 5 jets \(first: jet 2"),
    "filler phi": ("phi", -9999.0, r"\|phi\| is above 1000 in 1 of 5 jets .* expected radians"),
    "fractional pid": ("pid", 0.5, r"pid: 1 values are no 32-bit whole numbers, first 0\.5"),
    "nan pid": ("pid", np.nan, r"pid: 1 values are no 32-bit whole numbers, first nan"),
    "large pid": ("pid", 1e12, r"pid: 1 values are no 32-bit whole numbers, first 1000000000000"),
}


@pytest.mark.parametrize("defect", BAD_PARTICLES)
def test_bad_particles_are_refused(way_in, defect, tmp_path):
    name, value, message = BAD_PARTICLES[defect]
    jets = good()
    jets[name] = [jet.astype(np.float64) for jet in jets[name]]
    jets[name][2][1] = value
    with pytest.raises(JetsError, match=message):
        way_in(jets, tmp_path)


BAD_JETS = {
    "label 2": ("label", 2, r"label is neither 0 nor 1 in 1 of 5 jets \(first: jet 3, value 2"),
    "label -1": ("label", -1, r"label is neither 0 nor 1 in 1 of 5 jets \(first: jet 3, value -1"),
    "PDG label": ("label", 21, r"label is neither 0 nor 1 .* from PDG numbers"),
    "label 256": ("label", 256, r"label is neither 0 nor 1 .* value 256"),
    "half label": ("label", 0.5, r"label: 1 values are no 32-bit whole numbers, first 0\.5"),
    "nan label": ("label", np.nan, r"label: 1 values are no 32-bit whole numbers, first nan"),
    "nan weight": ("weight", np.nan, r"weight is NaN or infinite in 1 of 5 jets \(first: jet 3"),
    "inf weight": ("weight", np.inf, r"weight is NaN or infinite in 1 of 5 jets \(first: jet 3"),
}


@pytest.mark.parametrize("defect", BAD_JETS)
def test_bad_labels_and_weights_are_refused(way_in, defect, tmp_path):
    name, value, message = BAD_JETS[defect]
    if name == "weight" and way_in in NO_WEIGHTS:
        return
    jets = good()
    jets[name] = jets[name].astype(type(value))
    jets[name][3] = value
    with pytest.raises(JetsError, match=message):
        way_in(jets, tmp_path)


def test_empty_jets_are_refused(way_in, tmp_path):
    jets = good()
    for name in ("pt", "y", "phi", "pid"):
        jets[name][1] = jets[name][1][:0]
        jets[name][3] = jets[name][3][:0]
    with pytest.raises(JetsError, match=r"an empty jet\) in 2 of 5 jets \(first: jets 1, 3"):
        way_in(jets, tmp_path)


def test_jets_without_pt_are_refused(way_in, tmp_path):
    jets = good()
    jets["pt"][2] = np.zeros(4)
    with pytest.raises(JetsError, match=r"no particle with pt > 0.*in 1 of 5 jets \(first: jet 2"):
        way_in(jets, tmp_path)


@pytest.mark.parametrize("length", [4, 6])
def test_labels_of_another_length_are_refused(way_in, length, tmp_path):
    if way_in is by_root:
        return  # a tree's branches have one length
    jets = good() | {"label": np.ones(length, int)}
    with pytest.raises(ValueError, match=rf"label has shape \({length},\); expected \(5,\)"):
        way_in(jets, tmp_path)


def test_one_hot_labels_are_refused(way_in, tmp_path):
    jets = good() | {"label": np.eye(2, dtype=int)[good()["label"]]}
    with pytest.raises(ValueError, match=r"label has (shape \(5, 2\)|the type 5 \* 2)"):
        way_in(jets, tmp_path)


@pytest.mark.parametrize("dtype", ["complex128", "datetime64[s]", "U8", "bool"])
@pytest.mark.parametrize("way", [by_constructor, by_lists, by_flat, by_npz])
def test_wrong_kinds_are_refused(way, dtype, tmp_path):
    jets = good()
    jets["pt"] = [jet.astype(int).astype(dtype) for jet in jets["pt"]]
    with pytest.raises(ValueError, match=r"pt has dtype .*; expected real numbers"):
        way(jets, tmp_path)


@pytest.mark.parametrize("way", [by_lists, by_flat, by_awkward, by_npz, by_hdf5, by_root])
def test_a_particle_too_few_is_refused(way, tmp_path):
    jets = good()
    jets["y"][4] = jets["y"][4][:-1]
    message = "y and pt have different numbers of particles in 1 of 5 jets|offsets end at 15"
    with pytest.raises(JetsError, match=message):
        way(jets, tmp_path)


def test_mev_are_noticed(way_in, tmp_path):
    jets = good()
    jets["pt"] = [1000 * jet for jet in jets["pt"]]
    with pytest.warns(UnitsWarning, match=r"median jet pT is .* above 20,000 GeV.*MeV"):
        way_in(jets, tmp_path)


def test_degrees_are_noticed(way_in, tmp_path):
    jets = good()
    jets["phi"] = [np.degrees(jet) for jet in jets["phi"]]
    with pytest.warns(UnitsWarning, match="degrees"):
        way_in(jets, tmp_path)


def test_one_class_is_no_error(way_in, tmp_path):
    jets = way_in(good() | {"label": np.ones(5, int)}, tmp_path)
    assert jets.label.tolist() == [1] * 5


def test_missing_labels_are_no_error():
    jets = good()
    del jets["label"]
    assert by_lists(jets, None).label is None
    assert by_constructor(jets, None).label is None

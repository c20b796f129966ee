"""Wrong shapes, kinds and options: the error names the argument and the way out."""

import inspect

import awkward as ak
import numpy as np
import pytest
from ways_in import by_lists, good

from smearjax.jets import Jets, JetsError, concatenate, load_jets, save_jets


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"pt": [300.0, 200.0]}, r"pt has shape \(2,\).*one jet is pt\[None, :\]"),
        ({"pt": np.ones((2, 3, 4))}, r"pt has shape \(2, 3, 4\).*X\[\.\.\., 0\]"),
        ({"pt": 5.0}, r"pt has shape \(\)"),
        ({"pt": np.ones((3, 2))}, r"y has shape \(2, 3\), pt has \(3, 2\)"),
        ({"mask": np.ones((2, 2), bool)}, r"mask has shape \(2, 2\)"),
        ({"mask": np.ones((2, 3))}, "mask has dtype float64; expected booleans"),
        ({"mask": np.full((2, 3), 2)}, "mask has dtype int64; expected booleans"),
        ({"pid": np.ones((2, 4), int)}, r"pid has shape \(2, 4\)"),
        ({"pid": np.full((2, 3), "pi+")}, "pid has dtype <U3; expected integers"),
        ({"label": [1, 0, 1]}, "label has 3 entries, one for each column.*axes look swapped"),
        ({"weight": np.ones(3)}, "weight has 3 entries, one for each column.*axes look swapped"),
        ({"label": ["q", "g"]}, "label has dtype <U1; expected integers"),
        ({"weight": [1j, 1]}, "weight has dtype complex128"),
        ({"pt": [[1.0, 2.0, 3.0], [4.0]]}, "pt is not a rectangular.*Jets.from_lists"),
        ({"pt": [[None, 1.0, 2.0]] * 2}, "pt has dtype object"),
        ({"pt": np.ma.masked_less(np.ones((2, 3)), 0)}, "pt is a numpy masked array"),
        ({"pt": np.ones((2, 3), np.longdouble)}, r"pt has dtype .*pt.astype\(np.float64\)"),
        ({"pt": {"a": 1}}, "pt has dtype object"),
        ({"pt": ak.Array([[1.0], [2.0, 3.0]])}, "from_awkward"),
    ],
)
def test_constructor_names_the_argument(arguments, message):
    fine = {"pt": np.ones((2, 3)), "y": np.zeros((2, 3)), "phi": np.zeros((2, 3))}
    with pytest.raises(ValueError, match=message):
        Jets(**(fine | arguments))


def test_no_jets_at_all():
    with pytest.raises(JetsError, match="no jets: pt has no rows"):
        Jets(np.zeros((0, 3)), np.zeros((0, 3)), np.zeros((0, 3)))
    with pytest.raises(JetsError, match="no jets"):
        Jets.from_lists([], [], [])
    with pytest.raises(JetsError, match="no jets"):
        Jets.from_flat([], [], [], offsets=[0])
    with pytest.raises(JetsError, match="an empty jet"):
        Jets(np.zeros((2, 0)), np.zeros((2, 0)), np.zeros((2, 0)))


def test_a_particle_outside_the_mask_is_refused():
    mask = np.array([[True, True], [True, False]])
    with pytest.raises(JetsError, match=r"outside the mask in 1 of 2 jets \(first: jet 1, value 7"):
        Jets([[1.0, 2.0], [3.0, 7.0]], np.zeros((2, 2)), np.zeros((2, 2)), mask)


@pytest.mark.parametrize("n_jets", [30, 60, 1000])
def test_swapped_axes_are_seen_from_the_padding(n_jets):
    jets = load_jets("sample")[:n_jets]
    with pytest.raises(JetsError, match=r"padded along .* axes look swapped; pass pt\.T"):
        Jets(jets.pt.T, jets.y.T, jets.phi.T)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"offsets": [0, 2]}, "pt has 3 particles, but offsets end at 2"),
        ({"offsets": [1, 3]}, r"offsets\[0\] is 1"),
        ({"offsets": [0, 3, 2, 3]}, r"offsets\[2\] is 2"),
        ({"offsets": [[0, 3]]}, r"offsets has shape \(1, 2\)"),
        ({"offsets": []}, r"offsets has shape \(0,\)"),
        ({"offsets": [0.0, 1.5, 3.0]}, "offsets: 1 values are no 64-bit whole numbers"),
        ({"offsets": ["0", "3"]}, "offsets has dtype"),
        ({"y": [0.0, 1.0]}, "y has 2 particles, but offsets end at 3"),
        ({"pt": [[1.0, 1.0, 1.0]]}, r"pt has shape \(1, 3\); expected one entry a particle"),
    ],
)
def test_from_flat_checks_offsets(change, message):
    fine = {"pt": [1.0] * 3, "y": [0.0] * 3, "phi": [0.0] * 3, "offsets": [0, 1, 3]}
    with pytest.raises(ValueError, match=message):
        Jets.from_flat(**(fine | change))


@pytest.mark.parametrize(
    ("pt", "message"),
    [
        ([[1.0]], "y holds 2 jets, pt holds 1"),
        ("jets", "pt is a str; expected a list"),
        (7.0, "pt is a float; expected a list"),
        ([1.0, 2.0], "pt holds something that is no list"),
        ([[1.0], None], "pt holds something that is no list"),
        ([[1.0], ["x", "y"]], "pt has dtype"),
        ([[1.0], [[1.0, 2.0], [3.0, 4.0]]], r"pt of jet 1 has shape \(2, 2\)"),
        ([[1.0], [[1.0], [2.0, 3.0]]], "pt is not a rectangular"),
        ([[1.0, 2.0], [3.0]], r"y and pt have different numbers .* 2 of 2 jets \(first: jet 0"),
        ({"a": [1.0]}, "pt is a dict"),
    ],
)
def test_from_lists_names_the_argument(pt, message):
    with pytest.raises(ValueError, match=message):
        Jets.from_lists(pt, [[0.0], [0.0, 0.1]], [[0.0], [0.0, 0.1]])


@pytest.mark.parametrize(
    ("particles", "message"),
    [
        (ak.Array([[{"pt": 1.0, "phi": 0.0}]]), r"fields \['pt', 'phi'\] and lack \['y'\]"),
        (ak.Array([[1.0]]), r"fields \[\] and lack \['pt', 'y', 'phi'\]"),
        (ak.Array([{"pt": 1.0, "y": 0.0, "phi": 0.0}]), "expected N . var . number"),
        (ak.Array([[[{"pt": 1.0, "y": 0.0, "phi": 0.0}]]]), r"ak\.flatten"),
        (ak.Array([[{"pt": None, "y": 0.0, "phi": 0.0}]]), "pt has (1 missing values|the type)"),
        (ak.Array([None, [{"pt": 1.0, "y": 0.0, "phi": 0.0}]]), "pt has 1 missing values"),
        (ak.Array([[{"pt": "1", "y": 0.0, "phi": 0.0}]]), "pt has dtype <U1"),
        (object(), "particles cannot be read as an awkward array"),
    ],
)
def test_from_awkward_names_the_argument(particles, message):
    with pytest.raises(ValueError, match=message):
        Jets.from_awkward(particles)


def test_from_awkward_wants_all_three():
    with pytest.raises(ValueError, match="phi is missing"):
        Jets.from_awkward(ak.Array([[1.0]]), y=ak.Array([[1.0]]))
    with pytest.raises(ValueError, match="y holds 1 jets, pt 2"):
        Jets.from_awkward(ak.Array([[1.0], [2.0]]), ak.Array([[1.0]]), ak.Array([[1.0], [2.0]]))


@pytest.mark.parametrize("ragged", [False, True], ids=["padded", "lists"])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"theta": [[0.5, np.nan], [1.0, 2.0]]}, r"theta is NaN .* \(first: jet 0"),
        ({"theta": [[0.5, 1.0], [1.0, 0.0]]}, r"theta is not strictly between .* \(first: jet 1"),
        ({"theta": [[0.5, 1.0], [1.0, np.pi]]}, "theta is not strictly between"),
        ({"theta": [[45.0, 90.0], [10.0, 20.0]]}, "np.radians for degrees"),
        ({"energy": [[5.0, -1.0], [2.0, 2.0]]}, r"energy is negative .* value -1"),
        ({"energy": [[5.0, np.inf], [2.0, 2.0]]}, "energy is NaN or infinite"),
        ({"energy": [[0.0, 0.0], [2.0, 2.0]]}, r"an empty jet\) in 1 of 2"),
        ({"phi": [[0.0, np.nan], [0.0, 0.0]]}, "phi is NaN or infinite"),
        ({"energy": [["a", "b"], ["c", "d"]]}, "has dtype <U1"),
        ({"label": [0, 3]}, "label is neither 0 nor 1"),
        ({"weight": [0.0, np.nan]}, "weight is NaN"),
    ],
)
def test_from_epem_refuses(ragged, change, message):
    fine = {"energy": [[5.0, 5.0], [2.0, 3.0]], "theta": [[0.5, 2.0], [1.0, 2.0]]}
    events = fine | {"phi": [[0.0, 3.0], [0.0, 3.0]]} | change
    if not ragged:
        events = {name: np.array(values) for name, values in events.items()}
    with pytest.raises(ValueError, match=message):
        Jets.from_epem(**events)


def test_from_epem_checks_shapes():
    two = np.ones((2, 2))
    with pytest.raises(ValueError, match=r"energy has shape \(2, 2\), theta \(2, 3\)"):
        Jets.from_epem(two, np.ones((2, 3)), two)
    with pytest.raises(ValueError, match=r"energy has shape \(4,\)"):
        Jets.from_epem(np.ones(4), np.ones(4), np.ones(4))
    with pytest.raises(ValueError, match="mask goes with padded arrays"):
        Jets.from_epem([[1.0]], [[1.0]], [[1.0]], mask=[[True]])
    with pytest.raises(ValueError, match=r"mask has shape \(2, 1\)"):
        Jets.from_epem(two, two, two, mask=np.ones((2, 1), bool))


def test_save_refuses(tmp_path):
    jets = by_lists(good(), None)
    with pytest.raises(ValueError, match=r"path ends in '\.csv'; expected one of"):
        save_jets(tmp_path / "jets.csv", jets)
    with pytest.raises(ValueError, match="jets is a dict; expected Jets"):
        inspect.unwrap(save_jets)(tmp_path / "jets.npz", good())  # past the tests' own type check
    with pytest.raises(FileNotFoundError, match="there is no directory"):
        save_jets(tmp_path / "nowhere" / "jets.npz", jets)
    with pytest.raises(JetsError, match="no jets to save"):
        save_jets(tmp_path / "jets.npz", jets[:0])
    assert list(tmp_path.iterdir()) == []


def test_replace_checks_what_comes_in():
    jets = by_lists(good(), None)
    with pytest.raises(JetsError, match="label is neither"):
        jets.replace(label=[1, 2, 3, 4, 5])
    with pytest.raises(ValueError, match=r"Jets have no \['labels'\]"):
        jets.replace(labels=[1] * 5)
    np.testing.assert_array_equal(jets.replace(weight=np.arange(5.0)).weight, np.arange(5.0))


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (np.ones(3, bool), r"boolean mask has shape \(3,\); expected \(5,\)"),
        (False, "comparing a missing label"),
        ((0, 1), "selected by rows"),
        (np.zeros((2, 2), int), "selected by rows"),
        ("pt", "an index of <U2"),
        (1.0, "an index of float64"),
        (5, "jet 5 of 5; expected 0 to 4"),
        (-6, "of 5; expected 0 to 4"),
    ],
)
def test_bad_indices(index, message):
    with pytest.raises(IndexError, match=message):
        by_lists(good(), None)[index]


def test_concatenate_refuses():
    jets = by_lists(good(), None)
    with pytest.raises(ValueError, match="no jets to join"):
        concatenate([])
    with pytest.raises(ValueError, match=r"only some of the sets have label \(set 1 has not\)"):
        concatenate([jets, jets.replace(label=None)])

"""Whatever hypothesis makes is either sound jets or a clear error."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from smearjax.jets import Jets, JetsError

SHAPES = hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=4)
KINDS = st.sampled_from(["f4", "f8", "f2", "i4", "u1", "?", "c8", "U2", ">f8", "O"])
ANY_ARRAY = KINDS.flatmap(lambda kind: hnp.arrays(kind, SHAPES) if kind != "O" else st.none())


def assert_sound(jets):
    """Everything that later stages rely on."""
    for array in (jets.pt, jets.y, jets.phi):
        assert array.dtype in (np.float32, np.float64)
        assert array.shape == jets.mask.shape
        assert np.isfinite(array).all()
        assert (array[~jets.mask] == 0).all()
    assert (jets.pt >= 0).all()
    assert np.isfinite(jets.total_pt).all()
    assert (jets.total_pt > 0).all()
    assert jets.label is None or np.isin(jets.label, (0, 1)).all()
    assert jets.weight is None or np.isfinite(jets.weight).all()


@pytest.mark.filterwarnings("ignore::smearjax.jets.UnitsWarning")
@given(ANY_ARRAY, ANY_ARRAY, ANY_ARRAY, st.data())
def test_any_arrays_are_sound_jets_or_a_clear_error(pt, y, phi, data):
    more = {name: data.draw(ANY_ARRAY) for name in ("mask", "pid", "label", "weight")}
    for arguments in ({}, more):
        try:
            jets = Jets(pt, y, phi, **arguments)
        except ValueError:
            continue
        assert_sound(jets)


@pytest.mark.filterwarnings("ignore::smearjax.jets.UnitsWarning")
@given(st.sampled_from(["f4", "f8"]), st.data())
def test_any_numbers_are_sound_jets_or_a_clear_error(kind, data):
    shape = data.draw(st.tuples(st.integers(1, 3), st.integers(1, 4)))
    numbers = st.one_of(st.just(0), st.floats(-1, 20, width=32), st.floats(width=32))
    pt, y, phi = (data.draw(hnp.arrays(kind, shape, elements=numbers)) for _ in range(3))
    label = data.draw(hnp.arrays("i1", shape[:1], elements=st.integers(-1, 2)))
    weight = data.draw(hnp.arrays(kind, shape[:1], elements=numbers))
    bad = (pt < 0) | ~np.isfinite(pt) | (pt > 1e9)
    used = pt != 0
    bad |= used & ~((np.abs(y) <= 100) & (np.abs(phi) <= 1000))
    empty = np.where(bad, 1.0, pt).sum(axis=1, dtype=np.float64) < 1e-12
    wrong = bad.any() or empty.any() or not np.isin(label, (0, 1)).all()
    if wrong or not np.isfinite(weight).all():
        with pytest.raises(JetsError, match=r"in \d of \d jets \(first: jets? \d"):
            Jets(pt, y, phi, label=label, weight=weight)
    else:
        assert_sound(Jets(pt, y, phi, label=label, weight=weight))


@given(st.lists(st.integers(-2, 6), max_size=6), st.integers(0, 6))
def test_any_offsets_are_sound_jets_or_a_clear_error(offsets, n):
    column = np.ones(n)
    fine = len(offsets) > 1 and offsets[0] == 0 and offsets[-1] == n and min(np.diff(offsets)) > 0
    if fine:
        jets = Jets.from_flat(column, column, column, offsets)
        assert jets.multiplicity.tolist() == np.diff(offsets).tolist()
    else:
        with pytest.raises(ValueError, match=r"offsets|no jets|an empty jet"):
            Jets.from_flat(column, column, column, offsets)

"""Buckets hold every jet once, in few widths, with nothing lost."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smearjax.jets import BUCKET_SIZES, Jets, bucket_by_multiplicity, load_jets, pack_left


def jets_of(counts):
    counts = np.asarray(counts)
    mask = np.arange(counts.max()) < counts[:, None]
    number = np.where(mask, np.arange(1, mask.size + 1).reshape(mask.shape), 0)
    pt = 2.0**-20 * number
    return Jets(pt, pt, pt, mask, pid=number, weight=counts)


@given(st.lists(st.integers(1, 700), min_size=1, max_size=30))
def test_every_jet_once_in_the_narrowest_width(counts):
    jets, seen, widths = jets_of(counts), [], []
    allowed = [*BUCKET_SIZES, 384, 512, 768]
    for indices, bucket in bucket_by_multiplicity(jets):
        width = bucket.pt.shape[1]
        narrower = max((size for size in allowed if size < width), default=0)
        assert width in allowed
        assert (bucket.multiplicity <= width).all()
        assert (bucket.multiplicity > narrower).all()
        np.testing.assert_array_equal(bucket.weight, jets.weight[indices])
        np.testing.assert_array_equal(bucket.total_pt, jets.total_pt[indices])
        np.testing.assert_array_equal(bucket.pt[bucket.mask], jets[indices].pt[jets[indices].mask])
        np.testing.assert_array_equal(bucket.pid[bucket.mask], 2**20 * bucket.pt[bucket.mask])
        assert (np.diff(indices) > 0).all()
        seen += indices.tolist()
        widths.append(width)
    assert sorted(seen) == list(range(len(counts)))
    assert widths == sorted(set(widths))


def test_ten_thousand_particles():
    found = [(i.tolist(), b.pt.shape) for i, b in bucket_by_multiplicity(jets_of([10_000, 3]))]
    assert found == [([1], (1, 8)), ([0], (1, 12288))]


def test_widths_do_not_depend_on_the_padding():
    jets = load_jets("sample")[:50]
    wide = Jets(*(np.pad(a, ((0, 0), (0, 500))) for a in (jets.pt, jets.y, jets.phi)))
    for (i, a), (j, b) in zip(
        bucket_by_multiplicity(jets), bucket_by_multiplicity(wide), strict=True
    ):
        np.testing.assert_array_equal(i, j)
        np.testing.assert_array_equal(a.phi, b.phi)


def test_scattered_particles_move_left_in_order():
    mask = np.array([[False, True, False, True], [True, False, False, False]])
    pt = np.where(mask, [[0.0, 5.0, 0.0, 7.0], [3.0, 0.0, 0.0, 0.0]], 0.0)
    packed = pack_left(Jets(pt, pt, pt, pid=pt))
    assert packed.pt.tolist() == [[5.0, 7.0, 0.0, 0.0], [3.0, 0.0, 0.0, 0.0]]
    assert packed.pid.tolist() == packed.pt.tolist()
    ((_, bucket),) = bucket_by_multiplicity(Jets(pt, pt, pt), sizes=(2, 4))
    assert bucket.pt.tolist() == [[5.0, 7.0], [3.0, 0.0]]


def test_device_arrays_come_to_the_host():
    one = jnp.ones((2, 3))
    ((_, bucket),) = bucket_by_multiplicity(Jets(one, one, one))
    assert isinstance(bucket.pt, np.ndarray)


def test_nothing_comes_of_nothing():
    assert list(bucket_by_multiplicity(jets_of([3])[:0])) == []


@pytest.mark.parametrize("sizes", [(), (0, 8), (8, 8), (16, 8), (-1,)])
def test_sizes_must_rise(sizes):
    with pytest.raises(ValueError, match="expected rising positive widths"):
        list(bucket_by_multiplicity(jets_of([3]), sizes))

"""What Jets keeps, how it is indexed and shown, and how it travels through JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from smearjax.jets import Jets, load_jets


def two(dtype=np.float64, **more):
    pt = np.array([[300.0, 200.0, 0.0], [510.0, 0.0, 0.0]], dtype)
    return Jets(pt, 0.1 * (pt > 0).astype(dtype), 0.2 * (pt > 0).astype(dtype), **more)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (np.float32, np.float32),
        (np.float64, np.float64),
        (np.float16, np.float32),
        (np.int32, np.float64),
        (np.uint8, np.float64),
        (">f4", np.float32),
        (">f8", np.float64),
    ],
)
def test_float_types(given, kept):
    jets = Jets(np.array([[3, 2]], given), np.array([[1, 0]], given), np.array([[0, 1]], given))
    for array in (jets.pt, jets.y, jets.phi):
        assert isinstance(array, np.ndarray)
        assert array.dtype == kept
        assert array.dtype.isnative
    assert jets.pt.tolist() == [[3.0, 2.0]]


def test_mixed_floats_take_the_widest():
    jets = Jets(np.ones((1, 2), np.float32), np.zeros((1, 2)), np.zeros((1, 2), np.float32))
    assert {array.dtype for array in (jets.pt, jets.y, jets.phi)} == {np.dtype(np.float64)}


def test_jax_arrays_stay_with_jax():
    one = jnp.ones((1, 2))
    jets = Jets(one, one, one, pid=jnp.array([[211, 22]]), label=jnp.array([1]))
    assert all(isinstance(leaf, jax.Array) for leaf in jax.tree.leaves(jets))
    assert jets.label.dtype == np.int8


def test_whole_arrays_are_not_copied():
    pt, y, phi = np.ones((2, 3)), np.zeros((2, 3)), np.zeros((2, 3))
    jets = Jets(pt, y, phi)
    assert jets.pt is pt
    assert jets.y is y
    assert jets.phi is phi


def test_fillers_in_the_padding_become_zero():
    mask = np.array([[True, False], [True, True]])
    filler = np.array([[1.0, np.nan], [2.0, 3.0]])
    jets = Jets(filler, np.where(mask, 0.5, -999.0), np.where(mask, 0.5, np.inf), mask, filler * 11)
    for array in (jets.pt, jets.y, jets.phi, jets.pid):
        assert array[0, 1] == 0
    assert jets.pt.tolist() == [[1.0, 0.0], [2.0, 3.0]]
    assert jets.pid.tolist() == [[11, 0], [22, 33]]
    assert np.isnan(filler[0, 1])  # the caller's array is left alone


def test_particles_without_pt_count_only_under_a_mask():
    pt = np.array([[1.0, 0.0, 0.0]])
    assert Jets(pt, pt, pt).multiplicity.tolist() == [1]
    assert Jets(pt, pt, pt, mask=[[1, 1, 0]]).multiplicity.tolist() == [2]


@pytest.mark.parametrize("label", [[1, 0], [True, False], [1.0, 0.0], np.array([1, 0], np.uint64)])
def test_labels_of_any_whole_kind(label):
    jets = two(label=label)
    assert jets.label.dtype == np.int8
    assert jets.label.tolist() == [1, 0]


def test_one_particle_and_ten_thousand_particles():
    rng = np.random.default_rng(0)
    pt = [np.array([500.0]), rng.exponential(1.0, 10_000)]
    y = [rng.normal(size=len(jet)) for jet in pt]
    jets = Jets.from_lists(pt, y, y)
    assert jets.multiplicity.tolist() == [1, 10_000]
    np.testing.assert_allclose(jets.total_pt, [500.0, pt[1].sum()], rtol=1e-13)
    np.testing.assert_array_equal(jets.y[1], y[1])


def test_indexing_takes_rows():
    jets = two(label=[1, 0], weight=[-1.0, 2.0], pid=np.ones((2, 3), int))
    assert len(jets) == 2
    for index in (1, -1, [1], slice(1, None), np.array([False, True]), [False, True], np.int8(1)):
        picked = jets[index]
        assert len(picked) == 1
        assert picked.pt.tolist() == [[510.0, 0.0, 0.0]]
        assert (picked.label[0], picked.weight[0], picked.pid.shape) == (0, 2.0, (1, 3))
    assert [float(jet.total_pt[0]) for jet in jets] == [500.0, 510.0]
    assert len(jets[[]]) == 0
    assert len(jets[jnp.array([0, 1])]) == 2


def test_optional_arrays_may_be_missing():
    jets = two()
    assert (jets.pid, jets.label, jets.weight) == (None, None, None)
    assert len(jax.tree.leaves(jets)) == 4


def test_replacing_pt_finds_the_mask_again():
    jets = two().replace(pt=[[1.0, 0.0, 0.0], [1.0, 1.0, 0.0]])
    assert jets.multiplicity.tolist() == [1, 2]


@pytest.mark.parametrize("as_given", [list, np.array], ids=["lists", "padded"])
def test_epem_kinematics(as_given):
    energy, theta, phi = [[45.0, 30.0]], [[1e-4, 2.5]], [[0.3, -2.0]]
    event = Jets.from_epem(as_given(energy), as_given(theta), as_given(phi))
    px, py = event.pt * np.cos(event.phi), event.pt * np.sin(event.phi)
    pz = event.pt * np.sinh(event.y)
    np.testing.assert_allclose(pz[0], np.array(energy[0]) * np.cos(theta[0]), rtol=1e-12)
    np.testing.assert_allclose(np.sqrt(px**2 + py**2 + pz**2), energy, rtol=1e-12)
    np.testing.assert_allclose(np.arctan2(py, px), phi, rtol=1e-12)


def test_epem_padding_needs_no_angle():
    energy = np.array([[45.0, 0.0], [20.0, 25.0]], np.float32)
    theta = np.array([[1.0, 0.0], [1.0, 2.0]], np.float32)
    event = Jets.from_epem(energy, theta, np.zeros_like(theta))
    assert event.multiplicity.tolist() == [1, 2]
    assert event.pt.dtype == np.float32
    assert event.y[0, 1] == 0
    filler = np.where(energy > 0, theta, np.nan)
    masked = Jets.from_epem(energy, filler, np.zeros_like(theta), mask=energy > 0)
    np.testing.assert_array_equal(masked.y, event.y)


def test_gradients_reach_the_positions():
    @jax.grad
    def slope(y):
        jets = Jets(jnp.array([[3.0, 1.0]]), y, jnp.zeros((1, 2)))
        return (jets.pt * jets.y).sum()

    assert slope(jnp.array([[0.5, 0.1]])).tolist() == [[3.0, 1.0]]


def test_jit_returns_jets():
    jets = two(np.float32, label=[1, 0])
    back = jax.jit(lambda j: j)(jets)
    assert isinstance(back, Jets)
    np.testing.assert_array_equal(back.pt, jets.pt)
    np.testing.assert_array_equal(jax.vmap(lambda j: j.pt.sum())(jets), jets.total_pt)


def test_repr_is_for_people():
    text = repr(load_jets("sample"))
    assert "4,000 jets (2,000 quark, 2,000 gluon)" in text
    assert "pT 522.3 (500.2 to 555.7) GeV" in text
    assert "42 (9 to 132) constituents" in text
    assert "pid yes, weights no" in text
    assert len(text) < 200
    assert "(no labels)" in repr(two())
    assert "1 jet (no labels)" in str(two()[0])
    assert repr(two()[:0]).startswith("Jets: 0 jets")


def test_repr_survives_any_tree():
    assert "ShapeDtypeStruct" in repr(jax.eval_shape(lambda j: j, two(np.float32)))
    assert "None" in repr(jax.tree.map(lambda leaf: None, two()))
    seen = []
    jax.jit(lambda j: seen.append(repr(j)))(two(np.float32))
    assert "f32[2,3]" in seen[0]

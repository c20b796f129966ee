"""Parts are disjoint, complete, stratified, repeatable; joining undoes them."""

import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smearjax.jets import Jets, concatenate, load_jets, split


def numbered(n_quark, n_gluon, labelled=True):
    """Jets that carry their number as pt."""
    n = n_quark + n_gluon
    label = np.random.default_rng(5).permutation(np.arange(n) < n_quark)
    pt = np.arange(1.0, n + 1)[:, None]
    return Jets(pt, 0 * pt, 0 * pt, label=label if labelled else None, weight=-pt[:, 0])


@given(st.integers(10, 60), st.integers(10, 60), st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_parts_are_disjoint_complete_and_stratified(n_quark, n_gluon, seed, n_parts):
    jets = numbered(n_quark, n_gluon)
    shares = np.arange(3.0, 3 + n_parts)
    shares /= shares.sum()
    parts = split(jets, shares, seed)
    assert len(parts) == n_parts
    numbers = np.concatenate([part.pt[:, 0] for part in parts])
    assert sorted(numbers) == jets.pt[:, 0].tolist()
    for part, share in zip(parts, shares, strict=True):
        assert abs((part.label == 1).sum() - share * n_quark) <= 1
        assert abs((part.label == 0).sum() - share * n_gluon) <= 1
        assert (np.diff(part.pt[:, 0]) > 0).all()
        np.testing.assert_array_equal(part.weight, -part.pt[:, 0])


def test_the_seed_decides():
    jets = numbered(50, 50)
    first, again, other = (split(jets, (0.5, 0.5), seed)[0].pt for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_every_jet_is_as_likely_as_any_other():
    jets = numbered(0, 40, labelled=False)
    chosen = np.zeros(41)
    for seed in range(400):
        chosen[split(jets, (0.25, 0.75), seed)[0].pt[:, 0].astype(int)] += 1
    assert chosen.sum() == 4000
    assert abs(chosen[1:] - 100).max() < 5 * np.sqrt(400 * 0.25 * 0.75)


@pytest.mark.parametrize(
    "fractions", [(0.5, 0.4), (0.5, 0.6), (1.5, -0.5), (1.0, 0.0), (), 0.5, (np.nan, 1.0)]
)
def test_fractions_must_sum_to_one(fractions):
    with pytest.raises(ValueError, match=r"fractions are .* expected positive numbers of sum 1"):
        inspect.unwrap(split)(numbered(5, 5), fractions)


def test_no_part_may_lack_a_class():
    with pytest.raises(ValueError, match="2 gluon jets are too few"):
        split(numbered(50, 2), (0.9, 0.1))
    with pytest.raises(ValueError, match="3 jets are too few"):
        split(numbered(3, 0, labelled=False), (0.25, 0.25, 0.25, 0.25))
    only_quarks = split(numbered(10, 0), (0.5, 0.5))
    assert [len(part) for part in only_quarks] == [5, 5]


def test_joining_pads_to_the_widest():
    jets = load_jets("sample")
    short, long = jets[jets.multiplicity < 30], jets[jets.multiplicity >= 30]
    narrow = Jets(
        *(a[:, :29] for a in (short.pt, short.y, short.phi, short.mask, short.pid)),
        label=short.label,
    )
    both = concatenate([narrow, long])
    order = np.concatenate(
        [np.flatnonzero(jets.multiplicity < 30), np.flatnonzero(jets.multiplicity >= 30)]
    )
    for name in ("pt", "y", "phi", "mask", "pid", "label"):
        np.testing.assert_array_equal(getattr(both, name), getattr(jets[order], name))
    assert both.pt.dtype == np.float32


def test_joining_fills_in_weights_of_one():
    jets = numbered(2, 2)
    both = concatenate([jets.replace(weight=None), jets])
    assert both.weight.tolist() == [1.0] * 4 + jets.weight.tolist()
    assert concatenate([jets.replace(weight=None)] * 2).weight is None
    assert concatenate([jets[:0], jets]).pt.tolist() == jets.pt.tolist()

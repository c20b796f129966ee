"""Jets joined by their neighbours: labels, weights, and what a network learns from them."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from smearjax import SmearedLikelihood
from smearjax.interpret import Replacements, draw_replacements, with_neighbours
from smearjax.jets import Jets, load_jets


@pytest.fixture(scope="module")
def jets():
    return load_jets("sample")[::20]


def test_labels_smeared_over_the_draws(jets):
    """The weighted mean label of each jet's copies is what the draws say, and no weight is lost."""
    weight = np.random.default_rng(0).uniform(0.5, 2.0, len(jets))
    some = jets.replace(weight=weight)
    drawn = draw_replacements(SmearedLikelihood(some), 4.0, draws=7)
    assert 0 < drawn.left_out < 0.5
    both = with_neighbours(some, drawn)
    assert len(both) == len(jets) + 7 * drawn.there.sum()
    assert both.weight.sum() == pytest.approx(weight.sum())
    which = np.concatenate([np.arange(len(jets)), drawn.index[drawn.there].T.ravel()])
    np.testing.assert_allclose(both.total_pt, np.asarray(jets.total_pt)[which], rtol=1e-6)
    share = np.where(drawn.there, weight / 8, weight)
    top, bottom = (share * jets.label).astype(float), share.copy()
    for jet, row in enumerate(drawn.index):
        for other in row[row >= 0]:
            top[other] += share[jet] * jets.label[jet]
            bottom[other] += share[jet]
    got = [np.bincount(which, x) for x in (both.weight * both.label, both.weight)]
    np.testing.assert_allclose(got[0] / got[1], top / bottom, rtol=1e-6)


def test_it_stays_on_the_host_and_keeps_pid(jets):
    both = with_neighbours(jax.tree.map(jax.numpy.asarray, jets), Replacements(
        np.arange(len(jets))[::-1, None]
    ))  # fmt: skip
    assert both.pid is not None
    np.testing.assert_array_equal(both.pid[len(jets)], jets.pid[-1])
    np.testing.assert_array_equal(both.label[: len(jets)], both.label[len(jets) :])


def test_bad_arguments(jets):
    with pytest.raises(ValueError, match="replacements are of 2 jets and there are 200"):
        with_neighbours(jets, Replacements([[1], [0]]))
    bare = Jets(jets.pt, jets.y, jets.phi, jets.mask)
    with pytest.raises(ValueError, match="no labels"):
        with_neighbours(bare, Replacements([[1], [0]]))

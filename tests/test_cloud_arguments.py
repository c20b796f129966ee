"""What clouds, spaces and the questions to them refuse, and how they say so."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from test_certified import crowd
from wrong_kinds import not_refused

from smearjax.metric import Cloud, count_balls, count_pairs, find_neighbours


@pytest.fixture(scope="module")
def cloud():
    return Cloud(crowd()[:40])


def test_clouds_of_other_spaces(cloud):
    stranger = Cloud(crowd()[:20])
    for ask in (
        lambda: count_balls(cloud, 3.0, stranger),
        lambda: find_neighbours(cloud, 1, stranger),
    ):
        with pytest.raises(
            ValueError, match=r"others lies in another space.*Cloud\(jets, cloud.space\)"
        ):
            ask()


@pytest.mark.parametrize(
    "epsilon", [0.0, -1.0, [1.0, np.nan], np.inf, [], [[1.0, 2.0], [3.0, 4.0]], "a"]
)
@pytest.mark.parametrize("exactly", [False, True, "pairs"])
def test_bad_radii(cloud, epsilon, exactly):
    ask = count_pairs if exactly == "pairs" else partial(count_balls, exact=exactly)
    with pytest.raises(ValueError, match="epsilon"):
        ask(cloud, epsilon)


def test_bad_numbers_of_neighbours_and_missing_labels(cloud):
    for k in (0, -1):
        with pytest.raises(ValueError, match="k must be at least 1"):
            find_neighbours(cloud, k)
    jets = crowd()[:20].replace(label=None)
    with pytest.raises(ValueError, match="no labels"):
        count_pairs(Cloud(jets, cloud.space), 3.0)


CASES = """
Cloud(3) | jets is a int
Cloud(None) | jets is a NoneType
Cloud(jets, "space") | space is a str
Cloud(jets, Space) | space is the class Space
Cloud(jets[:0]) | jets
count_balls(jets, 3.0) | cloud is a Jets
count_balls(cloud, None) | epsilon
count_balls(cloud, "a") | epsilon
count_balls(cloud, 3.0, jets) | others is a Jets
count_pairs(jets, 3.0) | cloud is a Jets
find_neighbours(jets, 3) | cloud is a Jets
find_neighbours(cloud, 1.5) | k must be at least 1
find_neighbours(cloud, "2") | k must be at least 1
find_neighbours(cloud, None) | k must be at least 1
find_neighbours(cloud, True) | k must be at least 1, a whole number; got True
find_neighbours(cloud, np.True_) | k must be at least 1, a whole number; got np.True_
find_neighbours(cloud, 1, jets) | others is a Jets
fit_space("sample") | jets is a str
fit_space(jets, pt_ref="525") | pt_ref must be positive
fit_space(jets, pt_ref=[500.0, 525.0]) | pt_ref must be
fit_space(jets, cells=2.5) | cells must be at least 1
fit_space(jets, cells=True) | cells must be at least 1
cloud.space.points(None) | jets is a NoneType
"""

BEFORE = """
import numpy as np
from smearjax import load_jets
from smearjax.metric import *
jets = load_jets("sample")[:9]
cloud = Cloud(jets)
"""


def test_every_wrong_kind_is_named():
    assert not_refused(CASES, BEFORE) == ""

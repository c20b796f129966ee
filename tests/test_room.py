"""Everything that grows with the number of jets says so, with bytes, before it takes them."""

from __future__ import annotations

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from smearjax import SmearedLikelihood, _memory, load_jets
from smearjax.metric import Cloud, count_balls, count_pairs, find_neighbours, fit_space
from smearjax.smearing import epsilon_curve, information, likelihood, passes, scan

JETS = load_jets("sample")[:300]


@pytest.fixture(scope="module")
def made():
    """A likelihood, its queries and a cloud, made while there was room."""
    like = SmearedLikelihood(JETS)
    return like, like.queries(JETS[:40]), Cloud(JETS)


ASKED = {
    "fit": lambda like, query, cloud, folder: SmearedLikelihood(JETS),
    "queries": lambda like, query, cloud, folder: like.queries(JETS),
    "log_ratio": lambda like, query, cloud, folder: like.log_ratio(query, 5.0),
    "score": lambda like, query, cloud, folder: like.score(None, [5.0, 6.0]),
    "balls": lambda like, query, cloud, folder: like.balls(query, 5.0),
    "log_density": lambda like, query, cloud, folder: like.log_density(query, 5.0),
    "smear": lambda like, query, cloud, folder: like.smear(np.arange(300), query, 5.0),
    "epsilon_curve": lambda like, query, cloud, folder: epsilon_curve(like, None, [5.0]),
    "information": lambda like, query, cloud, folder: information(like, [5.0]),
    "scan": lambda like, query, cloud, folder: scan(like, None, 5.0, folder),
    "points": lambda like, query, cloud, folder: cloud.space.points(JETS),
    "cloud": lambda like, query, cloud, folder: Cloud(JETS, cloud.space),
    "count_balls": lambda like, query, cloud, folder: count_balls(cloud, [5.0, 6.0]),
    "find_neighbours": lambda like, query, cloud, folder: find_neighbours(cloud, 3),
    "count_pairs": lambda like, query, cloud, folder: count_pairs(cloud, 5.0),
}


@pytest.mark.parametrize("name", ASKED)
def test_what_does_not_fit_is_refused(name, made, tmp_path, monkeypatch):
    monkeypatch.setattr(_memory, "free_on_host", lambda: 500)
    with pytest.raises(MemoryError) as refused:
        ASKED[name](*made, tmp_path / "scan")
    said = str(refused.value)
    needed = re.match(
        r"this needs ([\d,]+) bytes on this host \(.+\) and 500 are free; (use|ask) ", said
    )
    assert needed, said


def bytes_said(ask, monkeypatch) -> int:
    """What a question says that it needs."""
    with monkeypatch.context() as patch:
        patch.setattr(_memory, "free_on_host", lambda: 0)
        with pytest.raises(MemoryError) as refused:
            ask()
    return int(re.search(r"needs ([\d,]+) bytes", str(refused.value))[1].replace(",", ""))


@pytest.mark.parametrize("name", ["ball_categories", "count_score", "log_ratio", "log_densities"])
def test_no_pass_needs_more_than_was_said(name, made, monkeypatch):
    """The growth with the number of ε is compared with the compiler's own plan."""
    like, _, _ = made
    compiled = getattr(passes, name)

    def planned(radii: int) -> int:
        grid = jnp.linspace(2.0, 50.0, radii)
        asked = (like.kernel, like.reference.classes, like.leave_one_out.rows, grid)
        plan = compiled.lower(*asked).compile().memory_analysis()
        return plan.temp_size_in_bytes + plan.output_size_in_bytes

    def said(radii: int) -> int:
        grid = np.linspace(2.0, 50.0, radii)
        return bytes_said(lambda: like._ask(compiled, None, grid), monkeypatch)

    grown = planned(320) - planned(64)
    assert grown <= said(320) - said(64) <= 6 * grown


def test_vectors_are_predicted(made, monkeypatch):
    """Three copies: as made, in order, and filled up."""
    *_, cloud = made
    assert jax.default_backend() == "cpu"  # whose memory the host's is
    vectors = 3 * cloud.space.points(JETS).points.vectors.nbytes
    said = bytes_said(lambda: cloud.space.points(JETS), monkeypatch)
    chunk = 4 * 8 * 300 * fit_space(JETS).centre.size
    assert said == vectors + chunk


def test_the_number_of_devices_counts(made, monkeypatch):
    """Devices that share the host's memory hold a copy each."""
    like, _, _ = made
    one = bytes_said(lambda: like.score(None, 5.0), monkeypatch)
    monkeypatch.setattr(jax, "local_device_count", lambda: 3)
    assert bytes_said(lambda: like.score(None, 5.0), monkeypatch) == 3 * one
    assert one == likelihood._NUMBERS_A_BALL * 4 * like.leave_one_out.rows.own.shape[0]

"""Streamed embedding of a whole data set: the same vectors as in one go, in the jets' order."""

from __future__ import annotations

import jax
import numpy as np
import oracles
import pytest
from strategies import as_jets, random_jets

import smearjax.metric.streaming as streaming
from smearjax.metric import embed, embed_jets, spectral_function

# Three buckets, far from sorted, and one-particle jets among them.
SIZES = [17, 1, 9, 3, 8, 24, 1, 16, 2, 5]


@pytest.mark.parametrize(("beta", "omega"), [(0.5, "angle")])
def test_same_as_in_one_go(beta, omega):
    with jax.enable_x64(True):
        jets = as_jets(random_jets(1, SIZES), 24)
        got = embed_jets(jets, beta, omega, cells=32)
        want = embed(spectral_function(jets, beta, omega), 32)
        np.testing.assert_allclose(got.vectors, want.vectors, rtol=0, atol=1e-13)
        np.testing.assert_allclose(got.residual, want.residual, rtol=1e-7, atol=1e-12)
        assert got.convention == omega


def test_against_the_definition():
    """Differences of vectors and residuals enclose the SEMD of the quantile functions."""
    jets = random_jets(2, SIZES)
    with jax.enable_x64(True):
        e = embed_jets(as_jets(jets, 24), cells=64)
        vectors, residual = np.asarray(e.vectors), np.asarray(e.residual)
    spectra = [oracles.spectrum(jet) for jet in jets]
    for i in range(len(jets)):
        for j in range(i):
            semd = oracles.semd(spectra[i], spectra[j])
            estimate = np.sum((vectors[i] - vectors[j]) ** 2) + residual[i] ** 2 + residual[j] ** 2
            assert abs(semd - estimate) <= 2 * residual[i] * residual[j] + 1e-12


def test_chunks_do_not_matter(monkeypatch):
    """Few spectral entries at once: several chunks a bucket, and not a number changes."""
    jets = as_jets(random_jets(3, [8] * 7 + [6] * 4), 8)
    with jax.enable_x64(True):
        want = np.asarray(embed_jets(jets, cells=8).vectors)
        calls = []
        original = streaming.spectral_function
        monkeypatch.setattr(streaming, "_ENTRIES", 4 * 29)  # 29 entries for 8 constituents
        monkeypatch.setattr(
            streaming,
            "spectral_function",
            lambda jets, *rest: calls.append(len(jets)) or original(jets, *rest),
        )
        got = np.asarray(embed_jets(jets, cells=8).vectors)
    assert calls == [4, 4, 4]
    np.testing.assert_allclose(got, want, atol=1e-15)


def test_every_power_of_two():
    """Padding a chunk up to a power of two leaves no extra row behind."""
    jets = as_jets(random_jets(4, [5] * 6), 8)
    with jax.enable_x64(True):
        full = np.asarray(embed_jets(jets, cells=4).vectors)
        for n in (1, 3, 4):
            part = embed_jets(jets[:n], cells=4)
            assert len(part) == n
            np.testing.assert_allclose(part.vectors, full[:n], atol=1e-15)


def test_bad_arguments_reach_the_user():
    jets = as_jets(random_jets(5, [3, 4]), dtype=np.float32)
    with pytest.raises(ValueError, match="cells"):
        embed_jets(jets, cells=0)
    with pytest.raises(ValueError, match="beta"):
        embed_jets(jets, beta=-1.0)
    with pytest.raises(ValueError, match="omega"):
        embed_jets(jets, omega="delta_q")

"""Streamed embedding of a whole data set: the same vectors as in one go, in the jets' order."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import oracles
import pytest
from strategies import as_jets, random_jets

import smearjax.metric.streaming as streaming
from smearjax.jets import Jets, JetsError, load_jets, read_jets_in_chunks, save_jets
from smearjax.metric import PrecisionWarning, embed, embed_jets, spectral_function
from smearjax.metric.host.projection import _integrate

# Far from sorted, and one-particle jets among them.
SIZES = [17, 1, 9, 3, 8, 24, 1, 16, 2, 5]


def same_bits(a, b):
    return all(
        np.array_equal(np.asarray(getattr(a, name)), np.asarray(getattr(b, name)))
        for name in ("vectors", "residual", "rounding")
    )


@pytest.mark.parametrize("cells", [1, 32])
@pytest.mark.parametrize("omega", oracles.OMEGAS)
def test_same_as_in_one_go(omega, cells):
    with jax.enable_x64(True):
        jets = as_jets(random_jets(1, SIZES), 24)
        for beta in (0.5, 1.0):
            got = embed_jets(jets, beta, omega, cells)
            want = embed(spectral_function(jets, beta, omega), cells)
            np.testing.assert_allclose(got.vectors, want.vectors, rtol=0, atol=1e-13)
            np.testing.assert_allclose(got.residual, want.residual, rtol=1e-9, atol=1e-12)
            assert (got.convention, got.beta) == (want.convention, want.beta)
            assert got.vectors.dtype == got.rounding.dtype == np.float64


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


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rounding_is_a_bound_and_a_small_one(dtype):
    """Distances and residuals against the definition; float32 loses an ulp of ‖q‖."""
    jets = random_jets(3, [9, 2, 40, 17, 25])
    kept = as_jets(jets, 40, dtype)
    exact = [
        oracles.jet(np.array([kept.pt[i], kept.y[i], kept.phi[i]]).T[kept.mask[i]])
        for i in range(len(jets))
    ]
    want = [oracles.embed(oracles.spectrum(jet), 64, 3, 2, 1.0) for jet in exact]
    with jax.enable_x64(dtype == np.float64):
        got = embed_jets(kept, cells=64)
        vectors, residual, rounding = (
            np.asarray(v, np.float64) for v in (got.vectors, got.residual, got.rounding)
        )
    for i, (one, rest) in enumerate(want):
        assert abs(residual[i] - rest) <= rounding[i]
        assert rounding[i] < 1.01 * np.finfo(dtype).eps * np.hypot(np.linalg.norm(one), rest) + 1e-9
        for k, (two, _) in enumerate(want):
            error = np.linalg.norm(vectors[i] - vectors[k]) - np.linalg.norm(one - two)
            assert abs(error) <= rounding[i] + rounding[k]


def test_where_no_entry_starts_in_a_cell():
    """One entry over many cells, entries that end on an edge, entries without weight."""
    whole = 1 << 62
    q = np.array([[3.0, 2.5, 2.0, 0.0], [5.0, 4.0, 1.0, 0.0]])
    upper = np.array([[0, whole >> 3, whole, whole], [whole >> 6, whole >> 6, whole >> 1, whole]])
    edges = (np.arange(5) / 4) ** 3  # 1/64, 1/8, 27/64
    found = _integrate(q, upper, edges)
    np.testing.assert_allclose(found.at_edge, [[2.5, 2.5, 2.0, 2.0], [5.0, 1.0, 1.0, 1.0]])
    np.testing.assert_allclose(found.level, [[0, 0, 0, 0], [0, 0, 0, -0.5]])
    np.testing.assert_allclose(found.square, [[0, 0, 0, 0], [0, 0, 0, 0.5]])
    np.testing.assert_allclose(found.tilt[1, 3], -0.5 * (0.75 - (27 / 64 + 1) / 2))


@pytest.mark.parametrize("cores", [1, 2, 5])
@pytest.mark.parametrize("size", [1, 7, 60])
def test_neither_chunks_nor_threads_nor_batches_change_a_bit(monkeypatch, cores, size):
    jets = load_jets("sample")[:60]
    want = embed_jets(jets, beta=0.7)
    monkeypatch.setattr(streaming, "cores", lambda: cores)
    monkeypatch.setattr(streaming, "_ENTRIES", 3000)
    chunks = (jets[begin : begin + size] for begin in range(0, len(jets), size))
    assert same_bits(embed_jets(chunks, beta=0.7), want)


def test_neither_order_nor_padding_nor_place_change_a_bit():
    jets = load_jets("sample")[:30]
    want = embed_jets(jets)
    mixed = np.random.default_rng(4).permutation(30)
    assert same_bits(embed_jets(jets[mixed]), want[mixed])
    wide = Jets(*(np.pad(v, ((0, 0), (3, 9))) for v in (jets.pt, jets.y, jets.phi)))
    assert same_bits(embed_jets(wide), want)
    on_device = Jets(*(jnp.asarray(v) for v in (jets.pt, jets.y, jets.phi)))
    assert same_bits(embed_jets(on_device), want)


def test_no_jets():
    assert embed_jets(load_jets("sample")[:0]).vectors.shape == (0, 512)


@pytest.mark.slow
def test_derivative_in_beta():
    """Through the device, and equal to the difference of what the host returns."""
    jets = as_jets(random_jets(6, [3, 7, 1, 5, 4]), 8)
    chunks = [jets[:3], jets[3:]]
    direction = np.random.default_rng(7).normal(size=(len(jets), 32))
    with jax.enable_x64(True):

        def value(beta):
            e = embed_jets(chunks, beta, cells=16)
            return jnp.sum(e.vectors * direction) + jnp.sum(e.residual)

        slope = jax.grad(value)(0.8)
        want = (value(0.8 + 1e-5) - value(0.8 - 1e-5)) / 2e-5
        np.testing.assert_allclose(slope, want, rtol=1e-7)


@pytest.fixture(params=[".npz", ".h5"])
def stored(request, tmp_path):
    """The first 100 jets of the sample in a file, with a weight each."""
    jets = load_jets("sample")[:100].replace(weight=np.arange(100.0))
    path = tmp_path / f"jets{request.param}"
    save_jets(path, jets)
    return path, jets


def test_files_in_chunks(stored):
    path, jets = stored
    chunks = list(read_jets_in_chunks(path, 30))
    assert [len(chunk) for chunk in chunks] == [30, 30, 30, 10]
    for begin, chunk in zip(range(0, 100, 30), chunks, strict=True):
        n = chunk.pt.shape[1]
        for name in ("pt", "y", "phi", "mask", "pid"):
            want = getattr(jets, name)[begin : begin + 30]
            assert getattr(chunk, name).dtype == want.dtype
            np.testing.assert_array_equal(getattr(chunk, name), want[:, :n])
            assert not want[:, n:].any()
        np.testing.assert_array_equal(chunk.label, jets.label[begin : begin + 30])
        np.testing.assert_array_equal(chunk.weight, jets.weight[begin : begin + 30])
    assert same_bits(embed_jets(read_jets_in_chunks(path, 30)), embed_jets(jets))


def test_files_that_are_not_compressed(tmp_path, stored):
    path, jets = tmp_path / "plain.npz", stored[1]
    flat = {name: getattr(jets, name)[jets.mask] for name in ("pt", "y", "phi")}
    np.savez(path, offsets=np.append(0, np.cumsum(jets.multiplicity)), other=np.eye(3), **flat)
    assert same_bits(embed_jets(read_jets_in_chunks(path, 40)), embed_jets(jets))


def test_truncated_files_are_named(stored):
    path, _ = stored
    whole = path.read_bytes()
    for length in (0, 3, 40, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(JetsError, match=path.name):
            list(read_jets_in_chunks(path, 30))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pt": None}, r"no \['pt'\].*load_jets"),
        ({"offsets": [0, 2]}, "pt has 3 entries; expected 2"),
        ({"offsets": [0, 3, 1, 3]}, "never fall"),
        ({"offsets": [1, 3]}, "start at 0"),
        ({"label": [1]}, "label has 1 entries; expected 2"),
        ({"phi": [[0.0, 0.1, 0.2]]}, r"phi has shape \(1, 3\)"),
        ({"y": np.array([0.0, None, 1.0])}, "pickled"),
        ({"pt": [5.0, 4.0, -1.0]}, "jets from 1 on: pt is negative in 1 of 1"),
    ],
)
def test_bad_arrays_are_named(tmp_path, change, message):
    good = {"pt": [5.0, 4.0, 3.0], "y": [0.0] * 3, "phi": [0.0, 0.1, 0.2], "offsets": [0, 2, 3]}
    arrays = {name: values for name, values in (good | change).items() if values is not None}
    path = tmp_path / "jets.npz"
    np.savez(path, allow_pickle=True, **arrays)
    with pytest.raises(JetsError, match=message) as raised:
        list(read_jets_in_chunks(path, 1))
    assert str(raised.value).startswith(str(path))


def test_bad_arguments_reach_the_user(tmp_path):
    jets = as_jets(random_jets(5, [3, 4]), dtype=np.float32)
    with pytest.raises(ValueError, match="cells"):
        embed_jets(jets, cells=0)
    with pytest.raises(ValueError, match="beta"):
        embed_jets(jets, beta=-1.0)
    with pytest.raises(ValueError, match="omega"):
        embed_jets(jets, omega="delta_q")
    with pytest.raises(ValueError, match="no chunk"):
        embed_jets(iter([]))
    with pytest.raises(ValueError, match="float32 and in float64"):
        embed_jets([jets, as_jets(random_jets(5, [3, 4]))])
    with pytest.warns(PrecisionWarning):
        embed_jets(as_jets(random_jets(5, [3, 4])))
    with pytest.raises(FileNotFoundError):
        read_jets_in_chunks(tmp_path / "none.npz")
    for size in (0, True):
        with pytest.raises(ValueError, match="size must be at least 1"):
            read_jets_in_chunks(tmp_path, size)


MEMORY = r"""
import re, sys
from smearjax.jets import load_jets, read_jets_in_chunks
from smearjax.metric import embed_jets

def peak():    # not ru_maxrss, which begins with the peak of the parent
    return int(re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read())[1]) / 1024

embed_jets(load_jets("sample"))    # compiles, and fills the caches
before = peak()
e = embed_jets(read_jets_in_chunks(sys.argv[1], 2000))
print(peak() - before, e.vectors.nbytes / 2**20)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is read from /proc")
def test_memory_is_that_of_the_embedding(tmp_path):
    """48,000 jets: not room for their padded particles, nor for the embedding twice."""
    sample = load_jets("sample")
    columns = {name: getattr(sample, name)[sample.mask] for name in ("pt", "y", "phi")}
    counts = np.tile(sample.multiplicity, 12)
    path: Path = tmp_path / "many.npz"
    np.savez(
        path,
        offsets=np.append(0, np.cumsum(counts)),
        **{name: np.tile(column, 12) for name, column in columns.items()},
    )
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(path)], capture_output=True, text=True, check=True
    )
    grown, embedding = map(float, done.stdout.split())
    assert 90 < embedding < grown + 30  # the measure sees what is there
    assert grown < embedding + 70

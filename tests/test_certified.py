"""The interval of every d², and that exact answers compute the pairs it leaves open, no others."""

from __future__ import annotations

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import oracles
import pytest
from test_blocks import on_a_line

from smearjax import Jets, load_jets
from smearjax.metric import Cloud, count_balls, exact_squared_distances, find_neighbours, fit_space
from smearjax.metric.pairs import nearest, reduce_pairs, squared_distances
from smearjax.metric.pairs.certified import candidates, chosen_pairs, half_width, row_chunks
from smearjax.metric.pairs.points import CertifiedPoints
from smearjax.metric.pairs.tuning import tuning

MOVE = 1e-5
N_REAL, N_NEAR, N_SINGLE = 230, 40, 6


def stacked(*parts: Jets) -> Jets:
    """One after the other."""
    columns = {
        k: np.concatenate([getattr(p, k) for p in parts]) for k in ("pt", "y", "phi", "mask")
    }
    return Jets(**columns, label=np.concatenate([p.label for p in parts]))


def moved(jets: Jets, by: float = MOVE) -> Jets:
    """The jets with one particle of each moved, a different one in each."""
    which = np.arange(len(jets)) % np.asarray(jets.multiplicity)
    y = np.array(jets.y)
    y[np.arange(len(jets)), which] += by
    return Jets(jets.pt, y, jets.phi, mask=jets.mask, label=jets.label)


@cache
def crowd(real: int = N_REAL, near: int = N_NEAR, dtype=np.float32) -> Jets:
    """Jets of the sample, near-identical twins of the first ones, one-particle jets, a copy."""
    some = load_jets("sample")[:real]
    lone = Jets(
        some.pt[:N_SINGLE] * (np.arange(some.pt.shape[1]) == 0),
        some.y[:N_SINGLE],
        some.phi[:N_SINGLE],
        label=some.label[:N_SINGLE],
    )
    every = stacked(some, moved(some[:near]), lone, some[3:4])
    if dtype == np.float32:
        return every
    pt, y, phi = (np.float64(v) for v in (every.pt, every.y, every.phi))
    return Jets(pt, y, phi, mask=every.mask, label=every.label)


@cache
def exact_matrix(real: int = N_REAL, near: int = N_NEAR) -> np.ndarray:
    """SEMD of all pairs of the crowd, float64, dimensionless."""
    jets = crowd(real, near)
    i, j = np.triu_indices(len(jets), 1)
    square = np.zeros((len(jets), len(jets)))
    square[i, j] = square[j, i] = exact_squared_distances(jets, jets, np.stack([i, j], axis=1))
    return square


@cache
def crowd_cloud() -> Cloud:
    """The crowd in its own space."""
    return Cloud(crowd())


def oracle_spectrum(jets: Jets, k: int) -> oracles.Spectrum:
    return oracles.spectrum_fast(
        oracles.Jet(*(np.float64(v[k][jets.mask[k]]) for v in (jets.pt, jets.y, jets.phi)))
    )


def side(points: CertifiedPoints):
    return points.points, (points.residual, points.rounding)


def intervals(rows: CertifiedPoints, columns: CertifiedPoints) -> tuple[np.ndarray, np.ndarray]:
    """d² and its half-width in GeV², (N, M) in float64."""
    d2 = squared_distances(columns.points, rows.points)
    width = jax.jit(half_width)(d2, side(rows), side(columns))
    return np.asarray(d2, np.float64).T, np.asarray(width, np.float64).T


def assert_inside(d2, width, exact):
    outside = np.argwhere(np.abs(d2 - exact) > width)
    assert not len(outside), [(tuple(at), d2[*at], width[*at], exact[*at]) for at in outside[:5]]


def test_the_exact_matrix_is_that_of_the_definition():
    """Independently of the library: real pairs, twins, one-particle jets and the copy."""
    jets, exact = crowd(), exact_matrix()
    rng = np.random.default_rng(0)
    twins = np.stack([np.arange(20), N_REAL + np.arange(20)], axis=1)
    lone = np.stack([rng.integers(0, N_REAL, 5), len(jets) - 2 - np.arange(5)], axis=1)
    for i, j in np.concatenate(
        [rng.integers(0, N_REAL, (40, 2)), twins, lone, [[3, len(jets) - 1]]]
    ):
        a, b = oracle_spectrum(jets, i), oracle_spectrum(jets, j)
        want = oracles.semd_fast(a, b)
        assert exact[i, j] == pytest.approx(want, rel=1e-10, abs=1e-18)
    assert exact[3, -1] == 0
    assert (exact[twins[:, 0], twins[:, 1]] > 0).all()
    assert (exact[twins[:, 0], twins[:, 1]] < MOVE**2).all()


SPACES = {
    "all numbers": {"cells": 256},
    "directions": {"cells": 64, "fitted": 512},
    "few directions": {"cells": 16, "fitted": 200},
    "one direction": {"cells": 1, "fitted": 200},
}


def space_for(jets: Jets, name: str, **options):
    options = SPACES[name] | options
    sample = load_jets("sample")[: options.pop("fitted", 100)]
    if jets.pt.dtype == np.float64:
        pt, y, phi = (np.float64(v) for v in (sample.pt, sample.y, sample.phi))
        sample = Jets(pt, y, phi, mask=sample.mask)
    space = fit_space(sample, **options)
    assert (space.directions is None) == (name == "all numbers")
    return space


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", list(SPACES))
def test_all_pairs_of_a_crowd(name, dtype):
    """Also twins, one-particle jets, copies, each jet and itself."""
    with jax.enable_x64(dtype == np.float64):
        jets = crowd(dtype=dtype)
        space = space_for(jets, name)
        points = space.points(jets)
        d2, width = intervals(points, points)
        assert points.residual.dtype == dtype
        assert_inside(d2, width, float(space.pt_ref) ** 2 * exact_matrix())
        if SPACES[name]["cells"] > 16:
            real = np.triu_indices(N_REAL, 1)
            assert np.percentile((width / d2)[real], 90) < 5e-3


@pytest.mark.parametrize(
    "options", [{"beta": 0.5}, {"beta": 2.0}, {"omega": "chord"}, {"pt_ref": 20.0}]
)
def test_other_conventions(options):
    jets = crowd()[150:]
    space = space_for(jets, "few directions", **options)
    points = space.points(jets)
    i, j = np.triu_indices(len(jets), 1)
    exact = float(space.pt_ref) ** 2 * exact_squared_distances(
        jets, jets, np.stack([i, j], axis=1), beta=float(space.beta), omega=space.omega
    )
    d2, width = intervals(points, points)
    assert_inside(d2[i, j], width[i, j], exact)


def test_queries_neighbours_and_random_pairs():
    """Other jets than those that 128 directions were made of, against 1,100 jets."""
    sample = load_jets("sample")
    query, reference = sample[:100], sample[100:1200]
    space = fit_space(reference, cells=128)
    assert space.directions is not None
    rows, columns = space.points(query), space.points(reference)
    d2, width = intervals(rows, columns)
    near = np.asarray(nearest(rows.points, columns.points, 5)[1])
    chosen = np.random.default_rng(1).integers(0, len(reference), (100, 20))
    i = np.repeat(np.arange(100), 25)
    j = np.concatenate([near, chosen], axis=1).ravel()
    exact = exact_squared_distances(query, reference, np.stack([i, j], axis=1))
    assert_inside(d2[i, j], width[i, j], float(space.pt_ref) ** 2 * exact)


def engine_intervals(cloud: Cloud) -> tuple[np.ndarray, np.ndarray]:
    """d² as the engine makes it, bit for bit, and the half-width from its formula in numpy.

    Rows and columns in the order of the cloud; a jet and itself at ∞.
    """
    rows, columns = (
        cloud.points[next(iter(row_chunks(len(cloud), len(cloud.points))))],
        cloud.points,
    )
    number = jnp.arange(len(columns), dtype=jnp.int32)

    def start(rows):
        return jnp.zeros((len(rows[0]), 2048), rows[0].norm.dtype)

    def absorb(kept, d2, rows, columns):
        return jax.lax.dynamic_update_slice(kept, d2.T, (0, columns[1][0]))

    kept = reduce_pairs((rows.points, ()), (columns.points, number), start, absorb)
    n = len(cloud)
    d2 = np.asarray(kept, np.float64)[:n, :n]
    norm, r, rho = (
        np.asarray(v, np.float64)[:n]
        for v in (columns.points.norm, columns.residual, columns.rounding)
    )
    unit, length = 0.5 * float(np.finfo(kept.dtype).eps), columns.points.vectors.shape[1]
    f = 2 * length * unit * np.sqrt(np.outer(norm, norm)) + 4 * unit * np.add.outer(norm, norm)
    s = np.add.outer(rho, rho)
    own = np.add.outer(2 * r * rho + rho**2, 2 * r * rho + rho**2)
    width = 2 * np.outer(r + rho, r + rho) + own + 2 * s * np.sqrt(d2 + f) + s**2 + f
    np.fill_diagonal(d2, np.inf)
    return d2, 1.0001 * width


@pytest.mark.parametrize("radii", [[7.0] * 5, [20.0, 5.0, 1e-3, 60.0, 5.0]])
def test_only_straddling_pairs_are_recomputed(radii):
    cloud = crowd_cloud()
    d2, width = engine_intervals(cloud)
    squared = np.float64(np.square(radii).astype(np.float32))
    straddles = (np.abs(d2[..., None] - squared) <= width[..., None]).any(axis=-1)
    found = count_balls(cloud, radii, exact=True)
    assert found.recomputed == straddles.sum()
    assert 0 < found.recomputed < 0.02 * len(cloud) ** 2


@pytest.mark.parametrize("k", [1, 5])
def test_only_possible_neighbours_are_recomputed(k):
    cloud = crowd_cloud()
    d2, width = engine_intervals(cloud)
    reach = np.sort(d2 + width, axis=1)[:, k - 1 : k]
    possible = d2 - width <= reach
    found = find_neighbours(cloud, k, exact=True)
    assert found.recomputed == possible.sum()
    assert k * len(cloud) <= found.recomputed < (2 * k + 3) * len(cloud)


def test_a_lone_row_beside_a_crowd():
    """Rows at 0 find columns at 0, one row of their block at 100 GeV must look on to 140 GeV."""
    block = tuning().near_columns
    rows = on_a_line(np.repeat([0.0, 100.0], [199, 1]))
    columns = on_a_line(np.repeat([0.0, 140.0], [block, 200]))
    found = chosen_pairs(np.asarray(candidates(rows, columns, 1)))
    lone = found[found[:, 0] == 199, 1]
    np.testing.assert_array_equal(lone, np.arange(block, block + 200))
    assert len(found) == 199 * block + 200


def test_chosen_pairs():
    """Row and column of every bit, rows first."""
    wanted = np.random.default_rng(2).random((7, 40)) < 0.3
    wanted[4] = False
    bits = np.packbits(wanted, axis=1, bitorder="little")
    np.testing.assert_array_equal(chosen_pairs(bits), np.argwhere(wanted))
    assert chosen_pairs(0 * bits).shape == (0, 2)


@pytest.mark.parametrize(
    ("rows", "columns"), [(1, 1), (512, 3), (513, 10**6), (70_000, 10**6), (40_000, 10)]
)
def test_row_chunks(rows, columns):
    """Every row once, then the last one again; one size, and so few rows that bits stay small."""
    chunks = list(row_chunks(rows, columns))
    assert len({len(chunk) for chunk in chunks}) == 1
    assert len(chunks[0]) % 512 == 0
    assert len(chunks[0]) == 512 or len(chunks[0]) * columns / 8 <= 1 << 26
    joined = np.concatenate(chunks)
    np.testing.assert_array_equal(joined[:rows], np.arange(rows))
    assert (joined[rows:] == rows - 1).all()

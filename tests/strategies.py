"""Hypothesis strategies: batches of small jets of one fixed shape, so that nothing recompiles."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from oracles import Jet, padded

N_JETS, WIDTH = 4, 7

# Multiples of 2⁻²⁰: collisions are likely, and no difference underflows when squared.
coordinate = st.integers(-(2**20), 2**20).map(lambda k: k / 2**20)
coarse_coordinate = st.integers(-4, 4).map(lambda k: k / 4)
momentum = st.floats(0.01, 300, allow_nan=False)
azimuth_of_jet = st.sampled_from([0.0, 3.0, -np.pi])


@st.composite
def jet(draw, max_particles: int = WIDTH, degenerate: bool = True) -> Jet:
    """1 to max_particles massless particles within a radian or so of a random axis."""
    n = draw(st.integers(1, max_particles))
    place = st.one_of(coordinate, coarse_coordinate) if degenerate else coordinate
    rows = draw(st.lists(st.tuples(momentum, place, place), min_size=n, max_size=n))
    pt, y, phi = np.array(rows).T
    return Jet(pt, y, phi + draw(azimuth_of_jet))


def batch(n_jets: int = N_JETS, max_particles: int = WIDTH, degenerate: bool = True):
    """A list of n_jets jets."""
    one = jet(max_particles, degenerate)
    return st.lists(one, min_size=n_jets, max_size=n_jets)


betas = st.sampled_from([0.25, 0.5, 1.0, 2.0])
powers = st.sampled_from([1.0, 1.5, 2.0, 3.0])


def as_jets(jets: list[Jet], width: int = WIDTH, dtype=np.float64):
    """smearjax's container of a list of oracle jets."""
    from smearjax.jets import Jets

    return Jets(**padded(jets, width, dtype))


def random_jets(seed: int, sizes, spread: float = 0.3) -> list[Jet]:
    """Jets with the given numbers of particles, reproducible and without ties."""
    rng = np.random.default_rng(seed)
    return [
        Jet(rng.uniform(0.5, 2, n), spread * rng.normal(size=n), spread * rng.normal(size=n))
        for n in sizes
    ]

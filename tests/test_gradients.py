"""Derivatives of the metric: right where they exist, finite everywhere."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import oracles
import pytest
from oracles import Jet
from strategies import random_jets

from smearjax.jets import Jets
from smearjax.metric import Spectra, semd, semd_distance, spectral_function

BETAS = (0.25, 0.5, 1.0, 2.0)
CASES = [("delta_r", 1.0), ("delta_r", 2.0), ("angle", 2.0)]
# The rest costs a compilation each; run with -m slow.
CASES += [
    pytest.param(omega, p, marks=pytest.mark.slow)
    for omega, p in (("delta_r", 1.5), ("delta_r", 3.0), ("chord", 2.0), ("one_minus_cos", 2.0))
]


def library_value(first, second, mask, omega, p):
    """Σ over pairs of SEMD and its p-th root, as a function of pt, y, phi and β.

    One sum instead of two functions halves the compilation; a NaN in either shows in it.
    """
    a, b = (
        spectral_function(Jets(*arrays, mask=mask), first[-1], omega)
        for arrays in (first[:3], second)
    )
    return (semd(a, b, p) + semd_distance(a, b, 1.0, p)).sum()


def oracle_value(first, second, omega, p):
    """The same from the definition."""
    beta = float(first[-1])
    total = 0.0
    for row in range(len(first[0])):
        a, b = (
            oracles.spectrum(Jet(*(v[row] for v in arrays[:3])), omega)
            for arrays in (first, second)
        )
        value = oracles.semd(a, b, p, beta)
        total += value + value ** (1 / p)
    return total


def smooth_jets(sizes=(4, 4), gap=4e-4):
    """The first two pairs of random jets far from every tie, as pt, y, phi (pairs, 4) a side."""
    found = []
    for seed in range(1000):
        a, b = random_jets(seed, sizes)
        if (
            min(
                oracles.gap_to_tie(oracles.spectrum(a, k), oracles.spectrum(b, k))
                for k in oracles.OMEGAS
            )
            > gap
        ):
            found.append((a, b))
        if len(found) == 2:
            break
    return [
        tuple(
            np.stack([getattr(pair[side], name) for pair in found]) for name in ("pt", "y", "phi")
        )
        for side in (0, 1)
    ]


def derivative(function, x, direction, step):
    """Fourth-order central difference along a direction."""
    moved = [
        function(jax.tree.map(lambda v, d, k=k: v + k * step * d, x, direction))
        for k in (-2, -1, 1, 2)
    ]
    return jax.tree.map(lambda a, b, c, d: (a - 8 * b + 8 * c - d) / (12 * step), *moved)


def directions(x, n=3):
    rng = np.random.default_rng(11)
    for _ in range(n):
        yield tuple(np.asarray(rng.normal(size=np.shape(v))) for v in x)


@pytest.mark.parametrize(("omega", "p"), CASES)
def test_derivatives(omega, p):
    """In pt, y, phi, β: the gradient against finite differences of the oracle, and the Hessian
    times a direction against finite differences of the gradient.
    """
    first, second = smooth_jets()
    mask = np.ones((2, 4), bool)
    gradient = jax.grad(lambda x: library_value(x, second, mask, omega, p))
    # The outputs of jvp are the gradient and its derivative: one compilation for both.
    both = jax.jit(lambda x, v: jax.jvp(gradient, (x,), (v,)))
    with jax.enable_x64(True):
        for beta in BETAS:
            x = (*first, np.asarray(beta))
            for v in directions(x):
                got, change = both(x, v)
                want = derivative(lambda x: oracle_value(x, second, omega, p), x, v, 2e-6)
                slope = sum(float(np.sum(np.asarray(g) * d)) for g, d in zip(got, v, strict=True))
                np.testing.assert_allclose(slope, want, rtol=2e-7, atol=1e-9)
            want = derivative(lambda x, v=v: both(x, v)[0], x, v, 3e-6)
            for g, w in zip(change, want, strict=True):
                size = np.abs(np.asarray(w)).max()
                np.testing.assert_allclose(g, w, rtol=1e-6, atol=1e-7 * (1 + size))


@pytest.mark.parametrize("beta", BETAS)
def test_derivative_in_omega(beta):
    """Oracle 11: 2βω_n^{β−1}(w_nω_n^β − Σ_l ω_l^β overlap_nl)."""
    first, second = smooth_jets()
    mask = np.ones((2, 4), bool)
    with jax.enable_x64(True):
        a, b = (spectral_function(Jets(*arrays, mask=mask), beta) for arrays in (first, second))
        got = jax.grad(lambda w: semd(eqx.tree_at(lambda s: s.omega, a, w), b).sum())(a.omega)
        got, a, b = jax.tree.map(np.asarray, (got, a, b))
    for row in range(2):
        one, two = (oracles.Spectrum(s.omega[row], s.weight[row]) for s in (a, b))
        slope = one.weight * one.omega**beta - oracles.overlap(one, two) @ two.omega**beta
        want = 2 * beta * one.omega[:-1] ** (beta - 1) * slope[:-1]
        np.testing.assert_allclose(got[row, :-1], want, rtol=1e-10)
        assert np.isfinite(got[row]).all()


def test_derivative_of_the_mass():
    """Closed form: SEMD to one particle of the same energy is 2m², unnormalised."""
    j = random_jets(20, [5])[0]
    mask = np.ones((1, 5), bool)

    def squared_mass(x):
        pt, y, phi = x
        px, py, pz = (pt * f(v) for f, v in ((np.cos, phi), (np.sin, phi), (np.sinh, y)))
        return (pt * np.cosh(y)).sum() ** 2 - px.sum() ** 2 - py.sum() ** 2 - pz.sum() ** 2

    def value(x, partner):
        s = spectral_function(Jets(*x, mask=mask), 1.0, "chord", normalize=False)
        return semd(s, partner).sum()

    energy = oracles.energies(j, "chord", normalize=False).sum()
    x = tuple(v[None] for v in (j.pt, j.y, j.phi))
    with jax.enable_x64(True):
        single = Jets([[energy]], [[0.0]], [[0.0]])
        partner = spectral_function(single, 1.0, "chord", normalize=False)
        # Positions only: with pt the total would change, and unequal totals have no distance.
        got = jax.grad(lambda angles: value((x[0], *angles), partner).sum())(x[1:])
    for k, g in enumerate(got):
        for i in range(5):
            step = np.zeros((1, 5))
            step[0, i] = 1.0
            zero = np.zeros_like(step)
            v = (zero, step, zero) if k == 0 else (zero, zero, step)
            if k == 1:  # moving phi keeps the energy, so all is defined and 2m² must be matched
                want = 2 * derivative(squared_mass, x, v, 1e-4)
                np.testing.assert_allclose(np.asarray(g)[0, i], want, rtol=1e-8, atol=1e-8)


SIDE = 0.4
DEGENERATE = {
    "one particle": [(1, 0.1, 0.2)],
    "two coincident": [(1, 0.1, 0.2), (2, 0.1, 0.2)],
    "all coincident": [(1, 0, 0)] * 6,
    "one coincidence": [(1, 0, 0), (1, 0, 0), (2, 0.3, 0.1), (1, -0.2, 0.2)],
    "equilateral": [(4, 0, 0), (1, SIDE, 0), (1, SIDE / 2, SIDE * 3**0.5 / 2)],
    "square": [(1, 0, 0), (1, SIDE, 0), (1, 0, SIDE), (1, SIDE, SIDE)],
    "on a line": [(1, 0, 0), (1, 0.1, 0), (1, 0.2, 0), (1, 0.3, 0), (1, 0.4, 0)],
    "no energy": [(1, 0, 0), (0, 0.3, 0.1), (2, 0.2, -0.1)],
    "nearly coincident": [(1, 0, 0), (1, 1e-12, 0), (1, 0.2, 1e-9)],
    "half a turn": [(1, 0, 0), (1, 0, np.pi), (2, 0.1, -np.pi)],
    "back to back": [(1, 0.5, 0), (1, -0.5, np.pi)],
    "very soft": [(500, 0, 0), (1e-12, 0.3, 0.1)],
    "generic": [(1, 0.1, 0.2), (2, -0.1, 0.3), (0.5, 0.2, -0.2), (0.7, 0.0, 0.05)],
}


def degenerate_pairs():
    """Every degenerate jet against every one, itself included, as padded arrays (pairs, 6)."""
    jets = [oracles.jet(rows) for rows in DEGENERATE.values()]
    i, k = (v.ravel() for v in np.indices((len(jets), len(jets))))
    arrays = oracles.padded(jets, 6)
    return tuple({name: v[side] for name, v in arrays.items()} for side in (i, k))


def pair_names(rows):
    """Which two degenerate jets the rows of degenerate_pairs are."""
    names = list(DEGENERATE)
    return sorted({(names[i], names[k]) for i, k in (divmod(row, len(names)) for row in rows)})


@pytest.mark.parametrize(("omega", "p"), CASES)
@pytest.mark.parametrize(
    "dtype", [np.float64, pytest.param(np.float32, marks=pytest.mark.slow)], ids=["f64", "f32"]
)
def test_finite_on_degenerate_jets(omega, p, dtype):
    """Value, gradient and Hessian times direction, of SEMD and of its root, pair by pair."""
    a, b = degenerate_pairs()
    rng = np.random.default_rng(3)

    def value(x):
        first, second, beta = x
        one = spectral_function(Jets(*first, mask=a["mask"]), beta, omega)
        two = spectral_function(Jets(*second, mask=b["mask"]), beta, omega)
        return semd(one, two, p) + semd_distance(one, two, 1.0, p)

    def everything(x, v):
        gradient, change = jax.jvp(jax.grad(lambda x: value(x).sum()), (x,), (v,))
        return {"value": value(x), "gradient": gradient, "second derivative": change}

    with jax.enable_x64(dtype == np.float64):
        compiled = jax.jit(everything)
        parts = [tuple(side[name].astype(dtype) for name in ("pt", "y", "phi")) for side in (a, b)]
        for beta in BETAS:
            x = (*parts, np.asarray(beta, dtype))
            v = jax.tree.map(lambda leaf: rng.normal(size=leaf.shape).astype(leaf.dtype), x)
            for name, tree in compiled(x, v).items():
                for leaf in jax.tree.leaves(tree):
                    bad = np.nonzero(~np.isfinite(np.atleast_1d(leaf)))[0]
                    assert not len(bad), f"{name} at beta {beta}: {pair_names(bad)}"


def test_finite_in_float32():
    """The default precision: one of the cases above that are left out by default."""
    test_finite_on_degenerate_jets("delta_r", 2.0, np.float32)


def test_padding_has_no_gradient():
    arrays = oracles.padded(random_jets(21, [2, 5, 3]), 6)
    others = oracles.padded(random_jets(22, [4, 3, 6]), 6)
    with jax.enable_x64(True):
        b = spectral_function(Jets(**others), 0.5)

        def value(x):
            return semd(spectral_function(Jets(*x, mask=arrays["mask"]), 0.5), b).sum()

        got = jax.grad(value)(tuple(arrays[name] for name in ("pt", "y", "phi")))
    for g in got:
        g = np.asarray(g)
        assert not g[~arrays["mask"]].any()
        assert g[arrays["mask"]].all()


@pytest.mark.parametrize("p", [1.0, 1.5, 2.0, 3.0])
def test_identical_jets_have_no_gradient(p):
    """d(A, A) = 0 is a minimum; at its kink, and under the root, the derivative returned is 0."""
    arrays = oracles.padded(random_jets(23, [2, 5, 3]), 6)

    def value(x):
        a = spectral_function(Jets(*x, mask=arrays["mask"]), 0.5)
        # A copy made elsewhere may differ in the last bit, and then the slope is that of a cone.
        b = jax.lax.stop_gradient(a)
        return (semd(a, b, p) + semd_distance(a, b, 525.0, p)).sum()

    with jax.enable_x64(True):
        result, gradient = jax.value_and_grad(value)(tuple(arrays[k] for k in ("pt", "y", "phi")))
        assert float(result) == 0
        assert not any(np.asarray(g).any() for g in gradient)


def test_gradient_descent_reaches_the_best_pair():
    """The derivative does what it is for: it leads to the nearest two-particle jet."""
    target = Jets(pt=[[3.0, 1.0]], y=[[0.0, 0.3]], phi=[[0.0, 0.0]])
    mask = np.ones((1, 2), bool)
    with jax.enable_x64(True):
        b = spectral_function(target)

        def value(x):
            jets = Jets(np.array([[3.0, 1.0]]), x[None], np.zeros((1, 2)), mask=mask)
            return semd(spectral_function(jets), b).sum()

        step = jax.jit(lambda x: x - 0.5 * jax.grad(value)(x))
        x = np.array([0.0, 0.1])
        for _ in range(100):
            x = step(x)
        assert abs(float(x[1] - x[0]) - 0.3) < 1e-6


def split(jet: Jet, parts) -> Jet:
    """The jet with its first particle replaced by collinear parts."""
    pt = np.concatenate([jet.pt[0] * np.asarray(parts), jet.pt[1:]])
    return Jet(pt, *(np.concatenate([[v[0]] * len(parts), v[1:]]) for v in (jet.y, jet.phi)))


def slopes(jet: Jet, other: Jet, beta):
    """∂SEMD/∂(y, φ) of the jet's particles."""
    a, b = (
        Jets(*(np.asarray(v)[None] for v in (j.pt, j.y, j.phi)), mask=np.ones((1, len(j.pt)), bool))
        for j in (jet, other)
    )
    partner = spectral_function(b, beta)

    def value(y, phi):
        moved = eqx.tree_at(lambda jets: (jets.y, jets.phi), a, (y, phi))
        return semd(spectral_function(moved, beta), partner).sum()

    gradient = jax.grad(value, argnums=(0, 1))(jnp.asarray(a.y), jnp.asarray(a.phi))
    return np.stack([np.asarray(g)[0] for g in gradient])


@pytest.mark.parametrize("beta", [0.5, 1.0, 2.0])
def test_ties_keep_the_derivative_where_there_is_one(beta):
    """A collinear splitting ties angles: the other particles' slopes stay, the parts' add up."""
    jet, other = random_jets(3, (5, 6))
    with jax.enable_x64(True):
        whole = slopes(jet, other, beta)
        parts = slopes(split(jet, [0.2, 0.3, 0.5]), other, beta)
    np.testing.assert_allclose(parts[:, 3:], whole[:, 1:], rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(parts[:, :3].sum(axis=1), whole[:, 0], rtol=1e-10, atol=1e-14)


def test_ties_do_not_know_the_order_of_particles():
    """A square has four equal sides and two equal diagonals."""
    y, phi = np.array([0.0, 0.3, 0.3, 0.0]), np.array([0.0, 0.0, 0.3, 0.3])
    pt = np.array([4.0, 3.0, 2.0, 1.0])
    other = random_jets(7, [6])[0]
    turn = [2, 0, 3, 1]
    with jax.enable_x64(True):
        here = slopes(Jet(pt, y, phi), other, 1.0)
        there = slopes(Jet(pt[turn], y[turn], phi[turn]), other, 1.0)
    assert np.abs(here).max() > 1e-3
    np.testing.assert_allclose(there, here[:, turn], rtol=1e-10)


def test_ties_give_0_along_motions_that_break_them():
    """Oracle 11: two equal angles of different weight pulled apart, their weighted mean kept."""
    omega, weight = np.array([[0.4, 0.4, 0.1, 0.0]]), np.array([[0.3, 0.1, 0.2, 0.4]])
    partner = random_jets(9, [5])[0]
    with jax.enable_x64(True):
        b = spectral_function(
            Jets(*(np.asarray(v)[None] for v in (partner.pt, partner.y, partner.phi)))
        )
        a = Spectra(*map(jnp.asarray, (omega, weight, np.ones(1))), b.beta, "delta_r", 3)
        gradient = np.asarray(
            jax.grad(lambda w: semd(eqx.tree_at(lambda s: s.omega, a, w), b).sum())(a.omega)
        )
        apart = np.array([0.1, -0.3, 0.0, 0.0])
        together = np.array([1.0, 1.0, 0.0, 0.0])
        step = 1e-6

        def value(shift):
            return float(semd(eqx.tree_at(lambda s: s.omega, a, a.omega + shift), b)[0])

        kept = (value(step * together) - value(-step * together)) / (2 * step)
    assert abs(float(gradient[0] @ apart)) < 1e-15
    np.testing.assert_allclose(float(gradient[0] @ together), kept, rtol=1e-7)

"""Energy flow polynomials against explicit sums, EnergyFlow's, limits, finite differences."""

from itertools import product
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from strategies import as_jets, batch

from smearjax.jets import Jets, load_jets
from smearjax.observables import Multigraph, efps, jet_mass, multigraphs, pt_dispersion

REFERENCE = Path(__file__).parent / "data" / "efp_reference.npz"
OMEGA = {"hadr": "delta_r", "ee": "chord"}


def random_jets(seed, n_jets=3, n=6, dtype=np.float64):
    rng = np.random.default_rng(seed)
    pt = rng.exponential(20.0, (n_jets, n))
    return Jets(pt, *rng.normal(0, 0.3, (2, n_jets, n)), mask=np.ones((n_jets, n), bool))


def explicit_sum(graph, z, theta, to_origin=None):
    """Σ over all vertices' particles of Π z Π θ, term by term."""
    particles = [v for v in range(graph.n_vertices) if not (graph.marked and v == 0)]
    total = 0.0
    for chosen in product(range(len(z)), repeat=len(particles)):
        at = dict(zip(particles, chosen, strict=True))
        term = np.prod(z[list(chosen)])
        for a, b in graph.edges:
            term *= to_origin[at[b]] if graph.marked and a == 0 else theta[at[a], at[b]]
        total += term
    return total


@pytest.mark.parametrize(("kappa", "beta"), [(1.0, 1.0), (2.0, 0.5), (0.0, 1.7)])
@pytest.mark.parametrize("marked", [False, True])
def test_explicit_sums(kappa, beta, marked):
    jets, origin = random_jets(1, n=4), np.array([[0.1, 0.2], [-0.3, 0.0], [0.0, 0.0]])
    graphs = multigraphs(4, connected=False, marked=marked)
    with jax.enable_x64(True):
        found = efps(jets, graphs, kappa, beta, origin=origin if marked else None)
    for jet in range(len(jets)):
        z = (jets.pt[jet] / jets.pt[jet].sum()) ** kappa
        y, phi = jets.y[jet], jets.phi[jet]
        theta = np.hypot(y[:, None] - y, phi[:, None] - phi) ** beta
        outwards = np.hypot(y - origin[jet, 0], phi - origin[jet, 1]) ** beta
        expected = [explicit_sum(graph, z, theta, outwards) for graph in graphs]
        np.testing.assert_allclose(found[jet], expected, rtol=1e-12)


def stored():
    with np.load(REFERENCE) as file:
        data = dict(file)
    edges = np.split(data["edges"], np.cumsum(data["n_edges"])[:-1])
    graphs = [Multigraph([tuple(edge) for edge in one]) for one in edges]
    return data, graphs


@pytest.mark.parametrize("setting", range(4))
def test_equal_to_energyflow(setting):
    data, graphs = stored()
    assert set(graphs) == set(multigraphs(7))
    chosen = [place for place, graph in enumerate(graphs) if graph.degree <= 5]
    compare(data, graphs, chosen, setting)


@pytest.mark.slow
@pytest.mark.parametrize("setting", range(4))
def test_equal_to_energyflow_to_degree_7(setting):
    data, graphs = stored()
    compare(data, graphs, list(range(len(graphs))), setting)


def compare(data, graphs, chosen, setting):
    measure, kappa, beta = data["settings"][setting]
    pt, y, phi = np.moveaxis(data["particles"], 2, 0)
    with jax.enable_x64(True):
        found = efps(
            Jets(pt, y, phi), [graphs[g] for g in chosen], float(kappa), float(beta),
            omega=OMEGA[str(measure)],
        )  # fmt: skip
    np.testing.assert_allclose(found, data["values"][setting][:, chosen], rtol=1e-10)


def test_equal_to_energyflow_here():
    from smearjax.jets.energyflow import import_energyflow

    try:
        energyflow = import_energyflow()
    except ImportError:
        pytest.skip("energyflow is not installed")
    jets = load_jets("sample")[:20]
    double = Jets(*(np.asarray(a, np.float64) for a in (jets.pt, jets.y, jets.phi)))
    polynomials = energyflow.EFPSet("d<=4", measure="hadr", beta=0.7, kappa=1.3, normed=True)
    graphs = [Multigraph(graph) for graph in polynomials.graphs()]
    events = [
        np.stack([double.pt, double.y, double.phi], axis=2)[i][double.mask[i]] for i in range(20)
    ]
    expected = np.array([polynomials.compute(event) for event in events])
    with jax.enable_x64(True):
        found = efps(double, graphs, 1.3, 0.7)
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_known_polynomials():
    """Mass from e⁺e⁻ angles, p_T^D from a single vertex, products from more than one part."""
    jets = random_jets(3, n_jets=10)
    edge, dot = Multigraph([(0, 1)]), Multigraph()
    with jax.enable_x64(True):
        squared = efps(jets, [edge], beta=2.0, omega="chord", normalize=False)[:, 0] / 2
        two_parts = efps(jets, [Multigraph([(0, 1), (2, 3)])])[:, 0]
        one_part = efps(jets, [edge])[:, 0]
        dispersion = efps(jets, [dot], kappa=2.0)[:, 0]
    np.testing.assert_allclose(np.sqrt(squared), jet_mass(jets), rtol=1e-9)
    np.testing.assert_allclose(two_parts, one_part**2, rtol=1e-13)
    np.testing.assert_allclose(np.sqrt(dispersion), pt_dispersion(jets), rtol=1e-13)


@settings(max_examples=15)
@given(batch())
def test_nothing_else_counts(given_jets):
    """Padding, order, zero-energy particles, rotations and shifts, and a collinear split."""
    graphs, jets = multigraphs(3), as_jets(given_jets)
    with jax.enable_x64(True):
        value = np.asarray(efps(jets, graphs))
        for other in alike(jets):
            np.testing.assert_allclose(efps(other, graphs), value, rtol=1e-7, atol=1e-12)


def alike(jets):
    pt, y, phi = (np.asarray(a, np.float64) for a in (jets.pt, jets.y, jets.phi))
    zeros = np.zeros((len(pt), 3))
    yield Jets(*(np.concatenate([a, zeros], axis=1) for a in (pt, y, phi)))
    yield Jets(*(a[:, ::-1] for a in (pt, y, phi)), mask=np.asarray(jets.mask)[:, ::-1])
    yield Jets(pt, y + 0.3, phi - 2.0, mask=jets.mask)
    half = [np.concatenate([f * a, f * a], axis=1) for f, a in ((0.5, pt), (1, y), (1, phi))]
    yield Jets(*half, mask=np.concatenate([jets.mask, jets.mask], axis=1))


def test_host_and_traced_jets_agree():
    jets = load_jets("sample")[:300]
    graphs = multigraphs(3)
    at_once = jax.jit(lambda j: efps(j, graphs))(jax.tree.map(jnp.asarray, jets))
    np.testing.assert_allclose(efps(jets, graphs), at_once, rtol=2e-5)


@pytest.mark.parametrize(
    "graph",
    [
        pytest.param([(0, 1)], marks=pytest.mark.slow),
        pytest.param([(0, 1), (1, 2), (0, 2)], marks=pytest.mark.slow),
        [(0, 1), (0, 1), (1, 2)],
    ],
)
def test_gradients(graph):
    """In particles, κ and β against finite differences; finite on degenerate jets, twice."""
    graphs = [Multigraph(graph)]
    jets = random_jets(5, n_jets=1, n=5)
    with jax.enable_x64(True):

        def value(pt, y, phi, kappa, beta):
            return efps(Jets(pt, y, phi, mask=jets.mask), graphs, kappa, beta).sum()

        at = [jnp.asarray(a, jnp.float64) for a in (jets.pt, jets.y, jets.phi, 1.2, 0.8)]
        slopes = jax.grad(value, argnums=range(5))(*at)
        for place, slope in enumerate(slopes):
            step = np.random.default_rng(0).normal(size=np.shape(at[place]))
            up, down = (
                value(*at[:place], at[place] + s * step, *at[place + 1 :]) for s in (1e-6, -1e-6)
            )
            assert float((slope * step).sum()) == pytest.approx(
                float(up - down) / 2e-6, rel=1e-6, abs=1e-9
            )
        pt, y, phi = jnp.array([[3.0, 3.0, 2.0, 0.0]]), jnp.zeros((1, 4)), jnp.zeros((1, 4))
        mask = jnp.array([[True, True, True, False]])

        def degenerate(pt, y, beta):
            return efps(Jets(pt, y, phi, mask=mask), graphs, 1.0, beta).sum()

        for order in (jax.grad(degenerate, (0, 1, 2)), jax.hessian(degenerate, (0, 1, 2))):
            assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(order(pt, y, 0.5)))


def test_one_compilation_for_any_exponents():
    graphs, jets = multigraphs(2), jax.tree.map(jnp.asarray, load_jets("sample")[:8])
    traces = []

    @jax.jit
    def traced(kappa, beta):
        traces.append(0)
        return efps(jets, graphs, kappa, beta)

    for kappa, beta in ((1.0, 1.0), (2.0, 0.5)):
        traced(kappa, beta)
    assert len(traces) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"graphs": []}, "graphs are empty"),
        ({"kappa": -1.0}, "kappa must be at least 0"),
        ({"beta": 0.0}, "beta must be positive"),
        ({"omega": "degrees"}, "omega must be one of"),
        ({"origin": np.zeros((4, 2))}, "need one another"),
        ({"graphs": multigraphs(1, marked=True)}, "need one another"),
        ({"graphs": multigraphs(1, marked=True), "origin": np.zeros(4)}, r"expected \(4, 2\)"),
    ],
)
def test_bad_arguments(arguments, message):
    given_arguments = {"graphs": multigraphs(1)} | arguments
    with pytest.raises(ValueError, match=message):
        efps(load_jets("sample")[:4], **given_arguments)

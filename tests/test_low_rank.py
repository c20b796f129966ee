"""The Karhunen–Loève spectrum against plain numpy, and planted jets of low rank."""

from __future__ import annotations

import jax
import numpy as np
import oracles
import pytest
import smearing_oracles as slow
from wrong_kinds import not_refused

from smearjax import Jets, SmearedLikelihood, load_jets
from smearjax.interpret.low_rank import karhunen_loeve
from smearjax.interpret.rank_information import information_by_rank
from smearjax.metric import Cloud, embed_jets, fit_space
from smearjax.report.low_rank import components_figure, spectrum_figure
from smearjax.report.style import hep_style

GRID = [3.0, 10.0, 30.0]
WIDE, NARROW = 15.0, 4.0  # GeV


def weights_of(n: int) -> np.ndarray:
    return np.random.default_rng(3).uniform(0.3, 2.0, n)


@pytest.fixture(scope="module")
def real():
    """150 jets in float64 with weights; 16 of 32 numbers are kept."""
    with jax.enable_x64(True):
        jets = slow.sample(150, weight=weights_of(150))
        like = SmearedLikelihood(jets, cells=16)
        e = np.asarray(embed_jets(jets, cells=16).vectors) * float(like.pt_ref)
        return jets, like, e


def decomposed(vectors, weight):
    """Eigenvalues and axes of the covariance, from the singular values of the weighted jets."""
    offset = vectors - np.average(vectors, axis=0, weights=weight)
    total = weight.sum()
    _, s, axes = np.linalg.svd(np.sqrt(weight)[:, None] * offset, full_matrices=False)
    return s**2 / (total - np.sum(weight**2) / total), axes


def test_eigenvalues_against_singular_values(real):
    """Of some of the jets, in a space that was made for all of them."""
    jets, like, e = real
    rows = np.arange(0, 150, 2)
    with jax.enable_x64(True):
        part = like.restrict(rows)
        found = karhunen_loeve(part, replicas=2)
    q = like.space.directions
    vectors = (e - np.asarray(like.space.centre) * float(like.pt_ref)) @ q
    weight = np.asarray(jets.weight)[rows]
    value, axes = decomposed(vectors[rows], weight)
    np.testing.assert_allclose(found.eigenvalue, value, rtol=1e-8, atol=1e-10 * value[0])
    for k in range(8):
        assert abs(axes[k] @ found.turn[:, k]) == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(found.turn.T @ found.turn, np.eye(16), atol=1e-12)
    with jax.enable_x64(True):
        points = part.leave_one_out.points
        some = found.coordinates(jets[rows])
    want = np.sum(some**2, axis=1)
    offset = np.asarray(points.vectors) - found.mean
    np.testing.assert_allclose(want, np.sum(offset**2, axis=1), rtol=1e-9)
    np.testing.assert_allclose(np.average(some, axis=0, weights=weight), 0, atol=1e-8)
    skew = np.average(some[:, :8] ** 3, axis=0, weights=weight)
    assert np.all(skew > 0)


def test_the_leading_half_of_all_numbers_is_kept(real):
    """Without weights the space's directions are the components; the rest is in the residual."""
    jets, _, e = real
    bare = Jets(jets.pt, jets.y, jets.phi, mask=jets.mask, label=jets.label)
    with jax.enable_x64(True):
        like = SmearedLikelihood(bare, cells=16)
        found = karhunen_loeve(like, replicas=2)
        points = like.leave_one_out.points
        d2 = slow.squared_distances(points, points)
        r = np.asarray(embed_jets(bare, cells=16).residual) * float(like.pt_ref)
    value, _ = decomposed(e, np.ones(150))
    np.testing.assert_allclose(found.eigenvalue, value[:16], rtol=1e-7, atol=1e-10 * value[0])
    left_out = value[16:].sum() * 149 / 150 + np.mean(r**2)
    assert found.residual == pytest.approx(left_out, rel=1e-6)
    pairs = d2[~np.eye(150, dtype=bool)]
    assert found.mean_squared_distance == pytest.approx(pairs.mean(), rel=1e-9)
    share = np.cumsum(value[:16]) / (value[:16].sum() + left_out)
    np.testing.assert_allclose(found.share, share, rtol=1e-8)
    p = value[:16] / value[:16].sum()
    assert found.effective_rank == pytest.approx(np.prod(p ** (-p)), rel=1e-7)
    assert found.participation_ratio == pytest.approx(1 / np.sum(p**2), rel=1e-7)
    for fraction in (0.1, 0.9, 0.99, 1.0):
        k = found.components_for(fraction)
        assert k == 1 or share[k - 2] < fraction
        assert share[k - 1] >= fraction or k == 16


def test_a_cloud_and_a_likelihood_say_the_same(real):
    jets, like, _ = real
    with jax.enable_x64(True):
        one, two = (karhunen_loeve(some, replicas=2) for some in (like, Cloud(jets, like.space)))
    for name in ("eigenvalue", "share", "residual", "effective_rank", "mean"):
        np.testing.assert_allclose(getattr(one, name), getattr(two, name), rtol=1e-7, atol=1e-9)


def test_errors_against_the_fourth_moment():
    """Var(λ) = (⟨x⁴⟩ − λ²)/N for one component."""
    rng = np.random.default_rng(0)
    x, y = WIDE * rng.normal(size=400), NARROW * rng.normal(size=400)
    with jax.enable_x64(True):
        jets = slow.jets_in_a_plane(x, y)
        space = fit_space(jets, cells=4, pt_ref=slow.PT_REF)
        found = karhunen_loeve(Cloud(jets, space), replicas=300)
    for k, column in enumerate((x, y)):
        moment = np.mean((column - column.mean()) ** 4) - column.var() ** 2
        assert found.eigenvalue_err[k] == pytest.approx(np.sqrt(moment / 400), rel=0.2)
    ratio = np.var(x, ddof=1) / (np.var(x, ddof=1) + np.var(y, ddof=1) + found.residual)
    assert found.share[0] == pytest.approx(ratio, rel=1e-2)
    # δ(λ/Σ) = (1 − λ/Σ) δλ/Σ, nearly all from the first component.
    error = (1 - ratio) / (x.var() + y.var() + found.residual) * found.eigenvalue_err[0]
    assert found.share_err[0] == pytest.approx(error, rel=0.2)
    assert 0 < found.effective_rank_err < 0.1


# Planted: distance in one component, labels in the other ------------------------------------------


@pytest.fixture(scope="module")
def planted():
    """400 jets in a plane: wide in x whatever the class, narrow in y, where the classes differ."""
    rng = np.random.default_rng(5)
    label = (np.arange(400) % 2).astype(np.int8)
    x, y = WIDE * rng.normal(size=400), NARROW * (rng.normal(size=400) + 2 * label - 1)
    with jax.enable_x64(True):
        like = SmearedLikelihood(slow.jets_in_a_plane(x, y, label), pt_ref=slow.PT_REF, cells=4)
        found = information_by_rank(like, GRID, ranks=[1, 2, 4], alone=3, replicas=5)
        spectrum = karhunen_loeve(like, replicas=5)
    _, axes = np.linalg.eigh(np.cov(x, y))
    turned = np.stack([x, y], axis=1) @ axes[:, ::-1]
    return label, turned, spectrum, found


def dense_r(coordinates, label, epsilon):
    d2 = np.sum((coordinates[:, None] - coordinates) ** 2, axis=2)
    return slow.r_of(slow.without_self(np.exp(-d2 / (2 * epsilon**2))), label, np.ones(len(label)))


def test_r_of_components_against_dense_sums(planted):
    label, turned, _, found = planted
    for e, epsilon in enumerate(GRID):
        first, second, both = (
            dense_r(turned[:, some], label, epsilon) for some in ([0], [1], [0, 1])
        )
        by_rank = [info.R[e] for info in found.leading]
        np.testing.assert_allclose(by_rank, [first, both, both], rtol=1e-5, atol=1e-7)
        alone = [info.R[e] for info in found.alone]
        np.testing.assert_allclose(alone, [first, second, 0.0], rtol=1e-5, atol=1e-6)
        assert found.full.R[e] == pytest.approx(both, rel=1e-5)
        np.testing.assert_allclose(found.share()[0][:, e], np.array(by_rank) / both, rtol=1e-5)


def test_distance_is_in_one_component_and_labels_in_the_other(planted):
    _, turned, spectrum, found = planted
    assert spectrum.eigenvalue[0] > 5 * spectrum.eigenvalue[1]
    np.testing.assert_allclose(spectrum.eigenvalue[2:], 0, atol=1e-9)
    np.testing.assert_allclose(spectrum.eigenvalue[:2], turned.var(axis=0, ddof=1), rtol=1e-6)
    for curve in ("R", "B"):
        share, error = found.share(curve)
        assert np.all(share[0] < 0.1 + 3 * error[0])
        np.testing.assert_allclose(share[2], 1, atol=1e-6)
        np.testing.assert_allclose(error[2], 0, atol=1e-6)
        # A nuisance that is alike in both classes factorises.
        alone, error = found.share_alone(curve)
        assert np.all(np.abs(alone[1] - 1) < 3 * error[1] + 0.05)
        assert found.ranks_for(0.9, curve).tolist() == [2, 2, 2]
        assert found.ranks_for(1.5, curve).tolist() == [0, 0, 0]
    words = str(found)
    assert words.count("first") == 3
    assert words.count("only") == 3


def test_errors_of_shares_come_from_replicas_in_step(planted):
    """A share's error is far smaller than that of R: both move with the same jets."""
    _, _, _, found = planted
    assert found.leading[1].R_replicas == pytest.approx(found.full.R_replicas, rel=1e-5)
    assert np.all(found.share()[1][1] < 1e-3 * found.full.R_err / found.full.R)


@pytest.mark.slow
def test_all_components_of_real_jets_give_the_full_r():
    like = SmearedLikelihood(load_jets("sample")[:300])
    found = information_by_rank(like, [10.0, 30.0], ranks=[512], alone=1, replicas=2)
    np.testing.assert_allclose(found.leading[0].R, found.full.R, rtol=2e-4)
    np.testing.assert_allclose(found.leading[0].B, found.full.B, rtol=2e-4, atol=1e-6)


# Components as changes of the spectral function ---------------------------------------------------


def test_the_mean_jet_is_the_mean_of_quantile_functions(real):
    jets, _, _ = real
    some = jets[:40]
    with jax.enable_x64(True):
        found = karhunen_loeve(SmearedLikelihood(some, cells=16), replicas=2)
        u, omega = found.quantile_function(1, [0])
    edges = (np.arange(17) / 16) ** 3
    np.testing.assert_allclose(u, (edges[1:] + edges[:-1]) / 2)
    means = []
    for row in range(40):
        mask = np.asarray(some.mask[row])
        jet = oracles.Jet(*(np.asarray(v[row])[mask] for v in (some.pt, some.y, some.phi)))
        spectrum = oracles.spectrum(jet, "delta_r")
        angle, weight = spectrum.omega, spectrum.weight / spectrum.total
        end = np.append(0.0, np.cumsum(weight))
        integral = np.append(0.0, np.cumsum(angle * weight))
        means.append(np.diff(np.interp(edges, end, integral)) / np.diff(edges))
    want = np.average(means, axis=0, weights=np.asarray(some.weight))
    np.testing.assert_allclose(omega[0], want, rtol=1e-9)


def test_a_planted_component_moves_its_own_angle(planted):
    """x is the angle on U < 1/8, at √(1/8) pT_ref a radian; y that up to (3/4)³."""
    _, _, spectrum, _ = planted
    u, omega = spectrum.quantile_function(1, [-1, 0, 1])
    step = np.sqrt(spectrum.eigenvalue[0]) / (slow.PT_REF * np.sqrt(1 / 8))
    first = u < 1 / 8
    np.testing.assert_allclose((omega[2] - omega[1])[first], step, rtol=2e-3)
    np.testing.assert_allclose((omega[1] - omega[0])[first], step, rtol=2e-3)
    _, omega = spectrum.quantile_function(2, [0, 1])
    step = np.sqrt(spectrum.eigenvalue[1]) / (slow.PT_REF * np.sqrt(27 / 64 - 1 / 8))
    second = (u > 1 / 8) & (u < 27 / 64)
    np.testing.assert_allclose(np.abs(omega[1] - omega[0])[second], step, rtol=2e-3)
    _, omega = spectrum.quantile_function(1, [-1000.0])
    assert omega.min() == 0


# Words, pictures, wrong arguments -----------------------------------------------------------------


def test_figures_show_the_numbers(planted):
    _, _, spectrum, found = planted
    with hep_style():
        pictures = spectrum_figure(spectrum, found), components_figure(spectrum, found, 3)
        for figure in pictures:
            figure.draw_without_rendering()
    left, right = pictures[0].axes
    # What is 0 but for rounding has no place on a logarithmic axis.
    np.testing.assert_allclose(left.lines[0].get_ydata(), np.sqrt(spectrum.eigenvalue[:2]))
    np.testing.assert_allclose(right.lines[0].get_ydata(), spectrum.share)
    for e in range(3):
        np.testing.assert_allclose(right.lines[1 + e].get_ydata(), found.share()[0][:, e])
    titles = [axes.get_title(loc="left") for axes in pictures[1].axes if axes.lines]
    assert len(titles) == 3
    assert titles[1].startswith(f"component 2: {100 * np.diff(spectrum.share)[0]:.1f} % of ⟨d²⟩")
    assert "effective rank" in str(spectrum)


WRONG = """
karhunen_loeve(jets) | jets is a Jets
karhunen_loeve(likelihood, replicas=1) | replicas must be at least 2
karhunen_loeve(Cloud(jets[:1])) | jets must be at least 2
spectrum.components_for(1.5) | fraction must be a probability
spectrum.components_for("most") | fraction must be a probability
spectrum.quantile_function(0, [0]) | component must be at least 1
spectrum.quantile_function(513, [0]) | component must be at most 512
spectrum.quantile_function(1.5, [0]) | component must be at least 1
information_by_rank(jets, [3.0]) | likelihood is a Jets
information_by_rank(likelihood.with_kernel(HardBall()), [3.0]) | with a Gaussian kernel
information_by_rank(likelihood, [3.0], ranks=[2, 1]) | ranks must be whole numbers that rise
information_by_rank(likelihood, [3.0], ranks=[0, 1]) | ranks must be whole numbers that rise
information_by_rank(likelihood, [3.0], ranks=[513]) | ranks must be whole numbers that rise
information_by_rank(likelihood, [3.0], ranks=[1.5]) | ranks must be whole numbers that rise
information_by_rank(likelihood, [3.0], ranks=[]) | ranks must be whole numbers that rise
information_by_rank(likelihood, [3.0], alone=0) | alone must be at least 1
information_by_rank(likelihood, [3.0], alone=513) | alone must be at most 512
information_by_rank(likelihood, [3.0], replicas=1) | replicas must be at least 2
information_by_rank(likelihood, [3.0, 2.0]) | must rise
"""


def test_wrong_arguments():
    before = """
from smearjax import SmearedLikelihood, load_jets
from smearjax.interpret.low_rank import karhunen_loeve
from smearjax.interpret.rank_information import information_by_rank
from smearjax.metric import Cloud
from smearjax.smearing import HardBall
jets = load_jets("sample")[:60]
likelihood = SmearedLikelihood(jets)
spectrum = karhunen_loeve(likelihood, replicas=2)
"""
    assert not_refused(WRONG, before) == ""
